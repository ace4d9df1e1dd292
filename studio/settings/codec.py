"""Frozen dataclasses in and out of ``QSettings``.

Every field is stored as JSON text under ``ClassName/field``: the same on every platform and in
every locale. A value that does not fit its field is dropped with a warning and takes the default,
so a damaged or newer file never keeps the studio from starting.
"""

import base64
import dataclasses
import json
import logging
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from PySide6.QtCore import QSettings

T = TypeVar("T")
_log = logging.getLogger(__name__)


class SettingsStore:
    """What the studio remembers, one group for each dataclass."""

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings

    def load(self, default: T) -> T:
        """Read a value of the same class as ``default``, which fills in what is not stored."""
        kinds = get_type_hints(type(default))
        found: dict[str, Any] = {}
        for field in dataclasses.fields(cast("Any", default)):
            key = f"{type(default).__name__}/{field.name}"
            if not self._settings.contains(key):
                continue
            try:
                found[field.name] = decode(kinds[field.name], str(self._settings.value(key)))
            except (ValueError, TypeError) as error:
                _log.warning("Setting %s is not usable and takes its default: %s", key, error)
        return dataclasses.replace(cast("Any", default), **found)

    def save(self, value: object) -> None:
        """Store every field of a dataclass instance."""
        for field in dataclasses.fields(cast("Any", value)):
            key = f"{type(value).__name__}/{field.name}"
            self._settings.setValue(key, encode(getattr(value, field.name)))

    def flush(self) -> None:
        """Write to disk now."""
        self._settings.sync()


def encode(value: object) -> str:
    """Write one field as JSON text."""
    return json.dumps(_plain(value), ensure_ascii=False)


def decode(kind: Any, text: str) -> Any:
    """Read one field of the annotated ``kind``.

    Raises:
        ValueError: the text is not JSON, or its value does not fit.
        TypeError: the value has another type than the field.
    """
    return _typed(kind, json.loads(text))


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in cast("tuple[object, ...]", value)]
    return value


def _typed(kind: Any, value: Any) -> Any:
    if get_origin(kind) is tuple:
        return tuple(_typed(get_args(kind)[0], item) for item in _checked(list, value))
    if get_origin(kind) is dict:
        inner = get_args(kind)[1]
        return {name: _typed(inner, item) for name, item in _checked(dict, value).items()}
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind(value)
    if kind in _READERS:
        return _READERS[kind](_checked(str, value))
    if kind is float and type(value) is int:
        return float(value)
    return _checked(cast("type[Any]", kind), value)


def _from_base64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


_READERS: dict[Any, Callable[[str], Any]] = {Path: Path, bytes: _from_base64}


def _checked(kind: type[Any], value: Any) -> Any:
    # ``type() is``, because True is an int and would pass for a count.
    if type(value) is not kind:
        raise TypeError(f"{value!r} is not {kind.__name__}")
    return value


# --------------------------------------------------------------------------
# Brings settings that an older version wrote to the form of this one.


VERSION = 1
_KEY = "version"

Migration = Callable[[QSettings], None]

MIGRATIONS: Mapping[int, Migration] = {}
"""By the version they start from; each leads to the next."""


def migrate(settings: QSettings, migrations: Mapping[int, Migration] = MIGRATIONS) -> None:
    """Run every migration from the stored version up to ``VERSION``.

    A file from a newer version is left as it is: the codec takes what it knows.
    """
    found = _stored_version(settings)
    for version in range(found, VERSION):
        _log.info("Settings move from version %d to %d", version, version + 1)
        if version in migrations:
            migrations[version](settings)
    settings.setValue(_KEY, max(found, VERSION))


def _stored_version(settings: QSettings) -> int:
    if not settings.allKeys():
        return VERSION
    try:
        return int(str(settings.value(_KEY, 0)))
    except ValueError:
        return 0
