"""Watches a run's live figures and says when it goes wrong, and when it recovers.

Needs no tensors: it sees the means that are reported anyway. All durations are in images seen, so a
quick machine and a slow one are told the same.
"""

import math
import statistics
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.events import Alarm, HealthChanged

GRACE_IMAGES = 10_000
"""Nothing but non-finite figures is looked at before: every run begins oddly."""
HALF_LIFE_IMAGES = 2_000
"""Of the smoothing. Single batches are noise."""
STALE_IMAGES = 5_000
"""A signal that was not reported for so long tells nothing any more."""
RECOVERY_IMAGES = 10_000
"""For so long all figures must be finite before that alarm ends."""
GAP_LIMITS = (-1.0, 2.0)
"""``overfit_gap`` is a quotient, and wild while the critic cannot tell real from fake."""

GRADIENT_SHARE = "generator_gradient_share"
"""The generator's gradient as a share of its usual size, made here."""
VANISHED, BACK = 0.02, 0.1
"""Shares at which the gradient counts as vanished and as back; good runs reach 0.3."""
SAMPLE_EVERY_IMAGES, SAMPLES_NEEDED, SAMPLES_KEPT = 1_000, 20, 200
"""What is usual is the median of these samples."""


@dataclass(frozen=True, kw_only=True)
class Bound:
    """When a signal is bad and when it is well again; what lies between changes nothing."""

    signal: str
    raise_at: float
    clear_at: float
    """On the good side of ``raise_at``, so it also says which side is bad."""

    def is_bad(self, value: float) -> bool:
        """Whether the value is beyond the bound."""
        is_low_bad = self.raise_at < self.clear_at
        return value < self.raise_at if is_low_bad else value > self.raise_at

    def is_well(self, value: float) -> bool:
        """Whether the value is back, with a margin."""
        is_low_bad = self.raise_at < self.clear_at
        return value > self.clear_at if is_low_bad else value < self.clear_at


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One way to see an alarm: all bounds broken at once, for some time."""

    alarm: Alarm
    images: int
    """For so long before it counts; the same for its end."""
    bounds: tuple[Bound, ...]

    def is_bad(self, values: Mapping[str, float]) -> bool:
        """Whether every signal is known and bad."""
        return all(b.signal in values and b.is_bad(values[b.signal]) for b in self.bounds)

    def is_well(self, values: Mapping[str, float]) -> bool:
        """Whether any signal is known and well."""
        return any(b.signal in values and b.is_well(values[b.signal]) for b in self.bounds)


# Figures of healthy runs (digits, emoji, shapes; cpu-tiny) after the grace period: image_diversity
# 0.55 to 1.3, unique_texts 0.89 to 1.1, token_entropy 0.78 to 1.05, real_score 0.29 to 0.48 and
# fake_score 0.31 to 0.48 (mismatched pairs count as fakes, so both rest near 1/3), real_sign -1,
# the generator's gradient down to 0.3 of its median. 200 emoji learnt by heart: real_score 0.8,
# fake_score 0.08, real_sign 0.9, overfit_gap 1.7.
RULES = (
    # The batch looks alike. A quarter leaves room for a generator that starts out blurred.
    Rule(
        alarm=Alarm.MODE_COLLAPSE,
        images=10_000,
        bounds=(Bound(signal="image_diversity", raise_at=0.25, clear_at=0.4),),
    ),
    # The batch says the same again and again.
    Rule(
        alarm=Alarm.MODE_COLLAPSE,
        images=10_000,
        bounds=(Bound(signal="unique_texts", raise_at=0.3, clear_at=0.5),),
    ),
    # Few words make up all texts, even if their order differs.
    Rule(
        alarm=Alarm.MODE_COLLAPSE,
        images=10_000,
        bounds=(Bound(signal="token_entropy", raise_at=0.4, clear_at=0.55),),
    ),
    # Small critics with a gradient penalty are often right without harm; never wrong is another
    # thing.
    Rule(
        alarm=Alarm.CRITIC_WINNING,
        images=20_000,
        bounds=(
            Bound(signal="real_score", raise_at=0.99, clear_at=0.97),
            Bound(signal="fake_score", raise_at=0.01, clear_at=0.03),
        ),
    ),
    # The critic knows the fakes, and nothing comes back from it any more.
    Rule(
        alarm=Alarm.CRITIC_WINNING,
        images=10_000,
        bounds=(
            Bound(signal=GRADIENT_SHARE, raise_at=VANISHED, clear_at=BACK),
            Bound(signal="fake_score", raise_at=0.25, clear_at=0.4),
        ),
    ),
    # Held-out items look like fakes to a critic that is sure of the training items. The target
    # of adaptive augmentation is 0.6 as well (Karras et al. 2020, arXiv:2006.06676, section 3).
    Rule(
        alarm=Alarm.OVERFITTING,
        images=10_000,
        bounds=(
            Bound(signal="overfit_gap", raise_at=0.5, clear_at=0.3),
            Bound(signal="real_sign", raise_at=0.6, clear_at=0.4),
        ),
    ),
)
"""The thresholds, all of them, for smoothed signals."""


class HealthWatch:
    """Remembers what it must of a run's figures."""

    def __init__(self) -> None:
        self._smoothed: dict[str, _Smoothed] = {}
        self._usual_gradient = _Usual()
        self._rules = [_RuleWatch(rule) for rule in RULES]
        self._finiteness = _FinitenessWatch()

    def see(
        self, losses: Mapping[str, float], signals: Mapping[str, float], images_seen: int
    ) -> list[HealthChanged]:
        """Take a report in; give the alarms that begin or end with it.

        Args:
            losses: by name; only looked at for being finite.
            signals: by name; any may be absent.
            images_seen: at the report; never falls.
        """
        figures = {**losses, **signals}
        changes = self._finiteness.look(figures, images_seen)
        if images_seen < GRACE_IMAGES:
            return changes
        self._smooth(signals, images_seen)
        values = self._fresh_values(images_seen)
        for alarm in Alarm:
            changes += self._look(alarm, values, images_seen)
        return changes

    def go_back(self, images_seen: int) -> None:
        """Begin to watch anew from an earlier point; alarms that are raised stay so until cleared.

        Args:
            images_seen: where the run goes on from.
        """
        self._smoothed.clear()
        self._usual_gradient = _Usual()
        for watch in self._rules:
            watch.forget()
        self._finiteness.go_back(images_seen)

    def _smooth(self, signals: Mapping[str, float], images_seen: int) -> None:
        for name, value in _limited(signals):
            self._smoothed.setdefault(name, _Smoothed()).add(value, images_seen)
        gradient = self._smoothed.get("generator_gradient")
        if gradient is None or "generator_gradient" not in signals:
            return
        share = self._usual_gradient.compare(gradient.value, images_seen)
        if share is not None:
            # Made of a smoothed value, so it is not smoothed again.
            self._smoothed[GRADIENT_SHARE] = _Smoothed(share, images_seen)

    def _fresh_values(self, images_seen: int) -> dict[str, float]:
        return {
            name: smoothed.value
            for name, smoothed in self._smoothed.items()
            if images_seen - smoothed.images_seen <= STALE_IMAGES
        }

    def _look(
        self, alarm: Alarm, values: Mapping[str, float], images_seen: int
    ) -> Iterator[HealthChanged]:
        """Hold the rules of an alarm against the values; any rule raises, all must clear."""
        watches = [watch for watch in self._rules if watch.rule.alarm is alarm]
        was_raised = any(watch.is_raised for watch in watches)
        changed = [watch.rule for watch in watches if watch.look(values, images_seen)]
        is_raised = any(watch.is_raised for watch in watches)
        if is_raised != was_raised:
            telling = {bound.signal for rule in changed for bound in rule.bounds}
            yield HealthChanged(
                alarm=alarm,
                is_raised=is_raised,
                images_seen=images_seen,
                evidence={name: values[name] for name in sorted(telling & values.keys())},
            )


