"""Images that stand in a table themselves, as base64 or as a data address."""

import base64
import binascii
import re
from typing import BinaryIO

from engine.importing.limits import LIMITS

_FORM = re.compile(rb"(?:data:[\w./+;=-]{0,200},)?[A-Za-z0-9+/_-]+={0,2}")
_HEAD = re.compile(rb"data:[\w./+;=\\-]{0,200},")
_STARTS = ("/9j/", "iVBORw0KGgo", "UklGR", "R0lGOD", "Qk0", "SUkqA", "TU0AK")
"""JPEG, PNG, WebP, GIF, BMP and TIFF, as base64 begins for them."""
_SHORTEST = 40
_STEP = 1 << 16
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_END = re.compile(rb"[^A-Za-z0-9+/=_\\-]")


def is_embedded(value: str) -> bool:
    """Whether a cell looks like an image itself rather than its name."""
    if value.startswith("data:image/") and "," in value[:200]:
        return True
    return len(value) >= _SHORTEST and value.startswith(_STARTS) and " " not in value[:200]


def place_in(raw: str, value: str, encoding: str) -> int | None:
    """Find where a cell stands in its row, in bytes; None where it cannot be read from there."""
    if not value.isascii() or not _FORM.fullmatch(value.encode()):
        return None
    for form in (value, value.replace("/", "\\/")):
        at = raw.find(form)
        if at >= 0:
            return len(raw[:at].encode(encoding, "replace"))
    return None


def read_embedded(stream: BinaryIO, offset: int) -> bytes:
    """Read the image that stands at a place of a table.

    Raises:
        ValueError: there is none.
        OSError: it cannot be read.
    """
    stream.seek(offset)
    content = bytearray()
    step = stream.read(_STEP)
    # JSON may write each slash with a backslash before it.
    head = _HEAD.match(step)
    step = step[head.end() :] if head else step
    while step and len(content) <= LIMITS.row_bytes:
        end = _END.search(step)
        content += step[: end.start() if end else len(step)]
        step = b"" if end else stream.read(_STEP)
    plain = bytes(content).replace(b"\\", b"").rstrip(b"=").translate(_TO_STANDARD)
    try:
        return base64.b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError(f"it is no base64: {error}") from error
