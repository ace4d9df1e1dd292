"""Build the example datasets from files that ship with the program, offline.

``shapes`` is rendered from a seed. Each picture shows one shape on a plain background, and its
caption names all attributes: size, colour, shape, row, column. The attributes of an image are known
exactly, so a classifier can be trained to measure coherence.

Shapes: N pictures, S side in pixels.
"""

import functools
import gzip
import io
import json
import math
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from engine.data.manifest import hash_split, read_manifest
from engine.data.starters import SHAPES_COUNT, STARTERS, Starter
from engine.data.store import TRAIN, VALIDATION, Images, Record, open_dataset, write_dataset
from engine.errors import DatasetCorruptError, DatasetMissingError, EngineError

SIDE = 32
OVERSAMPLING = 4
BACKGROUND = (244, 244, 240)

# Well separated in hue or lightness, where possible for colour-blind viewers too.
COLOURS = {
    "red": (214, 39, 40),
    "orange": (255, 140, 0),
    "yellow": (240, 205, 20),
    "green": (34, 150, 60),
    "cyan": (40, 190, 210),
    "blue": (35, 70, 200),
    "purple": (130, 50, 170),
    "black": (25, 25, 25),
}
SHAPES = ("circle", "square", "triangle", "star")
RADII = {"small": 4.0, "large": 6.6}
"""Radius of the enclosing circle in pixels."""
ROWS = {"top": 8.0, "middle": 16.0, "bottom": 24.0}
COLUMNS = {"left": 8.0, "centre": 16.0, "right": 24.0}
"""Centre of the shape in pixels."""
ATTRIBUTES = {"size": RADII, "colour": COLOURS, "shape": SHAPES, "row": ROWS, "column": COLUMNS}
"""Values of each attribute, in the order of a caption's words."""
PLACE_JITTER = 0.9
SIZE_JITTER = 0.08
COLOUR_JITTER = 12

Pictures = npt.NDArray[np.uint8]
ShapeRecord = dict[str, object]


def render_shapes(count: int, seed: int) -> tuple[Pictures, list[ShapeRecord]]:
    """Render pictures with uniform, independent attributes.

    Args:
        count: N.
        seed: seed of the attributes and jitter.

    Returns:
        [N, S, S, 3] uint8, and a record with ``text`` and ``attributes`` for each.
    """
    random = np.random.default_rng(seed)
    pictures = np.empty((count, SIDE, SIDE, 3), dtype=np.uint8)
    records: list[ShapeRecord] = []
    for number in range(count):
        attributes = {
            name: list(values)[random.integers(len(values))] for name, values in ATTRIBUTES.items()
        }
        pictures[number] = _render(attributes, random)
        records.append({"text": caption(attributes), "attributes": attributes})
    return pictures, records


def caption(attributes: dict[str, str]) -> str:
    """Describe a picture, for example ``small red circle top left``."""
    return " ".join(attributes[name] for name in ATTRIBUTES)


def caption_count() -> int:
    """Return the number of different captions."""
    return math.prod(map(len, ATTRIBUTES.values()))


def _render(attributes: dict[str, str], random: np.random.Generator) -> Pictures:
    jitter = random.uniform(-1, 1, size=6)
    radius = RADII[attributes["size"]] * (1 + SIZE_JITTER * jitter[0])
    centre = (
        COLUMNS[attributes["column"]] + PLACE_JITTER * jitter[1],
        ROWS[attributes["row"]] + PLACE_JITTER * jitter[2],
    )
    colour = np.array(COLOURS[attributes["colour"]]) + COLOUR_JITTER * jitter[3:]
    large = Image.new("L", (SIDE * OVERSAMPLING, SIDE * OVERSAMPLING))
    outline = (np.array(centre) + radius * _outline(attributes["shape"])) * OVERSAMPLING
    ImageDraw.Draw(large).polygon([tuple(point) for point in outline.tolist()], fill=255)
    small = large.resize((SIDE, SIDE), Image.Resampling.BOX)
    # Fraction of each pixel that the shape covers: [S, S, 1].
    cover = np.asarray(small, dtype=np.float64)[..., None] / 255
    mixed = cover * colour.clip(0, 255) + (1 - cover) * np.array(BACKGROUND)
    return mixed.round().astype(np.uint8)


@functools.cache
def _outline(shape: str) -> npt.NDArray[np.float64]:
    """Return the corners of a shape around the origin, of about equal area per radius: [P, 2]."""
    if shape == "circle":
        return _corners(np.full(48, 0.92), turn=0.0)
    if shape == "square":
        return _corners(np.full(4, 1.15), turn=math.pi / 4)
    if shape == "triangle":
        return _corners(np.full(3, 1.25), turn=-math.pi / 2)
    return _corners(np.tile([1.3, 0.55], 5), turn=-math.pi / 2)


def _corners(radii: npt.NDArray[np.float64], turn: float) -> npt.NDArray[np.float64]:
    angles = turn + np.arange(len(radii)) * 2 * math.pi / len(radii)
    return radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], 1)


DIGIT_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
DIGIT_FILES = {TRAIN: "train", VALIDATION: "t10k"}
DIGIT_MARGIN = 2
SHAPES_VALIDATION, SHAPES_SEED = 2_000, 0
VALIDATION_PERCENT = 5

Built = tuple[Images, list[Record]]


def build_starter(name: str, source: Path, datasets: Path) -> Path:
    """Build an example dataset, unless a current build exists.

    Args:
        name: a key of ``engine.data.starters.STARTERS``.
        source: folder with the source files of the example datasets.
        datasets: folder to build datasets in.

    Returns:
        Folder of the dataset.

    Raises:
        DatasetMissingError, DatasetCorruptError: the source files are missing or damaged.
        FolderNotWritableError, DiskFullError: it cannot be written.
    """
    starter = STARTERS[name]
    folder = datasets / name
    if _is_current(folder, starter):
        return folder
    images, records = _read_files(name, source / name)
    # Keep a damaged or older build, or a user's dataset of that name.
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
    """Read the four files of MNIST; the digits are padded from 28 to 32 pixels."""
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
    """Read the emoji: a ZIP of PNG files, and one line of JSON for each."""
    lines = (folder / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
    records: list[dict[str, Any]] = [json.loads(line) for line in lines]
    images: list[Images] = []
    with zipfile.ZipFile(folder / "images.zip") as archive:
        for record in records:
            content = io.BytesIO(archive.read(record.pop("file_name")))
            with Image.open(content, formats=("PNG",)) as picture:
                images.append(np.asarray(picture.convert("RGB")))
    for record in records:
        record["split"] = hash_split(record["emoji"], VALIDATION_PERCENT)
    return np.stack(images), list[Record](records)


def _render_shapes(_folder: Path) -> Built:
    images, records = render_shapes(SHAPES_COUNT, SHAPES_SEED)
    for number, record in enumerate(records):
        record["split"] = TRAIN if number < SHAPES_COUNT - SHAPES_VALIDATION else VALIDATION
    return images, list[Record](records)
