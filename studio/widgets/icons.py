"""SVG icons, tinted and rendered at paint time.

This keeps them sharp at every scale and in step with the light and dark schemes.
"""

from functools import cache, lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QGuiApplication,
    QIcon,
    QIconEngine,
    QPainter,
    QPaintEvent,
    QPalette,
    QPixmap,
)
from PySide6.QtWidgets import QWidget

from resources import icons_folder
from studio.theme import current_colors

if TYPE_CHECKING:
    from PySide6.QtSvg import QSvgRenderer


TINTS = {"warning": "warning", "error": "danger", "info": "accent", "starred": "accent"}
"""Colours of icons with a fixed meaning; other icons use the text colour."""
_KEPT_RENDERERS = 128
_clones: list[QIconEngine] = []
"""References that keep Python from deleting clones, which are owned by Qt."""


def icon(name: str, tint: str = "") -> QIcon:
    """Load an icon.

    Args:
        name: file in ``resources/icons`` without its suffix, such as ``run``.
        tint: a field of ``theme.Colors``, for a coloured background; text by default.

    Raises:
        FileNotFoundError: there is no such icon.
    """
    return QIcon(_TintedEngine(_drawing(name), tint or TINTS.get(name, "")))


@cache
def _drawing(name: str) -> str:
    return (icons_folder() / f"{name}.svg").read_text(encoding="utf-8")


class _TintedEngine(QIconEngine):
    def __init__(self, drawing: str, tint: str) -> None:
        super().__init__()
        self._drawing = drawing
        self._tint = tint

    def _color(self, mode: QIcon.Mode) -> str:
        palette = QGuiApplication.palette()
        if mode is QIcon.Mode.Disabled:
            group = QPalette.ColorGroup.Disabled
            return palette.color(group, QPalette.ColorRole.WindowText).name()
        if mode is QIcon.Mode.Selected:
            return palette.color(QPalette.ColorRole.HighlightedText).name()
        if self._tint:
            return getattr(current_colors(), self._tint)
        return palette.color(QPalette.ColorRole.WindowText).name()

    def clone(self) -> QIconEngine:
        """Return a copy, owned by Qt."""
        clone = _TintedEngine(self._drawing, self._tint)
        _clones.append(clone)
        return clone

    def paint(
        self, painter: QPainter, rect: QRect, mode: QIcon.Mode, _state: QIcon.State, /
    ) -> None:
        """Paint into the largest square centred in ``rect``."""
        side = min(rect.width(), rect.height())
        square = QRectF(0, 0, side, side)
        square.moveCenter(QRectF(rect).center())
        _renderer(self._drawing.replace("currentColor", self._color(mode))).render(painter, square)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, /) -> QPixmap:
        """Paint on a transparent pixmap; ``size`` is in device pixels."""
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap


@lru_cache(maxsize=_KEPT_RENDERERS)
def _renderer(drawing: str) -> "QSvgRenderer":
    # Imported late to shorten the start of the application.
    from PySide6.QtSvg import QSvgRenderer

    return QSvgRenderer(drawing.encode())


class IconView(QWidget):
    """A square widget that paints an icon; unlike a pixmap, it follows the colour scheme."""

    def __init__(self, picture: QIcon, side: int, *, mode: QIcon.Mode = QIcon.Mode.Normal) -> None:
        super().__init__()
        self._picture, self._mode = picture, mode
        self.setFixedSize(QSize(side, side))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the icon."""
        painter = QPainter(self)
        self._picture.paint(painter, self.rect(), Qt.AlignmentFlag.AlignCenter, self._mode)
        painter.end()
