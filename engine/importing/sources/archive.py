"""The interface of a source of files, the same for a folder, a ZIP and a tar; and its limits.

All files are untrusted. Paths are relative, with forward slashes, and never lead out of the source;
a file whose path would is refused and recorded in the ledger.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, Self

from engine.data.image_limits import MAX_BYTES, MAX_PIXELS
from engine.importing.ledger import FileLedger


@dataclass(frozen=True, kw_only=True, slots=True)
class FileEntry:
    """One file of a source."""

    path: str
    """Relative, such as ``cats/01.jpg``."""
    size: int
    """Bytes, unpacked."""


class Archive(Protocol):
    """The files of a source. ``open`` and ``read`` may be called from several threads at once.

    A context manager: leaving it closes the archive.
    """

    @property
    def source(self) -> Path:
        """The path that the user chose."""
        ...

    @property
    def selected_entry(self) -> str:
        """The entry that the user chose inside the archive, such as a table; else empty."""
        ...

    def entries(self, ledger: FileLedger) -> Iterator[FileEntry]:
        """List all regular files, always in the same order, as they are found.

        Each is counted by ``ledger.add``; what is unsafe, hidden, empty, a link or a device is
        counted too, recorded with its reason, and not yielded.

        Raises:
            SourceUnreadableError: the source itself cannot be read, or has too many entries.
        """
        ...

    def open(self, path: str) -> BinaryIO:
        """Open a file to be streamed.

        Raises:
            EntryError: it is not there, not safe, too large or cannot be read; says why.
        """
        ...

    def read(self, path: str, limit: int) -> bytes:
        """Read a whole file of at most ``limit`` bytes.

        Raises:
            EntryError: it is not there, not safe, larger, or cannot be read; says why.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits for untrusted sources; files beyond one are skipped with a reason."""

    entries: int = 5_000_000
    """Files in a source."""
    depth: int = 64
    """Folders within folders."""
    file_bytes: int = MAX_BYTES
    """One image file, unpacked."""
    text_bytes: int = 1_000_000
    """One caption file, and one field of a table."""
    row_bytes: int = 8_000_000
    """One line of a table, embedded bytes included."""
    pixels: int = MAX_PIXELS
    """One image, in the size that it is decoded in."""
    unpacked_bytes: int = 200_000_000_000
    """A whole archive, unpacked."""
    ratio: int = 1_000
    """Unpacked bytes for each packed one; a member beyond it is a bomb."""


LIMITS = Limits()
"""The default limits."""
