"""Desktop notifications about the end of a run, and raising the window."""

import logging
from collections.abc import Callable
from typing import Any, Protocol

from PySide6.QtCore import SLOT, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtDBus import QDBusConnection, QDBusMessage
from PySide6.QtWidgets import QApplication, QMainWindow, QSystemTrayIcon, QWidget

from engine.events import Outcome, RunEnded, RunEvent
from engine.metrics.verdict import JudgedRun, worded
from studio.i18n import translate_engine
from studio.jobs.awake.bus import has_session
from studio.models.run_state import count_text, duration_text

# The portal is used because ``org.freedesktop.Notifications`` needs an unsigned integer, which
# PySide6 cannot send.
SERVICE = "org.freedesktop.portal.Desktop"
PATH = "/org/freedesktop/portal/desktop"
INTERFACE = "org.freedesktop.portal.Notification"
NOTICE, SHOW = "run-ended", "show-window"
NAME = "diptych-notices"


class DesktopNotice(QObject):
    """Shows notifications through the desktop portal.

    Args:
        parent: the owner.
        connection: to the session bus; a private one by default.
    """

    clicked = Signal()

    def __init__(
        self, parent: QObject | None = None, connection: QDBusConnection | None = None
    ) -> None:
        super().__init__(parent)
        if connection is None and has_session():
            connection = QDBusConnection.connectToBus(QDBusConnection.BusType.SessionBus, NAME)
        self._connection = connection
        if self._connection is not None:
            slot: Any = SLOT("take(QString,QString)")
            self._connection.connect("", PATH, INTERFACE, "ActionInvoked", self, slot)

    @property
    def is_there(self) -> bool:
        """Whether there is a session to show notifications in."""
        return self._connection is not None and self._connection.isConnected()

    def show(self, title: str, text: str) -> None:
        """Send a notification; does not wait for a reply."""
        if self._connection is None:
            return
        message = QDBusMessage.createMethodCall(SERVICE, PATH, INTERFACE, "AddNotification")
        message.setArguments([NOTICE, {"title": title, "body": text, "default-action": SHOW}])
        if not self._connection.send(message):
            _log.info("Notification failed: %s", self._connection.lastError().message())

    @Slot(str, str)
    def take(self, notice: str, action: str) -> None:
        """Handle an invoked action, which may belong to another program."""
        if (notice, action) == (NOTICE, SHOW):
            self.clicked.emit()


def raise_window(window: QWidget) -> None:
    """Show a window in front of all others, even if it is hidden or minimized."""
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.show()
    window.raise_()
    window.activateWindow()


SHOWN_MS = 15_000
"""How long the tray icon is shown; without it, the message cannot be clicked."""

_log = logging.getLogger(__name__)


class Notice(Protocol):
    """Shows a notification outside the window."""

    def show(self, title: str, text: str) -> None:
        """Show a message in place of an earlier one."""
        ...


class RunNotices(QObject):
    """Notifies of finished and failed runs unless the window is active.

    Args:
        window: raised when the notification is clicked.
        make: creates the notifier; the system's own by default.
    """

    def __init__(
        self, window: QMainWindow, make: Callable[["RunNotices"], Notice | None] | None = None
    ) -> None:
        super().__init__(window)
        self._window = window
        self._make = make or system_notice
        self._notice: Notice | None = None
        self._held: RunEnded | None = None

    def hold(self, event: RunEvent) -> None:
        """Notify of the end of a finished run once its verdict is known; of others at once."""
        if isinstance(event, RunEnded) and event.outcome is Outcome.FINISHED:
            self._held = event
        else:
            self.on_event(event)

    @Slot(object)
    def on_judged(self, judged: JudgedRun) -> None:
        """Notify of the end of the run that was held."""
        event, self._held = self._held, None
        if event is None:
            return
        if judged.folder != event.folder or judged.verdict is None:
            self.on_event(event)
        else:
            self._tell(event, " ".join(worded(judged.verdict, translate_engine)))

    @Slot(object)
    def on_event(self, event: RunEvent) -> None:
        """Notify of the end of a run, unless the user stopped it."""
        match event:
            case RunEnded() if event.outcome is not Outcome.STOPPED:
                self._tell(event)
            case _:
                pass

    def _tell(self, event: RunEnded, verdict: str = "") -> None:
        if self._is_in_front():
            return
        QApplication.alert(self._window)
        self._notice = self._notice or self._make(self)
        if self._notice is None:
            _log.info("This system has no notifications")
            return
        title, text = self._words(event)
        self._notice.show(title, f"{verdict} {text}".strip())

    @Slot()
    def raise_window(self) -> None:
        """Show the window in front of all others."""
        raise_window(self._window)

    def _words(self, event: RunEnded) -> tuple[str, str]:
        name = event.folder.name
        if event.outcome is Outcome.FAILED:
            return (
                self.tr("{0} ended with an error").format(name),
                self.tr("Training has stopped. Click to see what happened."),
            )
        made = self.tr("{0} images in {1}. Click to see the pairs.").format(
            count_text(event.images_seen), duration_text(event.elapsed_s)
        )
        return self.tr("{0} is finished").format(name), made

    def _is_in_front(self) -> bool:
        window = self._window
        is_seen = window.isVisible() and not window.isMinimized()
        return is_seen and QApplication.activeWindow() is not None


class TrayNotice(QObject):
    """Shows messages from a temporary tray icon."""

    def __init__(self, notices: RunNotices, window: QMainWindow) -> None:
        super().__init__(notices)
        self.icon = QSystemTrayIcon(window.windowIcon(), self)
        self.icon.messageClicked.connect(notices.raise_window)
        self.icon.activated.connect(notices.raise_window)
        self.icon.messageClicked.connect(self.icon.hide)
        self.icon.activated.connect(self.icon.hide)
        self._timer = QTimer(self, singleShot=True, interval=SHOWN_MS)
        self._timer.timeout.connect(self.icon.hide)

    def show(self, title: str, text: str) -> None:
        """Show a message."""
        self.icon.setToolTip(title)
        self.icon.show()
        self.icon.showMessage(title, text, self.icon.icon(), SHOWN_MS)
        self._timer.start()


def system_notice(notices: RunNotices) -> Notice | None:
    """Create the notifier of this system, or return ``None``."""
    window = notices.parent()
    if QSystemTrayIcon.isSystemTrayAvailable() and isinstance(window, QMainWindow):
        return TrayNotice(notices, window)
    notice = DesktopNotice(notices)
    if not notice.is_there:
        notice.deleteLater()
        return None
    notice.clicked.connect(notices.raise_window)
    return notice
