"""Notices when a run goes wrong while it still goes on.

The step reports signs, this watches them: smoothed over images seen, with one threshold at which an
alarm begins and another, more healthy one at which it ends. Needs no torch.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.events import Alarm, HealthChanged

GRACE_IMAGES = 10_000
"""GANs begin oddly: before so many images only what is no number counts."""
MEMORY_IMAGES = 5_000
"""Over about so many images a signal is averaged, so that no single batch raises an alarm."""
PATIENCE_IMAGES = 10_000
"""So long a signal must stay bad, or good again, before anything is said."""


@dataclass(frozen=True, kw_only=True)
class Sign:
    """One signal that can speak of trouble."""

    alarm: Alarm
    signal: str
    is_bad: Callable[[float], bool]
    is_good: Callable[[float], bool]
    """Ends the alarm; between the two nothing changes."""


# On a healthy digits run: D(real) and D(fake) within .05 of one half under R1, without it .8 to .95
# and .05 to .2; diversity .85 to 1.15; unique texts .9 to 1.25; entropy .95 to 1.06; gap below .2.
SIGNS = (
    Sign(
        alarm=Alarm.MODE_COLLAPSE,
        signal="image_diversity",
        is_bad=lambda value: value < 0.3,
        is_good=lambda value: value > 0.5,
    ),
    Sign(
        alarm=Alarm.MODE_COLLAPSE,
        signal="unique_texts",
        is_bad=lambda value: value < 0.3,
        is_good=lambda value: value > 0.5,
    ),
    Sign(
        alarm=Alarm.MODE_COLLAPSE,
        signal="token_entropy",
        is_bad=lambda value: value < 0.4,
        is_good=lambda value: value > 0.6,
    ),
    Sign(
        alarm=Alarm.CRITIC_WINNING,
        signal="score_margin",
        is_bad=lambda value: value > 0.985,
        is_good=lambda value: value < 0.96,
    ),
    Sign(
        alarm=Alarm.OVERFITTING,
        signal="overfit_gap",
        is_bad=lambda value: value > 0.5,
        is_good=lambda value: value < 0.3,
    ),
)


class HealthWatch:
    """Turns live figures into the beginning and the end of alarms."""

    def __init__(self) -> None:
        self._watchers = [_Watcher(sign) for sign in SIGNS]
        self._raised: set[Alarm] = set()
        self._last_images = 0

    def see(
        self, losses: Mapping[str, float], signals: Mapping[str, float], images_seen: int
    ) -> list[HealthChanged]:
        """Take a report in.

        Args:
            losses: by name.
            signals: by name; each may be missing from a report.
            images_seen: by now; it never falls.

        Returns:
            The alarms that begin or end with this report.
        """
        figures = {**losses, **signals}
        if "real_score" in signals and "fake_score" in signals:
            figures["score_margin"] = signals["real_score"] - signals["fake_score"]
        passed, self._last_images = images_seen - self._last_images, images_seen
        for watcher in self._watchers:
            if watcher.sign.signal in figures:
                watcher.see(figures[watcher.sign.signal], passed, images_seen)
        changes = [self._follow(alarm, images_seen) for alarm in dict.fromkeys(_watched_alarms())]
        changes.append(self._follow_numbers(figures, images_seen))
        return [change for change in changes if change is not None]

    def _follow(self, alarm: Alarm, images_seen: int) -> HealthChanged | None:
        own = [watcher for watcher in self._watchers if watcher.sign.alarm is alarm]
        bad = {watcher.sign.signal: watcher.level for watcher in own if watcher.is_bad}
        return self._change(alarm, bool(bad), bad, images_seen)

    def _follow_numbers(
        self, figures: Mapping[str, float], images_seen: int
    ) -> HealthChanged | None:
        strange = {name: value for name, value in figures.items() if not math.isfinite(value)}
        return self._change(Alarm.NON_FINITE, bool(strange), strange, images_seen)

    def _change(
        self,
        alarm: Alarm,
        is_raised: bool,  # noqa: FBT001 (a fact among others)
        evidence: Mapping[str, float],
        images_seen: int,
    ) -> HealthChanged | None:
        if is_raised == (alarm in self._raised):
            return None
        (self._raised.add if is_raised else self._raised.discard)(alarm)
        return HealthChanged(
            alarm=alarm, is_raised=is_raised, images_seen=images_seen, evidence=dict(evidence)
        )


class _Watcher:
    """Follows one signal: its smoothed level, and how long it has been on the other side."""

    def __init__(self, sign: Sign) -> None:
        self.sign = sign
        self.level = math.nan
        self.is_bad = False
        self._since: int | None = None

    def see(self, value: float, passed: int, images_seen: int) -> None:
        if not math.isfinite(value):
            return
        kept = 0.5 ** (passed / MEMORY_IMAGES)
        self.level = value if math.isnan(self.level) else kept * self.level + (1 - kept) * value
        is_turning = (self.sign.is_good if self.is_bad else self.sign.is_bad)(self.level)
        if not is_turning or images_seen < GRACE_IMAGES:
            self._since = None
        elif self._since is None:
            self._since = images_seen
        elif images_seen - self._since >= PATIENCE_IMAGES:
            self.is_bad, self._since = not self.is_bad, None


def _watched_alarms() -> list[Alarm]:
    return [sign.alarm for sign in SIGNS]
