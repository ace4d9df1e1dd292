"""Logging to a rotating file and to the log panel.

Levels: *error* means that something was given up, *warning* that work continues with a
limitation, *info* a user action or a milestone.
"""

import logging
import logging.handlers
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, Signal

KEPT_LINES = 2_000
_FILE_BYTES = 1_000_000
_FILE_COUNT = 3
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_MAX_LENGTH = 50_000
"""Maximum length of a record in the file, in characters; rotation cannot split a record."""


@dataclass(frozen=True, kw_only=True)
class LogLine:
    """A log record, ready to display."""

    time: datetime
    level: int
    source: str
    text: str
    """Message, followed by the traceback if there is one."""


class LogRelay(QObject):
    """Passes log records from any thread to the GUI thread and keeps the latest ones."""

    line_logged = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lines: deque[LogLine] = deque(maxlen=KEPT_LINES)
        self.handler: logging.Handler = _RelayHandler(self._on_line)

    def _on_line(self, line: LogLine) -> None:
        self.lines.append(line)
        self.line_logged.emit(line)


class _RelayHandler(logging.Handler):
    def __init__(self, pass_on: Callable[[LogLine], None]) -> None:
        super().__init__(logging.INFO)
        self._pass_on = pass_on
        self.setFormatter(logging.Formatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Pass a record to the relay, unless the relay has been deleted."""
        line = LogLine(
            time=datetime.fromtimestamp(record.created).astimezone(),
            level=record.levelno,
            source=record.name,
            text=self.format(record),
        )
        try:
            self._pass_on(line)
        except RuntimeError:
            # Qt deleted the relay while another thread was logging.
            return


class _BoundedFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Format a record; cut the middle of a very long one."""
        text = super().format(record)
        if len(text) <= _MAX_LENGTH:
            return text
        half = _MAX_LENGTH // 2
        return f"{text[:half]}\n[{len(text) - 2 * half} characters left out]\n{text[-half:]}"


def start_logging(folder: Path, relay: LogRelay) -> None:
    """Attach the root logger to a rotating file in ``folder`` and to the relay.

    If the folder is not writable, logging continues without a file.
    """
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    root.addHandler(relay.handler)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = logging.handlers.RotatingFileHandler(
            folder / "studio.log",
            maxBytes=_FILE_BYTES,
            backupCount=_FILE_COUNT,
            encoding="utf-8",
            delay=True,
        )
    except OSError as error:
        root.warning("No log file: %s", error)
        return
    file.setFormatter(_BoundedFormatter(_FORMAT))
    root.addHandler(file)


def stop_logging(relay: LogRelay) -> None:
    """Undo ``start_logging`` and close the file."""
    root = logging.getLogger()
    for handler in tuple(root.handlers):
        is_ours = isinstance(handler, logging.handlers.RotatingFileHandler)
        if handler is relay.handler or is_ours:
            root.removeHandler(handler)
            handler.close()
