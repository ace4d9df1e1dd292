import json

import numpy as np
import pytest

from engine.data.table_fields import (
    CategoricalField,
    FieldKind,
    NumericField,
    Reason,
    decode_fields,
    encode_fields,
    find_giveaways,
    included_fields,
    infer_fields,
)
from engine.errors import ConfigError

ROWS = 400


def columns():
    random = np.random.default_rng(0)
    return {
        "patient_id": random.permutation(ROWS) * 37 + 1000,
        "row": np.arange(ROWS),
        "height": random.normal(170, 9, ROWS),
        "children": random.integers(0, 5, ROWS),
        "city": [("Bern", "Lyon", None)[n] for n in random.integers(0, 3, ROWS)],
        "smoker": random.random(ROWS) < 0.3,
        "country": ["CH"] * ROWS,
        "note": [f"case {n} was seen" for n in range(ROWS)],
        "key": [f"k{n}" for n in range(ROWS)],
        "empty": [None] * ROWS,
    }


def report(cells, kind=None):
    return infer_fields({"x": cells}, {"x": kind} if kind else None)[0]


def test_that_kinds_and_reasons_follow_from_the_cells():
    found = {r.name: (r.kind, r.reason, r.is_included) for r in infer_fields(columns())}
    numeric, categorical, text = FieldKind.NUMERIC, FieldKind.CATEGORICAL, FieldKind.TEXT
    assert found == {
        "patient_id": (numeric, Reason.IDENTIFIER, False),
        "row": (numeric, Reason.IDENTIFIER, False),
        "height": (numeric, None, True),
        "children": (numeric, None, True),
        "city": (categorical, None, True),
        "smoker": (categorical, None, True),
        "country": (categorical, Reason.CONSTANT, False),
        "note": (text, Reason.FREE_TEXT, False),
        "key": (text, Reason.IDENTIFIER, False),
        "empty": (categorical, Reason.EMPTY, False),
    }


def test_that_a_value_beside_missing_cells_is_no_constant():
    assert report(["yes", None, None, "yes"]).reason is None


def test_that_one_unreadable_cell_in_twenty_leaves_a_column_numeric():
    numbers = [str(n * n) for n in range(19)]
    found = report([*numbers, "many"])
    assert (found.kind, found.unreadable) == (FieldKind.NUMERIC, 1)
    assert isinstance(found.field, NumericField)
    assert found.field.missing == pytest.approx(0.05)
    assert report([*numbers[:-1], "many", "few"]).kind is FieldKind.CATEGORICAL


def test_that_a_discrete_field_has_the_share_of_each_value():
    field = report([1, 2, 2, 5] * 25).field
    assert isinstance(field, NumericField)
    assert (field.quantiles, field.shares, field.decimals) == ((1, 2, 5), (0.25, 0.5, 0.25), 0)


def test_that_the_quantiles_of_a_continuous_field_are_cells():
    cells = np.random.default_rng(1).exponential(size=5_000)
    field = report(cells).field
    assert isinstance(field, NumericField)
    assert len(field.quantiles) == 257
    assert not field.shares
    assert set(field.quantiles) <= set(cells)
    np.testing.assert_allclose(
        field.quantiles[1:-1], np.quantile(cells, np.arange(1, 256) / 256), rtol=0.05
    )


def test_that_decimals_are_those_of_the_cells():
    random = np.random.default_rng(2)
    for places, expected in ((1, 1), (3, 3), (9, None)):
        field = report(random.normal(size=200).round(places)).field
        assert isinstance(field, NumericField)
        assert field.decimals == expected


def test_that_values_are_listed_by_frequency():
    field = report(["b", "a", "a", "c", "b", "a", None]).field
    assert field == CategoricalField(name="x", values=("a", "b", "c"), missing=1 - 6 / 7)


def test_that_a_column_of_zeros_and_ones_is_categorical():
    assert report([0, 1, 1] * 30).kind is FieldKind.CATEGORICAL
    assert report([0, 1, 2] * 30).kind is FieldKind.NUMERIC


def test_that_the_user_decides():
    cells = list(range(100))
    assert not report(cells).is_included
    chosen = report(cells, FieldKind.CATEGORICAL)
    assert chosen.is_included
    assert isinstance(chosen.field, CategoricalField)
    assert report(cells, FieldKind.NUMERIC).is_included
    ignored = report(cells, FieldKind.IGNORED)
    assert (ignored.field, ignored.is_included, ignored.reason) == (None, False, None)
    assert included_fields([chosen, ignored]) == (chosen.field,)


