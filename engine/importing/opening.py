"""Opens whatever the user picked: a folder, an archive, or a file that stands in a folder."""

import gzip
import zipfile
import zlib
from pathlib import Path

from engine.control import RunControl
from engine.errors import SourceUnreadableError
from engine.importing.folder_tree import FolderTree
from engine.importing.limits import LIMITS, Limits
from engine.importing.tar_tree import TarTree
from engine.importing.tree import Tree
from engine.importing.zip_tree import ZipTree

TABLES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet")
TARS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tbz2", ".tar.xz", ".txz")
ZIPS = (".zip",)
_OTHER_ARCHIVES = (".rar", ".7z", ".tar.zst", ".zst")
_IDX_TYPES = frozenset(b"\x08\x09\x0b\x0c\x0d\x0e")


def open_tree(source: Path, limits: Limits = LIMITS, control: RunControl | None = None) -> Tree:
    """Open a source; a table or an IDX file stands for its folder, with the focus on it.

    Args:
        source: folder, archive, table or IDX file.
        limits: how much is read.
        control: may stop the opening, which takes a while for a large tar.

    Raises:
        SourceUnreadableError: it is none of these, or cannot be read; says why.
        StoppedError: the control said so.
    """
    try:
        if source.is_dir():
            return FolderTree(source, limits)
        if not source.is_file():
            raise SourceUnreadableError(source, _why_not_a_file(source))
        return _open_file(source, limits, control)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceUnreadableError(source, reason) from error


def _open_file(source: Path, limits: Limits, control: RunControl | None) -> Tree:
    name = source.name.lower()
    if name.endswith(TARS):
        return TarTree(source, limits, control)
    if name.endswith(ZIPS):
        return ZipTree(source, limits)
    if name.endswith(TABLES) or _is_idx(source):
        return FolderTree(source.parent, limits, source=source, focus=source.name)
    if name.endswith(_OTHER_ARCHIVES):
        raise SourceUnreadableError(source, "only ZIP and tar archives can be opened; unpack it")
    return _open_by_content(source, limits, control)


def _open_by_content(source: Path, limits: Limits, control: RunControl | None) -> Tree:
    """Archives whose names do not say so, such as downloads called ``data``."""
    if zipfile.is_zipfile(source):
        return ZipTree(source, limits)
    with source.open("rb") as file:
        head = file.read(512)
    if head[257:262] == b"ustar":
        return TarTree(source, limits, control)
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


def _why_not_a_file(source: Path) -> str:
    # A broken link exists for lstat alone.
    if source.is_symlink():
        return "it is a link that leads nowhere"
    return "it is not a file" if source.exists() else "there is no such file or folder"
