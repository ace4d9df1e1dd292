"""A folder that appears whole or not at all."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from engine.disk import ensure_room, explain_os_error, sync_folder
from engine.errors import FolderInUseError


@contextlib.contextmanager
def published(folder: Path, needed_bytes: int) -> Iterator[Path]:
    """Give a folder to write into, which takes its real name when the block ends well.

    If it does not, whatever was written is gone.

    Args:
        folder: must not exist yet, or be empty.
        needed_bytes: about as much as will be written.

    Raises:
        FolderInUseError: the folder holds files.
        FolderNotWritableError, DiskFullError: it cannot be written.
    """
    staged = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        ensure_unused(folder)
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir(parents=True)
        ensure_room(staged, needed_bytes)
        yield staged
        with contextlib.suppress(FileNotFoundError):
            folder.rmdir()
        staged.replace(folder)
        sync_folder(folder.parent)
    except BaseException as error:
        shutil.rmtree(staged, ignore_errors=True)
        if isinstance(error, OSError):
            raise explain_os_error(error, folder, needed_bytes) from error
        raise


def ensure_unused(folder: Path) -> None:
    """Check that a folder is new or empty.

    Raises:
        FolderInUseError: it holds files, or is one.
        OSError: it cannot be read.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderInUseError(folder)