def test_that_long_values_are_text():
    cells = ["short", "x" * 201] * 30
    assert report(cells).kind is FieldKind.TEXT
    with pytest.raises(ConfigError, match="more than 200 characters"):
        report(cells, FieldKind.CATEGORICAL)


def test_that_choices_that_do_not_fit_are_refused_together():
    cells = {"words": ["a", "b"] * 10, "many": [f"v{n}" for n in range(1_001)]}
    kinds = {
        "words": FieldKind.NUMERIC,
        "many": FieldKind.CATEGORICAL,
        "none": FieldKind.TEXT,
    }
    with pytest.raises(ConfigError) as caught:
        infer_fields(cells, kinds)
    assert [p.field for p in caught.value.problems] == [
        "fields.none",
        "fields.words",
        "fields.many",
    ]
    assert "1,001 distinct values" in str(caught.value)


def test_that_histograms_count_every_cell_that_is_present():
    numbers = report(np.random.default_rng(3).normal(size=300))
    assert sum(numbers.histogram.counts) == 300
    assert len(numbers.histogram.edges) == len(numbers.histogram.counts) + 1
    words = report(["a", "b", "b", None])
    assert (words.histogram.values, words.histogram.counts) == (("b", "a"), (2, 1))


def test_that_numbers_that_hardly_differ_have_a_histogram():
    numbers = [1.0, 1.0 + 2**-52, 1.0 - 2**-53] * 4
    assert report(numbers).histogram.counts == (12,)


def test_that_fields_survive_json():
    fields = included_fields(infer_fields(columns()))
    assert len(fields) == 4
    assert decode_fields(json.loads(json.dumps(encode_fields(fields)))) == fields


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "picture"},
        {"quantiles": [2, 1]},
        {"quantiles": []},
        {"quantiles": [float("nan")]},
        {"quantiles": list(range(300))},
        {"shares": [0.5]},
        {"decimals": 99},
        {"missing": 1.5},
        {"further": 1},
    ],
)
def test_that_damaged_fields_are_refused(change):
    (stored,) = encode_fields([NumericField(name="x", quantiles=(1.0, 2.0))])
    with pytest.raises((ValueError, KeyError, TypeError)):
        decode_fields([{**stored, **change}])


def test_that_two_fields_of_one_name_are_refused():
    field = CategoricalField(name="x", values=("a",))
    with pytest.raises(ValueError, match="same name"):
        decode_fields(encode_fields([field, field]))
    with pytest.raises(ValueError, match="not distinct"):
        CategoricalField(name="x", values=("a", "a"))


def test_that_a_column_that_gives_a_category_away_is_found():
    random = np.random.default_rng(4)
    score = random.normal(size=ROWS)
    cells = {
        "grade": [("low", "high")[int(s > 0.2)] for s in score],
        "score": score,
        "copy": [("L", "H")[int(s > 0.2)] for s in score],
        "noise": random.normal(size=ROWS),
        "name": [f"n{n}" for n in range(ROWS)],
    }
    fields = included_fields(
        infer_fields(cells, {"name": FieldKind.CATEGORICAL, "copy": FieldKind.CATEGORICAL})
    )
    found = {(g.name, g.target): g.avoided for g in find_giveaways(cells, fields, 0.9)}
    assert found[("copy", "grade")] == found[("grade", "copy")] == 1
    assert ("score", "grade") in found
    assert not any("noise" in pair or "name" in pair for pair in found)


@pytest.mark.parametrize(
    "kind", [None, FieldKind.NUMERIC, FieldKind.CATEGORICAL, FieldKind.IGNORED]
)
@pytest.mark.parametrize(
    "numbers",
    [
        np.array([0.0, -0.0, 1.5, np.nan, 1.5, np.inf, 2e30]),
        np.random.default_rng(0).normal(size=60),
        np.arange(30),
        np.full(25, 7.0),
        np.array([np.nan, np.nan]),
        np.array([1, 0, 1, 1], dtype=np.float32),
    ],
)
def test_that_an_array_is_reported_as_the_list_of_its_cells(numbers, kind):
    def outcome(cells):
        try:
            return report(cells, kind)
        except ConfigError as error:
            return str(error)

    assert outcome(numbers) == outcome(numbers.tolist())
