"""The matcher of columns without attributes, and the cells that it measures."""

from typing import cast

import numpy as np
import pytest
import torch

from engine.control import RunControl
from engine.errors import StoppedError
from engine.metrics import matcher, readers
from engine.metrics.evaluate import build_evaluator
from engine.metrics.match_matrix import TOO_FEW, UNMATCHED, MatchMatrix
from engine.metrics.matcher import SPACE, TEMPERATURE, item_identities, matched_share, matching_loss
from engine.runs.metadata import ModelMetadata
from engine.sample.sampler import Sampler
from tests.helpers.stated_columns import NETWORKS, RealSampler, stated_columns, stated_facts

CONTROL = RunControl()
PAIRS = (("text", "image"), ("text", "row"), ("row", "image"))


def sampler_of(stored, shuffled=()):
    return cast("Sampler", RealSampler(stored, stated_facts(stored), shuffled))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    stored = stated_columns(tmp_path_factory.mktemp("free") / "data", attributes=False)
    facts = stated_facts(stored)
    columns = {name: facts[name] for name in ("text", "row", "image")}
    return stored, MatchMatrix(stored, columns, PAIRS, NETWORKS, CONTROL)


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_the_loss_is_infonce_in_both_directions():
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 6, SPACE))
    same = np.eye(6, dtype=bool)
    same[0, 1] = same[1, 0] = True
    scores = unit(one) @ unit(other).T / TEMPERATURE
    expected = 0.0
    for table in (scores, scores.T):
        shares = np.exp(table) / np.exp(table).sum(1, keepdims=True)
        # Rows that are the same share the goal.
        expected += -np.mean([np.log(shares[i, same[i]]).mean() for i in range(6)])
    found = matching_loss(torch.from_numpy(one), torch.from_numpy(other), torch.from_numpy(same))
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_an_item_is_matched_if_it_fits_better_than_all_false_candidates():
    rng = np.random.default_rng(1)
    first, second, made = (unit(rng.normal(size=(50, 4))) for _ in range(3))
    candidates = unit(rng.normal(size=(7, 4)))
    is_same = rng.random((50, 7)) < 0.3
    hits = 0
    for i in range(50):
        own = first[i] @ made[i] + second[i] @ made[i]
        false = [
            first[i] @ c + second[i] @ c
            for c, same in zip(candidates, is_same[i], strict=True)
            if not same
        ]
        hits += all(own > score for score in false)
    embedded = [torch.from_numpy(column) for column in (first, second)]
    share = matched_share(embedded, torch.from_numpy(made), torch.from_numpy(candidates), is_same)
    assert share == pytest.approx(hits / 50)


def test_items_with_the_same_value_are_no_false_candidates(prepared):
    stored, _matrix = prepared
    items = stored.rows("held_out")
    texts = stored.text("text").first(items)
    ids = item_identities(stored, "text", items)
    assert [[a == b for b in texts] for a in texts] == (ids[:, None] == ids).tolist()
    rows = stored.array("speech").rows[items]
    assert np.array_equal(item_identities(stored, "speech", items), rows)
    assert len(set(item_identities(stored, "row", items).tolist())) == len(items)


def test_real_items_reach_the_upper_bound_and_shuffled_ones_chance(prepared):
    stored, matrix = prepared
    report = matrix.measure(sampler_of(stored), count=80, seed=1, control=CONTROL)
    cells = {name for name in report.metrics if f"{name}_baseline" in report.metrics}
    # 3 pairs, 3 given alone with 2 made each, 3 times all but one.
    assert len(cells) == 3 + 6 + 3
    for name in cells:
        bound = report.metrics[f"{name}_upper_bound"]
        # From noise, the real item itself is among the candidates, so it cannot beat all.
        if not name.startswith("coherence/>"):
            assert report.metrics[name] == pytest.approx(bound), name
        assert report.metrics[f"{name}_baseline"] == pytest.approx(1 / 81)
    assert report.metrics["coherence/image>text"] > 0.9
    assert report.metrics["coherence/row+image>text"] > 0.9
    mixed = matrix.measure(sampler_of(stored, ("text",)), count=80, seed=1, control=CONTROL)
    assert mixed.metrics["coherence/row>image"] == report.metrics["coherence/row>image"]
    # Of six captions, one in six is right by luck.
    assert mixed.metrics["coherence/image>text"] < 0.4


def test_a_stop_ends_measurement_and_training(prepared):
    stored, matrix = prepared
    control = RunControl()
    control.request_stop()
    with pytest.raises(StoppedError):
        matrix.measure(sampler_of(stored), count=80, seed=1, control=control)
    facts = stated_facts(stored)
    with pytest.raises(StoppedError):
        MatchMatrix(stored, {n: facts[n] for n in ("text", "row")}, PAIRS[1:2], NETWORKS, control)


def test_columns_that_do_not_belong_together_say_so(tmp_path, monkeypatch):
    monkeypatch.setattr(matcher, "num_training_steps", lambda _items: 0)
    stored = stated_columns(tmp_path / "data", attributes=False)
    facts = stated_facts(stored)
    columns = {name: facts[name] for name in ("text", "row")}
    matrix = MatchMatrix(stored, columns, PAIRS[1:2], NETWORKS, CONTROL)
    # Encoders that have not learned anything match no rows by numbers.
    assert matrix._absent["coherence/text>row"] == UNMATCHED
    few = stated_columns(tmp_path / "few", attributes=False, items=60)
    matrix = MatchMatrix(few, columns, PAIRS[1:2], NETWORKS, CONTROL)
    assert matrix.is_empty
    assert set(matrix._absent.values()) == {TOO_FEW}


def test_an_evaluator_matches_only_columns_that_share_no_attribute(tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "MAX_SIDE", 16)
    monkeypatch.setattr(matcher, "MAX_SIDE", 16)
    stored = stated_columns(tmp_path / "data", attributes=False, items=150)
    facts = stated_facts(stored)
    columns = {name: facts[name] for name in ("speech", "image")}
    model = ModelMetadata(dataset="stated", dataset_version="1", columns=columns)
    evaluator = build_evaluator(stored, model, NETWORKS, tmp_path / "cache", CONTROL)
    report = evaluator.measure(sampler_of(stored), count=50, seed=1)
    assert "coherence/speech>image" in report.metrics
    assert "Coherence matrix" in report.to_text()
