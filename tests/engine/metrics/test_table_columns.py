"""Metrics of a model's tables in an evaluation, and evaluations without images or texts."""

from typing import cast

import numpy as np
import pytest

from engine.control import RunControl
from engine.data.column_info import FieldInfo, FieldKind, table_column
from engine.data.facts import TableFacts
from engine.data.store import write_dataset
from engine.data.table_codec import Cells
from engine.metrics.evaluate import evaluate_run
from engine.metrics.table_columns import TableEvaluator
from engine.sample.sampler import Sampler, Samples
from engine.train.run import train
from tests.helpers.stated_columns import RealSampler, stated_columns, stated_facts
from tests.helpers.tiny import tiny_config

METRICS = {
    "field_distance/row",
    "correlation_difference/row",
    "missing_difference/row",
    "train_on_synthetic/row",
    "nearest_record/row",
    "record_memorisation/row",
    "record_novelty/row",
}


class ConstantSampler:
    """Answers with the same row, again and again."""

    def from_noise(self, count, _seed, columns):
        assert columns == ["row"]
        yield Samples(
            columns={"row": Cells(fields=("tone", "position"), rows=(("low", 9.0),) * count)}
        )


def measured(stored, sampler):
    facts = {"row": cast("TableFacts", stated_facts(stored)["row"])}
    evaluator = TableEvaluator(stored, facts)
    return evaluator.measure(cast("Sampler", sampler), count=80, seed=1, control=RunControl())


def test_real_rows_are_as_good_as_real(tmp_path):
    stored = stated_columns(tmp_path / "data")
    report = measured(stored, RealSampler(stored, stated_facts(stored)))
    metrics = report.metrics
    assert metrics.keys() >= METRICS
    # The sampler returns the validation rows, which the baselines are measured on.
    for name in ("field_distance/row", "correlation_difference/row", "nearest_record/row"):
        assert metrics[name] == pytest.approx(metrics[f"{name}_baseline"])
    assert {*report.field_distances["row"]} == {"tone", "position"}
    assert metrics["field_distance/row"] == pytest.approx(
        np.mean([*report.field_distances["row"].values()])
    )
    assert metrics["record_novelty/row"] > 0.95
    assert "position" in report.to_text()
    assert "field_distances" in report.to_json()


def test_a_constant_row_is_far_from_all_distributions(tmp_path):
    metrics = measured(stated_columns(tmp_path / "data"), ConstantSampler()).metrics
    assert metrics["field_distance/row"] > 0.6
    assert metrics["field_distance/row_baseline"] < 0.2
    # Each pair of labels is one third, whatever the classifier has seen.
    assert metrics["train_on_synthetic/row"] < 0.5


def test_too_few_validation_rows_say_why(tmp_path):
    report = measured(stated_columns(tmp_path / "data", items=60), ConstantSampler())
    assert report.absent["train_on_synthetic/row"] == "too few validation rows"
    assert "field_distance/row_baseline" not in report.metrics


# --------------------------------------------------------------------------
# Runs without images or texts.


def run_of(tmp_path, data):
    config = tiny_config(data, tmp_path / "run", images=16)
    train(config, lambda _event: None, RunControl())
    return config.run


def table_dataset(folder, **more):
    rng = np.random.default_rng(0)
    words = rng.integers(0, 2, 200)
    records = [
        {
            "split": "held_out" if item % 4 == 0 else "train",
            "row": {"word": ("one", "two")[word], "number": float(word + rng.normal())},
        }
        for item, word in enumerate(words.tolist())
    ]
    fields = (
        FieldInfo(name="word", kind=FieldKind.CATEGORICAL),
        FieldInfo(name="number", kind=FieldKind.NUMERIC),
    )
    columns = [table_column(fields, name="row")]
    write_dataset(
        folder, name="rows", title="", records=records, licence="", source="", columns=columns
    )
    return folder


def test_a_table_alone_is_evaluated(tmp_path):
    run = run_of(tmp_path, table_dataset(tmp_path / "data"))
    report = evaluate_run(run, cache=tmp_path / "cache", count=100)
    assert report.metrics.keys() >= METRICS
    assert report.verdict is None
    assert report.about["dataset"] == "rows"
    assert "kid" not in report.metrics
