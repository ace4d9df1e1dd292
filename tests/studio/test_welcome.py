"""The welcome page: all starters, in groups that flow."""

import itertools

import pytest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from engine.data.starters import GROUPS, NOT_FOR_DIAGNOSIS, STARTERS
from studio.models.column_text import column_label, columns_text
from studio.window.welcome import WelcomePage, group_places


@pytest.fixture
def page(qtbot: QtBot) -> WelcomePage:
    page = WelcomePage()
    qtbot.addWidget(page)
    page.resize(1280, 700)
    page.show()
    return page


def labels(page: WelcomePage) -> list[QLabel]:
    return page.findChildren(QLabel)


def test_that_every_starter_has_a_card_with_its_facts(page: WelcomePage):
    shown = [label.text() for label in labels(page)]
    for starter in STARTERS.values():
        assert {starter.title, starter.summary, starter.licence} <= set(shown)
        facts = f"{starter.items:,} items · {columns_text(starter.columns.values())}"
        assert facts in shown
    assert {name.capitalize() for name in GROUPS} <= set(shown)


def test_that_the_cell_cases_are_marked(page: WelcomePage):
    card = page.starter_button("cell-cases").parentWidget()
    assert any(NOT_FOR_DIAGNOSIS in label.text() for label in card.findChildren(QLabel))


@pytest.mark.parametrize(("width", "columns"), [(1280, 4), (900, 3), (640, 2), (320, 1)])
def test_that_the_cards_fill_the_width_and_none_is_cut(page: WelcomePage, width: int, columns: int):
    page.resize(width, 600)
    QApplication.processEvents()
    cards = [page.starter_button(name).parentWidget().geometry() for name in STARTERS]
    assert len({card.left() for card in cards}) == columns
    assert not any(one.intersects(other) for one, other in itertools.combinations(cards, 2))
    assert page.widget().width() <= page.viewport().width()
    assert all(card.width() >= 240 for card in cards)


@pytest.mark.parametrize(
    ("columns", "places"),
    [
        (1, [(0, 0), (2, 0), (3, 0), (7, 0), (8, 0)]),
        (2, [(0, 0), (1, 0), (2, 0), (4, 0), (4, 1)]),
        (3, [(0, 0), (0, 2), (1, 0), (2, 1), (2, 2)]),
        (4, [(0, 0), (0, 2), (1, 0), (2, 0), (2, 1)]),
    ],
)
def test_that_a_group_shares_a_row_if_it_fits(columns: int, places: list[tuple[int, int]]):
    assert group_places([2, 1, 4, 1, 1], columns) == places


def test_that_a_button_carries_the_name_of_its_starter(qtbot: QtBot, page: WelcomePage):
    with qtbot.waitSignal(page.starter_requested) as requested:
        page.starter_button("ring").click()
    assert requested.args == ["ring"]


def test_that_a_column_is_named_by_its_kind_only_once():
    assert column_label("image", "image") == "image"
    assert column_label("speech", "audio") == "speech (sound)"
