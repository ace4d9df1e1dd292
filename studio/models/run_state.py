"""The state machine of a run, its status, and their user-facing texts.

Controls are enabled through ``enabled``; every change of state goes through ``next_state``.
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
    RequestAnswered,
    RunEnded,
    RunEvent,
    RunPaused,
    RunRelocated,
    RunRequest,
    RunResumed,
)


class RunState(StrEnum):
    """State of a run."""

    IDLE = "idle"
    """No run, or one that was never trained here."""
    PREPARING = "preparing"
    RUNNING = "running"
    PAUSING = "pausing"
    """A pause was requested but is not confirmed yet."""
    PAUSED = "paused"
    STOPPING = "stopping"
    FINISHED = "finished"
    """Reached its limits or was stopped."""
    INTERRUPTED = "interrupted"
    """Ended with the program or the machine, without an end event."""
    FAILED = "failed"


class LifecycleEvent(StrEnum):
    """An event that can change the state of a run."""

    STARTED = "started"
    """Started, or resumed from a checkpoint."""
    PREPARES = "prepares"
    """Loads or warms up."""
    WORKS = "works"
    """Trains, samples, evaluates or saves."""
    PAUSE_ASKED = "pause_asked"
    STOOD_STILL = "stood_still"
    """Paused on request."""
    GOT_STUCK = "got_stuck"
    """Paused because it cannot save."""
    RESUME_ASKED = "resume_asked"
    STOP_ASKED = "stop_asked"
    """A stop was requested, or a run that could not save continues stopping."""
    ENDED = "ended"
    BROKE = "broke"
    OPENED_NEW = "opened_new"
    """A run on disk was opened that is new or is trained by another program."""
    OPENED_ENDED = "opened_ended"
    OPENED_UNENDED = "opened_unended"
    OPENED_BROKEN = "opened_broken"


class Command(StrEnum):
    """A user command to a run."""

    START = "start"
    PAUSE = "pause"
    PAUSE_RELEASE = "pause_release"
    """Pause and free the memory."""
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
    # A requested pause is shown until it is confirmed, whatever the run reports meanwhile.
    RunState.PAUSING: {
        **_ALIVE,
        LifecycleEvent.PREPARES: RunState.PAUSING,
        LifecycleEvent.WORKS: RunState.PAUSING,
    },
    RunState.PAUSED: {**_ALIVE, LifecycleEvent.RESUME_ASKED: RunState.PREPARING},
    # A stopping run that cannot save waits like a paused one.
    RunState.STOPPING: {
        **_ALIVE,
        LifecycleEvent.PREPARES: RunState.STOPPING,
        LifecycleEvent.WORKS: RunState.STOPPING,
        LifecycleEvent.STOOD_STILL: RunState.STOPPING,
    },
}
"""Next state by state and event; missing events are invalid in that state."""

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
    """Return the state after an event.

    Raises:
        ValueError: the event is invalid in that state.
    """
    try:
        return TRANSITIONS[state][lifecycle_event]
    except KeyError:
        raise ValueError(f"a run that is {state} cannot have {lifecycle_event}") from None


def enabled(state: RunState) -> frozenset[Command]:
    """Return the commands that a state allows.

    Callers further restrict RESUME to runs with a checkpoint that no other program trains, and
    START to a valid form.
    """
    return _COMMANDS[state]


def is_alive(state: RunState) -> bool:
    """Whether a run is active, including paused ones."""
    return LifecycleEvent.ENDED in TRANSITIONS[state]


def enabled_elsewhere(state: RunState) -> frozenset[Command]:
    """Return the commands that can be requested of a run in another process, by its state.

    Progress is discarded only where the run trains.
    """
    if not is_alive(state):
        return frozenset()
    return _COMMANDS[state] - {Command.STOP_DISCARD}


def lifecycle_event_of(event: RunEvent, *, is_ending: bool) -> LifecycleEvent | None:
    """Map an engine event to a lifecycle event; ``None`` for most.

    Args:
        event: of the active run.
        is_ending: whether a stop was requested.
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
    """Detailed state of a run for display: the engine's phases and the states around them."""

    IDLE = "idle"
    ELSEWHERE = "elsewhere"
    """Trained by another program."""
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
    """Paused with its memory freed."""
    STUCK = "stuck"
    """Paused because it cannot save."""
    RESUMING = "resuming"
    STOPPING = "stopping"
    FINISHED = "finished"
    STOPPED = "stopped"
    DISCARDED = "discarded"
    """Stopped without saving the progress since the last checkpoint."""
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    EXPORTED = "exported"
    """An exported model, which is sampled and not trained."""


