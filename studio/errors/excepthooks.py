"""Catches what nothing else caught, from Python and from Qt."""

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from studio.errors.reporter import ErrorReporter

_log = logging.getLogger(__name__)
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
    """Send uncaught errors to the reporter, and what Qt says to the log, while the block runs."""
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
    # Raised while an object was being destroyed: the user can do nothing about it.
    _log.warning("%s %r", args.err_msg or "Ignored in", args.object, exc_info=args.exc_value)


def _log_qt(kind: QtMsgType, _context: QMessageLogContext, message: str | None) -> None:
    _qt_log.log(_LEVELS[kind], "%s", message)
