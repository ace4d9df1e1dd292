"""Images that carry their texts within themselves."""

from collections import Counter
from collections.abc import Iterator

from engine.errors import EntryError
from engine.importing.accounts import Accounts
from engine.importing.candidate import Candidate, ImageRef
from engine.importing.formats.format import Overview, Proposal, Reading
from engine.importing.formats.image_names import is_image, split_extras, suffix_of
from engine.importing.formats.metadata_texts import PREFERRED, texts_within
from engine.importing.formats.rest import skip_rest
from engine.importing.formats.streams import STREAM_ERRORS
from engine.importing.limits import LIMITS
from engine.importing.tree import Tree

_LOOKED_AT = 12
_SUFFIXES = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".tif", ".tiff", ".gif", ".mpo")


class Embedded:
    """EXIF, XMP and PNG's text chunks as texts."""

    name = "embedded"

    def propose(self, tree: Tree, overview: Overview) -> Proposal | None:
        """Offer to read a source of whose images a sample has texts within."""
        images = [entry.path for entry in overview.entries if is_image(entry.path)]
        readable = [path for path in images if suffix_of(path) in _SUFFIXES]
        # Spread over the source: the first images are often not like the others.
        sample = readable[:: max(len(readable) // _LOOKED_AT, 1)][:_LOOKED_AT]
        found = [_texts(tree, path) for path in sample] if not tree.focus else []
        texts = [text for fields in found if (text := _preferred(fields))]
        if not texts:
            return None
        # One text on every image is the camera's or the program's.
        is_varied = len(set(texts)) > 1 or len(sample) == 1
        is_usual = len(texts) > len(sample) / 2 and is_varied
        fields = Counter(name for each in found for name in each)
        return Proposal(
            reading=Reading(format=self.name),
            confidence=0.7 if is_usual else 0.1,
            images=len(images),
            columns=tuple(sorted(fields, key=lambda name: (_rank(name), name))),
        )

    def scan(
        self, tree: Tree, overview: Overview, reading: Reading, accounts: Accounts
    ) -> Iterator[Candidate]:
        """Find the items; every image's metadata are read, in order."""
        words = dict(reading.words)
        done: set[str] = set()
        for entry in overview.entries:
            if not is_image(entry.path):
                continue
            done.add(entry.path)
            accounts.use(entry.path)
            fields = _texts(tree, entry.path)
            named = [fields.get(name, "") for name in reading.text_columns]
            texts = named if reading.text_columns else [_preferred(fields)]
            yield Candidate(
                key=entry.path,
                image=ImageRef(path=entry.path),
                texts=tuple(dict.fromkeys(words.get(t, t) for t in texts if t)),
                extras=split_extras(entry.path),
            )
        skip_rest(overview, accounts, done)

    def load(self, tree: Tree, image: ImageRef) -> bytes:
        """Read an image's file."""
        return tree.read(image.path, LIMITS.file_bytes)


def _texts(tree: Tree, path: str) -> dict[str, str]:
    if suffix_of(path) not in _SUFFIXES:
        return {}
    try:
        with tree.open(path) as stream:
            return texts_within(stream)
    except (EntryError, *STREAM_ERRORS):
        return {}


def _preferred(fields: dict[str, str]) -> str:
    return next((fields[name] for name in PREFERRED if fields.get(name)), "")


def _rank(name: str) -> int:
    return PREFERRED.index(name) if name in PREFERRED else len(PREFERRED)
