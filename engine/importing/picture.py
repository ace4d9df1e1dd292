"""Reads a picture of a source, or says in the accounts' words why it cannot be read."""

from PIL import Image

from engine.data.picture import decode_picture
from engine.errors import EntryError
from engine.importing.accounts import Reason
from engine.importing.candidate import Pixels
from engine.importing.limits import LIMITS, Limits


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
