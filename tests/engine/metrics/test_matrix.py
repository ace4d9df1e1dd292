"""The coherence matrix of items whose columns state known attributes."""

from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from engine.control import RunControl
from engine.errors import StoppedError
from engine.metrics import readers, row_reader
from engine.metrics.attributes import (
    UNKNOWN,
    agreement,
    chance_agreement,
    find_item_attributes,
    labels_of_groups,
)
from engine.metrics.evaluate import evaluate_run, has_matrix, num_preparation_steps
from engine.metrics.extractor import num_training_steps
from engine.metrics.matrix import NO_ATTRIBUTES, CoherenceMatrix, given_sets, stated_attributes
from engine.metrics.report import EvaluationReport
from engine.runs.event_reader import read_quality
from engine.runs.folder import RunFolder
from engine.sample.sampler import Sampler
from engine.train import loop
from engine.train.run import train
from tests.helpers.stated_columns import NETWORKS, RealSampler, stated_columns, stated_facts
from tests.helpers.tiny import tiny_config, tiny_facts

ALL = np.array([True, True])


def sampler_of(stored, shuffled=()):
    return cast("Sampler", RealSampler(stored, stated_facts(stored), shuffled))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stated")
    stored = stated_columns(folder / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(readers, "MAX_SIDE", 16)
        patch.setattr(row_reader, "STEPS", 200)
        facts = stated_facts(stored)
        yield stored, CoherenceMatrix(stored, facts, NETWORKS, folder / "cache", RunControl())


def measured(prepared, shuffled=()):
    stored, matrix = prepared
    return matrix.measure(sampler_of(stored, shuffled), count=80, seed=1, control=RunControl())


def test_columns_agree_where_all_that_two_of_them_state_is_equal():
    text = np.array([[0, 0], [0, 1], [1, UNKNOWN], [UNKNOWN, UNKNOWN]])
    image = np.array([[0, 0], [0, 0], [1, UNKNOWN], [UNKNOWN, UNKNOWN]])
    assert agreement([text, image], [ALL, ALL]) == 1 / 4
    first = np.array([True, False])
    assert agreement([text, image], [ALL, first]) == 3 / 4
    assert agreement([text, image], [~first, first]) is None
    assert agreement([text[:0], image[:0]], [ALL, ALL]) is None


def test_three_columns_agree_only_if_every_two_do():
    rng = np.random.default_rng(0)
    columns = [rng.integers(0, 2, (200, 1)) for _ in range(3)]
    stated = [np.array([True])] * 3
    expected = np.mean([len({int(c[i, 0]) for c in columns}) == 1 for i in range(200)])
    assert agreement(columns, stated) == pytest.approx(expected)


def test_chance_is_the_sum_of_the_products_of_the_shares():
    one = np.array([0] * 60 + [1] * 30 + [2] * 10)[:, None]
    stated = [np.array([True])] * 2
    found = chance_agreement([one, one], stated)
    assert found == pytest.approx(0.6**2 + 0.3**2 + 0.1**2, abs=0.03)


def test_a_group_has_the_label_that_its_items_share():
    labels = np.array([[1, 0], [1, 2], [UNKNOWN, 2], [UNKNOWN, UNKNOWN]])
    found = labels_of_groups(np.array([0, 0, 0, 1]), labels, 2)
    assert found.tolist() == [[1, UNKNOWN], [UNKNOWN, UNKNOWN]]


def test_names_of_single_items_are_no_attribute(prepared):
    stored, _matrix = prepared
    found = find_item_attributes(stored, RunControl())
    assert found is not None
    assert found.names == ("shade", "side")
    assert found.values == (("dark", "grey", "light"), ("left", "right"))
    record = stored.records[7]["attributes"]
    shade, side = found.labels[7]
    assert (found.values[0][shade], found.values[1][side]) == (record["shade"], record["side"])


def test_what_is_read_no_better_than_by_guessing_is_not_stated():
    truth = np.stack([np.arange(200) % 2, np.arange(200) % 2], 1)
    read = np.stack([truth[:, 0], np.arange(200) // 100], 1)
    assert stated_attributes(read, truth).tolist() == [True, False]
    # A reader that always names the most frequent value is right in nine of ten cases.
    rare = (np.arange(200) % 10 == 0).astype(np.int64)[:, None]
    assert not stated_attributes(np.zeros_like(rare), rare).any()


def test_rows_of_the_matrix_are_each_column_and_all_but_one():
    assert [*given_sets("ab")] == [("a",), ("b",)]
    assert [*given_sets("abc")] == [
        ("a",),
        ("b",),
        ("c",),
        ("b", "c"),
        ("a", "c"),
        ("a", "b"),
    ]


def test_real_items_are_as_coherent_as_real(prepared):
    report = measured(prepared)
    assert not report.absent
    cells = {name for name in report.metrics if f"{name}_baseline" in report.metrics}
    # 4 given alone with 3 made each, 4 times all but one, 6 pairs and all four.
    assert len(cells) == 12 + 4 + 7
    assert {"coherence/text>image", "coherence/row+speech+image>text"} <= cells
    assert {"coherence/>text+row", "coherence/>text+row+speech+image"} <= cells
    for name in cells:
        assert report.metrics[name] > 0.9, name
        assert report.metrics[f"{name}_upper_bound"] > 0.9
        assert report.metrics[f"{name}_baseline"] < 0.6
    assert "speech (shade)" in report.about["attributes read"]
    assert "row (shade, side)" in report.about["attributes read"]


def test_a_shuffled_column_is_as_coherent_as_chance(prepared):
    metrics = measured(prepared, shuffled=("speech",)).metrics
    for name in ("text>speech", "text+row+image>speech", ">text+speech", ">row+speech"):
        chance = metrics[f"coherence/{name}_baseline"]
        assert chance == pytest.approx(1 / 3, abs=0.1)
        assert metrics[f"coherence/{name}"] == pytest.approx(chance, abs=0.15)
    assert metrics["coherence/text>image"] > 0.9


def test_a_stop_ends_the_measurement(prepared):
    stored, matrix = prepared
    control = RunControl()
    control.request_stop()
    with pytest.raises(StoppedError):
        matrix.measure(sampler_of(stored), count=80, seed=1, control=control)


def test_an_attribute_that_no_other_column_states_is_not_learned(tmp_path, monkeypatch):
    """A sound's voice, which no picture shows, would be learned by heart."""
    monkeypatch.setattr(readers, "MAX_SIDE", 16)
    monkeypatch.setattr(row_reader, "STEPS", 100)
    stored = stated_columns(tmp_path / "data", items=120)
    facts = stated_facts(stored)
    columns = {name: facts[name] for name in ("speech", "image")}
    matrix = CoherenceMatrix(stored, columns, NETWORKS, tmp_path / "cache", RunControl())
    # Sounds state the shade alone, so the side of pictures is compared with nothing.
    assert matrix._stated["image"].tolist() == [True, False]
    assert matrix._stated["speech"].tolist() == [True, False]
    report = matrix.measure(sampler_of(stored), count=40, seed=1, control=RunControl())
    assert report.metrics["coherence/speech>image"] > 0.9


def test_a_dataset_without_attributes_has_no_matrix_and_says_why(tmp_path):
    stored = stated_columns(tmp_path / "data", attributes=False)
    matrix = CoherenceMatrix(stored, stated_facts(stored), NETWORKS, tmp_path, RunControl())
    report = matrix.measure(sampler_of(stored), count=80, seed=1, control=RunControl())
    assert not report.metrics
    assert NO_ATTRIBUTES in report.to_text()


def test_the_report_shows_the_matrix_as_a_table():
    metrics = {
        "coherence/>text+speech": 0.5,
        "coherence/text>speech": 0.75,
        "coherence/speech>text": 0.25,
    }
    beside = {f"{name}_baseline": 0.1 for name in metrics}
    bounds = {f"{name}_upper_bound": 0.99 for name in metrics}
    lines = EvaluationReport(metrics={**metrics, **beside, **bounds}).to_text().splitlines()
    rows = {line.split()[0]: line for line in lines if line.startswith("  ")}
    assert rows["text+speech"].split() == ["text+speech", "0.500", "(0.10,", "0.99)"]
    assert rows["given"].split() == ["given", "speech", "text"]
    assert rows["text"].split() == ["text", "0.750", "(0.10,", "0.99)", "-"]
    assert rows["speech"].split()[:2] == ["speech", "-"]


@pytest.mark.slow
def test_a_run_on_four_columns_is_evaluated_in_slices_and_its_matrix_is_logged(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(readers, "MAX_SIDE", 16)
    monkeypatch.setattr(row_reader, "STEPS", 50)
    monkeypatch.setattr(loop, "default_cache", lambda: tmp_path / "cache")
    stored = stated_columns(tmp_path / "data")
    config = tiny_config(stored.folder, tmp_path / "run", images=16).with_values(
        reporting__evaluate_every_s=60.0, reporting__eval_samples=100
    )
    train(config, lambda _event: None, RunControl())
    (point,) = read_quality(RunFolder(config.run).log_file)
    cells = {name for name in point.metrics if name.startswith("coherence/")}
    assert len(cells) == 3 * (12 + 4 + 7)
    assert "coherence/text>image" in point.best
    assert not {name for name in point.best if name.endswith(("_baseline", "_upper_bound"))}
    assert {"kid", "text_validity", "field_distance/row"} <= point.metrics.keys()
    report = evaluate_run(config.run, cache=tmp_path / "cache", count=100)
    assert cells <= report.metrics.keys()
    assert "text+row+speech+image" in report.to_text()


def test_a_picture_with_a_text_has_no_matrix_and_no_further_classifier():
    pair = tiny_facts()
    assert not has_matrix(pair)
    assert num_preparation_steps(pair, 500) == num_training_steps(500)
    columns = {**pair.columns, "sketch": pair.columns["image"]}
    three = replace(pair, columns=columns)
    assert has_matrix(three)
    assert num_preparation_steps(three, 500) == 3 * num_training_steps(500)
