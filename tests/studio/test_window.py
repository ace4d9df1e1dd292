"""The window as a whole, over a fake engine: start, watch, stop, open, fail."""

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt, QUrl
from PySide6.QtGui import QAction, QDesktopServices
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QWidget,
)
from pytestqt.qtbot import QtBot

from engine.config.presets import config_from_preset
from engine.errors import NonFiniteLossError
from engine.events import CheckpointSaved, GalleryEnded, RunEnded
from engine.runs.event_log import RunLog
from engine.runs.folder import RunFolder, create_run_folder
from studio.app import Studio, build_studio
from studio.dialogs.error import AboutDialog, ErrorDialog
from studio.dialogs.save_gallery import SaveGalleryDialog
from studio.i18n import Language
from studio.models.run_state import RunActivity, activity_text
from studio.settings.choices import GeneralChoices
from studio.theme import DARK, LIGHT, Appearance, current_colors
from studio.widgets.steps import TimelineBar
from studio.window.dock_area import DockArea, RunStatusBar
from tests.helpers.fake_engine import FakeEngine, losses
from tests.helpers.guards import ProblemLog, is_event
from tests.helpers.run_folders import write_preview
from tests.helpers.windows import child, delete_studios


def click(qtbot: QtBot, button: QPushButton) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def run_button(studio: Studio) -> QPushButton:
    """Give the button that starts or, while a run is under way, the one that stops."""
    return next(
        button
        for button in studio.window.run.findChildren(QPushButton)
        if button.text() in ("Start training", "Stop") and button.isVisible()
    )


def status(studio: Studio) -> str:
    return child(studio.window, RunStatusBar).text


def start_digits(qtbot: QtBot, studio: Studio) -> None:
    """Start as a newcomer does, and wait until both previews have arrived."""
    click(qtbot, studio.window.welcome.starter_button("digits"))
    qtbot.waitUntil(lambda: "200 images" in status(studio))


def stop(qtbot: QtBot, studio: Studio) -> None:
    with qtbot.waitSignal(studio.training.event_emitted, check_params_cb=is_event(RunEnded)):
        click(qtbot, run_button(studio))


def write_run(folder: Path, reports: int = 3) -> Path:
    """Write a run as the engine leaves it, with two previews and a checkpoint."""
    config = config_from_preset("cpu-tiny", dataset=folder, run=folder)
    run = create_run_folder(config)
    log = RunLog(run.log_file)
    for number in range(reports):
        log.record(losses(1000 * (number + 1)))
    log.close()
    write_preview(folder, 100)
    write_preview(folder, 200)
    run.checkpoint_path(200).mkdir()
    return folder


def test_that_a_newcomer_trains_with_one_click(qtbot: QtBot, studio: Studio, engine: FakeEngine):
    assert studio.window.is_welcoming
    start_digits(qtbot, studio)
    assert not studio.window.is_welcoming
    assert engine.starters == ["digits"]
    [config] = engine.configs
    assert config.run.parent == studio.workspace / "runs"
    assert config.dataset == studio.workspace / "datasets" / "digits"
    assert config.preset == "cpu-tiny"
    assert studio.window.windowTitle() == f"{config.run.name} – Diptych"


def test_that_curves_and_previews_follow_the_run(qtbot: QtBot, studio: Studio):
    start_digits(qtbot, studio)
    qtbot.waitUntil(
        lambda: set(studio.window.losses.board.legend.names) >= {"generator", "discriminator"}
    )
    curve = studio.window.losses.history.curves["discriminator"]
    assert list(curve.points()[0]) == [100, 200]
    assert preview_count(studio) == 2
    assert "1,234 images/s" in status(studio)
    assert "1 min 30 s left" in status(studio)


def test_that_stop_says_so_at_once_and_keeps_a_checkpoint(
    qtbot: QtBot, studio: Studio, engine: FakeEngine
):
    start_digits(qtbot, studio)
    engine.answers_stop.clear()
    button = run_button(studio)
    assert button.text() == "Stop"
    click(qtbot, button)
    assert "Stopping…" in status(studio)
    assert not button.isEnabled()
    with qtbot.waitSignal(studio.training.event_emitted, check_params_cb=is_event(RunEnded)):
        engine.answers_stop.set()
    assert "Stopped, checkpoint saved" in status(studio)
    assert not button.isVisible()
    assert run_button(studio).text() == "Start training"
    assert run_button(studio).isEnabled()
    assert RunFolder(engine.configs[0].run).checkpoint_paths()


def test_that_the_form_stays_usable_while_another_run_is_not_opened(qtbot: QtBot, studio: Studio):
    field = child(studio.window.run, QLineEdit)
    start_digits(qtbot, studio)
    assert field.isEnabled()
    assert studio.window.run.can_queue
    assert not studio.window.run.can_start
    assert not studio.window.actions_.open_run.isEnabled()
    stop(qtbot, studio)
    assert field.isEnabled()
    assert studio.window.actions_.open_run.isEnabled()


