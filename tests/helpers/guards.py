"""Finds threads that a test left running, Python's and Qt's."""

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

GRACE_S = 2.0
"""How long a thread that was told to end may take."""


def running_threads() -> set[threading.Thread]:
    """Give the Python threads that run now.

    A thread of Qt's that once asked for ``threading.current_thread()`` stays listed for ever as a
    dummy; ``running_qthreads`` watches over those.
    """
    return {
        thread
        for thread in threading.enumerate()
        if not isinstance(thread, threading._DummyThread)  # pyright: ignore[reportAttributeAccessIssue]
    }


def running_qthreads() -> list[Any]:
    """Give the ``QThread`` objects that run now, the GUI thread left out; imports no Qt."""
    if "PySide6.QtCore" not in sys.modules:
        return []
    from PySide6.QtCore import QCoreApplication, QThread
    from shiboken6 import Shiboken

    application = QCoreApplication.instance()
    gui_thread = application.thread() if application else QThread.currentThread()
    return [
        wrapper
        for wrapper in Shiboken.getAllValidWrappers()
        if isinstance(wrapper, QThread) and wrapper is not gui_thread and wrapper.isRunning()
    ]


def left_running(before: Iterable[threading.Thread]) -> list[str]:
    """Name the threads that run on, after giving them a moment to end."""
    known = set(before)
    _wait_until(lambda: not (running_threads() - known) and not running_qthreads())
    python = [thread.name for thread in running_threads() - known]
    return python + [thread.objectName() or "a QThread" for thread in running_qthreads()]


def _wait_until(is_done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + GRACE_S
    while not is_done() and time.monotonic() < deadline:
        time.sleep(0.01)


# Catches what a test logs at level WARNING or above, so that nothing goes wrong unnoticed.


class ProblemLog(logging.Handler):
    """Keeps warnings and errors until a test says that it expected them."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record; called from any thread."""
        self._records.append(record)

    @property
    def unexpected(self) -> list[str]:
        """One line for each record that no test expected, with the exception that it tells of."""
        return [
            f"{r.levelname} {r.name}{_exception_name(r)}: {r.getMessage()}" for r in self._records
        ]

    def expect(self, text: str, *, logger: str = "") -> logging.LogRecord:
        """Take the oldest record that holds ``text``; fail when there is none.

        Args:
            text: part of the message.
            logger: name of the logger or of a parent of it; any by default.
        """
        for record in self._records:
            is_from = not logger or f"{record.name}.".startswith(f"{logger}.")
            if is_from and text in record.getMessage():
                self._records.remove(record)
                return record
        raise AssertionError(f"Nothing was logged that holds {text!r}: {self.unexpected}")


# Predicates over the events of a run, for ``qtbot.waitSignal``.


def is_event(kind: type) -> Callable[[object], bool]:
    """Accept events of one class."""
    return lambda event: isinstance(event, kind)


def _exception_name(record: logging.LogRecord) -> str:
    kind = record.exc_info[0] if record.exc_info else None
    return f" ({kind.__name__})" if kind else ""
