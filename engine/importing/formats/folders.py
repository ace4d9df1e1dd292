"""Images in class folders: the folder's name is the text."""

import re
from collections.abc import Iterator

from engine.importing.formats.format import (
    Candidate,
    Gathering,
    ImageRef,
    Overview,
    Proposal,
    Reading,
)
from engine.importing.formats.names import (
    folder_of,
    is_image,
    lone_image,
    skip_rest,
    split_extras,
    split_of_name,
    split_of_path,
    stem_of,
)
from engine.importing.ledger import Accounts
from engine.importing.sources.archive import LIMITS, Tree

# "001.Black_footed_Albatross" is CUB's habit.
_NUMBER = re.compile(r"^\d+\.(?=\D)")
_SEPARATORS = re.compile(r"[_\-\s]+")


class ClassFolders:
    """A folder for each class."""

    name = "class_folders"

    def propose(self, tree: Tree, overview: Overview) -> Proposal | None:
        """Offer to read a source in which at least two folders hold images."""
        paths = [entry.path for entry in overview.entries if is_image(entry.path)]
        classes = {name for path in paths if (name := class_of(path))}
        if tree.focus or not classes:
            return None
        return Proposal(
            reading=Reading(format=self.name),
            confidence=0.6 if len(classes) > 1 else 0.1,
            images=len(paths),
        )

    def scan(
        self,
        tree: Tree,  # noqa: ARG002 - the protocol's; the overview says all
        overview: Overview,
        reading: Reading,
        accounts: Accounts,
    ) -> Iterator[Candidate]:
        """Find the items; an image outside of all class folders has no text."""
        words, share = dict(reading.words), Gathering(accounts).share
        done: set[str] = set()
        for entry in overview.entries:
            if not is_image(entry.path):
                continue
            done.add(entry.path)
            label = class_of(entry.path)
            if not label:
                yield lone_image(entry.path, accounts)
                continue
            accounts.use(entry.path)
            plain = folder_text(label)
            text = words.get(label) or words.get(plain) or plain
            split = split_of_path(entry.path)
            extras = {"label": label} | ({"split": split} if split else {})
            image = ImageRef(path=entry.path)
            yield Candidate(key=entry.path, image=image, texts=(text,), extras=share(extras))
        skip_rest(overview, accounts, done)

    def load(self, tree: Tree, image: ImageRef) -> bytes:
        """Read an image's file."""
        return tree.read(image.path, LIMITS.file_bytes)


def class_of(path: str) -> str:
    """Give the name of an image's class folder; empty where it lies in none."""
    name = folder_of(path).rpartition("/")[2]
    return "" if split_of_name(name) or not folder_text(name) else name


def folder_text(name: str) -> str:
    """Turn a folder's name into words."""
    return _SEPARATORS.sub(" ", _NUMBER.sub("", name)).strip()


# --------------------------------------------------------------------------
# Images whose file names are their texts, such as ``red_cat_012.jpg``.


_NAME_SEPARATORS = re.compile(r"[_\-+.\s]+")
# A number of its own at the end, or one of three digits and more behind a word.
_NUMBERED = re.compile(r"^(?:\(?\d+\)?|[^\W\d]+(?:\d{3,}|\(\d+\)))$")
_LETTERS = re.compile(r"^[^\W\d]+")


class FileNames:
    """File names as texts: what is left where nothing else says what images show."""

    name = "file_names"

    def propose(self, tree: Tree, overview: Overview) -> Proposal | None:
        """Offer to read any source with images; if names have words, it is likelier."""
        paths = [entry.path for entry in overview.entries if is_image(entry.path)]
        if tree.focus or not paths:
            return None
        named = sum(bool(name_text(stem_of(path))) for path in paths)
        confidence = 0.05 + 0.15 * named / len(paths)
        return Proposal(reading=Reading(format=self.name), confidence=confidence, images=len(paths))

    def scan(
        self,
        tree: Tree,  # noqa: ARG002 - the protocol's; the overview says all
        overview: Overview,
        reading: Reading,
        accounts: Accounts,
    ) -> Iterator[Candidate]:
        """Find the items; an image whose name is but a number has no text."""
        words = dict(reading.words)
        done: set[str] = set()
        for entry in overview.entries:
            if not is_image(entry.path):
                continue
            done.add(entry.path)
            accounts.use(entry.path)
            stem = stem_of(entry.path)
            text = words.get(stem) or words.get(name_text(stem)) or name_text(stem)
            yield Candidate(
                key=entry.path,
                image=ImageRef(path=entry.path),
                texts=(text,) if text else (),
                extras=split_extras(entry.path),
            )
        skip_rest(overview, accounts, done)

    def load(self, tree: Tree, image: ImageRef) -> bytes:
        """Read an image's file."""
        return tree.read(image.path, LIMITS.file_bytes)


def name_text(stem: str) -> str:
    """Turn a file's name into words; numbers at its end are dropped."""
    parts = _NAME_SEPARATORS.sub(" ", stem).split()
    while parts and _NUMBERED.match(parts[-1]):
        last = _LETTERS.match(parts.pop())
        if last:
            parts.append(last.group())
            break
    return " ".join(parts)
