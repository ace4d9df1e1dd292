"""Preview sheets: a grid of pairs in one PNG file with embedded texts.

Tiles have no gaps; the text chunk ``diptych`` holds the metadata as JSON. Does not import torch,
so that the studio can read sheets.

Shapes: N tiles, H height and W width of a tile in pixels.
"""

import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

from engine.errors import SheetCorruptError
from engine.events import ImageArray
from engine.fs.atomic import atomic_write
from engine.fs.codec import decode, encode
from engine.fs.untrusted import read_regular

CHUNK = "diptych"
KIND = "preview"
MAX_TILES = 4096
MAX_PIXELS = 64_000_000
MAX_BYTES = 256_000_000
"""Limit of a sheet, which has three bytes a pixel before it is compressed."""
MAX_CHUNK_CHARACTERS = 4_000_000


@dataclass(frozen=True, kw_only=True)
class SheetHeader:
    """Metadata of a sheet, readable without decoding its pixels."""

    images_seen: int
    elapsed_s: float
    tile: int
    """W."""
    columns: int
    texts: tuple[str, ...]
    tile_height: int = 0
    """H; 0 in the square sheets of older versions."""

    @property
    def tile_shape(self) -> tuple[int, int]:
        """H and W."""
        return self.tile_height or self.tile, self.tile


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """The pairs of one preview."""

    images: ImageArray
    """[N, H, W, 3]."""
    texts: tuple[str, ...]
    images_seen: int
    elapsed_s: float


def write_sheet(
    path: Path, images: ImageArray, texts: Sequence[str], *, images_seen: int, elapsed_s: float
) -> None:
    """Write a sheet atomically.

    Args:
        path: ends in ``.png``.
        images: [N, H, W, 3] uint8.
        texts: N captions.
        images_seen: progress of the run.
        elapsed_s: training time of the run.

    Raises:
        FolderNotWritableError, DiskFullError: it cannot be written.
    """
    count, height, width = images.shape[:3]
    columns = math.ceil(math.sqrt(count))
    header = SheetHeader(
        images_seen=images_seen,
        elapsed_s=elapsed_s,
        tile=width,
        columns=columns,
        texts=tuple(texts),
        tile_height=height,
    )
    chunks = PngImagePlugin.PngInfo()
    chunks.add_itxt(CHUNK, json.dumps({"kind": KIND, **encode(header)}, ensure_ascii=False))
    content = io.BytesIO()
    rows = math.ceil(count / columns)
    grid = np.zeros((rows * columns, height, width, 3), dtype=np.uint8)
    grid[:count] = images
    by_row = grid.reshape(rows, columns, height, width, 3).swapaxes(1, 2)
    pixels = by_row.reshape(rows * height, columns * width, 3)
    Image.fromarray(pixels).save(content, "PNG", pnginfo=chunks)
    atomic_write(path, content.getvalue())


def read_sheet_header(path: Path) -> SheetHeader:
    """Read the metadata of a sheet without decoding its pixels.

    Raises:
        SheetCorruptError: it is missing, damaged, or not a sheet.
    """
    with _opened(path) as picture:
        return _header(path, picture)


def read_sheet(path: Path) -> Sheet:
    """Read a whole sheet.

    Raises:
        SheetCorruptError: it is missing, damaged, or not a sheet.
    """
    with _opened(path) as picture:
        header = _header(path, picture)
        try:
            pixels = np.asarray(picture.convert("RGB"))
        except (OSError, ValueError, SyntaxError) as error:
            raise SheetCorruptError(path, str(error)) from error
    height, width = header.tile_shape
    rows, columns = pixels.shape[0] // height, pixels.shape[1] // width
    by_row = pixels.reshape(rows, height, columns, width, 3).swapaxes(1, 2)
    images = by_row.reshape(rows * columns, height, width, 3)[: len(header.texts)]
    return Sheet(
        images=np.ascontiguousarray(images),
        texts=header.texts,
        images_seen=header.images_seen,
        elapsed_s=header.elapsed_s,
    )


def _opened(path: Path) -> Image.Image:
    try:
        return Image.open(io.BytesIO(read_regular(path, MAX_BYTES)), formats=("PNG",))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise SheetCorruptError(path, str(error)) from error


def _header(path: Path, picture: Image.Image) -> SheetHeader:
    text = picture.info.get(CHUNK)
    if not isinstance(text, str) or len(text) > MAX_CHUNK_CHARACTERS:
        raise SheetCorruptError(path, f"it has no text chunk named {CHUNK}")
    try:
        table: Any = json.loads(text)
        if table["kind"] != KIND:
            raise SheetCorruptError(path, "it is not a preview")
        header = decode(SheetHeader, table, allows_unknown=True)
    except (ValueError, KeyError, TypeError) as error:
        raise SheetCorruptError(path, f"its header is damaged ({error})") from error
    if not _fits(header, picture):
        raise SheetCorruptError(path, "its tiles do not fit its size")
    return header


def _fits(header: SheetHeader, picture: Image.Image) -> bool:
    count, (height, width) = len(header.texts), header.tile_shape
    is_possible = min(height, width) > 0 and 0 < header.columns <= count
    if not (0 < count <= MAX_TILES and is_possible):
        return False
    rows = math.ceil(count / header.columns)
    is_small = picture.width * picture.height <= MAX_PIXELS
    return is_small and picture.size == (header.columns * width, rows * height)
