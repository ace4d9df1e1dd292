"""From a run of points to what its networks see, do and change: real window, real engine."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from engine.data.writer import DatasetWriter
from engine.events import RunEnded
from engine.inspection.results import Origin
from engine.runs.folder import RunFolder
from engine.starters import ring
from studio.app import Studio
from studio.models.run_state import Command, RunState
from tests.helpers.guards import is_event
from tests.helpers.windows import DIALOG_PATIENCE_MS, TINY_FORM, ask, life, press, says


def ring_dataset(folder: Path) -> Path:
    content = ring.build(480, 80).content()
    with DatasetWriter(folder, content.columns) as writer:
        for record in content.records:
            writer.add_record(record)
        writer.publish(writer.manifest(name="ring", title="", licence="", source="", notice=""))
    return folder


@pytest.mark.slow
def test_the_way_from_a_run_of_points_to_its_discriminator_and_its_steps(
    qtbot: QtBot, studio: Studio, tmp_path: Path
):
    window, learn = studio.window, studio.window.learn
    patient: dict[str, Any] = {"timeout": DIALOG_PATIENCE_MS}
    window.show_docks()
    window.run.choose_dataset(ring_dataset(tmp_path / "ring"), {**TINY_FORM, "images": "0"})
    window.show_panel("learn")
    assert says(learn, "Open or start a run")
    learn.show_page(2)
    press(qtbot, window.run, "Start training")

    # While it trains, the scatter follows, and nothing is saved for that.
    plane = learn.plane.plane
    qtbot.waitUntil(lambda: plane.view is not None and plane.view.images_seen > 0, **patient)
    assert life(studio) is RunState.RUNNING
    assert plane.view is not None
    first = plane.view.images_seen
    qtbot.waitUntil(lambda: plane.view is not None and plane.view.images_seen > first, **patient)
    assert learn.follow.isVisible()
    assert plane.view.choice.column == "point"
    folder = studio.training.folder
    assert folder is not None
    assert RunFolder(folder).checkpoint_paths() == []
    assert len(plane.plot.arrow_points()) > 0

    with qtbot.waitSignal(
        studio.training.event_emitted, check_params_cb=is_event(RunEnded), **patient
    ) as ended:
        ask(studio, Command.STOP_SAVE)
    assert ended.args is not None
    assert ended.args[0].error is None

    # The lens: real points beside generated ones, and real ones beside another word.
    learn.show_page(0)
    seen, lens = ended.args[0].images_seen, learn.lens
    qtbot.waitUntil(lambda: lens.view is not None and lens.view.images_seen == seen, **patient)
    assert lens.view is not None
    assert {item.origin for item in lens.view.items} == set(Origin)
    assert lens.view.names == ("text", "point", "pair")
    qtbot.waitUntil(lambda: says(learn.lens.detail, "real with "))

    # Two halves of a step on a copy: the run stays as it was.
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    learn.show_page(1)
    for button in ("Update the discriminator", "Update the generator"):
        with qtbot.waitSignal(studio.inspection.steps.ended, **patient):
            press(qtbot, learn, button)
    assert says(learn, "the generator was updated. The run itself takes the same steps")
    moved = [label.text() for label in learn.steps.facts.findChildren(QLabel)]
    assert any(text.startswith("Weights of the generator") for text in moved)
    assert learn.steps.view is not None
    assert learn.steps.view.changes["generator"].norm > 0
    assert learn.steps.plane.isVisible()
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    window.close()
