"""What the window's menu does beside training."""

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QAction, QDesktopServices
from PySide6.QtWidgets import QDockWidget
from pytestqt.qtbot import QtBot

from studio.app import Studio
from studio.dialogs.about import AboutDialog
from studio.models.run_status import RunState, state_text
from tests.helpers.problem_log import ProblemLog
from tests.helpers.widgets import child


def test_that_docks_come_back_with_reset(studio: Studio):
    log = child(studio.window, QDockWidget, "log")
    toggle = next(a for a in studio.window.findChildren(QAction) if a.text() == "Log")
    studio.window.show_docks()
    toggle.trigger()
    assert log.isHidden()
    studio.window.actions_.reset_layout.trigger()
    assert not log.isHidden()


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
    texts = {state_text(state) for state in RunState}
    assert len(texts) == len(RunState)
