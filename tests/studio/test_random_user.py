"""Random users at the real window: no illegal state, no wrong control, no exception, no thread."""

import os

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from pytestqt.qtbot import QtBot

from studio.models.run_state import RunState
from tests.helpers.guards import ProblemLog
from tests.helpers.life_machine import LifeMachine

EXAMPLES = int(os.environ.get("DIPTYCH_LIFE_EXAMPLES", "12"))
"""Sessions of a random user; each is up to 50 actions long."""
SEED = int(os.environ.get("DIPTYCH_LIFE_SEED", "5"))
STEPS = 50
ENOUGH = 40
"""So many sessions go through every state."""


@pytest.fixture
def machine(qtbot: QtBot, problem_log: ProblemLog) -> type[LifeMachine]:
    LifeMachine.qtbot, LifeMachine.problem_log = qtbot, problem_log
    LifeMachine.actions, LifeMachine.seen = 0, set()
    return LifeMachine


@pytest.mark.slow
def test_that_whatever_is_pressed_the_window_tells_the_truth(machine: type[LifeMachine]):
    seeded = seed(SEED)(machine)
    wanted = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        # What threads do takes other turns each time: shrinking would look for what is not there.
        phases=[Phase.generate],
    )
    run_state_machine_as_test(seeded, settings=wanted)
    print(f"{machine.actions} actions, seed {SEED}")  # noqa: T201 - what a measurement quotes
    assert machine.actions >= EXAMPLES * STEPS / 2
    if EXAMPLES >= ENOUGH:
        assert machine.seen == set(RunState)
