"""Telling of a run's end while the window is elsewhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtDBus import QDBusMessage
from PySide6.QtWidgets import QApplication, QMainWindow, QSystemTrayIcon
from pytestqt.qtbot import QtBot

from engine.events import Outcome, PreviewReady, RunEnded
from engine.metrics.verdict import Claim, JudgedRun, Reason, Verdict
from studio.app import Studio
from studio.window.notices import (
    INTERFACE,
    NOTICE,
    PATH,
    SERVICE,
    SHOW,
    DesktopNotice,
    RunNotices,
    TrayNotice,
    system_notice,
)
from tests.helpers.fake_engine import FakeEngine
from tests.helpers.guards import is_event
from tests.helpers.private_bus import PrivateBus, answering, private_bus


class FakeNotice:
    """Remembers what it was to show."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, str]] = []

    def show(self, title: str, text: str) -> None:
        self.shown.append((title, text))


@pytest.fixture
def window(qtbot: QtBot) -> QMainWindow:
    window = QMainWindow()
    qtbot.addWidget(window)
    return window


@pytest.fixture
def bus() -> Iterator[PrivateBus]:
    with private_bus() as made:
        yield made


def ended(outcome: Outcome = Outcome.FINISHED) -> RunEnded:
    return RunEnded(
        outcome=outcome, folder=Path("runs/digits-3"), images_seen=12_345, elapsed_s=125.0
    )


def test_that_a_finished_run_is_told_of_by_name(window: QMainWindow):
    notice = FakeNotice()
    RunNotices(window, lambda _notices: notice).on_event(ended())
    title, text = notice.shown[0]
    assert title == "digits-3 is finished"
    assert "12,345 images in 2 min 5 s" in text


def test_that_a_finished_run_is_told_of_with_its_verdict(window: QMainWindow):
    notice = FakeNotice()
    notices = RunNotices(window, lambda _notices: notice)
    notices.hold(ended())
    assert notice.shown == []
    figures = {"coverage": 0.5, "pairs": 900}
    verdict = Verdict(claims=(Claim.NARROW,), reason=Reason.FEW_PICTURES, figures=figures)
    notices.on_judged(JudgedRun(folder=ended().folder, verdict=verdict))
    notices.on_judged(JudgedRun(folder=ended().folder, verdict=verdict))
    ((title, text),) = notice.shown
    assert title == "digits-3 is finished"
    assert text.startswith("Images cover only 50 % of the variety of the training images. What")
    assert "12,345 images in 2 min 5 s" in text


def test_that_a_run_without_a_verdict_is_told_of_all_the_same(window: QMainWindow):
    notice = FakeNotice()
    notices = RunNotices(window, lambda _notices: notice)
    notices.on_judged(JudgedRun(folder=ended().folder))
    notices.hold(ended())
    notices.on_judged(JudgedRun(folder=ended().folder))
    assert [title for title, _text in notice.shown] == ["digits-3 is finished"]
    notices.hold(ended(Outcome.FAILED))
    assert notice.shown[-1][0] == "digits-3 ended with an error"


def test_that_a_failed_run_is_told_of_as_such(window: QMainWindow):
    notice = FakeNotice()
    RunNotices(window, lambda _notices: notice).on_event(ended(Outcome.FAILED))
    assert notice.shown[0][0] == "digits-3 ended with an error"


def test_that_who_stopped_a_run_is_not_told(window: QMainWindow):
    notice = FakeNotice()
    RunNotices(window, lambda _notices: notice).on_event(ended(Outcome.STOPPED))
    assert notice.shown == []


def test_that_who_looks_at_the_window_is_not_told(
    window: QMainWindow, monkeypatch: pytest.MonkeyPatch
):
    notice = FakeNotice()
    notices = RunNotices(window, lambda _notices: notice)
    window.show()
    monkeypatch.setattr(QApplication, "activeWindow", lambda: window)
    notices.on_event(ended())
    assert notice.shown == []
    window.showMinimized()
    notices.on_event(ended())
    assert len(notice.shown) == 1


def test_that_a_system_without_messages_still_alerts(
    window: QMainWindow, monkeypatch: pytest.MonkeyPatch
):
    alerted: list[object] = []
    monkeypatch.setattr(QApplication, "alert", alerted.append)
    assert system_notice(RunNotices(window)) is None
    RunNotices(window).on_event(ended())
    assert alerted == [window]


def test_that_the_icon_shows_the_message_and_a_click_brings_the_window_back(
    window: QMainWindow, monkeypatch: pytest.MonkeyPatch
):
    shown: list[tuple[object, ...]] = []
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", lambda: True)
    monkeypatch.setattr(QSystemTrayIcon, "showMessage", lambda _icon, *what: shown.append(what))
    monkeypatch.setattr(QSystemTrayIcon, "show", lambda _icon: None)
    notices = RunNotices(window)
    notice = system_notice(notices)
    assert isinstance(notice, TrayNotice)
    notice.show("digits-3 is finished", "text")
    assert shown[0][:2] == ("digits-3 is finished", "text")
    window.showMinimized()
    notice.icon.messageClicked.emit()
    assert window.isVisible()
    assert not window.isMinimized()


def test_that_the_portal_is_asked_and_hears_of_a_click(
    qtbot: QtBot, window: QMainWindow, bus: PrivateBus
):
    service, portal = bus.serve(SERVICE, PATH, answering())
    notice = DesktopNotice(window, bus.connect())
    notice.show("digits-3 is finished", "12 images")
    qtbot.waitUntil(lambda: bool(service.calls))
    interface, method, arguments = service.calls[0]
    assert (interface, method) == (INTERFACE, "AddNotification")
    assert arguments[0] == NOTICE
    assert notice.is_there

    def click(notice_id: str) -> None:
        message = QDBusMessage.createSignal(PATH, INTERFACE, "ActionInvoked")
        message.setArguments([notice_id, SHOW, []])
        assert portal.send(message)

    clicks: list[object] = []
    notice.clicked.connect(lambda: clicks.append(None))
    click("of-another-program")
    click(NOTICE)
    qtbot.waitUntil(lambda: bool(clicks))
    assert len(clicks) == 1


def test_that_the_studio_tells_of_its_run(qtbot: QtBot, studio: Studio, engine: FakeEngine):
    notice = FakeNotice()
    studio.desktop.notices._make = lambda _notices: notice
    with qtbot.waitSignal(studio.training.event_emitted, check_params_cb=is_event(PreviewReady)):
        studio.window.actions_.start.trigger()
    studio.window.showMinimized()
    with qtbot.waitSignal(studio.runs.judged):
        engine.finish.set()
    assert "is finished" in notice.shown[0][0]
