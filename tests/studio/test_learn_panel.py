"""The Learn panel over an inspection that does as it is told."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel
from pytestqt.qtbot import QtBot

from engine.errors import CheckpointMissingError
from engine.events import Outcome
from engine.inspection.results import Measure, Origin, Part, PlaneChoice
from studio.errors.wording import explain
from studio.jobs.inspection import InspectionJobs
from studio.jobs.task import TaskEnded
from studio.jobs.training import TrainingJob
from studio.models.inspection_text import lowering_color, overlay, probability, raising_color
from studio.panels.learn import LearnPanel, panel, step_page
from studio.widgets.plane_plot import PlanePlot
from studio.widgets.thumbnail_grid import ThumbnailGrid
from studio.widgets.word_bar import WordBar
from tests.helpers.fake_engine import FakeEngine
from tests.helpers.fake_inspection import SIDE, FakeInspection, made_plane, made_view
from tests.helpers.windows import child, says

RUN = Path("/runs/one")


class Learning:
    """The panel, what it asks, and the run that may train."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot, self.work, engine = qtbot, FakeInspection(), FakeEngine().work()
        self.training = TrainingJob(engine.train, engine.resume, engine.build_starter)
        self.jobs = InspectionJobs(self.work, self.training)
        self.panel = LearnPanel(self.jobs)
        self.panel.resize(960, 520)
        qtbot.addWidget(self.panel)
        self.panel.show()

    def until(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition)

    def open(self, page: int = 0, run: Path | None = RUN) -> None:
        self.panel.show_page(page)
        self.panel.show_run(run)
        if run is not None and page != 1:
            shown = (self.panel.lens, self.panel.steps, self.panel.plane)[page]
            self.until(lambda: not shown.is_stale and not shown.is_busy)

    def click(self, text: str) -> None:
        buttons = self.panel.findChildren(QAbstractButton)
        button = next(b for b in buttons if b.text() == text and b.isVisible() and b.isEnabled())
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def step(self, text: str) -> None:
        with self.qtbot.waitSignal(self.jobs.steps.ended):
            self.click(text)

    def close(self) -> None:
        self.jobs.shut_down()
        self.panel.close()
        QApplication.processEvents()


@pytest.fixture
def learning(qtbot: QtBot) -> Iterator[Learning]:
    made = Learning(qtbot)
    yield made
    made.close()


# The lens.


def tiles_of(learning: Learning, origin: Origin) -> ThumbnailGrid:
    return learning.panel.lens._grids[origin].grid


def test_that_without_a_run_each_page_says_what_to_do(learning: Learning):
    for page in range(3):
        learning.panel.show_page(page)
        assert says(learning.panel, "Open or start a run")
    assert learning.work.viewed == []


def test_that_items_stand_beside_each_other_with_their_probabilities(learning: Learning):
    learning.open()
    assert learning.work.viewed == [(RUN, False)]
    assert says(learning.panel, "After 3,000 images")
    expected = {Origin.REAL: 1.0, Origin.GENERATED: -1.0, Origin.MISMATCHED: -2.0}
    for origin, logit in expected.items():
        model = tiles_of(learning, origin).model()
        assert model.rowCount() == 2
        percent = f"{100 * probability(logit):.0f}\u00a0%"
        assert model.index(0, 0).data() == f"{percent} · seven"
        assert percent in tiles_of(learning, origin).accessibleName()
    assert probability(0.0) == 0.5
    assert says(learning.panel, "Real, with another text")


def test_that_the_heat_map_is_that_of_the_chosen_head(learning: Learning):
    learning.open()
    pair = tiles_of(learning, Origin.REAL).model().index(0, 0)
    role = Qt.ItemDataRole.DecorationRole

    def hue(x: int, y: int) -> str:
        color = QColor(pair.data(role).pixelColor(x, y))
        return "raised" if color.blue() > color.red() else "lowered"

    assert (hue(0, 0), hue(SIDE - 1, SIDE - 1)) == ("lowered", "raised")
    learning.panel.lens.choose_head("image")
    assert (hue(0, 0), hue(SIDE - 1, SIDE - 1)) == ("raised", "lowered")
    learning.panel.lens.choose_head("")
    grey = QColor(pair.data(role).pixelColor(0, 0))
    assert grey.red() == grey.green() == grey.blue() == 127, "the picture as it is"
    assert pair.data() == "seven"


def test_that_an_item_shows_all_its_numbers_and_words(learning: Learning):
    learning.open()
    detail = learning.panel.lens.detail
    learning.until(lambda: says(detail, "real with 73.1 %, logit +1.000"))
    tiles = tiles_of(learning, Origin.GENERATED)
    tiles.setCurrentIndex(tiles.model().index(1, 0))
    assert says(detail, "Generated: seven")
    learning.until(lambda: says(detail, "real with 26.9 %, logit -1.000"))
    assert detail.words["text"].accessibleDescription() == "seven ⏎"


