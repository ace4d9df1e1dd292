"""A scrollable grid of cards with pictures and text."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QImage,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QSizePolicy, QWidget

from studio.theme import SPACING, current_colors
from studio.widgets.thumbnail_grid import wrapped_lines

_PADDING = 8
_SIDE = 92
_ARROW = 24
_SQUARE = 8
"""Side of a square of the checkerboard behind transparent pictures, in pixels."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """Content of a card."""

    pictures: tuple[QImage, ...]
    """None, one, or two: before and after."""
    text: str
    problem: str = ""
    """Error text, painted in red below the text."""
    tip: str = ""


class CardGrid(QScrollArea):
    """Cards in as many columns as fit the width."""

    def __init__(self, parent: QWidget | None = None, *, is_double: bool = False) -> None:
        """Create an empty grid; ``is_double`` makes room for two pictures on each card."""
        super().__init__(parent)
        self._width = (2 * _SIDE + _ARROW if is_double else _SIDE) + 4 * _PADDING
        self._lines = 2 if is_double else 3
        self._cards: list[_CardView] = []
        self._columns = 0
        self._content = QWidget()
        self._grid = QGridLayout(self._content)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(SPACING)
        self._grid.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidgetResizable(True)
        self.setWidget(self._content)

    @property
    def cards(self) -> tuple[Card, ...]:
        """The cards that are shown."""
        return tuple(view.card for view in self._cards)

    def show_cards(self, cards: Sequence[Card]) -> None:
        """Replace the cards; existing widgets are reused to prevent flicker."""
        for view, card in zip(self._cards, cards, strict=False):
            view.show_card(card)
        while len(self._cards) > len(cards):
            view = self._cards.pop()
            self._grid.removeWidget(view)
            view.hide()
            view.deleteLater()
        for card in cards[len(self._cards) :]:
            self._cards.append(_CardView(card, self._width, self._lines))
            self._columns = 0
        self._spread()

    def set_dimmed(self, *, is_dimmed: bool) -> None:
        """Paint the cards dimmed while new ones are computed."""
        for view in self._cards:
            view.setEnabled(not is_dimmed)

    def _spread(self) -> None:
        columns = max(1, (self.viewport().width() + SPACING) // (self._width + SPACING))
        if columns == self._columns:
            return
        for column in range(max(columns, self._columns)):
            self._grid.setColumnStretch(column, int(column < columns))
        self._columns = columns
        for number, view in enumerate(self._cards):
            self._grid.addWidget(view, number // columns, number % columns)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Adapt the number of columns to the width."""
        super().resizeEvent(event)
        self._spread()


class _CardView(QWidget):
    def __init__(self, card: Card, width: int, lines: int) -> None:
        super().__init__()
        self._width, self._lines = width, lines
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.show_card(card)

    def show_card(self, card: Card) -> None:
        self.card = card
        self.setToolTip(card.tip or card.text)
        self.setAccessibleName(f"{card.text} {card.problem}".strip())
        self.update()

    def sizeHint(self) -> QSize:
        lines = self._lines * QFontMetrics(self.font()).lineSpacing()
        return QSize(self._width, _SIDE + lines + 3 * _PADDING)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Mid), 1))
        painter.setBrush(self.palette().color(QPalette.ColorRole.Base))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setOpacity(1.0 if self.isEnabled() else 0.45)
        self._paint_pictures(painter)
        self._paint_words(painter)
        painter.end()

    def _paint_pictures(self, painter: QPainter) -> None:
        pictures = self.card.pictures
        whole = len(pictures) * _SIDE + max(0, len(pictures) - 1) * _ARROW
        left = (self.width() - whole) / 2
        for number, picture in enumerate(pictures):
            place = QRectF(left, _PADDING, _SIDE, _SIDE)
            _paint_picture(painter, place, picture, self.palette())
            left += _SIDE + _ARROW
            if number + 1 < len(pictures):
                painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
                arrow = QRectF(left - _ARROW, _PADDING, _ARROW, _SIDE)
                painter.drawText(arrow, Qt.AlignmentFlag.AlignCenter, "→")
        if not pictures:
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            place = QRectF(0, _PADDING, self.width(), _SIDE)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, "—")

    def _paint_words(self, painter: QPainter) -> None:
        metrics = QFontMetrics(self.font())
        width = self.width() - 2 * _PADDING
        font = self.font().toString()
        problem = wrapped_lines(self.card.problem, font, width, self._lines - 1)
        lines = wrapped_lines(self.card.text, font, width, self._lines - len(problem))
        text = self.palette().color(QPalette.ColorRole.Text)
        colors = [text] * len(lines) + [QColor(current_colors().danger)] * len(problem)
        baseline = _SIDE + 2 * _PADDING + metrics.ascent()
        for line, color in zip([*lines, *problem], colors, strict=True):
            painter.setPen(color)
            indent = max(0.0, (self.width() - metrics.horizontalAdvance(line)) / 2)
            painter.drawText(QPointF(indent, baseline), line)
            baseline += metrics.lineSpacing()


def _paint_picture(painter: QPainter, place: QRectF, picture: QImage, palette: QPalette) -> None:
    """Paint a picture scaled to fit: nearest neighbour if enlarged, smooth if reduced."""
    size = picture.size().scaled(place.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
    inner = QRectF(0, 0, size.width(), size.height())
    inner.moveCenter(place.center())
    if picture.hasAlphaChannel():
        _paint_checkerboard(painter, inner)
    is_smooth = picture.width() > inner.width()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=is_smooth)
    painter.drawImage(inner, picture)
    painter.setPen(QPen(palette.color(QPalette.ColorRole.Mid), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(inner)


def _paint_checkerboard(painter: QPainter, place: QRectF) -> None:
    painter.save()
    painter.setClipRect(place)
    painter.fillRect(place, QColor("#ffffff"))
    for row in range(int(place.height()) // _SQUARE + 1):
        for column in range(row % 2, int(place.width()) // _SQUARE + 1, 2):
            left, top = place.left() + column * _SQUARE, place.top() + row * _SQUARE
            painter.fillRect(QRectF(left, top, _SQUARE, _SQUARE), QColor("#d8d8dc"))
    painter.restore()
