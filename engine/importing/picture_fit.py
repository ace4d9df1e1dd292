"""Makes a picture of any shape the square of pixels that a dataset stores.

Shapes: C channels.
"""

import numpy as np
from PIL import Image, ImageColor

from engine.data.picture import flatten
from engine.importing.candidate import Pixels
from engine.importing.plan import PicturePlan

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
