"""A row of chips, one for each curve: its colour, its name, its latest value, and a switch."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from studio.theme import SPACING

_SWATCH = QSize(14, 14)


class CurveLegend(QWidget):
    """Emits which curve was switched on or off; knows nothing about what they mean."""

    visibility_changed = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chips: dict[str, QToolButton] = {}
        self._labels: dict[str, str] = {}
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(SPACING // 2)
        self._layout.addStretch(1)

    def add(self, name: str, label: str, tip: str, *, is_on: bool) -> None:
        """Add a chip."""
        chip = QToolButton()
        chip.setCheckable(True)
        chip.setAutoRaise(True)
        chip.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        chip.setText(label)
        chip.setToolTip(tip)
        chip.setChecked(is_on)
        chip.toggled.connect(lambda is_on: self.visibility_changed.emit(name, is_on))
        self._chips[name], self._labels[name] = chip, label
        self._layout.insertWidget(self._layout.count() - 1, chip)

    @property
    def names(self) -> tuple[str, ...]:
        """The curves that have a chip."""
        return tuple(self._chips)

    def chip(self, name: str) -> QToolButton:
        """Give the chip of a curve."""
        return self._chips[name]

    def set_color(self, name: str, color: QColor) -> None:
        """Colour a chip; a curve that is off is hollow."""
        self._chips[name].setIcon(_swatch(color, is_on=self._chips[name].isChecked()))

    def set_value(self, name: str, value: float) -> None:
        """Show a curve's latest value."""
        self._chips[name].setText(f"{self._labels[name]} {value:.3g}")

    def set_tip(self, name: str, tip: str) -> None:
        """Say something else about a curve."""
        self._chips[name].setToolTip(tip)

    def clear(self) -> None:
        """Remove all chips."""
        for chip in self._chips.values():
            self._layout.removeWidget(chip)
            chip.deleteLater()
        self._chips.clear()
        self._labels.clear()


def _swatch(color: QColor, *, is_on: bool) -> QIcon:
    picture = QPixmap(_SWATCH * 2)
    picture.setDevicePixelRatio(2)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(color)
    painter.setBrush(color if is_on else Qt.BrushStyle.NoBrush)
    painter.drawEllipse(2, 2, _SWATCH.width() - 4, _SWATCH.height() - 4)
    painter.end()
    return QIcon(picture)
