"""The settings of an import as one frozen value; equal plans give equal datasets."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path

from engine.config.setting import setting
from engine.data.pixel_values import AUTO, MAX_BANDS
from engine.data.table_fields import FieldKind
from engine.errors import ConfigError, Problem
from engine.importing.formats.format import ImportSpec

SHAPES = ("auto", "square", "4:3", "3:4", "3:2", "2:3", "16:9", "9:16")
FITS = ("pad", "crop", "stretch")
CHANNELS = ("auto", "grey", "colour")
CASES = ("keep", "lower")
PUNCTUATION = ("keep", "remove")
CAPTIONS = ("all", "first")
SIZES = (32, 64, 128, 256)


@dataclass(frozen=True, kw_only=True)
class TextSettings:
    """How texts are normalised."""

    case: str = setting(
        "keep",
        label="Case",
        help="Keep the case of texts, or convert them to lower case.",
        choices=CASES,
    )
    punctuation: str = setting(
        "keep",
        label="Punctuation",
        help="Keep or remove punctuation.",
        choices=PUNCTUATION,
    )
    captions: str = setting(
        "all",
        label="Captions",
        help="For images with several captions: keep all and draw one at random each time, or keep "
        "only the first.",
        choices=CAPTIONS,
    )
    min_count: int = setting(
        1,
        label="Minimum word count",
        help="Words that occur in fewer texts than this are removed.",
        unit="texts",
        low=1,
        high=10_000,
    )
    max_words: int = setting(
        0,
        label="Maximum text length",
        help="Maximum words per text; longer texts are truncated. 0 means no limit.",
        unit="words",
        low=0,
        high=10_000,
    )


@dataclass(frozen=True, kw_only=True)
class ImageSettings:
    """How images are resized and stored."""

    size: int = setting(
        64,
        label="Size",
        help="Longer side of the stored images.",
        unit="px",
        choices=SIZES,
    )
    shape: str = setting(
        "auto",
        label="Shape",
        help="Shape of the stored images: square, or width to height. 'auto' is that of at least 9 "
        "of 10 images, up to 4:1 or 1:4, or else square.",
        choices=SHAPES,
    )
    fit: str = setting(
        "pad",
        label="Other shapes",
        help="How images of another shape are fitted: padding, centre crop or stretching.",
        choices=FITS,
    )
    background: str = setting(
        "#ffffff",
        label="Background",
        help="Background colour of transparent and padded images: # and six hex digits.",
    )
    channels: str = setting(
        "auto",
        label="Colour",
        help="Greyscale, colour, or automatic: greyscale if all images are.",
        choices=CHANNELS,
    )
    value_range: str = setting(
        AUTO,
        label="Value range",
        help="Values that become black and white in images of more than 8 bits, such as 0:4095; "
        "'auto' measures one range for all images.",
    )
    band: int = setting(
        0,
        label="Band",
        help="Channel to import as grey, counted from 1. 0 takes the first three as colours, or "
        "the first of two.",
        low=0,
        high=MAX_BANDS,
    )
    frame_step: int = setting(
        0,
        label="Frame step",
        help="Frames or pages to import of files that hold several: 0 only the first, 1 all, 10 "
        "every tenth.",
        low=0,
        high=10_000,
    )


@dataclass(frozen=True, kw_only=True)
class AudioSettings:
    """How sounds are prepared and stored."""

    rate: int = setting(
        0,
        label="Sample rate",
        help="Samples per second of the stored sounds. 0 takes 8000, or the rate of a gallery.",
        unit="Hz",
        choices=(0, 8_000, 16_000),
    )
    seconds: float = setting(
        0.0,
        label="Sound length",
        help="Length of the stored sounds; shorter ones are padded with silence, longer ones are "
        "cut. 0 takes the length that covers 90 % of them, at most 4.",
        unit="s",
        low=0,
        high=60,
    )


class Issue(StrEnum):
    """What the data checks look for."""

    UNREADABLE = "unreadable"
    """Files that give no image: empty, truncated, damaged, unsupported, too large."""
    HIDDEN = "hidden"
    """The system's own files."""
    NO_TEXT = "no_text"
    NO_IMAGE = "no_image"
    SAME_IMAGE = "same_image"
    """Images with equal pixels."""
    SIMILAR_IMAGE = "similar_image"
    """Images that look the same: their perceptual hashes differ in a few bits at most."""
    TINY_IMAGE = "tiny_image"
    """Smaller than the size to store, so they are enlarged."""
    EXTREME_RATIO = "extreme_ratio"
    """An aspect ratio more than three times, or less than a third of, that of the dataset."""
    REPEATED_TEXT = "repeated_text"
    """One text for very many images, where most texts are unique."""
    MOJIBAKE = "mojibake"
    """Text that was read in the wrong encoding, such as ``cafÃ©``."""
    LONG_TEXT = "long_text"
    """Far longer than most."""
    IMBALANCE = "imbalance"
    """Groups that differ in size by more than ten times."""
    DEEP_PIXELS = "deep_pixels"
    """Images of more than 8 bits, whose values are scaled by one range."""
    MORE_BANDS = "more_bands"
    """Images of more channels than are taken."""
    MORE_FRAMES = "more_frames"
    """Files of more frames or pages than are imported."""
    SILENT_SOUND = "silent_sound"
    CLIPPED_SOUND = "clipped_sound"
    """Overdriven recordings, whose waves have flat tops."""
    LONG_SOUND = "long_sound"
    """Longer than what is stored, so that the end is cut off."""
    SAME_SOUND = "same_sound"
    """Files that hold the sound of another file."""
    CONSTANT_FIELD = "constant_field"
    """Columns of cells that are all equal; they are no fields unless chosen."""
    GIVEAWAY_FIELD = "giveaway_field"
    """Fields from which another one can be read, such as a code of the diagnosis."""
    LEAK = "leak"
    """Validation images that are all but the same as one to train on."""


