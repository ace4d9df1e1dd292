"""Turns of a wheel in whole notches."""

from PySide6.QtGui import QWheelEvent

_NOTCH = 120
"""Angle of one notch of a wheel, in eighths of a degree."""


class Notches:
    """Counts notches; a touchpad sends many small turns, which add up to one."""

    def __init__(self) -> None:
        self._turned = 0

    def take(self, event: QWheelEvent) -> int:
        """Give the notches that a turn completes, up or down; mostly none."""
        self._turned += event.angleDelta().y()
        notches = int(self._turned / _NOTCH)
        self._turned -= notches * _NOTCH
        return notches
