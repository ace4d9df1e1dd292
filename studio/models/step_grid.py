"""Draws tiles of a run at several steps as one picture: a row for each tile, a column a step.

Painted with Qt in a worker thread, so that captions in any script are drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QLocale, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPen

from engine.control import RunControl
from engine.errors import SheetCorruptError
from engine.sample.preview_sheet import Sheet, read_sheet
from studio.models.thumbnails import qimage_of

MAX_SIDE = 8192
"""Of the picture, in pixels."""
_GAP, _MARGIN, _SMALLEST = 8, 16, 64
_PAPER, _INK, _PALE = QColor("#ffffff"), QColor("#2b2b2b"), QColor("#6f6f6f")


@dataclass(frozen=True, kw_only=True)
class StepGridRequest:
    """What is drawn."""

    sheets: tuple[Path, ...]
    """Previews, oldest first."""
    tiles: tuple[int, ...]
    """Numbers of the tiles; those that a preview lacks are left blank."""
    title: str
    corner: str
    """Heading of the columns."""
    font: QFont


def draw_step_grid(request: StepGridRequest, control: RunControl) -> QImage:
    """Draw tiles at several steps; previews that cannot be read are left out.

    Raises:
        SheetCorruptError: none of the previews can be read.
        StoppedError: a stop was requested.
    """
    sheets: list[Sheet] = []
    for path in request.sheets:
        control.stop_if_asked()
        try:
            sheets.append(read_sheet(path))
        except SheetCorruptError:
            if path == request.sheets[-1] and not sheets:
                raise
    return _Drawing(request, sheets).draw()


class _Drawing:
    def __init__(self, request: StepGridRequest, sheets: Sequence[Sheet]) -> None:
        self._request, self._sheets = request, sheets
        self._font = QFont(request.font)
        metrics = QFontMetrics(self._font)
        self._line = metrics.lineSpacing()
        height, width = sheets[-1].images.shape[1:3]
        # The size of a tile that fits: a whole factor, so that pixels stay square.
        across = len(sheets) * (width + _GAP) + 2 * _MARGIN
        down = len(request.tiles) * (height + self._line + _GAP) + 2 * _MARGIN
        fitting = max(1, min(MAX_SIDE // across, MAX_SIDE // down))
        factor = min(fitting, max(1, -(-_SMALLEST // max(height, width))))
        self._tile = QSize(width, height) * factor
        self._cell = max(self._tile.width(), _SMALLEST)
        self._has_texts = any(any(sheet.texts) for sheet in sheets)

    def draw(self) -> QImage:
        """Draw title, headings, tiles and captions."""
        top = _MARGIN + 3 * self._line + _GAP
        row_height = self._tile.height() + _GAP + (self._line + 2) * self._has_texts
        width = 2 * _MARGIN + len(self._sheets) * (self._cell + _GAP) - _GAP
        height = top + len(self._request.tiles) * row_height + _MARGIN - _GAP
        picture = QImage(min(width, MAX_SIDE), min(height, MAX_SIDE), QImage.Format.Format_RGB32)
        picture.fill(_PAPER)
        painter = QPainter(picture)
        painter.setFont(self._font)
        self._write(painter, _INK, QRect(_MARGIN, _MARGIN, width, self._line), self._request.title)
        heading = QRect(_MARGIN, _MARGIN + self._line, width, self._line)
        self._write(painter, _PALE, heading, self._request.corner)
        for column, sheet in enumerate(self._sheets):
            left = _MARGIN + column * (self._cell + _GAP)
            place = QRect(left, top - self._line - _GAP // 2, self._cell, self._line)
            middle = Qt.AlignmentFlag.AlignHCenter
            self._write(painter, _INK, place, QLocale().toString(sheet.images_seen), middle)
            for row, tile in enumerate(self._request.tiles):
                if tile < len(sheet.texts):
                    self._draw_tile(painter, sheet, tile, left, top + row * row_height)
        painter.end()
        return picture

    def _draw_tile(self, painter: QPainter, sheet: Sheet, tile: int, left: int, top: int) -> None:
        indent = (self._cell - self._tile.width()) // 2
        place = QRect(left + indent, top, self._tile.width(), self._tile.height())
        painter.drawImage(place, qimage_of(sheet.images[tile]))
        painter.setPen(QPen(_PALE, 1))
        painter.drawRect(place.adjusted(-1, -1, 0, 0))
        caption = QRect(left, place.bottom() + 3, self._cell, self._line)
        self._write(painter, _PALE, caption, sheet.texts[tile], Qt.AlignmentFlag.AlignHCenter)

    def _write(
        self,
        painter: QPainter,
        color: QColor,
        place: QRect,
        text: str,
        side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    ) -> None:
        painter.setPen(color)
        room = place.width()
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)
        painter.drawText(place, side | Qt.AlignmentFlag.AlignVCenter, shown)
