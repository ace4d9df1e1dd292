"""The loss plot as a user has it: watch, hide, smooth, point, zoom."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QPushButton, QSlider
from pytestqt.qtbot import QtBot

from studio.models.loss_history import CAPACITY, Curve, LossHistory, smoothed
from studio.panels.loss_plot import LossPlotPanel
from studio.settings.choices import PlotView
from studio.theme import DARK, LIGHT, palette_of
from studio.widgets.curve_plot import (
    DARK_COLORS,
    EMPTY,
    LIGHT_COLORS,
    Range,
    robust_range,
    steady_range,
    thinned,
)
from studio.widgets.plot_axis import CountAxis
from tests.helpers.fake_engine import losses
from tests.helpers.windows import child

REPORTS = 50


@pytest.fixture
def panel(qtbot: QtBot) -> LossPlotPanel:
    panel = LossPlotPanel()
    qtbot.addWidget(panel)
    panel.resize(700, 320)
    panel.show()
    return panel


def feed(panel: LossPlotPanel, count: int = REPORTS) -> None:
    """Report a falling generator loss and a flat discriminator loss."""
    for number in range(1, count + 1):
        panel.add_losses(losses(number * 100, generator=3.0 / number, discriminator=1.0))
    panel._draw()


def view_range(panel: LossPlotPanel) -> tuple[list[float], list[float]]:
    return panel.board.plot.plot_item().getViewBox().viewRange()


def drawn(panel: LossPlotPanel) -> list[np.ndarray]:
    """Give the values of every visible line, raw before bold for each curve."""
    return [
        line.getData()[1]
        for line in panel.board.plot.plot_item().listDataItems()
        if line.isVisible()
    ]


def point_at(panel: LossPlotPanel, images_seen: float, height: float = 1.0) -> str:
    box = panel.board.plot.plot_item().getViewBox()
    panel.board.plot.crosshair.point_at(box.mapViewToScene(QPointF(images_seen, height)))
    return panel.board.plot.crosshair.text


def test_that_reports_are_drawn_without_asking(qtbot: QtBot, panel: LossPlotPanel):
    panel.add_losses(losses(100, discriminator=0.5))
    panel.add_losses(losses(200, discriminator=0.5))
    qtbot.waitUntil(lambda: panel.board.legend.names == ("discriminator",))
    assert panel.board.legend.chip("discriminator").text() == "Discriminator 0.5"


def test_that_smoothing_zero_shows_the_values_themselves(panel: LossPlotPanel):
    child(panel, QSlider).setValue(0)
    feed(panel)
    generator, discriminator = drawn(panel)
    np.testing.assert_allclose(generator, [3.0 / n for n in range(1, REPORTS + 1)])
    np.testing.assert_allclose(discriminator, 1.0)


def test_that_smoothing_keeps_the_raw_curve_behind(panel: LossPlotPanel):
    feed(panel)
    raw, bold, *_discriminator = drawn(panel)
    np.testing.assert_allclose(raw[:2], [3.0, 1.5])
    # The debiased mean of 3 and 1.5 with weight 0.6 on the past.
    assert bold[1] == pytest.approx((0.6 * 0.4 * 3.0 + 0.4 * 1.5) / (1 - 0.36))


def test_that_a_chip_hides_its_curve(panel: LossPlotPanel):
    feed(panel)
    panel.board.legend.chip("generator").click()
    assert len(drawn(panel)) == 2
    assert panel.view().hidden == ("generator",)
    assert "Generator" not in point_at(panel, 2500)
    panel.board.legend.chip("generator").click()
    assert len(drawn(panel)) == 4


def test_that_the_crosshair_reads_the_nearest_report(panel: LossPlotPanel):
    child(panel, QSlider).setValue(0)
    feed(panel)
    assert point_at(panel, 1010).splitlines() == [
        "1,000 images",
        "Generator  0.3",
        "Discriminator  1",
    ]
    left = panel.board.plot.crosshair._label.x()
    assert point_at(panel, 4020).splitlines()[1] == "Generator  0.075"
    assert panel.board.plot.crosshair._label.x() > left
    panel.board.plot.crosshair.point_at(QPointF(-50, -50))
    assert panel.board.plot.crosshair.text == ""


def test_that_the_crosshair_reads_true_values_on_a_log_axis(panel: LossPlotPanel):
    child(panel, QSlider).setValue(0)
    feed(panel)
    child(panel, QCheckBox).click()
    assert point_at(panel, 1000, height=0.0).splitlines()[1] == "Generator  0.3"


def test_that_the_log_axis_draws_zero_at_its_edge(panel: LossPlotPanel):
    child(panel, QSlider).setValue(0)
    child(panel, QCheckBox).click()
    panel.add_losses(losses(100, discriminator=0.0))
    panel.add_losses(losses(200, discriminator=10.0))
    panel._draw()
    np.testing.assert_allclose(drawn(panel)[0], [-6.0, 1.0])


def test_that_one_outlier_does_not_flatten_the_rest(panel: LossPlotPanel):
    child(panel, QSlider).setValue(0)
    for number in range(1, 301):
        panel.add_losses(losses(number, discriminator=1e6 if number == 7 else 1.0 + number / 1000))
    panel._draw()
    assert view_range(panel)[1][1] < 2.0


def test_that_the_plot_fits_until_the_user_zooms(panel: LossPlotPanel):
    feed(panel)
    assert view_range(panel)[0][1] >= REPORTS * 100
    box = panel.board.plot.plot_item().getViewBox()
    box.setRange(xRange=(0, 500), padding=0)
    box.sigRangeChangedManually.emit([True, True])
    feed(panel)
    assert view_range(panel)[0][1] == pytest.approx(500)
    assert not panel.board.plot.is_fitting
    fit = next(b for b in panel.findChildren(QPushButton) if b.text() == "Fit")
    fit.click()
    assert view_range(panel)[0][1] >= REPORTS * 100


def test_that_an_axis_moves_only_when_it_must():
    first = steady_range(EMPTY, Range(low=0.0, high=100.0))
    assert first == Range(low=-8.0, high=108.0)
    assert steady_range(first, Range(low=0.0, high=105.0)) is first
    assert steady_range(first, Range(low=0.0, high=109.0)).high > 109.0
    assert steady_range(first, Range(low=10.0, high=20.0)).high < 22.0


def test_that_a_new_run_starts_empty(panel: LossPlotPanel):
    feed(panel)
    panel.clear()
    assert panel.board.legend.names == ()
    assert drawn(panel) == []
    feed(panel, 3)
    assert view_range(panel)[0][1] < 1000


def test_that_a_night_of_reports_stays_small(panel: LossPlotPanel):
    panel.hide()
    for number in range(3 * CAPACITY):
        panel.add_losses(losses(number, discriminator=1.0))
    assert panel.board.legend.names == ()
    panel.show()
    assert len(panel.history.curves["discriminator"].points()[0]) <= CAPACITY + 1
    bold = drawn(panel)[-1]
    assert len(bold) <= 4 * panel.board.plot.width()


def test_that_the_view_is_remembered(panel: LossPlotPanel):
    feed(panel)
    chosen = PlotView(smoothing=0.9, is_log=True, hidden=("discriminator",))
    panel.set_view(chosen)
    assert panel.view() == chosen
    assert not panel.board.legend.chip("discriminator").isChecked()
    panel.clear()
    feed(panel)
    assert not panel.board.legend.chip("discriminator").isChecked()


def test_that_colours_follow_the_scheme(panel: LossPlotPanel, qapp: QApplication):
    before = qapp.palette()
    feed(panel)
    try:
        for colors, table in ((DARK, DARK_COLORS), (LIGHT, LIGHT_COLORS)):
            qapp.setPalette(palette_of(colors))
            panel.board.plot.changeEvent(QEvent(QEvent.Type.PaletteChange))
            assert panel.board.plot.color("discriminator").name() == table[1]
    finally:
        qapp.setPalette(before)


def test_that_unknown_losses_show_under_their_own_name(panel: LossPlotPanel):
    panel.add_losses(losses(100, wobble=0.25))
    panel._draw()
    assert panel.board.legend.chip("wobble").text() == "wobble 0.25"


def test_that_counts_are_written_short():
    axis = CountAxis("bottom")
    assert axis.tickStrings([0, 500, 2500, 1_200_000], 1.0, 500) == ["0", "500", "2.5k", "1.2M"]


def test_that_the_smoothing_slider_can_be_reached_by_keyboard(qtbot: QtBot, panel: LossPlotPanel):
    slider = child(panel, QSlider)
    value = slider.value()
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert slider.value() == value + 1


numbers = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=300)


@given(numbers, st.floats(0.01, 0.99))
def test_that_smoothing_is_the_debiased_mean(values, weight):
    mean = total = 0.0
    expected = []
    for value in values:
        mean = weight * mean + (1 - weight) * value
        total = weight * total + (1 - weight)
        expected.append(mean / total)
    np.testing.assert_allclose(smoothed(np.array(values), weight), expected, atol=1e-6, rtol=1e-6)


def test_that_no_smoothing_changes_nothing():
    values = np.array([3.0, 1.0, 2.0])
    assert np.array_equal(smoothed(values, 0.0), values)
    assert np.allclose(smoothed(np.full(200, 7.0), 0.9), 7.0)


def test_that_merging_leaves_the_smoothed_shape():
    values = np.sin(np.arange(4000) / 300)
    merged = values.reshape(-1, 4).mean(1)
    fine, coarse = smoothed(values, 0.99), smoothed(merged, 0.99, 4)
    assert np.abs(fine[3::4] - coarse)[100:].max() < 0.02


def test_that_a_million_reports_stay_in_bounded_memory():
    curve = Curve()
    for step in range(1_000_000):
        curve.append(step * 64.0, float(step))
    x, y = curve.points()
    assert CAPACITY / 2 <= len(x) <= CAPACITY + 1
    assert curve._points.shape == (CAPACITY, 2)
    assert len(curve._pending) <= curve.reports_per_point
    assert x[0] < 64 * curve.reports_per_point
    assert x[-1] > 0.999 * 64e6
    np.testing.assert_allclose(x, y * 64)


@given(st.integers(1, 500))
def test_that_no_report_is_lost_by_merging(count):
    curve = Curve(capacity=8)
    for step in range(count):
        curve.append(step, 1.0 if step % 2 else 3.0)
    x, y = curve.points()
    assert np.all(np.diff(x) > 0)
    weights = np.full(len(y), curve.reports_per_point, float)
    if curve._pending:
        weights[-1] = len(curve._pending)
    assert weights.sum() == count
    assert math.isclose((weights * y).sum(), sum(1.0 if s % 2 else 3.0 for s in range(count)))


def test_that_a_gap_in_the_numbers_is_a_gap_in_the_curve():
    curve = Curve()
    for value in (1.0, math.nan, math.inf, 2.0):
        curve.append(1.0, value)
    assert curve.points()[1].tolist() == [1.0, 2.0]


def test_that_curves_come_in_the_order_of_their_first_report():
    history = LossHistory()
    history.append(64, {"generator": 1.0})
    history.append(128, {"penalty": 0.1, "generator": 2.0})
    assert list(history.curves) == ["generator", "penalty"]
    assert history.curves["penalty"].points()[0].tolist() == [128.0]


def test_that_an_odd_capacity_is_refused():
    with pytest.raises(ValueError, match="even"):
        Curve(capacity=7)


@given(st.integers(1, 5000), st.integers(10, 400))
def test_that_thinning_keeps_the_extremes(count, width):
    x, y = np.arange(count, dtype=float), np.random.default_rng(count).normal(size=count)
    thin_x, thin_y = thinned(x, y, width)
    assert thin_y.max() == y.max()
    assert thin_y.min() == y.min()
    # Two for each pixel, and the rest that fills no whole share.
    assert len(thin_x) <= 2 * width + math.ceil(count / width) or len(thin_x) == count
    assert np.all(np.diff(thin_x) >= 0)


def test_that_an_outlier_does_not_stretch_the_range():
    curve = np.full(1000, 1.0) + np.linspace(0, 1, 1000)
    curve[500] = 1e9
    span = robust_range([curve])
    assert 2 <= span.high < 3
    assert span.low < 1.02


def test_that_flat_and_missing_curves_have_a_range():
    flat = robust_range([np.full(5, 2.0)])
    assert flat.low < 2.0 < flat.high
    nothing = robust_range([])
    assert nothing.low < nothing.high
