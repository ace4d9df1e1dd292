"""Statistics of a dataset."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from engine.control import RunControl
from engine.data import statistics
from engine.data.editing import Edits
from engine.data.statistics import BRIGHTNESS_BINS, measure
from engine.data.store import open_dataset, write_dataset
from engine.data.words import split_words
from engine.errors import StoppedError
from tests.helpers.columns import four_columns


@pytest.fixture
def dataset(tmp_path):
    colours = np.array([[255, 0, 0], [0, 255, 0], [255, 255, 255], [0, 0, 0]], dtype=np.uint8)
    images = np.broadcast_to(colours[:, None, None, :], (4, 8, 8, 3))
    records = [
        {"text": "A red, red cat", "texts": ["A red, red cat", "cat"], "split": "train",
         "label": 1},
        {"text": "猫 dog", "split": "train", "label": 2},
        {"text": None, "split": "held_out", "label": 1},
        {"text": "cat", "split": "train", "group": "g"},
        {"text": "alone", "image": False, "split": "train"},
    ]  # fmt: skip
    write_dataset(
        tmp_path / "d", name="d", title="", images=images, records=records, licence="", source=""
    )
    return open_dataset(tmp_path / "d")


def test_that_items_are_counted(dataset):
    found = measure(dataset)
    assert (found.pairs, found.image_only, found.text_only) == (3, 1, 1)
    assert (found.train_items, found.validation_items, found.excluded) == (4, 1, 0)
    assert found.image_bytes == 4 * 8 * 8 * 3


def test_that_texts_are_counted_in_words(dataset):
    found = measure(dataset)
    assert found.text_lengths == {1: 3, 2: 1, 4: 1}
    assert found.words == (("cat", 3), ("red", 2), ("alone", 1), ("dog", 1), ("猫", 1))
    assert found.captions_per_image == {0: 1, 1: 2, 2: 1}


def test_that_groups_are_ranked(dataset):
    assert measure(dataset).groups == (("1", 2), ("2", 1), ("g", 1))


def test_that_colours_follow_the_pixels(dataset):
    found = measure(dataset)
    assert found.mean_colour == pytest.approx((127.5, 127.5, 63.75))
    expected = np.zeros(BRIGHTNESS_BINS, int)
    for luma in (0.299 * 255, 0.587 * 255, 254.9, 0):
        expected[int(luma / 256 * BRIGHTNESS_BINS)] += 1
    assert found.brightness == tuple(expected)


def test_that_a_sample_stands_for_many_images(dataset):
    found = measure(dataset, sample=2)
    assert (found.sampled, sum(found.brightness)) == (2, 2)
    assert found == measure(dataset, sample=2)


def test_that_excluded_items_do_not_count(dataset):
    edits = Edits(dataset)
    edits.set_excluded([0, 4], is_excluded=True)
    edits.set_captions(2, ["night"])
    found = measure(dataset, edits)
    assert (found.pairs, found.image_only, found.text_only, found.excluded) == (3, 0, 0, 2)
    assert dict(found.words) == {"cat": 1, "dog": 1, "猫": 1, "night": 1}


def test_that_grey_images_have_a_grey_mean(tmp_path):
    images = np.full((1, 8, 8, 1), 51, dtype=np.uint8)
    records = [{"text": "a", "split": "train"}]
    write_dataset(
        tmp_path / "g", name="g", title="", images=images, records=records, licence="", source=""
    )
    assert measure(open_dataset(tmp_path / "g")).mean_colour == (51.0, 51.0, 51.0)


def test_that_counting_can_be_stopped(dataset):
    control = RunControl()
    control.request_stop()
    with pytest.raises(StoppedError):
        measure(dataset, control=control)


def test_that_edits_change_what_is_counted(dataset):
    edits = Edits(dataset)
    edits.set_captions(1, ["cat", "猫"])
    edits.set_excluded([0], is_excluded=True)
    edits.set_split([4], "held_out")
    found = measure(dataset, edits)
    assert found.words == (("cat", 2), ("alone", 1), ("猫", 1))
    assert (found.excluded, found.train_items, found.validation_items) == (1, 2, 2)
    assert found.captions_per_image == {0: 1, 1: 1, 2: 1}
    assert found.groups == (("1", 1), ("2", 1), ("g", 1))


def test_that_items_with_neither_picture_nor_text_are_counted_apart(tmp_path):
    found = measure(four_columns(tmp_path / "four"))
    assert (found.pairs, found.image_only, found.text_only) == (2, 1, 1)
    assert found.train_items + found.validation_items == 5


def test_that_words_are_those_of_each_caption_alone():
    texts = [
        "A cat",
        "don't",
        "",
        "\u0301a ΑΣ",
        "x\0yy zz",
        "ΣΑΣ b",
        "ﬁne - 猫狗!",
        " ",
        "A  cat\u3000",
    ]
    arrays = [pa.array(part, pa.utf8()) for part in (texts[:3], [], texts[3:])]
    expected_lengths, expected_words = Counter(), Counter()
    for text in texts:
        found = [word for word in split_words(text) if word[0].isalnum()]
        expected_lengths[len(found)] += 1
        expected_words.update(word for word in found if len(word) > 1 or not word.isascii())
    assert statistics._count_words(arrays, RunControl()) == (expected_lengths, expected_words)
