"""The end of the wizard: importing, cancelling, closing, and the way from and to the window."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from engine.errors import DiskFullError
from studio.app import Studio
from studio.settings.choices import ImportChoices
from studio.widgets.drop_zone import DropZone
from tests.helpers.fake_engine import FakeEngine
from tests.helpers.fake_looks import FakeLooks
from tests.helpers.windows import OpenWizard, drop, opened_studio, press, says


@pytest.fixture
def fake() -> FakeLooks:
    return FakeLooks()


@pytest.fixture
def opened(qtbot: QtBot, tmp_path: Path, fake: FakeLooks) -> Iterator[OpenWizard]:
    made = OpenWizard(qtbot, tmp_path, fake)
    yield made
    made.end()


def start(opened: OpenWizard) -> None:
    opened.go_to(opened.wizard.summary)
    opened.press("Import")


def test_that_nothing_is_written_before_import_is_pressed(opened: OpenWizard, fake: FakeLooks):
    opened.go_to(opened.wizard.summary)
    assert not opened.workspace.exists()
    assert "import" not in fake.plans
    assert opened.says(str(opened.workspace / "datasets" / "cats"))
    # Labels that were just made are shown a moment later.
    opened.qtbot.waitUntil(lambda: opened.says("3 pair(s)"))
    assert opened.says("Hidden files of the system")


@pytest.mark.parametrize("name", ["", "a/b", "con", "taken", "dot."])
def test_that_a_name_that_cannot_be_turns_red_and_blocks_the_import(opened: OpenWizard, name: str):
    (opened.workspace / "datasets" / "taken").mkdir(parents=True)
    (opened.workspace / "datasets" / "taken" / "manifest.json").touch()
    opened.go_to(opened.wizard.summary)
    field = opened.wizard.summary.name
    field.edit.setText(name)
    field.edit.textEdited.emit(name)
    assert field.edit.property("invalid")
    assert not opened.wizard.next.isEnabled()
    field.edit.setText("mine")
    field.edit.textEdited.emit("mine")
    assert opened.wizard.next.isEnabled()


def test_that_a_name_in_use_gets_a_number(opened: OpenWizard):
    (opened.workspace / "datasets" / "cats").mkdir(parents=True)
    (opened.workspace / "datasets" / "cats" / "manifest.json").touch()
    opened.go_to(opened.wizard.summary)
    assert opened.wizard.summary.name.text() == "cats-2"


def test_that_the_import_ends_with_report_and_training(
    opened: OpenWizard, monkeypatch: pytest.MonkeyPatch
):
    shown: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", shown.append)
    with opened.qtbot.waitSignal(opened.wizard.imported) as made:
        start(opened)
    assert opened.says("3 item(s) imported")
    opened.press("Open report")
    assert shown[0].toLocalFile().endswith("report.html")
    with opened.qtbot.waitSignal(opened.wizard.train_requested) as train:
        opened.press("Train on this")
    assert train.args is not None
    assert made.args is not None
    assert train.args[0].dataset == made.args[0] == opened.workspace / "datasets" / "cats"
    assert not opened.wizard.isVisible()


def test_that_progress_is_shown_and_cancel_keeps_what_was_done(opened: OpenWizard, fake: FakeLooks):
    fake.holds.add("import")
    start(opened)
    opened.qtbot.waitUntil(lambda: opened.says("1 of 3"))
    assert opened.says("2 a second")
    assert not opened.wizard.back.isEnabled()
    opened.press("Cancel the import")
    opened.qtbot.waitUntil(lambda: opened.says("No dataset was made."))
    assert opened.says("Completed work is kept.")
    fake.holds.clear()
    opened.press("Continue the import")
    opened.qtbot.waitUntil(lambda: opened.says("3 item(s) imported"))


def test_that_an_import_that_was_cut_off_is_offered_to_be_continued(
    opened: OpenWizard, fake: FakeLooks
):
    fake.is_staged = True
    opened.go_to(opened.wizard.summary)
    assert opened.says("An earlier import was not finished.")
    assert opened.wizard.next.text() == "Continue the import"


def test_that_a_failure_is_explained_and_can_be_tried_again(opened: OpenWizard, fake: FakeLooks):
    opened.go_to(opened.wizard.summary)
    fake.failure = DiskFullError(opened.workspace, 5_000_000, 1_000)
    opened.press("Import")
    opened.qtbot.waitUntil(lambda: opened.says("The disk is full."))
    assert opened.wizard.back.isEnabled()
    fake.failure = None
    opened.press("Import")
    opened.qtbot.waitUntil(lambda: opened.says("3 item(s) imported"))


def test_that_closing_asks_only_while_work_is_under_way(opened: OpenWizard, fake: FakeLooks):
    opened.go_to(opened.wizard.summary)
    fake.holds.add("import")
    opened.press("Import")
    opened.qtbot.waitUntil(lambda: opened.says("1 of 3"))
    opened.wizard.close()
    question = opened.question()
    assert question is not None
    assert opened.wizard.isVisible()
    press(opened.qtbot, question, "Continue")
    assert opened.jobs.building.is_running
    opened.wizard.close()
    opened.qtbot.waitUntil(lambda: opened.question() is not None)
    question = opened.question()
    assert question is not None
    press(opened.qtbot, question, "Stop and close")
    opened.qtbot.waitUntil(lambda: not opened.wizard.isVisible())
    assert not opened.jobs.building.is_running


def test_that_closing_asks_nothing_when_nothing_runs(opened: OpenWizard):
    opened.go_to(opened.wizard.check)
    opened.wizard.close()
    assert opened.question() is None
    assert not opened.wizard.isVisible()


def test_that_closing_during_the_check_asks_and_ends_it(opened: OpenWizard, fake: FakeLooks):
    opened.go_to(opened.wizard.images)
    fake.holds.add("check")
    opened.press("Next")
    opened.wizard.reject()
    question = opened.question()
    assert question is not None
    press(opened.qtbot, question, "Close")
    assert not opened.wizard.isVisible()


@pytest.fixture
def studio(
    qapp: QApplication, settings: QSettings, engine: FakeEngine, fake: FakeLooks
) -> Iterator[Studio]:
    with opened_studio(qapp, settings, fake.work(engine)) as made:
        yield made
        made.importing.shut_down()


def test_that_menu_and_welcome_open_one_wizard(qtbot: QtBot, studio: Studio):
    studio.window.actions_.import_dataset.trigger()
    first = studio.importing.wizard
    assert first is not None
    press(qtbot, studio.window.welcome, "Import your own images…")
    assert studio.importing.wizard is first
    first.close()
    assert studio.importing.wizard is None


def test_that_a_folder_dropped_onto_the_window_is_listed(
    qtbot: QtBot, studio: Studio, tmp_path: Path
):
    drop(studio.window, tmp_path)
    wizard = studio.importing.wizard
    assert wizard is not None
    qtbot.waitUntil(lambda: wizard.form.scan is not None)
    assert wizard.form.scan is not None
    assert wizard.form.scan.source == tmp_path
    assert studio.importing.choices == ImportChoices(recent=(str(tmp_path),))
    drop(wizard.findChild(DropZone), tmp_path.parent)
    qtbot.waitUntil(lambda: wizard.source.source == tmp_path.parent)
    qtbot.waitUntil(lambda: not wizard.source.refusal())
    wizard.close()


def test_that_two_dropped_things_are_refused_with_a_reason(studio: Studio, tmp_path: Path):
    drop(studio.window, tmp_path, tmp_path.parent)
    assert studio.importing.wizard is None
    assert "dropped at a time" in studio.window.statusBar().currentMessage()
    studio.importing.open()
    wizard = studio.importing.wizard
    assert wizard is not None
    zone = wizard.findChild(DropZone)
    assert not says(wizard, "dropped at a time")
    drop(zone, tmp_path, tmp_path.parent)
    assert says(wizard, "dropped at a time")
    wizard.close()


def test_that_train_on_this_makes_it_the_next_run(qtbot: QtBot, studio: Studio, tmp_path: Path):
    studio.importing.open(tmp_path)
    wizard = studio.importing.wizard
    assert wizard is not None
    qtbot.waitUntil(lambda: wizard.form.scan is not None)
    wizard.form.set_text("data.tokenizer", "characters")
    wizard.form.set_text("data.text_length", "20")
    for page in [page for page in wizard.pages if page.is_needed()][1:]:
        qtbot.waitUntil(lambda: not wizard.page.refusal())
        wizard.go_next()
        assert wizard.page is page
    qtbot.waitUntil(lambda: not wizard.page.refusal())
    wizard.go_next()
    qtbot.waitUntil(lambda: wizard.summary.is_over)
    press(qtbot, wizard, "Train on this")
    form = studio.window.run._form
    assert form.dataset == wizard.form.dataset
    assert form.starter == ""
    assert form.text("data.tokenizer") == "characters"
    assert form.text("data.text_length") == "20"
    assert not studio.window.is_welcoming


def test_that_leaving_the_studio_ends_an_import(qtbot: QtBot, studio: Studio, fake: FakeLooks):
    fake.holds.add("listing")
    studio.importing.open(Path.cwd())
    studio.window.close()
    assert not studio.window.isVisible()
    assert not studio.importing.jobs.listing.is_running


def test_that_closing_the_window_asks_about_an_import(
    qtbot: QtBot, studio: Studio, tmp_path: Path, fake: FakeLooks
):
    fake.holds.add("import")
    studio.importing.open(tmp_path)
    wizard = studio.importing.wizard
    assert wizard is not None
    qtbot.waitUntil(lambda: wizard.form.scan is not None)
    while wizard.page is not wizard.summary:
        qtbot.waitUntil(lambda: not wizard.page.refusal())
        wizard.go_next()
    qtbot.waitUntil(lambda: not wizard.page.refusal())
    wizard.go_next()
    qtbot.waitUntil(lambda: studio.importing.jobs.building.is_running)
    studio.window.close()
    press(qtbot, wizard, "Continue")
    assert studio.window.isVisible()
    assert studio.importing.jobs.building.is_running
    studio.window.close()
    qtbot.waitUntil(lambda: any(box.isVisible() for box in wizard.findChildren(QMessageBox)))
    press(qtbot, wizard, "Stop and close")
    qtbot.waitUntil(lambda: not studio.window.isVisible())
    assert not studio.importing.jobs.building.is_running
