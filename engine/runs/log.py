"""The event log of a run: one JSON object a line, appended as things happen."""

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO, TypeVar

from engine.events import LossesReported, Progress, QualityMeasured, RunEvent

Event = TypeVar("Event", LossesReported, QualityMeasured)

log = logging.getLogger(__name__)

LOSSES_EVERY_S = 1.0
"""The plot lives on four reports a second; a night's log must not."""
UNLOGGED = frozenset({"images", "texts"})
"""Fields of events that are on disk as pictures."""


class RunLog:
    """Appends a run's events to its log file; a line is on its way to the disk when it returns."""

    def __init__(self, path: Path) -> None:
        self._file: TextIO = path.open("a", encoding="utf-8")
        self._last_losses_s = float("-inf")

    def record(self, event: RunEvent) -> None:
        """Append one event; of the loss reports, one a second. A full disk ends no run."""
        if isinstance(event, LossesReported):
            if event.progress.elapsed_s - self._last_losses_s < LOSSES_EVERY_S:
                return
            self._last_losses_s = event.progress.elapsed_s
        line = {"event": type(event).__name__, "time": round(time.time(), 3), **_facts(event)}
        try:
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._file.flush()
        except OSError as error:
            log.warning("%s is missing from the log: %s", type(event).__name__, error)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _facts(event: RunEvent) -> dict[str, Any]:
    """Give the part of an event that JSON can hold and a reader wants."""
    return {name: _plain(value) for name, value in vars(event).items() if name not in UNLOGGED}


def _plain(value: Any) -> Any:
    match value:
        case Path():
            return value.name
        case Exception():
            return f"{type(value).__name__}: {value}"
        case Mapping():
            return dict(value)
        case frozenset():
            return sorted(value)
        case Progress():
            return vars(value)
        case _:
            return value


def read_losses(path: Path) -> Iterator[LossesReported]:
    """Read a log's loss reports; lines that are torn or strange are passed over.

    Args:
        path: a run's ``events.jsonl``; a missing one gives nothing.
    """
    return _read(path, LossesReported, _losses)


def read_quality(path: Path) -> Iterator[QualityMeasured]:
    """Read a log's measurements of quality, as ``read_losses`` reads losses."""
    return _read(path, QualityMeasured, _quality)


def _read(path: Path, kind: type, build: Callable[[dict[str, Any]], Event]) -> Iterator[Event]:
    if not path.is_file():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            try:
                entry = json.loads(line)
                if entry["event"] == kind.__name__:
                    yield build(entry)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                log.info("line %d of %s is passed over: %s", number, path, error)


def _losses(entry: dict[str, Any]) -> LossesReported:
    return LossesReported(
        progress=Progress(**entry["progress"]),
        losses=_numbers(entry["losses"]),
        signals=_numbers(entry["signals"]),
    )


def _quality(entry: dict[str, Any]) -> QualityMeasured:
    return QualityMeasured(
        images_seen=int(entry["images_seen"]),
        elapsed_s=float(entry["elapsed_s"]),
        figures=_numbers(entry["figures"]),
        best=frozenset(map(str, entry["best"])),
    )


def _numbers(table: dict[str, Any]) -> dict[str, float]:
    return {str(name): float(value) for name, value in table.items()}
