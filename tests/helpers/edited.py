"""A small dataset of every kind of item, to be edited."""

import numpy as np

from engine.data.store import open_dataset, write_dataset

RECORDS = [
    {"text": "a red cat", "texts": ["a red cat", "Cat!"], "split": "train", "key": "1.png"},
    {"text": "a dog", "split": "train", "tags": ["pet"]},
    {"text": None, "split": "train"},
    {"text": "only words", "image": False, "split": "train"},
    {"text": "concatenate", "split": "held_out"},
]


def mixed(folder, records=RECORDS):
    """Four images whose pixels are 0, 1, 2, 3, and a text alone."""
    images = np.arange(4, dtype=np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 3), np.uint8)
    write_dataset(
        folder, name="mixed", title="M", images=images, records=records, licence="", source="a test"
    )
    return open_dataset(folder)
