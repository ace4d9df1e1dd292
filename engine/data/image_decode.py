"""Decode untrusted image files to upright 8-bit sRGB, or report why they cannot be decoded.

Only the formats in ``FORMATS`` are tried. None runs another program, as PostScript does, and all
have a signature, which Targa lacks.

- ``decode_image`` is the entry point; ``original_size`` returns the size before reduced decoding.
- ``in_plain_colours`` converts every pixel type to 8 bits of sRGB. Pillow's ``convert`` would clip
  16 bits instead of scaling them, and ignores colour profiles.
- ``identify_header_error`` and ``ends_early`` find out from its bytes why a file is not an image.
- ``suppress_pillow_warnings`` is a thread-safe filter of Pillow's warnings.
"""

import io
import logging
import re
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from functools import lru_cache
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    JpegImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
    features,
)

from engine.errors import EntryError

_PROFILED = {
    "L": "GRAY",
    "LA": "GRAY",
    "RGB": "RGB ",
    "RGBA": "RGB ",
    "CMYK": "CMYK",
    "LAB": "Lab ",
}
"""Colour space that an ICC profile must have, by mode."""
_PROFILES_KEPT = 16
_WHITE_LEVELS = (1.0, 255.0, 65_535.0)
"""Candidates for the white level of float images: the smallest that no pixel exceeds."""


def in_plain_colours(image: Image.Image) -> Image.Image:
    """Convert a loaded image to mode L, LA, RGB or RGBA, in sRGB."""
    profile = image.info.get("icc_profile")
    plain = _in_eight_bits(image)
    if isinstance(profile, bytes) and profile and plain.mode in _PROFILED:
        plain = _in_srgb(plain, profile)
    if plain.mode == "LAB":
        # Without a profile, use the standard's Lab.
        plain = ImageCms.applyTransform(plain, _lab_transform()) or plain
    return plain if plain.mode in {"L", "LA", "RGB", "RGBA"} else plain.convert("RGB")


def _in_eight_bits(image: Image.Image) -> Image.Image:
    """Convert to 8 bits per channel without applying the profile."""
    match image.mode:
        case "F" | "I":
            return _from_deep(image)
        case mode if mode.startswith("I;"):
            return _from_deep(image)
        case "1" | "L" | "RGB" | "P" | "PA" if image.has_transparency_data:
            return image.convert("LA" if image.mode in {"1", "L"} else "RGBA")
        case "1":
            return image.convert("L")
        case "La":
            return image.convert("LA")
        case "RGBa":
            return image.convert("RGBA")
        case "L" | "LA" | "RGB" | "RGBA" | "CMYK" | "LAB":
            return image
        case _:
            return image.convert("RGB")


