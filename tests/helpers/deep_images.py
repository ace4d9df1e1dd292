"""TIFF and PNG files of any depth, written by the book: Pillow writes few of them."""

import struct
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.helpers.odd_images import chunk

Array = npt.NDArray[Any]
_FORMATS = {"u": 1, "i": 2, "f": 3}


def ramp(low: float, high: float, dtype: str = "u2", size: int = 16) -> Array:
    """Values from low to high along the diagonal: [H, W]."""
    steps = np.add.outer(np.arange(size), np.arange(size)) / (2 * size - 2)
    return (low + steps * (high - low)).astype(dtype)


def png_16(values: Array) -> bytes:
    """A PNG of 16 bits from [H, W] or [H, W, C]."""
    block = values[..., None] if values.ndim == 2 else values
    height, width, channels = block.shape
    colours = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    # Filter 1: differences to the pixel on the left, byte by byte.
    pixels = block.astype(">u2").view(np.uint8).reshape(height, width, -1)
    steps = np.diff(pixels, axis=1, prepend=np.zeros_like(pixels[:, :1])).reshape(height, -1)
    rows = b"".join(b"\1" + row.tobytes() for row in steps)
    header = struct.pack(">IIBBBBB", width, height, 16, colours, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def tiff(*pages: Array, **how: Any) -> bytes:
    """A TIFF of pages [H, W] or [H, W, C]; ``how`` is that of ``_tiff_page``."""
    order = how.pop("order", "<")
    content = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 0)
    pointer = 4
    for page in pages:
        body, tags = _tiff_page(page, len(content), order, **how)
        content += body + bytes(len(body) % 2)
        at = len(content)
        content = content[:pointer] + struct.pack(f"{order}I", at) + content[pointer + 4 :]
        entries, more, behind = b"", b"", at + 6 + 12 * len(tags)
        for tag, values in sorted(tags.items()):
            packed = struct.pack(f"{order}{len(values)}I", *values)
            if len(packed) > 4:
                packed, more = struct.pack(f"{order}I", behind + len(more)), more + packed
            entries += struct.pack(f"{order}HHI", tag, 4, len(values)) + packed
        pointer = at + 2 + len(entries)
        content += struct.pack(f"{order}H", len(tags)) + entries + bytes(4) + more
    return content


def _tiff_page(
    page: Array,
    at: int,
    order: str,
    *,
    bits: int = 0,
    planar: bool = False,
    tile: int = 0,
    packed: bool = False,
    predictor: int = 1,
    extra: tuple[int, ...] = (),
    photometric: int = 1,
    orientation: int = 1,
) -> tuple[bytes, dict[int, list[int]]]:
    """Pixels of a page that begin at a place, and its tags.

    Args:
        page: the values.
        at: place in the file.
        order: ``<`` or ``>``.
        bits: of each sample, packed without gaps; by default those of the array.
        planar: a plane for each channel.
        tile: side of the tiles; 0 writes one strip.
        packed: whether to compress with deflate.
        predictor: 1 none, 2 differences, 3 differences of bytes of floats.
        extra: meanings of the channels beyond the colours.
        photometric: 0 white is zero, 1 black is zero, 2 colour.
        orientation: as in EXIF.
    """
    block = page[..., None] if page.ndim == 2 else page
    height, width, channels = block.shape
    planes = [block[..., [c]] for c in range(channels)] if planar else [block]
    side = (tile, tile) if tile else (height, width)
    parts: list[bytes] = []
    for plane in planes:
        for top in range(0, height, side[0]):
            for left in range(0, width, side[1]):
                part = plane[top : top + side[0], left : left + side[1]]
                room = [(0, side[0] - part.shape[0]), (0, side[1] - part.shape[1]), (0, 0)]
                raw = _tile_bytes(np.pad(part, room), order, bits, predictor)
                parts.append(zlib.compress(raw) if packed else raw)
    places = [at + sum(map(len, parts[:number])) for number in range(len(parts))]
    lengths = [len(part) for part in parts]
    tags = {
        256: [width],
        257: [height],
        258: [bits or page.dtype.itemsize * 8] * channels,
        259: [8 if packed else 1],
        262: [photometric],
        274: [orientation],
        277: [channels],
        284: [2 if planar else 1],
        317: [predictor],
        339: [_FORMATS[page.dtype.kind]] * channels,
    }
    if extra:
        tags[338] = list(extra)
    if tile:
        return b"".join(parts), tags | {322: [tile], 323: [tile], 324: places, 325: lengths}
    return b"".join(parts), tags | {273: places, 278: [height], 279: lengths}


def _tile_bytes(part: Array, order: str, bits: int, predictor: int) -> bytes:
    height, width, channels = part.shape
    if bits:
        rows = part.reshape(height, -1).astype(">u4").view(np.uint8).reshape(height, -1, 4)
        ones = np.unpackbits(rows, axis=2)[:, :, 32 - bits :].reshape(height, -1)
        return np.packbits(ones, axis=1).tobytes()
    size = part.dtype.itemsize
    if predictor == 2:
        whole = part.view(f"u{size}")
        part = np.diff(whole, axis=1, prepend=np.zeros_like(whole[:, :1]))
    elif predictor == 3:
        planes = part.astype(f">f{size}").view(np.uint8).reshape(height, width * channels, size)
        line = planes.transpose(0, 2, 1).reshape(height, -1, channels)
        return np.diff(line, axis=1, prepend=np.zeros_like(line[:, :1])).tobytes()
    return part.astype(f"{order}{part.dtype.kind}{size}").tobytes()
