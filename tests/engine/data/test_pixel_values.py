import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.pixel_values import (
    FULL_16_BIT,
    ValueRange,
    check_range,
    choose_range,
    guess_range,
    parse_range,
    summarise,
    to_8_bits,
)
from tests.helpers.deep_images import ramp


def chosen(values):
    flat = np.asarray(values).reshape(-1)
    return choose_range(summarise(flat.astype(float), is_whole=flat.dtype.kind in "iu"))


@pytest.mark.parametrize(
    ("low", "high", "dtype", "expected"),
    [
        (0, 255, "u2", (0, 255)),
        (0, 1_023, "u2", (0, 1_023)),
        (0, 3_900, "u2", (0, 4_095)),
        (0, 16_383, "u2", (0, 16_383)),
        (0, 65_535, "u2", (0, 65_535)),
        (0, 1, "f4", (0, 1)),
        (0, 255, "f4", (0, 255)),
        (0, 3, "u2", (0, 3)),
        (20_000, 24_000, "u2", (20_000, 24_000)),
        (-1_000, 3_000, "i2", (-1_000, 3_000)),
        (0, 4e9, "u4", (0, 4e9)),
        (-3.5, 7.25, "f4", (-3.5, 7.25)),
        (1e-6, 5e-6, "f8", (1e-6, 5e-6)),
        (0, 1e308, "f8", (0, 1e299)),
    ],
)
def test_that_a_range_fits_the_values(low, high, dtype, expected):
    values = np.linspace(low, high, 5_000)
    values = values.round() if dtype[0] in "iu" else values
    assert chosen(values.astype(dtype)) == pytest.approx(
        expected, abs=0.01 * (expected[1] - expected[0])
    )


def test_that_few_extreme_values_do_not_decide():
    values = np.append(ramp(20_000, 24_000, "u2", 200), [0, 65_535, 65_535])
    assert chosen(values) == pytest.approx((20_000, 24_000), rel=0.01)


def test_that_a_range_is_found_where_nearly_all_values_are_equal():
    assert chosen(np.append(np.zeros(100_000, np.uint16), 700)) == (0, 700)
    assert chosen(np.full(9, 300, np.uint16)) == (0, 1_023)
    low, high = chosen(np.full(9, -5.0))
    assert low == -5
    assert high > low
    assert chosen(np.full(9, np.nan)) == (0, 1)


@given(st.lists(st.floats(width=64), min_size=1, max_size=50))
def test_that_any_floats_have_a_range_and_become_bytes(numbers):
    values = np.array(numbers)
    value_range = chosen(values)
    assert parse_range(str(value_range)) is not None
    scaled = to_8_bits(values, value_range)
    order = np.argsort(np.nan_to_num(values, nan=-np.inf), kind="stable")
    assert (np.diff(scaled[order].astype(int)) >= 0).all()
    assert guess_range(values).low == 0


def test_that_scaling_is_linear_rounded_and_clipped():
    values = np.array([[-9, 0, 100, 4_095, 9_999]], dtype=np.int32)
    expected = [[0, 0, round(100 / 4_095 * 255), 255, 255]]
    for dtype in ("i4", "f4", "f8"):
        assert to_8_bits(values.astype(dtype), ValueRange(0, 4_095)).tolist() == expected
    assert to_8_bits(values[:, 1:].astype("u2"), ValueRange(0, 4_095)).tolist() == [expected[0][1:]]


def test_that_bytes_are_left_as_they_are():
    values = np.arange(256, dtype=np.uint8)
    assert to_8_bits(values, ValueRange(50, 60)) is values
    assert np.array_equal(to_8_bits(values.astype(np.uint16) * 257, FULL_16_BIT), values)


def test_that_nan_is_black_and_infinity_an_end():
    values = np.array([np.nan, np.inf, -np.inf, 5.0])
    assert to_8_bits(values, ValueRange(0, 10)).tolist() == [0, 255, 0, 128]


@pytest.mark.parametrize("text", ["", "5", "5:2", "1:1", "a:b", "nan:1", "0:inf", "1:2:3", "AUTO"])
def test_that_what_is_no_range_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 (the caller says what is expected)
        parse_range(text)


def test_that_a_range_is_read_as_it_is_written():
    assert parse_range("auto") is None
    for value_range in (ValueRange(-0.5, 1e3), ValueRange(0, 4_095), ValueRange(1e-9, 2e-9)):
        assert parse_range(str(value_range)) == value_range


def test_that_a_stored_range_is_checked():
    assert check_range(()) == ()
    assert check_range((0.0, 4_095.0)) == (0.0, 4_095.0)
    for values in ((1.0,), (2.0, 1.0), (0.0, float("nan")), (1.0, 2.0, 3.0)):
        with pytest.raises(ValueError):  # noqa: PT011 (as above)
            check_range(values)
