"""How much a stranger's file may ask of this machine."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds that hold for every source; what is beyond one is skipped with its reason."""

    entries: int = 5_000_000
    """Files in a source."""
    depth: int = 64
    """Folders within folders."""
    file_bytes: int = 512_000_000
    """One image file, unpacked."""
    text_bytes: int = 1_000_000
    """One caption file, and one field of a table."""
    row_bytes: int = 8_000_000
    """One line of a table, embedded bytes included."""
    pixels: int = 64_000_000
    """One image, before it is decoded."""
    unpacked_bytes: int = 200_000_000_000
    """A whole archive, unpacked."""
    ratio: int = 1_000
    """Unpacked bytes for each packed one; a member beyond it is a bomb."""


LIMITS = Limits()
"""Those that hold unless a test says otherwise."""
