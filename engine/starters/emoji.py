"""Emoji: pictures of Noto Emoji with their names."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from engine.data.manifest import hash_split
from engine.errors import DatasetCorruptError, DatasetMissingError
from engine.starters.columns import StarterContent, pair_content

VALIDATION_PERCENT = 5


def build(folder: Path) -> StarterContent:
    """Read the emoji: a ZIP of PNG files, and one line of JSON for each.

    Raises:
        DatasetMissingError, DatasetCorruptError: a file is missing or damaged.
    """
    try:
        lines = (folder / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
        records: list[dict[str, Any]] = [json.loads(line) for line in lines]
        images: list[npt.NDArray[np.uint8]] = []
        with zipfile.ZipFile(folder / "images.zip") as archive:
            for record in records:
                content = io.BytesIO(archive.read(record.pop("file_name")))
                with Image.open(content, formats=("PNG",)) as picture:
                    images.append(np.asarray(picture.convert("RGB")))
        for record in records:
            record["split"] = hash_split(record["emoji"], VALIDATION_PERCENT)
    except FileNotFoundError as error:
        raise DatasetMissingError(folder) from error
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise DatasetCorruptError(folder, str(error)) from error
    return pair_content(np.stack(images), records)
