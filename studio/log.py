"""Logging: a rotating file, and a relay that lets the log panel follow along.

Levels: *error* means something was given up, *warning* that we went on but worse, *info* a user's
action or a milestone.
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
_LONGEST = 50_000
"""Characters of one record in the file: a file is only as short as what is written at once."""


@dataclass(frozen=True, kw_only=True)
class LogLine:
    """One record, ready to be shown."""

    time: datetime
    level: int
    source: str
    text: str
    """Message, followed by the traceback if there is one."""


class LogRelay(QObject):
    """Hands log records from any thread to the GUI thread, and keeps the latest."""

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
        """Pass one record on; a relay whose window is gone stays silent."""
        line = LogLine(
            time=datetime.fromtimestamp(record.created).astimezone(),
            level=record.levelno,
            source=record.name,
            text=self.format(record),
        )
        try:
            self._pass_on(line)
        except RuntimeError:
            # Qt deleted the relay while another thread was logging: nobody is left to read.
            return


class _BoundedFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Write a record; of a very long one, its beginning and its end."""
        text = super().format(record)
        if len(text) <= _LONGEST:
            return text
        half = _LONGEST // 2
        return f"{text[:half]}\n[{len(text) - 2 * half} characters left out]\n{text[-half:]}"


def start_logging(folder: Path, relay: LogRelay) -> None:
    """Send the root logger to a rotating file in ``folder`` and to the relay.

    A folder that cannot be written costs the file, not the program.
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
    """Undo ``start_logging``, so that no file stays open."""
    root = logging.getLogger()
    for handler in tuple(root.handlers):
        is_ours = isinstance(handler, logging.handlers.RotatingFileHandler)
        if handler is relay.handler or is_ours:
            root.removeHandler(handler)
            handler.close()
