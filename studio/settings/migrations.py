"""Brings settings that an older version wrote to the form of this one."""

import logging
from collections.abc import Callable, Mapping

from PySide6.QtCore import QSettings

VERSION = 1
_KEY = "version"
_log = logging.getLogger(__name__)

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