class Fix(StrEnum):
    """What to do about an issue; ``plan.OFFERED`` lists the choices for each."""

    KEEP = "keep"
    """Import as it is."""
    SKIP = "skip"
    """Leave it out; of equal ones the first is kept."""
    FIX = "fix"
    """Repair it: decode a text correctly, cut a text to the usual length, or move a validation item
    to the training split of its twin."""
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
    reading: ImportSpec
    texts: TextSettings = field(default_factory=TextSettings)
    images: ImageSettings = field(default_factory=ImageSettings)
    audio: AudioSettings = field(default_factory=AudioSettings)
    keep_image_only: bool = setting(
        default=False,
        label="Keep images without text",
        help="Import images that have no text. The generator also learns from them.",
        choices=(False, True),
    )
    keep_text_only: bool = setting(
        default=False,
        label="Keep texts without image",
        help="Import texts that have no image. The generator also learns from them.",
        choices=(False, True),
    )
    validation_percent: int = setting(
        5,
        label="Validation split",
        help="Percentage of items held out for validation, selected by a hash of each item's name.",
        unit="%",
        low=0,
        high=50,
    )
    repairs: Mapping[Issue, Fix] = field(default_factory=dict)
    """Fixes by issue; where one is absent, ``plan.DEFAULTS`` holds."""
    excluded: frozenset[str] = frozenset()
    """Keys of items to leave out."""
    field_kinds: tuple[tuple[str, FieldKind], ...] = ()
    """What the user says of columns that become fields; the others are inferred."""


DECODING = ("source", "reading", "images", "audio")
"""Fields of a plan that decide which samples are decoded and how."""
_PLACE = ("dataset", "title")
"""Fields that say where the dataset is written, and do not change its items."""


def decodes_alike(first: ImportPlan, second: ImportPlan) -> bool:
    """Whether two plans read and decode a source the same way."""
    return all(getattr(first, name) == getattr(second, name) for name in DECODING)


