"""A scrollable grid of cards with pictures and text."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
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
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from studio.theme import SPACING, current_colors
from studio.widgets.icons import icon
from studio.widgets.thumbnail_grid import wrapped_lines

_PADDING = 8
_SIDE = 92
_ARROW = 24
_BUTTON = 26
_SQUARE = 8
"""Side of a square of the checkerboard behind transparent pictures, in pixels."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """Content of a card."""

    pictures: tuple[QImage, ...]
    """None, one, or two: before and after."""
    text: str
    cells: tuple[tuple[str, str], ...] = ()
    """Names and values of a table's row: in the place of a missing picture, else after the text."""
    sound: str = ""
    """What the button that plays the card's sound says; empty if it has none."""
    problem: str = ""
    """Error text, painted in red below the text."""
    tip: str = ""


class CardGrid(QScrollArea):
    """Cards in as many columns as fit the width."""

    play_requested = Signal(int)
    """Carries the number of a card whose sound is to be played or stopped."""

    def __init__(self, parent: QWidget | None = None, *, is_double: bool = False) -> None:
        """Create an empty grid; ``is_double`` makes room for two pictures on each card."""
        super().__init__(parent)
        self._width = (2 * _SIDE + _ARROW if is_double else _SIDE) + 4 * _PADDING
        self._lines = 2 if is_double else 3
        self._cards: list[_CardView] = []
        self._columns = 0
        self._playing, self._problem = -1, ""
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
        known = len(self._cards)
        for number, card in enumerate(cards[known:], known):
            view = _CardView(card, self._width, self._lines)
            view.play.clicked.connect(lambda _checked, n=number: self.play_requested.emit(n))
            self._cards.append(view)
            self._columns = 0
        self._spread()
        self.show_playback(self._playing, self._problem)

    def show_playback(self, playing: int, problem: str) -> None:
        """Show which sound is playing.

        Args:
            playing: number of its card, -1 for none.
            problem: why nothing can be played; empty if it can.
        """
        self._playing, self._problem = playing, problem
        for number, view in enumerate(self._cards):
            view.show_playback(is_playing=number == playing, problem=problem)

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
        self.play = QToolButton(self)
        self.play.setFixedSize(_BUTTON, _BUTTON)
        self.play.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.show_card(card)

    def show_card(self, card: Card) -> None:
        self.card = card
        self.setToolTip(card.tip or card.text)
        cells = ", ".join(f"{name} {value}" for name, value in card.cells)
        self.setAccessibleName(" ".join(filter(None, [card.text, cells, card.problem])))
        self.play.setVisible(bool(card.sound))
        self.update()

    def show_playback(self, *, is_playing: bool, problem: str) -> None:
        self.play.setIcon(icon("stop" if is_playing else "sound"))
        self.play.setEnabled(not problem)
        self.play.setToolTip(problem or self.card.sound)
        self.play.setAccessibleName(self.card.sound)

    def sizeHint(self) -> QSize:
        lines = self._lines * QFontMetrics(self.font()).lineSpacing()
        return QSize(self._width, _SIDE + lines + 3 * _PADDING)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.play.move(self.width() - _BUTTON - 3, _PADDING + _SIDE - _BUTTON + 3)

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
        if self.card.cells and not pictures:
            self._paint_cells(painter)
        elif not pictures:
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            place = QRectF(0, _PADDING, self.width(), _SIDE)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, "—")

    def _paint_cells(self, painter: QPainter) -> None:
        """Paint as many rows of names and values as fit."""
        metrics, palette = QFontMetrics(self.font()), self.palette()
        bottom = self.height() - _PADDING
        if self.card.text or self.card.problem:
            bottom = _SIDE + _PADDING
        room, middle = self.width() - 2 * _PADDING, self.width() // 2
        elided = Qt.TextElideMode.ElideRight
        baseline = _PADDING + metrics.ascent()
        for name, value in self.card.cells:
            if baseline + metrics.descent() > bottom:
                break
            painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
            half = middle - _PADDING - 4
            painter.drawText(QPointF(_PADDING, baseline), metrics.elidedText(name, elided, half))
            painter.setPen(palette.color(QPalette.ColorRole.Text))
            text = metrics.elidedText(value, elided, room - half - 8)
            painter.drawText(QPointF(middle + 4, baseline), text)
            baseline += metrics.lineSpacing()

    def _words(self) -> str:
        """Return the text, followed by the cells if a picture has their place."""
        if not self.card.pictures:
            return self.card.text
        values = (value for _name, value in self.card.cells)
        return " · ".join(filter(None, [self.card.text, *values]))

    def _paint_words(self, painter: QPainter) -> None:
        metrics = QFontMetrics(self.font())
        width = self.width() - 2 * _PADDING
        font = self.font().toString()
        problem = wrapped_lines(self.card.problem, font, width, self._lines - 1)
        lines = wrapped_lines(self._words(), font, width, self._lines - len(problem))
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
