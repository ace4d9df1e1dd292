"""Reading of the files that starters ship with."""

import io
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.errors import DatasetCorruptError, DatasetMissingError
from engine.fs.untrusted import read_regular

MAX_BYTES = 16_000_000


def read_bundled(path: Path, max_bytes: int = MAX_BYTES) -> bytes:
    """Read a file of a starter.

    Raises:
        DatasetMissingError: it does not exist.
        DatasetCorruptError: it cannot be read or is too large.
    """
    try:
        return read_regular(path, max_bytes)
    except FileNotFoundError as error:
        raise DatasetMissingError(path.parent) from error
    except (OSError, ValueError) as error:
        raise DatasetCorruptError(path.parent, str(error)) from error


def read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Read the arrays of an ``.npz`` file by name; never unpickles.

    Raises:
        DatasetMissingError: it does not exist.
        DatasetCorruptError: it is damaged.
    """
    content = io.BytesIO(read_bundled(path))
    try:
        with np.load(content, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DatasetCorruptError(path.parent, f"{path.name}: {error}") from error
