"""A line under the pointer, and what the curves of a plot are worth there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QObject, QPointF, Qt, Slot
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QLabel

from studio.theme import MARGIN, SPACING


@dataclass(frozen=True)
class Reading:
    """What stands at one place: the nearest point's ``x``, and each curve's label and value."""

    x: float
    values: list[tuple[str, float]]


class Crosshair(QObject):
    """Follows the pointer over a ``PlotWidget``; asks ``read`` what to say."""

    def __init__(self, plot: Any, title: str, read: Callable[[float], Reading | None]) -> None:
        """Watch ``plot``; ``title`` is the first line of a reading and holds ``{0}`` for x."""
        super().__init__(plot)
        self._plot, self._title, self._read = plot, title, read
        self._line: Any = pg.InfiniteLine(angle=90, movable=False)
        self._line.hide()
        plot.addItem(self._line, ignoreBounds=True)
        self._label = QLabel(plot)
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._label.setMargin(SPACING)
        self._label.setProperty("role", "readout")
        self._label.hide()
        plot.scene().sigMouseMoved.connect(self.point_at)

    @property
    def text(self) -> str:
        """What is shown; empty when nothing is."""
        return self._label.text() if self._label.isVisibleTo(self._plot) else ""

    def set_pen(self, pen: QPen) -> None:
        """Draw the line in another colour."""
        self._line.setPen(pen)

    @Slot(object)
    def point_at(self, place: QPointF) -> None:
        """Read at a place of the scene, or hide outside of the axes."""
        box = self._plot.getViewBox()
        is_inside = box.sceneBoundingRect().contains(place)
        reading = self._read(box.mapSceneToView(place).x()) if is_inside else None
        self._line.setVisible(reading is not None)
        self._label.setVisible(reading is not None)
        if reading is not None:
            self._line.setPos(reading.x)
            self._label.setText(self._words(reading))
            self._label.adjustSize()
            self._place(place)

    def _words(self, reading: Reading) -> str:
        first = self._title.format(self._plot.locale().toString(int(reading.x)))
        return "\n".join([first, *(f"{label}  {value:.4g}" for label, value in reading.values)])

    def _place(self, place: QPointF) -> None:
        """Keep the label inside: on the side of the pointer where there is more room."""
        at = self._plot.mapFromScene(place)
        is_right = at.x() > self._plot.width() / 2
        left = at.x() - self._label.width() - MARGIN if is_right else at.x() + MARGIN
        self._label.move(int(left), MARGIN)
