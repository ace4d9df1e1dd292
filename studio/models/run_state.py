"""The life of a run: which states it goes through, and what may be done in each.

The table below is the whole machine. Whatever shows a control asks ``enabled`` about it; whatever
happens to a run goes through ``next_state``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from PySide6.QtCore import QCoreApplication, QLocale

from engine.events import (
    CheckpointSaved,
    MetricsReported,
    Outcome,
    Phase,
    PhaseChanged,
    Progress,
    RunEnded,
    RunEvent,
    RunPaused,
    RunRelocated,
    RunResumed,
)


class RunState(StrEnum):
    """Where a run stands."""

    IDLE = "idle"
    """There is none, or one that was never trained here."""
    PREPARING = "preparing"
    RUNNING = "running"
    PAUSING = "pausing"
    """Somebody asked it to stand still, and it has not said yet that it does."""
    PAUSED = "paused"
    STOPPING = "stopping"
    FINISHED = "finished"
    """It came to its end, or somebody stopped it."""
    INTERRUPTED = "interrupted"
    """It never came to an end: the program or the machine went down."""
    FAILED = "failed"


class LifecycleEvent(StrEnum):
    """What can happen to a run."""

    STARTED = "started"
    """Somebody started it, or took it up again from a checkpoint."""
    PREPARES = "prepares"
    """It loads, or warms up."""
    WORKS = "works"
    """It trains, or does what belongs to training: it samples, evaluates or saves."""
    PAUSE_ASKED = "pause_asked"
    STOOD_STILL = "stood_still"
    """It stands still because somebody asked for it."""
    GOT_STUCK = "got_stuck"
    """It stands still because it cannot save."""
    RESUME_ASKED = "resume_asked"
    STOP_ASKED = "stop_asked"
    """Somebody asked it to stop, or it has got unstuck on its way there."""
    ENDED = "ended"
    BROKE = "broke"
    OPENED_NEW = "opened_new"
    """A run that lies on disk is shown: one without a past, or one that is trained elsewhere."""
    OPENED_ENDED = "opened_ended"
    OPENED_UNENDED = "opened_unended"
    OPENED_BROKEN = "opened_broken"


class Command(StrEnum):
    """What a user can want of a run."""

    START = "start"
    PAUSE = "pause"
    PAUSE_RELEASE = "pause_release"
    """Pause, and give the memory back."""
    RESUME = "resume"
    STOP_SAVE = "stop_save"
    STOP_DISCARD = "stop_discard"
    SAVE_NOW = "save_now"
    SAMPLE_NOW = "sample_now"


_AT_REST = {
    LifecycleEvent.STARTED: RunState.PREPARING,
    LifecycleEvent.OPENED_NEW: RunState.IDLE,
    LifecycleEvent.OPENED_ENDED: RunState.FINISHED,
    LifecycleEvent.OPENED_UNENDED: RunState.INTERRUPTED,
    LifecycleEvent.OPENED_BROKEN: RunState.FAILED,
}
_ALIVE = {
    LifecycleEvent.PREPARES: RunState.PREPARING,
    LifecycleEvent.WORKS: RunState.RUNNING,
    LifecycleEvent.STOOD_STILL: RunState.PAUSED,
    LifecycleEvent.GOT_STUCK: RunState.PAUSED,
    LifecycleEvent.STOP_ASKED: RunState.STOPPING,
    LifecycleEvent.ENDED: RunState.FINISHED,
    LifecycleEvent.BROKE: RunState.FAILED,
}
TRANSITIONS: Mapping[RunState, Mapping[LifecycleEvent, RunState]] = {
    RunState.IDLE: _AT_REST,
    RunState.FINISHED: _AT_REST,
    RunState.INTERRUPTED: _AT_REST,
    RunState.FAILED: _AT_REST,
    RunState.PREPARING: _ALIVE,
    RunState.RUNNING: {**_ALIVE, LifecycleEvent.PAUSE_ASKED: RunState.PAUSING},
    # What is asked for is shown until it is so, whatever the run reports on the way there.
    RunState.PAUSING: {
        **_ALIVE,
        LifecycleEvent.PREPARES: RunState.PAUSING,
        LifecycleEvent.WORKS: RunState.PAUSING,
    },
    RunState.PAUSED: {**_ALIVE, LifecycleEvent.RESUME_ASKED: RunState.PREPARING},
    # A run that cannot save on its way out waits as a paused one, with the same ways on.
    RunState.STOPPING: {
        **_ALIVE,
        LifecycleEvent.PREPARES: RunState.STOPPING,
        LifecycleEvent.WORKS: RunState.STOPPING,
        LifecycleEvent.STOOD_STILL: RunState.STOPPING,
    },
}
"""Where each happening leads; what is missing cannot happen there."""

_STOPS = frozenset({Command.STOP_SAVE, Command.STOP_DISCARD})
_COMMANDS: Mapping[RunState, frozenset[Command]] = {
    RunState.IDLE: frozenset({Command.START}),
    RunState.PREPARING: _STOPS,
    RunState.RUNNING: _STOPS
    | {Command.PAUSE, Command.PAUSE_RELEASE, Command.SAVE_NOW, Command.SAMPLE_NOW},
    RunState.PAUSING: _STOPS,
    RunState.PAUSED: _STOPS | {Command.RESUME},
    RunState.STOPPING: frozenset(),
    RunState.FINISHED: frozenset({Command.START, Command.RESUME}),
    RunState.INTERRUPTED: frozenset({Command.START, Command.RESUME}),
    RunState.FAILED: frozenset({Command.START, Command.RESUME}),
}
_PREPARING = (Phase.LOADING, Phase.WARMING_UP)


def next_state(state: RunState, lifecycle_event: LifecycleEvent) -> RunState:
    """Give the state that a happening leads to.

    Raises:
        ValueError: this cannot happen in that state.
    """
    try:
        return TRANSITIONS[state][lifecycle_event]
    except KeyError:
        raise ValueError(f"a run that is {state} cannot have {lifecycle_event}") from None


def enabled(state: RunState) -> frozenset[Command]:
    """Give what may be asked of a run.

    A run at rest can be resumed where it has a checkpoint and nobody else trains it, and another
    can be started where the form is in order: facts that whoever shows the control adds.
    """
    return _COMMANDS[state]


def is_alive(state: RunState) -> bool:
    """Whether a run is under way, be it standing still."""
    return LifecycleEvent.ENDED in TRANSITIONS[state]


def lifecycle_event_of(event: RunEvent, *, is_ending: bool) -> LifecycleEvent | None:
    """Give what an event means for the life of its run; most mean nothing.

    Args:
        event: of the run under way.
        is_ending: whether somebody asked the run to stop.
    """
    match event:
        case PhaseChanged():
            if is_ending:
                return LifecycleEvent.STOP_ASKED
            return LifecycleEvent.PREPARES if event.phase in _PREPARING else LifecycleEvent.WORKS
        case RunPaused():
            return LifecycleEvent.STOOD_STILL if event.error is None else LifecycleEvent.GOT_STUCK
        case RunEnded():
            return LifecycleEvent.BROKE if event.outcome is Outcome.FAILED else LifecycleEvent.ENDED
        case _:
            return None


class RunActivity(StrEnum):
    """The finer words for where a run stands: the engine's phases, and what lies around them."""

    IDLE = "idle"
    ELSEWHERE = "elsewhere"
    """Another program trains it."""
    STARTING = "starting"
    LOADING = "loading"
    WARMING_UP = "warming_up"
    TRAINING = "training"
    SAMPLING = "sampling"
    EVALUATING = "evaluating"
    SAVING = "saving"
    PAUSING = "pausing"
    PAUSED = "paused"
    RELEASED = "released"
    """Paused, and its memory given back."""
    STUCK = "stuck"
    """Paused because it cannot save."""
    RESUMING = "resuming"
    STOPPING = "stopping"
    FINISHED = "finished"
    STOPPED = "stopped"
    DISCARDED = "discarded"
    """Stopped without saving what came after the last checkpoint."""
    INTERRUPTED = "interrupted"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class RunStatus:
    """State and progress of the run under way or, after it, of the latest."""

    state: RunState = RunState.IDLE
    activity: RunActivity = RunActivity.IDLE
    name: str = ""
    progress: Progress | None = None
    is_ending: bool = False
    """Whether somebody asked it to stop."""
    saved_images: int = 0
    """Images seen at the newest checkpoint."""
    saved_s: float = 0.0
    """Training time at the newest checkpoint."""
    holder: str = ""
    """Who trains it, when that is another program."""

    @property
    def is_running(self) -> bool:
        """Whether a run is under way, be it standing still."""
        return is_alive(self.state)

    @property
    def unsaved_images(self) -> int:
        """Images since the newest checkpoint."""
        return max(0, self.progress.images_seen - self.saved_images) if self.progress else 0

    @property
    def unsaved_s(self) -> float:
        """Training time since the newest checkpoint."""
        return max(0.0, self.progress.elapsed_s - self.saved_s) if self.progress else 0.0

    def started(self, name: str) -> "RunStatus":
        """Give the status of a run that somebody just started or took up again.

        Raises:
            ValueError: this one is still under way.
        """
        state = next_state(self.state, LifecycleEvent.STARTED)
        return RunStatus(state=state, activity=RunActivity.STARTING, name=name)

    def after(self, event: RunEvent) -> "RunStatus":
        """Give the status that holds after an event.

        Raises:
            ValueError: this cannot happen to such a run.
        """
        lifecycle_event = lifecycle_event_of(event, is_ending=self.is_ending)
        state = next_state(self.state, lifecycle_event) if lifecycle_event else self.state
        moved = replace(self, state=state)
        match event:
            case PhaseChanged():
                return _in_phase(moved, event.phase)
            case MetricsReported():
                # Not every save reports its end: a run that reports losses is training.
                is_training = moved.state is RunState.RUNNING
                activity = RunActivity.TRAINING if is_training else moved.activity
                return replace(moved, progress=event.progress, activity=activity)
            case CheckpointSaved():
                elapsed_s = self.progress.elapsed_s if self.progress else 0.0
                return replace(moved, saved_images=event.images_seen, saved_s=elapsed_s)
            case RunResumed():
                return replace(moved, saved_images=event.images_seen, saved_s=event.elapsed_s)
            case RunPaused():
                return _paused(moved, event)
            case RunRelocated():
                return replace(moved, name=event.folder.name)
            case RunEnded():
                return _ended(moved, event)
            case _:
                return moved

    def after_asking(self, lifecycle_event: LifecycleEvent) -> "RunStatus":
        """Give the status that holds once somebody asked for a pause, to go on, or to stop.

        Raises:
            ValueError: such a run cannot be asked for that.
        """
        if lifecycle_event is LifecycleEvent.RESUME_ASKED and self.is_ending:
            lifecycle_event = LifecycleEvent.STOP_ASKED
        state = next_state(self.state, lifecycle_event)
        is_ending = self.is_ending or lifecycle_event is LifecycleEvent.STOP_ASKED
        return replace(self, state=state, is_ending=is_ending, activity=_ASKED[lifecycle_event])


