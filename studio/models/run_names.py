"""Names for new runs, such as ``digits-2026-11-23-1``."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_LONGEST = 100


def today() -> date:
    """Give the local calendar day."""
    return date.today()  # noqa: DTZ011 - a name should carry the day on the user's wall


def free_run_name(runs: Path, subject: str, day: Callable[[], date] = today) -> str:
    """Make a name from subject and day that no folder in ``runs`` has yet."""
    stem = f"{_FORBIDDEN.sub('-', subject).strip(' .') or 'run'}-{day().isoformat()}"
    number = 1
    while (runs / f"{stem}-{number}").exists():
        number += 1
    return f"{stem}-{number}"


def is_usable_name(name: str) -> bool:
    """Whether every platform takes ``name`` as a folder's name."""
    return (
        0 < len(name) <= _LONGEST
        and not _FORBIDDEN.search(name)
        and not _RESERVED.fullmatch(name)
        and name == name.strip(" .")
    )
