"""Opens the studio, and stays until it is closed."""

import logging
import signal
from contextlib import ExitStack

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from studio.app import Studio, build_studio
from studio.errors.reporter import excepthooks
from studio.log import start_logging, stop_logging
from studio.paths import log_folder

SIGNALS_EVERY_MS = 250

_log = logging.getLogger(__name__)


def run_studio(arguments: list[str]) -> int:
    """Open the studio and stay until it is closed.

    Returns:
        The exit code.
    """
    application = QApplication(arguments)
    studio = build_studio(application)
    with ExitStack() as stack:
        stack.enter_context(excepthooks(studio.reporter))
        start_logging(log_folder(), studio.log)
        stack.callback(stop_logging, studio.log)
        _quit_on_interrupt(studio)
        studio.window.show()
        # After the first paint: a long run takes a moment to read.
        QTimer.singleShot(0, studio.restore_last_run)
        return application.exec()


def _quit_on_interrupt(studio: Studio) -> None:
    """Let Ctrl+C in the terminal save and quit."""
    signal.signal(signal.SIGINT, lambda _number, _frame: _interrupt(studio))
    # Python looks at signals between two lines of Python; Qt's loop alone has none.
    timer = QTimer(studio, interval=SIGNALS_EVERY_MS)
    timer.timeout.connect(lambda: None)
    timer.start()


def _interrupt(studio: Studio) -> None:
    # Whoever sits at the terminal may not see a question.
    unsaved = studio.window.datasets.unsaved_count
    if unsaved:
        _log.warning("Quitting; the edits of %d item(s) were not saved", unsaved)
    studio.closing.save_and_quit()
