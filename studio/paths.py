"""Where the studio keeps things on this machine."""

from pathlib import Path

import platformdirs

_APP = "diptych"


def default_workspace() -> Path:
    """Give the folder for datasets, runs and galleries until the user picks another."""
    return Path(platformdirs.user_documents_dir()) / "Diptych"


def settings_file() -> Path:
    """Give the file that remembers layout and choices."""
    return Path(platformdirs.user_config_dir(_APP, appauthor=False)) / "studio.ini"


def log_folder() -> Path:
    """Give the folder of the rotating log files."""
    return Path(platformdirs.user_log_dir(_APP, appauthor=False))


def nearest_existing(folder: Path) -> Path:
    """Give the folder itself, or its closest parent that exists."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder
