"""Sleep inhibition over D-Bus (Linux), caffeinate (macOS) and the Win32 API."""

import ctypes
import itertools
import logging
import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QObject
from PySide6.QtDBus import (
    QDBusConnection,
    QDBusMessage,
    QDBusPendingCallWatcher,
    QDBusUnixFileDescriptor,
)

APP = "Diptych"
REASON = "A model is being trained"
"""Shown by tools that list inhibitions; English, as the log."""


class Inhibition(Protocol):
    """Inhibits sleep from its creation until its release."""

    def release(self) -> None:
        """Allow sleep again."""
        ...


Way = Callable[[], Inhibition]
"""Creates an inhibition. Raises OSError or AttributeError if the system does not support it."""


def open_bus(kind: QDBusConnection.BusType, name: str) -> QDBusConnection | None:
    """Open a private connection to a bus; ``None`` without a session.

    Without a session, the D-Bus library would start a bus of its own.
    """
    if kind is QDBusConnection.BusType.SessionBus and not has_session():
        return None
    return QDBusConnection.connectToBus(kind, name)


def has_session() -> bool:
    """Whether a session bus exists."""
    if os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return True
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return bool(runtime) and Path(runtime, "bus").exists()


TIMEOUT_MS = 5_000
_NUMBERS = itertools.count()
_log = logging.getLogger(__name__)

Connect = Callable[[QDBusConnection.BusType, str], QDBusConnection | None]
"""Opens a private connection under a name."""


@dataclass(frozen=True)
class InhibitionService:
    """A D-Bus service that can inhibit sleep."""

    bus: QDBusConnection.BusType
    service: str
    path: str
    interface: str
    arguments: tuple[str, ...]


DOORS = (
    InhibitionService(
        QDBusConnection.BusType.SystemBus,
        "org.freedesktop.login1",
        "/org/freedesktop/login1",
        "org.freedesktop.login1.Manager",
        ("sleep", APP, REASON, "block"),
    ),
    InhibitionService(
        QDBusConnection.BusType.SessionBus,
        "org.freedesktop.PowerManagement",
        "/org/freedesktop/PowerManagement/Inhibit",
        "org.freedesktop.PowerManagement.Inhibit",
        (APP, REASON),
    ),
    # Last resort: keeps the screen on as well.
    InhibitionService(
        QDBusConnection.BusType.SessionBus,
        "org.freedesktop.ScreenSaver",
        "/org/freedesktop/ScreenSaver",
        "org.freedesktop.ScreenSaver",
        (APP, REASON),
    ),
)


class BusInhibition(QObject):
    """Asks one service after the other until one agrees, asynchronously.

    login1 inhibits sleep while a file descriptor is open, the others while the connection is
    open; both end with this process in any case.
    """

    def __init__(
        self, doors: Sequence[InhibitionService] = DOORS, connect: Connect = open_bus
    ) -> None:
        super().__init__()
        self._doors = iter(doors)
        self._connect = connect
        self._name = ""
        self._handle: int | None = None
        self._watcher: QDBusPendingCallWatcher | None = None
        self._is_over = False
        self.service = ""
        """Name of the service that agreed, or empty."""
        self._ask_next()

    def release(self) -> None:
        """Allow sleep again; pending calls are ignored."""
        self._is_over, self.service = True, ""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
        self._hang_up()

    def _ask_next(self) -> None:
        for door in self._doors:
            self._name = f"diptych-awake-{next(_NUMBERS)}"
            connection = self._connect(door.bus, self._name)
            if connection is not None and connection.isConnected():
                self._ask(connection, door)
                return
            self._hang_up()
        _log.info("No service inhibits sleep; the computer may sleep during the run")

    def _ask(self, connection: QDBusConnection, door: InhibitionService) -> None:
        message = QDBusMessage.createMethodCall(door.service, door.path, door.interface, "Inhibit")
        message.setArguments(list(door.arguments))
        message.setAutoStartService(False)
        watcher = QDBusPendingCallWatcher(connection.asyncCall(message, TIMEOUT_MS), self)
        watcher.finished.connect(lambda: self._on_reply(watcher, door))
        self._watcher = watcher

    def _on_reply(self, watcher: QDBusPendingCallWatcher, door: InhibitionService) -> None:
        reply = watcher.reply()
        watcher.deleteLater()
        self._watcher = None
        if self._is_over:
            return
        if reply.type() is QDBusMessage.MessageType.ErrorMessage:
            _log.debug("%s does not inhibit sleep: %s", door.service, reply.errorMessage())
            self._hang_up()
            self._ask_next()
            return
        for answer in reply.arguments():
            if isinstance(answer, QDBusUnixFileDescriptor):
                # Qt closes its own descriptor with the message.
                self._handle = os.dup(answer.fileDescriptor())
        self.service = door.service
        _log.info("%s inhibits sleep", door.service)

    def _hang_up(self) -> None:
        if self._name:
            QDBusConnection.disconnectFromBus(self._name)
            self._name = ""


PROGRAM = "/usr/bin/caffeinate"
_PATIENCE_S = 2.0


class Child(Protocol):
    """The interface of a started process that is used here."""

    def terminate(self) -> None:
        """Terminate the process."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the process has ended."""
        ...


class MacInhibition:
    """Runs ``caffeinate``, which ends with this process even if that is killed.

    Args:
        start: starts a program; tests replace it.

    Raises:
        OSError: the tool is missing.
    """

    def __init__(self, start: Callable[[Sequence[str]], Child] | None = None) -> None:
        self._child = (start or _start)([PROGRAM, "-i", "-w", str(os.getpid())])

    def release(self) -> None:
        """Allow sleep again."""
        self._child.terminate()
        self._child.wait(timeout=_PATIENCE_S)


def _start(command: Sequence[str]) -> Child:
    return subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - a fixed program


CONTINUOUS = 0x80000000
SYSTEM_REQUIRED = 0x00000001
"""Lets the screen turn off but prevents system sleep."""


class WindowsInhibition:
    """Inhibits sleep for the calling thread until its release or the end of the thread.

    Source: SetThreadExecutionState in the Win32 reference.

    Args:
        set_state: the system function; tests replace it.

    Raises:
        OSError: the system refused.
        AttributeError: the platform is not Windows.
    """

    def __init__(self, set_state: Callable[[int], int] | None = None) -> None:
        self._set_state = set_state or _system_function()
        if not self._set_state(CONTINUOUS | SYSTEM_REQUIRED):
            raise OSError("SetThreadExecutionState refused")

    def release(self) -> None:
        """Allow sleep again; must be called in the same thread."""
        self._set_state(CONTINUOUS)


def _system_function() -> Callable[[int], int]:
    # The type stub of ctypes defines ``windll`` on Windows only.
    function: Any = vars(ctypes)["windll"].kernel32.SetThreadExecutionState
    function.argtypes, function.restype = [ctypes.c_uint], ctypes.c_uint
    return function
