"""A run in the window, asked for things as a user does."""

from pathlib import Path

from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from engine.config.presets import config_from_preset
from engine.events import Outcome, RunEnded
from engine.runs.folder import RunFolder, create_run_folder
from engine.runs.log import RunLog
from studio.app import Studio
from studio.models.run_life import LifeState, Wish
from studio.window.status_bar import RunStatusBar
from tests.helpers.fake_engine import losses
from tests.helpers.widgets import child


def ask(studio: Studio, wish: Wish) -> None:
    """Choose a wish in the Run menu, which does nothing while it is disabled."""
    studio.window.actions_.run.action(wish).trigger()


def life(studio: Studio) -> LifeState:
    """Give the state that the window is in."""
    return studio.run_view.status.life


def wait_for(qtbot: QtBot, studio: Studio, state: LifeState) -> None:
    """Wait until a run has come to a state."""
    qtbot.waitUntil(lambda: life(studio) is state)


def start(qtbot: QtBot, studio: Studio) -> None:
    """Start a run and wait until it trains."""
    ask(studio, Wish.START)
    qtbot.waitUntil(lambda: "200 images" in status_text(studio))


def status_text(studio: Studio) -> str:
    """Give what the status bar says."""
    return child(studio.window, RunStatusBar).text


def says(parent: QWidget, text: str) -> bool:
    """Whether a label that can be seen holds a text."""
    labels = parent.findChildren(QLabel)
    return any(text in label.text() and label.isVisible() for label in labels)


def visible_buttons(parent: QWidget) -> dict[str, QPushButton]:
    """Give the buttons that can be seen, by their text."""
    return {b.text(): b for b in parent.findChildren(QPushButton) if b.isVisible()}


def write_run(
    folder: Path,
    *,
    outcome: Outcome | None = None,
    images: int = 3_000,
    saved: int | None = 3_000,
    **values: object,
) -> Path:
    """Write a run as the engine leaves it.

    Args:
        folder: of the run.
        outcome: how it ended; ``None`` leaves it interrupted.
        images: images seen; a thousand a second.
        saved: images seen at its one checkpoint; ``None`` for none.
        values: settings that differ from the preset's.
    """
    config = config_from_preset("cpu-tiny", dataset=folder, run=folder).with_values(**values)
    run: RunFolder = create_run_folder(config)
    log = RunLog(run.log_file)
    for seen in range(1_000, images + 1, 1_000):
        log.record(losses(seen))
    if outcome is not None:
        log.record(
            RunEnded(
                outcome=outcome,
                folder=folder,
                images_seen=images,
                elapsed_s=images / 1_000,
                images_saved=saved or 0,
            )
        )
    log.close()
    if saved is not None:
        run.checkpoint_path(saved).mkdir()
    return folder
