"""Health monitor of a run: raises and clears alerts from training metrics and evaluations.

All durations are in images seen, so that an alert does not depend on the speed of the machine. The
monitor's state is part of every checkpoint.
"""

import math
import statistics
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.events import Alert, AlertChanged
from engine.metrics.verdict import BLUR_LIMIT, GRID_LIMIT

GRACE_IMAGES = 10_000
"""Before this, only non-finite metrics raise an alert: the metrics of a new run are irregular."""
HALF_LIFE_IMAGES = 2_000
"""Half-life of the smoothing; the metrics of single batches are noisy."""
STALE_IMAGES = 5_000
"""A metric that was not reported for this long is ignored."""
RECOVERY_IMAGES = 10_000
"""All metrics must be finite for this long before the non-finite alert clears."""
COHERENCE = "coherence_above_chance"
"""Derived metric: 0 if images and texts are paired by chance, 1 if as well as real ones."""
EVALUATED = ("grid", "recall", "covered_modes", "covered_modes_upper_bound", COHERENCE)
"""Metrics of the evaluation that alerts use; each keeps its value until the next evaluation."""
EVALUATION_GRACE_IMAGES = 20_000
"""Evaluations before this raise no alert: grids and blur of a new run vanish by themselves."""
PREVIEW_GRACE_IMAGES = 1_000
"""Previews before this raise no alert."""
MIN_GAP, MAX_GAP = -1.0, 2.0
"""Limits of ``overfit_gap``, a quotient whose divisor can be near 0."""

GRADIENT_SHARE = "generator_gradient_share"
"""Derived metric: the generator's gradient norm relative to its running median."""
VANISHED, BACK = 0.02, 0.1
"""Relative gradient norms that count as vanished and as recovered; good runs reach 0.3."""
SAMPLE_EVERY_IMAGES, MIN_SAMPLES, MAX_SAMPLES = 1_000, 20, 200
"""Sampling of the running median."""
_KEY = "health"


@dataclass(frozen=True)
class Threshold:
    """Limits of one metric with hysteresis: values between the two change nothing."""

    metric: str
    raise_at: float
    clear_at: float
    """On the good side of ``raise_at``, which also tells the direction."""

    def is_triggered(self, value: float) -> bool:
        """Whether the value is beyond ``raise_at``."""
        is_below = self.raise_at < self.clear_at
        return value < self.raise_at if is_below else value > self.raise_at

    def is_cleared(self, value: float) -> bool:
        """Whether the value is back beyond ``clear_at``."""
        is_below = self.raise_at < self.clear_at
        return value > self.clear_at if is_below else value < self.clear_at


@dataclass(frozen=True)
class AlarmRule:
    """One condition of an alert: all thresholds triggered at once, for some time."""

    alert: Alert
    images: int
    """How long the condition must hold before the alert is raised, or cleared."""
    thresholds: tuple[Threshold, ...]

    def is_triggered(self, values: Mapping[str, float]) -> bool:
        """Whether every metric is known and triggered."""
        return all(t.metric in values and t.is_triggered(values[t.metric]) for t in self.thresholds)

    def is_cleared(self, values: Mapping[str, float]) -> bool:
        """Whether any metric is known and cleared."""
        return any(t.metric in values and t.is_cleared(values[t.metric]) for t in self.thresholds)


