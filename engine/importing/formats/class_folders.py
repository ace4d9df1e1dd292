"""Images in class folders: the folder's name is the text."""

import re
from collections.abc import Iterator

from engine.importing.accounts import Accounts
from engine.importing.candidate import Candidate, ImageRef
from engine.importing.formats.format import Overview, Proposal, Reading
from engine.importing.formats.gathering import Gathering
from engine.importing.formats.image_names import (
    folder_of,
    is_image,
    split_of_name,
    split_of_path,
)
from engine.importing.formats.rest import lone_image, skip_rest
from engine.importing.limits import LIMITS
from engine.importing.tree import Tree

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
