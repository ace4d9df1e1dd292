"""The datasets of a workspace; only their manifests are read."""

import logging
import math
import re
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QLocale, QObject

from engine.data.column_info import AUDIO, DTYPES, TABLE
from engine.data.image_shape import ImageShape
from engine.data.manifest import Manifest, read_manifest
from engine.errors import DatasetCorruptError, DatasetMissingError

_log = logging.getLogger(__name__)
_NUMBER = re.compile(r"(\d+)")


@dataclass(frozen=True, kw_only=True)
class DatasetSummary:
    """A dataset's folder and manifest."""

    folder: Path
    manifest: Manifest


def list_datasets(folder: Path) -> list[DatasetSummary]:
    """List the datasets in a folder in natural order; skip everything else."""
    found: list[DatasetSummary] = []
    try:
        folders = [path for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError:
        return []
    for path in sorted(folders, key=_natural_key):
        try:
            found.append(DatasetSummary(folder=path, manifest=read_manifest(path)))
        except DatasetMissingError:
            continue
        except DatasetCorruptError as error:
            _log.info("Not listed: %s", error)
    return found


def pairs_text(manifest: Manifest) -> str:
    """Return the number of pairs, or of items if some are incomplete."""
    return _DatasetText().items(manifest)


def contents_text(manifest: Manifest) -> str:
    """Return the size of images, the length of sounds, the fields, and the size of all arrays."""
    return _DatasetText().contents(manifest)


def shape_text(shape: ImageShape) -> str:
    """Return ``64`` for a square, else ``width × height``."""
    return str(shape).replace("x", "×")


def _natural_key(path: Path) -> list[tuple[int, str]]:
    # cats, cats-2, cats-10
    parts = _NUMBER.split(path.stem.casefold())
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


class _DatasetText(QObject):
    """Texts with counts: Qt's tools find plural forms only in ``tr``."""

    def items(self, manifest: Manifest) -> str:
        if manifest.items == manifest.pairs:
            return self.tr("%Ln pair(s)", "", manifest.pairs)
        return self.tr("%Ln item(s)", "", manifest.items)

    def contents(self, manifest: Manifest) -> str:
        shape = shape_text(manifest.image_shape)
        parts = [f"{shape} px"] if manifest.first_image is not None else []
        stored = 0
        for column in manifest.columns:
            if column.shape:
                stored += math.prod(column.shape) * DTYPES[column.dtype]
            if column.kind == AUDIO and column.rate:
                seconds = column.shape[1] / column.rate
                parts.append(self.tr("{0} s of sound").format(f"{seconds:.3g}"))
            elif column.kind == TABLE:
                parts.append(self.tr("%Ln field(s)", "", len(column.fields)))
        if stored:
            parts.append(QLocale().formattedDataSize(stored, 1))
        return " · ".join(parts)
