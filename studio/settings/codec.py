"""Frozen dataclasses in and out of ``QSettings``.

Every field is stored as JSON text under ``ClassName/field``: the same on every platform and in
every locale. A value that does not fit its field is dropped with a warning and takes the default,
so a damaged or newer file never keeps the studio from starting. ``migrate`` brings settings that
an older version wrote to the form of this one.
"""

import dataclasses
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast, get_type_hints

from PySide6.QtCore import QSettings

from engine.fs.codec import decode, encode

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
                stored = json.loads(str(self._settings.value(key)))
                found[field.name] = decode(kinds[field.name], stored)
            except ValueError as error:
                _log.warning("Setting %s is not usable and takes its default: %s", key, error)
        return dataclasses.replace(cast("Any", default), **found)

    def save(self, value: object) -> None:
        """Store every field of a dataclass instance."""
        for field in dataclasses.fields(cast("Any", value)):
            key = f"{type(value).__name__}/{field.name}"
            text = json.dumps(encode(getattr(value, field.name)), ensure_ascii=False)
            self._settings.setValue(key, text)

    def flush(self) -> None:
        """Write to disk now."""
        self._settings.sync()


VERSION = 2
_KEY = "version"

Migration = Callable[[QSettings], None]

MIGRATIONS: Mapping[int, Migration] = {}
"""By the version they start from; each leads to the next."""


def migrate(settings: QSettings, migrations: Mapping[int, Migration] = MIGRATIONS) -> None:
    """Run every migration from the stored version up to ``VERSION``.

    A file from a newer version is left as it is: the codec takes what it knows.
    """
    found = VERSION
    if settings.allKeys():
        try:
            found = int(str(settings.value(_KEY, 0)))
        except ValueError:
            found = 0
    for version in range(found, VERSION):
        _log.info("Settings move from version %d to %d", version, version + 1)
        if version in migrations:
            migrations[version](settings)
    settings.setValue(_KEY, max(found, VERSION))
