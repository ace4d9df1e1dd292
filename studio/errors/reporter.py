"""The single door through which errors reach the user."""

import logging
import traceback
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from engine.errors import DeviceLostError
from studio.errors.wording import Explanation, explain

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ErrorReport:
    """What an error dialog shows."""

    explanation: Explanation
    details: str
    """Traceback and causes, in English, for a report."""
    needs_restart: bool = False
    """Whether only a new process can go on."""


class ErrorReporter(QObject):
    """Takes errors from any thread; ``error_reported`` arrives in the GUI thread."""

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
