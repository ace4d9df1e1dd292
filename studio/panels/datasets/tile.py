"""Paints one item of a dataset: what the gallery's tiles show, and what an editor must see."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPalette
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from studio.models.dataset_items import EDITED_ROLE, EXCLUDED_ROLE
from studio.widgets.tile_delegate import TileDelegate

_Index = QModelIndex | QPersistentModelIndex
_RADIUS, _DOT = 6, 8
_SELECTED_SHARE = 0.22
_EXCLUDED_OPACITY = 0.25


class ItemDelegate(TileDelegate):
    """Selected items stand on a tinted ground, excluded ones fade, edited ones have a dot."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Paint ground, picture, text and marks."""
        if option.state & QStyle.StateFlag.State_Selected:
            self._paint_selection(painter, option)
        painter.save()
        if index.data(EXCLUDED_ROLE):
            painter.setOpacity(_EXCLUDED_OPACITY)
        super().paint(painter, option, index)
        painter.restore()
        if index.data(EDITED_ROLE):
            self._paint_dot(painter, option)

    def _paint_picture(
        self, painter: QPainter, place: QRectF, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        if index.data(Qt.ItemDataRole.DecorationRole) is not None:
            super()._paint_picture(painter, place, option, index)
            return
        painter.setPen(option.palette.color(QPalette.ColorRole.PlaceholderText))
        painter.setBrush(option.palette.color(QPalette.ColorRole.Window))
        painter.drawRoundedRect(place, _RADIUS, _RADIUS)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, self.tr("no image"))

    def _paint_selection(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        over = option.palette.color(QPalette.ColorRole.Highlight)
        under = option.palette.color(QPalette.ColorRole.Base)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_mixed(over, under))
        painter.drawRoundedRect(
            QRectF(option.rect).adjusted(1.5, 1.5, -1.5, -1.5), _RADIUS, _RADIUS
        )
        painter.restore()

    def _paint_dot(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(option.palette.color(QPalette.ColorRole.Base))
        painter.setBrush(option.palette.color(QPalette.ColorRole.Highlight))
        right, top = option.rect.right() - _DOT - 6, option.rect.top() + 5
        painter.drawEllipse(right, top, _DOT, _DOT)
        painter.restore()


def _mixed(over: QColor, under: QColor) -> QColor:
    """Opaque, because a translucent ground is drawn many times slower."""
    share = _SELECTED_SHARE
    return QColor.fromRgbF(
        over.redF() * share + under.redF() * (1 - share),
        over.greenF() * share + under.greenF() * (1 - share),
        over.blueF() * share + under.blueF() * (1 - share),
    )
