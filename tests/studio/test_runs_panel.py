"""The runs of the workspace, within the whole window."""

import shlex
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDockWidget
from pytestqt.qtbot import QtBot

from engine.cli.main import _parser
from engine.fs.lock import RunLock
from engine.runs.branching import BranchStart
from engine.runs.metadata import Origin, RunNotes, change_notes, read_notes, write_notes
from studio.app import Studio
from studio.dialogs.confirm import EmptyTrash
from studio.dialogs.error import ErrorDialog
from studio.dialogs.run_name import BranchRun, RenameRun
from studio.dialogs.run_settings import RunSettingsDialog
from studio.models.run_history import Column
from studio.panels.runs import RunsPanel
from tests.helpers.datasets import mixed_dataset
from tests.helpers.fake_engine import FakeEngine
from tests.helpers.guards import ProblemLog
from tests.helpers.run_folders import made_run
from tests.helpers.windows import child, says


@pytest.fixture
def runs(studio: Studio) -> Path:
    """Five runs, one of them interrupted and one damaged."""
    folder = studio.workspace / "runs"
    made_run(folder, "cats", seen=9_000)
    made_run(folder, "dogs", seen=100_000, outcome="stopped")
    made_run(folder, "night", seen=20_000, outcome=None)
    made_run(folder, "new", seen=0)
    (made_run(folder, "torn") / "run.toml").write_text("[")
    return folder


@pytest.fixture
def panel(qtbot: QtBot, studio: Studio, runs: Path) -> RunsPanel:
    studio.window.show_runs()
    qtbot.waitUntil(lambda: studio.window.runs.table.shown_count == len(list(runs.glob("[!.]*"))))
    return studio.window.runs


def settled(qtbot: QtBot, studio: Studio) -> None:
    """Wait until every change is made, and listed."""
    qtbot.waitUntil(lambda: not studio.runs.is_changing and not studio.runs.listing.is_running)


def cells(panel: RunsPanel, name: str) -> list[str]:
    model, row = panel.table.model(), panel.table.names().index(name)
    return [model.index(row, column).data() for column in Column]


def test_that_a_workspace_without_runs_says_so(qtbot: QtBot, studio: Studio):
    with qtbot.waitSignal(studio.runs.listed):
        studio.window.show_runs()
    assert studio.window.runs._pages.currentIndex() == 0
    assert studio.window.runs.interrupted.isHidden()


def test_that_every_run_stands_in_the_table(panel: RunsPanel):
    expected = ["cats", "Finished", "digits", "9,000", "1 min 30 s", "0.0500", "0.8000"]
    assert cells(panel, "cats")[1:8] == expected
    for name, state in (("night", "Interrupted"), ("torn", "Damaged"), ("new", "Not trained")):
        assert cells(panel, name)[Column.STATE] == state


def test_that_a_click_on_a_column_sorts_by_its_numbers(panel: RunsPanel):
    panel.table.sortByColumn(Column.IMAGES, Qt.SortOrder.AscendingOrder)
    sorted_names = [name for name in panel.table.names() if name not in ("new", "torn")]
    assert sorted_names == ["cats", "night", "dogs"]
    panel.table.sortByColumn(Column.NAME, Qt.SortOrder.DescendingOrder)
    assert panel.table.names() == ["torn", "night", "new", "dogs", "cats"]


def test_that_the_search_finds_what_was_noted(
    qtbot: QtBot, studio: Studio, panel: RunsPanel, runs: Path
):
    change_notes(runs / "dogs", text="Sharper strokes")
    with qtbot.waitSignal(studio.runs.listed):
        panel.refresh()
    qtbot.keyClicks(panel.bar._search, "SHARPER")
    qtbot.waitUntil(lambda: panel.table.names() == ["dogs"])
    qtbot.keyClicks(panel.bar._search, "xyz")
    qtbot.waitUntil(lambda: panel._pages.currentIndex() == 1)


def test_that_open_brings_the_images_of_the_run_to_the_front(
    qtbot: QtBot, studio: Studio, panel: RunsPanel, runs: Path
):
    panel.table.mark(runs / "dogs")
    panel.bar.open.click()
    assert studio.run_view.folder == runs / "dogs"
    gallery, table = (child(studio.window, QDockWidget, name) for name in ("gallery", "runs"))
    qtbot.waitUntil(lambda: not gallery.visibleRegion().isEmpty())
    assert table.visibleRegion().isEmpty()


def test_that_the_settings_of_any_run_are_shown(studio: Studio, panel: RunsPanel, runs: Path):
    panel.table.mark(runs / "cats")
    panel.bar.settings.trigger()
    dialog = child(studio.window, RunSettingsDialog)
    assert dialog.windowTitle() == "Settings of cats"
    dialog.only_modified.setChecked(True)
    assert dialog.table.topLevelItemCount() == 0
    assert says(dialog, "Nothing differs from the preset.")
    dialog.table.copy.trigger()
    assert QGuiApplication.clipboard().text() == ""
    dialog.only_modified.setChecked(False)
    dialog.table.copy.trigger()
    assert "Batch size\t64 pairs\t64 pairs" in QGuiApplication.clipboard().text().splitlines()
    dialog.close()


