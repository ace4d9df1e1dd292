"""Predicates over the events of a run, for ``qtbot.waitSignal``."""

from collections.abc import Callable


def is_event(kind: type) -> Callable[[object], bool]:
    """Accept events of one class."""
    return lambda event: isinstance(event, kind)
