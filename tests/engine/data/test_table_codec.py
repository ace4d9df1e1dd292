from statistics import NormalDist

import numpy as np
import pytest

from engine.data.table_cells import read_numbers, read_texts
from engine.data.table_codec import (
    TableLayout,
    atoms,
    check_cells,
    decode,
    decode_columns,
    encode,
    normal_scores,
)
from engine.data.table_fields import NumericField, included_fields, infer_fields
from engine.errors import CellsInvalidError

ROWS = 300


def table():
    random = np.random.default_rng(0)
    return {
        "weather": [("dry", "wet", None)[n] for n in random.integers(0, 3, ROWS)],
        "speed": random.gamma(2, 20, ROWS),
        "wheels": [None if n == 0 else int(n) for n in random.integers(0, 5, ROWS)],
        "rain": np.where(random.random(ROWS) < 0.4, 0, random.exponential(size=ROWS)),
    }


def fields_of(cells):
    return included_fields(infer_fields(cells))


def numeric_field(cells):
    (field,) = fields_of({"x": cells})
    assert isinstance(field, NumericField)
    return field


def test_that_a_row_holds_scores_then_blocks():
    layout = TableLayout(fields_of(table()))
    assert [field.name for field in layout.numeric] == ["speed", "wheels", "rain"]
    assert dict(layout.blocks) == {"weather": slice(3, 6), "wheels": slice(6, 8)}
    assert layout.width == 8


def test_that_cells_come_back():
    cells = table()
    fields = fields_of(cells)
    rows = encode(fields, cells)
    assert rows.dtype == np.float32
    found = decode_columns(fields, rows)
    assert found["weather"] == cells["weather"]
    assert found["wheels"] == cells["wheels"]
    assert all(n is None or type(n) is int for n in found["wheels"])
    np.testing.assert_allclose(read_numbers(found["speed"]), cells["speed"], rtol=0.02)
    np.testing.assert_allclose(read_numbers(found["rain"]), cells["rain"], atol=0.02)
    assert [n == 0 for n in found["rain"]] == list(cells["rain"] == 0)
    assert decode(fields, rows)[7] == {name: column[7] for name, column in found.items()}


def test_that_scores_are_the_normal_quantiles_of_the_ranks():
    numbers = np.random.default_rng(1).exponential(size=200)
    (field,) = fields_of({"x": numbers})
    ranks = numbers.argsort().argsort()
    level = 1 / 400 + ranks / 199 * (1 - 1 / 200)
    expected = [NormalDist().inv_cdf(each) for each in level]
    np.testing.assert_allclose(encode([field], {"x": numbers})[:, 0], expected, atol=1e-6)


def test_that_decoding_is_the_exact_inverse_at_and_between_quantiles():
    field = NumericField(name="x", quantiles=(1.0, 2.0, 10.0, 11.0))
    numbers = np.linspace(1, 11, 101)
    back = decode_columns([field], normal_scores(field, numbers)[:, None])["x"]
    np.testing.assert_allclose(read_numbers(back), numbers, atol=1e-12)
    outside = normal_scores(field, np.array([-5.0, 99.0]))
    assert decode_columns([field], outside[:, None])["x"] == [1, 11]


def test_that_discrete_values_have_the_score_of_their_mid_rank():
    field = numeric_field([1, 2, 2, 5] * 25)
    expected = [NormalDist().inv_cdf(level) for level in (0.125, 0.5, 0.875)]
    np.testing.assert_allclose(normal_scores(field, np.array([1.0, 2.0, 5.0])), expected)


def test_that_normal_scores_decode_to_the_shares_of_the_values():
    field = numeric_field([1, 2, 2, 5] * 25)
    scores = np.random.default_rng(2).normal(size=(40_000, 1))
    found = np.array(decode_columns([field], scores)["x"])
    shares = [np.mean(found == value) for value in (1, 2, 5)]
    np.testing.assert_allclose(shares, [0.25, 0.5, 0.25], atol=0.01)