def test_that_notes_are_kept_with_their_own_run(
    qtbot: QtBot, studio: Studio, panel: RunsPanel, runs: Path
):
    panel.table.mark(runs / "cats")
    qtbot.keyClicks(panel.notes.field, "good eyes")
    panel.table.mark(runs / "dogs")
    assert panel.notes.field.toPlainText() == ""
    settled(qtbot, studio)
    assert read_notes(runs / "cats").text == "good eyes"
    assert read_notes(runs / "dogs").text == ""
    panel.table.mark(runs / "cats")
    qtbot.waitUntil(lambda: panel.notes.field.toPlainText() == "good eyes")


def test_that_a_refresh_disturbs_nobody_who_writes(
    qtbot: QtBot, studio: Studio, panel: RunsPanel, runs: Path
):
    panel.table.mark(runs / "cats")
    qtbot.keyClicks(panel.notes.field, "half a sen")
    change_notes(runs / "cats", is_starred=True)
    with qtbot.waitSignal(studio.runs.listed):
        panel.refresh()
    assert panel.notes.field.toPlainText() == "half a sen"
    assert panel.table.run is not None
    assert panel.table.run.folder == runs / "cats"


def test_that_a_click_stars_a_run(qtbot: QtBot, studio: Studio, panel: RunsPanel, runs: Path):
    row = panel.table.names().index("cats")
    place = panel.table.visualRect(panel.table.model().index(row, Column.STAR)).center()
    qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    settled(qtbot, studio)
    assert read_notes(runs / "cats").is_starred
    panel.table.sortByColumn(Column.STAR, Qt.SortOrder.DescendingOrder)
    qtbot.waitUntil(lambda: panel.table.names()[0] == "cats")


def test_that_a_deleted_run_can_be_taken_back(
    qtbot: QtBot, studio: Studio, panel: RunsPanel, runs: Path
):
    panel.table.mark(runs / "cats")
    qtbot.keyClick(panel.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: "cats" not in panel.table.names())
    assert "cats" in panel.undo.text
    assert not (runs / "cats").exists()
    qtbot.waitUntil(panel.bar.empty_trash.isEnabled)
    panel.undo.button.click()
    qtbot.waitUntil(lambda: "cats" in panel.table.names())
    assert (runs / "cats" / "run.toml").is_file()
    assert panel.undo.text == ""


def test_that_the_trash_is_emptied_only_when_that_is_confirmed(
    qtbot: QtBot, studio: Studio, panel: RunsPanel, runs: Path
):
    panel.table.mark(runs / "cats")
    panel.bar.delete.trigger()
    qtbot.waitUntil(panel.bar.empty_trash.isEnabled)
    panel.bar.empty_trash.trigger()
    child(panel, EmptyTrash).reject()
    settled(qtbot, studio)
    assert list((runs / ".trash").glob("*/cats"))
    qtbot.waitUntil(lambda: panel.findChild(EmptyTrash) is None)
    panel.bar.empty_trash.trigger()
    child(panel, EmptyTrash).delete.click()
    qtbot.waitUntil(lambda: not (runs / ".trash").exists())
    qtbot.waitUntil(lambda: panel.undo.text == "")


def test_that_a_run_gets_another_name(qtbot: QtBot, studio: Studio, panel: RunsPanel, runs: Path):
    panel.table.mark(runs / "cats")
    qtbot.keyClick(panel.table, Qt.Key.Key_F2)
    dialog = child(panel, RenameRun)
    for name, is_free in (("dogs", False), ("a/b", False), ("", False), ("tom cats", True)):
        dialog.field.set_text(name)
        dialog._check()
        assert dialog.ok.isEnabled() is is_free, name
    dialog.ok.click()
    qtbot.waitUntil(lambda: "tom cats" in panel.table.names())
    assert not (runs / "cats").exists()


def test_that_a_run_of_another_program_is_left_alone(
    qtbot: QtBot, studio: Studio, panel: RunsPanel, runs: Path
):
    with RunLock(runs / "dogs"):
        with qtbot.waitSignal(studio.runs.listed):
            panel.refresh()
        panel.table.mark(runs / "dogs")
        assert cells(panel, "dogs")[Column.STATE] == "Training"
        assert not panel.bar.resume.isEnabled()
        assert not panel.bar.delete.isEnabled()
        qtbot.keyClick(panel.table, Qt.Key.Key_Delete)
        settled(qtbot, studio)
        assert (runs / "dogs").is_dir()
    with qtbot.waitSignal(studio.runs.listed):
        panel.refresh()
    assert panel.bar.delete.isEnabled()


def test_that_an_interrupted_run_is_offered_and_goes_on(
    qtbot: QtBot, studio: Studio, engine: FakeEngine, panel: RunsPanel, runs: Path
):
    assert "night was interrupted after 20,000 images" in panel.interrupted.text
    panel.interrupted.button.click()
    qtbot.waitUntil(lambda: bool(engine.configs))
    assert engine.configs[-1].run == runs / "night"
    assert panel.interrupted.text == ""


