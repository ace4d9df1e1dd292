"""The state of a check run: the outcome of every sample so far, and the issues found."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from engine.control import RunControl
from engine.data.image_shape import ImageShape
from engine.data.manifest import hash_split
from engine.data.store import TRAIN, VALIDATION
from engine.importing.formats.format import NOTHING
from engine.importing.ledger import Reason
from engine.importing.packed import Lazy, Numbers, Records
from engine.importing.packed_samples import PackedItems, PackedSamples
from engine.importing.plan import OFFERED, Fix, ImportPlan, Issue, chosen_fix
from engine.importing.samples import DecodedSample, ImageFacts
from engine.importing.table import ImportTable

NAMES: Mapping[str, str] = {
    "train": TRAIN,
    "training": TRAIN,
    "test": VALIDATION,
    "testing": VALIDATION,
    "val": VALIDATION,
    "valid": VALIDATION,
    "validation": VALIDATION,
    "dev": VALIDATION,
    "eval": VALIDATION,
    "held_out": VALIDATION,
}
"""Splits by the names that sources use for them."""
MAX_KEYS = 200_000
"""Keys listed in one report; the count is not limited."""
_ASK_EVERY = 256
Found = Numbers | Sequence[int]
"""Samples by number."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleOutcome:
    """What becomes of one sample."""

    sample: DecodedSample
    texts: tuple[str, ...]
    """Captions to store: repaired, normalised by ``TextSettings``, with those of merged samples."""
    split: str
    """``train`` or ``held_out``."""
    further_texts: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: NOTHING)
    """Captions of further columns, normalised."""
    skipped: Reason | None = None
    detail: str = ""
    """Details of why it is skipped, in English."""
    merged_into: str = ""
    """Key of the sample that has its captions now; this one is skipped."""

    @property
    def key(self) -> str:
        """Key of the raw sample."""
        return self.sample.raw.key

    @property
    def image(self) -> ImageFacts | None:
        """Facts of its image, None without one."""
        return self.sample.facts


@dataclass(frozen=True, kw_only=True)
class IssueReport:
    """The samples or files with one issue, and the fix that was applied."""

    issue: Issue
    count: int
    """Samples or files; of equal samples, all but the one that is kept."""
    keys: tuple[str, ...]
    """Their keys or paths, in the order of the source; at most ``MAX_KEYS``."""
    groups: tuple[tuple[str, ...], ...] = ()
    """For equal and similar images and for leaks: the first, then those like it."""
    fix: Fix
    offered: tuple[Fix, ...]
    detail: Mapping[str, float] = field(default_factory=dict)
    """Figures to show, such as the usual length."""


_REASONS = tuple(Reason)
_NUMBERS = {reason: number for number, reason in enumerate(_REASONS)}
_SPLITS = (TRAIN, VALIDATION)
_LEFT = 255


