"""Messages of a Linux desktop that has no icons beside its clock, as GNOME has none.

They go through the desktop portal: what ``org.freedesktop.Notifications`` asks for holds an
unsigned number, which this toolkit's Python side cannot send.
"""

import logging
from typing import Any

from PySide6.QtCore import SLOT, QObject, Signal, Slot
from PySide6.QtDBus import QDBusConnection, QDBusMessage

from studio.jobs.desktop_bus import has_session

SERVICE = "org.freedesktop.portal.Desktop"
PATH = "/org/freedesktop/portal/desktop"
INTERFACE = "org.freedesktop.portal.Notification"
NOTICE, SHOW = "run-ended", "show-window"
NAME = "diptych-notices"

_log = logging.getLogger(__name__)


class DesktopNotice(QObject):
    """Shows messages through the portal.

    Args:
        parent: the owner.
        connection: to the session bus; by default one of its own.
    """

    clicked = Signal()

    def __init__(
        self, parent: QObject | None = None, connection: QDBusConnection | None = None
    ) -> None:
        super().__init__(parent)
        self._connection = connection or _session()
        if self._connection is not None:
            slot: Any = SLOT("take(QString,QString)")
            self._connection.connect("", PATH, INTERFACE, "ActionInvoked", self, slot)

    @property
    def is_there(self) -> bool:
        """Whether there is a session to show something in."""
        return self._connection is not None and self._connection.isConnected()

    def show(self, title: str, text: str) -> None:
        """Show a message; whether anybody does so is not waited for."""
        if self._connection is None:
            return
        message = QDBusMessage.createMethodCall(SERVICE, PATH, INTERFACE, "AddNotification")
        message.setArguments([NOTICE, {"title": title, "body": text, "default-action": SHOW}])
        if not self._connection.send(message):
            _log.info("No message could be shown: %s", self._connection.lastError().message())

    @Slot(str, str)
    def take(self, notice: str, action: str) -> None:
        """Hear of a click, on this message or on one of another program."""
        if (notice, action) == (NOTICE, SHOW):
            self.clicked.emit()


def _session() -> QDBusConnection | None:
    if not has_session():
        return None
    return QDBusConnection.connectToBus(QDBusConnection.BusType.SessionBus, NAME)