def _from_deep(image: Image.Image) -> Image.Image:
    """Scale 16 bits and more to 8; Pillow's conversion would clip at 255."""
    deep = np.asarray(image)
    if deep.dtype.kind == "f":
        finite = np.nan_to_num(deep, nan=0.0, posinf=0.0, neginf=0.0)
        top = float(finite.max(initial=0.0))
        white = next((white for white in _WHITE_LEVELS if top <= white), top)
        return Image.fromarray((finite.clip(0, white) / white * 255 + 0.5).astype(np.uint8))
    top = int(deep.max(initial=0))
    if top <= 255:  # eight bits in a wider file
        return Image.fromarray(deep.clip(0, 255).astype(np.uint8))
    white = 65_535 if top <= 65_535 else 2**31 - 1
    wide = deep.clip(0, white).astype(np.int64)
    return Image.fromarray((wide * 255 // white).astype(np.uint8))


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Apply an ICC profile; one that is damaged or for another mode is ignored."""
    bare = {"LA": "L", "RGBA": "RGB"}.get(image.mode, image.mode)
    transform = _transform(profile, bare)
    if transform is None:
        return image
    opaque = image.convert(bare) if bare != image.mode else image
    colours = ImageCms.applyTransform(opaque, transform)
    if colours is None:
        return image
    if bare == "L":
        colours = colours.convert("L")
    if bare != image.mode:
        colours.putalpha(image.getchannel("A"))
    return colours


@lru_cache(maxsize=_PROFILES_KEPT)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Build the transform from a profile to sRGB; None if it is not usable or already sRGB."""
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        facts = cast("Any", opened.profile)
        if facts.xcolor_space != _PROFILED[mode]:
            return None
        if "srgb" in (facts.profile_description or "").lower():
            return None
        return ImageCms.buildTransform(opened, ImageCms.createProfile("sRGB"), mode, "RGB")
    except Exception:  # noqa: BLE001 (an untrusted profile; an image without is still one)
        return None


@lru_cache(maxsize=1)
def _lab_transform() -> ImageCms.ImageCmsTransform:
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    return ImageCms.buildTransform(lab, srgb, "LAB", "RGB")


class ImageErrorKind(StrEnum):
    """Why a file cannot be decoded."""

    EMPTY = "empty"
    NOT_AN_IMAGE = "not_an_image"
    UNSUPPORTED = "unsupported"
    TRUNCATED = "truncated"
    DAMAGED = "damaged"
    TOO_LARGE = "too_large"


_KNOWN = re.compile(
    rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8[79]a|RIFF....WEBP|II[*+]\0|MM\0[*+]|P[1-7f]\s+[\d#-]"
    # Two letters are not specific enough; BMP has two reserved fields of zeros after its size.
    rb"|BM....\0\0\0\0",
    re.DOTALL,
)
_UNSUPPORTED = {
    rb"....ftyp(hei[cxms]|hev[cxms]|mif1|msf1)": "a HEIC photograph; save it as JPEG",
    rb"....ftypavi[fs]": "an AVIF image, which this installation cannot read",
    rb"....ftyp": "a video",
    rb"RIFF....AVI ": "a video",
    rb"8BPS": "a Photoshop file",
    rb"gimp xcf": "a GIMP file",
    rb"%!PS|\xc5\xd0\xd3\xc6": "a PostScript file",
    rb"%PDF": "a PDF file",
    rb"\0\0[\x01\x02]\0": "an icon, a cursor or a Targa image",
    rb"icns": "an icon",
    rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51": "a JPEG 2000 image",
    rb"\0\0\0\x0cJXL |\xff\x0a": "a JPEG XL image",
    rb"DDS ": "a DirectDraw texture",
    rb"\x76\x2f\x31\x01": "an OpenEXR image",
    rb"#\?RADIANCE|#\?RGBE": "a Radiance image",
    rb"qoif": "a QOI image",
    rb"\xd7\xcd\xc6\x9a|\x01\0\0\0.{36} EMF": "a Windows metafile",
    rb"FUJIFILM": "a raw photograph",
    rb"(\xef\xbb\xbf)?\s*(<\?xml.{0,2000}?)?(<!--.{0,2000}?-->\s*)?(<!DOCTYPE svg.{0,500}?)?<svg": (
        "an SVG drawing"
    ),
}
_HEAD_BYTES = 8_192


def identify_header_error(content: bytes) -> tuple[ImageErrorKind, str] | None:
    """Identify a file without a supported image header; None if the header is supported."""
    head = content[:_HEAD_BYTES]
    if _KNOWN.match(head):
        return None
    for pattern, kind in _UNSUPPORTED.items():
        if re.match(pattern, head, re.DOTALL):
            return ImageErrorKind.UNSUPPORTED, f"it is {kind}"
    if any(mark.startswith(head) for mark in (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a")):
        return ImageErrorKind.TRUNCATED, f"it has {len(content)} bytes"
    return ImageErrorKind.NOT_AN_IMAGE, "it is no image of a kind that can be read"


def ends_early(content: bytes) -> bool:
    """Whether a file ends before the end that its format declares."""
    match content[:4]:
        case b"\x89PNG":
            return _png_ends_early(content)
        case b"RIFF":
            return len(content) < 12 or struct.unpack_from("<I", content, 4)[0] + 8 > len(content)
        case b"GIF8":
            return not content.rstrip(b"\0").endswith(b";")
    if content[:2] == b"BM":
        return len(content) < 26 or struct.unpack_from("<I", content, 2)[0] > len(content)
    if content[:2] == b"\xff\xd8":
        # Some cameras append bytes after the end marker.
        return b"\xff\xd9" not in content[-4_096:]
    return False


def _png_ends_early(content: bytes) -> bool:
    """Walk the chunks of a PNG by their lengths until ``IEND``."""
    place = 8
    while place + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, place)
        if kind == b"IEND":
            return False
        place += 12 + length
    return True


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
MAX_BYTES = 512_000_000
"""Largest file that is read."""

_SCANS = 20
"""Largest number of scans of a JPEG of ``max_pixels``; progressive ones have about ten."""
_SCAN_BYTES = 10
"""Smallest size of a scan: its header, with no data."""
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

_START = b"\xff\xd8"
_SCAN = 0xDA
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers without a length."""


def decode_image(content: bytes, max_pixels: int, *, at_least: int = 0) -> Image.Image:
    """Decode the first frame of an image file.

    Args:
        content: the whole file.
        max_pixels: larger ones are refused before they are decoded.
        at_least: a JPEG may be decoded at a reduced size, with both sides at least twice this
            long; 0 decodes the full size.

    Returns:
        The image upright, in sRGB, in mode L, LA, RGB or RGBA.

    Raises:
        EntryError: with a ``ImageErrorKind`` as its reason and no path.
    """
    if not content:
        raise EntryError("", ImageErrorKind.EMPTY)
    try:
        with suppress_pillow_warnings(), Image.open(io.BytesIO(content), formats=FORMATS) as file:
            _check_size(file, max_pixels)
            _check_scans(file, content, max_pixels)
            if at_least and file.format in {"JPEG", "MPO"}:
                file.draft(None, (2 * at_least, 2 * at_least))
            file.load()
            _check_size(file, max_pixels)
            return in_plain_colours(_upright(file))
    except EntryError:
        raise
    # Pillow's decoders raise arbitrary exceptions on damaged files.
    except Exception as error:
        raise _explain(content, error) from error


def flatten(image: Image.Image, background: str | tuple[int, ...]) -> Image.Image:
    """Composite an image in mode L, LA, RGB or RGBA over a background colour: L or RGB."""
    if image.mode not in {"LA", "RGBA"}:
        return image
    layers = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layers.size, background), layers).convert("RGB")


def _check_size(file: Image.Image, max_pixels: int) -> None:
    if file.width * file.height > max_pixels:
        detail = f"it has {file.width:,} x {file.height:,} pixels, more than {max_pixels:,} pixels"
        raise EntryError("", ImageErrorKind.TOO_LARGE, detail)
    if file.width < 1 or file.height < 1:
        raise EntryError("", ImageErrorKind.DAMAGED, "it has no pixels")


def _check_scans(file: Image.Image, content: bytes, max_pixels: int) -> None:
    """Refuse a JPEG with too many scans: each takes a few bytes and seconds of decoding.

    Source: "Two Issues with the JPEG Standard", libjpeg-turbo project, 2015.
    """
    if file.format not in {"JPEG", "MPO"}:
        return
    allowed = _SCANS * max_pixels // (file.width * file.height)
    if len(content) // _SCAN_BYTES <= allowed:
        return
    scans = content.count(b"\xff\xda")
    if scans > allowed:
        raise EntryError("", ImageErrorKind.TOO_LARGE, f"it has {scans:,} scans")


def _upright(file: Image.Image) -> Image.Image:
    """Apply the EXIF orientation; a damaged one is ignored."""
    orientation = 1
    with suppress(Exception):
        orientation = file.getexif().get(_ORIENTATION, 1)
    method = _UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    return file if method is None else file.transpose(method)


def _explain(content: bytes, error: Exception) -> EntryError:
    detail = str(error) or type(error).__name__
    if isinstance(error, MemoryError | Image.DecompressionBombError):
        return EntryError("", ImageErrorKind.TOO_LARGE, detail)
    # Messages of Pillow's limits on compressed texts and profiles in a PNG.
    if "ata too large" in detail or "Too much memory used in text" in detail:
        return EntryError("", ImageErrorKind.TOO_LARGE, detail)
    error_kind = identify_header_error(content)
    if error_kind is not None:
        return EntryError("", *error_kind)
    if isinstance(error, Image.UnidentifiedImageError):
        detail = "it has the header of an image, but no valid content"
    is_cut = "truncated" in detail or isinstance(error, EOFError) or ends_early(content)
    return EntryError("", ImageErrorKind.TRUNCATED if is_cut else ImageErrorKind.DAMAGED, detail)


def read_size(content: bytes, max_pixels: int) -> tuple[int, int]:
    """Return the width and height of an image file, upright, without decoding its pixels.

    Args:
        content: the whole file.
        max_pixels: larger ones are refused.

    Raises:
        EntryError: with a ``ImageErrorKind`` as its reason and no path.
    """
    try:
        with suppress_pillow_warnings(), Image.open(io.BytesIO(content), formats=FORMATS) as file:
            _check_size(file, max_pixels)
            # Pillow decodes a whole PNG to find an orientation, which they hardly ever have.
            orientation = 1 if file.format == "PNG" else file.getexif().get(_ORIENTATION, 1)
            width, height = file.size
            return (height, width) if orientation in _SIDEWAYS else (width, height)
    except EntryError:
        raise
    # As in ``decode_image``.
    except Exception as error:
        raise _explain(content, error) from error


def original_size(
    content: bytes | npt.NDArray[np.uint8], decoded: tuple[int, int]
) -> tuple[int, int]:
    """Return the width and height of an image before a JPEG was decoded at a reduced size.

    Args:
        content: the encoded file, or pixels that were not decoded.
        decoded: width and height as decoded, upright.
    """
    if not isinstance(content, bytes) or not content.startswith(_START):
        return decoded
    width, height = jpeg_size(content) or decoded
    # The EXIF orientation may swap the sides.
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