def test_that_values_that_tie_are_one_atom_of_a_continuous_field():
    cells = table()
    rain = numeric_field(cells["rain"])
    ((low, mid, high),) = atoms(rain)
    share = np.mean(cells["rain"] == 0)
    assert low == -np.inf
    assert NormalDist().cdf(high) == pytest.approx(share, abs=0.01)
    assert NormalDist().cdf(mid) == pytest.approx(share / 2, abs=0.01)
    assert decode_columns([rain], np.array([[-3.0], [mid], [high - 1e-6]]))["x"] == [0, 0, 0]
    assert read_numbers(decode_columns([rain], np.array([[high + 0.1]]))["x"])[0] > 0


def test_that_numbers_keep_their_decimals():
    (field,) = fields_of({"x": np.random.default_rng(3).normal(size=400).round(2)})
    found = decode_columns([field], np.random.default_rng(4).normal(size=(50, 1)))["x"]
    numbers = read_numbers(found)
    np.testing.assert_array_equal(numbers.round(2), numbers)


def test_that_a_field_without_a_spread_decodes_to_its_value():
    field = NumericField(name="x", quantiles=(4.0,), shares=(1.0,), decimals=0)
    assert encode([field], {"x": [4, 4]}).tolist() == [[0], [0]]
    assert decode([field], np.array([[-3.0], [3.0]])) == [{"x": 4}, {"x": 4}]


def test_that_what_training_never_saw_has_no_value():
    cells = {"c": ["a", "b"] * 20, "x": np.arange(40) ** 1.5}
    fields = fields_of(cells)
    rows = encode(fields, {"c": ["z", None], "x": ["?", 1e9]})
    assert rows[:, 1:].tolist() == [[0, 0], [0, 0]]
    assert rows[0, 0] == 0
    assert rows[1, 0] == encode(fields, {"c": ["a"], "x": [39**1.5]})[0, 0]


def test_that_columns_that_do_not_fit_are_refused():
    cells = table()
    fields = fields_of(cells)
    with pytest.raises(CellsInvalidError, match="'rain' has no column"):
        encode(fields, {name: column for name, column in cells.items() if name != "rain"})
    with pytest.raises(CellsInvalidError, match="another number of cells"):
        encode(fields, {**cells, "rain": [1.0]})
    with pytest.raises(ValueError, match="at least one field"):
        TableLayout(())


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"colour": 1}, "is not a field"),
        ({"speed": "fast"}, "takes numbers, and 'fast' is none"),
        ({"speed": None}, "is never missing"),
        ({"weather": "snow"}, "has no value 'snow'"),
    ],
)
def test_that_cells_of_the_user_are_checked(row, message):
    fields = fields_of(table())
    check_cells(fields, {"speed": "12,5", "weather": "wet", "wheels": None})
    with pytest.raises(CellsInvalidError, match=message):
        check_cells(fields, row)


CELLS = [
    *("", "ä", None, "?", "1", "1,5", "2.5e3", "-7", "12 %", "x" * 150, "NaN", True, 3, 2.5),
    *(float("nan"), float("inf"), 1e30, -1e30, 1e-300, 5e-324, 10**20, -0.0, 123456789012345678),
]


@pytest.mark.parametrize("seed", range(60))
def test_that_cells_of_any_kind_come_back(seed):
    random = np.random.default_rng(seed)
    count = int(random.integers(1, 60))
    cells = [CELLS[n] for n in random.integers(0, len(CELLS), count)]
    if seed % 2:
        cells = (random.normal(size=count) * 10.0 ** random.integers(-300, 29)).tolist()
    (report,) = infer_fields({"x": cells})
    if report.field is None:
        pytest.skip("all cells are missing")
    rows = encode([report.field], {"x": cells})
    assert np.abs(rows).max() < 6
    found = decode_columns([report.field], rows)["x"]
    if not isinstance(report.field, NumericField):
        assert found == read_texts(cells)
        return
    numbers = read_numbers(cells)
    tolerance = 1e-4 * np.ptp(numbers[~np.isnan(numbers)])
    np.testing.assert_allclose(read_numbers(found), numbers, atol=tolerance, rtol=1e-12)
