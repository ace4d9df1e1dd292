"""Opens a source by its path: a folder, an archive, or a single file within a folder.

``ArchiveCache`` keeps a source open between the previews of the wizard, because unpacking an
archive takes a while.
"""

import gzip
import threading
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from engine.control import RunControl
from engine.data.image_files import SUFFIXES
from engine.errors import SourceUnreadableError
from engine.importing.sources.archive import LIMITS, Archive, Limits
from engine.importing.sources.folder import FolderArchive
from engine.importing.sources.tar import TarArchive
from engine.importing.sources.zip import ZipArchive

TABLES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".arrow", ".feather")
TARS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tbz2", ".tar.xz", ".txz")
ZIPS = (".zip",)
_OTHER_ARCHIVES = (".rar", ".7z", ".tar.zst", ".zst")
_IDX_TYPES = frozenset(b"\x08\x09\x0b\x0c\x0d\x0e")


def open_archive(
    source: Path, limits: Limits = LIMITS, control: RunControl | None = None
) -> Archive:
    """Open a source; a table or an IDX file opens its folder, with the file as selected entry.

    Args:
        source: folder, archive, table or IDX file.
        limits: how much is read.
        control: may stop the opening, which takes a while for a large tar.

    Raises:
        SourceUnreadableError: it is none of these, or cannot be read; says why.
        StoppedError: the control asked for it.
    """
    try:
        if source.is_dir():
            return FolderArchive(source, limits)
        if not source.is_file():
            reason = "it is not a file" if source.exists() else "there is no such file or folder"
            if source.is_symlink():
                reason = "it is a link that leads nowhere"
            raise SourceUnreadableError(source, reason)
        return _open_file(source, limits, control)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceUnreadableError(source, reason) from error


def _open_file(source: Path, limits: Limits, control: RunControl | None) -> Archive:
    name = source.name.lower()
    if name.endswith(TARS):
        return TarArchive(source, limits, control)
    if name.endswith(ZIPS):
        return ZipArchive(source, limits)
    if name.endswith(TABLES) or _is_idx(source):
        return FolderArchive(source.parent, limits, source=source, selected_entry=source.name)
    if name.endswith(_OTHER_ARCHIVES):
        raise SourceUnreadableError(source, "only ZIP and tar archives can be opened; unpack it")
    return _open_by_content(source, limits, control)


def _open_by_content(source: Path, limits: Limits, control: RunControl | None) -> Archive:
    """Archives whose names do not say so, such as downloads called ``data``."""
    if zipfile.is_zipfile(source):
        return ZipArchive(source, limits)
    with source.open("rb") as file:
        head = file.read(512)
    if head[257:262] == b"ustar":
        return TarArchive(source, limits, control)
    if source.suffix.lower() in SUFFIXES:
        reason = "it is a single image; choose the folder or the archive that holds all of them"
        raise SourceUnreadableError(source, reason)
    raise SourceUnreadableError(
        source, "it is neither a folder, a ZIP or tar archive, a table nor an IDX file"
    )


def _is_idx(source: Path) -> bool:
    """Whether a file starts as MNIST's do: two zeros, a type, a number of dimensions."""
    with source.open("rb") as file:
        head = file.read(4)
        if head[:2] == b"\x1f\x8b":
            file.seek(0)
            try:
                head = gzip.GzipFile(fileobj=file).read(4)
            except (OSError, EOFError, zlib.error):
                return False
    return len(head) == 4 and head[:2] == b"\0\0" and head[2] in _IDX_TYPES and 1 <= head[3] <= 4


ASK_EVERY_S = 0.1


@dataclass(eq=False)
class _Kept:
    archive: Archive
    key: tuple[object, ...]
    users: int = 0
    is_stale: bool = False


class ArchiveCache:
    """Opens a source once and lends it to several threads; another source closes the one before."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: _Kept | None = None

    @contextmanager
    def borrow(self, source: Path, control: RunControl) -> Iterator[Archive]:
        """Yield the open source for as long as the context lasts.

        Raises:
            SourceUnreadableError: it cannot be opened.
            StoppedError: the control asked for it.
        """
        kept = self._take(source, control)
        try:
            yield kept.archive
        finally:
            with self._lock:
                kept.users -= 1
                _close_if_done(kept)

    def close(self) -> None:
        """Close the source, or let its last user do it."""
        with self._lock:
            self._drop()

    def _take(self, source: Path, control: RunControl) -> _Kept:
        # Another thread may be unpacking the same archive.
        while not self._lock.acquire(timeout=ASK_EVERY_S):
            control.stop_if_asked()
        try:
            key: tuple[object, ...] = (source,)
            with suppress(OSError):
                status = source.stat()
                key += (status.st_mtime_ns, status.st_size)
            if self._kept is None or self._kept.key != key:
                self._drop()
                self._kept = _Kept(archive=open_archive(source, control=control), key=key)
            self._kept.users += 1
            return self._kept
        finally:
            self._lock.release()

    def _drop(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.is_stale = True
            _close_if_done(kept)


def _close_if_done(kept: _Kept) -> None:
    if kept.is_stale and not kept.users:
        kept.archive.__exit__(None, None, None)
