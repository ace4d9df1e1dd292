"""Verdict on a run: one sentence about its figures, and the one change that would help most.

The rules give identifiers and figures. ``worded`` makes sentences of them, in English for the
command line and through a translation for the window. Nothing here imports torch.
"""

import logging
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from string import Formatter

from engine.config.changes import settings_at
from engine.config.presets import PRESETS, SMALL_DATASET, gpu_memory_bytes, suitable_preset
from engine.config.run import RunConfig
from engine.data.manifest import data_facts
from engine.data.reduction import open_training_dataset
from engine.data.store import TRAIN, StoredDataset
from engine.data.words import split_words
from engine.errors import EngineError
from engine.events import EvaluationCompleted
from engine.fs.untrusted import MalformedFileError, read_regular, read_table
from engine.runs.event_reader import read_quality
from engine.runs.folder import RunFolder

GRID_LIMIT, BLUR_LIMIT = 5.0, 0.5
"""Values of ``grid`` beyond which detail of single pixels is visibly wrong; alerts use them too."""
GOOD_COHERENCE, POOR_COHERENCE = 0.9, 0.5
"""Fractions of the upper bound. ``match`` is measured on 300 captions: on emoji its standard error
is 8 % of the upper bound, so 90 % cannot be told from it."""
RECOGNISED = 0.5
"""Upper bound from which the evaluator's judgement of captions is worth saying without reserve."""
GOOD_COVERAGE = 0.8
"""Of 1,000 images that are as varied as 2,000 real ones, coverage is 1 - (2 / 3)^5 = 0.87."""
MIN_PRECISION = 0.5
"""Below, most images resemble no real one. Preset cpu-colour reaches 0.88 on emoji in minutes."""
MAX_TEXTURE = 3.0
"""Relative to other real images, which have 1. Emoji without recognisable objects have 4.3 to 4.9,
digits 3.7 after 17,000 images, when they cover a sixth of the variety, and 1.7 to 2.6 later."""
MIN_VALIDITY = 0.9
"""Word decoders reach 0.99 within minutes."""
MAX_COPIED = 0.05
"""Five times the baseline of ``memorisation``, which is 0.01 by definition."""
RISE: Mapping[str, float] = {"coverage": 0.03, "match": 0.08, "joint_coherence": 0.05}
"""Smallest rise in a quarter of a run that is no chance: two standard errors of the difference
between two evaluations (1,000 images, but 300 captions for ``match``)."""
SHORT_IMAGES = 100_000
"""A run that has seen less is short: captions of digits still improve from 150,000 images on, and
emoji have no recognisable objects after 24,000 (docs/measurements.md)."""
MIN_WORD_USES = 5.0
"""Pictures by which a word can be learned, on average; emoji have 2.5, digits thousands."""
PER_CLASS = 20
"""Generated images for each class from which a class that never occurs is missing, not unlucky: by
chance it happens once in e^20 times if classes are even, and 1 in 7 for one a tenth as frequent."""
MIN_COVERED, UNEVEN = 0.95, 0.5
"""Share of the classes that should occur, and of an even share that makes a class rare."""

KID_NOTE = (
    "KID of runs that differ only in their seed varies by 0.003 on digits and up to ninefold on "
    "small sets of colour images. Smaller differences are not significant."
)
"""Spread of KID from seed to seed (docs/measurements.md), and what it means."""

log = logging.getLogger(__name__)


class Claim(StrEnum):
    """What the figures say about the images."""

    MATCHED = "matched"
    MATCHED_PERHAPS = "matched_perhaps"
    """As often as real ones, but the evaluator recognises few of those."""
    PARTLY_MATCHED = "partly_matched"
    MISMATCHED = "mismatched"
    COPIED = "copied"
    GRID = "grid"
    BLURRED = "blurred"
    UNREALISTIC = "unrealistic"
    ROUGH = "rough"
    INVALID_TEXTS = "invalid_texts"
    NARROW = "narrow"
    VARIED = "varied"


GOOD = frozenset({Claim.MATCHED, Claim.MATCHED_PERHAPS, Claim.VARIED})
"""All other claims are shortcomings."""


class Remedy(StrEnum):
    """What would help."""

    MORE_PICTURES = "more_pictures"
    TRAIN_LONGER = "train_longer"
    LARGER_IMAGES = "larger_images"
    REGULAR_WORDS = "regular_words"
    ANOTHER_PRESET = "another_preset"
    BALANCE = "balance"


