"""Names of run folders: which ones every system takes, and which are free."""

import re
from pathlib import Path

FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
"""Characters that no folder's name may hold."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_LONGEST = 100
_NUMBERED = re.compile(r"(.+)-(\d{1,4})")
_DATED = re.compile(r".*\d{4}-\d\d-\d\d")


def is_usable_name(name: str) -> bool:
    """Whether every platform takes ``name`` as a folder's name."""
    return (
        0 < len(name) <= _LONGEST
        and not FORBIDDEN.search(name)
        and not _RESERVED.fullmatch(name)
        and name == name.strip(" .")
    )


def free_name_like(runs: Path, name: str, taken: frozenset[str] = frozenset()) -> str:
    """Give the name if no folder has it, or else the next number, such as ``cats-2``.

    Args:
        runs: where the folder would lie.
        name: wanted.
        taken: names that count as had.
    """
    # The day of a date is no number to count on from.
    match = None if _DATED.fullmatch(name) else _NUMBERED.fullmatch(name)
    stem, number = (match[1], int(match[2])) if match else (name, 1)
    while name in taken or (runs / name).exists():
        number += 1
        name = f"{stem}-{number}"
    return name
