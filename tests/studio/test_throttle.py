"""The newest of many changes is applied, at most one in each interval."""

import time

import pytest
from pytestqt.qtbot import QtBot

from studio.panels.play.throttle import BESIDE_TRAINING_MS, Throttle


@pytest.fixture
def applied() -> list[str]:
    return []


@pytest.fixture
def throttle(qtbot: QtBot) -> Throttle:
    """Timers need an application."""
    made = Throttle()
    made.set_training(is_training=True)
    return made


def test_that_a_change_after_a_rest_is_applied_at_once(throttle: Throttle, applied: list[str]):
    throttle.apply("pad", lambda: applied.append("first"))
    assert applied == ["first"]


def test_that_the_newest_of_the_changes_that_wait_is_applied(
    qtbot: QtBot, throttle: Throttle, applied: list[str]
):
    began = time.perf_counter()
    for name in ("first", "second", "third"):
        throttle.apply("pad", lambda name=name: applied.append(name))
    assert applied == ["first"]
    qtbot.waitUntil(lambda: len(applied) > 1, timeout=30_000)
    assert applied == ["first", "third"]
    # Qt's precise timers may be a millisecond early.
    assert 1000 * (time.perf_counter() - began) >= BESIDE_TRAINING_MS - 2
    throttle.apply("pad", lambda: applied.append("fourth"))
    assert applied == ["first", "third"], "the interval has begun again"
    throttle.flush()
    assert applied[-1] == "fourth"


def test_that_changes_of_two_kinds_do_not_replace_each_other(
    throttle: Throttle, applied: list[str]
):
    for kind in ("pad", "truncation", "pad"):
        throttle.apply(kind, lambda kind=kind: applied.append(kind))
    throttle.flush()
    assert applied == ["pad", "truncation", "pad"]


def test_that_flushing_without_a_change_does_nothing(throttle: Throttle, applied: list[str]):
    throttle.flush()
    throttle.apply("pad", lambda: applied.append("first"))
    assert applied == ["first"]
