"""Serialise events as JSON lines, and parse the lines of an untrusted or truncated log."""

import contextlib
import io
import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, get_args

import numpy as np

from engine.errors import LoggedError
from engine.events import CheckpointSaved, ImageArray, PreviewReady, RunEvent, RunRelocated
from engine.fs.codec import Range, decode, encode
from engine.fs.untrusted import MalformedFileError, open_regular, read_table

UNLOGGED = frozenset({"images", "texts"})
"""Fields of events that are stored in preview sheets, not in the log."""
MAX_COUNT = 10**15
MAX_TEXT = 10_000
"""Characters after which a text is truncated."""
MAX_LINE = 1_000_000
"""Bytes of the longest line that is parsed."""
MAX_BYTES = 1 << 31
"""Largest log that is read; a line a second fills it in two months."""
_BUFFER_BYTES = 1 << 16
_KINDS: dict[str, type[RunEvent]] = {kind.__name__: kind for kind in get_args(RunEvent)}
_PATHS: dict[type, Callable[[Path, str], Path]] = {
    CheckpointSaved: lambda run, name: run / "checkpoints" / Path(name).name,
    PreviewReady: lambda run, name: run / "samples" / Path(name).name,
    RunRelocated: lambda _run, name: Path(name),
}
"""Functions that resolve the path of an event; for other events it is the run's folder."""
_COUNTS = Range(0, MAX_COUNT)


def line_of(event: RunEvent) -> bytes:
    """Serialise an event, without images and texts."""
    writers = {
        Path: str if isinstance(event, RunRelocated) else lambda path: path.name,
        Exception: lambda error: f"{type(error).__name__}: {error}",
    }
    fields = {name: encode(v, writers) for name, v in vars(event).items() if name not in UNLOGGED}
    return line_of_fields(type(event).__name__, fields)


def line_of_fields(kind: str, fields: Mapping[str, Any]) -> bytes:
    """Serialise a line of the log."""
    line = {"event": kind, "time": round(time.time(), 3), **fields}
    return json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def event_in(entry: Mapping[str, Any], run: Path) -> RunEvent | None:
    """Decode an event; None if it is unknown or malformed.

    Args:
        entry: entry of an untrusted log.
        run: folder of the run, in which file names are resolved.
    """
    name = entry.get("event")
    kind = _KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        return None
    resolve = _PATHS.get(kind, lambda run, _name: run)
    readers: dict[Any, Callable[[Any], Any]] = {
        int: lambda value: _COUNTS(decode(int, value)),
        str: lambda value: _text(value)[:MAX_TEXT],
        Path: lambda value: resolve(run, _text(value)),
        Exception: lambda value: LoggedError(*_text(value)[:MAX_TEXT].partition(": ")[::2]),
        ImageArray: lambda _value: np.empty((0, 0, 0, 3), np.uint8),
    }
    known = {**entry, "images": [], "texts": []} if kind is PreviewReady else dict(entry)
    try:
        return decode(kind, known, readers=readers, allows_unknown=True)
    except ValueError:
        return None


def _text(value: Any) -> str:
    return decode(str, value)


@contextlib.contextmanager
def open_log(path: Path) -> Iterator[BinaryIO]:
    """Open a log for reading.

    Raises:
        MalformedFileError: it is not a regular file.
        OSError: it does not exist or cannot be read.
    """
    with open_regular(path, MAX_BYTES) as plain, io.BufferedReader(plain, _BUFFER_BYTES) as file:
        yield file


def lines_in(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Read lines from the current position; an unterminated last line is omitted.

    Yields:
        The line (empty for each piece of a line that is too long) and the position after it.
    """
    end, is_long = file.tell(), False
    while line := file.readline(MAX_LINE + 1):
        end += len(line)
        is_whole = line.endswith(b"\n")
        if not is_whole and len(line) <= MAX_LINE:
            return
        is_long = is_long or not is_whole
        yield b"" if is_long else line, end
        is_long = is_long and not is_whole


def entry_in(line: bytes) -> dict[str, Any] | None:
    """Parse a line; None if it is truncated or not a JSON object."""
    with contextlib.suppress(MalformedFileError):
        return read_table(line, "the line")
    return None
