"""Start the studio and run its event loop."""

import logging
import signal
from contextlib import ExitStack

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from engine.cli.terminal import END_SIGNALS
from studio.app import Studio, build_studio
from studio.errors.reporter import excepthooks
from studio.garbage import GarbageCollector
from studio.log import start_logging, stop_logging
from studio.paths import log_folder

SIGNALS_EVERY_MS = 250

_log = logging.getLogger(__name__)


def run_studio(arguments: list[str]) -> int:
    """Open the studio and run the event loop until it is closed.

    Returns:
        The exit code.
    """
    application = QApplication(arguments)
    studio = build_studio(application)
    with ExitStack() as stack:
        stack.enter_context(excepthooks(studio.reporter))
        start_logging(log_folder(), studio.log)
        stack.callback(stop_logging, studio.log)
        collector = GarbageCollector(studio)
        collector.start()
        stack.callback(collector.stop)
        _quit_on_interrupt(studio)
        studio.window.show()
        # After the first paint: reading a long run takes a moment.
        QTimer.singleShot(0, studio.restore_last_run)
        return application.exec()


def _quit_on_interrupt(studio: Studio) -> None:
    """Save and quit on Ctrl+C in the terminal, when that closes, and when asked to terminate."""
    for number in END_SIGNALS:
        # Ignored signals remain ignored, as SIGHUP is under ``nohup``.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda _number, _frame: _interrupt(studio))
    # Python handles signals between bytecodes, so the Qt event loop needs a timer that runs Python.
    timer = QTimer(studio, interval=SIGNALS_EVERY_MS)
    timer.timeout.connect(lambda: None)
    timer.start()


def _interrupt(studio: Studio) -> None:
    # No dialog: the user is at the terminal and may not see it.
    unsaved = studio.window.datasets.unsaved_count
    if unsaved:
        _log.warning("Quitting; the edits of %d item(s) were not saved", unsaved)
    studio.closing.save_and_quit()