# Previews of healthy runs of every family (digits, emoji) have an image spread of at least 0.13 and
# a text spread of 0.8; a run whose images have turned white has 0 and 0.
#
# Metrics of healthy runs (digits, emoji, shapes; cpu-tiny) after the grace period: image_diversity
# 0.55 to 1.3, unique_texts 0.89 to 1.1, token_entropy 0.78 to 1.05, real_score 0.29 to 0.48 and
# fake_score 0.31 to 0.48 (mismatched pairs count as fakes, so both stay near 1/3), real_sign -1,
# the generator's gradient down to 0.3 of its median. 200 memorised emoji: real_score 0.8,
# fake_score 0.08, real_sign 0.9, overfit_gap 1.7.
RULES = (
    # The images of a batch look alike. 0.25 leaves room for a generator that starts out blurred.
    AlarmRule(Alert.MODE_COLLAPSE, 10_000, (Threshold("image_diversity", 0.25, 0.4),)),
    # The texts of a batch repeat.
    AlarmRule(Alert.MODE_COLLAPSE, 10_000, (Threshold("unique_texts", 0.3, 0.5),)),
    # All texts consist of few tokens, in whatever order.
    AlarmRule(Alert.MODE_COLLAPSE, 10_000, (Threshold("token_entropy", 0.4, 0.55),)),
    # All images, or all texts, of a preview are the same.
    AlarmRule(Alert.MODE_COLLAPSE, 0, (Threshold("preview_image_spread", 0.05, 0.1),)),
    AlarmRule(Alert.MODE_COLLAPSE, 0, (Threshold("preview_text_spread", 0.02, 0.05),)),
    # Half of the kinds of pairs are never made, although the samples are enough for all. Healthy
    # runs on digits make all of them before the grace period is over.
    AlarmRule(
        Alert.MODE_COLLAPSE,
        0,
        (Threshold("covered_modes", 0.5, 0.6), Threshold("covered_modes_upper_bound", 0.95, 0.9)),
    ),
    # Hardly a real image has a generated one in its vicinity. Collapsed runs have 0 to 0.01, the
    # slowest healthy one 0.02 after 12,800 images and 0.15 after 40,000.
    AlarmRule(Alert.MODE_COLLAPSE, 20_000, (Threshold("recall", 0.02, 0.04),)),
    # Coherence of 1,000 pairs made by chance is 0 +- 0.011 on digits. Healthy runs reach 0.2 within
    # 20,000 images there, and 0.7 within 40,000 on emoji.
    AlarmRule(Alert.INCOHERENT, 20_000, (Threshold(COHERENCE, 0.05, 0.1),)),
    # Small discriminators with a gradient penalty are often right without harm; only one that is
    # never wrong is a problem.
    AlarmRule(
        Alert.DISCRIMINATOR_WINNING,
        20_000,
        (Threshold("real_score", 0.99, 0.97), Threshold("fake_score", 0.01, 0.03)),
    ),
    # The discriminator recognises the fakes, and the generator's gradient has vanished.
    AlarmRule(
        Alert.DISCRIMINATOR_WINNING,
        10_000,
        (Threshold(GRADIENT_SHARE, VANISHED, BACK), Threshold("fake_score", 0.25, 0.4)),
    ),
    # Validation items look like fakes to a discriminator that is certain of the training items. The
    # target of adaptive augmentation is 0.6 too (Karras et al. 2020, arXiv:2006.06676, section 3).
    AlarmRule(
        Alert.OVERFITTING,
        10_000,
        (Threshold("overfit_gap", 0.5, 0.3), Threshold("real_sign", 0.6, 0.4)),
    ),
    # The images have more, or less, detail of single pixels than real ones. An evaluation measures
    # many images, so one is enough; blur often vanishes later.
    AlarmRule(Alert.GRID, 0, (Threshold("grid", GRID_LIMIT, 4.0),)),
    AlarmRule(Alert.BLUR, 30_000, (Threshold("grid", BLUR_LIMIT, 0.6),)),
)
"""All rules; thresholds apply to smoothed metrics, and to the last evaluation as it is."""


