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
