"""An event as a line of JSON, and back."""

import contextlib
import dataclasses
import io
import json
import time
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from functools import cache, partial
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, BinaryIO, get_args, get_origin, get_type_hints

import numpy as np

from engine.errors import LoggedError
from engine.events import CheckpointSaved, ImageArray, PreviewReady, Progress, RunEvent, RunMoved
from engine.fs.untrusted import StrangeFileError, open_plain, read_table

UNLOGGED = frozenset({"images", "texts"})
"""Fields of events that are on disk as pictures."""
MOST = 10**15
LONGEST_TEXT = 10_000
Place = Callable[[str], Path]
Read = Callable[[Any, Place], Any]
_KINDS: dict[str, type] = {kind.__name__: kind for kind in get_args(RunEvent)}
_PLACES: dict[type, Callable[[Path, str], Path]] = {
    CheckpointSaved: lambda run, name: run / "checkpoints" / Path(name).name,
    PreviewReady: lambda run, name: run / "samples" / Path(name).name,
    RunMoved: lambda _run, name: Path(name),
}
"""What a path means that an event names; elsewhere it is the run's folder, wherever it is now."""


def line_of(event: RunEvent) -> bytes:
    """Write the part of an event that JSON can hold and a reader wants."""
    facts = {name: _plain(value) for name, value in vars(event).items() if name not in UNLOGGED}
    if isinstance(event, RunMoved):
        facts["folder"] = str(event.folder)
    return line_of_facts(type(event).__name__, facts)


def line_of_facts(kind: str, facts: Mapping[str, Any]) -> bytes:
    """Write a line of the log."""
    line = {"event": kind, "time": round(time.time(), 3), **facts}
    return json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def event_in(entry: Mapping[str, Any], run: Path) -> RunEvent | None:
    """Build an event again, or None if the entry is none.

    Args:
        entry: of a log that may be a stranger's.
        run: its folder; names of files are taken to lie there.
    """
    name = entry.get("event")
    kind = _KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        return None
    place = partial(_PLACES.get(kind, _run), run)
    known = {**entry, "images": [], "texts": []} if kind is PreviewReady else entry
    try:
        return _built(kind, known, place)
    except (ValueError, TypeError, KeyError, OverflowError):
        return None


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


@cache
def _fields(kind: type) -> tuple[tuple[str, Read], ...]:
    hints = get_type_hints(kind)
    return tuple((field.name, _reading(hints[field.name])) for field in dataclasses.fields(kind))


def _built(kind: type, table: Mapping[str, Any], place: Place) -> Any:
    values = {name: read(table[name], place) for name, read in _fields(kind) if name in table}
    return kind(**values)


def _reading(hint: Any) -> Read:
    """Choose what turns a value of JSON into a field's; it refuses others with ``ValueError``."""
    if isinstance(hint, UnionType):
        inner = _reading(next(part for part in get_args(hint) if part is not NoneType))
        return lambda value, place: None if value is None else inner(value, place)
    if hint == ImageArray:
        return lambda _value, _place: np.empty((0, 0, 0, 3), np.uint8)
    if get_origin(hint) is not None:
        return _reading_group(hint)
    if dataclasses.is_dataclass(hint):
        return lambda value, place: _built(hint, _checked(value, dict), place)  # pyright: ignore[reportArgumentType] (a class)
    if issubclass(hint, StrEnum):
        return lambda value, _place: hint(value)
    return _SINGLES[hint]


def _reading_group(hint: Any) -> Read:
    origin, parts = get_origin(hint), get_args(hint)
    inner = _reading(parts[-1] if issubclass(origin, Mapping) else parts[0])
    if issubclass(origin, Mapping):
        # The names are texts because JSON knows no others.
        return lambda value, place: {
            name: inner(each, place) for name, each in _checked(value, dict).items()
        }
    return lambda value, place: origin(inner(each, place) for each in _checked(value, list))


def _run(run: Path, _name: str) -> Path:
    return run


def _path(value: Any, place: Place) -> Path:
    return place(_text(value, place))


def _error(value: Any, place: Place) -> Exception:
    kind, _colon, message = _text(value, place).partition(": ")
    return LoggedError(kind, message)


def _bool(value: Any, _place: Place) -> bool:
    return _checked(value, bool)


def _int(value: Any, _place: Place) -> int:
    if type(value) is not int or not 0 <= value <= MOST:
        raise ValueError(value)
    return value


def _float(value: Any, _place: Place) -> float:
    if type(value) is not float and type(value) is not int:
        raise ValueError(value)
    return float(value)


def _text(value: Any, _place: Place) -> str:
    return _checked(value, str)[:LONGEST_TEXT]


def _checked(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise ValueError(value)  # noqa: TRY004 (one kind of refusal for all)
    return value


_SINGLES: dict[Any, Read] = {
    bool: _bool,
    int: _int,
    float: _float,
    str: _text,
    Path: _path,
    Exception: _error,
}


# --------------------------------------------------------------------------
# Lines of a log that may be torn, endless or a stranger's.


LONGEST_LINE = 1_000_000
"""Bytes; a longer line is none of ours and is passed over."""
MOST_BYTES = 1 << 40
"""Of a log; more is none of ours."""
_BUFFER_BYTES = 1 << 16


@contextlib.contextmanager
def open_log(path: Path) -> Iterator[BinaryIO]:
    """Open a log for reading.

    Raises:
        StrangeFileError: it is no plain file.
        OSError: it cannot be read, or is not there.
    """
    with open_plain(path, MOST_BYTES) as plain, io.BufferedReader(plain, _BUFFER_BYTES) as file:
        yield file


def lines_in(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Read lines from where a file stands; what no line end follows is not given.

    Yields:
        The line (empty for every piece of one that is too long) and the place after its end.
    """
    end, is_long = file.tell(), False
    while line := file.readline(LONGEST_LINE + 1):
        end += len(line)
        is_whole = line.endswith(b"\n")
        if not is_whole and len(line) <= LONGEST_LINE:
            return
        is_long = is_long or not is_whole
        yield b"" if is_long else line, end
        is_long = is_long and not is_whole


def entry_in(line: bytes) -> dict[str, Any] | None:
    """Read a line, or None if it is torn, or nothing of ours."""
    with contextlib.suppress(StrangeFileError):
        return read_table(line, "the line")
    return None
