"""Decodes a stranger's picture: right side up, in the right colours, or with a clear reason.

Only formats that are on the list are tried, in Pillow's own decoders: none starts a program, as
PostScript would, and none guesses, as Targa does, which has no mark of its own.
"""

import io
from contextlib import suppress

# Importing a plug-in registers it. Pillow would otherwise load all it has at the first WebP.
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

from engine.data.picture_colours import in_plain_colours
from engine.data.picture_flaws import Flaw, ends_early, flaw_of_header
from engine.data.picture_warnings import quiet
from engine.errors import EntryError

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
"""Pillow's names of what is tried. JPEG includes MPO: several in one file, as phones make them."""
MAX_BYTES = 512_000_000
"""A larger file is refused before it is read."""

_SCANS = 20
"""Times that a JPEG of the largest size may go over its pixels; progressive ones do about ten."""
_SCAN_BYTES = 10
"""What the header of a scan takes at least; nothing need come after it."""
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


def decode_picture(content: bytes, max_pixels: int, *, at_least: int = 0) -> Image.Image:
    """Decode the first frame of a picture file.

    Args:
        content: the whole file.
        max_pixels: larger ones are refused before they are decoded.
        at_least: a JPEG may be decoded smaller than it is, but with both sides at least twice
            this long; 0 decodes all of it.

    Returns:
        The picture upright, in sRGB, in mode L, LA, RGB or RGBA.

    Raises:
        EntryError: with a ``Flaw`` as its reason and no path.
    """
    if not content:
        raise EntryError("", Flaw.EMPTY)
    try:
        with quiet(), Image.open(io.BytesIO(content), formats=FORMATS) as file:
            _check_size(file, max_pixels)
            _check_scans(file, content, max_pixels)
            if at_least and file.format in {"JPEG", "MPO"}:
                file.draft(None, (2 * at_least, 2 * at_least))
            file.load()
            _check_size(file, max_pixels)
            return in_plain_colours(_upright(file))
    except EntryError:
        raise
    # Pillow's decoders raise whatever they like on damaged files.
    except Exception as error:
        raise _explain(content, error) from error


def flatten(picture: Image.Image, background: str | tuple[int, ...]) -> Image.Image:
    """Lay a picture in mode L, LA, RGB or RGBA over a colour, where it is transparent: L or RGB."""
    if picture.mode not in {"LA", "RGBA"}:
        return picture
    layers = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layers.size, background), layers).convert("RGB")


def _check_size(file: Image.Image, max_pixels: int) -> None:
    if file.width * file.height > max_pixels:
        detail = f"it has {file.width:,} x {file.height:,} pixels, more than {max_pixels:,} pixels"
        raise EntryError("", Flaw.TOO_LARGE, detail)
    if file.width < 1 or file.height < 1:
        raise EntryError("", Flaw.DAMAGED, "it has no pixels")


def _check_scans(file: Image.Image, content: bytes, max_pixels: int) -> None:
    """Refuse a JPEG that goes over its pixels again and again: a few bytes cost seconds each time.

    Source: "Two Issues with the JPEG Standard", libjpeg-turbo project, 2015.
    """
    if file.format not in {"JPEG", "MPO"}:
        return
    allowed = _SCANS * max_pixels // (file.width * file.height)
    if len(content) // _SCAN_BYTES <= allowed:
        return
    scans = content.count(b"\xff\xda")
    if scans > allowed:
        raise EntryError("", Flaw.TOO_LARGE, f"it goes over its pixels {scans:,} times")


def _upright(file: Image.Image) -> Image.Image:
    """Turn a picture as its camera was held; a damaged note of that is no reason to skip it."""
    orientation = 1
    with suppress(Exception):
        orientation = file.getexif().get(_ORIENTATION, 1)
    method = _UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    return file if method is None else file.transpose(method)


def _explain(content: bytes, error: Exception) -> EntryError:
    detail = str(error) or type(error).__name__
    if isinstance(error, MemoryError | Image.DecompressionBombError):
        return EntryError("", Flaw.TOO_LARGE, detail)
    # Compressed texts and profiles in a PNG are bounded by Pillow, in these words.
    if "ata too large" in detail or "Too much memory used in text" in detail:
        return EntryError("", Flaw.TOO_LARGE, detail)
    flaw = flaw_of_header(content)
    if flaw is not None:
        return EntryError("", *flaw)
    if isinstance(error, Image.UnidentifiedImageError):
        detail = "it starts like an image and goes on like none"
    is_cut = "truncated" in detail or isinstance(error, EOFError) or ends_early(content)
    return EntryError("", Flaw.TRUNCATED if is_cut else Flaw.DAMAGED, detail)
