"""One run through its whole life, with the real engine: paused, given back, stopped, resumed."""

from pathlib import Path

from pytestqt.qtbot import QtBot

from engine.runs.checkpoint_files import read_facts
from engine.runs.folder import RunFolder
from studio.app import Studio
from studio.models.run_life import LifeState, Wish
from studio.models.run_status import RunState
from tests.helpers.opened import PATIENCE_MS
from tests.helpers.run_window import ask, life
from tests.helpers.tiny import tiny_dataset


def test_that_a_run_is_paused_given_back_stopped_and_resumed(
    qtbot: QtBot, studio: Studio, tmp_path: Path
):
    def wait_for(state: LifeState) -> None:
        qtbot.waitUntil(lambda: life(studio) is state, timeout=PATIENCE_MS)

    window = studio.window
    window.show_docks()
    window.run.choose_dataset(tiny_dataset(tmp_path / "tiny"))
    ask(studio, Wish.START)
    wait_for(LifeState.RUNNING)
    qtbot.waitUntil(lambda: studio.run_view.status.unsaved_images > 0, timeout=PATIENCE_MS)

    ask(studio, Wish.PAUSE)
    wait_for(LifeState.PAUSED)
    ask(studio, Wish.RESUME)
    wait_for(LifeState.RUNNING)

    ask(studio, Wish.PAUSE_RELEASE)
    released = RunState.RELEASED
    qtbot.waitUntil(lambda: studio.run_view.status.state is released, timeout=PATIENCE_MS)
    run = RunFolder(studio.training.folder or Path())
    assert run.checkpoint_paths(), "memory is given back once its content is on disk"
    ask(studio, Wish.RESUME)
    wait_for(LifeState.RUNNING)

    with qtbot.waitSignal(studio.training.preview_ready, timeout=PATIENCE_MS):
        ask(studio, Wish.SAMPLE_NOW)
    ask(studio, Wish.STOP_SAVE)
    wait_for(LifeState.FINISHED)
    stopped_at = read_facts(run.latest_checkpoint()).images_seen

    ask(studio, Wish.RESUME)
    with qtbot.waitSignal(studio.training.run_resumed, timeout=PATIENCE_MS) as resumed:
        pass
    assert (resumed.args or [])[0].images_seen == stopped_at
    wait_for(LifeState.RUNNING)
    ask(studio, Wish.STOP_SAVE)
    wait_for(LifeState.FINISHED)
    assert read_facts(run.latest_checkpoint()).images_seen >= stopped_at
