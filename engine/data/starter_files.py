"""Builds the datasets that come along on the spot, from small files, offline."""

import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from engine.data.manifest import read_manifest
from engine.data.shapes import render_shapes
from engine.data.splits import stable_split
from engine.data.starters import SHAPES_COUNT, STARTERS, Starter
from engine.data.store import HELD_OUT, TRAIN, Images, Record, open_dataset, write_dataset
from engine.errors import DatasetCorruptError, DatasetMissingError, EngineError

DIGIT_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
DIGIT_FILES = {TRAIN: "train", HELD_OUT: "t10k"}
DIGIT_MARGIN = 2
SHAPES_HELD_OUT, SHAPES_SEED = 2_000, 0
HELD_OUT_PERCENT = 5

Built = tuple[Images, list[Record]]


def build_starter(name: str, source: Path, datasets: Path) -> Path:
    """Find a starter among the built datasets, or build it there.

    Args:
        name: a key of ``engine.data.starters.STARTERS``.
        source: the folder of the starters' files.
        datasets: where datasets are built.

    Returns:
        Folder of the dataset.

    Raises:
        DatasetMissingError, DatasetCorruptError: the starter's own files are missing or damaged.
        FolderNotWritableError, DiskFullError: it cannot be written.
    """
    starter = STARTERS[name]
    folder = datasets / name
    if _is_current(folder, starter):
        return folder
    images, records = _read_files(name, source / name)
    # A damaged or older build, or somebody's own dataset of that name, stays as it is.
    number = 2
    while folder.exists():
        folder = datasets / f"{name}-{number}"
        if _is_current(folder, starter):
            return folder
        number += 1
    write_dataset(
        folder,
        name=name,
        title=starter.title,
        images=images,
        records=records,
        licence=starter.licence,
        source=starter.source,
    )
    return folder


def _is_current(folder: Path, starter: Starter) -> bool:
    try:
        if read_manifest(folder).source != starter.source:
            return False
        open_dataset(folder)
    except EngineError:
        return False
    return True


def _read_files(name: str, folder: Path) -> Built:
    readers: dict[str, Callable[[Path], Built]] = {
        "digits": _read_digits,
        "emoji": _read_emoji,
        "shapes": _render_shapes,
    }
    try:
        return readers[name](folder)
    except FileNotFoundError as error:
        raise DatasetMissingError(folder) from error
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DatasetCorruptError(folder, str(error)) from error


def _read_digits(folder: Path) -> Built:
    """Read MNIST's four files: 28 px digits, padded to 32."""
    images: list[Images] = []
    records: list[Record] = []
    margin = (DIGIT_MARGIN, DIGIT_MARGIN)
    for split, prefix in DIGIT_FILES.items():
        digits = _read_idx(folder / f"{prefix}-images-idx3-ubyte.gz", dimensions=3)
        labels = _read_idx(folder / f"{prefix}-labels-idx1-ubyte.gz", dimensions=1)
        images.append(np.pad(digits, ((0, 0), margin, margin))[..., None])
        records += [
            {"text": DIGIT_WORDS[label], "split": split, "attributes": {"digit": label}}
            for label in labels.tolist()
        ]
    return np.concatenate(images), records


def _read_idx(path: Path, dimensions: int) -> Images:
    """Read an IDX file of bytes. Source: LeCun & Cortes, the MNIST database, file format."""
    with gzip.open(path) as file:
        content = file.read()
    if content[:4] != bytes((0, 0, 8, dimensions)):
        raise ValueError(f"{path.name} is not an IDX file of bytes in {dimensions} dimensions")
    shape = np.frombuffer(content, ">u4", count=dimensions, offset=4)
    start = 4 + 4 * dimensions
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape.tolist())


def _read_emoji(folder: Path) -> Built:
    """Read the emoji: one ZIP of PNGs, and a line about each."""
    lines = (folder / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
    records: list[dict[str, Any]] = [json.loads(line) for line in lines]
    with zipfile.ZipFile(folder / "images.zip") as archive:
        images = [_read_png(archive.read(record.pop("file_name"))) for record in records]
    for record in records:
        record["split"] = stable_split(record["emoji"], HELD_OUT_PERCENT)
    return np.stack(images), list[Record](records)


def _read_png(content: bytes) -> Images:
    with Image.open(io.BytesIO(content), formats=("PNG",)) as picture:
        return np.asarray(picture.convert("RGB"))


def _render_shapes(_folder: Path) -> Built:
    images, records = render_shapes(SHAPES_COUNT, SHAPES_SEED)
    for number, record in enumerate(records):
        record["split"] = TRAIN if number < SHAPES_COUNT - SHAPES_HELD_OUT else HELD_OUT
    return images, list[Record](records)
