"""The life of a run: every state with every happening, against a table written anew."""

from pathlib import Path

import pytest

from engine.errors import DiskFullError
from engine.events import (
    MetricsReported,
    Outcome,
    Phase,
    PhaseChanged,
    RunEnded,
    RunEvent,
    RunPaused,
    RunRelocated,
    RunResumed,
)
from studio.models.run_state import (
    Command,
    LifecycleEvent,
    RunActivity,
    RunState,
    RunStatus,
    enabled,
    is_alive,
    lifecycle_event_of,
    next_state,
)
from tests.helpers.fake_engine import losses

FULL = DiskFullError(Path("/full"), 2, 1)

# One row for each happening, one column for each state: where it leads; a point means nowhere.
ALIVE = ("preparing", "running", "pausing", "paused", "stopping")
STATES = ("idle", *ALIVE, "finished", "interrupted", "failed")
ROWS = """
started         prep .    .    .    .    .    prep prep prep
prepares        .    prep prep ping prep stop .    .    .
works           .    run  run  ping run  stop .    .    .
pause_asked     .    .    ping .    .    .    .    .    .
stood_still     .    paus paus paus paus stop .    .    .
got_stuck       .    paus paus paus paus paus .    .    .
resume_asked    .    .    .    .    prep .    .    .    .
stop_asked      .    stop stop stop stop stop .    .    .
ended           .    fin  fin  fin  fin  fin  .    .    .
broke           .    fail fail fail fail fail .    .    .
opened_new      idle .    .    .    .    .    idle idle idle
opened_ended    fin  .    .    .    .    .    fin  fin  fin
opened_unended  int  .    .    .    .    .    int  int  int
opened_broken   fail .    .    .    .    .    fail fail fail
"""
SHORT = {
    "prep": "preparing",
    "run": "running",
    "ping": "pausing",
    "paus": "paused",
    "stop": "stopping",
    "fin": "finished",
    "int": "interrupted",
    "fail": "failed",
    "idle": "idle",
}
CASES = [
    (state, row.split()[0], SHORT.get(cell, ""))
    for row in ROWS.strip().splitlines()
    for state, cell in zip(STATES, row.split()[1:], strict=True)
]

WISHES = {
    "idle": "start",
    "preparing": "stop_save stop_discard",
    "running": "pause pause_release stop_save stop_discard save_now sample_now",
    "pausing": "stop_save stop_discard",
    "paused": "resume stop_save stop_discard",
    "stopping": "",
    "finished": "start resume",
    "interrupted": "start resume",
    "failed": "start resume",
}


def test_that_the_table_below_knows_all_states_and_happenings():
    assert {state for state, _, _ in CASES} == set(RunState)
    assert {lifecycle_event for _, lifecycle_event, _ in CASES} == set(LifecycleEvent)
    assert len(CASES) == len(RunState) * len(LifecycleEvent)


@pytest.mark.parametrize(("state", "lifecycle_event", "after"), CASES)
def test_that_a_happening_leads_where_it_should_or_is_refused(state, lifecycle_event, after):
    if after:
        assert next_state(RunState(state), LifecycleEvent(lifecycle_event)) == after
    else:
        with pytest.raises(ValueError, match=f"{state} cannot have {lifecycle_event}"):
            next_state(RunState(state), LifecycleEvent(lifecycle_event))


@pytest.mark.parametrize("state", RunState)
def test_that_a_state_allows_these_wishes_and_no_others(state: RunState):
    assert enabled(state) == set(WISHES[state].split())


def test_that_a_run_is_alive_from_its_start_to_its_end():
    assert [state for state in STATES if is_alive(RunState(state))] == list(ALIVE)


def test_that_every_wish_is_allowed_somewhere():
    assert {command for state in RunState for command in enabled(state)} == set(Command)


def ended(outcome: Outcome, seen: int = 100, saved: int = 100) -> RunEnded:
    return RunEnded(
        outcome=outcome, folder=Path("x"), images_seen=seen, elapsed_s=1.0, images_saved=saved
    )


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (PhaseChanged(phase=Phase.LOADING), LifecycleEvent.PREPARES),
        (PhaseChanged(phase=Phase.WARMING_UP), LifecycleEvent.PREPARES),
        (PhaseChanged(phase=Phase.EVALUATING), LifecycleEvent.WORKS),
        (PhaseChanged(phase=Phase.SAVING), LifecycleEvent.WORKS),
        (RunPaused(images_seen=1), LifecycleEvent.STOOD_STILL),
        (RunPaused(images_seen=1, error=FULL), LifecycleEvent.GOT_STUCK),
        (ended(Outcome.STOPPED), LifecycleEvent.ENDED),
        (ended(Outcome.FINISHED), LifecycleEvent.ENDED),
        (ended(Outcome.FAILED), LifecycleEvent.BROKE),
        (losses(100), None),
    ],
)
def test_that_events_happen_to_a_run(event: RunEvent, expected: LifecycleEvent | None):
    assert lifecycle_event_of(event, is_ending=False) == expected


def test_that_a_phase_on_the_way_to_the_end_is_no_step_back():
    event = PhaseChanged(phase=Phase.TRAINING)
    assert lifecycle_event_of(event, is_ending=True) is LifecycleEvent.STOP_ASKED


def running() -> RunStatus:
    return RunStatus().started("x").after(PhaseChanged(phase=Phase.TRAINING))


def test_that_a_run_that_got_stuck_on_its_way_out_goes_on_to_its_end():
    stopping = running().after_asking(LifecycleEvent.STOP_ASKED)
    stuck = stopping.after(RunPaused(images_seen=1, error=FULL))
    assert (stuck.state, stuck.activity) == (RunState.PAUSED, RunActivity.STUCK)
    assert stuck.after_asking(LifecycleEvent.RESUME_ASKED).state is RunState.STOPPING
    tried_by_itself = stuck.after(PhaseChanged(phase=Phase.SAVING))
    assert (tried_by_itself.state, tried_by_itself.activity) == (
        RunState.STOPPING,
        RunActivity.SAVING,
    )
    assert tried_by_itself.after(ended(Outcome.STOPPED)).state is RunState.FINISHED


def test_that_reports_say_that_a_save_is_over():
    saving = running().after(PhaseChanged(phase=Phase.SAVING))
    assert saving.activity is RunActivity.SAVING
    assert saving.after(losses(100)).activity is RunActivity.TRAINING
    asked = saving.after_asking(LifecycleEvent.PAUSE_ASKED)
    assert asked.after(losses(100)).activity is RunActivity.PAUSING


def test_that_only_what_came_after_the_newest_checkpoint_counts_as_unsaved():
    status = running().after(RunResumed(images_seen=1000, elapsed_s=1.0, checkpoint="c"))
    later: MetricsReported = losses(4000)
    assert status.after(later).unsaved_images == 3000
    assert status.after(later).unsaved_s == pytest.approx(3.0)
    assert RunStatus().unsaved_images == 0


@pytest.mark.parametrize(
    ("event", "activity"),
    [
        (ended(Outcome.FINISHED), RunActivity.FINISHED),
        (ended(Outcome.STOPPED), RunActivity.STOPPED),
        (ended(Outcome.STOPPED, seen=200, saved=100), RunActivity.DISCARDED),
        (ended(Outcome.STOPPED, seen=0, saved=0), RunActivity.DISCARDED),
        (ended(Outcome.FAILED), RunActivity.FAILED),
    ],
)
def test_that_an_end_is_told_as_it_was(event: RunEnded, activity: RunActivity):
    assert running().after(event).activity is activity


def test_that_a_run_that_moves_takes_its_name_along():
    assert running().after(RunRelocated(folder=Path("/elsewhere/y"))).name == "y"
