"""Images whose file names are their texts, such as ``red_cat_012.jpg``."""

import re
from collections.abc import Iterator

from engine.importing.accounts import Accounts
from engine.importing.candidate import Candidate, ImageRef
from engine.importing.formats.format import Overview, Proposal, Reading
from engine.importing.formats.image_names import is_image, split_extras, stem_of
from engine.importing.formats.rest import skip_rest
from engine.importing.limits import LIMITS
from engine.importing.tree import Tree

_SEPARATORS = re.compile(r"[_\-+.\s]+")
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
    parts = _SEPARATORS.sub(" ", stem).split()
    while parts and _NUMBERED.match(parts[-1]):
        last = _LETTERS.match(parts.pop())
        if last:
            parts.append(last.group())
            break
    return " ".join(parts)
