"""Why an image file cannot be decoded, found out from its bytes."""

import re
import struct
from enum import StrEnum

from PIL import Image

from engine.errors import EntryError


class ImageErrorKind(StrEnum):
    """Why a file cannot be decoded."""

    EMPTY = "empty"
    NOT_AN_IMAGE = "not_an_image"
    UNSUPPORTED = "unsupported"
    TRUNCATED = "truncated"
    DAMAGED = "damaged"
    TOO_LARGE = "too_large"


_KNOWN = re.compile(
    rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8[79]a|RIFF....WEBP|II[*+]\0|MM\0\*|P[1-7f]\s+[\d#-]"
    # Two letters are not specific enough; BMP has two reserved fields of zeros after its size.
    rb"|BM....\0\0\0\0",
    re.DOTALL,
)
HEIC = re.compile(rb"....ftyp(hei[cxms]|hev[cxms]|mif1|msf1)", re.DOTALL)
"""Start of a HEIC file."""
_UNSUPPORTED = {
    HEIC.pattern: (
        "a HEIC photograph; convert it to JPEG, or install the Python package pillow-heif"
    ),
    rb"....ftypavi[fs]": "an AVIF image, which this installation cannot read",
    rb"....ftyp": "a video",
    rb"RIFF....AVI ": "a video",
    rb"8BPS": "a Photoshop file",
    rb"MM\0\+": "a BigTIFF image in big-endian order",
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


def explain_error(content: bytes, error: Exception) -> EntryError:
    """Return the error for a file whose decoding failed with an exception of any kind."""
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
