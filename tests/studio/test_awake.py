"""Keeping the computer awake: three systems behind one class."""

import logging
import os
import select
from collections.abc import Iterator, Sequence

import pytest
from PySide6.QtDBus import QDBusMessage, QDBusUnixFileDescriptor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.events import Outcome, Phase, PhaseChanged, PreviewReady, RunEnded, RunPaused
from studio.app import Studio
from studio.jobs.awake import SleepInhibitor, way_of
from studio.jobs.awake.bus import (
    CONTINUOUS,
    DOORS,
    SYSTEM_REQUIRED,
    BusInhibition,
    MacInhibition,
    WindowsInhibition,
)
from studio.jobs.training import RunEvents
from tests.helpers.fake_engine import FakeEngine
from tests.helpers.guards import is_event
from tests.helpers.private_bus import PrivateBus, answering, private_bus

LOGIN, POWER, SCREEN = DOORS


class FakeHold:
    """Counts how often it is made and released."""

    made = released = 0

    def __init__(self) -> None:
        FakeHold.made += 1

    def release(self) -> None:
        FakeHold.released += 1


@pytest.fixture(autouse=True)
def fresh_counts() -> None:
    FakeHold.made = FakeHold.released = 0


@pytest.fixture
def bus() -> Iterator[PrivateBus]:
    with private_bus() as made:
        yield made


@pytest.fixture
def run() -> RunEvents:
    return RunEvents()


def ended(tmp_path, outcome: Outcome) -> RunEnded:
    return RunEnded(outcome=outcome, folder=tmp_path, images_seen=1, elapsed_s=1.0)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_that_a_run_holds_until_it_ends_whichever_way(qtbot: QtBot, run, tmp_path, outcome):
    awake = SleepInhibitor(FakeHold)
    awake.follow(run)
    assert not awake.is_holding
    run.run_started.emit(None)
    run.event_emitted.emit(PhaseChanged(phase=Phase.TRAINING))
    assert awake.is_holding
    run.event_emitted.emit(ended(tmp_path, outcome))
    assert not awake.is_holding
    assert (FakeHold.made, FakeHold.released) == (1, 1)


def test_that_a_paused_run_lets_the_computer_sleep(qtbot: QtBot, run):
    awake = SleepInhibitor(FakeHold)
    awake.follow(run)
    run.run_started.emit(None)
    run.event_emitted.emit(RunPaused(images_seen=1))
    assert not awake.is_holding
    run.event_emitted.emit(PhaseChanged(phase=Phase.TRAINING))
    assert awake.is_holding
    awake.let_go()


def test_that_whoever_quits_lets_go(qapp: QApplication, run):
    awake = SleepInhibitor(FakeHold)
    awake.follow(run)
    run.run_started.emit(None)
    qapp.aboutToQuit.emit()
    assert FakeHold.released == 1


def test_that_the_user_may_forbid_it_in_mid_run(qtbot: QtBot, run):
    awake = SleepInhibitor(FakeHold)
    awake.follow(run)
    awake.set_allowed(False)
    run.run_started.emit(None)
    assert not awake.is_holding
    awake.set_allowed(True)
    assert awake.is_holding
    awake.set_allowed(False)
    assert not awake.is_holding


@pytest.mark.parametrize("error", [OSError("no such tool"), AttributeError("windll")])
def test_that_a_system_that_cannot_is_no_error(
    qtbot: QtBot, run, caplog: pytest.LogCaptureFixture, tmp_path, error: Exception
):
    def fail() -> FakeHold:
        raise error

    awake = SleepInhibitor(fail)
    awake.follow(run)
    with caplog.at_level(logging.INFO):
        run.run_started.emit(None)
    assert not awake.is_holding
    assert [record.levelno for record in caplog.records] == [logging.INFO]
    run.event_emitted.emit(ended(tmp_path, Outcome.FINISHED))


def test_that_a_run_in_the_studio_holds(qtbot: QtBot, studio: Studio, engine: FakeEngine):
    studio.desktop.awake._way = FakeHold
    with qtbot.waitSignal(studio.training.event_emitted, check_params_cb=is_event(PreviewReady)):
        studio.window.actions_.start.trigger()
    assert studio.desktop.awake.is_holding
    studio.window.actions_.keep_awake.trigger()
    assert not studio.desktop.awake.is_holding
    assert not studio.desktop.choices.keeps_awake
    studio.window.actions_.keep_awake.trigger()
    with qtbot.waitSignal(studio.training.event_emitted, check_params_cb=is_event(RunEnded)):
        engine.finish.set()
    assert (FakeHold.made, FakeHold.released) == (2, 2)


