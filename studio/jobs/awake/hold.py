"""What every system's way of staying awake has in common."""

from collections.abc import Callable
from typing import Protocol

APP = "Diptych"
REASON = "A model is being trained"
"""Shown by tools that list who keeps a computer awake; English, as the log is."""


class Hold(Protocol):
    """Keeps the computer awake from the moment it is made."""

    def release(self) -> None:
        """Let it sleep again."""
        ...


Way = Callable[[], Hold]
"""Makes a hold. Raises OSError or AttributeError where the system does not offer it."""
