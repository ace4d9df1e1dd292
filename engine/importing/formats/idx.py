"""IDX files as MNIST and its kin have them: one of images, one of labels.

Shapes: N images, H height, W width, C channels.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from engine.errors import ConfigError, EntryError, Problem
from engine.importing.accounts import Accounts, Reason
from engine.importing.candidate import Candidate, ImageRef, Pixels
from engine.importing.formats.format import Overview, Proposal, Reading
from engine.importing.formats.idx_file import IdxFile, IdxHeader
from engine.importing.formats.image_names import folder_of, split_of_path, split_of_words
from engine.importing.formats.recent import Recent
from engine.importing.formats.rest import skip_rest
from engine.importing.limits import LIMITS
from engine.importing.tree import Tree

_NAMED = re.compile(r"(?i)(^|[^a-z])idx\d?([^a-z]|$)|ubyte")
_KIND = re.compile(r"(?i)images?|labels?|idx\d|ubyte|gz|[^a-z0-9]+")
_MOST_OPENED = 40
_RECENT: Recent[IdxFile] = Recent(most=3)


@dataclass(frozen=True, slots=True)
class _Found:
    """The IDX files of a source."""

    images: Mapping[str, IdxHeader]
    labels: Mapping[str, IdxHeader]
    problems: Mapping[str, EntryError]
    """Files that are named like one and are none."""
    sizes: Mapping[str, int]
    """In bytes, as they lie there."""


class Idx:
    """Images as bare bytes."""

    name = "idx"

    def propose(self, tree: Tree, overview: Overview) -> Proposal | None:
        """Offer to read a source with files of images, or the one that the user picked."""
        found = _find(tree, overview, tree.focus)
        if not found.images:
            return None
        return Proposal(
            reading=Reading(format=self.name, table=tree.focus),
            confidence=0.92,
            images=sum(header.shape[0] for header in found.images.values()),
            columns=("label",) if found.labels else (),
            tables=tuple(found.images),
        )

    def scan(
        self, tree: Tree, overview: Overview, reading: Reading, accounts: Accounts
    ) -> Iterator[Candidate]:
        """Find the images, file by file; each takes its label from the file of the same name."""
        found = _find(tree, overview, reading.table)
        if reading.table and reading.table not in found.images:
            message = f"names no file of images: {reading.table}"
            raise ConfigError([Problem("reading.table", message)])
        for path, error in found.problems.items():
            accounts.skip_file(path, Reason(error.reason), error.detail)
        for path, header in found.images.items():
            accounts.use(path)
            labels = _partner(path, found.labels)
            if labels:
                accounts.use(labels)
            yield from _items(tree, (path, header), labels, found, reading, accounts)
        done = {*found.images, *found.problems}
        done |= {labels for path in found.images if (labels := _partner(path, found.labels))}
        skip_rest(overview, accounts, done)

    def load(self, tree: Tree, image: ImageRef) -> Pixels:
        """Read an image's pixels, [H, W] or [H, W, C]."""
        file = _RECENT.get(tree, image.path, lambda: IdxFile(tree, image.path))
        header = file.header()
        if not 0 <= image.part < header.shape[0]:
            raise EntryError(image.path, Reason.TRUNCATED, "it has no such image")
        size = header.item_bytes
        content = file.read(header.start + image.part * size, size)
        if len(content) < size or not size:
            raise EntryError(image.path, Reason.TRUNCATED, "the file ends before the image does")
        return np.frombuffer(content, np.uint8).reshape(header.shape[1:])


def _find(tree: Tree, overview: Overview, picked: str) -> _Found:
    images: dict[str, IdxHeader] = {}
    labels: dict[str, IdxHeader] = {}
    problems: dict[str, EntryError] = {}
    known = {entry.path for entry in overview.entries}
    paths = [e.path for e in overview.entries if _NAMED.search(e.path.rpartition("/")[2])]
    looked_at: list[str] = [picked, *paths] if picked else paths
    for path in list(dict.fromkeys(looked_at))[:_MOST_OPENED]:
        if path not in known:
            continue
        try:
            header = IdxFile(tree, path).header()
        except EntryError as error:
            problems[path] = error
            continue
        if len(header.shape) == 1:
            labels[path] = header
        elif len(header.shape) > 2 and (not picked or path == picked):
            images[path] = header
    sizes = {e.path: e.size for e in overview.entries if e.path in images}
    return _Found(images, labels, problems, sizes)


def _partner(path: str, labels: Mapping[str, IdxHeader]) -> str:
    """Find the labels of a file of images: of its name, in its folder rather than elsewhere."""
    name = _plain_name(path)
    same = [other for other in labels if _plain_name(other) == name]
    near = [other for other in same if folder_of(other) == folder_of(path)]
    if near or len(same) == 1:
        return (near or same)[0]
    return next(iter(labels)) if len(labels) == 1 and not name else ""


def _plain_name(path: str) -> str:
    return _KIND.sub("", path.rpartition("/")[2]).lower()


def _items(
    tree: Tree,
    images: tuple[str, IdxHeader],
    labels: str,
    found: _Found,
    reading: Reading,
    accounts: Accounts,
) -> Iterator[Candidate]:
    path, _header = images
    words = dict(reading.words)
    split = split_of_path(path) or split_of_words(path.rpartition("/")[2])
    shared = {"split": split} if split else {}
    extras = {n: {"label": str(n)} | shared for n in range(256)}
    known = _label_values(tree, labels, found.labels[labels], accounts) if labels else b""
    for number in range(_count(tree, images, found.sizes[path], accounts)):
        value = known[number] if number < len(known) else None
        yield Candidate(
            key=f"{path}#{number + 1}",
            image=ImageRef(path=path, part=number),
            texts=() if value is None else (words.get(str(value), str(value)),),
            extras=shared if value is None else extras[value],
        )


def _count(tree: Tree, images: tuple[str, IdxHeader], size: int, accounts: Accounts) -> int:
    """Count the images that there can be; a header may claim any number."""
    path, header = images
    most = IdxFile(tree, path).most_bytes(size) - header.start
    there = max(most, 0) // header.item_bytes if header.item_bytes else 0
    if there < header.shape[0]:
        detail = f"it says that it has {header.shape[0]:,} images, and has {there:,} at most"
        accounts.skip_item(f"{path}#{there + 1}", Reason.TRUNCATED, detail)
    return min(there, header.shape[0], LIMITS.entries)


def _label_values(tree: Tree, path: str, header: IdxHeader, accounts: Accounts) -> bytes:
    """Read all labels, one byte each."""
    try:
        return IdxFile(tree, path).read(header.start, min(header.shape[0], LIMITS.entries))
    except EntryError as error:
        accounts.skip_item(f"{path}#end", Reason(error.reason), error.detail)
        return b""