def test_that_windows_is_asked_and_taken_back():
    states: list[int] = []

    def set_state(state: int) -> int:
        states.append(state)
        return CONTINUOUS

    WindowsInhibition(set_state).release()
    assert states == [0x80000001, 0x80000000]
    assert CONTINUOUS | SYSTEM_REQUIRED == 0x80000001
    with pytest.raises(OSError, match="refused"):
        WindowsInhibition(lambda _state: 0)


@pytest.mark.skipif(os.name == "nt", reason="Windows has what is missing elsewhere")
def test_that_elsewhere_windows_own_way_says_that_it_is_missing():
    with pytest.raises((AttributeError, KeyError)):
        WindowsInhibition()


def test_that_macos_runs_its_tool_until_it_is_told_to_end():
    commands: list[Sequence[str]] = []
    told: list[str] = []

    class Child:
        def terminate(self) -> None:
            told.append("terminate")

        def wait(self, timeout: float | None = None) -> int:
            told.append("wait")
            return 0

    def start(command: Sequence[str]) -> Child:
        commands.append(command)
        return Child()

    hold = MacInhibition(start)
    assert commands == [["/usr/bin/caffeinate", "-i", "-w", str(os.getpid())]]
    assert told == []
    hold.release()
    assert told == ["terminate", "wait"]


def test_that_every_system_has_its_way():
    assert way_of("win32") is WindowsInhibition
    assert way_of("darwin") is MacInhibition
    assert way_of("linux") is BusInhibition


def is_closed(end: int) -> bool:
    """Whether nobody holds the other end of a pipe any more."""
    ready, _, _ = select.select([end], [], [], 0)
    return bool(ready) and os.read(end, 1) == b""


def test_that_login_is_asked_and_its_handle_is_held(qtbot: QtBot, bus: PrivateBus):
    read_end, write_end = os.pipe()

    def answer(message: QDBusMessage) -> QDBusMessage:
        return answering(QDBusUnixFileDescriptor(write_end))(message)

    service, _ = bus.serve(LOGIN.service, LOGIN.path, answer)
    hold = BusInhibition(connect=bus.connect)
    qtbot.waitUntil(lambda: bool(hold.service))
    os.close(write_end)
    assert hold.service == "org.freedesktop.login1"
    interface, method, arguments = service.calls[0]
    assert (interface, method) == ("org.freedesktop.login1.Manager", "Inhibit")
    assert arguments == ["sleep", "Diptych", "A model is being trained", "block"]
    assert not is_closed(read_end)
    hold.release()
    qtbot.waitUntil(lambda: is_closed(read_end))
    os.close(read_end)


def test_that_the_next_service_is_asked_when_one_refuses(qtbot: QtBot, bus: PrivateBus):
    def refuse(message: QDBusMessage) -> QDBusMessage:
        return message.createErrorReply("org.freedesktop.DBus.Error.AccessDenied", "no")

    refusing, _ = bus.serve(LOGIN.service, LOGIN.path, refuse)
    agreeing, connection = bus.serve(SCREEN.service, SCREEN.path, answering(7))
    hold = BusInhibition(connect=bus.connect)
    qtbot.waitUntil(lambda: bool(hold.service))
    assert hold.service == "org.freedesktop.ScreenSaver"
    assert len(refusing.calls) == 1
    assert agreeing.calls[0][1:] == ("Inhibit", ["Diptych", "A model is being trained"])
    # These services count on the connection: it is gone as soon as the hold is released.
    name = hold._name
    hold.release()
    assert name not in ("", hold._name)
    assert connection.isConnected()


def test_that_a_desktop_without_any_service_is_no_error(
    qtbot: QtBot, bus: PrivateBus, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.INFO):
        hold = BusInhibition(connect=bus.connect)
        qtbot.waitUntil(lambda: "No service inhibits sleep" in caplog.text)
    assert hold.service == ""
    hold.release()


def test_that_no_bus_at_all_is_no_error(qtbot: QtBot, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO):
        hold = BusInhibition()
    assert "No service inhibits sleep" in caplog.text
    hold.release()


def test_that_an_answer_that_comes_too_late_holds_nothing(qtbot: QtBot, bus: PrivateBus):
    read_end, write_end = os.pipe()
    handle = QDBusUnixFileDescriptor(write_end)
    os.close(write_end)
    service, _ = bus.serve(LOGIN.service, LOGIN.path, answering(handle))
    hold = BusInhibition(connect=bus.connect)
    hold.release()
    other = BusInhibition(connect=bus.connect)
    qtbot.waitUntil(lambda: bool(other.service))
    assert hold.service == ""
    other.release()
    # The test's own copy is the last one left.
    assert not is_closed(read_end)
    service._answer = answering()
    del handle
    qtbot.waitUntil(lambda: is_closed(read_end))
    os.close(read_end)
