"""Files that come along: starters, icons, themes, lessons, sheets of runs, translations."""

from pathlib import Path

_HERE = Path(__file__).parent


def starters_folder() -> Path:
    """Give the folder with the starter datasets' files."""
    return _HERE / "starters"


def icons_folder() -> Path:
    """Give the folder with the icons."""
    return _HERE / "icons"


def theme_folder() -> Path:
    """Give the folder with the pictures that the theme draws with."""
    return _HERE / "theme"


def forecast_folder() -> Path:
    """Give the folder with contact sheets of the measured runs."""
    return _HERE / "forecast"


def lessons_folder() -> Path:
    """Give the folder with the lessons and the settings of their experiments."""
    return _HERE / "lessons"


def translations_folder() -> Path:
    """Give the folder with the compiled translations."""
    return _HERE / "translations"
