"""Convert dataclasses to and from the plain values of JSON and TOML, by their annotations.

Supported annotations: ``bool``, ``int``, ``float``, ``str``, ``bytes`` (base64), ``Path``,
``StrEnum``, nested dataclasses, ``X | None``, ``tuple[X, ...]``, ``list``, ``frozenset``, mappings
with text keys, ``Any``, and ``Annotated`` with validators (``Range``, ``Length``, any callable that
returns the value or raises ``ValueError``) or with a ``Via`` that converts the value itself.

Decoding is strict: a bool is not an int, unknown names are refused unless ``allows_unknown``,
missing ones need a default, and all problems are collected. Only an int for a float is converted.
"""

import base64
import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, cast, get_args, get_origin, get_type_hints

from engine.errors import Problem, format_problem
from engine.fs.untrusted import MalformedFileError, read_table

T = TypeVar("T")
UNKNOWN, MISSING = "is not a known setting", "is missing"
_GROUPS = (tuple, list, frozenset)
_PLAIN = frozenset({bool, int, float, str, NoneType})
_REFUSED = (ValueError, TypeError, KeyError, AttributeError, OverflowError)

Convert = Callable[[Any], Any]
Readers = Mapping[Any, Convert]


class DecodeError(ValueError):
    """A table that does not match its dataclass; lists all problems."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.field} {p.message}" for p in self.problems))


@dataclass(frozen=True)
class Range:
    """Validator of a number: ``low`` to ``high``, both included; NaN is outside."""

    low: float
    high: float

    def __call__(self, value: Any) -> Any:
        """Return the value, or raise ``ValueError`` if it is out of range."""
        if not self.low <= value <= self.high:
            kind = "whole number" if isinstance(value, int) else "number"
            raise ValueError(f"must be a {kind} from {self.low:,} to {self.high:,}")
        return value


@dataclass(frozen=True)
class Length:
    """Validator of the largest length of a string or collection."""

    high: int

    def __call__(self, value: Any) -> Any:
        """Return the value, or raise ``ValueError`` if it is too long."""
        if len(value) > self.high:
            raise ValueError(f"must have a length of at most {self.high:,}")
        return value


@dataclass(frozen=True)
class Via:
    """Custom conversion of a field."""

    encode: Convert
    decode: Convert


@dataclass(frozen=True)
class _Options:
    readers: Readers
    allows_unknown: bool


_Read = Callable[[Any, _Options], Any]


def encode(value: Any, writers: Readers | None = None) -> Any:
    """Convert a dataclass, or any supported value, to plain values.

    Args:
        value: value to convert; a value of an unsupported type is returned unchanged.
        writers: conversions by class, which take precedence.
    """
    if type(value) in _PLAIN and not writers:
        # Most values are; the tests below would take most of the time of an import's staging.
        return value
    for kind, write in (*(writers or {}).items(), *_WRITERS.items()):
        if isinstance(value, kind):
            return write(value)
    if dataclasses.is_dataclass(value):
        return {
            name: via.encode(getattr(value, name)) if via else encode(getattr(value, name), writers)
            for name, via in _vias(type(value))
        }
    match value:
        case Mapping():
            table = cast("Mapping[Any, Any]", value)
            return {name: encode(item, writers) for name, item in table.items()}
        case frozenset():
            return sorted(encode(item, writers) for item in cast("frozenset[Any]", value))
        case tuple() | list():
            return [encode(item, writers) for item in cast("Sequence[Any]", value)]
        case _:
            return value


def decode(
    kind: type[T], value: Any, *, readers: Readers | None = None, allows_unknown: bool = False
) -> T:
    """Build a value of an annotated type from plain values.

    Args:
        kind: a dataclass, or any supported annotation.
        value: output of a JSON or TOML parser.
        readers: conversions by annotation, which take precedence.
        allows_unknown: whether to ignore unknown names.

    Raises:
        DecodeError: the table of a dataclass is invalid; lists all problems.
        ValueError: another value is invalid.
    """
    return _reader(kind)(value, _Options(readers or {}, allows_unknown))


def to_json(value: Any, *, version: int | None = None) -> bytes:
    """Serialise a dataclass as indented JSON, with a format number if it has one."""
    head = {} if version is None else {"format": version}
    return json.dumps({**head, **encode(value)}, ensure_ascii=False, indent=1).encode()


def from_json(
    kind: type[T],
    content: bytes,
    name: str,
    *,
    version: int | None = None,
    allows_unknown: bool = False,
) -> T:
    """Read a dataclass from an untrusted JSON file.

    Args:
        kind: the dataclass.
        content: content of the file.
        name: name of the file, for errors.
        version: expected value of ``format``.
        allows_unknown: whether to ignore unknown names.

    Raises:
        MalformedFileError: it is invalid; names the first problem.
    """
    table = read_table(content, name)
    if version is not None and (found := table.pop("format", None)) != version:
        raise MalformedFileError(format_problem(found, version))
    try:
        return decode(kind, table, allows_unknown=allows_unknown)
    except DecodeError as error:
        field, message = error.problems[0].field[:100], error.problems[0].message
        reason = {
            UNKNOWN: f"it holds '{field}', which is none of its fields",
            MISSING: f"it lacks '{field}'",
        }.get(message, f"no usable '{field}' ({field} {message})")
        raise MalformedFileError(f"{name} is damaged: {reason}") from error


@cache
def _vias(kind: type) -> tuple[tuple[str, Via | None], ...]:
    hints = get_type_hints(kind, include_extras=True)
    names = [field.name for field in dataclasses.fields(kind)]
    return tuple((name, _via_in(hints[name])) for name in names)


def _via_in(hint: Any) -> Via | None:
    extras = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return next((extra for extra in extras if isinstance(extra, Via)), None)


@cache
def _reader(hint: Any) -> _Read:
    """Build the conversion from a plain value to an annotation's type."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _annotated_reader(hint)
    if isinstance(hint, UnionType):
        inner = _reader(next(part for part in parts if part is not NoneType))
        return lambda value, options: None if value is None else inner(value, options)
    if origin is not None and (origin in _GROUPS or issubclass(origin, Mapping)):
        return _group_reader(origin, parts)
    if dataclasses.is_dataclass(hint):
        return _table_reader(cast("type", hint))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return lambda value, _options: hint(value)
    return lambda value, options: (options.readers.get(hint) or _READERS[hint])(value)


def _annotated_reader(hint: Any) -> _Read:
    kind, *extras = get_args(hint)
    via = _via_in(hint)
    inner: _Read = _reader(kind) if via is None else lambda value, _options: via.decode(value)
    checks = [cast("Convert", extra) for extra in extras if callable(extra)]

    def read(value: Any, options: _Options) -> Any:
        value = inner(value, options)
        for check in checks:
            value = check(value)
        return value

    return read


def _group_reader(origin: Any, parts: tuple[Any, ...]) -> _Read:
    if origin in _GROUPS:
        item = _reader(parts[0])
        return lambda value, options: origin(
            item(each, options) for each in _checked(value, list, "a list")
        )
    item = _reader(parts[1])
    return lambda value, options: {
        name: item(each, options) for name, each in _table(value).items()
    }


def _table_reader(kind: type) -> _Read:
    hints = get_type_hints(kind, include_extras=True)
    fields = {field.name: _reader(hints[field.name]) for field in dataclasses.fields(kind)}
    required = [
        field.name
        for field in dataclasses.fields(kind)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]

    def read(value: Any, options: _Options) -> Any:
        table = _table(value)
        problems: list[Problem] = []
        if not options.allows_unknown:
            problems += [Problem(name, UNKNOWN) for name in table.keys() - fields.keys()]
        problems += [Problem(name, MISSING) for name in required if name not in table]
        values: dict[str, Any] = {}
        for name, read_field in fields.items():
            if name not in table:
                continue
            try:
                values[name] = read_field(table[name], options)
            except DecodeError as error:
                problems += [Problem(f"{name}.{p.field}", p.message) for p in error.problems]
            except _REFUSED as error:
                problems.append(Problem(name, str(error)[:200]))
        if problems:
            raise DecodeError(problems)
        return kind(**values)

    return read


def _checked(value: Any, kind: type[T], words: str) -> T:
    # ``type() is``, because True is an int and would pass for a count.
    if type(value) is not kind:
        raise ValueError(f"must be {words}, not {type(value).__name__}")
    return value


def _table(value: Any) -> dict[str, Any]:
    return _checked(value, dict, "a table")


def _text(value: Any) -> str:
    return _checked(value, str, "a text")


def _path(value: Any) -> Path:
    if "\0" in _text(value):
        raise ValueError("must not hold a zero byte")
    return Path(value)


_WRITERS: Readers = {
    bytes: lambda value: base64.b64encode(value).decode("ascii"),
    Path: lambda value: value.as_posix(),
}
_READERS: Readers = {
    bool: lambda value: _checked(value, bool, "true or false"),
    int: lambda value: _checked(value, int, "a whole number"),
    float: lambda value: float(value) if type(value) is int else _checked(value, float, "a number"),
    str: _text,
    Path: _path,
    bytes: lambda value: base64.b64decode(_text(value), validate=True),
    Any: lambda value: value,
}