class HealthMonitor:
    """Smooths the metrics of a run and evaluates the rules."""

    def __init__(self) -> None:
        self._smoothed: dict[str, _Smoothed] = {}
        self._median_gradient = _RunningMedian()
        self._rules = [_RuleState(rule) for rule in RULES]
        self._finite_check = _FiniteCheck()

    def update(
        self, losses: Mapping[str, float], metrics: Mapping[str, float], images_seen: int
    ) -> list[AlertChanged]:
        """Process a report; return the alerts that it raises or clears.

        Args:
            losses: by name; only checked for being finite.
            metrics: by name; any may be absent.
            images_seen: at the report; never falls, except after ``rewind``.
        """
        changes = self._finite_check.update({**losses, **metrics}, images_seen)
        if images_seen < GRACE_IMAGES:
            return changes
        self._smooth(metrics, images_seen)
        return changes + self._changes(images_seen)

    def add_preview(self, metrics: Mapping[str, float], images_seen: int) -> list[AlertChanged]:
        """Process a preview; return the alerts that it raises or clears at once.

        Args:
            metrics: by name, as ``engine.train.periodic.preview_metrics`` returns them.
            images_seen: at the preview.
        """
        if images_seen < PREVIEW_GRACE_IMAGES:
            return []
        self._smoothed |= {name: _Smoothed(value, images_seen) for name, value in metrics.items()}
        return self._changes(images_seen)

    def add_evaluation(self, metrics: Mapping[str, float], images_seen: int) -> None:
        """Keep the results of an evaluation for the next updates.

        Args:
            metrics: by name; any may be absent.
            images_seen: at the evaluation.
        """
        if images_seen < EVALUATION_GRACE_IMAGES:
            return
        metrics = {**metrics, COHERENCE: coherence_above_chance(metrics)}
        for name in EVALUATED:
            if math.isfinite(value := metrics.get(name, math.nan)):
                self._smoothed[name] = _Smoothed(value, images_seen)

    def rewind(self, images_seen: int) -> None:
        """Forget smoothed values and pending changes after a rollback; raised alerts stay raised.

        Args:
            images_seen: where the run continues.
        """
        self._smoothed.clear()
        self._median_gradient = _RunningMedian()
        for state in self._rules:
            state.since = None
        self._finite_check.last_wrong = min(self._finite_check.last_wrong, images_seen)

    def state_dict(self) -> dict[str, object]:
        """Return what a checkpoint stores."""
        median, check = self._median_gradient, self._finite_check
        return {
            _KEY: {
                "smoothed": {name: [s.value, s.images_seen] for name, s in self._smoothed.items()},
                "gradient_samples": list(median.samples),
                "gradient_due_images": median.due_images,
                "rules": {state.name: [state.is_raised, state.since] for state in self._rules},
                "non_finite": [check.is_raised, check.last_wrong],
            }
        }

    def load_state_dict(self, state: Mapping[str, object]) -> None:
        """Restore what a checkpoint stores; missing or invalid values keep their defaults."""
        table = state.get(_KEY)
        if not isinstance(table, Mapping):
            return
        self._smoothed.clear()
        for name, entry in _mapping(table.get("smoothed")).items():
            match entry:
                case [int() | float() as value, int() as images] if math.isfinite(value):
                    self._smoothed[str(name)] = _Smoothed(float(value), images)
        match table.get("gradient_samples"):
            case list() as samples if all(map(_is_positive, samples)):
                self._median_gradient.samples = deque(map(float, samples), maxlen=MAX_SAMPLES)
        match table.get("gradient_due_images"):
            case int() as due:
                self._median_gradient.due_images = due
        self._load_alarms(_mapping(table.get("rules")), table.get("non_finite"))

    def _load_alarms(self, rules: Mapping[object, object], non_finite: object) -> None:
        for state in self._rules:
            match rules.get(state.name):
                case [bool() as is_raised, None | int() as since]:
                    state.is_raised, state.since = is_raised, since
        match non_finite:
            case [bool() as is_raised, int() as last_wrong]:
                check = self._finite_check
                check.is_raised, check.last_wrong = is_raised, last_wrong

    def _smooth(self, metrics: Mapping[str, float], images_seen: int) -> None:
        for name, value in metrics.items():
            if math.isfinite(value):
                limited = min(max(value, MIN_GAP), MAX_GAP) if name == "overfit_gap" else value
                self._smoothed.setdefault(name, _Smoothed()).add(limited, images_seen)
        gradient = self._smoothed.get("generator_gradient")
        if gradient is None or "generator_gradient" not in metrics:
            return
        share = self._median_gradient.compare(gradient.value, images_seen)
        if share is not None:
            # Computed from a smoothed value, so it is not smoothed again.
            self._smoothed[GRADIENT_SHARE] = _Smoothed(share, images_seen)

    def _changes(self, images_seen: int) -> list[AlertChanged]:
        values = {
            name: smoothed.value
            for name, smoothed in self._smoothed.items()
            if name in EVALUATED or images_seen - smoothed.images_seen <= STALE_IMAGES
        }
        return [change for alert in Alert for change in self._evaluate(alert, values, images_seen)]

    def _evaluate(
        self, alert: Alert, values: Mapping[str, float], images_seen: int
    ) -> Iterator[AlertChanged]:
        """Evaluate the rules of an alert: any of them raises it, all must clear."""
        states = [state for state in self._rules if state.rule.alert is alert]
        was_raised = any(state.is_raised for state in states)
        changed = [state.rule for state in states if state.update(values, images_seen)]
        is_raised = any(state.is_raised for state in states)
        if is_raised != was_raised:
            metrics = {threshold.metric for rule in changed for threshold in rule.thresholds}
            yield AlertChanged(
                alert=alert,
                is_raised=is_raised,
                images_seen=images_seen,
                evidence={name: values[name] for name in sorted(metrics & values.keys())},
            )


