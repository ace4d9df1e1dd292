"""Datasets to look at: few items of every kind, or very many tiny ones."""

from pathlib import Path
from typing import Any

import numpy as np

from engine.data.store import write_dataset

SHADES = (10, 60, 110, 160)
"""Of the images of ``mixed_dataset``, in the order of its items."""


def mixed_dataset(folder: Path) -> Path:
    """Build three pairs, of which one is held out, an image alone and a text alone."""
    images = np.array(SHADES, np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 3), np.uint8)
    records: list[dict[str, Any]] = [
        {"text": "a red cat", "split": "train", "label": "animal", "tags": ["pet"], "key": "a.png"},
        {"text": "a grey dog", "texts": ["a grey dog", "DOG"], "split": "held_out",
         "label": "animal"},
        {"text": None, "split": "train", "label": "thing"},
        {"text": "only words", "image": False, "split": "train", "label": "thing"},
        {"text": "a red car", "split": "train", "label": "thing"},
    ]  # fmt: skip
    return _write(folder, images, records)


def large_dataset(folder: Path, count: int) -> Path:
    """Build very many grey pairs."""
    shades = (np.arange(count) % 251).astype(np.uint8)
    images = np.broadcast_to(shades[:, None, None, None], (count, 8, 8, 1))
    records = [{"text": f"number {row}", "split": "train"} for row in range(count)]
    return _write(folder, images, records)


def sick_dataset(folder: Path) -> Path:
    """Build noises of which 1 shows 0 again, and 4 shows 2 again but is held out.

    Item 2 has a garbled caption, 3 has none, and 5 has no image.
    """
    noise = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    records: list[dict[str, Any]] = [
        {"text": "one", "split": "train", "key": "twice"},
        {"text": "uno", "texts": ["uno", "one"], "split": "train", "key": "twice"},
        {"text": "cafÃ©", "texts": ["cafÃ©", "bar"], "split": "train"},
        {"text": None, "split": "train"},
        {"text": "two", "split": "held_out"},
        {"text": "alone", "image": False, "split": "train"},
    ]
    return _write(folder, noise[[0, 0, 1, 2, 1]], records)


def _write(folder: Path, images: np.ndarray, records: list[dict[str, Any]]) -> Path:
    write_dataset(
        folder,
        name=folder.name,
        title=folder.name.title(),
        images=images,
        records=records,
        licence="CC0",
        source="a test",
    )
    return folder
