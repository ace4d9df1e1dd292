"""Finds widgets the way a user does: they are there, or the test fails."""

from typing import TypeVar

from PySide6.QtCore import QObject

T = TypeVar("T", bound=QObject)


def child(parent: QObject, kind: type[T], name: str = "") -> T:
    """Give the first descendant of a kind, and of a name where one is given."""
    found = parent.findChild(kind, name) if name else parent.findChild(kind)
    assert found is not None, f"{parent} has no {kind.__name__}"
    return found
