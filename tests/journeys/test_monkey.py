"""A random user with the real engine: no exception, no thread left, no illegal state."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication

from tests.helpers.guards import ProblemLog
from tests.helpers.monkey import Action, play, session, shrink
from tests.helpers.windows import counting_in_english

SEED = int(os.environ.get("DIPTYCH_MONKEY_SEED", "1"))
MINUTES = float(os.environ.get("DIPTYCH_MONKEY_MINUTES", "0"))
"""Sessions are played for so long; 0 plays one."""
LENGTH = int(os.environ.get("DIPTYCH_MONKEY_LENGTH", "60"))
"""Actions of a session."""


@pytest.mark.slow
def test_that_a_random_user_breaks_nothing(
    qapp: QApplication,
    tmp_path: Path,
    problem_log: ProblemLog,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _url: True)
    until_s, seed, folders = time.monotonic() + 60 * MINUTES, SEED, list[Path]()

    def attempt(actions: Sequence[Action]) -> str:
        folders.append(tmp_path / str(len(folders)))
        failure = play(actions, folders[-1], qapp, problem_log)
        for line in problem_log.unexpected:
            problem_log.expect(line.partition(": ")[2])
        return failure

    with counting_in_english(qapp):
        while not folders or time.monotonic() < until_s:
            actions = session(seed, LENGTH)
            if failure := attempt(actions):
                shortest = shrink(actions, lambda some: bool(attempt(some)), attempts=20)
                pytest.fail(f"Seed {seed}: {failure}\nShortest: {shortest}", pytrace=False)
            seed += 1
    logs = [log for folder in folders for log in folder.glob("work/runs/*/events.jsonl")]
    measured = sum(log.read_text("utf-8").count('"EvaluationCompleted"') for log in logs)
    finished = sum('"finished"' in log.read_text("utf-8") for log in logs)
    print(  # noqa: T201 - what a measurement quotes
        f"seeds {SEED} to {seed - 1}, {LENGTH} actions each: {len(logs)} runs were trained, "
        f"{finished} to the end, {measured} evaluations ended"
    )
    assert logs


def test_that_a_session_follows_from_its_seed():
    assert session(3, 50) == session(3, 50)
    assert session(3, 50) != session(4, 50)
    assert {action.name for action in session(1, 2_000)} >= {"start", "press", "evaluate", "write"}


def test_that_a_failing_session_is_reduced_to_what_fails():
    actions = session(1, 60)
    needed = {actions[7], actions[41]}
    played: list[int] = []

    def fails(some: Sequence[Action]) -> bool:
        played.append(len(some))
        return needed <= set(some)

    assert shrink(actions, fails) == [actions[7], actions[41]]
    assert len(played) <= 60
