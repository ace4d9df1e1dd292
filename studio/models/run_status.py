"""How far a run has come, as a value that panel and status bar both show."""

from dataclasses import dataclass, replace
from enum import StrEnum

from PySide6.QtCore import QCoreApplication, QLocale

from engine.events import (
    LossesReported,
    Outcome,
    Phase,
    PhaseChanged,
    Progress,
    RunEnded,
    RunEvent,
)

_MINUTE_S = 60
_HOUR_S = 3600


class RunState(StrEnum):
    """What a user needs to know about a run: the engine's phases, and what lies around them."""

    IDLE = "idle"
    STARTING = "starting"
    LOADING = "loading"
    WARMING_UP = "warming_up"
    TRAINING = "training"
    SAMPLING = "sampling"
    EVALUATING = "evaluating"
    SAVING = "saving"
    STOPPING = "stopping"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


_ENDED = (RunState.FINISHED, RunState.STOPPED, RunState.FAILED)


@dataclass(frozen=True, kw_only=True)
class RunStatus:
    """State and progress of the run under way or, after it, of the latest."""

    state: RunState = RunState.IDLE
    name: str = ""
    progress: Progress | None = None

    @property
    def is_running(self) -> bool:
        """Whether a run is under way."""
        return self.state is not RunState.IDLE and self.state not in _ENDED

    def after(self, event: RunEvent) -> "RunStatus":
        """Give the status that holds after an event."""
        match event:
            case PhaseChanged():
                return self._in_phase(event.phase)
            case LossesReported():
                return replace(self, progress=event.progress)
            case RunEnded():
                return replace(self, state=_OUTCOMES[event.outcome], progress=self._progress_made())
            case _:
                return self

    def stopping(self) -> "RunStatus":
        """Give the status that holds once the user has asked to stop."""
        return replace(self, state=RunState.STOPPING) if self.is_running else self

    def _progress_made(self) -> Progress | None:
        """Of a run that has ended, nothing is left to do."""
        return replace(self.progress, remaining_s=None) if self.progress else None

    def _in_phase(self, phase: Phase) -> "RunStatus":
        # A run that was asked to stop may still report a phase; only saving is news then.
        if self.state is RunState.STOPPING and phase is not Phase.SAVING:
            return self
        return replace(self, state=RunState(phase.value))


_OUTCOMES = {
    Outcome.FINISHED: RunState.FINISHED,
    Outcome.STOPPED: RunState.STOPPED,
    Outcome.FAILED: RunState.FAILED,
}


def state_text(state: RunState) -> str:
    """Say a state in the user's language."""
    translate = QCoreApplication.translate
    return {
        RunState.IDLE: translate("RunStatus", "Ready"),
        RunState.STARTING: translate("RunStatus", "Loading PyTorch and the data…"),
        RunState.LOADING: translate("RunStatus", "Loading the data…"),
        RunState.WARMING_UP: translate("RunStatus", "Warming up…"),
        RunState.TRAINING: translate("RunStatus", "Training"),
        RunState.SAMPLING: translate("RunStatus", "Drawing a preview…"),
        RunState.EVALUATING: translate("RunStatus", "Preparing to measure quality…"),
        RunState.SAVING: translate("RunStatus", "Saving a checkpoint…"),
        RunState.STOPPING: translate("RunStatus", "Stopping…"),
        RunState.FINISHED: translate("RunStatus", "Finished"),
        RunState.STOPPED: translate("RunStatus", "Stopped, checkpoint saved"),
        RunState.FAILED: translate("RunStatus", "Ended with an error"),
    }[state]


def count_text(count: int) -> str:
    """Write a count with the separators of the user's language."""
    return QLocale().toString(count)


def rate_text(images_per_s: float) -> str:
    """Write a speed; slow ones keep a decimal."""
    decimals = 0 if images_per_s >= 10 else 1
    number = QLocale().toString(images_per_s, "f", decimals)
    return QCoreApplication.translate("RunStatus", "{0} images/s").format(number)


def duration_text(seconds: float) -> str:
    """Write a duration with its two largest units."""
    whole = max(0, round(seconds))
    hours, minutes, rest = whole // _HOUR_S, whole % _HOUR_S // _MINUTE_S, whole % _MINUTE_S
    translate = QCoreApplication.translate
    if hours:
        return translate("RunStatus", "{0} h {1} min").format(hours, minutes)
    if minutes:
        return translate("RunStatus", "{0} min {1} s").format(minutes, rest)
    return translate("RunStatus", "{0} s").format(rest)


def progress_text(progress: Progress) -> str:
    """Say how far a run has come: images, speed and the time left, as far as they are known."""
    translate = QCoreApplication.translate
    parts = [translate("RunStatus", "{0} images").format(count_text(progress.images_seen))]
    if progress.images_per_s > 0:
        parts.append(rate_text(progress.images_per_s))
    if progress.remaining_s is not None:
        left = translate("RunStatus", "{0} left")
        parts.append(left.format(duration_text(progress.remaining_s)))
    return " · ".join(parts)
