"""Paths of the studio on this machine."""

import os
from pathlib import Path

import platformdirs

_APP = "diptych"


def default_workspace() -> Path:
    """Return the default folder for datasets, runs and galleries."""
    return Path(platformdirs.user_documents_dir()) / "Diptych"


def settings_file() -> Path:
    """Return the file that stores layout and choices."""
    return Path(platformdirs.user_config_dir(_APP, appauthor=False)) / "studio.ini"


def cache_folder() -> Path:
    """Return the folder of what can be computed again."""
    return Path(platformdirs.user_cache_dir(_APP, appauthor=False))


def log_folder() -> Path:
    """Return the folder of the rotating log files."""
    return Path(platformdirs.user_log_dir(_APP, appauthor=False))


def holds_files(folder: Path) -> bool:
    """Whether the path is a non-empty folder or a file."""
    return any(folder.iterdir()) if folder.is_dir() else folder.exists()


def nearest_existing(folder: Path) -> Path:
    """Return the folder itself or its closest existing parent."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def is_writable(folder: Path) -> bool:
    """Whether files can be created in the folder or, if it is missing, its closest parent."""
    existing = nearest_existing(folder)
    return existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
