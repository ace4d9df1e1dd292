"""Decodes an untrusted image file: upright, in sRGB, or refused with a clear reason.

Only listed formats are tried, with Pillow's own decoders: none runs another program, as PostScript
would, and none guesses, as Targa does, which has no signature.

- ``decode_image`` is the entry point; ``original_size`` undoes a JPEG's reduced decoding.
- ``in_plain_colours`` converts every pixel type to 8 bits of sRGB. Pillow's ``convert`` would clip
  16 bits instead of scaling them, and ignores colour profiles.
- ``identify_header_error`` and ``ends_early`` find out from its bytes why a file is not an image.
- ``quiet`` suppresses Pillow's warnings, in several threads at once.
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
"""The colour space that a profile must be for, by mode."""
_PROFILES_KEPT = 16
_TOPS = (1.0, 255.0, 65_535.0)
"""What white is in numbers without a fixed range: the least of these that nothing exceeds."""


def in_plain_colours(image: Image.Image) -> Image.Image:
    """Convert a loaded image to mode L, LA, RGB or RGBA, in sRGB."""
    profile = image.info.get("icc_profile")
    plain = _in_eight_bits(image)
    if isinstance(profile, bytes) and profile and plain.mode in _PROFILED:
        plain = _in_srgb(plain, profile)
    if plain.mode == "LAB":
        # Without a profile of its own it is the standard's.
        plain = ImageCms.applyTransform(plain, _lab_transform()) or plain
    return plain if plain.mode in {"L", "LA", "RGB", "RGBA"} else plain.convert("RGB")


def _in_eight_bits(image: Image.Image) -> Image.Image:
    """Come as near to a plain mode as is possible without knowing the profile."""
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
    """Scale sixteen bits and more to eight: Pillow's own conversion clips at 255."""
    deep = np.asarray(image)
    if deep.dtype.kind == "f":
        return _from_floats(deep)
    top = int(deep.max(initial=0))
    if top <= 255:  # eight bits in a wider file
        return Image.fromarray(deep.clip(0, 255).astype(np.uint8))
    white = 65_535 if top <= 65_535 else 2**31 - 1
    wide = deep.clip(0, white).astype(np.int64)
    return Image.fromarray((wide * 255 // white).astype(np.uint8))


def _from_floats(deep: npt.NDArray[np.floating]) -> Image.Image:
    finite = np.nan_to_num(deep, nan=0.0, posinf=0.0, neginf=0.0)
    top = float(finite.max(initial=0.0))
    white = next((white for white in _TOPS if top <= white), top)
    return Image.fromarray((finite.clip(0, white) / white * 255 + 0.5).astype(np.uint8))


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Apply a colour profile; one that is damaged or for other pixels is ignored."""
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
    """Build the way from a profile to sRGB; None if there is none, or nothing to do."""
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
    """Why a file gives no image."""

    EMPTY = "empty"
    NOT_AN_IMAGE = "not_an_image"
    UNSUPPORTED = "unsupported"
    TRUNCATED = "truncated"
    DAMAGED = "damaged"
    TOO_LARGE = "too_large"


_KNOWN = re.compile(
    rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8[79]a|RIFF....WEBP|II[*+]\0|MM\0[*+]|P[1-7f]\s+[\d#-]"
    # Two letters are too few: a bitmap has zeros in two fields behind its size.
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
    """Say what a file is that is no image of a kind on the list; None if it looks like one."""
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
    """Whether a file stops before its format says that it ends."""
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
        # Some cameras add bytes of their own behind the end.
        return b"\xff\xd9" not in content[-4_096:]
    return False


def _png_ends_early(content: bytes) -> bool:
    """Follow a PNG's chunks, each of which says how long it is, until its last."""
    place = 8
    while place + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, place)
        if kind == b"IEND":
            return False
        place += 12 + length
    return True


# It also logs as errors what it raises or gets over: the reason in the accounts is what counts.
logging.getLogger("PIL").setLevel(logging.CRITICAL)


class _PillowWarningFilter:
    """Python's own way of catching warnings is for one thread: the last one out restores."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._caught: warnings.catch_warnings | None = None

    def enter(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._caught = warnings.catch_warnings()
                self._caught.__enter__()
                warnings.filterwarnings("ignore", module=r"PIL\b")

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and self._caught is not None:
                self._caught.__exit__(None, None, None)


_PILLOW_WARNING_FILTER = _PillowWarningFilter()


@contextmanager
def suppress_pillow_warnings() -> Iterator[None]:
    """Ignore what Pillow warns of: whatever matters, such as size, is checked apart."""
    _PILLOW_WARNING_FILTER.enter()
    try:
        yield
    finally:
        _PILLOW_WARNING_FILTER.leave()


# Importing a plug-in registers it. Pillow would otherwise load all it has at the first WebP.


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
        at_least: a JPEG may be decoded smaller than it is, but with both sides at least twice
            this long; 0 decodes all of it.

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
    # Pillow's decoders raise whatever they like on damaged files.
    except Exception as error:
        raise _explain(content, error) from error


def flatten(image: Image.Image, background: str | tuple[int, ...]) -> Image.Image:
    """Lay an image in mode L, LA, RGB or RGBA over a colour, where it is transparent: L or RGB."""
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
        raise EntryError("", ImageErrorKind.TOO_LARGE, f"it goes over its pixels {scans:,} times")


def _upright(file: Image.Image) -> Image.Image:
    """Turn an image as its camera was held; a damaged note of that is no reason to skip it."""
    orientation = 1
    with suppress(Exception):
        orientation = file.getexif().get(_ORIENTATION, 1)
    method = _UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    return file if method is None else file.transpose(method)


def _explain(content: bytes, error: Exception) -> EntryError:
    detail = str(error) or type(error).__name__
    if isinstance(error, MemoryError | Image.DecompressionBombError):
        return EntryError("", ImageErrorKind.TOO_LARGE, detail)
    # Compressed texts and profiles in a PNG are bounded by Pillow, in these words.
    if "ata too large" in detail or "Too much memory used in text" in detail:
        return EntryError("", ImageErrorKind.TOO_LARGE, detail)
    error_kind = identify_header_error(content)
    if error_kind is not None:
        return EntryError("", *error_kind)
    if isinstance(error, Image.UnidentifiedImageError):
        detail = "it starts like an image and goes on like none"
    is_cut = "truncated" in detail or isinstance(error, EOFError) or ends_early(content)
    return EntryError("", ImageErrorKind.TRUNCATED if is_cut else ImageErrorKind.DAMAGED, detail)


def original_size(
    content: bytes | npt.NDArray[np.uint8], decoded: tuple[int, int]
) -> tuple[int, int]:
    """Return the width and height of an image before a JPEG was decoded at a reduced size.

    Args:
        content: what it was decoded from.
        decoded: width and height as decoded, upright.
    """
    if not isinstance(content, bytes) or not content.startswith(_START):
        return decoded
    width, height = jpeg_size(content) or decoded
    # The EXIF orientation has swapped the sides.
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
