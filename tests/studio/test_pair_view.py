"""One pair, large, through time and through its neighbours."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QCheckBox, QLabel, QMenu, QPushButton, QSlider, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from engine.errors import DatasetMissingError
from engine.metrics.distances import Likeness, NearestImage
from studio.dialogs.pair_view import Pair, PairView, suggested_name
from studio.dialogs.tile_origin import TileOriginDialog
from studio.jobs.audio_player import AudioPlayer
from studio.jobs.nearest import NearestJob
from studio.jobs.preview_player import PreviewPlayer
from studio.models.preview_timeline import PreviewTimeline, StepCursor
from studio.widgets.image_view import ImageView
from tests.helpers.fake_engine import answering
from tests.helpers.run_folders import make_preview, shade_of
from tests.helpers.windows import child, says, visible_buttons


class Shown:
    """A pair view with three steps of four tiles."""

    def __init__(self, qtbot: QtBot, run: Path, found: NearestImage | None = None) -> None:
        self.run, self.asked, self.is_training = run, list[tuple[Path, bool]](), False
        self.job = NearestJob(answering(found, self.asked), lambda: self.is_training)
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.timeline = PreviewTimeline(self.window)
        for images_seen in (1, 2, 3):
            self.timeline.add(make_preview(run, images_seen))
        self.cursor = StepCursor(self.timeline, self.window)
        self.player = PreviewPlayer(AudioPlayer(parent=self.window), self.window)
        self.view = PairView(self.window, self.timeline, self.job, self.player)
        self.view.show_pair(1, self.cursor)

    @property
    def picture(self) -> ImageView:
        return child(self.view, ImageView)

    def compare(self, qtbot: QtBot) -> None:
        with qtbot.waitSignal(self.job.ended):
            child(self.view, QCheckBox).click()

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


def near(likeness: Likeness, *, is_validated: bool = True) -> NearestImage:
    return NearestImage(
        image=np.full((8, 8, 3), 77, dtype=np.uint8),
        text="grinning cat",
        distance=0.4242,
        closer_than=0.03,
        likeness=likeness,
        is_validated=is_validated,
    )


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


def test_that_the_nearest_training_image_is_shown_beside_it(qtbot: QtBot, tmp_path: Path) -> None:
    shown = Shown(qtbot, tmp_path / "run", near(Likeness.NEW))
    assert shown.asked == [], "torch is not loaded before anyone asks"
    shown.compare(qtbot)
    left, right = shown.view.findChildren(ImageView)
    assert right.isVisible()
    assert right.image.pixelColor(0, 0).red() == 77
    assert right.x() > left.x()
    assert says(shown.view, "grinning cat")
    assert says(shown.view, "Not a copy.")
    text = "Distance 0.42. 3 % of the validation images are farther from their nearest training"
    assert says(shown.view, text)
    assert shown.asked == [(shown.run, False)]
    with qtbot.waitSignal(shown.job.ended):
        shown.click(qtbot, "Next pair")
    assert len(shown.asked) == 2, "it follows the pair"
    child(shown.view, QCheckBox).click()
    assert not right.isVisible()
    shown.click(qtbot, "Next pair")
    assert len(shown.asked) == 2


@pytest.mark.parametrize(
    ("likeness", "words"),
    [(Likeness.COPY, "A copy of this training image."), (Likeness.NEAR, "Probably memorised")],
)
def test_that_a_copy_is_called_one(
    qtbot: QtBot, tmp_path: Path, likeness: Likeness, words: str
) -> None:
    shown = Shown(qtbot, tmp_path / "run", near(likeness, is_validated=False))
    shown.compare(qtbot)
    assert says(shown.view, words)
    assert says(shown.view, "3 % of the training images are farther from their nearest neighbour")


def test_that_a_missing_evaluator_is_trained_only_when_asked(shown: Shown, qtbot: QtBot) -> None:
    shown.compare(qtbot)
    assert says(shown.view, "The evaluator of this dataset is not trained yet.")
    assert shown.asked == [(shown.run, False)]
    with qtbot.waitSignal(shown.job.ended):
        shown.click(qtbot, "Train the evaluator")
    assert shown.asked[1] == (shown.run, True)
    # The pair may have changed while it trained, so that it is compared again.
    qtbot.waitUntil(lambda: len(shown.asked) == 3)
    qtbot.waitUntil(lambda: not shown.job.is_running)


def test_that_no_evaluator_is_trained_beside_a_run(shown: Shown, qtbot: QtBot) -> None:
    shown.is_training = True
    shown.compare(qtbot)
    assert says(shown.view, "The run that is training prepares it at its first evaluation.")
    assert "Train the evaluator" not in visible_buttons(shown.view)
    with qtbot.waitSignal(shown.job.ended):
        shown.job.find(shown.run, np.zeros((8, 8, 3), np.uint8), may_train=True)
    assert shown.asked[-1] == (shown.run, False)


def test_that_an_error_of_the_comparison_is_explained(qtbot: QtBot, shown: Shown) -> None:
    def find(run: Path, *_others: object) -> NearestImage:
        raise DatasetMissingError(run)

    shown.job._find = find
    shown.compare(qtbot)
    assert says(shown.view, "The dataset was not found.")


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


def test_that_the_pair_says_where_it_comes_from(shown: Shown, qtbot: QtBot) -> None:
    shown.click(qtbot, "Origin…")
    facts = dict(child(shown.view, TileOriginDialog).rows)
    assert (facts["Run"], facts["Images seen"], facts["Tile"]) == ("run", "3", "2 / 4")
    # The run of this test has no settings, so neither seed nor scene are known.
    assert "Seed" not in facts
    assert says(child(shown.view, TileOriginDialog), "cannot be read")
