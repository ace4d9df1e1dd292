"""What the doctor is given, and what it says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.importing.accounts import Reason
from engine.importing.perceptual import FLAT
from engine.importing.plan import Finding, Repair


@dataclass(frozen=True, kw_only=True, slots=True)
class ExaminedItem:
    """One item as the doctor sees it: no pixels, so that a million fit into memory."""

    key: str
    texts: tuple[str, ...]
    """Its captions as ``decode_text`` or ``clean_text`` gave them, not yet through ``TextPlan``:
    mojibake can only be mended before."""
    has_image: bool
    width: int = 0
    """Of the original image, px; 0 where that is not known or there is none."""
    height: int = 0
    phash: int = FLAT
    """``perceptual.perceptual_hashes`` of the stored pixels."""
    colours: bytes = b""
    """``perceptual.colour_layouts`` of them; empty leaves colours out of account."""
    pixel_digest: bytes = b""
    """``perceptual.pixel_digest`` of them."""
    split: str = ""
    """As the source says, such as ``test``; empty where it says nothing."""
    group: str = ""
    """Class or label, empty where there is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What becomes of one item."""

    key: str
    texts: tuple[str, ...]
    """To be stored: mended, formed by ``TextPlan``, with those of items that were merged in."""
    split: str
    """``train`` or ``held_out``."""
    skipped: Reason | None = None
    detail: str = ""
    """Why, in English."""
    merged_into: str = ""
    """Key of the item that has its captions now; the item itself is skipped."""


@dataclass(frozen=True, kw_only=True)
class FindingReport:
    """One finding, and what was done about it."""

    finding: Finding
    count: int
    """Items or files; of items that are equal, all but the one that stays."""
    keys: tuple[str, ...]
    """Their keys or paths, in the source's order; at most ``doctor.MOST_KEYS``."""
    groups: tuple[tuple[str, ...], ...] = ()
    """For equal and similar images and for leaks: the first, then those like it."""
    repair: Repair
    offered: tuple[Repair, ...]
    detail: Mapping[str, float] = field(default_factory=dict)
    """Numbers worth showing, such as the usual length."""


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """All findings, and a decision for every item."""

    reports: tuple[FindingReport, ...]
    """One for each finding, also for those that were found nowhere."""
    decisions: tuple[Decision, ...]
    """One for each item, in the items' order."""

    def report(self, finding: Finding) -> FindingReport:
        """Give the report of a finding."""
        return next(report for report in self.reports if report.finding == finding)

    def kept(self) -> Iterator[Decision]:
        """Give the items that are imported."""
        return (decision for decision in self.decisions if decision.skipped is None)
