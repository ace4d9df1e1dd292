from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pytest
import torch

from engine.data.image_shape import square
from engine.data.store import StoredDataset, open_dataset, write_dataset
from engine.metrics import pairs as judging
from engine.metrics.attributes import UNKNOWN, find_attributes
from engine.metrics.distances import subsample
from engine.metrics.pairs import PairEvaluator
from engine.sample.sampler import Sampler, Samples

SHADES = ("dark", "grey", "light")
SIDES = ("left", "right")


def dataset(folder, *, with_attributes=True, pairs=240, seed=0):
    """Pictures of three shades with a bright bar left or right, and captions that say so."""
    random = np.random.default_rng(seed)
    shade, side = random.integers(0, 3, pairs), random.integers(0, 2, pairs)
    images = random.integers(0, 25, (pairs, 8, 8, 1)).astype(np.uint8)
    images += (20 + 60 * shade).astype(np.uint8)[:, None, None, None]
    records = []
    for row in range(pairs):
        images[row, :, 6 * side[row] : 6 * side[row] + 2] = 255
        record: dict[str, Any] = {
            "text": f"{SHADES[shade[row]]} bar {SIDES[side[row]]}",
            "split": "held_out" if row % 3 == 0 else "train",
        }
        if with_attributes:
            record["attributes"] = {"shade": SHADES[shade[row]], "side": SIDES[side[row]]}
        records.append(record)
    write_dataset(
        folder, name="bars", title="", images=images, records=records, licence="", source=""
    )
    return open_dataset(folder)


@dataclass
class Copier:
    """A sampler that answers with real pairs, shuffled or not."""

    stored: StoredDataset
    rows: np.ndarray
    shuffle: bool = False

    def _pairs(self, rows):
        texts = [self.stored.texts[row] for row in rows]
        if self.shuffle:
            texts = list(np.random.default_rng(1).permutation(texts))
        images = np.repeat(self.stored.images_of(rows), 3, 3)
        yield Samples(columns={"text": tuple(texts), "image": images})

    def from_noise(self, count, _seed, columns):
        return self._pairs(np.resize(self.rows, count))

    def complete_items(self, given, _seed, columns):
        if "text" in given:
            wanted = [self.stored.texts[int(row)] for row in given["text"][:, 0]]
            known = {self.stored.texts[row]: row for row in self.rows}
            return self._pairs(np.array([known[text] for text in wanted]))
        plain = given["image"].permute(0, 2, 3, 1).numpy()
        own = [np.flatnonzero((self.stored.images == image).all((1, 2, 3)))[0] for image in plain]
        return self._pairs(np.array(own))


def copier(stored: StoredDataset, split: str, *, shuffle: bool = False) -> Sampler:
    return cast("Sampler", Copier(stored, stored.rows(split), shuffle))


def evaluator(stored, tmp_path):
    places = {text: row for row, text in enumerate(stored.texts)}
    return PairEvaluator(
        stored,
        square(8),
        encode=lambda texts: torch.tensor([[places[text]] for text in texts]),
        is_in_vocabulary=lambda text: "bar" in text,
        cache=tmp_path / "cache",
    )


@pytest.fixture(autouse=True)
def few_are_enough(monkeypatch):
    monkeypatch.setattr(judging, "MIN_VALIDATION", 20)


def test_that_real_pairs_are_as_good_as_real(tmp_path):
    stored = dataset(tmp_path / "bars")
    sampler = copier(stored, "held_out")
    report = evaluator(stored, tmp_path).measure(sampler, count=80, seed=1)
    metrics = report.metrics
    assert metrics["joint_coherence_upper_bound"] > 0.95
    assert metrics["joint_coherence"] > 0.95
    assert metrics["text_to_image"] > 0.95
    assert metrics["image_to_text"] == 1.0
    assert metrics["text_validity"] == 1.0
    assert metrics["covered_modes"] == 1.0
    assert metrics["kid"] < 0.05
    assert metrics["precision"] > 0.95
    assert "640 items" in report.absent["fid"]
    assert metrics["grid"] == pytest.approx(1, abs=0.3)
    assert metrics["texture"] < 3
    assert "match" not in metrics


def test_that_shuffled_pairs_are_as_coherent_as_chance(tmp_path):
    stored = dataset(tmp_path / "bars", pairs=600)
    sampler = copier(stored, "held_out", shuffle=True)
    metrics = evaluator(stored, tmp_path).measure(sampler, count=200, seed=1).metrics
    # Six captions, about equally often.
    assert metrics["joint_coherence"] == pytest.approx(1 / 6, abs=0.1)
    assert metrics["joint_coherence_baseline"] == pytest.approx(1 / 6, abs=0.1)
    # Its drawings are right, only what it says of them is not.
    assert metrics["text_to_image"] > 0.95
    assert metrics["image_to_text"] < 0.4


def test_that_a_copied_training_set_is_found_out(tmp_path):
    stored = dataset(tmp_path / "bars")
    sampler = copier(stored, "train")
    metrics = evaluator(stored, tmp_path).measure(sampler, count=160, seed=1).metrics
    assert metrics["novelty"] == 0.0
    assert metrics["copied_share"] == 1.0
    assert metrics["memorisation"] > 0.9


