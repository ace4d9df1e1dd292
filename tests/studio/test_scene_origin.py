"""Pictures that another run has made: the window finds the run and opens it in Play."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.config.toml import config_hash
from engine.runs.checkpoint import write_checkpoint
from engine.runs.folder import RunFolder, write_model
from engine.runs.metadata import ModelMetadata
from engine.sample.scene import Noise, Scene
from engine.sample.scene_file import Provenance, save_picture
from studio.app import Studio
from studio.models.run_state import RunState
from tests.helpers.fake_engine import FakeEngine
from tests.helpers.run_folders import facts_at, made_run, some_tensors
from tests.helpers.tiny import tiny_facts
from tests.helpers.windows import drop, life, start

SCENE = Scene(noise=Noise.from_seed(77), given={"text": "grey"}, truncation=0.5)
STRANGE = Scene(noise=Noise.from_seed(77), given={"caption": "grey"})


@pytest.fixture
def runs(studio: Studio) -> Path:
    """Hold two runs, the second with a checkpoint that can be read."""
    runs = studio.workspace / "runs"
    facts = tiny_facts()
    model = ModelMetadata(dataset="tiny", dataset_version="ff00", columns=facts.columns)
    one, other = (RunFolder(made_run(runs, n, seed=s)) for n, s in (("one", 3), ("other", 7)))
    for run in (one, other):
        write_model(run, model)
    write_checkpoint(other.checkpoint_path(3200), some_tensors(), facts_at(3200))
    return runs


def picture(path: Path, run: Path, scene: Scene = SCENE, images_seen: int = 3200) -> Path:
    """Save a picture as a run does."""
    origin = Provenance(
        run=run.name,
        dataset="tiny",
        images_seen=images_seen,
        step=400,
        seed=0,
        direction="play",
        config_hash=config_hash(RunFolder(run).read_config()) if run.is_dir() else "0" * 12,
        version="0",
    )
    save_picture(path, np.full((8, 8, 3), 9, np.uint8), "grey", scene, origin)
    return path


def play_with(qtbot: QtBot, studio: Studio, run: Path) -> None:
    studio.run_view.open(run)
    studio.window.show_play()
    qtbot.waitUntil(lambda: studio.window.play.session.is_open)


def press_open(qtbot: QtBot, studio: Studio) -> None:
    origin = studio.window.play.origin
    qtbot.waitUntil(origin.button.isVisible)
    qtbot.mouseClick(origin.button, Qt.MouseButton.LeftButton)


def shows(studio: Studio, scene: Scene) -> bool:
    return studio.window.play.view.state.scene(studio.window.play.view.state.chosen) == scene


def test_that_the_run_of_a_dropped_picture_is_opened_with_its_scene(
    qtbot: QtBot, studio: Studio, engine: FakeEngine, runs: Path, tmp_path: Path
):
    play_with(qtbot, studio, runs / "one")
    drop(studio.window, picture(tmp_path / "mine.png", runs / "other"))
    origin = studio.window.play.origin
    qtbot.waitUntil(lambda: "Made by the run “other”" in origin.text)
    # It is shown with the weights that are there, until the user wants the others.
    assert shows(studio, SCENE)
    assert studio.run_view.folder == runs / "one"
    press_open(qtbot, studio)
    qtbot.waitUntil(lambda: studio.window.play.session.is_open and shows(studio, SCENE))
    assert studio.run_view.folder == runs / "other"
    assert engine.player.opened[-1] == (runs / "other", "checkpoint-000000003200", False)
    assert origin.text == ""


def test_that_a_picture_of_another_kind_of_run_is_given_and_its_run_offered(
    qtbot: QtBot, studio: Studio, runs: Path, tmp_path: Path
):
    play_with(qtbot, studio, runs / "one")
    drop(studio.window, picture(tmp_path / "mine.png", runs / "other", STRANGE, images_seen=9))
    origin, view = studio.window.play.origin, studio.window.play.view
    qtbot.waitUntil(origin.button.isVisible)
    assert list(view.state.given) == ["image"]
    assert "“other”, which has other columns" in origin.text
    assert "Its weights have changed since" in origin.text


def test_that_a_missing_run_is_said_to_be_missing(
    qtbot: QtBot, studio: Studio, runs: Path, tmp_path: Path
):
    play_with(qtbot, studio, runs / "one")
    drop(studio.window, picture(tmp_path / "mine.png", runs / "gone"))
    origin = studio.window.play.origin
    qtbot.waitUntil(lambda: "That run is not in the workspace." in origin.text)
    assert not origin.button.isVisible()
    assert shows(studio, SCENE)
    # What comes next has nothing to do with it.
    drop(studio.window, picture(tmp_path / "own.png", runs / "one"))
    qtbot.waitUntil(lambda: origin.text == "")


def test_that_a_picture_opens_its_run_when_nothing_is_played_with(
    qtbot: QtBot, studio: Studio, runs: Path, tmp_path: Path
):
    assert studio.window.is_welcoming
    drop(studio.window, picture(tmp_path / "mine.png", runs / "other"))
    qtbot.waitUntil(lambda: studio.window.play.session.is_open and shows(studio, SCENE))
    assert studio.run_view.folder == runs / "other"


def test_that_a_picture_without_a_run_is_imported_when_nothing_is_played_with(
    qtbot: QtBot, studio: Studio, runs: Path, tmp_path: Path
):
    path = picture(tmp_path / "mine.png", runs / "gone")
    with qtbot.waitSignal(studio.window.import_requested) as heard:
        drop(studio.window, path)
    assert heard.args == [path]
    assert "made by the run “gone”" in studio.window.statusBar().currentMessage()


def test_that_a_run_that_trains_is_left_alone_when_another_is_played_with(
    qtbot: QtBot, studio: Studio, engine: FakeEngine, runs: Path, tmp_path: Path
):
    start(qtbot, studio)
    trained = studio.training.folder
    studio.window.show_play()
    qtbot.waitUntil(lambda: studio.window.play.session.is_open)
    drop(studio.window, picture(tmp_path / "mine.png", runs / "other"))
    press_open(qtbot, studio)
    qtbot.waitUntil(lambda: studio.window.play.session.is_open and shows(studio, SCENE))
    assert life(studio) is RunState.RUNNING
    assert studio.run_view.folder == trained
    assert engine.player.opened[-1][0] == runs / "other"