class Reason(StrEnum):
    """Why a remedy would help."""

    COPIES = "copies"
    COVERAGE_RISES = "coverage_rises"
    MATCH_RISES = "match_rises"
    COHERENCE_RISES = "coherence_rises"
    GRID = "grid"
    REALISM = "realism"
    CLASSES_MISSING = "classes_missing"
    SHORT_RUN = "short_run"
    RARE_WORDS = "rare_words"
    FEW_PICTURES = "few_pictures"
    SMALL_IMAGES = "small_images"


_RISES = {
    "coverage": Reason.COVERAGE_RISES,
    "match": Reason.MATCH_RISES,
    "joint_coherence": Reason.COHERENCE_RISES,
}
_INCOHERENT = frozenset({Claim.MISMATCHED, Claim.PARTLY_MATCHED})
_SHORT_BY = {
    "coverage": frozenset({Claim.NARROW}),
    "match": _INCOHERENT,
    "joint_coherence": _INCOHERENT,
}
REMEDIES: Mapping[Reason, Remedy] = {
    Reason.COPIES: Remedy.MORE_PICTURES,
    Reason.COVERAGE_RISES: Remedy.TRAIN_LONGER,
    Reason.MATCH_RISES: Remedy.TRAIN_LONGER,
    Reason.COHERENCE_RISES: Remedy.TRAIN_LONGER,
    Reason.GRID: Remedy.ANOTHER_PRESET,
    Reason.REALISM: Remedy.ANOTHER_PRESET,
    Reason.CLASSES_MISSING: Remedy.BALANCE,
    Reason.SHORT_RUN: Remedy.TRAIN_LONGER,
    Reason.RARE_WORDS: Remedy.REGULAR_WORDS,
    Reason.FEW_PICTURES: Remedy.MORE_PICTURES,
    Reason.SMALL_IMAGES: Remedy.LARGER_IMAGES,
}

FRAMES: Mapping[tuple[int, bool], str] = {
    (1, True): "Images {0}.",
    (1, False): "Images {0}.",
    (2, True): "Images {0}, but {1}.",
    (2, False): "Images {0} and {1}.",
    (3, True): "Images {0}, but {1} and {2}.",
    (3, False): "Images {0}, {1} and {2}.",
}
"""By number of claims, and whether the first two differ in being good."""
CLAIM_WORDS: Mapping[Claim, str] = {
    Claim.MATCHED: "match their captions as real ones do ({coherence:.0%} of the upper bound)",
    Claim.MATCHED_PERHAPS: "match their captions as far as the evaluator can tell (it recognises "
    "only {recognised:.0%} of real ones)",
    Claim.PARTLY_MATCHED: "match their captions less often than real ones do ({coherence:.0%} of "
    "the upper bound)",
    Claim.MISMATCHED: "rarely match their captions ({coherence:.0%} of the upper bound)",
    Claim.COPIED: "are too often close to a training image ({copied:.0%} of them)",
    Claim.GRID: "show a fine grid or grain (grid {grid:.2g}, real images have 1)",
    Claim.BLURRED: "are blurred (grid {grid:.2g}, real images have 1)",
    Claim.UNREALISTIC: "mostly resemble no real image (only {precision:.0%} do)",
    Claim.ROUGH: "lack the texture of real images (distance {texture:.1f}, other real images have "
    "1)",
    Claim.INVALID_TEXTS: "come with texts of which only {text_validity:.0%} are valid",
    Claim.NARROW: "cover only {coverage:.0%} of the variety of the training images",
    Claim.VARIED: "cover the variety of the training images ({coverage:.0%})",
}
"""Predicates of a sentence about the images; figures are named."""
HELPS, NOTHING = (
    "What would help most: {0}",
    "No figure falls short, so no change stands out.",
)
REASON_WORDS: Mapping[Reason, str] = {
    Reason.COPIES: "more pictures: {copied:.0%} of the images are close to one of the {pairs:,} "
    "training pictures.",
    Reason.COVERAGE_RISES: "train longer: coverage was still rising ({before:.2f} after {since:,} "
    "images, {after:.2f} after {until:,}).",
    Reason.MATCH_RISES: "train longer: match was still rising ({before:.2f} after {since:,} "
    "images, {after:.2f} after {until:,}).",
    Reason.COHERENCE_RISES: "train longer: coherence was still rising ({before:.2f} after "
    "{since:,} images, {after:.2f} after {until:,}).",
    Reason.GRID: "another preset: “{preset}” suits this dataset better than “{current}” (grid "
    "{grid:.2g}, real images have 1).",
    Reason.REALISM: "another preset: “{preset}” suits this dataset better than “{current}” (only "
    "{precision:.0%} of the images resemble real ones).",
    Reason.CLASSES_MISSING: "balance the classes: only {covered_modes:.0%} of the {classes:,} "
    "classes are generated, and the rarest has {rarest:.2%} of the pictures.",
    Reason.SHORT_RUN: "train longer: this run has seen only {images_seen:,} images.",
    Reason.RARE_WORDS: "fewer, more regular words: a word of the captions occurs with only "
    "{word_uses:.1f} pictures on average.",
    Reason.FEW_PICTURES: "more pictures: there are only {pairs:,} to learn from.",
    Reason.SMALL_IMAGES: "a larger image size: the dataset has {dataset_px} px, this run makes "
    "{image_px} px.",
}
"""What to change and the figure behind it."""


