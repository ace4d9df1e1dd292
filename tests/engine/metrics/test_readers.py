"""Readers of attributes, against what the items were made from."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.control import RunControl
from engine.data.image_shape import square
from engine.data.table_codec import Cells
from engine.data.waveform import Sounds
from engine.metrics import readers, row_reader
from engine.metrics.attributes import UNKNOWN, find_item_attributes
from engine.metrics.extractor import FeatureExtractor
from engine.metrics.readers import (
    SoundAugmentation,
    TextAttributeReader,
    build_reader,
    extractor_places,
    real_samples,
)
from engine.metrics.row_reader import TableAttributeReader, cells_by_field
from tests.helpers.stated_columns import stated_columns, stated_facts, table_facts

CONTROL = RunControl()


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(readers, "MAX_SIDE", 16)
    monkeypatch.setattr(row_reader, "STEPS", 200)


def test_a_caption_states_what_all_items_with_it_share():
    captions = [("A dog", "Animal"), ("a  dog",), ("a cat", "animal")]
    labels = np.array([[0, 0], [0, 1], [1, 1]])
    found = TextAttributeReader(captions, labels).read(
        ("a dog", "A CAT", "animal", "a cow"), CONTROL
    )
    assert found.tolist() == [[0, UNKNOWN], [1, 1], [UNKNOWN, UNKNOWN], [UNKNOWN, UNKNOWN]]


def test_rows_are_read_by_the_category_or_interval_that_implies_an_attribute(small):
    rng = np.random.default_rng(0)
    size = rng.uniform(-1, 1, 300)
    label = np.stack([rng.integers(0, 2, 300), np.digitize(size, [-0.5, 0.5])], 1)
    cells = {
        "noise": rng.normal(size=300),
        "word": [("yes", "no")[value] for value in label[:, 0]],
        "size": size,
    }
    facts = table_facts(cells, numeric={"noise", "size"})
    reader = TableAttributeReader(facts, cells, label, (2, 3), CONTROL)
    shown = Cells(
        fields=("noise", "word", "size"),
        rows=((0.0, "no", 1.2), (0.1, "yes", -0.6), (0.2, "maybe", 0.4), (0.0, None, None)),
    )
    expected = [[1, 2], [0, 0], [UNKNOWN, 1], [UNKNOWN, UNKNOWN]]
    assert reader.read(shown, CONTROL).tolist() == expected


def test_an_attribute_that_several_numbers_imply_is_read_by_a_classifier(small):
    angle = np.random.default_rng(0).uniform(0, 2 * np.pi, 600)
    cells = {"x": np.cos(angle), "y": np.sin(angle)}
    label = (angle // (np.pi / 2)).astype(np.int64)
    facts = table_facts(cells, numeric={"x", "y"})
    reader = TableAttributeReader(facts, cells, label[:, None], (4,), CONTROL)
    shown = Cells(fields=("x", "y"), rows=((0.7, 0.7), (-0.7, 0.7), (-0.7, -0.7), (0.7, -0.7)))
    assert reader.read(shown, CONTROL)[:, 0].tolist() == [0, 1, 2, 3]


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


def test_a_classifier_learns_only_what_is_wanted(tmp_path, small):
    stored = stated_columns(tmp_path / "data", items=90)
    attributes = find_item_attributes(stored, CONTROL)
    assert attributes is not None
    facts = stated_facts(stored)["image"]

    def read(wanted):
        reader = build_reader(
            stored,
            "image",
            facts,
            attributes,
            longer_side=8,
            cache=tmp_path / "cache",
            control=CONTROL,
            wanted=np.array(wanted),
        )
        items = stored.rows("held_out")
        return reader.read(real_samples(stored, "image", facts, items, 8), CONTROL)

    labels = read([False, True])
    assert (labels[:, 0] == UNKNOWN).all()
    assert set(labels[:, 1]) == {0, 1}
    assert (read([False, False]) == UNKNOWN).all()
    assert len([*(tmp_path / "cache").iterdir()]) == 1, "nothing is trained for no attribute"


def test_pictures_are_read_by_the_extractor_that_knows_what_is_wanted(tmp_path, small):
    stored = stated_columns(tmp_path / "data", items=90)
    attributes = find_item_attributes(stored, CONTROL)
    assert attributes is not None
    cache = tmp_path / "cache"
    extractor = FeatureExtractor(stored, square(8), cache, CONTROL)
    assert extractor.attributes is not None
    facts = stated_facts(stored)["image"]
    reader = build_reader(
        stored,
        "image",
        facts,
        attributes,
        longer_side=8,
        cache=cache,
        control=CONTROL,
        extractor=extractor,
    )
    assert len([*cache.iterdir()]) == 1, "one classifier is trained"
    items = stored.rows("held_out")
    images = real_samples(stored, "image", facts, items, 8)
    _features, said = extractor.extract(np.asarray(images))
    assert said is not None
    assert np.array_equal(reader.read(images, CONTROL), said)
    # Of several values in another order, the same ones are meant.
    mixed = replace(attributes, values=(attributes.values[0][::-1], attributes.values[1]))
    places = extractor_places(extractor, mixed, np.array([True, False]))
    assert places is not None
    assert places.by_attribute[0][1].tolist() == [2, 1, 0]
    unknown = replace(attributes, names=("shade", "size"))
    assert extractor_places(extractor, unknown, None) is None


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