@dataclass(frozen=True, kw_only=True)
class RunStatus:
    """State and progress of the active run or, if there is none, of the last one."""

    state: RunState = RunState.IDLE
    activity: RunActivity = RunActivity.IDLE
    name: str = ""
    progress: Progress | None = None
    is_ending: bool = False
    """Whether a stop was requested."""
    saved_images: int = 0
    """Images seen at the newest checkpoint."""
    saved_s: float = 0.0
    """Training time at the newest checkpoint."""
    holder: str = ""
    """The program that trains the run, if it is another one."""
    elsewhere: RunState = RunState.IDLE
    """State of the run in that program, if it takes requests."""

    @property
    def is_running(self) -> bool:
        """Whether the run is active here, including paused ones."""
        return is_alive(self.state)

    @property
    def shown_state(self) -> RunState:
        """State of the run in whichever program trains it."""
        return self.elsewhere if is_alive(self.elsewhere) else self.state

    def with_elsewhere(self, other: "RunStatus") -> "RunStatus":
        """Return the status of a run whose status in another program is ``other``."""
        return replace(self, elsewhere=other.state, activity=other.activity)

    @property
    def unsaved_images(self) -> int:
        """Images since the newest checkpoint."""
        return max(0, self.progress.images_seen - self.saved_images) if self.progress else 0

    @property
    def unsaved_s(self) -> float:
        """Training time since the newest checkpoint."""
        return max(0.0, self.progress.elapsed_s - self.saved_s) if self.progress else 0.0

    def started(self, name: str) -> "RunStatus":
        """Return the status of a newly started or resumed run.

        Raises:
            ValueError: this run is still active.
        """
        state = next_state(self.state, LifecycleEvent.STARTED)
        return RunStatus(state=state, activity=RunActivity.STARTING, name=name)

    def after(self, event: RunEvent) -> "RunStatus":
        """Return the status after an engine event.

        Raises:
            ValueError: the event is invalid in this state.
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
            case CheckpointSaved() | RunResumed():
                elapsed_s = self.progress.elapsed_s if self.progress else 0.0
                saved_s = getattr(event, "elapsed_s", elapsed_s)
                return replace(moved, saved_images=event.images_seen, saved_s=saved_s)
            case RunPaused():
                return _paused(moved, event)
            case RequestAnswered():
                return _answered(self, event)
            case RunRelocated():
                return replace(moved, name=event.folder.name)
            case RunEnded():
                return _ended(moved, event)
            case _:
                return moved

    def after_asking(self, lifecycle_event: LifecycleEvent) -> "RunStatus":
        """Return the status after a request to pause, resume or stop.

        Raises:
            ValueError: the request is invalid in this state.
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


_REQUESTED = {
    RunRequest.PAUSE: LifecycleEvent.PAUSE_ASKED,
    RunRequest.RELEASE: LifecycleEvent.PAUSE_ASKED,
    RunRequest.CONTINUE: LifecycleEvent.RESUME_ASKED,
    RunRequest.STOP: LifecycleEvent.STOP_ASKED,
}


def _answered(status: RunStatus, event: RequestAnswered) -> RunStatus:
    asked = None if event.refusal else _REQUESTED.get(event.request)
    # What was shown when it was requested here is not shown again.
    if asked is None or asked not in TRANSITIONS[status.state]:
        return status
    return status.after_asking(asked)


def _ended(status: RunStatus, event: RunEnded) -> RunStatus:
    activity = _OUTCOMES[event.outcome]
    if activity is RunActivity.STOPPED and event.images_saved < max(1, event.images_seen):
        activity = RunActivity.DISCARDED
    progress = status.progress
    if progress is not None:
        # The last report is a little older than the end.
        seen, elapsed_s = event.images_seen, event.elapsed_s
        progress = replace(progress, images_seen=seen, elapsed_s=elapsed_s, remaining_s=None)
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
    """Return the text of an activity in the user's language."""
    translate = QCoreApplication.translate
    return {
        RunActivity.IDLE: translate("RunStatus", "Ready"),
        RunActivity.ELSEWHERE: translate("RunStatus", "Trained by another program"),
        RunActivity.STARTING: translate("RunStatus", "Loading PyTorch and the data…"),
        RunActivity.LOADING: translate("RunStatus", "Loading the data…"),
        RunActivity.WARMING_UP: translate("RunStatus", "Warming up…"),
        RunActivity.TRAINING: translate("RunStatus", "Training"),
        RunActivity.SAMPLING: translate("RunStatus", "Drawing a preview…"),
        RunActivity.EVALUATING: translate("RunStatus", "Measuring the last weights…"),
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
        RunActivity.EXPORTED: translate("RunStatus", "Exported model, ready to sample"),
    }[activity]


def count_text(count: int) -> str:
    """Format a count with the user's digit separators."""
    return QLocale().toString(count)


def rate_text(images_per_s: float) -> str:
    """Format a speed; below 10 with one decimal."""
    decimals = 0 if images_per_s >= 10 else 1
    number = QLocale().toString(images_per_s, "f", decimals)
    return QCoreApplication.translate("RunStatus", "{0} images/s").format(number)


def duration_text(seconds: float) -> str:
    """Format a duration with its two largest units."""
    whole = max(0, round(seconds))
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    translate = QCoreApplication.translate
    if hours:
        return translate("RunStatus", "{0} h {1} min").format(hours, minutes)
    if minutes:
        return translate("RunStatus", "{0} min {1} s").format(minutes, rest)
    return translate("RunStatus", "{0} s").format(rest)


def progress_text(progress: Progress) -> str:
    """Return the progress of a run: images, speed and time left, as far as known."""
    translate = QCoreApplication.translate
    parts = [translate("RunStatus", "{0} images").format(count_text(progress.images_seen))]
    if progress.images_per_s > 0:
        parts.append(rate_text(progress.images_per_s))
    if progress.remaining_s is not None:
        left = translate("RunStatus", "{0} left")
        parts.append(left.format(duration_text(progress.remaining_s)))
    return " · ".join(parts)