def _in_phase(status: RunStatus, phase: Phase) -> RunStatus:
    # While pausing or stopping, only saving is shown as a phase of its own.
    is_asked = status.state in (RunState.PAUSING, RunState.STOPPING)
    name = status.state.value if is_asked and phase is not Phase.SAVING else phase.value
    return replace(status, activity=RunActivity(name))


def _paused(status: RunStatus, event: RunPaused) -> RunStatus:
    if status.state is not RunState.PAUSED:
        return status
    activity = RunActivity.RELEASED if event.is_released else RunActivity.PAUSED
    return replace(status, activity=activity if event.error is None else RunActivity.STUCK)


def _ended(status: RunStatus, event: RunEnded) -> RunStatus:
    activity = _OUTCOMES[event.outcome]
    if activity is RunActivity.STOPPED and event.images_saved < max(1, event.images_seen):
        activity = RunActivity.DISCARDED
    progress = replace(status.progress, remaining_s=None) if status.progress else None
    return replace(status, activity=activity, progress=progress, is_ending=False)


_OUTCOMES = {
    Outcome.FINISHED: RunActivity.FINISHED,
    Outcome.STOPPED: RunActivity.STOPPED,
    Outcome.FAILED: RunActivity.FAILED,
}
_ASKED = {
    LifecycleEvent.PAUSE_ASKED: RunActivity.PAUSING,
    LifecycleEvent.RESUME_ASKED: RunActivity.RESUMING,
    LifecycleEvent.STOP_ASKED: RunActivity.STOPPING,
}