def gives_alike(first: ImportPlan, second: ImportPlan) -> bool:
    """Whether two plans give the same items, perhaps in another folder."""
    names = (field.name for field in fields(ImportPlan) if field.name not in _PLACE)
    return all(getattr(first, name) == getattr(second, name) for name in names)


KEEP, SKIP, FIX, MERGE = Fix.KEEP, Fix.SKIP, Fix.FIX, Fix.MERGE

OFFERED: Mapping[Issue, tuple[Fix, ...]] = {
    Issue.UNREADABLE: (SKIP,),
    Issue.HIDDEN: (SKIP,),
    Issue.NO_TEXT: (SKIP, KEEP),
    Issue.NO_IMAGE: (SKIP, KEEP),
    Issue.SAME_IMAGE: (MERGE, SKIP, KEEP),
    Issue.SIMILAR_IMAGE: (KEEP, MERGE, SKIP),
    Issue.TINY_IMAGE: (KEEP, SKIP),
    Issue.EXTREME_RATIO: (KEEP, SKIP),
    Issue.REPEATED_TEXT: (KEEP, SKIP),
    Issue.MOJIBAKE: (FIX, KEEP, SKIP),
    Issue.LONG_TEXT: (KEEP, FIX, SKIP),
    Issue.IMBALANCE: (KEEP,),
    **dict.fromkeys((Issue.DEEP_PIXELS, Issue.MORE_BANDS, Issue.MORE_FRAMES), (KEEP,)),
    Issue.SILENT_SOUND: (SKIP,),
    **dict.fromkeys((Issue.CLIPPED_SOUND, Issue.LONG_SOUND, Issue.SAME_SOUND), (KEEP, SKIP)),
    **dict.fromkeys((Issue.CONSTANT_FIELD, Issue.GIVEAWAY_FIELD), (KEEP,)),
    Issue.LEAK: (FIX, SKIP, KEEP),
}
"""The fixes of each issue, the default first. Skipping a text keeps an item with other texts."""

FIELD_ISSUES = frozenset((Issue.CONSTANT_FIELD, Issue.GIVEAWAY_FIELD))
"""Issues whose keys are names of columns rather than of items or files."""

DEFAULTS: Mapping[Issue, Fix] = {issue: fixes[0] for issue, fixes in OFFERED.items()}
"""The fixes that apply unless the plan chooses others. No usable item is removed unless asked for.

- Unreadable and hidden files contain nothing to keep.
- No text, no image: ``keep_image_only`` and ``keep_text_only`` of the plan override this table.
- Equal images are merged. Kept, they would count twice and could be in both splits; skipped, their
  captions would be lost.
- Similar, tiny and long images and repeated texts may be intended: frames, digits, class names.
- Mojibake is repaired where that is unambiguous.
- Long texts are cut by the run's text length in any case; a run covers 95 % or 99 % of them.
- Imbalance is handled while training (``data.class_balance``), not by removing items.
- Deep pixels, more bands and more frames are decided by settings of the images.
- A silent sound is left out, and its item if it has nothing else. Clipped and long sounds are
  usable; equal sounds may be intended.
- Constant and giveaway fields are decided by the kinds of the fields.
- A leak makes all validation metrics too good. Moving the item to the training split keeps it.
"""


def chosen_fix(plan: ImportPlan, issue: Issue) -> Fix:
    """Return the fix of an issue: from the plan's fixes, else from its flags, else the default."""
    is_kept = {Issue.NO_TEXT: plan.keep_image_only, Issue.NO_IMAGE: plan.keep_text_only}
    return plan.repairs.get(issue) or (KEEP if is_kept.get(issue) else DEFAULTS[issue])


def check_fixes(plan: ImportPlan) -> None:
    """Check that every fix of a plan is offered.

    Raises:
        ConfigError: names all that are not.
    """
    problems = [
        Problem(f"repairs.{issue}", f"{fix} is not one of {', '.join(OFFERED[issue])}")
        for issue, fix in plan.repairs.items()
        if fix not in OFFERED[issue]
    ]
    if problems:
        raise ConfigError(problems)
