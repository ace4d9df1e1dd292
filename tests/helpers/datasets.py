"""Datasets to look at: few items of every kind, or very many tiny ones."""

from pathlib import Path
from typing import Any

import numpy as np

from engine.data.image_shape import square
from engine.data.store import open_dataset, write_dataset
from engine.importing.checks import check_samples
from engine.importing.formats.format import ImportSpec, RawSample
from engine.importing.ledger import FileLedger
from engine.importing.plan import ImportPlan
from engine.importing.samples import DecodedSample, ImageFacts

SHADES = (10, 60, 110, 160)
"""Of the images of ``mixed_dataset``, in the order of its items."""


def mixed_dataset(folder: Path) -> Path:
    """Build three pairs, of which one is for validation, an image alone and a text alone."""
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
    """Build noises of which 1 shows 0 again, and 4 shows 2 again but is for validation.

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


# Items for the doctor to examine, each healthy and unlike the others unless a test changes it.


RANDOM = np.random.default_rng(0)
HASHES = RANDOM.integers(1, 2**64, 1_000, dtype=np.uint64).tolist()


def item(number, *texts, **changes):
    facts: dict[str, Any] = {
        "width": 256,
        "height": 256,
        "phash": HASHES[number],
        "colours": b"",
        "pixel_digest": number.to_bytes(16),
        "is_grey": False,
    }
    extras = {"split": changes.pop("split", "train"), "group": changes.pop("group", "")}
    has_image = changes.pop("has_image", True)
    raw = RawSample(
        key=changes.pop("key", f"{number}.jpg"),
        image=None,
        texts=tuple(texts) or (f"text number {number}",),
        extras=extras,
    )
    return DecodedSample(raw=raw, facts=ImageFacts(**facts | changes) if has_image else None)


def text_only(number, *texts):
    return item(number, *texts, has_image=False)


def plan(repairs=None, **changes):
    fields: dict[str, Any] = {
        "source": Path("a"),
        "dataset": Path("b"),
        "reading": ImportSpec(format="sidecar"),
    }
    fields["repairs"] = repairs or {}
    fields.update(changes)
    return ImportPlan(**fields)


def examine(items, repairs=None, ledger=None, **changes):
    planned = plan(repairs, **changes)
    return check_samples(items, ledger or FileLedger(), planned, square(planned.images.size))


def fates(check_report):
    return [outcome.skipped for outcome in check_report.outcomes]


# A small dataset of every kind of item, to be edited.


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