class _Smoothed:
    """An exponential mean that halves the weight of the past every ``HALF_LIFE_IMAGES``."""

    def __init__(self, value: float = math.nan, images_seen: int = 0) -> None:
        self.value, self.images_seen = value, images_seen

    def add(self, value: float, images_seen: int) -> None:
        if math.isnan(self.value):
            self.value = value
        else:
            kept = 0.5 ** ((images_seen - self.images_seen) / HALF_LIFE_IMAGES)
            self.value = kept * self.value + (1 - kept) * value
        self.images_seen = images_seen


class _Usual:
    """The usual size of a figure: the median of samples, taken while it has not vanished."""

    def __init__(self) -> None:
        self._samples: deque[float] = deque(maxlen=SAMPLES_KEPT)
        self._due_images = 0

    def compare(self, value: float, images_seen: int) -> float | None:
        """Give the value as a share of the usual; ``None`` while too little is known."""
        share = None
        if len(self._samples) >= SAMPLES_NEEDED:
            share = value / statistics.median(self._samples)
        # What has vanished must not become the usual.
        has_vanished = value <= 0 or (share is not None and share < BACK)
        if images_seen >= self._due_images and not has_vanished:
            self._samples.append(value)
            self._due_images = images_seen + SAMPLE_EVERY_IMAGES
        return share


class _RuleWatch:
    """Waits until a rule is broken, or kept again, for long enough."""

    def __init__(self, rule: Rule) -> None:
        self.rule, self.is_raised = rule, False
        self._since: int | None = None

    def forget(self) -> None:
        """Begin to wait anew."""
        self._since = None

    def look(self, values: Mapping[str, float], images_seen: int) -> bool:
        """Say whether the rule has just been raised or cleared."""
        is_turning = self.rule.is_well(values) if self.is_raised else self.rule.is_bad(values)
        if not is_turning:
            self._since = None
            return False
        if self._since is None:
            self._since = images_seen
        if images_seen - self._since < self.rule.images:
            return False
        self.is_raised, self._since = not self.is_raised, None
        return True


class _FinitenessWatch:
    """Raises at the first figure that is no number, and clears after a time without any."""

    def __init__(self) -> None:
        self._is_raised, self._last_wrong = False, 0

    def go_back(self, images_seen: int) -> None:
        self._last_wrong = min(self._last_wrong, images_seen)

    def look(self, figures: Mapping[str, float], images_seen: int) -> list[HealthChanged]:
        wrong = {name: value for name, value in figures.items() if not math.isfinite(value)}
        if wrong:
            self._last_wrong = images_seen
        should_raise = bool(wrong) and not self._is_raised
        should_clear = self._is_raised and images_seen - self._last_wrong >= RECOVERY_IMAGES
        if not should_raise and not should_clear:
            return []
        self._is_raised = should_raise
        return [
            HealthChanged(
                alarm=Alarm.NON_FINITE,
                is_raised=should_raise,
                images_seen=images_seen,
                evidence=wrong,
            )
        ]


def _limited(signals: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    """The finite signals, without wild excursions."""
    low, high = GAP_LIMITS
    for name, value in signals.items():
        if math.isfinite(value):
            yield name, min(max(value, low), high) if name == "overfit_gap" else value