def declared_texts() -> tuple[str, ...]:
    """Return all texts, for translation."""
    others = (HELPS, NOTHING, KID_NOTE)
    return (*FRAMES.values(), *others, *CLAIM_WORDS.values(), *REASON_WORDS.values())


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """Facts about a run and its dataset that the rules use."""

    pairs: int
    """Training pairs."""
    dataset_px: int
    """Longer side of the dataset's images."""
    image_px: int
    """Side of the generated images."""
    word_uses: float
    """Mean number of training pictures that a word of the captions occurs with."""
    classes: int
    """Number of different captions."""
    rarest: float
    """Share of the training pictures that the rarest caption has."""
    class_balance: float
    """Exponent of class-balanced sampling."""
    preset: str
    suitable_preset: str
    """The preset that device and dataset suggest."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the figures of an evaluation say, and what would help most."""

    claims: tuple[Claim, ...]
    """Up to three, the most important first."""
    reason: Reason | None
    """Why ``remedy`` would help; None if no change stands out."""
    figures: Mapping[str, float | str] = field(default_factory=dict)
    """Figures behind claims and reason, by name."""

    @property
    def remedy(self) -> Remedy | None:
        """What would help most."""
        return None if self.reason is None else REMEDIES[self.reason]


History = Sequence[tuple[int, Mapping[str, float]]]
"""Evaluations of a run: images seen and metrics, oldest first."""


def judge(
    metrics: Mapping[str, float], images_seen: int, history: History, facts: RunFacts
) -> Verdict | None:
    """Judge a run by its last evaluation; None if too little was measured.

    KID decides nothing: it varies too much from seed to seed (``KID_NOTE``).

    Args:
        metrics: of the last evaluation.
        images_seen: at that evaluation.
        history: evaluations of the run with equal numbers of samples; may be empty.
        facts: about run and dataset.
    """
    known = {name: value for name, value in metrics.items() if math.isfinite(value)}
    figures: dict[str, float | str] = {**known, **vars(facts), "images_seen": images_seen}
    figures["current"] = facts.preset
    figures["preset"] = facts.suitable_preset
    coherence = _coherence(known)
    if coherence is not None:
        figures["coherence"], figures["recognised"] = coherence
    copied = max(known.get("memorisation", 0.0), 1 - known.get("novelty", 1.0))
    figures["copied"] = copied
    claims = _claims(known, coherence, copied)
    # Texts alone come with no images that could be judged.
    if not {*claims} - {Claim.INVALID_TEXTS}:
        return None
    reason = _reason(known, claims, history, facts, figures)
    words = [CLAIM_WORDS[claim] for claim in claims]
    words += [REASON_WORDS[reason]] if reason else []
    used = {name for one in words for _text, name, _spec, _ in Formatter().parse(one) if name}
    return Verdict(
        claims=claims, reason=reason, figures={name: figures[name] for name in sorted(used)}
    )


