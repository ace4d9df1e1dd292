import math

import numpy as np
import pytest

from engine.data.table_fields import CategoricalField, included_fields, infer_fields
from engine.errors import CellsInvalidError
from engine.metrics.tables import (
    _classifier_data,
    _fit_classifier,
    association_matrix,
    correlation_difference,
    field_distances,
    ks_distance,
    missing_difference,
    nearest_record_metrics,
    total_variation,
    train_on_synthetic,
)

NAN = float("nan")


def table(seed, rows=300, slope=2.0):
    random = np.random.default_rng(seed)
    x = random.normal(size=rows)
    y = slope * x + random.normal(size=rows)
    colour = [("red", "blue")[int(value + 0.3 * random.normal() > 0)] for value in y]
    return {"x": x, "y": y, "colour": colour}


def fields():
    return included_fields(infer_fields(table(0)))


def test_that_the_ks_distance_is_the_largest_gap_between_distribution_functions():
    random = np.random.default_rng(0)
    one, other = random.normal(size=40), random.normal(0.5, 2, size=31)
    gaps = [
        abs(sum(one <= value) / 40 - sum(other <= value) / 31)
        for value in np.concatenate([one, other])
    ]
    assert ks_distance(one, other) == pytest.approx(max(gaps))
    assert ks_distance(np.array([1.0, NAN, 2.0]), np.array([2.0, 1.0])) == 0
    assert ks_distance(np.array([1.0]), np.array([5.0])) == 1
    assert ks_distance(np.array([1.0]), np.array([NAN])) == 1
    assert ks_distance(np.array([NAN]), np.array([NAN])) == 0


def test_that_total_variation_counts_missing_cells_as_a_value():
    one, other = ["a", "a", "b", None], ["a", "c", None, None]
    # a .50 / .25, b .25 / 0, c 0 / .25, missing .25 / .50
    assert total_variation(one, other) == pytest.approx(0.5)
    assert total_variation(one, one) == 0
    assert total_variation(["a"], ["b"]) == 1


def test_that_every_field_has_the_distance_of_its_kind():
    real, made = table(0), table(1)
    found = field_distances(fields(), real, made)
    assert found == {
        "x": ks_distance(real["x"], made["x"]),
        "y": ks_distance(real["y"], made["y"]),
        "colour": total_variation(real["colour"], made["colour"]),
    }


def test_that_shares_of_missing_cells_are_compared():
    real, made = {"x": [1, None], "y": ["a", "b"]}, {"x": [1, 2], "y": [None, "b"]}
    some = included_fields(infer_fields(real))
    assert missing_difference(some, real, made) == pytest.approx(0.5)


def test_that_associations_are_pearson_correlation_ratio_and_cramers_v():
    real = table(0)
    real["shade"] = ["dark" if c == "red" else "light" for c in real["colour"]]
    real["shade"][:60] = ["light"] * 60
    some = included_fields(infer_fields(real))
    found = association_matrix(some, real)
    np.testing.assert_array_equal(found, found.T)
    assert found[0, 1] == pytest.approx(np.corrcoef(real["x"], real["y"])[0, 1])
    is_red = np.array([c == "red" for c in real["colour"]])
    # For two groups, the correlation ratio is that with their indicator.
    assert found[0, 2] == pytest.approx(abs(np.corrcoef(real["x"], is_red)[0, 1]))
    is_dark = np.array([s == "dark" for s in real["shade"]])
    # For two values each, V is the phi coefficient.
    assert found[2, 3] == pytest.approx(abs(np.corrcoef(is_red, is_dark)[0, 1]))


def test_that_associations_use_rows_with_both_cells():
    real = {"a": [1.0, 2.0, 3.0, None, 5.0], "b": [2.0, 1.0, 4.0, 9.0, None], "c": list("uvuvv")}
    some = included_fields(infer_fields(real))
    found = association_matrix(some, real)
    assert found[0, 1] == pytest.approx(np.corrcoef([1, 2, 3], [2, 1, 4])[0, 1])
    constant = {**real, "a": [7.0] * 5}
    assert association_matrix(some, constant)[0].tolist() == [1, 0, 0]


