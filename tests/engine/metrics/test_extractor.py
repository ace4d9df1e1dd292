from hashlib import sha256
from typing import cast

import numpy as np
import pytest
import torch

from engine.control import RunControl
from engine.data.image_shape import ImageShape, square
from engine.errors import StoppedError
from engine.metrics.attributes import predict_attributes
from engine.metrics.extractor import (
    AttributeTarget,
    EvaluatorClassifier,
    WordTarget,
    cached_classifier,
    classifier_name,
    run_classifier,
    train_classifier,
)

RANDOM = np.random.default_rng(0)
SHADE, SIDE = RANDOM.integers(0, 3, 120), RANDOM.integers(0, 2, 120)


def images():
    """Pictures of three shades, with a bright bar left or right."""
    made = np.empty((120, 8, 8, 1), dtype=np.uint8)
    made[:] = (40 + 60 * SHADE)[:, None, None, None]
    for row, side in enumerate(SIDE):
        made[row, :, 6 * side : 6 * side + 2] = 255
    return made


TRUTH = np.stack([SHADE, SIDE], 1)
TARGET = AttributeTarget((3, 2))


def trained():
    return train_classifier(images(), TRUTH, TARGET, None)


def test_that_a_reader_learns_to_read_all_attributes():
    features, said = run_classifier(trained(), images())
    assert features.shape == (120, 64)
    read = predict_attributes(said, TARGET.sizes)
    assert (read == TRUTH).all(1).mean() > 0.95


def test_that_the_same_pictures_make_the_same_classifier():
    one, other = trained().state_dict(), trained().state_dict()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_that_training_leaves_the_global_randomness_alone():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    train_classifier(images()[:40], TRUTH[:40], TARGET, None)
    assert torch.equal(torch.rand(2), expected)


def test_that_what_is_not_known_teaches_nothing():
    said = torch.randn(4, 5, requires_grad=True)
    truth = torch.tensor([[0, 1], [0, -1], [2, 0], [-1, -1]])
    TARGET.loss(said, truth).backward()
    slope = cast("torch.Tensor", said.grad)
    assert slope[3].abs().sum() == 0
    assert slope[1, 3:].abs().sum() == 0
    assert slope[1, :3].abs().sum() > 0


def test_that_words_are_learned_one_by_one():
    truth = np.stack([SHADE == 0, SIDE == 1], 1).astype(np.int64)
    classifier = train_classifier(images(), truth, WordTarget(2), None)
    _features, said = run_classifier(classifier, images())
    assert ((said.numpy() > 0) == truth).mean() > 0.95


def test_that_a_stop_is_heard():
    control = RunControl()
    control.request_stop()
    with pytest.raises(StoppedError):
        train_classifier(images(), TRUTH, TARGET, control)


def test_that_large_images_are_averaged_down():
    classifier = EvaluatorClassifier(1, square(128), 2)
    features, _said = run_classifier(classifier.eval(), np.zeros((2, 128, 128, 1), dtype=np.uint8))
    assert features.shape == (2, 64)


def kept(tmp_path, calls):
    def train():
        calls.append(1)
        return trained()

    return cached_classifier(
        tmp_path / "cache", "name", EvaluatorClassifier(1, square(8), 5), train
    )


def test_that_a_reader_is_trained_once_and_found_again_bit_for_bit(tmp_path):
    calls: list[int] = []
    first, again = kept(tmp_path, calls), kept(tmp_path, calls)
    assert len(calls) == 1
    for one, other in zip(
        run_classifier(first, images()), run_classifier(again, images()), strict=True
    ):
        assert torch.equal(one, other)


@pytest.mark.parametrize("content", [b"", b"rubbish", b"\x80\x04pickle"])
def test_that_a_damaged_reader_is_trained_anew(tmp_path, content):
    calls: list[int] = []
    kept(tmp_path, calls)
    (tmp_path / "cache" / "name.safetensors").write_bytes(content)
    kept(tmp_path, calls)
    assert len(calls) == 2


def test_that_a_cache_that_cannot_be_written_costs_only_time(tmp_path):
    (tmp_path / "cache").write_text("in the way")
    calls: list[int] = []
    kept(tmp_path, calls)
    assert len(calls) == 1


def test_that_a_readers_name_follows_all_that_decides_it():
    names = {
        classifier_name("v1", square(32), 10),
        classifier_name("v2", square(32), 10),
        classifier_name("v1", square(64), 10),
        classifier_name("v1", square(32), 11),
    }
    assert len(names) == 4
    assert all(name.startswith("v") for name in names)


@pytest.mark.parametrize("shape", [ImageShape(18, 32), ImageShape(64, 43), ImageShape(86, 128)])
def test_that_a_classifier_reads_images_of_any_shape(shape):
    classifier = EvaluatorClassifier(3, shape, 2)
    features, _said = run_classifier(classifier.eval(), np.zeros((2, *shape, 3), dtype=np.uint8))
    assert features.shape == (2, 64)
    assert classifier_name("v1", shape, 2) != classifier_name("v1", square(shape.longer), 2)
    # The name of squares is that of older versions.
    assert classifier_name("v1", square(32), 10) == "v1-" + sha256(b"1/v1/32/10").hexdigest()[:12]
