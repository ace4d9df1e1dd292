"""Going on with a run at rest: how much more, and the configuration that says so.

The engine counts a run's minutes and images from its beginning. A user thinks "ten more minutes",
so that is what is asked, and added to what the run has behind it.
"""

from dataclasses import dataclass
from enum import StrEnum

from engine.config.run import RunConfig
from engine.errors import ConfigError
from studio.i18n import translate_engine
from studio.models.run_form import FIELDS
from studio.models.setting_text import read_value, value_text

_MINUTE_S = 60
_SHORTEST_MINUTES = 0.05
"""Less than this is left when a run has come to its end."""


class Unit(StrEnum):
    """What more training is counted in; each is the name of the setting that limits it."""

    MINUTES = "minutes"
    IMAGES = "images"


@dataclass(frozen=True, kw_only=True)
class Resumable:
    """A run at rest that has a checkpoint."""

    config: RunConfig
    images_seen: int
    """At its newest checkpoint."""
    elapsed_s: float
    """Training time at its newest checkpoint."""

    @property
    def usual_unit(self) -> Unit:
        """What the run was limited in so far."""
        config = self.config
        return Unit.IMAGES if config.images and not config.minutes else Unit.MINUTES

    def usual_amount(self, unit: Unit) -> str:
        """Suggest what is left of the plan or, when nothing is, as much again; may be empty."""
        if unit is Unit.IMAGES:
            total, left = self.config.images, self.config.images - self.images_seen
            return str(left if left > 0 else total) if total else ""
        total, left = self.config.minutes, self.config.minutes - self.elapsed_s / _MINUTE_S
        amount = round(left, 1) if left > _SHORTEST_MINUTES else total
        return value_text(max(amount, 0.1)) if total else ""

    @property
    def is_unfinished(self) -> bool:
        """Whether the run has not yet done what it was started for."""
        config = self.config
        has_time = not config.minutes or (
            config.minutes - self.elapsed_s / _MINUTE_S > _SHORTEST_MINUTES
        )
        return has_time and (not config.images or config.images > self.images_seen)

    def longer(self, unit: Unit, amount: str) -> RunConfig:
        """Make the configuration of the run with so much more to do.

        Args:
            unit: what is counted.
            amount: as typed; nothing, or 0, goes on until somebody stops it.

        Raises:
            ValueError: not a usable amount; the message tells why, in the user's language.
        """
        if self.is_unfinished and (unit, amount) == self._suggestion:
            # As it was planned, with both limits where there are two.
            return self.config
        field = FIELDS[unit.value]
        more = read_value(field.kind, field.about, amount or "0")
        done = self.images_seen if unit is Unit.IMAGES else self.elapsed_s / _MINUTE_S
        limits = {"minutes": 0.0, "images": 0, unit.value: done + more if more else 0}
        try:
            return self.config.with_values(**limits)
        except ConfigError as error:
            raise ValueError(translate_engine(error.problems[0].message)) from error

    @property
    def _suggestion(self) -> tuple[Unit, str]:
        return self.usual_unit, self.usual_amount(self.usual_unit)
