"""Makes a picture of any shape the square of pixels that a dataset stores.

Shapes: C channels.
"""

import numpy as np
from PIL import Image, ImageColor

from engine.data.image_decode import decode_picture, flatten
from engine.errors import EntryError
from engine.importing.formats.format import Pixels
from engine.importing.ledger import Reason
from engine.importing.plan import PicturePlan
from engine.importing.sources.archive import LIMITS, Limits

_GAP = 3.0
"""Pillow first shrinks by whole numbers to this many times the size; from 3 on nobody sees it."""


def fit(image: Image.Image, plan: PicturePlan, channels: int) -> Pixels:
    """Fit a picture into a square.

    Args:
        image: mode L, LA, RGB or RGBA.
        plan: size, shape and the colour beside and under the picture.
        channels: 1 or 3.

    Returns:
        [size, size, C] uint8.
    """
    background = ImageColor.getrgb(plan.background)[:3]
    mode = "L" if channels == 1 else "RGB"
    opaque = flatten(image, background)
    if mode == "L":
        opaque = _in_mode(opaque, mode)
    square = _in_mode(_squared(opaque, plan, mode, background), mode)
    # Not ``asarray``, which asks the picture for a table of its shape first.
    return np.frombuffer(square.tobytes(), np.uint8).reshape(plan.size, plan.size, channels)


def _squared(
    image: Image.Image, plan: PicturePlan, mode: str, background: tuple[int, ...]
) -> Image.Image:
    size = plan.size
    match plan.fit:
        case "crop":
            return _resized(image, (size, size), _middle(image))
        case "stretch":
            return _resized(image, (size, size), (0, 0, *image.size))
        case _:
            inner = _in_mode(_resized(image, _within(image, size), (0, 0, *image.size)), mode)
            if inner.size == (size, size):
                return inner
            square = Image.new("RGB", (size, size), background).convert(mode)
            square.paste(inner, ((size - inner.width) // 2, (size - inner.height) // 2))
            return square


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    """Convert where there is something to do: Pillow would copy, which holds other threads up."""
    return image if image.mode == mode else image.convert(mode)


def _resized(
    image: Image.Image, size: tuple[int, int], box: tuple[float, float, float, float]
) -> Image.Image:
    return image.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=_GAP)


def _middle(image: Image.Image) -> tuple[float, float, float, float]:
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    return left, top, left + side, top + side


def _within(image: Image.Image, size: int) -> tuple[int, int]:
    """Find the largest size of the same shape; a line stays one pixel wide at least."""
    longest = max(image.size)
    return (
        max(1, round(image.width * size / longest)),
        max(1, round(image.height * size / longest)),
    )


# --------------------------------------------------------------------------
# Reads a picture of a source, or says in the ledger' words why it cannot be read.


def read_picture(
    content: bytes | Pixels, limits: Limits = LIMITS, *, at_least: int = 0
) -> Image.Image:
    """Decode a picture: upright, in sRGB, in mode L, LA, RGB or RGBA.

    Safe to call from several threads at once.

    Args:
        content: a whole file, or pixels [H, W] or [H, W, C], C 1 to 4.
        limits: how large a picture may be.
        at_least: a JPEG may be decoded smaller than it is, with both sides at least twice this
            long, which is several times as fast; 0 decodes all of it.

    Raises:
        EntryError: with a ``Reason`` as its reason and no path, which only the caller knows.
    """
    if not isinstance(content, bytes):
        return _from_pixels(content, limits)
    if len(content) > limits.file_bytes:
        raise EntryError("", Reason.TOO_LARGE, f"it has {len(content):,} bytes")
    try:
        return decode_picture(content, limits.pixels, at_least=at_least)
    except EntryError as error:
        raise EntryError("", Reason(error.reason), error.detail) from error


def _from_pixels(pixels: Pixels, limits: Limits) -> Image.Image:
    if pixels.size == 0:
        raise EntryError("", Reason.EMPTY, "it has no pixels")
    if pixels.ndim not in {2, 3} or pixels.shape[2:] not in {(), (1,), (2,), (3,), (4,)}:
        shape = " x ".join(str(length) for length in pixels.shape)
        raise EntryError("", Reason.UNSUPPORTED, f"pixels of shape {shape}")
    if pixels.shape[0] * pixels.shape[1] > limits.pixels:
        raise EntryError("", Reason.TOO_LARGE, f"it has more than {limits.pixels:,} pixels")
    return Image.fromarray(pixels[:, :, 0] if pixels.shape[2:] == (1,) else pixels)


# --------------------------------------------------------------------------
# How large a picture was before it was decoded: a JPEG may be decoded smaller than it is.


_START = b"\xff\xd8"
_SCAN = 0xDA
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers without a length."""


def original_size(content: bytes | Pixels, decoded: tuple[int, int]) -> tuple[int, int]:
    """Give width and height of a picture, upright.

    Args:
        content: what it was decoded from.
        decoded: width and height as decoded, upright.
    """
    if not isinstance(content, bytes) or not content.startswith(_START):
        return decoded
    width, height = jpeg_size(content) or decoded
    # Turned upright by its orientation: then what is longer has changed.
    if (width > height) != (decoded[0] > decoded[1]) and decoded[0] != decoded[1]:
        return height, width
    return width, height


def jpeg_size(content: bytes) -> tuple[int, int] | None:
    """Read width and height from a JPEG's frame header; None if there is none.

    Source: ITU-T T.81, annex B.1.1.3 (markers) and B.2.2 (frame header).
    """
    at, end = len(_START), len(content) - 9
    while at < end and content[at] == 0xFF:
        marker = content[at + 1]
        if marker in _FRAMES:
            height, width = (int.from_bytes(content[at + n : at + n + 2]) for n in (5, 7))
            return (width, height) if width and height else None
        if marker == _SCAN:
            return None
        if marker == 0xFF:
            at += 1
        elif marker in _BARE:
            at += 2
        else:
            at += 2 + max(2, int.from_bytes(content[at + 2 : at + 4]))
    return None