@pytest.mark.parametrize(("name", "can"), [("dogs", True), ("cats", False), ("torn", False)])
def test_that_resume_is_offered_where_something_is_left_to_do(
    panel: RunsPanel, runs: Path, name: str, can: bool
):
    panel.table.mark(runs / name)
    assert panel.bar.resume.isEnabled() is can


def test_that_opening_shows_the_run(qtbot: QtBot, studio: Studio, panel: RunsPanel, runs: Path):
    panel.table.mark(runs / "cats")
    qtbot.keyClick(panel.table, Qt.Key.Key_Return)
    assert studio.run_view.folder == runs / "cats"
    panel.bar.rename.trigger()
    child(panel, RenameRun).field.set_text("toms")
    child(panel, RenameRun)._check()
    child(panel, RenameRun).ok.click()
    qtbot.waitUntil(lambda: studio.run_view.folder == runs / "toms")


def test_that_the_command_is_copied(studio: Studio, panel: RunsPanel, runs: Path):
    panel.table.mark(runs / "cats")
    panel.bar.copy_command.trigger()
    words = shlex.split(QGuiApplication.clipboard().text())
    assert words[:2] == ["diptych", "train"]
    assert _parser(None).parse_args(words[1:]).run == runs / "cats-2"


def test_that_a_run_waits_again(studio: Studio, panel: RunsPanel, runs: Path):
    panel.table.mark(runs / "cats")
    panel.bar.queue_again.trigger()
    assert [run.name for run in studio.runs_controller.runner.queue] == ["cats-2"]


def test_that_an_error_reaches_the_user(
    qtbot: QtBot, studio: Studio, panel: RunsPanel, runs: Path, problem_log: ProblemLog
):
    panel.table.mark(runs / "cats")
    (runs / ".trash").write_text("in the way")
    with qtbot.waitSignal(studio.runs.failed):
        panel.bar.delete.trigger()
    child(studio.window, ErrorDialog).reject()
    problem_log.expect("Cannot write", logger="studio.errors")
    assert (runs / "cats").is_dir()


def test_that_a_run_says_what_it_started_from(
    qtbot: QtBot, studio: Studio, panel: RunsPanel, runs: Path
):
    for name, is_branch, sentence in (
        ("tuned", False, "tuned, started from cats"),
        ("twig", True, "twig, a branch of cats"),
    ):
        origin = Origin(run="cats", checkpoint="best-kid", is_branch=is_branch)
        write_notes(made_run(runs, name), RunNotes(origin=origin))
        with qtbot.waitSignal(studio.runs.listed):
            studio.runs.list_runs(studio.workspace)
        panel.table.mark(runs / name)
        assert says(panel, sentence)


def test_that_a_branch_fills_the_form_and_can_be_cancelled(
    qtbot: QtBot, studio: Studio, panel: RunsPanel, runs: Path
):
    dataset = mixed_dataset(studio.workspace / "datasets" / "mixed")
    source = made_run(runs, "base", dataset=dataset, training__beta2=0.9, seed=7)
    checkpoint = source / "checkpoints" / "checkpoint-000000006400"
    start = BranchStart(source=source, checkpoint=checkpoint, images_seen=6400, elapsed_s=300.0)
    studio.runs_controller.begin_branch(start)
    form, run = studio.window.run._form, studio.window.run
    assert "base" in run.origin.text
    assert not run.origin.isHidden()
    assert (form.text("seed"), form.text("training.beta2"), form.name) == ("7", "0.9", "base-2")
    # The five minutes of the run are spent at this checkpoint.
    assert form.text("minutes") == "10"
    assert run.can_start
    form.set_text("networks.token_dim", "64")
    form.set_text("minutes", "4")
    run.refresh()
    assert set(form.problems()) == {"networks.token_dim", "minutes"}
    assert not run.can_start
    run.origin.cancel.click()
    assert run.origin.isHidden()
    assert form.problems() == {}
    assert form.plan().branch is None


def test_that_a_run_without_a_usable_checkpoint_says_so(
    qtbot: QtBot, studio: Studio, panel: RunsPanel, runs: Path
):
    panel.table.mark(runs / "cats")
    with qtbot.waitSignal(studio.runs.choices_found):
        panel.bar.branch.click()
    dialog = child(studio.window, BranchRun)
    assert not dialog.ok.isEnabled()
    dialog.reject()


def test_that_runs_are_listed_on_another_thread(qtbot: QtBot, studio: Studio, panel: RunsPanel):
    import threading

    from studio.jobs import runs as module

    seen: list[int] = []
    real = module.Catalogue.refresh
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            module.Catalogue,
            "refresh",
            lambda self, **_: seen.append(threading.get_ident()) or real(self),
        )
        with qtbot.waitSignal(studio.runs.listed):
            panel.refresh()
    assert seen
    assert threading.get_ident() not in seen
