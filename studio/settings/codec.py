"""Stores frozen dataclasses in ``QSettings``.

Each field is stored as JSON text under ``ClassName/field``, independent of platform and locale.
A value that does not fit its field is replaced by the default with a warning, so a damaged or
newer file never prevents a start. ``migrate`` converts settings of older versions.
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
    """Loads and saves dataclasses, one settings group per class."""

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings

    def load(self, default: T) -> T:
        """Load an instance of the class of ``default``, which supplies missing fields."""
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
"""Migrations by the version they start from; each leads to the next version."""


def migrate(settings: QSettings, migrations: Mapping[int, Migration] = MIGRATIONS) -> None:
    """Run all migrations from the stored version up to ``VERSION``.

    A file of a newer version is left unchanged; the codec reads what it knows.
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
