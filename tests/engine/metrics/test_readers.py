"""Readers of attributes, against what the items were made from."""

import numpy as np
import pytest
import torch

from engine.control import RunControl
from engine.data.table_codec import Cells
from engine.data.waveform import Sounds
from engine.metrics import readers
from engine.metrics.attributes import find_item_attributes
from engine.metrics.extractor import UNKNOWN
from engine.metrics.readers import (
    SoundAugmentation,
    TableAttributeReader,
    TextAttributeReader,
    build_reader,
    cells_by_field,
    real_samples,
)
from tests.helpers.stated_columns import stated_columns, stated_facts, table_facts

CONTROL = RunControl()


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(readers, "MAX_SIDE", 16)
    monkeypatch.setattr(readers, "STEPS", 200)


def test_a_caption_states_what_all_items_with_it_share():
    captions = [("A dog", "Animal"), ("a  dog",), ("a cat", "animal")]
    labels = np.array([[0, 0], [0, 1], [1, 1]])
    found = TextAttributeReader(captions, labels).read(
        ("a dog", "A CAT", "animal", "a cow"), CONTROL
    )
    assert found.tolist() == [[0, UNKNOWN], [1, 1], [UNKNOWN, UNKNOWN], [UNKNOWN, UNKNOWN]]


def test_rows_are_read_by_the_category_that_implies_an_attribute_and_numbers_by_a_classifier(small):
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, (300, 2))
    cells = {
        "word": [("yes", "no")[value] for value in label[:, 0]],
        "noise": rng.normal(size=300),
        "size": label[:, 1] * 2 - 1 + rng.uniform(-0.5, 0.5, 300),
    }
    facts = table_facts(cells, numeric={"noise", "size"})
    reader = TableAttributeReader(facts, cells, label, (2, 2), CONTROL)
    shown = Cells(
        fields=("word", "noise", "size"),
        rows=(("no", 0.0, 1.2), ("yes", 0.1, -1.2), ("maybe", 0.2, 1.0), (None, 0.0, -0.8)),
    )
    found = reader.read(shown, CONTROL)
    assert found[:, 0].tolist() == [1, 0, UNKNOWN, UNKNOWN]
    assert found[:, 1].tolist() == [1, 0, 1, 0]


def test_cells_are_given_by_field():
    cells = Cells(fields=("a", "b"), rows=((1, "x"), (2, None)))
    assert cells_by_field(cells) == {"a": [1, 2], "b": ["x", None]}
    assert cells_by_field(Cells(fields=("a",), rows=())) == {"a": []}


def test_sounds_are_read_from_their_waves_whatever_their_gain_and_rumble(tmp_path, small):
    stored = stated_columns(tmp_path / "data")
    attributes = find_item_attributes(stored, CONTROL)
    assert attributes is not None
    facts = stated_facts(stored)["speech"]

    def build():
        return build_reader(
            stored,
            "speech",
            facts,
            attributes,
            longer_side=8,
            cache=tmp_path / "cache",
            control=CONTROL,
        )

    reader = build()
    items = stored.rows("held_out")
    sounds = real_samples(stored, "speech", facts, items, 8)
    assert isinstance(sounds, Sounds)
    truth = attributes.labels[items, 0]
    read = reader.read(sounds, CONTROL)
    assert (read[:, 0] == truth).mean() > 0.95
    assert (read[:, 1] == UNKNOWN).all(), "items of either side share the sounds"
    rumble = 3_000 * np.sin(2 * np.pi * 40 * np.arange(sounds.samples.shape[1]) / 8_000)
    samples = (0.4 * sounds.samples + rumble).astype(np.int16)
    changed = Sounds(samples=samples, rate=8_000, spectrograms=sounds.spectrograms)
    assert (reader.read(changed, CONTROL)[:, 0] == truth).mean() > 0.95
    (kept,) = (tmp_path / "cache").iterdir()
    assert kept.name.startswith(stored.manifest.version)
    assert np.array_equal(build().read(sounds, CONTROL), read)


def test_noise_hides_what_is_below_it_and_leaves_what_is_far_above():
    silence, full = torch.full((64, 1, 8, 8), -1.0), torch.full((64, 1, 8, 8), 1.0)
    augment = SoundAugmentation()
    noisy = augment._add_noise(silence)
    levels_db = (noisy.mean((1, 2, 3)) - 1) * 30
    assert levels_db.max() > -40
    assert levels_db.min() < -55
    torch.testing.assert_close(augment._add_noise(full), full, rtol=0, atol=0.01)
    assert augment(full).shape == full.shape


def test_readers_refuse_values_of_another_kind(tmp_path, small):
    with pytest.raises(TypeError, match="not texts"):
        TextAttributeReader([("a",)], np.array([[0]])).read(
            np.zeros((1, 8, 8, 3), np.uint8), CONTROL
        )
