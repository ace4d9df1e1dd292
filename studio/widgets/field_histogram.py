"""A small painted histogram of a table's column: bins of numbers, or the most frequent values."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

_LINES = 3
"""Lines of text that fit the height, and values that are shown."""
_USUAL_WIDTH, _MIN_WIDTH = 260, 160
_NAME_SHARE = 0.42
"""Of the width, for the names of values."""
_GAP = 6
_RADIUS = 1.5


class FieldHistogram(QWidget):
    """Shows counts; the tooltip lists all of them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.counts: tuple[int, ...] = ()
        self.names: tuple[str, ...] = ()
        """Of the counts: values, or the two ends of the range of numbers."""
        self._are_bins = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_bins(self, counts: Sequence[int], least: str, most: str) -> None:
        """Show counts of numbers in bins of equal width, with the ends of their range."""
        self._show(counts, (least, most), are_bins=True)
        self.setToolTip("")
        self.setAccessibleDescription(f"{least} – {most}")

    def show_values(self, names: Sequence[str], counts: Sequence[int]) -> None:
        """Show counts of values, the most frequent first."""
        self._show(counts, names, are_bins=False)
        number = self.locale().toString
        lines = [f"{name}: {number(count)}" for name, count in zip(names, counts, strict=True)]
        self.setToolTip("\n".join(lines))
        self.setAccessibleDescription(", ".join(lines))

    def _show(self, counts: Sequence[int], names: Sequence[str], *, are_bins: bool) -> None:
        self.counts, self.names, self._are_bins = tuple(counts), tuple(names), are_bins
        self.update()

    def sizeHint(self) -> QSize:
        """Return the preferred size."""
        return QSize(_USUAL_WIDTH, _LINES * QFontMetrics(self.font()).lineSpacing() + 4)

    def minimumSizeHint(self) -> QSize:
        """Return the minimum size."""
        return QSize(_MIN_WIDTH, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the bars and their names."""
        if not self.counts:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._are_bins:
            self._paint_bins(painter)
        else:
            self._paint_values(painter)
        painter.end()

    def _paint_bins(self, painter: QPainter) -> None:
        metrics, palette = QFontMetrics(self.font()), self.palette()
        place = QRectF(self.rect()).adjusted(0, 2, 0, -metrics.lineSpacing())
        width, highest = place.width() / len(self.counts), max(self.counts)
        self._take_bar_color(painter)
        for number, count in enumerate(self.counts):
            height = max(1.5, place.height() * count / highest) if count else 0.0
            left = place.left() + number * width
            bar = QRectF(left, place.bottom() - height, max(width - 1, 1), height)
            painter.drawRoundedRect(bar, _RADIUS, _RADIUS)
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Mid), 1))
        painter.drawLine(place.bottomLeft(), place.bottomRight())
        painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
        baseline = place.bottom() + metrics.ascent() + 1
        least, most = self.names
        painter.drawText(QPointF(0, baseline), least)
        if most != least:
            right = place.right() - metrics.horizontalAdvance(most)
            painter.drawText(QPointF(right, baseline), most)

    def _paint_values(self, painter: QPainter) -> None:
        metrics, palette = QFontMetrics(self.font()), self.palette()
        line, highest = metrics.lineSpacing(), max(self.counts)
        named = self.width() * _NAME_SHARE
        number = self.locale().toString
        counted = max(metrics.horizontalAdvance(number(count)) for count in self.counts) + _GAP
        room = self.width() - named - _GAP - counted
        shown = list(zip(self.names, self.counts, strict=True))[:_LINES]
        top = (self.height() - len(shown) * line) / 2
        for name, count in shown:
            baseline = top + metrics.ascent()
            painter.setPen(palette.color(QPalette.ColorRole.Text))
            text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(named))
            painter.drawText(QPointF(0, baseline), text)
            length = max(1.5, room * count / highest)
            self._take_bar_color(painter)
            bar = QRectF(named + _GAP, top + 0.2 * line, length, 0.6 * line)
            painter.drawRoundedRect(bar, _RADIUS, _RADIUS)
            painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(QPointF(bar.right() + _GAP, baseline), number(count))
            top += line

    def _take_bar_color(self, painter: QPainter) -> None:
        role = QPalette.ColorRole.Highlight if self.isEnabled() else QPalette.ColorRole.Mid
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(role))
