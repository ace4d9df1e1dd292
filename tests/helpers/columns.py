"""Small datasets of four columns: pictures, texts, sounds that items share, and a table."""

from pathlib import Path
from typing import Any

import numpy as np

from engine.data.column_info import (
    FieldInfo,
    FieldKind,
    audio_column,
    image_column,
    table_column,
    text_column,
)
from engine.data.store import StoredDataset, open_dataset, write_dataset

FIELDS = (
    FieldInfo(name="size", kind=FieldKind.NUMERIC),
    FieldInfo(name="colour", kind=FieldKind.CATEGORICAL),
)
RECORDS: list[dict[str, Any]] = [
    {"text": "one", "split": "train", "speech": 1, "facts": {"size": 1.5, "colour": "red"}},
    {"text": "two", "texts": ["two", "deux"], "split": "train", "image": False, "speech": 1},
    {"text": None, "split": "held_out", "speech": 0, "facts": {"size": -2.0}},
    {"text": None, "split": "train", "image": False, "facts": {}},
    {"text": "five", "split": "train"},
]
"""The second and third have one sound, the fourth has a row without cells."""


def four_columns(
    folder: Path, records: list[dict[str, Any]] = RECORDS, *, sounds: int = 2
) -> StoredDataset:
    """Write the dataset: pictures 0, 1, 2, and sounds 100, 101."""
    images = np.arange(3, dtype=np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 3), np.uint8)
    waves = np.arange(100, 100 + sounds, dtype=np.int16)[:, None] * np.ones((1, 16), np.int16)
    write_dataset(
        folder,
        name=folder.name,
        title="Four",
        images=images,
        records=records,
        licence="",
        source="a test",
        columns=[
            image_column(images.shape),
            text_column(),
            audio_column(waves.shape, 8_000, name="speech"),
            table_column(FIELDS, name="facts"),
        ],
        arrays={"speech": waves},
    )
    return open_dataset(folder)


TONE_FIELDS = (
    FieldInfo(name="level", kind=FieldKind.NUMERIC),
    FieldInfo(name="shade", kind=FieldKind.CATEGORICAL),
)


def four_column_dataset(folder: Path, notice: str = "") -> Path:
    """Build items whose picture, word, tone and row say the same; some lack a column."""
    count = 24
    kinds = np.arange(count) % 2
    random = np.random.default_rng(0)
    images = np.array([40, 215])[kinds, None, None, None] + random.integers(
        -9, 9, (count, 32, 32, 1)
    )
    seconds = np.arange(3200) / 8000
    tones = [0.5 * np.sin(2 * np.pi * hz * seconds) for hz in (300, 900)]
    waves = (np.stack(tones) * 32767).astype(np.int16)
    records = [
        {
            "text": None if row % 7 == 3 else ("dark", "light")[kind],
            "split": "held_out" if row % 6 == 5 else "train",
            "tone": False if row % 5 == 2 else int(kind),
            "facts": {"level": float(kind * 10 + row / 24), "shade": ("dark", "light")[kind]},
        }
        for row, kind in enumerate(kinds.tolist())
    ]
    write_dataset(
        folder,
        name="four",
        title="Four",
        images=images.astype(np.uint8),
        records=records,
        licence="CC0",
        source="a test",
        columns=[
            image_column((count, 32, 32, 1)),
            text_column(),
            audio_column(waves.shape, 8000, name="tone"),
            table_column(TONE_FIELDS, name="facts"),
        ],
        arrays={"tone": waves},
        notice=notice,
    )
    return folder
