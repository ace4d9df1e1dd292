"""Evaluation of models of one column, against real and against strange items."""

from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from engine.control import RunControl
from engine.data.waveform import Sounds
from engine.errors import EvaluationUnavailableError, StoppedError
from engine.metrics import readers
from engine.metrics.evaluate import build_evaluator
from engine.metrics.single_column import build_column_evaluator
from engine.runs.metadata import ModelMetadata
from engine.sample.sampler import Sampler, Samples
from tests.helpers.stated_columns import NETWORKS, RealSampler, stated_columns, stated_facts

FIGURES = {"kid", "kid_baseline", "precision", "recall", "coverage", "memorisation", "novelty"}


class Strange(RealSampler):
    """Answers with noise, silence, or one text."""

    def _samples(self, rows, columns):
        real = super()._samples(rows, columns).columns
        found = {}
        for name, shown in real.items():
            if isinstance(shown, Sounds):
                found[name] = replace(shown, samples=np.zeros_like(shown.samples))
            elif isinstance(shown, tuple):
                found[name] = ("purple bar",) * len(shown)
            else:
                rng = np.random.default_rng(0)
                found[name] = rng.integers(0, 255, np.asarray(shown).shape, dtype=np.uint8)
        return Samples(columns=found)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(readers, "MAX_SIDE", 16)


def evaluator_of(stored, name, cache):
    facts = {name: stated_facts(stored)[name]}
    model = ModelMetadata(dataset="stated", dataset_version="1", columns=facts)
    return build_evaluator(stored, model, NETWORKS, cache, RunControl())


def figures(stored, name, cache, kind=RealSampler):
    sampler = cast("Sampler", kind(stored, stated_facts(stored)))
    return evaluator_of(stored, name, cache).measure(sampler, count=80, seed=1)


@pytest.mark.parametrize("attributes", [True, False])
def test_pictures_alone_are_compared_with_real_ones(tmp_path, attributes):
    stored = stated_columns(tmp_path / "data", attributes=attributes)
    real = figures(stored, "image", tmp_path / "cache")
    assert real.metrics.keys() >= FIGURES | {"grid"}
    strange = figures(stored, "image", tmp_path / "cache", Strange).metrics
    assert abs(real.metrics["kid"]) < strange["kid"] / 10
    assert real.metrics["precision"] > 0.8 > strange["precision"]
    assert 0.5 < real.metrics["grid"] < 2
    assert (tmp_path / "cache").exists() == attributes
    source = "the reader of attributes" if attributes else "an untrained network"
    assert real.about["features"] == f"of {source}"


@pytest.mark.parametrize("attributes", [True, False])
def test_sounds_alone_are_compared_with_real_ones(tmp_path, attributes):
    stored = stated_columns(tmp_path / "data", attributes=attributes)
    report = figures(stored, "speech", tmp_path / "cache")
    names = {name.removeprefix("sound_").replace("/speech", "") for name in report.metrics}
    assert names >= FIGURES
    strange = figures(stored, "speech", tmp_path / "cache", Strange).metrics
    assert abs(report.metrics["sound_kid/speech"]) < strange["sound_kid/speech"] / 10
    assert strange["sound_precision/speech"] == 0
    assert "Sounds speech" in report.to_text()


def test_texts_alone_are_compared_with_real_ones(tmp_path):
    stored = stated_columns(tmp_path / "data")
    real = figures(stored, "text", tmp_path / "cache").metrics
    assert (real["text_validity"], real["copied_share"], real["known_words"]) == (1, 1, 1)
    strange = figures(stored, "text", tmp_path / "cache", Strange).metrics
    assert (strange["text_validity"], strange["copied_share"]) == (0, 0)
    assert strange["unique_share"] == 1 / 80


def test_too_few_items_are_no_measure(tmp_path):
    stored = stated_columns(tmp_path / "data", items=15)
    with pytest.raises(EvaluationUnavailableError, match="too few items"):
        evaluator_of(stored, "image", tmp_path / "cache")


def test_a_stop_ends_the_preparation(tmp_path):
    stored = stated_columns(tmp_path / "data", attributes=False)
    control = RunControl()
    control.request_stop()
    facts = stated_facts(stored)["image"]
    with pytest.raises(StoppedError):
        build_column_evaluator(stored, "image", facts, NETWORKS, tmp_path, control)
