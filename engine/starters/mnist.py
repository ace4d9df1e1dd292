"""The handwritten digits of MNIST, from the four files that ship with the program."""

import gzip
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.data.manifest import TRAIN, VALIDATION
from engine.errors import DatasetCorruptError
from engine.starters.bundled import read_bundled
from engine.starters.columns import StarterContent, pair_content

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
FILES = {TRAIN: "train", VALIDATION: "t10k"}
MARGIN = 2
"""Pixels added at each side: 28 become 32."""


def read_digits(
    folder: Path,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8], list[str]]:
    """Read all digits.

    Args:
        folder: folder with the four files.

    Returns:
        [N, 32, 32, 1] images, [N] digits, and the split of each.

    Raises:
        DatasetMissingError, DatasetCorruptError: a file is missing or damaged.
    """
    images, digits, split = [], [], []
    for name, prefix in FILES.items():
        drawn = read_idx(folder / f"{prefix}-images-idx3-ubyte.gz", dimensions=3)
        labels = read_idx(folder / f"{prefix}-labels-idx1-ubyte.gz", dimensions=1)
        if len(drawn) != len(labels) or labels.max(initial=0) >= len(WORDS):
            raise DatasetCorruptError(folder, f"the {prefix} files do not belong together")
        images.append(np.pad(drawn, ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN)))[..., None])
        digits.append(labels)
        split += [name] * len(labels)
    return np.concatenate(images), np.concatenate(digits), split


def build(folder: Path) -> StarterContent:
    """Build the example dataset: each digit with its English word.

    Raises:
        DatasetMissingError, DatasetCorruptError: a file is missing or damaged.
    """
    images, digits, split = read_digits(folder)
    records = [
        {"text": WORDS[digit], "split": part, "attributes": {"digit": digit}}
        for digit, part in zip(digits.tolist(), split, strict=True)
    ]
    return pair_content(images, records)


def read_idx(path: Path, dimensions: int) -> npt.NDArray[np.uint8]:
    """Read a compressed IDX file of bytes.

    Source: LeCun & Cortes, the MNIST database, file format.

    Args:
        path: the file.
        dimensions: how many the array has.

    Raises:
        DatasetMissingError, DatasetCorruptError: it is missing or damaged.
    """
    compressed = read_bundled(path)
    start = 4 + 4 * dimensions
    try:
        content = gzip.decompress(compressed)
        shape = np.frombuffer(content, ">u4", count=dimensions, offset=4)
        array = np.frombuffer(content, np.uint8, offset=start).reshape(shape.tolist())
    except (OSError, ValueError, EOFError, zlib.error) as error:
        raise DatasetCorruptError(path.parent, f"{path.name}: {error}") from error
    if content[:4] != bytes((0, 0, 8, dimensions)):
        reason = f"{path.name} is not an IDX file of bytes in {dimensions} dimensions"
        raise DatasetCorruptError(path.parent, reason)
    return array
