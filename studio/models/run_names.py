"""Names for new runs, such as ``digits-2026-11-23-1``."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from engine.runs.names import FORBIDDEN, is_usable_name

__all__ = ["free_run_name", "is_usable_name", "today"]


def today() -> date:
    """Give the local calendar day."""
    return date.today()  # noqa: DTZ011 - a name should carry the day on the user's wall


def free_run_name(runs: Path, subject: str, day: Callable[[], date] = today) -> str:
    """Make a name from subject and day that no folder in ``runs`` has yet."""
    stem = f"{FORBIDDEN.sub('-', subject).strip(' .') or 'run'}-{day().isoformat()}"
    number = 1
    while (runs / f"{stem}-{number}").exists():
        number += 1
    return f"{stem}-{number}"
