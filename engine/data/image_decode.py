"""Decode untrusted image files to upright 8-bit sRGB, or report why they cannot be decoded.

Only the formats in ``FORMATS`` are tried. None runs another program, as PostScript does, and all
have a signature, which Targa lacks.

- ``decode_image`` is the entry point; ``read_size`` and ``count_frames`` take no pixels.
- ``stored_pixels`` reads what Pillow would reduce to 8 bits; ``image_colours`` converts the rest.
- ``suppress_pillow_warnings`` is a thread-safe filter of Pillow's warnings.

Memory: JPEG files are decoded at a reduced size where that is enough, so photographs of any camera
fit in. Images that take much memory are decoded one at a time, whatever the number of threads.
"""

import importlib
import io
import logging
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
    features,
)

from engine.data.image_colours import in_plain_colours
from engine.data.image_errors import HEIC, ImageErrorKind, explain_error
from engine.data.image_limits import MAX_JPEG_PIXELS, MAX_PIXELS, MemoryBudget, check_pixels
from engine.data.pixel_values import ValueRange, guess_range
from engine.data.stored_pixels import open_stored, take_bands
from engine.data.tiff_pixels import MAGIC, describes_pixels, page_places
from engine.errors import EngineError, EntryError

# Pillow also logs the errors that it raises; they are reported once, as ``EntryError``.
logging.getLogger("PIL").setLevel(logging.CRITICAL)
_FILTER_LOCK = threading.Lock()
_ACTIVE_FILTERS: list[warnings.catch_warnings] = []


@contextmanager
def suppress_pillow_warnings() -> Iterator[None]:
    """Ignore Pillow's warnings; image sizes are checked separately.

    ``warnings.catch_warnings`` is not thread-safe: the first thread to enter installs the filter,
    and the last one to leave restores the former filters.
    """
    with _FILTER_LOCK:
        caught = warnings.catch_warnings()
        if not _ACTIVE_FILTERS:
            caught.__enter__()
            warnings.filterwarnings("ignore", module=r"PIL\b")
        _ACTIVE_FILTERS.append(caught)
    try:
        yield
    finally:
        with _FILTER_LOCK:
            first = _ACTIVE_FILTERS[0]
            _ACTIVE_FILTERS.pop()
            if not _ACTIVE_FILTERS:
                first.__exit__(None, None, None)


# Importing a plug-in registers it; otherwise Pillow loads all its plug-ins for the first WebP.
_PLUGINS = {
    "JPEG": JpegImagePlugin,
    "PNG": PngImagePlugin,
    "WEBP": WebPImagePlugin,
    "GIF": GifImagePlugin,
    "BMP": BmpImagePlugin,
    "TIFF": TiffImagePlugin,
    "PPM": PpmImagePlugin,
    "AVIF": AvifImagePlugin,
}
FORMATS = tuple(name for name in _PLUGINS if name != "AVIF" or features.check("avif"))
"""Pillow's names of the supported formats. JPEG includes MPO, which some phones write."""
_HEIC_PLUGINS = ("pillow_heif", "pi_heif")
"""Packages that read HEIC; used if the user has installed one."""
MAX_FRAMES = 10_000
"""Frames of one file that are counted."""
# ``image_limits`` checks sizes: Pillow's limit does not know which files are decoded reduced.
Image.MAX_IMAGE_PIXELS = None

_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = frozenset({5, 6, 7, 8})
_JPEGS = frozenset({"JPEG", "MPO"})
_JPEG_START, _JPEG_END = b"\xff\xd8", b"\xff\xd9"
_FILLER = b"\xaa" * 64
"""More image data, as it may stand in any JPEG."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Original:
    """What an image file holds, of which a decoded picture may be a reduced part."""

    size: tuple[int, int]
    """Width and height, upright."""
    bands: int
    """Channels, without the opacity."""
    is_deep: bool = False
    """Whether a value range decided what the pixels look like."""
    has_more_frames: bool = False
    """Whether the file holds other frames or pages."""


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """A decoded image."""

    picture: Image.Image
    """Upright, in sRGB, in mode L, LA, RGB or RGBA."""
    original: Original


def decode_image(
    content: bytes,
    max_pixels: int = MAX_PIXELS,
    *,
    at_least: int = 0,
    frame: int = 0,
    band: int = 0,
    value_range: Callable[[], ValueRange] | None = None,
) -> DecodedImage:
    """Decode one frame of an image file; safe to call from several threads at once.

    Args:
        content: the whole file.
        max_pixels: larger ones are refused before they are decoded.
        at_least: a JPEG may be decoded at a reduced size, with both sides at least twice this
            long; 0 decodes the full size.
        frame: number of the frame or page.
        band: number of the channel to take, from 1; 0 takes the first three, or the first of two.
        value_range: asked for the values of black and white if the file has more than 8 bits; by
            default they are guessed from the image alone.

    Raises:
        EntryError: with a ``ImageErrorKind`` as its reason and no path.
    """
    if not content:
        raise EntryError("", ImageErrorKind.EMPTY)
    try:
        with suppress_pillow_warnings(), MemoryBudget(max_pixels) as budget:
            stored = _decode_stored(content, budget, frame, band, value_range)
            return stored or _decode_file(content, budget, at_least, frame, band)
    except EngineError:
        raise
    # Pillow's decoders raise arbitrary exceptions on damaged files.
    except Exception as error:
        raise explain_error(content, error) from error


def read_size(content: bytes, max_pixels: int = MAX_PIXELS) -> tuple[int, int]:
    """Return the width and height of an image file, upright, without decoding its pixels.

    Args:
        content: the whole file.
        max_pixels: larger ones are refused, unless a JPEG can be decoded at a reduced size.

    Raises:
        EntryError: with a ``ImageErrorKind`` as its reason and no path.
    """
    try:
        with suppress_pillow_warnings():
            if stored := open_stored(content):
                size, orientation = stored.size, stored.orientation
            else:
                with _open(content) as file:
                    size = file.size
                    max_pixels = MAX_JPEG_PIXELS if file.format in _JPEGS else max_pixels
                    # Pillow decodes a whole PNG to find an orientation, which is hardly ever there.
                    orientation = 1 if file.format == "PNG" else file.getexif().get(_ORIENTATION, 1)
        check_pixels(*size, max_pixels)
        return (size[1], size[0]) if orientation in _SIDEWAYS else size
    except EntryError:
        raise
    # As in ``decode_image``.
    except Exception as error:
        raise explain_error(content, error) from error


def count_frames(content: bytes) -> int:
    """Return the number of frames or pages of an image file; 1 for what is not decodable.

    The second image of a JPEG is a thumbnail or a map of depths, so it does not count.
    """
    with suppress(Exception), suppress_pillow_warnings():
        if content.startswith(MAGIC):
            return sum(1 for _place in page_places(content))
        with _open(content) as file:
            is_jpeg = file.format in _JPEGS
            return 1 if is_jpeg else min(getattr(file, "n_frames", 1), MAX_FRAMES)
    return 1


@lru_cache(maxsize=1)
def heic_formats() -> tuple[str, ...]:
    """Return Pillow's name of HEIC if a package that reads it is installed, and register it."""
    for name in _HEIC_PLUGINS:
        with suppress(ImportError):
            importlib.import_module(name).register_heif_opener(thumbnails=False)
            return ("HEIF",)
    return ()


