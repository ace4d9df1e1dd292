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
    _ensure_free(folder)
    staged = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
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


def _ensure_free(folder: Path) -> None:
    try:
        is_used = folder.exists() and any(folder.iterdir())
    except OSError as error:
        raise explain_os_error(error, folder) from error
    if is_used:
        raise FolderInUseError(folder)