def test_that_a_family_without_a_discriminator_is_told(learning: Learning):
    learning.work.view_changes = {"measure": Measure.NATS, "names": ("text", "image", "pair")}
    learning.open()
    assert says(learning.panel, "This family has no discriminator.")
    learning.until(lambda: says(learning.panel.lens.detail, "1.00 nats"))


def test_that_an_error_stands_in_the_page_and_looking_again_helps(learning: Learning):
    learning.work.failure = CheckpointMissingError(RUN)
    learning.open()
    words = explain(learning.work.failure)
    learning.until(lambda: says(learning.panel.lens, words.happened))
    assert says(learning.panel.lens, words.hint)
    learning.work.failure = None
    learning.click("Look again")
    learning.until(lambda: says(learning.panel, "After 3,000 images"))


def test_that_another_run_drops_what_was_asked_of_the_first(learning: Learning):
    learning.open()
    other = Path("/runs/two")
    learning.panel.show_run(other)
    learning.until(lambda: learning.work.viewed[-1] == (other, False))
    learning.until(lambda: not learning.panel.lens.is_busy)
    view = learning.panel.lens.view
    assert view is not None
    assert view.run == other
    late = TaskEnded(outcome=Outcome.FINISHED, result=made_view(RUN, images=1))
    learning.jobs.views.ended.emit(late)
    assert says(learning.panel, "After 3,000 images")


def test_that_a_hidden_panel_asks_nothing(learning: Learning):
    learning.panel.hide()
    learning.panel.show_run(RUN)
    learning.panel.tick()
    assert learning.work.viewed == []
    learning.panel.show()
    learning.until(lambda: learning.work.viewed == [(RUN, False)])


