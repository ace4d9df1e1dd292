"""Everything that decides an import, in one frozen value. Equal plans give equal datasets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from engine.config.setting import setting
from engine.errors import ConfigError, Problem
from engine.importing.formats.format import ImportSpec

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


class Issue(StrEnum):
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


class Fix(StrEnum):
    """What to do about a finding. Which ones a finding offers stands in ``plan.OFFERED``."""

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
    reading: ImportSpec
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
    repairs: Mapping[Issue, Fix] = field(default_factory=dict)
    """Where a finding is absent, ``plan.DEFAULTS`` says what is done."""
    excluded: frozenset[str] = frozenset()
    """Keys of items that the user does not want, whatever is found."""


# --------------------------------------------------------------------------
# Which repairs a finding offers, and which one is made unless the user says otherwise.


KEEP, SKIP, FIX, MERGE = Fix.KEEP, Fix.SKIP, Fix.FIX, Fix.MERGE

DEFAULTS: Mapping[Issue, Fix] = {
    Issue.UNREADABLE: SKIP,
    Issue.HIDDEN: SKIP,
    Issue.NO_TEXT: SKIP,
    Issue.NO_IMAGE: SKIP,
    Issue.SAME_IMAGE: MERGE,
    Issue.SIMILAR_IMAGE: KEEP,
    Issue.TINY_IMAGE: KEEP,
    Issue.EXTREME_RATIO: KEEP,
    Issue.REPEATED_TEXT: KEEP,
    Issue.MOJIBAKE: FIX,
    Issue.LONG_TEXT: KEEP,
    Issue.IMBALANCE: KEEP,
    Issue.LEAK: FIX,
}
"""Conservative: nothing that can be used is thrown away unless asked for.

- Unreadable and hidden files give nothing, so there is nothing to keep.
- No text, no image: ``keep_image_only`` and ``keep_text_only`` of the plan stand above this table.
- The same image twice is merged. Kept, it would count double, and could be trained on and held out
  at once; skipped, its other captions would be lost. Merged, no pixel and no caption is.
- Similar images may well be meant: frames, variants, digits. The same goes for tiny and long images
  and for repeated texts, such as class names.
- Mojibake is mended where that is beyond doubt; nobody wants ``cafÃ©`` learned.
- Long texts are cut by the tokenizer's length at the latest, which covers 95 % of them.
- Imbalance is evened out while training (``group_balance``), not by throwing items away.
- A leak makes every figure about held-out items too good. Moving the item to where its twin is
  loses no item.
"""

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
    Issue.LEAK: (FIX, SKIP, KEEP),
}
"""The default first. A text that is skipped leaves its item if the item has others."""


def chosen_fix(plan: ImportPlan, issue: Issue) -> Fix:
    """Give the repair of a finding: the user's, else the plan's flags', else the default."""
    if issue in plan.repairs:
        return plan.repairs[issue]
    if issue == Issue.NO_TEXT and plan.keep_image_only:
        return KEEP
    if issue == Issue.NO_IMAGE and plan.keep_text_only:
        return KEEP
    return DEFAULTS[issue]


def check_fixes(plan: ImportPlan) -> None:
    """Check that every repair of a plan is offered.

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
