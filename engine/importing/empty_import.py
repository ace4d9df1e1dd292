"""The likely causes of an import without a sample to train on, from what was found."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from engine.importing.formats.format import FileListing, RawSample
from engine.importing.formats.names import TEXT_SUFFIXES
from engine.importing.ledger import FileLedger, Reason

GIVEN = 3


class CauseKind(StrEnum):
    """What may be the matter; of equally frequent ones, the more particular first."""

    VALIDATION = "validation"
    """All items are for validation, so none is left to train on."""
    TEXTS_ELSEWHERE = "texts_elsewhere"
    """Images have texts of their name, but in another folder."""
    NO_IMAGES = "no_images"
    """There are files, none of them an image to this format."""
    IMAGES_WITHOUT_TEXT = "images_without_text"
    TEXTS_WITHOUT_IMAGE = "texts_without_image"
    BAD_ROWS = "bad_rows"
    """Rows that lack what the mapping names."""
    UNREADABLE = "unreadable"
    """Images whose content cannot be used."""
    ISSUES = "issues"
    """Items that a repair leaves out."""
    NO_FILES = "no_files"
    """There is no file at all."""


_SENTENCES = {
    CauseKind.NO_FILES: "It holds no file.",
    CauseKind.NO_IMAGES: "None of its {count:,} files is an image that this format would use.",
    CauseKind.IMAGES_WITHOUT_TEXT: "{count:,} images have no text that belongs to them by name.",
    CauseKind.TEXTS_WITHOUT_IMAGE: "{count:,} texts have no image that belongs to them by name.",
    CauseKind.TEXTS_ELSEWHERE: "{count:,} images have a text of the same name in another folder.",
    CauseKind.UNREADABLE: "{count:,} images cannot be read.",
    CauseKind.BAD_ROWS: "{count:,} rows lack the image or the text that the mapping names.",
    CauseKind.ISSUES: "{count:,} items are left out by the repairs chosen.",
    CauseKind.VALIDATION: "All {count:,} remaining items are for validation, none for training.",
}
_BY_REASON = {
    Reason.NO_TEXT: CauseKind.IMAGES_WITHOUT_TEXT,
    Reason.NO_IMAGE: CauseKind.TEXTS_WITHOUT_IMAGE,
    Reason.BAD_ROW: CauseKind.BAD_ROWS,
    **dict.fromkeys(
        (
            Reason.EMPTY,
            Reason.NOT_AN_IMAGE,
            Reason.UNSUPPORTED,
            Reason.TRUNCATED,
            Reason.DAMAGED,
            Reason.TOO_LARGE,
            Reason.UNREADABLE,
        ),
        CauseKind.UNREADABLE,
    ),
}


@dataclass(frozen=True, kw_only=True)
class Cause:
    """One reason, and of how many files or items it is true."""

    kind: CauseKind
    count: int = 0
    example: str = ""
    """Name of one, and what is wrong with it; in English."""

    @property
    def sentence(self) -> str:
        """In English; the studio finds its own words."""
        sentence = _SENTENCES[self.kind].format(count=self.count)
        return f"{sentence} {self.example}." if self.example else sentence


def diagnose_empty_import(
    listing: FileListing, ledger: FileLedger, samples: Iterable[RawSample], validation: int = 0
) -> tuple[Cause, ...]:
    """Find the three likeliest reasons why no item is left to train on.

    Args:
        listing: of the source.
        ledger: with the items skipped so far.
        samples: all that were found.
        validation: items that are left, all of them for validation.
    """
    if not ledger.files_found:
        return (Cause(kind=CauseKind.NO_FILES),)
    counts = Counter(
        _BY_REASON.get(skipped.reason, CauseKind.ISSUES) for skipped in ledger.skipped_items()
    )
    counts[CauseKind.TEXTS_ELSEWHERE] = _texts_elsewhere(listing)
    counts[CauseKind.VALIDATION] = validation
    if not any(sample.image is not None for sample in samples):
        counts[CauseKind.NO_IMAGES] = ledger.files_found
    order = list(CauseKind)
    found = sorted(counts.items(), key=lambda pair: (-pair[1], order.index(pair[0])))
    examples = {CauseKind.UNREADABLE: _unreadable_example(ledger)}
    return tuple(
        Cause(kind=cause, count=n, example=examples.get(cause, ""))
        for cause, n in found[:GIVEN]
        if n
    )


def _unreadable_example(ledger: FileLedger) -> str:
    """Return the first of the images that cannot be read, with the reason; empty without any."""
    return next(
        (
            f"{skipped.path}: {skipped.detail}"
            for skipped in ledger.skipped_items()
            if skipped.detail and _BY_REASON.get(skipped.reason) is CauseKind.UNREADABLE
        ),
        "",
    )


def _texts_elsewhere(listing: FileListing) -> int:
    """Count the texts that share their name with an image of another folder alone."""
    texts = {PurePosixPath(entry.path).with_suffix("") for entry in listing.of(*TEXT_SUFFIXES)}
    others = {
        PurePosixPath(entry.path).with_suffix("")
        for entry in listing.entries
        if PurePosixPath(entry.path).suffix.lower() not in TEXT_SUFFIXES
    }
    names = {path.name for path in others - texts}
    return sum(path.name in names for path in texts - others)
