"""The life of a run: which states it goes through, and what may be done in each.

The table below is the whole machine. Whatever shows a control asks ``enabled`` about it; whatever
happens to a run goes through ``next_state``.
"""

from collections.abc import Mapping
from enum import StrEnum

from engine.events import Outcome, Phase, PhaseChanged, RunEnded, RunEvent, RunPaused


class LifeState(StrEnum):
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


class Happening(StrEnum):
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


class Wish(StrEnum):
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
    Happening.STARTED: LifeState.PREPARING,
    Happening.OPENED_NEW: LifeState.IDLE,
    Happening.OPENED_ENDED: LifeState.FINISHED,
    Happening.OPENED_UNENDED: LifeState.INTERRUPTED,
    Happening.OPENED_BROKEN: LifeState.FAILED,
}
_ALIVE = {
    Happening.PREPARES: LifeState.PREPARING,
    Happening.WORKS: LifeState.RUNNING,
    Happening.STOOD_STILL: LifeState.PAUSED,
    Happening.GOT_STUCK: LifeState.PAUSED,
    Happening.STOP_ASKED: LifeState.STOPPING,
    Happening.ENDED: LifeState.FINISHED,
    Happening.BROKE: LifeState.FAILED,
}
TRANSITIONS: Mapping[LifeState, Mapping[Happening, LifeState]] = {
    LifeState.IDLE: _AT_REST,
    LifeState.FINISHED: _AT_REST,
    LifeState.INTERRUPTED: _AT_REST,
    LifeState.FAILED: _AT_REST,
    LifeState.PREPARING: _ALIVE,
    LifeState.RUNNING: {**_ALIVE, Happening.PAUSE_ASKED: LifeState.PAUSING},
    # What is asked for is shown until it is so, whatever the run reports on the way there.
    LifeState.PAUSING: {
        **_ALIVE,
        Happening.PREPARES: LifeState.PAUSING,
        Happening.WORKS: LifeState.PAUSING,
    },
    LifeState.PAUSED: {**_ALIVE, Happening.RESUME_ASKED: LifeState.PREPARING},
    # A run that cannot save on its way out waits as a paused one, with the same ways on.
    LifeState.STOPPING: {
        **_ALIVE,
        Happening.PREPARES: LifeState.STOPPING,
        Happening.WORKS: LifeState.STOPPING,
        Happening.STOOD_STILL: LifeState.STOPPING,
    },
}
"""Where each happening leads; what is missing cannot happen there."""

_STOPS = frozenset({Wish.STOP_SAVE, Wish.STOP_DISCARD})
_WISHES: Mapping[LifeState, frozenset[Wish]] = {
    LifeState.IDLE: frozenset({Wish.START}),
    LifeState.PREPARING: _STOPS,
    LifeState.RUNNING: _STOPS | {Wish.PAUSE, Wish.PAUSE_RELEASE, Wish.SAVE_NOW, Wish.SAMPLE_NOW},
    LifeState.PAUSING: _STOPS,
    LifeState.PAUSED: _STOPS | {Wish.RESUME},
    LifeState.STOPPING: frozenset(),
    LifeState.FINISHED: frozenset({Wish.START, Wish.RESUME}),
    LifeState.INTERRUPTED: frozenset({Wish.START, Wish.RESUME}),
    LifeState.FAILED: frozenset({Wish.START, Wish.RESUME}),
}
_PREPARING = (Phase.LOADING, Phase.WARMING_UP)


def next_state(state: LifeState, happening: Happening) -> LifeState:
    """Give the state that a happening leads to.

    Raises:
        ValueError: this cannot happen in that state.
    """
    try:
        return TRANSITIONS[state][happening]
    except KeyError:
        raise ValueError(f"a run that is {state} cannot have {happening}") from None


def enabled(state: LifeState) -> frozenset[Wish]:
    """Give what may be asked of a run.

    A run at rest can be resumed where it has a checkpoint and nobody else trains it, and another
    can be started where the form is in order: facts that whoever shows the control adds.
    """
    return _WISHES[state]


def is_alive(state: LifeState) -> bool:
    """Whether a run is under way, be it standing still."""
    return Happening.ENDED in TRANSITIONS[state]


def happening_of(event: RunEvent, *, is_ending: bool) -> Happening | None:
    """Give what an event means for the life of its run; most mean nothing.

    Args:
        event: of the run under way.
        is_ending: whether somebody asked the run to stop.
    """
    match event:
        case PhaseChanged():
            if is_ending:
                return Happening.STOP_ASKED
            return Happening.PREPARES if event.phase in _PREPARING else Happening.WORKS
        case RunPaused():
            return Happening.STOOD_STILL if event.error is None else Happening.GOT_STUCK
        case RunEnded():
            return Happening.BROKE if event.outcome is Outcome.FAILED else Happening.ENDED
        case _:
            return None
