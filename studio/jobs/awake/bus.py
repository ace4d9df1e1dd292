"""Staying awake on Linux and its kin: services of the desktop are asked over D-Bus, in turn."""

import itertools
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtDBus import (
    QDBusConnection,
    QDBusMessage,
    QDBusPendingCallWatcher,
    QDBusUnixFileDescriptor,
)

from studio.jobs.awake.hold import APP, REASON
from studio.jobs.desktop_bus import open_bus

TIMEOUT_MS = 5_000
_NUMBERS = itertools.count()
_log = logging.getLogger(__name__)

Connect = Callable[[QDBusConnection.BusType, str], QDBusConnection | None]
"""Opens a connection of its own under a name."""


@dataclass(frozen=True)
class Door:
    """A service that may keep the computer awake."""

    bus: QDBusConnection.BusType
    service: str
    path: str
    interface: str
    arguments: tuple[str, ...]


DOORS = (
    Door(
        QDBusConnection.BusType.SystemBus,
        "org.freedesktop.login1",
        "/org/freedesktop/login1",
        "org.freedesktop.login1.Manager",
        ("sleep", APP, REASON, "block"),
    ),
    Door(
        QDBusConnection.BusType.SessionBus,
        "org.freedesktop.PowerManagement",
        "/org/freedesktop/PowerManagement/Inhibit",
        "org.freedesktop.PowerManagement.Inhibit",
        (APP, REASON),
    ),
    # The last resort: the screen stays on as well.
    Door(
        QDBusConnection.BusType.SessionBus,
        "org.freedesktop.ScreenSaver",
        "/org/freedesktop/ScreenSaver",
        "org.freedesktop.ScreenSaver",
        (APP, REASON),
    ),
)


class BusHold(QObject):
    """Asks one service after another until one agrees; never waits for an answer.

    login1 keeps the computer awake as long as a file handle is open, the others as long as the
    connection is: both go with this process, however it ends.
    """

    def __init__(self, doors: Sequence[Door] = DOORS, connect: Connect = open_bus) -> None:
        super().__init__()
        self._doors = iter(doors)
        self._connect = connect
        self._name = ""
        self._handle: int | None = None
        self._watcher: QDBusPendingCallWatcher | None = None
        self._is_over = False
        self.service = ""
        """Who agreed; empty while nobody has."""
        self._ask_next()

    def release(self) -> None:
        """Let the computer sleep again; what has not answered yet is not waited for."""
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
        _log.info("Nothing on this system keeps it awake; it may go to sleep in mid-run")

    def _ask(self, connection: QDBusConnection, door: Door) -> None:
        message = QDBusMessage.createMethodCall(door.service, door.path, door.interface, "Inhibit")
        message.setArguments(list(door.arguments))
        message.setAutoStartService(False)
        watcher = QDBusPendingCallWatcher(connection.asyncCall(message, TIMEOUT_MS), self)
        watcher.finished.connect(lambda: self._take(watcher, door))
        self._watcher = watcher

    def _take(self, watcher: QDBusPendingCallWatcher, door: Door) -> None:
        reply = watcher.reply()
        watcher.deleteLater()
        self._watcher = None
        if self._is_over:
            return
        if reply.type() is QDBusMessage.MessageType.ErrorMessage:
            _log.debug("%s does not keep the system awake: %s", door.service, reply.errorMessage())
            self._hang_up()
            self._ask_next()
            return
        for answer in reply.arguments():
            if isinstance(answer, QDBusUnixFileDescriptor):
                # Qt closes its own with the message.
                self._handle = os.dup(answer.fileDescriptor())
        self.service = door.service
        _log.info("%s keeps the system awake", door.service)

    def _hang_up(self) -> None:
        if self._name:
            QDBusConnection.disconnectFromBus(self._name)
            self._name = ""
