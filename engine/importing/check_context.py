"""The state of a check run: the outcome of every sample so far, and the issues found."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from engine.control import RunControl
from engine.data.image_shape import ImageShape
from engine.data.manifest import hash_split
from engine.data.store import TRAIN, VALIDATION
from engine.importing.formats.format import NOTHING
from engine.importing.ledger import Reason
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


@dataclass(kw_only=True, slots=True)
class SampleOutcome:
    """What becomes of one sample. Checks change it until all have run."""

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

    @property
    def group(self) -> str:
        """Class or label, empty without one."""
        extras = self.sample.raw.extras
        return extras.get("group") or extras.get("label", "")

    def skip(self, reason: Reason, detail: str = "") -> None:
        """Leave the sample out, unless it is left out already for another reason."""
        if self.skipped is None:
            self.skipped, self.detail = reason, detail


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


@dataclass(frozen=True, kw_only=True)
class CheckReport:
    """Reports of all issues, and the outcome of every sample."""

    reports: tuple[IssueReport, ...]
    """One for each issue, including those that were not found."""
    outcomes: tuple[SampleOutcome, ...]
    """One for each sample, in the order of the samples."""
    table: ImportTable | None = None
    """Of the samples that are not skipped; None if none has cells."""

    def report(self, issue: Issue) -> IssueReport:
        """Return the report of an issue."""
        return next(report for report in self.reports if report.issue == issue)

    def kept(self) -> Iterator[SampleOutcome]:
        """Yield the samples that are not skipped."""
        return (outcome for outcome in self.outcomes if outcome.skipped is None)


def split_of(key: str, named: str, percent: int) -> str:
    """Return the split of a sample: as the source names it, else by a hash of its key.

    Args:
        key: of the sample within the source.
        named: the source's name of its split; ignored if it is empty or not in ``NAMES``.
        percent: share to hold out where the source does not name a split.
    """
    return NAMES.get(named.strip().lower()) or hash_split(key, percent)


def _named_splits(samples: Iterable[DecodedSample]) -> dict[str, str]:
    """Return the split that the source names for each sample, by key.

    None if it names no other than validation: a source that has only that is trained on.
    """
    named = {s.raw.key: s.raw.extras.get("split", "") for s in samples}
    splits = {NAMES.get(name.strip().lower()) for name in named.values()}
    return {} if splits == {VALIDATION} else named


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
        samples = tuple(samples)
        named = _named_splits(samples)
        self.outcomes = tuple(
            SampleOutcome(
                sample=sample,
                texts=sample.raw.texts,
                further_texts=sample.raw.further_texts,
                split=split_of(
                    sample.raw.split_key, named.get(sample.raw.key, ""), plan.validation_percent
                ),
            )
            for sample in samples
        )
        self.reports: dict[Issue, IssueReport] = {}
        self.silent_files: Sequence[str] = ()
        """Paths of the sounds that were left out because they are silent."""
        self.table: ImportTable | None = None

    def left(self) -> Iterator[SampleOutcome]:
        """Yield the samples that are not skipped, in order.

        Raises:
            StoppedError: the control asked for it.
        """
        for number, outcome in enumerate(self.outcomes):
            if number % _ASK_EVERY == 0:
                self._control.stop_if_asked()
            if outcome.skipped is None:
                yield outcome

    def left_with_image(self) -> list[tuple[SampleOutcome, ImageFacts]]:
        """Return those that have an image, with its facts."""
        return [(one, one.image) for one in self.left() if one.image is not None]

    def fix(self, issue: Issue) -> Fix:
        """Return the fix that the plan chooses for an issue."""
        return chosen_fix(self.plan, issue)

    def report(
        self,
        issue: Issue,
        keys: Sequence[str],
        groups: Sequence[Sequence[str]] = (),
        detail: Mapping[str, float] | None = None,
    ) -> None:
        """Record the report of an issue."""
        self.reports[issue] = IssueReport(
            issue=issue,
            count=len(keys),
            keys=tuple(keys[:MAX_KEYS]),
            groups=tuple(tuple(group) for group in groups[:MAX_KEYS]),
            fix=self.fix(issue),
            offered=OFFERED[issue],
            detail=detail or {},
        )

    def report_and_skip(self, issue: Issue, found: Sequence[SampleOutcome], reason: Reason) -> None:
        """Report samples, and skip them if that is the chosen fix."""
        self.report(issue, [outcome.key for outcome in found])
        if self.fix(issue) == Fix.SKIP:
            for outcome in found:
                outcome.skip(reason)

    def report_and_merge(
        self, issue: Issue, groups: Sequence[Sequence[SampleOutcome]], reason: Reason
    ) -> None:
        """Report groups of equal images, and skip or merge all but the first of each group."""
        keys = [[outcome.key for outcome in group] for group in groups]
        self.report(issue, [key for group in keys for key in group[1:]], keys)
        fix = self.fix(issue)
        for first, *others in groups if fix != Fix.KEEP else ():
            for outcome in others:
                outcome.skip(reason, f"like {first.key}")
            if fix == Fix.MERGE:
                self._merge(first, others)

    def _merge(self, first: SampleOutcome, others: Iterable[SampleOutcome]) -> None:
        """Add the captions of other samples to the first, each once."""
        texts = dict.fromkeys(first.texts)
        for outcome in others:
            texts |= dict.fromkeys(outcome.texts)
            outcome.merged_into, outcome.detail = first.key, f"merged into {first.key}"
        is_one = self.plan.texts.captions == "first"
        first.texts = tuple(texts)[:1] if is_one else tuple(texts)