def test_that_the_correlation_difference_is_the_mean_over_pairs():
    real, made = table(0), table(1, slope=-2.0)
    gap = association_matrix(fields(), real) - association_matrix(fields(), made)
    expected = (abs(gap[0, 1]) + abs(gap[0, 2]) + abs(gap[1, 2])) / 3
    assert correlation_difference(fields(), real, made) == pytest.approx(expected)
    assert expected > 0.4
    assert correlation_difference(fields(), real, real) == 0
    assert correlation_difference(fields()[:1], real, made) == 0


def test_that_rows_of_the_same_distribution_train_as_good_a_classifier():
    made = table(1)
    found = train_on_synthetic(
        fields(), "colour", training=table(0), made=made, validation=table(2)
    )
    assert found["train_on_synthetic"] == pytest.approx(found["train_on_real"], abs=0.03)
    assert found["train_on_real"] > 0.9
    labels = table(0)["colour"]
    majority = max(set(labels), key=labels.count)
    assert found["majority"] == pytest.approx(np.mean([c == majority for c in table(2)["colour"]]))
    shuffled = {**made, "colour": made["colour"][1:] + made["colour"][:1]}
    useless = train_on_synthetic(
        fields(), "colour", training=table(0), made=shuffled, validation=table(2)
    )
    assert useless["train_on_synthetic"] < 0.75


def test_that_the_classifier_is_a_logistic_regression():
    data = {"x": [-1.0, 1.0] * 50, "c": ["u", "u", "v", "v", "v"] * 20}
    some = included_fields(infer_fields({"x": np.linspace(-1, 1, 100), "c": data["c"]}))
    target = some[1]
    assert isinstance(target, CategoricalField)
    inputs, labels = _classifier_data(some[:1], target, data)
    weights = _fit_classifier(inputs, labels, target)
    # At the optimum, mean probabilities equal the shares: the bias has no penalty.
    probabilities = (inputs @ weights).softmax(1).mean(0)
    shares = labels.bincount() / len(labels)
    assert probabilities.tolist() == pytest.approx(shares.tolist(), abs=1e-4)
    gradient = inputs[:, :1].T @ ((inputs @ weights).softmax(1)[:, :1] - (labels[:, None] == 0) * 1)
    assert gradient.item() == pytest.approx(-weights[0, 0].item(), abs=1e-3)


def test_that_a_target_has_to_be_a_category_beside_other_fields():
    real = table(0)
    with pytest.raises(CellsInvalidError, match="not a categorical field"):
        train_on_synthetic(fields(), "x", training=real, made=real, validation=real)
    with pytest.raises(CellsInvalidError, match="only field"):
        train_on_synthetic(fields()[2:], "colour", training=real, made=real, validation=real)


def test_that_copied_records_are_memorised_and_new_ones_are_not():
    training, validation = table(0), table(2)
    copied = nearest_record_metrics(
        fields(), training=training, made=training, validation=validation
    )
    assert (copied["memorisation"], copied["novelty"], copied["nearest_record"]) == (1, 0, 0)
    fresh = nearest_record_metrics(
        fields(), training=training, made=table(3), validation=validation
    )
    assert fresh["memorisation"] < 0.05
    ratio = fresh["nearest_record"] / fresh["nearest_record_baseline"]
    assert ratio == pytest.approx(1, abs=0.3)
    alone = nearest_record_metrics(fields(), training=training, made=table(3), validation=None)
    assert alone["novelty"] > 0.9


def test_that_another_category_is_a_distance_of_one():
    cells = {"c": ["a", "b"] * 20}
    some = included_fields(infer_fields(cells))
    found = nearest_record_metrics(
        some, training={"c": ["a"]}, made={"c": ["b"]}, validation={"c": ["a"]}
    )
    assert math.isclose(found["nearest_record"], 1, rel_tol=1e-6)
    assert found["nearest_record_baseline"] == 0
