import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.models.loss_history import CAPACITY, Curve, LossHistory, smoothed
from studio.widgets.curve_shape import robust_range, thinned

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