def coherence_above_chance(metrics: Mapping[str, float]) -> float:
    """Return coherence between chance, 0, and the upper bound, 1; NaN if that is unknown."""
    for name in ("joint_coherence", "match"):
        chance, bound = metrics.get(f"{name}_baseline"), metrics.get(f"{name}_upper_bound")
        # An evaluator that recognises real pairs hardly better than by chance cannot judge others.
        if name in metrics and chance is not None and bound is not None and bound > 2 * chance:
            return (metrics[name] - chance) / (bound - chance)
    return math.nan


class _Smoothed:
    """Exponential moving average with a half-life of ``HALF_LIFE_IMAGES``."""

    def __init__(self, value: float = math.nan, images_seen: int = 0) -> None:
        self.value, self.images_seen = value, images_seen

    def add(self, value: float, images_seen: int) -> None:
        if math.isnan(self.value):
            self.value = value
        else:
            kept = 0.5 ** ((images_seen - self.images_seen) / HALF_LIFE_IMAGES)
            self.value = kept * self.value + (1 - kept) * value
        self.images_seen = images_seen


class _RunningMedian:
    """Median of periodic samples of a metric, taken while the metric has not vanished."""

    def __init__(self) -> None:
        self.samples: deque[float] = deque(maxlen=MAX_SAMPLES)
        self.due_images = 0

    def compare(self, value: float, images_seen: int) -> float | None:
        """Return value / median; ``None`` while there are too few samples."""
        share = None
        if len(self.samples) >= MIN_SAMPLES:
            share = value / statistics.median(self.samples)
        # A vanished gradient norm must not lower the median.
        has_vanished = value <= 0 or (share is not None and share < BACK)
        if images_seen >= self.due_images and not has_vanished:
            self.samples.append(value)
            self.due_images = images_seen + SAMPLE_EVERY_IMAGES
        return share


class _RuleState:
    """Whether a rule is raised, and since when its condition for a change holds."""

    def __init__(self, rule: AlarmRule) -> None:
        self.rule, self.is_raised = rule, False
        self.name = "+".join([rule.alert.value, *(t.metric for t in rule.thresholds)])
        self.since: int | None = None
        """Images seen."""

    def update(self, values: Mapping[str, float], images_seen: int) -> bool:
        """Return whether the rule has just been raised or cleared."""
        rule = self.rule
        is_turning = rule.is_cleared(values) if self.is_raised else rule.is_triggered(values)
        if not is_turning:
            self.since = None
            return False
        if self.since is None:
            self.since = images_seen
        if images_seen - self.since < rule.images:
            return False
        self.is_raised, self.since = not self.is_raised, None
        return True


class _FiniteCheck:
    """Raises at the first non-finite metric; clears after ``RECOVERY_IMAGES`` without any."""

    def __init__(self) -> None:
        self.is_raised, self.last_wrong = False, 0

    def update(self, metrics: Mapping[str, float], images_seen: int) -> list[AlertChanged]:
        wrong = {name: value for name, value in metrics.items() if not math.isfinite(value)}
        if wrong:
            self.last_wrong = images_seen
        should_raise = bool(wrong) and not self.is_raised
        should_clear = self.is_raised and images_seen - self.last_wrong >= RECOVERY_IMAGES
        if not should_raise and not should_clear:
            return []
        self.is_raised = should_raise
        return [
            AlertChanged(
                alert=Alert.NON_FINITE,
                is_raised=should_raise,
                images_seen=images_seen,
                evidence=wrong,
            )
        ]


def _mapping(value: object) -> Mapping[object, object]:
    return value if isinstance(value, Mapping) else {}


def _is_positive(value: object) -> bool:
    return isinstance(value, int | float) and 0 < value < math.inf