def activity_text(activity: RunActivity) -> str:
    """Say a state in the user's language."""
    translate = QCoreApplication.translate
    return {
        RunActivity.IDLE: translate("RunStatus", "Ready"),
        RunActivity.ELSEWHERE: translate("RunStatus", "Trained by another program"),
        RunActivity.STARTING: translate("RunStatus", "Loading PyTorch and the data…"),
        RunActivity.LOADING: translate("RunStatus", "Loading the data…"),
        RunActivity.WARMING_UP: translate("RunStatus", "Warming up…"),
        RunActivity.TRAINING: translate("RunStatus", "Training"),
        RunActivity.SAMPLING: translate("RunStatus", "Drawing a preview…"),
        RunActivity.EVALUATING: translate("RunStatus", "Preparing to measure quality…"),
        RunActivity.SAVING: translate("RunStatus", "Saving a checkpoint…"),
        RunActivity.PAUSING: translate("RunStatus", "Pausing…"),
        RunActivity.PAUSED: translate("RunStatus", "Paused"),
        RunActivity.RELEASED: translate("RunStatus", "Paused, memory given back"),
        RunActivity.STUCK: translate("RunStatus", "Waiting: it cannot save"),
        RunActivity.RESUMING: translate("RunStatus", "Resuming…"),
        RunActivity.STOPPING: translate("RunStatus", "Stopping…"),
        RunActivity.FINISHED: translate("RunStatus", "Finished"),
        RunActivity.STOPPED: translate("RunStatus", "Stopped, checkpoint saved"),
        RunActivity.DISCARDED: translate("RunStatus", "Stopped without saving"),
        RunActivity.INTERRUPTED: translate("RunStatus", "Interrupted"),
        RunActivity.FAILED: translate("RunStatus", "Ended with an error"),
    }[activity]


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
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
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