def test_that_a_matcher_serves_where_nothing_is_known(tmp_path):
    stored = dataset(tmp_path / "bars", with_attributes=False, pairs=600)
    made = evaluator(stored, tmp_path)
    real = made.measure(copier(stored, "held_out"), count=100, seed=1)
    mixed = made.measure(copier(stored, "held_out", shuffle=True), count=100, seed=1)
    assert real.metrics["joint_coherence_baseline"] == pytest.approx(1 / 7)
    assert real.metrics["joint_coherence_upper_bound"] > 0.8
    assert real.metrics["joint_coherence"] > 0.8
    assert mixed.metrics["joint_coherence"] < 0.5
    assert real.metrics["text_validity"] == 1.0
    assert real.metrics["match_baseline"] == pytest.approx(1 / 6)
    assert real.metrics["match_upper_bound"] > 0.9
    # The copier answers with a real picture of the caption.
    assert real.metrics["match"] > 0.9


def test_that_too_few_validation_pairs_are_said(tmp_path):
    stored = dataset(tmp_path / "bars", with_attributes=False, pairs=60)
    report = evaluator(stored, tmp_path).measure(copier(stored, "train"), count=40, seed=1)
    assert "needs 40 validation pairs" in report.absent["joint_coherence"]
    assert "joint_coherence" not in report.metrics
    # The match needs no validation pairs.
    assert report.metrics["match"] > report.metrics["match_baseline"]


def test_that_a_matcher_that_finds_no_real_pairs_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setattr("engine.metrics.retrieval.STEPS", 0)
    monkeypatch.setattr("engine.metrics.retrieval.RetrievalModel.precision", lambda *_args: 0.0)
    stored = dataset(tmp_path / "bars", with_attributes=False)
    report = evaluator(stored, tmp_path).measure(copier(stored, "held_out"), count=40, seed=1)
    names = ("joint_coherence", "text_to_image", "image_to_text")
    assert not set(names) & set(report.metrics)
    assert all("too few to learn from" in report.absent[name] for name in names)
    assert report.metrics["match"] > report.metrics["match_baseline"]


def test_that_a_checkerboard_is_seen_by_the_grid_and_the_texture(tmp_path):
    stored = dataset(tmp_path / "bars")
    squares = (np.add.outer(np.arange(8), np.arange(8)) % 2)[None, :, :, None]
    honest = Copier(stored, stored.rows("held_out"))

    class Weaver(Copier):
        def _pairs(self, rows):
            for pairs in honest._pairs(rows):
                images = (pairs.images.astype(int) + 120 * squares).clip(0, 255).astype(np.uint8)
                yield Samples(columns={"text": pairs.texts, "image": images})

    made = evaluator(stored, tmp_path)
    weaver = cast("Sampler", Weaver(stored, stored.rows("held_out")))
    plain = made.measure(cast("Sampler", honest), count=80, seed=1)
    woven = made.measure(weaver, count=80, seed=1)
    assert woven.metrics["grid"] > 2 * plain.metrics["grid"]
    assert woven.metrics["texture"] > 2 * plain.metrics["texture"]
    assert plain.about["texture relative to"] == "40 other validation images"


def test_that_too_few_real_images_for_the_texture_are_said(tmp_path):
    stored = dataset(tmp_path / "bars", pairs=90)
    report = evaluator(stored, tmp_path).measure(copier(stored, "train"), count=40, seed=1)
    assert "texture" not in report.metrics
    assert report.absent["texture"] == "needs 40 real images that differ"
    assert report.metrics["grid"] > 0


def test_that_attributes_that_captions_do_not_determine_are_none(tmp_path):
    stored = dataset(tmp_path / "bars")
    table = find_attributes(stored)
    assert table is not None
    assert table.names == ("shade", "side")
    said = table.labels_of_texts(["Dark  bar left", "purple bar left"])
    assert said.tolist() == [[0, 0], [UNKNOWN, UNKNOWN]]
    records = [dict(record, text="bar") for record in stored.records]
    assert find_attributes(rewritten(stored, tmp_path / "vague", records)) is None
    records = [dict(record, text=record["text"].split()[0]) for record in stored.records]
    half = find_attributes(rewritten(stored, tmp_path / "half", records))
    assert half is not None
    assert (half.names, half.of_text) == (("shade",), {"dark": (0,), "grey": (1,), "light": (2,)})


def test_that_captions_that_occur_once_state_nothing_of_new_ones(tmp_path):
    stored = dataset(tmp_path / "bars")
    records = [dict(r, text=f"{r['text']} no. {n}") for n, r in enumerate(stored.records)]
    assert find_attributes(rewritten(stored, tmp_path / "numbered", records)) is None


def rewritten(stored, folder, records):
    """Write the same pictures with other records."""
    write_dataset(
        folder,
        name=folder.name,
        title="",
        images=np.array(stored.images),
        records=records,
        licence="",
        source="",
    )
    return open_dataset(folder)


def test_that_rows_are_spread_evenly():
    assert subsample(np.arange(10), 4).tolist() == [0, 3, 6, 9]
    assert subsample(np.arange(3), 4).tolist() == [0, 1, 2]
