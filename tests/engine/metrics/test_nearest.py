"""The nearest training pictures: an exact search, its yardstick and its cache."""

import numpy as np
import pytest

from engine.config.sections import DataConfig
from engine.control import RunControl
from engine.data.image_shape import square
from engine.data.reduction import reduce_dataset
from engine.data.store import TRAIN, open_dataset
from engine.errors import DatasetChangedError, StoppedError
from engine.metrics.nearest import NearestPictures, PictureIndex, open_nearest
from engine.train.run import train
from tests.helpers.tiny import tiny_config, tiny_dataset


def related_codes(count, seed=0):
    """Draw pictures that vary along few directions, as real ones do."""
    random = np.random.default_rng(seed)
    basis = np.random.default_rng(1).normal(size=(20, 192))
    values = random.normal(0, 12, (count, 20)) @ basis + random.normal(0, 4, (count, 192))
    return (128 + values).clip(0, 255).astype(np.uint8)


def brute_force(codes, code, count):
    distances = np.sqrt(((codes.astype(float) - code.astype(float)) ** 2).mean(1))
    order = np.argsort(distances, kind="stable")[:count]
    return order, distances[order]


@pytest.mark.parametrize("seed", range(5))
def test_the_search_finds_what_comparing_with_all_finds(seed):
    codes = related_codes(3_000)
    index = PictureIndex(codes, codes[:5])
    near = related_codes(1, seed + 10)[0]
    strange = np.random.default_rng(seed).integers(0, 256, 192).astype(np.uint8)
    for code in (near, strange, codes[7]):
        places, distances = index.nearest(code, 4)
        expected, far = brute_force(codes, code, 4)
        assert places.tolist() == expected.tolist()
        assert distances == pytest.approx(far)


def test_the_yardstick_is_the_distance_of_real_pictures():
    codes, held_out = related_codes(500), related_codes(20, 3)
    index = PictureIndex(codes, held_out)
    expected = [brute_force(codes, code, 1)[1][0] for code in held_out]
    assert index.is_validated
    assert index.usual == pytest.approx(expected, rel=1e-5)
    alone = PictureIndex(codes[:50], held_out[:0])
    others = [brute_force(np.delete(codes[:50], row, 0), codes[row], 1)[1][0] for row in range(50)]
    assert not alone.is_validated
    assert alone.usual == pytest.approx(others, rel=1e-5)


def test_a_training_picture_is_found_with_its_text(tmp_path):
    dataset = open_dataset(tiny_dataset(tmp_path / "data", channels=3))
    search = NearestPictures(dataset, square(32), tmp_path / "cache", RunControl())
    row = dataset.rows(TRAIN)[5]
    image = dataset.images_of(np.array([row]))[0]
    found = search.find(image)
    assert len(found.pictures) == 4
    assert np.array_equal(found.pictures[0].image, image)
    assert found.pictures[0].text == dataset.texts[row]
    assert found.pictures[0].distance == 0
    assert found.closer_than == 1
    assert found.is_validated
    distances = [picture.distance for picture in found.pictures]
    assert distances == sorted(distances)
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3)).astype(np.uint8)
    far = search.find(noise)
    assert far.pictures[0].distance > far.usual
    assert far.closer_than == 0


def test_the_small_copies_are_made_once_for_a_version_of_a_dataset(tmp_path):
    dataset = open_dataset(tiny_dataset(tmp_path / "data"))
    first = NearestPictures(dataset, square(32), tmp_path / "cache", RunControl())
    stopped = RunControl()
    stopped.request_stop()
    # Nothing is made, so nothing stops.
    again = NearestPictures(dataset, square(32), tmp_path / "cache", stopped)
    image = np.random.default_rng(0).integers(0, 256, (32, 32, 3)).astype(np.uint8)
    one, other = first.find(image), again.find(image)
    assert [p.distance for p in one.pictures] == [p.distance for p in other.pictures]
    assert (one.usual, one.is_validated) == (other.usual, other.is_validated)
    with pytest.raises(StoppedError):
        NearestPictures(dataset, square(32), tmp_path / "other", stopped)
    (saved,) = (tmp_path / "cache").iterdir()
    saved.write_bytes(b"damaged")
    mended = NearestPictures(dataset, square(32), tmp_path / "cache", RunControl())
    assert [p.distance for p in mended.find(image).pictures] == [p.distance for p in one.pictures]


def test_pictures_that_a_run_leaves_out_are_not_found(tmp_path):
    dataset = open_dataset(tiny_dataset(tmp_path / "data", channels=3))
    reduced = reduce_dataset(dataset, DataConfig(max_items=9))
    (left_out, *_) = np.setdiff1d(dataset.rows(TRAIN), reduced.rows(TRAIN))
    image = dataset.images_of(np.array([left_out]))[0]
    # Both share a cache.
    for trained_on, is_found in ((dataset, True), (reduced, False)):
        search = NearestPictures(trained_on, square(32), tmp_path / "cache", RunControl())
        nearest = search.find(image).pictures[0]
        assert np.array_equal(nearest.image, image) == is_found


def test_a_run_whose_dataset_has_changed_is_refused(tmp_path):
    config = tiny_config(tiny_dataset(tmp_path / "data"), tmp_path / "run", images=8)
    train(config, lambda _event: None, RunControl())
    found = open_nearest(config.run, tmp_path / "cache", RunControl())
    assert found.find(np.zeros((32, 32, 3), np.uint8)).pictures
    (tmp_path / "data").rename(tmp_path / "old")
    tiny_dataset(tmp_path / "data", pairs=12)
    with pytest.raises(DatasetChangedError):
        open_nearest(config.run, tmp_path / "cache", RunControl())