def worded(verdict: Verdict, translate: Callable[[str], str] | None = None) -> tuple[str, str]:
    """Return the sentence of a verdict, and the line about what would help most.

    Args:
        verdict: to put into words.
        translate: translates a declared text; without it the text is English, and presets have the
            names of the command line.
    """
    figures = dict(verdict.figures)
    if translate is not None:
        for name in figures.keys() & {"preset", "current"}:
            figures[name] = translate(PRESETS[str(figures[name])].title)
    translate = translate or str

    def filled(text: str) -> str:
        return translate(text).format(**figures).replace("%", " %")

    clauses = [filled(CLAIM_WORDS[claim]) for claim in verdict.claims]
    are_good = [claim in GOOD for claim in verdict.claims]
    sentence = translate(FRAMES[len(clauses), len(set(are_good[:2])) > 1]).format(*clauses)
    if verdict.reason is None:
        return sentence, translate(NOTHING)
    return sentence, translate(HELPS).format(filled(REASON_WORDS[verdict.reason]))


def _coherence(metrics: Mapping[str, float]) -> tuple[float, float] | None:
    """Return coherence relative to the upper bound, and that; None if unknown or meaningless."""
    for name in ("joint_coherence", "match"):
        bound = metrics.get(f"{name}_upper_bound", 1.0)
        # An evaluator that recognises real pairs hardly better than by chance cannot judge others.
        if name in metrics and bound > 2 * metrics.get(f"{name}_baseline", 0.0):
            return metrics[name] / bound, bound
    return None


def _claims(
    metrics: Mapping[str, float], coherence: tuple[float, float] | None, copied: float
) -> tuple[Claim, ...]:
    claims: list[Claim] = []
    if coherence is not None:
        share, bound = coherence
        good = Claim.MATCHED if bound >= RECOGNISED else Claim.MATCHED_PERHAPS
        lesser = Claim.MISMATCHED if share < POOR_COHERENCE else Claim.PARTLY_MATCHED
        claims.append(good if share >= GOOD_COHERENCE else lesser)
    grid, coverage = metrics.get("grid", 1.0), metrics.get("coverage", math.nan)
    # The most serious first: figures of copies or grids say little else.
    checks = {
        Claim.COPIED: copied > MAX_COPIED,
        Claim.GRID: grid > GRID_LIMIT,
        Claim.BLURRED: grid < BLUR_LIMIT,
        Claim.UNREALISTIC: metrics.get("precision", 1.0) < MIN_PRECISION,
        Claim.ROUGH: metrics.get("texture", 1.0) > MAX_TEXTURE,
        Claim.INVALID_TEXTS: metrics.get("text_validity", 1.0) < MIN_VALIDITY,
        Claim.NARROW: coverage < GOOD_COVERAGE,
    }
    shortcomings = [claim for claim, holds in checks.items() if holds]
    if not shortcomings and coverage >= GOOD_COVERAGE:
        claims.append(Claim.VARIED)
    return (*claims, *shortcomings[:2])


def _reason(
    metrics: Mapping[str, float],
    claims: tuple[Claim, ...],
    history: History,
    facts: RunFacts,
    figures: dict[str, float | str],
) -> Reason | None:
    """Return the first rule that fires.

    Copies come first, because longer training makes more of them. A curve that still rises is the
    surest sign of what helps; then what is wrong by itself; then what a run lacks in general.
    """
    is_short_of = set(claims) - GOOD
    rises = _rises(history, metrics, is_short_of, figures)
    grid = metrics.get("grid", 1.0)
    has_better_preset = facts.preset in PRESETS and facts.preset != facts.suitable_preset
    lacks_words = set(claims) & {*_INCOHERENT, Claim.MATCHED_PERHAPS, Claim.INVALID_TEXTS}
    rules = {
        Reason.COPIES: Claim.COPIED in is_short_of,
        **dict.fromkeys(rises, True),
        Reason.GRID: has_better_preset and not BLUR_LIMIT <= grid <= GRID_LIMIT,
        Reason.REALISM: has_better_preset and metrics.get("precision", 1.0) < MIN_PRECISION,
        Reason.CLASSES_MISSING: _lacks_classes(metrics, facts),
        Reason.SHORT_RUN: bool(is_short_of) and int(figures["images_seen"]) < SHORT_IMAGES,
        Reason.RARE_WORDS: bool(lacks_words) and facts.word_uses < MIN_WORD_USES,
        Reason.FEW_PICTURES: bool(is_short_of) and facts.pairs < SMALL_DATASET,
        Reason.SMALL_IMAGES: not is_short_of and facts.dataset_px > facts.image_px,
    }
    return next((reason for reason, holds in rules.items() if holds), None)