def _open(content: bytes) -> Image.Image:
    # AVIF files may have the same mark.
    formats = (*heic_formats(), *FORMATS) if HEIC.match(content) else FORMATS
    try:
        return Image.open(io.BytesIO(content), formats=formats)
    except Image.UnidentifiedImageError:
        if content.startswith(MAGIC) and describes_pixels(content):
            detail = "it is a TIFF of a kind that is not read"
            raise EntryError("", ImageErrorKind.UNSUPPORTED, detail) from None
        raise


def _decode_stored(
    content: bytes,
    budget: MemoryBudget,
    frame: int,
    band: int,
    value_range: Callable[[], ValueRange] | None,
) -> DecodedImage | None:
    file = open_stored(content, frame=frame, band=band)
    if file is None:
        return None
    # Before the file is admitted: measuring the range reads other files.
    chosen = value_range() if value_range and file.is_deep else None
    stored = file.read(budget)
    upright = _turned(stored.picture(chosen or guess_range(stored.values)), file.orientation)
    picture = in_plain_colours(upright)
    original = Original(
        size=picture.size,
        bands=stored.bands,
        is_deep=file.is_deep,
        has_more_frames=_has_more_frames(content, None),
    )
    return DecodedImage(picture, original)


def _decode_file(
    content: bytes, budget: MemoryBudget, at_least: int, frame: int, band: int
) -> DecodedImage:
    try:
        return _decode_with_pillow(content, budget, at_least, frame, band)
    except OSError as error:
        if not content.startswith(_JPEG_START) or "truncated" not in str(error):
            raise
        # Many tools leave the end mark out. If image data were missing, too, then the decoder
        # would read these bytes as pixels.
        with suppress(Exception):
            whole, filled = (
                _decode_with_pillow(content + end, budget, at_least, frame, band)
                for end in (_JPEG_END, _FILLER + _JPEG_END)
            )
            if whole.picture.tobytes() == filled.picture.tobytes():
                return whole
        raise


def _decode_with_pillow(
    content: bytes, budget: MemoryBudget, at_least: int, frame: int, band: int
) -> DecodedImage:
    with _open(content) as file:
        is_jpeg = file.format in _JPEGS
        if frame:
            file.seek(list(page_places(content))[frame] if file.format == "TIFF" else frame)
        has_more_frames = not is_jpeg and _has_more_frames(content, file)
        full = file.size
        if is_jpeg:
            budget.check_jpeg(full, content)
            if at_least:
                file.draft(None, (2 * at_least, 2 * at_least))
        # A progressive JPEG is held in memory at its full size even if it is decoded reduced.
        budget.admit(full if file.info.get("progressive") else file.size)
        file.load()
        # The frames of a file may differ in size.
        budget.admit(file.size)
        orientation = 1
        with suppress(Exception):
            orientation = file.getexif().get(_ORIENTATION, 1)
        picture = in_plain_colours(_turned(file, orientation))
        bands = 1 if picture.mode in {"L", "LA"} else 3
        if band:
            picture = picture.getchannel(take_bands(bands, band)[0])
        if is_jpeg and orientation in _SIDEWAYS:
            full = full[1], full[0]
        original = Original(
            size=full if is_jpeg else picture.size, bands=bands, has_more_frames=has_more_frames
        )
        return DecodedImage(picture, original)


def _has_more_frames(content: bytes, file: Image.Image | None) -> bool:
    if content.startswith(MAGIC):
        return len(list(islice(page_places(content), 2))) > 1
    return bool(getattr(file, "is_animated", False))


def _turned(image: Image.Image, orientation: object) -> Image.Image:
    """Turn an image upright; an unknown orientation is ignored."""
    method = _UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    return image if method is None else image.transpose(method)