def test_that_the_next_run_gets_another_name(qtbot: QtBot, studio: Studio, engine: FakeEngine):
    start_digits(qtbot, studio)
    stop(qtbot, studio)
    studio.window.actions_.start.trigger()
    qtbot.waitUntil(lambda: len(engine.configs) == 2)
    first, second = (config.run.name for config in engine.configs)
    assert first.removesuffix("-1") == second.removesuffix("-2")


def test_that_a_failing_run_explains_itself_and_lets_the_user_try_again(
    qtbot: QtBot, studio: Studio, engine: FakeEngine, problem_log: ProblemLog
):
    engine.failure = NonFiniteLossError(1234, ["discriminator"])
    with qtbot.waitSignal(studio.reporter.error_reported):
        click(qtbot, studio.window.welcome.starter_button("digits"))
    dialog = child(studio.window, ErrorDialog)
    texts = [label.text() for label in dialog.findChildren(QLabel)]
    assert "Training became unstable and was ended." in texts
    assert any("1,234 images" in text for text in texts)
    assert "Ended with an error" in status(studio)
    assert studio.window.run.can_start
    dialog.reject()
    problem_log.expect("A job failed", logger="studio.jobs")
    problem_log.expect("NonFiniteLossError", logger="studio.errors")


def test_that_a_fault_of_ours_is_called_one(
    qtbot: QtBot, studio: Studio, engine: FakeEngine, problem_log: ProblemLog
):
    engine.failure = ZeroDivisionError("an engineer slept")
    with qtbot.waitSignal(studio.reporter.error_reported) as reported:
        studio.window.actions_.start.trigger()
    [report] = reported.args or []
    assert "This is a fault of the program, not yours." in report.explanation.hint
    assert "an engineer slept" in report.details
    assert "Traceback" in report.details
    child(studio.window, ErrorDialog).reject()
    problem_log.expect("A job failed")
    problem_log.expect("an engineer slept")


def test_that_a_gallery_of_a_live_run_waits_for_its_checkpoint(
    qtbot: QtBot, studio: Studio, engine: FakeEngine
):
    assert not studio.window.actions_.save_gallery.isEnabled()
    start_digits(qtbot, studio)
    studio.window.actions_.save_gallery.trigger()
    dialog = child(studio.window, SaveGalleryDialog)
    with qtbot.waitSignals(
        [studio.training.event_emitted, studio.gallery.gallery_ended],
        check_params_cbs=[is_event(CheckpointSaved), is_event(GalleryEnded)],
    ):
        button = next(b for b in dialog.findChildren(QPushButton) if b.text() == "Save")
        click(qtbot, button)
    [request] = engine.requests
    assert request.run == engine.configs[0].run
    assert request.folder.is_relative_to(studio.workspace / "galleries")
    dialog.reject()
    assert studio.saving.dialog is None


def test_that_asking_twice_for_a_gallery_shows_the_same_dialog(qtbot: QtBot, studio: Studio):
    start_digits(qtbot, studio)
    studio.window.actions_.save_gallery.trigger()
    first = studio.saving.dialog
    studio.window.gallery.save_requested.emit()
    assert studio.saving.dialog is first
    assert first is not None
    first.reject()


def test_that_a_run_on_disk_opens_with_curves_and_previews(
    qtbot: QtBot, studio: Studio, tmp_path: Path
):
    studio.run_view.open(write_run(tmp_path / "runs" / "old"))
    qtbot.waitUntil(lambda: "discriminator" in studio.window.losses.board.legend.names)
    assert preview_count(studio) == 2
    assert studio.window.windowTitle() == "old – Interrupted – Diptych"
    assert studio.window.actions_.save_gallery.isEnabled()
    assert not studio.window.is_welcoming


def test_that_a_folder_without_a_run_is_refused_in_words(
    qtbot: QtBot, studio: Studio, tmp_path: Path, problem_log: ProblemLog
):
    studio.window.welcome.open_requested.emit()
    picker = child(studio.window, QFileDialog)
    with qtbot.waitSignal(studio.reporter.error_reported) as reported:
        picker.fileSelected.emit(str(tmp_path))
    picker.reject()
    [report] = reported.args or []
    assert report.explanation.happened == "The run was not found."
    assert studio.window.is_welcoming
    child(studio.window, ErrorDialog).reject()
    problem_log.expect("RunMissingError")


def test_that_the_latest_run_comes_back(
    qtbot: QtBot, qapp: QApplication, settings: QSettings, engine: FakeEngine, tmp_path: Path
):
    folder = write_run(tmp_path / "runs" / "yesterday")
    studio = build_studio(qapp, settings=settings, work=engine.work())
    qtbot.addWidget(studio.window)
    studio.store.save(GeneralChoices(last_run=folder))
    again = build_studio(qapp, settings=settings, work=engine.work())
    qtbot.addWidget(again.window)
    again.restore_last_run()
    assert again.window.windowTitle() == "yesterday – Interrupted – Diptych"
    for made in (studio, again):
        made.window.leave()


