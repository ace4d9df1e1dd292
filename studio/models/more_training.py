"""Resuming a run: how much more to train, and the resulting configuration.

The engine counts minutes and images from the beginning of a run. Users think of additional
amounts, so the form asks for these and adds them to what is already done.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from engine.config.run import RunConfig
from engine.errors import ConfigError, EngineError
from engine.events import MetricsReported
from engine.runs.event_reader import last_resumption
from engine.runs.folder import RunFolder
from engine.runs.status import Status, StoredStatus, status_of
from studio.i18n import translate_engine
from studio.models.run_form import FIELDS
from studio.models.run_state import LifecycleEvent, RunActivity, RunState, RunStatus, next_state
from studio.models.setting_text import read_value, value_text
from studio.models.trouble_text import holder_text

_MINUTE_S = 60
_SHORTEST_MINUTES = 0.05
"""A run with less remaining time counts as finished."""


class Unit(StrEnum):
    """Unit of additional training; the value is the name of the limiting setting."""

    MINUTES = "minutes"
    IMAGES = "images"


@dataclass(frozen=True, kw_only=True)
class Resumable:
    """A stopped run that can be resumed from a checkpoint."""

    config: RunConfig
    images_seen: int
    """Images seen at the newest checkpoint."""
    elapsed_s: float
    """Training time at its newest checkpoint."""
    resumed_images: int = 0
    """Images seen where it was resumed last; 0 if it never was."""
    resumed_s: float = 0.0
    """Training time where it was resumed last."""

    @property
    def usual_unit(self) -> Unit:
        """Unit of the run's current limit."""
        config = self.config
        return Unit.IMAGES if config.images and not config.minutes else Unit.MINUTES

    def usual_amount(self, unit: Unit) -> str:
        """Suggest the remaining amount or, if nothing remains, that of the last time.

        May be empty. The limits of a run count from its beginning, so they grow each time.
        """
        if unit is Unit.IMAGES:
            total, left = self.config.images, self.config.images - self.images_seen
            again = max(total - self.resumed_images, 1)
            return str(left if left > 0 else again) if total else ""
        total, left = self.config.minutes, self.config.minutes - self.elapsed_s / _MINUTE_S
        again = total - self.resumed_s / _MINUTE_S
        amount = round(left if left > _SHORTEST_MINUTES else again, 1)
        return value_text(max(amount, 0.1)) if total else ""

    @property
    def is_unfinished(self) -> bool:
        """Whether the run has not reached its limits."""
        config = self.config
        has_time = not config.minutes or (
            config.minutes - self.elapsed_s / _MINUTE_S > _SHORTEST_MINUTES
        )
        return has_time and (not config.images or config.images > self.images_seen)

    def longer(self, unit: Unit, amount: str) -> RunConfig:
        """Return the configuration with an additional amount of training.

        Args:
            unit: of the amount.
            amount: as typed; empty or 0 trains until stopped.

        Raises:
            ValueError: invalid amount; the message is in the user's language.
        """
        usual = self.usual_unit
        if self.is_unfinished and (unit, amount) == (usual, self.usual_amount(usual)):
            # Unchanged suggestion: keep all planned limits.
            return self.config
        field = FIELDS[unit.value]
        more = read_value(field.kind, field.about, amount or "0")
        done = self.images_seen if unit is Unit.IMAGES else self.elapsed_s / _MINUTE_S
        limits = {"minutes": 0.0, "images": 0, unit.value: done + more if more else 0}
        try:
            return self.config.with_values(**limits)
        except ConfigError as error:
            raise ValueError(translate_engine(error.problems[0].message)) from error


_OPENED = {
    Status.RUNNING: (LifecycleEvent.OPENED_NEW, RunActivity.ELSEWHERE),
    Status.NEW: (LifecycleEvent.OPENED_NEW, RunActivity.IDLE),
    Status.FINISHED: (LifecycleEvent.OPENED_ENDED, RunActivity.FINISHED),
    Status.STOPPED: (LifecycleEvent.OPENED_ENDED, RunActivity.STOPPED),
    Status.FAILED: (LifecycleEvent.OPENED_BROKEN, RunActivity.FAILED),
    Status.INTERRUPTED: (LifecycleEvent.OPENED_UNENDED, RunActivity.INTERRUPTED),
    Status.EXPORTED: (LifecycleEvent.OPENED_NEW, RunActivity.EXPORTED),
}


@dataclass(frozen=True, kw_only=True)
class OpenedRun:
    """A run on disk, ready to be shown."""

    status: RunStatus
    resumable: Resumable | None
    """Set if the run has a checkpoint and is not being trained."""


def opened_run(before: RunState, folder: Path, reports: Sequence[MetricsReported]) -> OpenedRun:
    """Determine status and resumability of a run on disk.

    Args:
        before: state of the run shown so far, which must not be active.
        folder: of the run on disk.
        reports: loss reports in its log.

    Raises:
        ValueError: another run is active.
    """
    stored = status_of(folder)
    holder = stored.holder
    is_cut_off = stored.status is Status.INTERRUPTED
    resumable = None if holder else resumable_run(folder, reports, begins_again=is_cut_off)
    lifecycle_event, activity = _opened(stored, resumable)
    progress = replace(reports[-1].progress, remaining_s=None) if reports else None
    if progress is not None and stored.images_seen > progress.images_seen:
        # Not every report is logged.
        progress = replace(progress, images_seen=stored.images_seen)
    status = RunStatus(
        state=next_state(before, lifecycle_event),
        activity=activity,
        name=folder.name,
        progress=progress,
        saved_images=resumable.images_seen if resumable else 0,
        saved_s=resumable.elapsed_s if resumable else 0.0,
        holder=holder_text(holder.pid, holder.host) if holder else "",
    )
    if holder and holder.session:
        # Until the run reports something; its last report is about the state before.
        elsewhere = RunState.RUNNING if reports else RunState.PREPARING
        status = replace(status, elsewhere=elsewhere)
    return OpenedRun(status=status, resumable=resumable)


def resumable_run(
    folder: Path, reports: Sequence[MetricsReported], *, begins_again: bool = False
) -> Resumable | None:
    """Return what is needed to resume a run, or ``None`` if it has no checkpoint.

    Args:
        folder: of the run.
        reports: loss reports in its log.
        begins_again: allow an interrupted run without a checkpoint, which starts from the
            beginning.
    """
    run = RunFolder(folder)
    checkpoints = run.checkpoint_paths()
    if not checkpoints and not begins_again:
        return None
    try:
        config = run.read_config()
    except EngineError:
        return None
    digits = "".join(filter(str.isdecimal, checkpoints[-1].name)) if checkpoints else ""
    images = int(digits or 0)
    resumed = last_resumption(run.log_file)
    times = [r.progress.elapsed_s for r in reports if r.progress.images_seen <= images]
    return Resumable(
        config=config.with_values(run=folder),
        images_seen=images,
        elapsed_s=times[-1] if times else 0.0,
        resumed_images=resumed.images_seen if resumed else 0,
        resumed_s=resumed.elapsed_s if resumed else 0.0,
    )


def _opened(stored: StoredStatus, run: Resumable | None) -> tuple[LifecycleEvent, RunActivity]:
    if run is not None:
        if stored.status is Status.NEW:
            # A new branch: it has a checkpoint but no training of its own.
            return LifecycleEvent.OPENED_UNENDED, RunActivity.IDLE
        if stored.status is Status.STOPPED and run.images_seen < stored.images_seen:
            return LifecycleEvent.OPENED_ENDED, RunActivity.DISCARDED
    return _OPENED[stored.status]
