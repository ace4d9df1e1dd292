"""A checkup under way: the state of every item, and the findings so far."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from engine.control import RunControl
from engine.data.manifest import stable_split
from engine.data.store import HELD_OUT, TRAIN
from engine.errors import StoppedError
from engine.importing.ledger import Reason
from engine.importing.near_duplicates import FLAT
from engine.importing.plan import OFFERED, Fix, ImportPlan, Issue, chosen_fix

# --------------------------------------------------------------------------
# What the doctor is given, and what it says.


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
class IssueReport:
    """One finding, and what was done about it."""

    issue: Issue
    count: int
    """Items or files; of items that are equal, all but the one that stays."""
    keys: tuple[str, ...]
    """Their keys or paths, in the source's order; at most ``plan.MOST_KEYS``."""
    groups: tuple[tuple[str, ...], ...] = ()
    """For equal and similar images and for leaks: the first, then those like it."""
    fix: Fix
    offered: tuple[Fix, ...]
    detail: Mapping[str, float] = field(default_factory=dict)
    """Numbers worth showing, such as the usual length."""


@dataclass(frozen=True, kw_only=True)
class CheckReport:
    """All findings, and a decision for every item."""

    reports: tuple[IssueReport, ...]
    """One for each finding, also for those that were found nowhere."""
    outcomes: tuple[Decision, ...]
    """One for each item, in the items' order."""

    def report(self, issue: Issue) -> IssueReport:
        """Give the report of a finding."""
        return next(report for report in self.reports if report.issue == issue)

    def kept(self) -> Iterator[Decision]:
        """Give the items that are imported."""
        return (outcome for outcome in self.outcomes if outcome.skipped is None)


# --------------------------------------------------------------------------
# To train on or held out: as the source says, else by a stable hash of the item's name.


NAMES: Mapping[str, str] = {
    "train": TRAIN,
    "training": TRAIN,
    "test": HELD_OUT,
    "testing": HELD_OUT,
    "val": HELD_OUT,
    "valid": HELD_OUT,
    "validation": HELD_OUT,
    "dev": HELD_OUT,
    "eval": HELD_OUT,
    "held_out": HELD_OUT,
}
"""What people call the two, and what they are here."""


def split_of(key: str, named: str, percent: int) -> str:
    """Give an item's split.

    Args:
        key: the item's name within the source.
        named: what the source calls its split; empty, or a name that is none, is not heeded.
        percent: share to hold out where the source says nothing.
    """
    return NAMES.get(named.strip().lower()) or stable_split(key, percent)


MOST_KEYS = 200_000
"""Keys that one report names; the count goes on."""
_LOOK_EVERY = 256


@dataclass(slots=True)
class Case:
    """One item, and what has been decided about it so far."""

    item: ExaminedItem
    texts: tuple[str, ...]
    split: str
    skipped: Reason | None = None
    detail: str = ""
    merged_into: str = ""

    def skip(self, reason: Reason, detail: str = "") -> None:
        """Leave the item out. The first reason stands."""
        if self.skipped is None:
            self.skipped, self.detail = reason, detail

    def outcome(self) -> Decision:
        """Give what was decided."""
        return Decision(
            key=self.item.key,
            texts=self.texts,
            split=self.split,
            skipped=self.skipped,
            detail=self.detail,
            merged_into=self.merged_into,
        )


class CheckContext:
    """All cases of one examination. Checks look at the cases that are left, one after another."""

    def __init__(
        self,
        items: Iterable[ExaminedItem],
        plan: ImportPlan,
        control: RunControl | None = None,
    ) -> None:
        self.plan = plan
        self._control = control or RunControl()
        percent = plan.held_out_percent
        self.cases = [
            Case(item, item.texts, split_of(item.key, item.split, percent)) for item in items
        ]
        self.reports: dict[Issue, IssueReport] = {}

    def left(self) -> Iterator[Case]:
        """Give the cases that are not skipped, in order.

        Raises:
            StoppedError: somebody asked for it, while something was done with each.
        """
        for number, case in enumerate(self.cases):
            if number % _LOOK_EVERY == 0 and self._control.is_stop_requested:
                raise StoppedError
            if case.skipped is None:
                yield case

    def left_with_image(self) -> list[Case]:
        """Give those that have an image."""
        return [case for case in self.left() if case.item.has_image]

    def fix(self, issue: Issue) -> Fix:
        """Give what is to be done about a finding."""
        return chosen_fix(self.plan, issue)

    def report(
        self,
        issue: Issue,
        keys: Sequence[str],
        groups: Sequence[Sequence[str]] = (),
        detail: Mapping[str, float] | None = None,
    ) -> None:
        """Write a finding down."""
        self.reports[issue] = IssueReport(
            issue=issue,
            count=len(keys),
            keys=tuple(keys[:MOST_KEYS]),
            groups=tuple(tuple(group) for group in groups[:MOST_KEYS]),
            fix=self.fix(issue),
            offered=OFFERED[issue],
            detail=detail or {},
        )

    def apply_decisions(self, issue: Issue, found: Sequence[Case], reason: Reason) -> None:
        """Report cases, and leave them out if that is the repair."""
        self.report(issue, [case.item.key for case in found])
        if self.fix(issue) == Fix.SKIP:
            for case in found:
                case.skip(reason)

    def settle_groups(self, issue: Issue, groups: Sequence[Sequence[Case]], reason: Reason) -> None:
        """Report images that are alike, and merge or leave out all but the first of each group."""
        keys = [[case.item.key for case in group] for group in groups]
        self.report(issue, [key for group in keys for key in group[1:]], keys)
        fix = self.fix(issue)
        if fix == Fix.KEEP:
            return
        for first, *others in groups:
            for case in others:
                case.skip(reason, f"like {first.item.key}")
            if fix == Fix.MERGE:
                merge(first, others, one_only=self.plan.texts.captions == "first")


def merge(first: Case, others: Iterable[Case], *, one_only: bool) -> None:
    """Give an item the captions of others, each once."""
    texts = dict.fromkeys(first.texts)
    for case in others:
        texts |= dict.fromkeys(case.texts)
        case.merged_into, case.detail = first.item.key, f"merged into {first.item.key}"
    first.texts = tuple(texts)[:1] if one_only else tuple(texts)