@pytest.mark.slow
def test_that_choices_outlive_the_session(
    qtbot: QtBot, qapp: QApplication, settings: QSettings, engine: FakeEngine, tmp_path: Path
):
    first = build_studio(qapp, settings=settings, work=engine.work())
    first.window.show()
    first.window.show_docks()
    before = first.window
    before.actions_.choice(Appearance.DARK).trigger()
    before.actions_.choice(Language.CHINESE).trigger()
    assert current_colors() is DARK
    qtbot.waitUntil(lambda: first.window is not before)
    first.window.actions_.choose_workspace.trigger()
    dialog = child(first.window, QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "work"))
    dialog.reject()
    child(first.window, QDockWidget, "log").hide()
    first.window.close()
    delete_studios(qapp)
    second = build_studio(qapp, settings=settings, work=engine.work())
    assert second.workspace == tmp_path / "work"
    assert second.window.actions_.choice(Appearance.DARK).isChecked()
    assert second.window.actions_.choice(Language.CHINESE).isChecked()
    second.window.show()
    second.window.show_docks()
    assert child(second.window, QDockWidget, "log").isHidden()
    second.window.actions_.choice(Appearance.LIGHT).trigger()
    assert current_colors() is LIGHT
    second.window.leave()


def preview_count(studio: Studio) -> int:
    """Count the places of the slider below the gallery."""
    return child(child(studio.window.gallery, TimelineBar), QSlider).maximum() + 1


# What the window's menu does beside training.


def test_that_docks_come_back_with_reset(studio: Studio):
    log = child(studio.window, QDockWidget, "log")
    toggle = next(a for a in studio.window.findChildren(QAction) if a.text() == "Log")
    studio.window.show_docks()
    toggle.trigger()
    assert log.isHidden()
    studio.window.actions_.reset_layout.trigger()
    assert not log.isHidden()


def test_that_a_dock_that_comes_back_has_its_width(qtbot: QtBot, studio: Studio):
    studio.window.show_docks()
    studio.window.resize(1400, 900)
    run = child(studio.window, QDockWidget, "run")
    qtbot.waitUntil(lambda: run.width() == 340)
    run.setFloating(True)
    run.setFloating(False)
    qtbot.waitUntil(lambda: run.width() == 340)
    for is_shown in (False, True):
        run.toggleViewAction().trigger()
        assert run.isHidden() is not is_shown
    qtbot.waitUntil(lambda: run.width() == 340)


def test_that_folders_open_in_the_file_manager(studio: Studio, monkeypatch):
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    studio.window.actions_.show_workspace.trigger()
    studio.window.actions_.show_log_folder.trigger()
    assert Path(opened[0].toLocalFile()) == studio.workspace
    assert all(Path(url.toLocalFile()).is_dir() for url in opened)


def test_that_a_folder_that_cannot_be_made_is_only_logged(
    studio: Studio, monkeypatch, problem_log: ProblemLog
):
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _url: False)
    studio.workspace.parent.mkdir(parents=True)
    studio.workspace.touch()
    studio.window.actions_.show_workspace.trigger()
    problem_log.expect("cannot be made", logger="studio.widgets.folder_dialog")


def test_that_about_names_the_version(qtbot: QtBot, studio: Studio):
    studio.window.actions_.about.trigger()
    about = child(studio.window, AboutDialog)
    assert "0.1.0" in about.text()
    assert "PySide6 6." in about.informativeText()
    about.close()


def test_that_full_screen_goes_both_ways(studio: Studio):
    studio.window.actions_.full_screen.trigger()
    assert studio.window.isFullScreen()
    studio.window.actions_.full_screen.trigger()
    assert not studio.window.isFullScreen()


def test_that_every_state_has_words():
    texts = {activity_text(state) for state in RunActivity}
    assert len(texts) == len(RunActivity)


def test_that_a_further_panel_becomes_a_tab_beside_the_log(qtbot: QtBot):
    upper = ("gallery", "play", "datasets", "runs", "compare", "learn")
    names = ("run", "losses", "quality", "log", *upper)
    notes = QWidget()
    notes.setWindowTitle("Notes")
    docks = DockArea(**{name: QWidget() for name in names}, others={"notes": notes})
    qtbot.addWidget(docks)
    dock = child(docks, QDockWidget, "notes")
    log = child(docks, QDockWidget, "log")
    assert dock.widget() is notes
    assert dock in docks.tabifiedDockWidgets(log)
    assert "Notes" in [action.text() for action in docks.toggle_actions().values()]


def test_that_a_drag_in_play_leaves_time_to_a_run_while_it_trains(qtbot: QtBot, studio: Studio):
    interval = studio.window.play.edits.throttle._timer.interval
    alone_ms = interval()
    start_digits(qtbot, studio)
    assert interval() > 2 * alone_ms
    assert studio.window.play.feed._is_training
    stop(qtbot, studio)
    assert interval() == alone_ms
    assert not studio.window.play.feed._is_training


def test_that_play_loads_nothing_until_it_is_in_front(
    qtbot: QtBot, studio: Studio, engine: FakeEngine
):
    start_digits(qtbot, studio)
    assert not engine.player.opened
    studio.window.show_play()
    qtbot.waitUntil(lambda: bool(engine.player.opened))
    studio.window.show_gallery()
    qtbot.waitUntil(lambda: not studio.window.play.session._is_seen)
    assert not studio.window.play.session._follow.isActive()
