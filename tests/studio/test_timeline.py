"""Plots, gallery and quality share one moment, and the plots show what happened."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from engine.events import (
    Alert,
    AlertChanged,
    EvaluationCompleted,
    Outcome,
    RolledBack,
    RunResumed,
    SettingsChanged,
)
from engine.runs.branching import BranchStart
from engine.runs.event_log import RunLog
from engine.runs.event_reader import read_incidents
from engine.runs.folder import RunFolder
from studio.app import Studio
from studio.models.moment import CheckpointChoice, last_at, nearest_start
from studio.models.run_marks import Mark, RunMarks
from tests.helpers.run_folders import facts_at, make_preview, write_preview
from tests.helpers.windows import says, write_run


def alert(images: int, *, is_raised: bool = True) -> AlertChanged:
    return AlertChanged(
        alert=Alert.MODE_COLLAPSE, is_raised=is_raised, images_seen=images, evidence={}
    )


def change(images: int, field: str = "training.learning_rate") -> SettingsChanged:
    return SettingsChanged(
        images_seen=images, step=images // 8, field=field, old="0.001", new="0.5"
    )


def quality(images: int) -> EvaluationCompleted:
    return EvaluationCompleted(
        images_seen=images, elapsed_s=images / 1000, metrics={"kid": 0.01, "joint_coherence": 0.5}
    )


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = write_run(
        tmp_path / "runs" / "cats", outcome=Outcome.STOPPED, images=6_000, saved=None
    )
    for images in (1_000, 2_000, 4_000, 6_000):
        write_preview(folder, images)
    log = RunLog(RunFolder(folder).log_file)
    for event in (
        quality(2_000),
        quality(5_000),
        alert(1_500),
        alert(1_800, is_raised=False),
        change(3_000),
        change(3_000, "data.augmentation"),
    ):
        log.record(event)
    log.close()
    return folder


@pytest.fixture
def opened(studio: Studio, run: Path) -> Studio:
    studio.run_view.open(run)
    studio.window.losses._draw()
    return studio


def click_at(qtbot: QtBot, panel: Any, images: float, *, is_low: bool = False) -> None:
    """Click at a place of a plot, in its middle or where the marks are."""
    plot = panel.board.plot._plot
    # Not a double click together with the one before; and drawn once, the axes have their width.
    qtbot.wait(int(1000 * plot.scene().minDragTime) + 50)
    plot.grab()
    box = plot.getViewBox()
    (low, high), height = box.viewRange()[1], box.height()
    y = low + (7 / height if is_low else 0.5) * (high - low)
    place = plot.mapFromScene(box.mapViewToScene(QPointF(images, y)))
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=place)


def shown_images(studio: Studio) -> int:
    sheet = studio.window.gallery._sheet
    assert sheet is not None
    return sheet.images_seen


def lines(studio: Studio) -> list[float | None]:
    panels = (studio.window.losses, studio.window.quality)
    return [panel.board.plot.marks.moment for panel in panels]


def test_a_click_on_a_curve_shows_that_moment_everywhere(qtbot: QtBot, opened: Studio):
    window = opened.window
    click_at(qtbot, window.losses, 4_700)
    (one, other) = lines(opened)
    assert one == other == pytest.approx(4_700, abs=40)
    assert shown_images(opened) == 4_000
    table = window.quality.table
    assert {index.column() for index in table.selectedIndexes()} == {1}
    assert table.model().headerData(1, Qt.Orientation.Horizontal) == "2,000 images"
    assert "pairs at 4,000" in window.losses.moment_bar.text
    assert "evaluation at 2,000" in window.losses.moment_bar.text
    assert says(window.losses, "pairs at 4,000")
    # No checkpoint, nothing to branch from.
    assert not window.losses.moment_bar.branch.isEnabled()


def test_the_plot_of_quality_chooses_as_well(qtbot: QtBot, opened: Studio):
    opened.window.docks.raise_dock("quality")
    opened.window.quality.show_view("coherence")
    qtbot.waitUntil(lambda: opened.window.quality.board.plot._plot.width() > 200)
    click_at(qtbot, opened.window.quality, 2_500)
    assert lines(opened)[0] == pytest.approx(2_500, abs=40)
    assert shown_images(opened) == 2_000


def test_before_the_first_sheet_the_first_is_shown_and_no_evaluation(opened: Studio):
    opened.timeline.choose(500.0)
    assert shown_images(opened) == 1_000
    assert not opened.window.quality.table.selectedIndexes()
    assert "evaluation" not in opened.window.losses.moment_bar.text


def test_the_slider_of_the_gallery_moves_the_line_and_the_newest_removes_it(opened: Studio):
    steps = opened.window.gallery._steps
    steps._slider.setValue(1)
    assert lines(opened) == [2_000, 2_000]
    steps._previous.click()
    assert lines(opened) == [1_000, 1_000]
    steps._live.click()
    assert lines(opened) == [None, None]
    assert opened.window.losses.moment_bar.isHidden()
    assert shown_images(opened) == 6_000


def test_the_line_is_removed_by_its_button_and_by_another_run(opened: Studio, tmp_path: Path):
    opened.timeline.choose(2_100.0)
    opened.window.losses.moment_bar.close_.click()
    assert lines(opened) == [None, None]
    assert shown_images(opened) == 6_000
    opened.timeline.choose(2_100.0)
    opened.run_view.open(write_run(tmp_path / "runs" / "dogs", outcome=Outcome.STOPPED))
    assert lines(opened) == [None, None]


def test_a_new_preview_leaves_a_chosen_moment_at_the_end_alone(opened: Studio, run: Path):
    opened.timeline.choose(6_000.0)
    opened.window.gallery.add_preview(make_preview(run, 7_000))
    assert shown_images(opened) == 6_000


def test_the_nearest_checkpoint_is_offered_to_branch_and_to_play(
    qtbot: QtBot, opened: Studio, run: Path, monkeypatch: pytest.MonkeyPatch
):
    for images in (2_000, 5_000):
        (RunFolder(run).checkpoint_path(images)).mkdir(parents=True)
    monkeypatch.setattr(
        "studio.jobs.runs.read_metadata",
        lambda path: facts_at(int(path.name.removeprefix("checkpoint-"))),
    )
    bar = opened.window.losses.moment_bar
    opened.timeline.choose(4_999.0)
    qtbot.waitUntil(bar.branch.isEnabled)
    assert "checkpoint at 2,000" in bar.text
    with qtbot.waitSignal(opened.timeline.checkpoint_play_requested) as played:
        bar.play.click()
    assert played.args == [
        CheckpointChoice(
            folder=run, checkpoint=RunFolder(run).checkpoint_path(2_000), images_seen=2_000
        )
    ]
    bar.branch.click()
    branch = opened.window.run._form.branch
    assert branch is not None
    assert (branch.source, branch.images_seen) == (run, 2_000)


def test_marks_say_what_happened_where(opened: Studio):
    marks = opened.window.losses.board.plot.marks
    kinds = {(mark.x, mark.kind) for mark in marks.shown}
    assert kinds == {(1_500, Mark.ALERT), (3_000, Mark.RATE), (3_000, Mark.SETTING)}
    text = marks.text_at(3_000)
    assert text.startswith("3,000 images\n")
    assert "Learning rate: 0.001 → 0.5" in text
    assert "again and again" in marks.text_at(1_500)
    assert marks.text_at(2_200) == ""
    button = opened.window.losses.board.marks_button
    assert [a.text() for a in button.actions_.values() if a.isVisible()] == [
        "Changes of settings",
        "Changes of the learning rate",
        "Alerts",
    ]
    button.actions_[Mark.ALERT].setChecked(False)
    assert {mark.kind for mark in marks.shown} == {Mark.RATE, Mark.SETTING}
    assert opened.window.losses.view().hidden_marks == (Mark.ALERT,)


def test_a_click_on_a_mark_chooses_its_very_place(qtbot: QtBot, opened: Studio):
    click_at(qtbot, opened.window.losses, 3_015, is_low=True)
    assert lines(opened) == [3_000, 3_000]


def test_marks_come_while_a_run_trains_and_go_when_it_is_rolled_back():
    marks = RunMarks()
    assert marks.add(change(400))
    assert marks.add(alert(800))
    assert not marks.add(alert(900, is_raised=False))
    marks.checkpoints = (300,)
    assert marks.add(RolledBack(images_seen=500, from_images_seen=800, rate_scale=0.5))
    found = {(mark.x, mark.kind) for mark in marks.marks()}
    assert found == {(300, Mark.CHECKPOINT), (400, Mark.RATE), (500, Mark.RATE)}
    assert "500" in next(m.text for m in marks.marks() if m.x == 500)
    assert marks.add(RunResumed(images_seen=300, elapsed_s=1.0, checkpoint="c"))
    assert [mark.x for mark in marks.marks()] == [300]


def test_a_log_gives_what_was_not_repeated(run: Path):
    log = RunLog(RunFolder(run).log_file)
    log.record(RunResumed(images_seen=2_000, elapsed_s=1.0, checkpoint="c"))
    log.record(change(3_000))
    log.close()
    found = list(read_incidents(RunFolder(run).log_file))
    assert [event.images_seen for event in found] == [1_500, 1_800, 3_000]


def test_the_nearest_is_at_or_before():
    starts = [
        BranchStart(source=Path(), checkpoint=Path(str(n)), images_seen=n, elapsed_s=1.0)
        for n in (300, 200, 100)
    ]

    def nearest(images: float) -> int | None:
        start = nearest_start(starts, images)
        return start.images_seen if start else None

    assert [nearest(n) for n in (0, 100, 199.9, 200, 999)] == [100, 100, 100, 200, 300]
    assert nearest_start([], 5) is None
    assert [last_at([10, 20], n) for n in (5, 10, 15, 99)] == [0, 0, 0, 1]
    assert last_at([], 5) == -1


def test_the_bar_is_reached_by_keyboard(opened: Studio):
    opened.timeline.choose(2_000.0)
    bar = opened.window.losses.moment_bar
    assert bar.close_.accessibleName()
    for button in bar.findChildren(QPushButton):
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
