"""The newest of many changes is applied, at most one in each interval."""

import time

import pytest
from pytestqt.qtbot import QtBot

from studio.panels.play.pace import BESIDE_TRAINING_MS, Pace


@pytest.fixture
def applied() -> list[str]:
    return []


@pytest.fixture
def pace(qtbot: QtBot) -> Pace:
    """Timers need an application."""
    made = Pace()
    made.set_training(is_training=True)
    return made


def test_that_a_change_after_a_rest_is_applied_at_once(pace: Pace, applied: list[str]):
    pace.apply("pad", lambda: applied.append("first"))
    assert applied == ["first"]


def test_that_the_newest_of_the_changes_that_wait_is_applied(
    qtbot: QtBot, pace: Pace, applied: list[str]
):
    began = time.perf_counter()
    for name in ("first", "second", "third"):
        pace.apply("pad", lambda name=name: applied.append(name))
    assert applied == ["first"]
    qtbot.waitUntil(lambda: len(applied) > 1, timeout=30_000)
    assert applied == ["first", "third"]
    # Qt's precise timers may be a millisecond early.
    assert 1000 * (time.perf_counter() - began) >= BESIDE_TRAINING_MS - 2
    pace.apply("pad", lambda: applied.append("fourth"))
    assert applied == ["first", "third"], "the interval has begun again"
    pace.flush()
    assert applied[-1] == "fourth"


def test_that_changes_of_two_kinds_do_not_replace_each_other(pace: Pace, applied: list[str]):
    for kind in ("pad", "truncation", "pad"):
        pace.apply(kind, lambda kind=kind: applied.append(kind))
    pace.flush()
    assert applied == ["pad", "truncation", "pad"]


def test_that_flushing_without_a_change_does_nothing(pace: Pace, applied: list[str]):
    pace.flush()
    pace.apply("pad", lambda: applied.append("first"))
    assert applied == ["first"]
