"""Limits of untrusted image files, checked before anything is decoded to bound the memory."""

import threading
from typing import Self

from engine.data.image_errors import ImageErrorKind
from engine.errors import EntryError

MAX_BYTES = 512_000_000
"""Largest file that is read."""
MAX_PIXELS = 128_000_000
"""Largest image, in the size that it is decoded in."""
MAX_JPEG_PIXELS = 1_000_000_000
"""Largest JPEG that is decoded at a reduced size."""
_BYTES_PER_PIXEL = 4
"""Memory that an image may take while it is decoded, for each of ``max_pixels``."""
_LARGE_BYTES = 128_000_000
"""Images that take more memory are decoded one at a time."""
_SCANS = 20
"""Largest number of scans of a JPEG of ``max_pixels``; progressive ones have about ten."""
_SCAN_BYTES = 10
"""Smallest size of a scan: its header, with no data."""
_ONE_LARGE = threading.Lock()


class MemoryBudget:
    """Admits images before they are decoded; large ones take turns among all threads.

    A context manager, left when an image is decoded.

    Args:
        max_pixels: largest image.
    """

    def __init__(self, max_pixels: int) -> None:
        self._max_pixels = max_pixels
        self._is_held = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._is_held:
            _ONE_LARGE.release()

    def admit(self, size: tuple[int, int], needed_bytes: int = 0) -> None:
        """Wait until there is room for an image.

        Args:
            size: width and height as decoded.
            needed_bytes: memory that decoding takes; by default four bytes for each pixel.

        Raises:
            EntryError: it has no pixels, or too many.
        """
        width, height = size
        check_pixels(width, height, self._max_pixels)
        needed_bytes = needed_bytes or 4 * width * height
        allowed = _BYTES_PER_PIXEL * self._max_pixels
        if needed_bytes > allowed:
            detail = f"decoding it takes {needed_bytes:,} bytes, more than {allowed:,}"
            raise EntryError("", ImageErrorKind.TOO_LARGE, detail)
        if needed_bytes > _LARGE_BYTES and not self._is_held:
            _ONE_LARGE.acquire()
            self._is_held = True

    def check_jpeg(self, size: tuple[int, int], content: bytes) -> None:
        """Check the full size of a JPEG, and its scans: each takes a few bytes and long to decode.

        Source: "Two Issues with the JPEG Standard", libjpeg-turbo project, 2015.

        Raises:
            EntryError: it has no pixels, or too many pixels or scans.
        """
        width, height = size
        check_pixels(width, height, MAX_JPEG_PIXELS)
        allowed = _SCANS * self._max_pixels // (width * height)
        if len(content) // _SCAN_BYTES <= allowed:
            return
        scans = content.count(b"\xff\xda")
        if scans > max(allowed, 1):
            raise EntryError("", ImageErrorKind.TOO_LARGE, f"it has {scans:,} scans")


def check_pixels(width: int, height: int, max_pixels: int) -> None:
    """Check the size of an image.

    Raises:
        EntryError: it has no pixels, or too many.
    """
    if width < 1 or height < 1:
        raise EntryError("", ImageErrorKind.DAMAGED, "it has no pixels")
    if width * height > max_pixels:
        detail = f"it has {width:,} x {height:,} pixels, more than {max_pixels:,} pixels"
        raise EntryError("", ImageErrorKind.TOO_LARGE, detail)
