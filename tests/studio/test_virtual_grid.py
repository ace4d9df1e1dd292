"""The wall of tiles: only what is seen is asked for, however many there are."""

from typing import Any

import pytest
from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QSize,
    Qt,
)
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication
from pytestqt.qtbot import QtBot

from studio.widgets.thumbnail_grid import TileDelegate
from studio.widgets.virtual_grid import VirtualGridView

COUNT = 100_000
ROOT = QModelIndex()
Index = QModelIndex | QPersistentModelIndex


class Counting(QAbstractListModel):
    """Many tiles; remembers whose picture was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[int] = []
        self.picture = QImage(8, 8, QImage.Format.Format_RGB32)
        self.picture.fill(0)

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else COUNT

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DecorationRole:
            self.asked.append(index.row())
            return self.picture
        return f"tile {index.row()}" if role == Qt.ItemDataRole.DisplayRole else None


@pytest.fixture
def model() -> Counting:
    return Counting()


@pytest.fixture
def wall(qtbot: QtBot, model: Counting) -> VirtualGridView:
    wall = VirtualGridView(TileDelegate())
    qtbot.addWidget(wall)
    wall.setModel(model)
    wall.set_tiles(zoom=8, tile=QSize(8, 8), text_lines=1)
    wall.resize(640, 480)
    wall.show()
    return wall


def most_seen(wall: VirtualGridView) -> int:
    """Count the tiles that can be seen at once, from the size of one."""
    tile = wall.visualRect(wall.model().index(0, 0))
    return (wall.viewport().height() // tile.height() + 2) * wall.columns


def test_that_a_paint_asks_for_no_more_than_fits_the_window(wall: VirtualGridView, model: Counting):
    bar = wall.verticalScrollBar()
    for step in range(21):
        model.asked.clear()
        bar.setValue(bar.maximum() * step // 20)
        wall.viewport().repaint()
        assert 0 < len(set(model.asked)) <= most_seen(wall) < 100
        assert set(model.asked) <= set(wall.visible_rows())
    assert max(model.asked) == COUNT - 1


def test_that_resizing_and_a_new_model_ask_for_no_more_either(
    wall: VirtualGridView, model: Counting
):
    model.asked.clear()
    wall.resize(700, 500)
    model.beginResetModel()
    model.endResetModel()
    model.dataChanged.emit(model.index(0), model.index(COUNT - 1))
    QApplication.processEvents()
    assert len(set(model.asked)) <= most_seen(wall)


def test_that_every_tile_is_where_it_is_found(wall: VirtualGridView, model: Counting):
    wall.verticalScrollBar().setValue(1234)
    for row in wall.visible_rows():
        place = wall.visualRect(model.index(row)).center()
        assert wall.indexAt(place).row() == row
    assert not wall.indexAt(QPoint(-1, 5)).isValid()


def test_that_what_stood_at_the_top_stays_there(wall: VirtualGridView, model: Counting):
    wall.scrollTo(model.index(50_000), QAbstractItemView.ScrollHint.PositionAtTop)
    top = wall.visible_rows().start
    wall.resize(480, 480)
    assert top - wall.columns < wall.visible_rows().start <= top


@pytest.mark.parametrize(
    ("key", "start", "end"),
    [
        (Qt.Key.Key_Right, 7, 8),
        (Qt.Key.Key_Left, 0, 0),
        (Qt.Key.Key_Up, 1, 1),
        (Qt.Key.Key_End, 5, COUNT - 1),
        (Qt.Key.Key_Home, 5, 0),
        (Qt.Key.Key_Down, COUNT - 1, COUNT - 1),
        (Qt.Key.Key_PageUp, 3, 0),
    ],
)
def test_that_keys_lead_where_one_expects(wall, qtbot: QtBot, key, start, end):
    wall.setCurrentIndex(wall.model().index(start, 0))
    qtbot.keyClick(wall, key)
    assert wall.currentIndex().row() == end
    assert wall.viewport().rect().contains(wall.visualRect(wall.currentIndex()))


def test_that_down_goes_to_the_tile_below(wall: VirtualGridView, qtbot: QtBot):
    wall.setCurrentIndex(wall.model().index(1, 0))
    qtbot.keyClick(wall, Qt.Key.Key_Down)
    qtbot.keyClick(wall, Qt.Key.Key_PageDown)
    below = wall.currentIndex().row()
    assert below % wall.columns == 1
    assert below > wall.columns


def selected(wall: VirtualGridView) -> list[int]:
    return sorted(index.row() for index in wall.selectionModel().selectedIndexes())


def test_that_shift_selects_as_one_reads(wall: VirtualGridView, qtbot: QtBot):
    first, last = 3, wall.columns + 1
    button = Qt.MouseButton.LeftButton
    for row, modifier in ((first, "NoModifier"), (last, "ShiftModifier")):
        place = wall.visualRect(wall.model().index(row, 0)).center()
        qtbot.mouseClick(wall.viewport(), button, Qt.KeyboardModifier[modifier], place)
    assert selected(wall) == list(range(first, last + 1))


def test_that_all_can_be_selected(wall: VirtualGridView):
    wall.selectAll()
    assert wall.selectionModel().isSelected(wall.model().index(COUNT - 1, 0))
    wall.selectionModel().select(QModelIndex(), QItemSelectionModel.SelectionFlag.Clear)
    assert selected(wall) == []


def test_that_ctrl_and_the_wheel_zoom(wall: VirtualGridView):
    def turn(angle: int, modifier: Qt.KeyboardModifier) -> None:
        place = QPointF(20, 20)
        event = QWheelEvent(
            place, place, QPoint(), QPoint(0, angle), Qt.MouseButton.NoButton, modifier,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(wall.viewport(), event)

    wall.set_tiles(zoom=2, tile=QSize(80, 80), text_lines=1)
    before = wall.visualRect(wall.model().index(0, 0)).height()
    for _half in range(2):
        turn(60, Qt.KeyboardModifier.ControlModifier)
    assert wall.visualRect(wall.model().index(0, 0)).height() == before + 80
    assert wall.verticalOffset() == 0
    turn(-120, Qt.KeyboardModifier.NoModifier)
    assert wall.verticalOffset() > 0