def test_that_a_run_that_trains_is_followed_only_while_it_is_wanted(
    learning: Learning, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(panel, "MIN_INTERVAL_S", 0.0)
    monkeypatch.setattr(panel, "MAX_SHARE", 0.9)
    monkeypatch.setattr(learning.jobs, "is_live", lambda run: run == RUN)
    monkeypatch.setattr(learning.jobs, "_live", lambda _run: lambda _receive: None)
    learning.open()
    learning.until(lambda: len(learning.work.viewed) >= 3)
    assert set(learning.work.viewed) == {(RUN, True)}
    # Everything once; then, beside training, only what is seen.
    assert learning.work.heads[0] is None
    assert set(learning.work.heads[1:]) == {("pair",)}
    learning.panel.lens.choose_head("text")
    learning.until(lambda: learning.work.heads[-1] == ("text",))
    learning.panel.lens.choose_head("")
    learning.until(lambda: learning.work.heads[-1] == ("",))
    learning.panel.follow.setChecked(False)
    learning.until(lambda: not learning.panel.lens.is_busy)
    count = len(learning.work.viewed)
    for _time in range(5):
        learning.panel.tick()
    assert len(learning.work.viewed) == count
    learning.panel.on_run_changed()
    learning.panel.tick()
    learning.until(lambda: len(learning.work.viewed) == count + 1)


# Step by step.


def test_that_a_step_tells_what_it_changed(learning: Learning):
    learning.open(1)
    assert says(learning.panel, "Take a step")
    learning.step("Update the discriminator")
    assert learning.work.parts == [Part.DISCRIMINATOR]
    assert says(learning.panel, "Step 2: the discriminator was updated.")
    assert says(learning.panel, "The run itself takes the same steps, bit for bit.")
    facts = [label.text() for label in learning.panel.steps.facts.findChildren(QLabel)]
    assert "1.2500\u00a0→\u00a01.2000" in facts
    assert "+0.5000\u00a0→\u00a0+0.5000" in facts
    assert "0.1250 (1.000 %)" in facts
    assert "2.5000" in facts
    assert says(learning.panel, "Change (white: 3.5 %)")
    after = learning.panel.steps._after.grid.model().index(0, 0)
    assert after.data(Qt.ItemDataRole.DecorationRole).pixelColor(0, 0).red() == 109


def test_that_other_steps_than_the_runs_are_told(learning: Learning):
    learning.work.step_changes = {"is_exact": False}
    learning.open(1)
    learning.step("Update the generator")
    assert says(learning.panel, "The run itself takes its steps in another order.")
    learning.step("One step of the run")
    assert says(learning.panel, "the discriminator was updated, then the generator.")


def test_that_starting_over_discards_the_copy(learning: Learning):
    learning.open(1)
    learning.step("One step of the run")
    before = learning.work.restarts
    learning.click("Start over")
    assert learning.work.restarts == before + 1
    assert says(learning.panel, "Take a step")


def test_that_slow_motion_takes_halves_in_turn_until_it_is_stopped(
    learning: Learning, monkeypatch: pytest.MonkeyPatch
):
    learning.open(1)
    learning.panel.steps._timer.setInterval(1)
    learning.click("Slow motion")
    learning.until(lambda: len(learning.work.parts) >= 4)
    learning.click("Slow motion")
    learning.until(lambda: not learning.panel.steps.is_busy)
    halves = [Part.DISCRIMINATOR, Part.GENERATOR]
    assert learning.work.parts[:4] == halves * 2
    assert not learning.panel.steps._timer.isActive()
    assert step_page.SLOW_MS >= 1_000


def test_that_a_family_without_halves_takes_whole_steps_only(learning: Learning):
    learning.work.step_changes = {"has_discriminator": False}
    learning.open(1)
    learning.step("One step of the run")
    assert says(learning.panel, "the model was updated")
    buttons = {b.text(): b for b in learning.panel.findChildren(QAbstractButton)}
    assert not buttons["Update the discriminator"].isEnabled()
    assert not buttons["Slow motion"].isEnabled()
    assert buttons["One step of the run"].isEnabled()


def test_that_steps_on_points_show_them(learning: Learning):
    plane = made_plane(RUN, PlaneChoice())
    learning.work.step_changes = {"has_pictures": False, "plane": plane}
    learning.open(1)
    learning.step("One step of the run")
    assert child(learning.panel.steps, PlanePlot).isVisible()


# The scatter.


def test_that_points_lie_over_the_field_with_their_arrows(learning: Learning):
    learning.open(2)
    learning.until(lambda: learning.panel.plane.currentIndex() == 1)
    shown = learning.panel.plane.plane
    assert learning.work.planes == [PlaneChoice()]
    assert says(learning.panel, "what the head of point says")
    items = {type(item).__name__ for item in shown.plot.plot_item().items}
    assert {"ImageItem", "ScatterPlotItem", "PlotCurveItem"} <= items
    ends = shown.plot.arrow_points()
    assert len(ends) == 2 * 6, "a shaft and two sides of the head"
    np.testing.assert_allclose(ends[0], [1, -1])
    np.testing.assert_allclose(ends[1], [-1, 1])
    assert shown.plot.values_text().splitlines()[0] == "real\t0\t1"
    shown.with_arrows.click()
    assert len(shown.plot.arrow_points()) == 0
    assert not says(learning.panel, "Arrows show")


def test_that_the_pair_head_asks_for_what_is_given(learning: Learning):
    learning.open(2)
    learning.until(lambda: learning.panel.plane.currentIndex() == 1)
    shown = learning.panel.plane.plane
    assert not shown.fields["given"].isVisible()
    with learning.qtbot.waitSignal(learning.jobs.planes.ended):
        shown.fields["head"].set_text("pair")
        shown.fields["head"].text_edited.emit("pair")
    assert learning.work.planes[-1].head == "pair"
    assert shown.fields["given"].isVisible()
    assert says(learning.panel, "what the pair head says of a point beside “red”")
    with learning.qtbot.waitSignal(learning.jobs.planes.ended):
        shown.in_scores.click()
    assert learning.work.planes[-1].is_in_scores


def test_that_a_run_without_two_numbers_is_told_which_dataset_has_them(learning: Learning):
    learning.work.has_plane = False
    learning.open(2)
    learning.until(lambda: says(learning.panel, "The example dataset Ring has one"))


# Colours.


def rgb(color: QColor) -> tuple[int, int, int]:
    return color.red(), color.green(), color.blue()


def test_that_contributions_tint_by_sign_and_size():
    pixels = np.zeros((1, 4, 3), np.uint8)
    tinted = overlay(pixels, np.array([[1.0, 0.5, 0.0, -1.0]], np.float32)).astype(int)
    plain = tinted[0, 2]
    assert plain[0] == plain[1] == plain[2]
    towards = np.array(rgb(raising_color()))
    distances = np.abs(tinted[0] - towards).sum(1)
    assert distances[0] < distances[1] < distances[2]
    away = np.array(rgb(lowering_color()))
    assert np.abs(tinted[0, 3] - away).sum() < np.abs(plain - away).sum()


def test_that_words_wrap_at_the_width(qtbot: QtBot):
    bar = WordBar()
    qtbot.addWidget(bar)
    bar.show_words([("word", QColor("white"))] * 12)
    assert bar.heightForWidth(100) > 2 * bar.heightForWidth(2_000)
