"""Rows of widgets that break where the width ends."""

from PySide6.QtCore import QRect, QSize
from PySide6.QtWidgets import QSizePolicy, QWidget
from pytestqt.qtbot import QtBot

from studio.widgets.flow_layout import FlowLayout
from tests.helpers.windows import child


def make(qtbot: QtBot, *widths: int, grows: int = -1) -> tuple[QWidget, list[QWidget]]:
    """Lay out boxes of 20 pixels in height; one may grow."""
    place = QWidget()
    qtbot.addWidget(place)
    layout = FlowLayout(4, place)
    boxes: list[QWidget] = []
    for number, width in enumerate(widths):
        box = QWidget()
        box.setFixedHeight(20)
        box.setMinimumWidth(width)
        policy = QSizePolicy.Policy.Expanding if number == grows else QSizePolicy.Policy.Fixed
        box.setSizePolicy(policy, QSizePolicy.Policy.Fixed)
        layout.addWidget(box)
        boxes.append(box)
    return place, boxes


def places(place: QWidget, boxes: list[QWidget], width: int) -> list[tuple[int, int, int]]:
    """Give left, top and width of each box."""
    place.resize(width, 200)
    place.show()
    return [(box.x(), box.y(), box.width()) for box in boxes]


def test_that_a_row_breaks_where_the_width_ends(qtbot: QtBot):
    place, boxes = make(qtbot, 50, 60, 70)
    assert places(place, boxes, 188) == [(0, 0, 50), (54, 0, 60), (118, 0, 70)]
    assert places(place, boxes, 187) == [(0, 0, 50), (54, 0, 60), (0, 24, 70)]
    assert place.heightForWidth(187) == 44
    layout = child(place, FlowLayout)
    assert layout.sizeHint() == QSize(188, 20)
    assert layout.minimumSize() == QSize(70, 20)


def test_that_what_expands_takes_the_rest_of_its_row(qtbot: QtBot):
    place, boxes = make(qtbot, 50, 60, 70, grows=1)
    assert places(place, boxes, 300) == [(0, 0, 50), (54, 0, 172), (230, 0, 70)]
    boxes[1].hide()
    assert place.heightForWidth(124) == 20


def test_that_a_wide_widget_gets_a_row_and_the_height_it_needs(qtbot: QtBot):
    place, boxes = make(qtbot, 30, 30)
    inner, chips = make(qtbot, 40, 40, 40)
    child(place, FlowLayout).addWidget(inner)
    assert place.heightForWidth(90) == 20 + 4 + 44
    places(place, boxes, 90)
    assert inner.geometry() == QRect(0, 24, 90, 44)
    assert [chip.y() for chip in chips] == [0, 0, 24]
