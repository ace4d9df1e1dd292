"""Image files whose pixels Pillow would reduce or refuse: their values as stored, and a picture.

These are TIFF files of more than 8 bits or of unusual channels, PNG files of 16 bits, and PGM and
PFM files of more than 8 bits. All others are read by Pillow alone.

Shapes: H height, W width, C channels.
"""

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile

from engine.data.image_errors import ImageErrorKind
from engine.data.image_limits import MemoryBudget
from engine.data.pixel_values import ValueRange, Values, to_8_bits
from engine.data.tiff_pixels import MAGIC, TiffPage, tiff_page
from engine.errors import EntryError

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_HEADER = struct.Struct(">8xI4sIIBB")
_PNG_SAMPLES = {0: 1, 2: 3, 4: 2, 6: 4}
"""Values of each pixel by a PNG's type of colour."""


@dataclass(frozen=True, kw_only=True)
class StoredPixels:
    """The pixels of an image file as they are stored."""

    values: Values
    """[H, W, C], C 1 or 3; without the opacity."""
    alpha: npt.NDArray[np.uint8] | None = None
    """[H, W] opacity."""
    bands: int
    """Channels in the file, without the opacity."""
    is_premultiplied: bool = False
    is_inverted: bool = False
    """Whether the lowest value is white."""
    profile: object = None
    """ICC profile, if there is one."""

    def picture(self, value_range: ValueRange) -> Image.Image:
        """Convert to a picture of 8 bits in mode L, La, LA, RGB, RGBa or RGBA, not yet turned."""
        colours = to_8_bits(self.values, value_range)
        if self.is_inverted:
            colours = 255 - colours
        mode = "L" if colours.shape[2] == 1 else "RGB"
        if self.alpha is not None:
            colours = np.concatenate([colours, self.alpha[:, :, None]], axis=2)
            mode += "a" if self.is_premultiplied else "A"
        picture = Image.frombytes(mode, colours.shape[1::-1], colours.tobytes())
        if isinstance(self.profile, bytes):
            picture.info["icc_profile"] = self.profile
        return picture


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """An image file that is read here, before its pixels are read."""

    size: tuple[int, int]
    """Width and height, not turned."""
    orientation: object = 1
    """As in EXIF; PNG files, which hardly ever have one, are taken as they are."""
    is_deep: bool = True
    """Whether its values are not bytes, so that a range decides what they look like."""
    read: Callable[[MemoryBudget], StoredPixels]
    """Reads the pixels. Raises ``EntryError``, or from Pillow anything for damaged files."""


def open_stored(content: bytes, *, frame: int = 0, band: int = 0) -> StoredFile | None:
    """Open a file whose pixels are read as stored; None for files that Pillow reads as well.

    Args:
        content: the whole file.
        frame: number of the frame or page.
        band: number of the channel to take, from 1; 0 takes the first three, or the first of two.

    Raises:
        EntryError: with an ``ImageErrorKind`` as its reason and no path.
        Exception: of any kind, from Pillow, for damaged files.
    """
    if content.startswith(MAGIC):
        page = tiff_page(content, frame)
        return page and StoredFile(
            size=(page.width, page.height),
            orientation=page.orientation,
            is_deep=(page.bits, page.kind) != (8, "u"),
            read=lambda budget: _read_tiff(page, budget, band),
        )
    if content.startswith(_PNG) and len(content) >= _PNG_HEADER.size:
        _length, _kind, width, height, bits, colours = _PNG_HEADER.unpack_from(content)
        samples = _PNG_SAMPLES.get(colours, 0)
        if bits != 16 or not samples:
            return None
        if frame:
            detail = "further frames of a PNG of 16 bits are not read"
            raise EntryError("", ImageErrorKind.UNSUPPORTED, detail)
        return StoredFile(
            size=(width, height), read=lambda budget: _read_png(content, samples, budget, band)
        )
    if content[:2] in (b"P2", b"P5", b"Pf"):
        return _open_portable(content, band)
    return None


def take_bands(bands: int, band: int) -> list[int]:
    """Return the indices of the channels to take from so many.

    Raises:
        EntryError: there is no such channel.
    """
    if band > bands:
        detail = f"it has {bands} {'channel' if bands == 1 else 'channels'}, so no band {band}"
        raise EntryError("", ImageErrorKind.UNSUPPORTED, detail)
    if band:
        return [band - 1]
    return [0, 1, 2] if bands >= 3 else [0]


def _read_tiff(page: TiffPage, budget: MemoryBudget, band: int) -> StoredPixels:
    budget.admit((page.width, page.height), 2 * page.decoded_bytes)
    colours = [index for index in range(page.samples) if index != page.alpha]
    wanted = [colours[index] for index in take_bands(page.bands, band)]
    has_alpha = page.alpha >= 0
    values = page.read([*wanted, page.alpha] if has_alpha else wanted)
    found = StoredPixels(
        values=values[:, :, : len(wanted)],
        bands=page.bands,
        is_premultiplied=page.is_premultiplied,
        is_inverted=page.is_inverted,
        profile=page.profile,
    )
    opaque = 1.0 if page.kind == "f" else 2.0 ** (page.bits - (page.kind == "i")) - 1
    return _with_alpha(found, values[:, :, -1], opaque) if has_alpha else found


def _read_png(content: bytes, samples: int, budget: MemoryBudget, band: int) -> StoredPixels:
    with Image.open(io.BytesIO(content), formats=("PNG",)) as file:
        budget.admit(file.size, file.width * file.height * samples * 4)
        bands = samples if samples in (1, 3) else samples - 1
        wanted = take_bands(bands, band)
        if samples == 1:
            values = np.asarray(file)[:, :, None]
        elif samples == 2:
            # Two channels of two bytes are read as four of one.
            values = np.asarray(_unpack_as(file, "RGBA", "RGBA")).view(">u2").astype(np.uint16)
        else:
            mode = "RGB" if samples == 3 else "RGBA"
            high = np.asarray(_unpack_as(file, mode, f"{mode};16B"))
            # The other byte is where the high one lies in little-endian files.
            with Image.open(io.BytesIO(content), formats=("PNG",)) as again:
                low = np.asarray(_unpack_as(again, mode, f"{mode};16L"))
            values = high.astype(np.uint16) << 8 | low
        found = StoredPixels(
            values=values[:, :, wanted],
            bands=bands,
            profile=file.info.get("icc_profile"),
        )
    return found if samples == bands else _with_alpha(found, values[:, :, -1], 65_535.0)


def _unpack_as(file: Image.Image, mode: str, raw_mode: str) -> Image.Image:
    """Let an opened PNG be unpacked in another mode than Pillow's own, which drops low bytes."""
    png = cast("ImageFile.ImageFile", file)
    png._mode = mode  # noqa: SLF001 (Pillow has no other way)
    png.tile = [tile._replace(args=raw_mode) for tile in png.tile]
    return png


def _open_portable(content: bytes, band: int) -> StoredFile | None:
    with Image.open(io.BytesIO(content), formats=("PPM",)) as file:
        is_deep, size = file.mode in ("I", "F"), file.size

    def read(budget: MemoryBudget) -> StoredPixels:
        budget.admit(size, size[0] * size[1] * 8)
        take_bands(1, band)
        with Image.open(io.BytesIO(content), formats=("PPM",)) as file:
            return StoredPixels(values=np.asarray(file)[:, :, None], bands=1)

    return StoredFile(size=size, read=read) if is_deep else None


def _with_alpha(found: StoredPixels, alpha: Values, opaque: float) -> StoredPixels:
    return replace(found, alpha=to_8_bits(alpha, ValueRange(0.0, opaque)))
