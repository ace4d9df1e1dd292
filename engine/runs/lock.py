"""The lock of a run folder: one process trains there, and everybody can see which."""

from pathlib import Path

from engine.errors import RunLockedError, RunMissingError
from engine.folder_lock import FolderLock, Holder, holder_of_file

LOCK_NAME = "run.lock"

__all__ = ["LOCK_NAME", "Holder", "RunLock", "holder_of"]


class RunLock(FolderLock):
    """Holds a run folder for this process. A context manager.

    Args:
        folder: the run's; it must be there.

    Raises:
        RunMissingError: there is no such folder.
        RunLockedError: a live process holds it, be it this one.
        FolderNotWritableError, DiskFullError: the lock cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise RunMissingError(folder)
        super().__init__(folder, folder / LOCK_NAME, RunLockedError)


def holder_of(folder: Path) -> Holder | None:
    """Tell who trains in a run folder, without disturbing anybody; None if nobody does."""
    return holder_of_file(folder / LOCK_NAME)
