"""One pair, large, through time and through its neighbours."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QLabel, QMenu, QPushButton, QSlider, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from studio.dialogs.pair_view import Pair, PairView, suggested_name
from studio.models.preview_timeline import PreviewTimeline, StepCursor
from studio.widgets.image_view import ImageView
from tests.helpers.run_folders import make_preview, shade_of
from tests.helpers.windows import child


class Shown:
    """A pair view with three steps of four tiles."""

    def __init__(self, qtbot: QtBot, run: Path) -> None:
        self.run = run
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.timeline = PreviewTimeline(self.window)
        for images_seen in (1, 2, 3):
            self.timeline.add(make_preview(run, images_seen))
        self.cursor = StepCursor(self.timeline, self.window)
        self.view = PairView(self.window, self.timeline)
        self.view.show_pair(1, self.cursor)

    @property
    def picture(self) -> ImageView:
        return child(self.view, ImageView)

    @property
    def shade(self) -> int:
        return self.picture.image.pixelColor(0, 0).red()

    @property
    def slider(self) -> QSlider:
        return child(self.view, QSlider)

    def click(self, qtbot: QtBot, name: str) -> None:
        buttons = self.view.findChildren(QToolButton) + self.view.findChildren(QPushButton)
        (button,) = (b for b in buttons if name in (b.accessibleName(), b.text()))
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.fixture
def shown(qtbot: QtBot, tmp_path: Path) -> Shown:
    return Shown(qtbot, tmp_path / "run")


def test_that_it_shows_the_image_and_its_selectable_text(shown: Shown) -> None:
    assert shown.shade == shade_of(1, 3)
    (text,) = (label for label in shown.view.findChildren(QLabel) if label.text() == "one")
    assert text.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse
    assert text.textFormat() is Qt.TextFormat.PlainText
    assert shown.view.windowTitle() == "Pair 2 of 4"


def test_that_the_slider_goes_through_time_at_the_same_tile(shown: Shown) -> None:
    shown.slider.setValue(0)
    assert shown.shade == shade_of(1, 1)
    assert shown.cursor.is_live, "the gallery behind it stays where it was"


def test_that_previous_and_next_go_to_the_neighbours_and_around(shown: Shown, qtbot: QtBot) -> None:
    shown.click(qtbot, "Next pair")
    assert shown.shade == shade_of(2, 3)
    for _ in range(3):
        shown.click(qtbot, "Previous pair")
    assert shown.shade == shade_of(3, 3)


def test_that_it_opens_at_the_step_that_the_gallery_shows(shown: Shown) -> None:
    shown.cursor.move_to(1)
    shown.view.show_pair(0, shown.cursor)
    assert shown.shade == shade_of(0, 2)
    shown.timeline.add(make_preview(shown.run, 4))
    assert shown.shade == shade_of(0, 2)


def test_that_at_the_end_it_follows_the_run(shown: Shown) -> None:
    shown.timeline.add(make_preview(shown.run, 4))
    assert shown.shade == shade_of(1, 4)


def test_that_it_closes_when_the_run_is_gone(shown: Shown) -> None:
    shown.timeline.clear()
    assert not shown.view.isVisible()


def test_that_a_smaller_preview_leaves_it_at_the_last_tile(shown: Shown) -> None:
    shown.view.show_pair(3, shown.cursor)
    shown.timeline.add(make_preview(shown.run, 4, count=2))
    assert shown.shade == shade_of(1, 4)


def test_that_it_copies_image_and_text(shown: Shown, qtbot: QtBot) -> None:
    shown.click(qtbot, "Copy text")
    assert QGuiApplication.clipboard().text() == "one"
    shown.click(qtbot, "Copy image")
    assert QGuiApplication.clipboard().image().size() == shown.picture.image.size()


def test_that_its_picture_has_the_same_menu(shown: Shown) -> None:
    shown.picture.customContextMenuRequested.emit(shown.picture.rect().center())
    (menu,) = shown.view.findChildren(QMenu)
    assert [action.text() for action in menu.actions()] == [
        "Copy image",
        "Copy text",
        "Save image…",
    ]
    menu.close()


@pytest.mark.parametrize(("side", "expected"), [(32, 288), (64, 256), (300, 300), (600, 300)])
def test_that_pictures_grow_by_whole_factors_and_shrink_to_fit(
    qtbot: QtBot, side: int, expected: int
) -> None:
    view = ImageView()
    qtbot.addWidget(view)
    view.resize(300, 300)
    view.set_image(QImage(side, side, QImage.Format.Format_RGB32))
    place = view.image_rect()
    assert (place.width(), place.height()) == (expected, expected)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("seven", "seven-640.png"),
        ("family: man, woman/boy", "family-man-woman-boy-640.png"),
        ("戴口罩的脸", "戴口罩的脸-640.png"),
        ("../..", "pair-640.png"),
        ("", "pair-640.png"),
    ],
)
def test_that_suggested_names_are_safe(text: str, name: str) -> None:
    assert suggested_name(Pair(image=QImage(), text=text, images_seen=640)) == name