class Outcomes(Lazy[SampleOutcome]):
    """What becomes of each sample, as far as the checks have decided; objects when they are read.

    Samples are known by number: their place in ``items``.

    Args:
        items: the samples.
    """

    def __init__(self, items: PackedItems) -> None:
        self.items = items
        self.numbers = items.usable
        """Those that could be decoded: each has an outcome."""
        self._skipped = bytearray([_LEFT]) * len(items)
        self._splits = bytearray(len(items))
        self._merged = array("q", [-1]) * len(items)
        self._details: dict[int, str] = {}
        self._texts: dict[int, tuple[str, ...]] = {}
        self._further: dict[int, Mapping[str, tuple[str, ...]]] = {}
        self._normalised = Records()

    @property
    def left(self) -> Numbers:
        """The samples that are not skipped."""
        return self.numbers[np.array(self._skipped)[self.numbers] == _LEFT]

    @property
    def skipped(self) -> Numbers:
        """The samples that are skipped."""
        return self.numbers[np.array(self._skipped)[self.numbers] != _LEFT]

    @property
    def left_with_members(self) -> Numbers:
        """Those of them that have sounds or further pictures, which may not be usable."""
        return np.intersect1d(self.left, self.items.with_members, assume_unique=True)

    @property
    def left_with_raw_members(self) -> Numbers:
        """Those of them whose source states sounds, cells, or further pictures or texts."""
        raw, left = self.items.raw, self.left
        if isinstance(raw, PackedSamples):
            left = np.intersect1d(left, raw.with_members, assume_unique=True)
        return left

    def has_member(self, number: int) -> bool:
        """Whether a sample has a sound or a further picture."""
        more = self.items.more(number)
        return bool(more.get("sounds") or more.get("pictures"))

    def key(self, number: int) -> str:
        """Return the key of a sample."""
        raw = self.items.raw
        return raw.key(number) if isinstance(raw, PackedSamples) else raw[number].key

    def texts(self, number: int) -> tuple[str, ...]:
        """Return the captions to store."""
        texts = self._texts.get(number)
        if texts is None and len(self._normalised):
            texts = self._normalised.entry(number)
        if texts is not None:
            return texts
        raw = self.items.raw
        return raw.texts(number) if isinstance(raw, PackedSamples) else raw[number].texts

    def set_texts(self, number: int, texts: tuple[str, ...]) -> None:
        """Change the captions of a sample."""
        self._texts[number] = texts

    def set_all_texts(self, change: Callable[[tuple[str, ...]], tuple[str, ...]]) -> None:
        """Change the captions of all samples that are left."""
        changed, left = Records(), np.array(self._skipped) == _LEFT
        for number, is_left in enumerate(left.tolist()):
            texts = self.texts(number) if is_left else None
            formed = None if texts is None else change(texts)
            is_same = formed == texts and number not in self._texts and not len(self._normalised)
            changed.append(None if is_same else formed)
        self._normalised, self._texts = changed, {}

    def further_texts(self, number: int) -> Mapping[str, tuple[str, ...]]:
        """Return the captions of further columns."""
        found = self._further.get(number)
        return self.items.raw[number].further_texts if found is None else found

    def set_further_texts(self, number: int, texts: Mapping[str, tuple[str, ...]]) -> None:
        """Change the captions of further columns."""
        self._further[number] = texts

    def group(self, number: int) -> str:
        """Return the class or label of a sample, empty without one."""
        raw = self.items.raw
        packed = isinstance(raw, PackedSamples)
        extras = raw.extras(number) if packed else raw[number].extras
        return extras.get("group") or extras.get("label", "")

    def is_train(self) -> npt.NDArray[np.bool_]:
        """Return for all items, [N], whether they are to be trained on."""
        return np.array(self._splits) == 0

    def set_split(self, number: int, split: str) -> None:
        """Move a sample to a split."""
        self._splits[number] = _SPLITS.index(split)

    def skip(self, number: int, reason: Reason, detail: str = "") -> None:
        """Leave a sample out, unless it is left out already for another reason."""
        if self._skipped[number] == _LEFT:
            self._skipped[number] = _NUMBERS[reason]
            if detail:
                self._details[number] = detail

    def merge(self, number: int, into: int) -> None:
        """Record that another sample has the captions of one that is skipped."""
        self._merged[number] = into

    def reason(self, number: int) -> Reason | None:
        """Return why a sample is skipped; None if it is not."""
        reason = self._skipped[number]
        return None if reason == _LEFT else _REASONS[reason]

    def detail(self, number: int) -> str:
        """Return the details of why a sample is skipped."""
        into = self._merged[number]
        return self._details.get(number, "") if into < 0 else f"merged into {self.key(into)}"

    def is_merged(self, number: int) -> bool:
        """Whether another sample has its captions."""
        return self._merged[number] >= 0

    def outcome(self, number: int) -> SampleOutcome:
        """Return the outcome of a sample."""
        into = self._merged[number]
        return SampleOutcome(
            sample=self.items.entry(number),
            texts=self.texts(number),
            split=_SPLITS[self._splits[number]],
            further_texts=self.further_texts(number),
            skipped=self.reason(number),
            detail=self.detail(number),
            merged_into="" if into < 0 else self.key(into),
        )

    def entry(self, number: int) -> SampleOutcome:
        """Return the outcome of one of those that could be decoded."""
        return self.outcome(int(self.numbers[number]))

    def __len__(self) -> int:
        return len(self.numbers)


@dataclass(frozen=True, kw_only=True)
class CheckReport:
    """Reports of all issues, and the outcome of every sample."""

    reports: tuple[IssueReport, ...]
    """One for each issue, including those that were not found."""
    outcomes: Outcomes
    """One for each sample that could be decoded, in the order of the samples."""
    table: ImportTable | None = None
    """Of the samples that are not skipped; None if none has cells."""

    def report(self, issue: Issue) -> IssueReport:
        """Return the report of an issue."""
        return next(report for report in self.reports if report.issue == issue)

    def kept(self) -> Iterator[SampleOutcome]:
        """Yield the samples that are not skipped."""
        return map(self.outcomes.outcome, self.outcomes.left.tolist())


def split_of(key: str, named: str, percent: int) -> str:
    """Return the split of a sample: as the source names it, else by a hash of its key.

    Args:
        key: of the sample within the source.
        named: the source's name of its split; ignored if it is empty or not in ``NAMES``.
        percent: share to hold out where the source does not name a split.
    """
    return NAMES.get(named.strip().lower()) or hash_split(key, percent)


