import numpy as np
import pytest

from engine.data import table_cells
from engine.data.table_cells import read_numbers, read_texts


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1,5", "-0,25", "12"], [1.5, -0.25, 12]),
        (["1.234,5", "2.000", "7,0"], [1234.5, 2000, 7]),
        (["1,234", "12,345,678", ".5"], [1234, 12345678, 0.5]),
        (["1 234,5", "1\u202f000", "3,5"], [1234.5, 1000, 3.5]),
        (["12 %", "3%", "−4 %"], [12, 3, -4]),
        (["1e-3", "2.5E+2", "+7"], [0.001, 250, 7]),
        (["1'000.5", "2’000", "3"], [1000.5, 2000, 3]),
        ([True, 10**400, float("inf")], [np.nan] * 3),
        (["0117", "1_000", "1,23,4", "9" * 60, "1e999"], [np.nan] * 5),
        (["", "-", "?", "NaN", "n/a"], [np.nan] * 5),
        ([1e30, -1e31, "1e31"], [1e30, np.nan, np.nan]),
    ],
)
def test_that_numbers_are_read_as_people_write_them(cells, numbers):
    np.testing.assert_array_equal(read_numbers(cells), numbers)


def test_that_texts_have_no_decimal_point_after_whole_numbers():
    cells = [3.0, np.float64(2.5), 7, True, " a ", None, float("nan"), "none", "None", "?"]
    assert read_texts(cells) == ["3", "2.5", "7", "true", "a", None, None, "none", None, None]
    assert read_texts(np.array([4, 5])) == ["4", "5"]
    assert read_texts([10**400]) == [str(10**400)]


@pytest.mark.parametrize("kind", [np.float32, np.int16, np.uint8])
def test_that_arrays_of_numbers_are_read_as_they_are(kind):
    cells = np.array([1, 2, 250], dtype=kind)
    np.testing.assert_array_equal(read_numbers(cells), [1, 2, 250])
    assert read_texts(cells) == ["1", "2", "250"]


def test_that_what_is_no_finite_number_of_an_array_is_missing():
    cells = np.array([1.5, np.nan, np.inf, -1e31])
    np.testing.assert_array_equal(read_numbers(cells), [1.5, np.nan, np.nan, np.nan])


@pytest.mark.parametrize(
    "cells",
    [
        ["1.5", "red", None, "1.5", "1,200", "0117", "red", ""],
        ["1,5", "2,5", "1,5", None, "3"],
        ["1", 1, True, 1.0, None, "1"],
    ],
)
def test_that_repeated_cells_are_read_as_each_of_them(cells, monkeypatch):
    numbers, texts = read_numbers(cells), read_texts(cells)
    monkeypatch.setattr(table_cells, "_read_each", lambda cells, read: [read(c) for c in cells])
    np.testing.assert_array_equal(read_numbers(cells), numbers)
    assert read_texts(cells) == texts


def test_that_a_text_that_repeats_is_read_once(monkeypatch):
    read: list[object] = []
    number = table_cells._number_with_point
    monkeypatch.setattr(
        table_cells, "_number_with_point", lambda cell: read.append(cell) or number(cell)
    )
    assert np.isnan(read_numbers(["red", "blue", None] * 100)).all()
    assert len(read) == 3
