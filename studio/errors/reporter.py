"""Reports errors to the user, including uncaught ones in Python and Qt."""

import logging
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler

from engine.errors import DeviceLostError
from studio.errors.wording import Explanation, explain

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ErrorReport:
    """Content of an error dialog."""

    explanation: Explanation
    details: str
    """Traceback with causes, in English, for bug reports."""
    needs_restart: bool = False
    """Whether a new process is needed to continue."""


class ErrorReporter(QObject):
    """Accepts errors from any thread; ``error_reported`` is emitted in the GUI thread."""

    error_reported = Signal(object)

    def report(self, error: BaseException) -> None:
        """Log an error and show it to the user."""
        _log.error("%s: %s", type(error).__name__, error, exc_info=error)
        details = "".join(traceback.format_exception(error))
        report = ErrorReport(
            explanation=explain(error),
            details=details,
            needs_restart=isinstance(error, DeviceLostError),
        )
        self.error_reported.emit(report)


_qt_log = logging.getLogger("qt")

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.DEBUG,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


@contextmanager
def excepthooks(reporter: ErrorReporter) -> Iterator[None]:
    """Route uncaught exceptions to the reporter and Qt messages to the log within a block."""
    before = sys.excepthook, threading.excepthook, sys.unraisablehook

    def take(_kind: type[BaseException], error: BaseException, _tb: TracebackType | None) -> None:
        reporter.report(error)

    def take_from_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            reporter.report(args.exc_value)

    sys.excepthook = take
    threading.excepthook = take_from_thread
    sys.unraisablehook = _log_unraisable
    qInstallMessageHandler(_log_qt)
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook, sys.unraisablehook = before
        qInstallMessageHandler(None)


def _log_unraisable(args: "sys.UnraisableHookArgs") -> None:
    # Raised while an object was being destroyed; the user cannot act on it.
    _log.warning("%s %r", args.err_msg or "Ignored in", args.object, exc_info=args.exc_value)


def _log_qt(kind: QtMsgType, _context: QMessageLogContext, message: str | None) -> None:
    _qt_log.log(_LEVELS[kind], "%s", message)