def _named_splits(outcomes: Outcomes) -> bool:
    """Whether the source's names of splits count: not if it names no other than validation.

    A source that has only that is trained on.
    """
    numbers = outcomes.numbers.tolist()
    named = {outcomes.items.raw[number].extras.get("split", "") for number in numbers}
    return {NAMES.get(name.strip().lower()) for name in named} != {VALIDATION}


class CheckContext:
    """The outcomes of one check run; each check sees the samples that those before it left."""

    def __init__(
        self,
        samples: Iterable[DecodedSample],
        plan: ImportPlan,
        shape: ImageShape,
        control: RunControl | None = None,
    ) -> None:
        self.plan, self.shape = plan, shape
        self._control = control or RunControl()
        self.items = PackedItems.of(samples)
        self.outcomes = Outcomes(self.items)
        is_named = _named_splits(self.outcomes)
        for number in self.outcomes.numbers.tolist():
            raw = self.items.raw[number]
            named = raw.extras.get("split", "") if is_named else ""
            split = split_of(raw.split_key, named, plan.validation_percent)
            self.outcomes.set_split(number, split)
        self.reports: dict[Issue, IssueReport] = {}
        self.silent_files: Sequence[str] = ()
        """Paths of the sounds that were left out because they are silent."""
        self.table: ImportTable | None = None

    def left(self) -> Iterator[int]:
        """Yield the samples that are not skipped, in order.

        Raises:
            StoppedError: the control asked for it.
        """
        for place, number in enumerate(self.outcomes.left.tolist()):
            if place % _ASK_EVERY == 0:
                self._control.stop_if_asked()
            yield number

    def left_with_image(self) -> Numbers:
        """Return those that have an image.

        Raises:
            StoppedError: the control asked for it.
        """
        self._control.stop_if_asked()
        left = self.outcomes.left
        return left[self.items.has_image[left]]

    def fix(self, issue: Issue) -> Fix:
        """Return the fix that the plan chooses for an issue."""
        return chosen_fix(self.plan, issue)

    def report(
        self,
        issue: Issue,
        keys: Sequence[str],
        groups: Sequence[Sequence[str]] = (),
        detail: Mapping[str, float] | None = None,
        count: int | None = None,
    ) -> None:
        """Record the report of an issue; the count is that of the keys, unless it is given."""
        self.reports[issue] = IssueReport(
            issue=issue,
            count=len(keys) if count is None else count,
            keys=tuple(keys[:MAX_KEYS]),
            groups=tuple(tuple(group) for group in groups[:MAX_KEYS]),
            fix=self.fix(issue),
            offered=OFFERED[issue],
            detail=detail or {},
        )

    def report_samples(
        self, issue: Issue, found: Found, detail: Mapping[str, float] | None = None
    ) -> None:
        """Record the report of samples with an issue."""
        keys = [self.outcomes.key(number) for number in _listed(found[:MAX_KEYS])]
        self.report(issue, keys, detail=detail, count=len(found))

    def report_and_skip(self, issue: Issue, found: Found, reason: Reason) -> None:
        """Report samples, and skip them if that is the chosen fix."""
        self.report_samples(issue, found)
        if self.fix(issue) == Fix.SKIP:
            for number in _listed(found):
                self.outcomes.skip(number, reason)

    def report_and_merge(
        self, issue: Issue, groups: Sequence[Sequence[int]], reason: Reason
    ) -> None:
        """Report groups of equal images, and skip or merge all but the first of each group."""
        key = self.outcomes.key
        keys = [[key(number) for number in group] for group in groups[:MAX_KEYS]]
        others = [one for group in keys for one in group[1:]]
        self.report(issue, others, keys, count=sum(len(group) - 1 for group in groups))
        fix = self.fix(issue)
        for first, *others in groups if fix != Fix.KEEP else ():
            for number in others:
                detail = f"like {key(first)}" if fix == Fix.SKIP else ""
                self.outcomes.skip(number, reason, detail)
            if fix == Fix.MERGE:
                self._merge(first, others)

    def _merge(self, first: int, others: Iterable[int]) -> None:
        """Add the captions of other samples to the first, each once."""
        outcomes = self.outcomes
        texts = dict.fromkeys(outcomes.texts(first))
        for number in others:
            texts |= dict.fromkeys(outcomes.texts(number))
            outcomes.merge(number, first)
        is_one = self.plan.texts.captions == "first"
        outcomes.set_texts(first, tuple(texts)[:1] if is_one else tuple(texts))


def _listed(numbers: Found) -> Sequence[int]:
    return numbers.tolist() if isinstance(numbers, np.ndarray) else numbers
