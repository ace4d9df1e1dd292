"""How large a picture was before it was decoded: a JPEG may be decoded smaller than it is."""

from engine.importing.candidate import Pixels

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