def _rises(
    history: History,
    metrics: Mapping[str, float],
    is_short_of: set[Claim],
    figures: dict[str, float | str],
) -> list[Reason]:
    """Return the reason of a metric that falls short and rose in the last quarter, if any."""
    until, newest = history[-1] if history else (0, {})
    earlier = [point for point in history if point[0] <= 0.75 * until]
    since, before = earlier[-1] if earlier else (0, {})
    for name, least in RISE.items():
        is_known = name in metrics and name in before and name in newest
        if is_known and is_short_of & _SHORT_BY[name] and newest[name] - before[name] >= least:
            figures |= {"since": since, "before": before[name]}
            figures |= {"until": until, "after": newest[name]}
            return [_RISES[name]]
    return []


def _lacks_classes(metrics: Mapping[str, float], facts: RunFacts) -> bool:
    is_uneven = facts.rarest * facts.classes < UNEVEN and facts.class_balance < 1
    is_counted = metrics.get("kid_n", 0) >= PER_CLASS * facts.classes
    return is_uneven and is_counted and metrics.get("covered_modes", 1.0) < MIN_COVERED


# --------------------------------------------------------------------------
# Runs on disk.


REPORT_FILE = "evaluation.json"
"""Name of the report of ``diptych evaluate`` in the run folder."""
_MAX_REPORT_BYTES = 1_000_000


def facts_of(config: RunConfig, dataset: StoredDataset) -> RunFacts:
    """Collect the facts about a run and its dataset."""
    manifest, columns = dataset.manifest, (dataset.image_column, dataset.text_column)
    rows = dataset.complete_rows(TRAIN, [c.name for c in columns if c is not None])
    texts = [dataset.texts[row] for row in rows]
    uses = Counter(word for text in texts for word in set(split_words(text)))
    classes = Counter(" ".join(split_words(text)) for text in texts)
    gpu_bytes = 0 if config.device == "cpu" else gpu_memory_bytes()
    suggestion = suitable_preset(data_facts(manifest), gpu_bytes=gpu_bytes)
    return RunFacts(
        pairs=len(rows),
        dataset_px=max(manifest.image_height, manifest.image_width),
        image_px=config.networks.image_size,
        word_uses=uses.total() / max(1, len(uses)),
        classes=len(classes),
        rarest=min(classes.values(), default=0) / max(1, len(texts)),
        class_balance=config.data.class_balance,
        preset=config.preset,
        suitable_preset=suggestion.name,
    )


@dataclass(frozen=True, kw_only=True)
class JudgedRun:
    """A run on disk, judged by its newest evaluation."""

    folder: Path
    verdict: Verdict | None = None
    """None if the run was never evaluated, or its dataset is missing or has changed."""
    report: EvaluationCompleted | None = None
    """The report of ``diptych evaluate``, if it is newer than all evaluations in training."""


def judge_run(folder: Path) -> JudgedRun:
    """Judge a run by its newest evaluation, while it trained or by ``diptych evaluate``."""
    try:
        run = RunFolder(folder)
        config, version = run.read_config(), run.read_model().dataset_version
        dataset = open_training_dataset(config)
    except (EngineError, OSError) as error:
        log.info("No verdict on %s: %s", folder, error)
        return JudgedRun(folder=folder)
    points = list(read_quality(run.log_file))
    report = _read_report(folder, version)
    if points and report and report.images_seen <= points[-1].images_seen:
        report = None
    newest = report or (points[-1] if points else None)
    verdict = None
    if newest is not None and dataset.manifest.version == version:
        history = [(point.images_seen, point.metrics) for point in points]
        facts = facts_of(settings_at(config, newest.images_seen), dataset)
        verdict = judge(newest.metrics, newest.images_seen, history, facts)
    return JudgedRun(folder=folder, verdict=verdict, report=report)


def _read_report(folder: Path, version: str) -> EvaluationCompleted | None:
    """Read a run's untrusted report; None if there is none on this version of the dataset."""
    try:
        content = read_regular(folder / REPORT_FILE, _MAX_REPORT_BYTES)
        table = read_table(content, REPORT_FILE)
    except FileNotFoundError:
        return None
    except (OSError, MalformedFileError) as error:
        log.info("The report in %s is not used: %s", folder, error)
        return None
    match table:
        case {
            "about": {"images seen": int() as images, "dataset version": str() as measured},
            "metrics": dict() as metrics,
        } if measured == version:
            values = {str(n): float(v) for n, v in metrics.items() if isinstance(v, int | float)}
            return EvaluationCompleted(images_seen=images, elapsed_s=0.0, metrics=values)
        case _:
            return None
