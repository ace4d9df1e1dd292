"""A folder as a source. Of links, only those to files within the folder are followed.

So there is neither a way out nor a circle. The Hugging Face Hub's cache is made of such links; if
one of its snapshots is picked, those to the cached files beside it are followed, too.
"""

import errno
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Self

from engine.errors import EntryError, SourceUnreadableError
from engine.fs.untrusted import NOFOLLOW_FLAGS
from engine.importing.ledger import FileLedger, Reason
from engine.importing.sources.archive import LIMITS, FileEntry, Limits
from engine.importing.sources.entries import (
    CHUNK_BYTES,
    explain,
    is_hidden_file,
    is_hidden_folder,
    is_safe,
    printable,
    read_whole,
    stream,
    too_large,
)

_JUNCTION = 0xA0000003
"""Windows' other kind of link between folders: IO_REPARSE_TAG_MOUNT_POINT."""
_REFUSES_LINKS = hasattr(os, "O_NOFOLLOW")
_BECAME_LINK = "it has become a link"


class FolderArchive:
    """The files of a folder and of the folders in it. A folder that is skipped counts as one file.

    Args:
        folder: may itself be a link.
        limits: how much is read.
        source: what the user picked, if not the folder.
        focus: a file of the folder that the user picked.
    """

    def __init__(
        self,
        folder: Path,
        limits: Limits = LIMITS,
        *,
        source: Path | None = None,
        selected_entry: str = "",
    ) -> None:
        self.source = source or folder
        self.selected_entry = printable(selected_entry)
        self._root = os.path.realpath(folder)
        self._link_root = _cache_of(self._root) or self._root
        self._limits = limits
        # Files that links lead to, by the path of the link.
        self._targets: dict[str, str] = {}
        # The original names of files whose names are not valid text.
        self._odd_names = {self.selected_entry: selected_entry} if selected_entry else {}
        try:
            os.scandir(self._root).close()
        except OSError as error:
            reason = error.strerror or str(error)
            raise SourceUnreadableError(self.source, reason) from error

    def entries(self, ledger: FileLedger) -> Iterator[FileEntry]:
        """List all regular files; see ``Archive.entries``."""
        # One list of names for each folder on the way down, the next one last.
        waiting = [("", self._names("", ledger))]
        while waiting:
            folder, names = waiting[-1]
            if not names:
                waiting.pop()
                continue
            name = names.pop()
            path = f"{folder}{name}"
            try:
                status = os.lstat(f"{self._root}/{path}")
            except OSError as error:
                self._refuse(path, error, ledger)
                continue
            is_link = _is_link(status)
            if not stat.S_ISDIR(status.st_mode) or is_link:
                if is_link:
                    status = self._followed(path, status)
                entry = self._file(path, status, ledger)
                if entry is not None:
                    yield entry
            elif self._may_enter(path, len(waiting), ledger):
                waiting.append((f"{path}/", self._names(f"{path}/", ledger)))

    def open(self, path: str) -> BinaryIO:
        """Open a file to be streamed; see ``Archive.open``."""
        file, _size = self._open(path)
        return stream(file, path, self._limits.unpacked_bytes)

    def read(self, path: str, limit: int) -> bytes:
        """Read a whole file; see ``Archive.read``."""
        file, size = self._open(path)
        with file:
            if size > limit:
                raise too_large(path, limit)
            # Bare: most files are small, and there are two for every pair.
            try:
                return read_whole(file, path, limit, chunk_bytes=min(size + 1, CHUNK_BYTES))
            except OSError as error:
                raise explain(path, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        """Do nothing: each reader closes its own file."""

    def _names(self, folder: str, ledger: FileLedger) -> list[str]:
        """List a folder by name, the first one last."""
        names: list[str] = []
        try:
            with os.scandir(f"{self._root}/{folder}") as found:
                for entry in found:
                    names.append(entry.name)
                    if ledger.files_found + len(names) > self._limits.entries:
                        raise self._too_many()
        except OSError as error:
            self._refuse(folder, error, ledger)
        names.sort(reverse=True)
        return names

    def _file(self, path: str, status: os.stat_result, ledger: FileLedger) -> FileEntry | None:
        """Count a file; return its entry, or None if it is skipped."""
        ledger.add()
        if ledger.files_found > self._limits.entries:
            raise self._too_many()
        shown = printable(path)
        reason, detail = self._problem(path, shown, status)
        if reason is not None:
            ledger.mark_skipped(shown, reason, detail)
            return None
        if shown != path:
            self._odd_names[shown] = path
        return FileEntry(path=shown, size=status.st_size)

    def _problem(self, path: str, shown: str, status: os.stat_result) -> tuple[Reason | None, str]:
        # Hidden folders are not entered.
        if is_hidden_file(path.rpartition("/")[2]):
            return Reason.HIDDEN, ""
        if _is_link(status):
            return Reason.LINK, "it leads out of the folder, or to a folder"
        if not stat.S_ISREG(status.st_mode):
            return Reason.SPECIAL_FILE, "it is a device, socket or pipe"
        is_taken = shown != path and os.path.lexists(f"{self._root}/{shown}")
        if not is_safe(path) or is_taken:
            return Reason.UNSAFE_PATH, "its name would be misunderstood on another system"
        return (Reason.EMPTY, "") if status.st_size == 0 else (None, "")

    def _followed(self, path: str, link: os.stat_result) -> os.stat_result:
        """Return the status of the file that a link leads to; its own if it is not followed."""
        target = os.path.realpath(f"{self._root}/{path}")
        try:
            relative = os.path.relpath(target, self._link_root).replace(os.sep, "/")
            status = os.lstat(target)
        except (OSError, ValueError):  # nothing is there, or it is on another drive
            return link
        if not is_safe(relative) or not stat.S_ISREG(status.st_mode):
            return link
        self._targets[path] = target
        return status

    def _may_enter(self, path: str, depth: int, ledger: FileLedger) -> bool:
        """Whether to enter a folder; one that is not entered is recorded like a file."""
        if is_hidden_folder(path.rpartition("/")[2]):
            reason, detail = Reason.HIDDEN, "a folder of the system's"
        elif depth > self._limits.depth:
            reason, detail = Reason.TOO_LARGE, "folders nest too deep"
        else:
            return True
        ledger.add()
        ledger.mark_skipped(printable(f"{path}/"), reason, detail)
        return False

    def _refuse(self, path: str, error: OSError, ledger: FileLedger) -> None:
        """Record what the system cannot list; raise if the whole source is gone."""
        if not path or not Path(self._root).is_dir():
            reason = error.strerror or str(error)
            raise SourceUnreadableError(self.source, reason) from error
        ledger.add()
        ledger.mark_skipped(printable(path), Reason.UNREADABLE, error.strerror or str(error))

    def _too_many(self) -> SourceUnreadableError:
        return SourceUnreadableError(
            self.source, f"it holds more than {self._limits.entries:,} files"
        )

    def _locate(self, path: str) -> str:
        """Return the location of a path after checking that no folder on the way is a link."""
        if not is_safe(path) or (os.name == "nt" and ":" in path):
            raise EntryError(path, Reason.UNSAFE_PATH, "it leads out of the folder")
        place = self._root
        path = self._odd_names.get(path, path)
        if path in self._targets:
            if os.path.realpath(self._targets[path]) != self._targets[path]:
                raise EntryError(path, Reason.LINK, "it leads elsewhere by now")
            return self._targets[path]
        *folders, name = path.split("/")
        for folder in folders:
            place = f"{place}/{folder}"
            if _is_link(os.lstat(place)):
                raise EntryError(path, Reason.LINK, "links are not followed")
        return f"{place}/{name}"

    def _open(self, path: str) -> tuple[io.FileIO, int]:
        try:
            place = self._locate(path)
            # Where the system can refuse to follow a link while it opens, this is not asked before.
            if not _REFUSES_LINKS and _is_link(os.lstat(place)):
                raise EntryError(path, Reason.LINK, _BECAME_LINK)
            file = io.FileIO(
                place, opener=lambda name, _flags: os.open(name, os.O_RDONLY | NOFOLLOW_FLAGS)
            )
        except (OSError, ValueError) as error:
            if getattr(error, "errno", None) == errno.ELOOP:
                raise EntryError(path, Reason.LINK, _BECAME_LINK) from error
            detail = getattr(error, "strerror", None) or str(error)
            raise EntryError(path, Reason.UNREADABLE, detail) from error
        status = os.fstat(file.fileno())
        if stat.S_ISREG(status.st_mode):
            return file, status.st_size
        file.close()
        raise EntryError(path, Reason.SPECIAL_FILE, "it is a device, socket or pipe")


def _cache_of(root: str) -> str:
    """Return the folder of a Hub's repository if ``root`` is one of its snapshots; else empty."""
    snapshots = Path(root).parent
    is_snapshot = snapshots.name == "snapshots" and (snapshots.parent / "blobs").is_dir()
    return str(snapshots.parent) if is_snapshot else ""


def _is_link(status: os.stat_result) -> bool:
    return stat.S_ISLNK(status.st_mode) or getattr(status, "st_reparse_tag", 0) == _JUNCTION
