"""COCO's captions: one JSON file with a list of images and one of annotations."""

import re
from collections.abc import Iterator

from engine.errors import ConfigError, EntryError, Problem
from engine.importing.accounts import Accounts
from engine.importing.candidate import Candidate, ImageRef
from engine.importing.formats.coco_scan import CocoScan
from engine.importing.formats.format import Overview, Proposal, Reading
from engine.importing.formats.gathering import Gathering
from engine.importing.formats.image_names import ImageIndex
from engine.importing.formats.rest import offer_rest
from engine.importing.formats.streams import STREAM_ERRORS, encoding_of
from engine.importing.limits import LIMITS
from engine.importing.tree import Tree

_HEAD = 1 << 17
_MOST_OPENED = 8
_IMAGES = re.compile(rb'"images"\s*:\s*\[')
_NAMED = re.compile(rb'"file_name"\s*:')
_CAPTIONS = re.compile(rb'"caption"\s*:')


class Coco:
    """Captions as the COCO datasets have them."""

    name = "coco"

    def propose(self, tree: Tree, overview: Overview) -> Proposal | None:
        """Offer to read JSON files that hold images and captions, going by start and end."""
        tables = _tables(tree, overview)
        if not tables:
            return None
        index = ImageIndex(overview)
        return Proposal(
            reading=Reading(format=self.name, table=tables[0] if len(tables) == 1 else ""),
            confidence=0.97 if index.paths else 0.3,
            images=len(index.paths),
            columns=("caption",),
            tables=tuple(tables),
        )

    def scan(
        self, tree: Tree, overview: Overview, reading: Reading, accounts: Accounts
    ) -> Iterator[Candidate]:
        """Find the images with all their captions, then captions whose image is not there."""
        tables = [reading.table] if reading.table else _tables(tree, overview)
        known = {entry.path for entry in overview.entries}
        if not tables or not known.issuperset(tables):
            named = reading.table or "captions"
            raise ConfigError([Problem("reading.table", f"names no file of the source: {named}")])
        index, gathering = ImageIndex(overview), Gathering(accounts)
        for table in tables:
            accounts.use(table)
            encoding = encoding_of(tree, table, reading.encoding)
            accounts.encodings[encoding] += 1
            scan = CocoScan(tree, table, overview, index, accounts)
            yield from scan.items(encoding, gathering)
        yield from gathering.candidates()
        yield from offer_rest(overview, accounts, {*tables, *gathering.paths})

    def load(self, tree: Tree, image: ImageRef) -> bytes:
        """Read an image's file."""
        return tree.read(image.path, LIMITS.file_bytes)


def _tables(tree: Tree, overview: Overview) -> list[str]:
    files = [e for e in overview.of(".json") if tree.focus in ("", e.path)]
    # Those that are called so first, then the largest.
    files.sort(key=lambda e: ("caption" not in e.path.lower(), -e.size, e.path))
    found = [e.path for e in files[:_MOST_OPENED] if _is_coco(tree, e.path, e.size)]
    return sorted(found)


def _is_coco(tree: Tree, path: str, size: int) -> bool:
    try:
        with tree.open(path) as stream:
            content = stream.read(_HEAD)
            if size > 2 * _HEAD:
                stream.seek(size - _HEAD)
            content += stream.read(_HEAD)
    except (EntryError, *STREAM_ERRORS):
        return False
    # "images" may stand behind all annotations, in the middle of a large file.
    has_images = bool(_IMAGES.search(content)) or size > 2 * _HEAD
    return has_images and bool(_NAMED.search(content)) and bool(_CAPTIONS.search(content))
