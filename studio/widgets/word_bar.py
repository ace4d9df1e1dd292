"""Words with a background colour each, in one paragraph."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

_PAD, _GAP = 4, 4


class WordBar(QWidget):
    """Shows words side by side, wrapped at the width; colours say what each contributes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words: tuple[tuple[str, QColor], ...] = ()
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_words(self, words: Sequence[tuple[str, QColor]]) -> None:
        """Replace the words, each with its background."""
        self._words = tuple(words)
        self.setAccessibleDescription(" ".join(word for word, _color in self._words))
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:
        """Whether the height depends on the width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of the wrapped words."""
        places = self._places(width)
        return round(places[-1].bottom()) + 1 if places else self._line_height()

    def sizeHint(self) -> QSize:
        """Return the size of one line."""
        return QSize(160, self.heightForWidth(max(self.width(), 160)))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ascent = QFontMetrics(self.font()).ascent()
        for (word, color), place in zip(self._words, self._places(self.width()), strict=True):
            painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
            painter.setBrush(color)
            painter.drawRoundedRect(place.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
            painter.setPen(self.palette().color(QPalette.ColorRole.Text))
            painter.drawText(QPointF(place.left() + _PAD, place.top() + _PAD + ascent), word)
        painter.end()

    def _line_height(self) -> int:
        return QFontMetrics(self.font()).height() + 2 * _PAD

    def _places(self, width: int) -> list[QRectF]:
        metrics, height = QFontMetrics(self.font()), self._line_height()
        places: list[QRectF] = []
        left = top = 0
        for word, _color in self._words:
            own = metrics.horizontalAdvance(word) + 2 * _PAD
            if left and left + own > width:
                left, top = 0, top + height + _GAP
            places.append(QRectF(left, top, own, height))
            left += own + _GAP
        return places
