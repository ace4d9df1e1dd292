"""Everything that decides an import, in one frozen value. Equal plans give equal datasets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from engine.config.setting import setting
from engine.importing.formats.format import Reading

FITS = ("pad", "crop", "stretch")
CHANNELS = ("auto", "grey", "colour")
CASES = ("keep", "lower")
PUNCTUATION = ("keep", "remove")
CAPTIONS = ("all", "first")
SIZES = (32, 64, 128, 256)


@dataclass(frozen=True, kw_only=True)
class TextPlan:
    """What becomes of the texts."""

    case: str = setting(
        "keep",
        label="Case",
        help="Whether texts keep their capitals.",
        choices=CASES,
    )
    punctuation: str = setting(
        "keep",
        label="Punctuation",
        help="Whether texts keep their punctuation.",
        choices=PUNCTUATION,
    )
    captions: str = setting(
        "all",
        label="Captions",
        help="Where an image has several: keep all and draw one at random each time, or the first.",
        choices=CAPTIONS,
    )
    min_count: int = setting(
        1,
        label="Rare words",
        help="Words that stand in fewer texts than this are taken out.",
        unit="texts",
        low=1,
        high=10_000,
    )
    longest: int = setting(
        0,
        label="Longest text",
        help="Words after which a text is cut; 0 cuts none.",
        unit="words",
        low=0,
        high=10_000,
    )


@dataclass(frozen=True, kw_only=True)
class PicturePlan:
    """What becomes of the images."""

    size: int = setting(
        64,
        label="Size",
        help="Side of the stored images.",
        unit="px",
        choices=SIZES,
    )
    fit: str = setting(
        "pad",
        label="Shape",
        help="How an image becomes square: padded, cropped about its middle, or stretched.",
        choices=FITS,
    )
    background: str = setting(
        "#ffffff",
        label="Background",
        help="Colour under transparent images and beside padded ones: # and six hex digits.",
    )
    channels: str = setting(
        "auto",
        label="Colour",
        help="Grey, colour, or grey only if every image is.",
        choices=CHANNELS,
    )


class Finding(StrEnum):
    """What the doctor looks for."""

    UNREADABLE = "unreadable"
    """Files that give no image: empty, truncated, damaged, unsupported, too large."""
    HIDDEN = "hidden"
    """The system's own files."""
    NO_TEXT = "no_text"
    NO_IMAGE = "no_image"
    SAME_IMAGE = "same_image"
    """Pixels that stand more than once."""
    SIMILAR_IMAGE = "similar_image"
    """Images that a person would call the same: perceptual hashes at most a few bits apart."""
    TINY_IMAGE = "tiny_image"
    """Smaller than the size to store, so that pixels are invented."""
    EXTREME_RATIO = "extreme_ratio"
    """More than three times as long as wide, or as wide as long."""
    REPEATED_TEXT = "repeated_text"
    """One text on very many images, where most texts are their own."""
    MOJIBAKE = "mojibake"
    """Text that was read in the wrong encoding, such as ``cafÃ©``."""
    LONG_TEXT = "long_text"
    """Far longer than most."""
    IMBALANCE = "imbalance"
    """Groups that differ in size by more than ten times."""
    LEAK = "leak"
    """Held-out images that are all but the same as one to train on."""


class Repair(StrEnum):
    """What to do about a finding. Which ones a finding offers stands in ``doctor.OFFERED``."""

    KEEP = "keep"
    """Import as it is."""
    SKIP = "skip"
    """Leave it out; of equal ones the first stays."""
    FIX = "fix"
    """Mend it: a text read in the wrong encoding, a text cut to a usual length, a held-out item
    moved to where its twin is."""
    MERGE = "merge"
    """Make one item of equal images, with all their captions."""


@dataclass(frozen=True, kw_only=True)
class ImportPlan:
    """One import."""

    source: Path
    """Folder, archive or table."""
    dataset: Path
    """Folder of the dataset; must be new or empty."""
    title: str = ""
    """For people; by default the dataset folder's name."""
    reading: Reading
    texts: TextPlan = field(default_factory=TextPlan)
    pictures: PicturePlan = field(default_factory=PicturePlan)
    keep_image_only: bool = setting(
        default=False,
        label="Keep images without text",
        help="They teach the generator what images look like.",
        choices=(False, True),
    )
    keep_text_only: bool = setting(
        default=False,
        label="Keep texts without image",
        help="They teach the generator what texts look like.",
        choices=(False, True),
    )
    held_out_percent: int = setting(
        5,
        label="Held out",
        help="Share that is not trained on, chosen by a stable hash of each item's name.",
        unit="%",
        low=0,
        high=50,
    )
    repairs: Mapping[Finding, Repair] = field(default_factory=dict)
    """Where a finding is absent, ``doctor.DEFAULTS`` says what is done."""
    excluded: frozenset[str] = frozenset()
    """Keys of items that the user does not want, whatever is found."""
