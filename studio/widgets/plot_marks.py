"""Marks along the bottom of a plot with the button that is their legend, and a chosen position."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyqtgraph as pg
from pyqtgraph.graphicsItems.ScatterPlotItem import Symbols
from PySide6.QtCore import QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QMenu, QToolButton, QToolTip, QWidget

from studio.theme import current_colors

_SIZE = 9
_ABOVE_EDGE = 7
"""Pixels from the bottom edge of the plot to the centres of the marks."""
_NEAR_PX = 6
"""Horizontal distance at which the pointer is on a mark."""
_SWATCH = QSize(14, 14)


@dataclass(frozen=True, kw_only=True)
class PlotMark:
    """Something that happened at a position."""

    x: float
    kind: str
    text: str


@dataclass(frozen=True, kw_only=True)
class MarkKind:
    """Looks of a kind of marks."""

    label: str
    symbol: str
    """A symbol of ``pyqtgraph.ScatterPlotItem``."""
    color: str
    """A field of ``theme.Colors``."""


class PlotMarks(QObject):
    """Marks of a ``PlotWidget``, with tooltips, and a vertical line at a chosen position.

    Args:
        plot: a ``PlotWidget``.
        kinds: looks by kind; of marks at one place, the last kind is in front.
    """

    chosen = Signal(float)
    """Emitted with a position that the user has clicked, that of a mark if one is near."""

    def __init__(self, plot: Any, kinds: Mapping[str, MarkKind]) -> None:
        super().__init__(plot)
        self._plot, self._kinds = plot, kinds
        self._marks: tuple[PlotMark, ...] = ()
        self._hidden: frozenset[str] = frozenset()
        self._items: dict[str, Any] = {}
        for kind, looks in kinds.items():
            item: Any = pg.ScatterPlotItem(size=_SIZE, symbol=looks.symbol, pxMode=True)
            item.setZValue(10)
            plot.addItem(item, ignoreBounds=True)
            self._items[kind] = item
        self._line: Any = pg.InfiniteLine(angle=90, movable=False)
        self._line.hide()
        plot.addItem(self._line, ignoreBounds=True)
        self._moment: float | None = None
        box = plot.getViewBox()
        for moved in (box.sigYRangeChanged, box.sigResized):
            moved.connect(self._place)
        plot.scene().sigMouseClicked.connect(self._on_click)
        plot.scene().sigMouseMoved.connect(self._on_move)
        self.recolor()

    @property
    def moment(self) -> float | None:
        """The chosen position; None if there is none."""
        return self._moment

    @property
    def shown(self) -> tuple[PlotMark, ...]:
        """The marks of the kinds that are not hidden."""
        return tuple(mark for mark in self._marks if mark.kind not in self._hidden)

    def set_marks(self, marks: Sequence[PlotMark]) -> None:
        """Replace all marks."""
        self._marks = tuple(marks)
        self._place()

    def hide_kinds(self, kinds: Iterable[str]) -> None:
        """Hide the marks of these kinds and show all others."""
        self._hidden = frozenset(kinds)
        self._place()

    def show_moment(self, x: float | None) -> None:
        """Draw the line at a position, or remove it."""
        self._moment = x
        self._line.setVisible(x is not None)
        if x is not None:
            self._line.setPos(x)

    def recolor(self) -> None:
        """Follow the light and dark scheme."""
        colors = current_colors()
        self._line.setPen(pg.mkPen(colors.accent, width=2))
        for kind, item in self._items.items():
            item.setBrush(pg.mkBrush(getattr(colors, self._kinds[kind].color)))
            item.setPen(pg.mkPen(colors.surface, width=1))

    def text_at(self, x: float) -> str:
        """Return what the marks near a position say; empty if there are none."""
        return "\n".join(mark.text for mark in self._near(x))

    @Slot()
    def _place(self) -> None:
        box = self._plot.getViewBox()
        (low, high), height = box.viewRange()[1], max(box.height(), 1.0)
        y = low + _ABOVE_EDGE / height * (high - low)
        for kind, item in self._items.items():
            places = [mark.x for mark in self.shown if mark.kind == kind]
            item.setData(places, [y] * len(places))
            item.setVisible(bool(places))

    def _near(self, x: float) -> list[PlotMark]:
        width = self._plot.getViewBox().viewPixelSize()[0]
        reach = _NEAR_PX * width if math.isfinite(width) else 0.0
        near = [mark for mark in self.shown if abs(mark.x - x) <= reach]
        nearest = min((abs(mark.x - x) for mark in near), default=0.0)
        return [mark for mark in near if abs(mark.x - x) == nearest]

    @Slot(object)
    def _on_click(self, event: Any) -> None:
        box = self._plot.getViewBox()
        is_inside = box.sceneBoundingRect().contains(event.scenePos())
        if event.button() is not Qt.MouseButton.LeftButton or event.double() or not is_inside:
            return
        x = box.mapSceneToView(event.scenePos()).x()
        marks = self._near(x) if self._is_low(event.scenePos()) else []
        self.chosen.emit(marks[0].x if marks else max(x, 0.0))

    @Slot(object)
    def _on_move(self, place: Any) -> None:
        box = self._plot.getViewBox()
        text = ""
        if box.sceneBoundingRect().contains(place) and self._is_low(place):
            text = self.text_at(box.mapSceneToView(place).x())
        self._plot.setToolTip(text)
        if text:
            spot = self._plot.viewport().mapToGlobal(self._plot.mapFromScene(place))
            QToolTip.showText(spot, text, self._plot)
        elif QToolTip.isVisible():
            QToolTip.hideText()

    def _is_low(self, place: Any) -> bool:
        """Whether a scene position is as low as the marks."""
        area = self._plot.getViewBox().sceneBoundingRect()
        return area.bottom() - place.y() <= 2 * _ABOVE_EDGE


class MarksButton(QToolButton):
    """Lists the kinds of marks with their symbols; unchecking one hides its marks."""

    hidden_changed = Signal(object)
    """Emitted with the ``frozenset`` of the hidden kinds."""

    def __init__(self, kinds: Mapping[str, MarkKind], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kinds = kinds
        self.setText(self.tr("Marks"))
        self.setToolTip(self.tr("What the symbols along the bottom of the curves mean"))
        self.setAutoRaise(True)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        self.actions_: dict[str, QAction] = {}
        for kind, looks in kinds.items():
            action = menu.addAction(looks.label)
            action.setCheckable(True)
            action.setChecked(True)
            action.toggled.connect(self._emit_hidden)
            self.actions_[kind] = action
        self.setMenu(menu)
        self.show_present(())
        self.recolor()

    @property
    def hidden(self) -> frozenset[str]:
        """The kinds that are not checked."""
        return frozenset(kind for kind, action in self.actions_.items() if not action.isChecked())

    def hide_kinds(self, kinds: Iterable[str]) -> None:
        """Uncheck these kinds and check all others."""
        hidden = frozenset(kinds)
        for kind, action in self.actions_.items():
            action.setChecked(kind not in hidden)

    def show_present(self, marks: Sequence[PlotMark]) -> None:
        """List the kinds that occur; the button is hidden while there are none."""
        present = {mark.kind for mark in marks}
        for kind, action in self.actions_.items():
            action.setVisible(kind in present)
        self.setVisible(bool(present))

    def recolor(self) -> None:
        """Follow the light and dark scheme."""
        for kind, action in self.actions_.items():
            looks = self._kinds[kind]
            color = QColor(getattr(current_colors(), looks.color))
            action.setIcon(_symbol_icon(looks.symbol, color))

    @Slot()
    def _emit_hidden(self) -> None:
        self.hidden_changed.emit(self.hidden)


def _symbol_icon(symbol: str, color: QColor) -> QIcon:
    picture = QPixmap(_SWATCH * 2)
    picture.setDevicePixelRatio(2)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(_SWATCH.width() / 2, _SWATCH.height() / 2)
    painter.scale(_SIZE, _SIZE)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    # The symbols of pyqtgraph have a side of 1 around the origin.
    painter.drawPath(Symbols[symbol])
    painter.end()
    return QIcon(picture)
