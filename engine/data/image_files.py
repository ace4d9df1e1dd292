"""Read untrusted image files as arrays.

Shapes: N images, H height, W width, C channels.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from engine.data.image_colours import flatten
from engine.data.image_decode import decode_image
from engine.data.image_limits import MAX_BYTES
from engine.data.image_shape import ImageShape
from engine.data.pixel_values import ValueRange
from engine.errors import EntryError, ImagesUnreadableError
from engine.fs.untrusted import MalformedFileError, read_regular

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"})

Pixels = npt.NDArray[np.uint8]
_FILTER = Image.Resampling.LANCZOS
_PIXELS_TOGETHER = 2**22
"""Pixels of the images that Pillow resizes as one picture, to bound the memory."""


def read_image(
    path: Path, *, at_least: int = 0, value_range: ValueRange | None = None, band: int = 0
) -> Pixels:
    """Read an image as upright RGB; transparent pixels are composited over white: [H, W, 3].

    Args:
        path: the file.
        at_least: a JPEG may be decoded at a reduced size, with both sides at least twice this long.
        value_range: black and white of images of more than 8 bits; None guesses them.
        band: channel to take, from 1; 0 takes all colours.

    Raises:
        ImagesUnreadableError: not an image, damaged, or too large.
    """
    try:
        decoded = decode_image(
            read_regular(path.resolve(), MAX_BYTES),
            at_least=at_least,
            band=band,
            value_range=None if value_range is None else lambda: value_range,
        )
        return np.asarray(flatten(decoded.picture, "white").convert("RGB"))
    except EntryError as error:
        raise ImagesUnreadableError(path, error.detail or error.reason) from error
    except MalformedFileError as error:
        raise ImagesUnreadableError(path, str(error)) from error
    except OSError as error:
        raise ImagesUnreadableError(path, error.strerror or str(error)) from error


def resize(images: Pixels, shape: ImageShape) -> Pixels:
    """Resize and pad images to a shape: [N, *, *, C] to [N, H, W, C].

    What the image does not cover has the colour of its first pixel; nothing is cropped.
    """
    height, width, channels = images.shape[1:]
    resized = np.empty((len(images), *shape, channels), dtype=np.uint8)
    if height == width and shape.height == shape.width:
        together = max(1, _PIXELS_TOGETHER // max(height * width, shape.height * shape.width))
        for start in range(0, len(images), together):
            part = slice(start, start + together)
            resized[part] = _resize_squares(images[part], shape)
        return resized
    for row, image in enumerate(images):
        picture = Image.fromarray(image[:, :, 0] if channels == 1 else image)
        corner = tuple(int(value) for value in image[0, 0])
        colour = corner if channels > 1 else corner[0]
        size = (shape.width, shape.height)
        fitted = ImageOps.pad(picture, size, _FILTER, color=colour)
        resized[row] = np.asarray(fitted).reshape(*shape, channels)
    return resized


def _resize_squares(images: Pixels, shape: ImageShape) -> Pixels:
    """Resize square images to squares, as Pillow resizes each.

    Pillow first resizes the rows, each by itself, and then the columns of the result (where sides
    differ, some versions begin with the columns). So the rows of many images are one tall picture
    for it. With a picture for each image, most of the time goes into making pictures.
    """
    wide = _resize_rows(images, shape.width)
    return _resize_rows(wide.swapaxes(1, 2), shape.height).swapaxes(1, 2)


def _resize_rows(images: Pixels, width: int) -> Pixels:
    """Resize the rows of images: [N, H, *, C] to [N, H, width, C]."""
    count, height, old_width, channels = images.shape
    rows = np.ascontiguousarray(images).reshape(count * height, old_width, channels)
    tall = Image.fromarray(rows[:, :, 0] if channels == 1 else rows)
    tall = tall.resize((width, len(rows)), _FILTER)
    return np.asarray(tall).reshape(count, height, width, channels)


def to_channels(images: Pixels, channels: int) -> Pixels:
    """Convert between greyscale and RGB: [N, H, W, *] to [N, H, W, channels]."""
    if images.shape[3] == channels:
        return images
    if channels == 3:
        return np.repeat(images, 3, axis=3)
    weights = np.array([299, 587, 114])  # ITU-R BT.601, as Pillow's own "L"
    return ((images @ weights + 500) // 1000)[..., None].astype(np.uint8)


def image_files(folder: Path) -> list[Path]:
    """List the images of a folder by their suffixes, sorted by name, without hidden ones."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    )


def read_images(
    path: Path,
    shape: ImageShape,
    channels: int,
    *,
    value_range: ValueRange | None = None,
    band: int = 0,
) -> tuple[list[str], Pixels, list[tuple[str, str]]]:
    """Read an image, or all images of a folder sorted by name, in one shape.

    Args:
        path: an image or a folder; subfolders are not searched.
        shape: H and W of the resulting images.
        channels: 1 or 3.
        value_range: black and white of images of more than 8 bits; None guesses them for each.
        band: channel to take, from 1; 0 takes all colours.

    Returns:
        File names, [N, H, W, channels] uint8, and name and reason of each skipped file.

    Raises:
        ImagesUnreadableError: no image could be read.
    """
    if not path.exists():
        raise ImagesUnreadableError(path, "it is not there")
    names: list[str] = []
    images: list[Pixels] = []
    skipped: list[tuple[str, str]] = []
    for file in image_files(path) if path.is_dir() else [path]:
        try:
            image = read_image(file, at_least=shape.longer, value_range=value_range, band=band)
            images.append(resize(to_channels(image[None], channels), shape)[0])
            names.append(file.name)
        except ImagesUnreadableError as error:
            skipped.append((file.name, error.reason))
    if not images:
        reason = skipped[0][1] if skipped else "it holds no PNG, JPEG, WebP, BMP, GIF or TIFF file"
        raise ImagesUnreadableError(path, reason)
    return names, np.stack(images), skipped
