"""A checkup under way: the state of every item, and the findings so far."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.control import RunControl
from engine.errors import StoppedError
from engine.importing.accounts import Reason
from engine.importing.diagnosis import Decision, ExaminedItem, FindingReport
from engine.importing.plan import Finding, ImportPlan, Repair
from engine.importing.repairs import OFFERED, chosen_repair
from engine.importing.splits import split_of

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

    def decision(self) -> Decision:
        """Give what was decided."""
        return Decision(
            key=self.item.key,
            texts=self.texts,
            split=self.split,
            skipped=self.skipped,
            detail=self.detail,
            merged_into=self.merged_into,
        )


class Checkup:
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
        self.reports: dict[Finding, FindingReport] = {}

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

    def repair(self, finding: Finding) -> Repair:
        """Give what is to be done about a finding."""
        return chosen_repair(self.plan, finding)

    def report(
        self,
        finding: Finding,
        keys: Sequence[str],
        groups: Sequence[Sequence[str]] = (),
        detail: Mapping[str, float] | None = None,
    ) -> None:
        """Write a finding down."""
        self.reports[finding] = FindingReport(
            finding=finding,
            count=len(keys),
            keys=tuple(keys[:MOST_KEYS]),
            groups=tuple(tuple(group) for group in groups[:MOST_KEYS]),
            repair=self.repair(finding),
            offered=OFFERED[finding],
            detail=detail or {},
        )

    def settle(self, finding: Finding, found: Sequence[Case], reason: Reason) -> None:
        """Report cases, and leave them out if that is the repair."""
        self.report(finding, [case.item.key for case in found])
        if self.repair(finding) == Repair.SKIP:
            for case in found:
                case.skip(reason)

    def settle_groups(
        self, finding: Finding, groups: Sequence[Sequence[Case]], reason: Reason
    ) -> None:
        """Report images that are alike, and merge or leave out all but the first of each group."""
        keys = [[case.item.key for case in group] for group in groups]
        self.report(finding, [key for group in keys for key in group[1:]], keys)
        repair = self.repair(finding)
        if repair == Repair.KEEP:
            return
        for first, *others in groups:
            for case in others:
                case.skip(reason, f"like {first.item.key}")
            if repair == Repair.MERGE:
                merge(first, others, one_only=self.plan.texts.captions == "first")


def merge(first: Case, others: Iterable[Case], *, one_only: bool) -> None:
    """Give an item the captions of others, each once."""
    texts = dict.fromkeys(first.texts)
    for case in others:
        texts |= dict.fromkeys(case.texts)
        case.merged_into, case.detail = first.item.key, f"merged into {first.item.key}"
    first.texts = tuple(texts)[:1] if one_only else tuple(texts)
