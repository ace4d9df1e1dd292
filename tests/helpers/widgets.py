"""Finds widgets the way a user does: they are there, or the test fails."""

from typing import TypeVar

from PySide6.QtCore import QObject

T = TypeVar("T", bound=QObject)


def child(parent: QObject, kind: type[T]) -> T:
    """Give the first descendant of a kind."""
    found = parent.findChild(kind)
    assert found is not None, f"{parent} has no {kind.__name__}"
    return found
