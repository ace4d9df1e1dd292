"""What a dataset says about itself, in one small JSON file."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import DatasetCorruptError, DatasetMissingError

FORMAT = 2
FILE_NAME = "manifest.json"
TRAIN, HELD_OUT = "train", "held_out"
"""Splits of the items."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Facts about a built dataset. Cheap to read: no image is touched."""

    format: int = FORMAT
    name: str
    title: str
    version: str
    """Content hash: 16 hex digits over images and pairs."""
    pairs: int
    """Items with an image and a text."""
    image_only: int
    text_only: int
    train_items: int
    held_out_items: int
    image_height: int
    image_width: int
    channels: int
    """1 (grey) or 3 (RGB)."""
    licence: str
    source: str
    """Where the pairs came from, in words."""

    @property
    def items(self) -> int:
        """Pairs, and what is half a pair."""
        return self.pairs + self.image_only + self.text_only

    def to_json(self) -> str:
        """Write it as JSON."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False, indent=1) + "\n"


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a dataset folder.

    Raises:
        DatasetMissingError: there is none.
        DatasetCorruptError: it is damaged, or of a version this program does not know.
    """
    try:
        table: dict[str, Any] = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
        fields = {field.name: field.type for field in dataclasses.fields(Manifest)}
        if table.get("format") != FORMAT:
            raise DatasetCorruptError(folder, f"its format is not {FORMAT}")
        wrong = [name for name, kind in fields.items() if type(table.get(name)) is not kind]
        if wrong or table.keys() - fields.keys():
            strange = ", ".join(sorted(wrong or table.keys() - fields.keys()))
            raise DatasetCorruptError(folder, f"its manifest has a missing or strange {strange}")
        return Manifest(**table)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DatasetMissingError(folder) from error
    except (OSError, ValueError, AttributeError) as error:
        raise DatasetCorruptError(folder, f"its manifest cannot be read ({error})") from error
