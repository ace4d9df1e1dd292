"""Delete runs by moving them to a trash folder, restore them, and empty the trash.

The trash is the folder ``.trash`` beside the runs, so that a move is one rename. A deleted run is
``<time>-<number>/<name>``, so that runs of the same name do not collide.
"""

import contextlib
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from engine.errors import (
    ConfigError,
    EngineError,
    FolderInUseError,
    Problem,
    RunLockedError,
    RunMissingError,
)
from engine.fs.atomic import wrapping_os_errors
from engine.fs.lock import holder_of
from engine.runs.folder import RunFolder, bytes_in
from engine.runs.metadata import free_name_like, is_usable_name

FOLDER = ".trash"


@dataclass(frozen=True, kw_only=True)
class TrashedRun:
    """A run in the trash."""

    name: str
    runs: Path
    """The parent folder before it was deleted."""
    place: Path
    """The folder in the trash."""


def delete_run(folder: Path) -> TrashedRun:
    """Move a run to the trash.

    Raises:
        RunMissingError: there is no run.
        RunLockedError: a process is training it.
        FolderNotWritableError, DiskFullError: it cannot be moved.
    """
    _ensure_free(folder)
    with wrapping_os_errors(folder.parent):
        place = _new_place(folder.parent / FOLDER) / folder.name
        folder.rename(place)
    return TrashedRun(name=folder.name, runs=folder.parent, place=place)


def restore_run(run: TrashedRun) -> Path:
    """Restore a run from the trash; if its name is in use, under the next free name.

    Raises:
        RunMissingError: the run is no longer in the trash.
        FolderNotWritableError, DiskFullError: it cannot be moved.
    """
    if not run.place.exists():
        raise RunMissingError(run.place)
    with wrapping_os_errors(run.runs):
        folder = run.runs / free_name_like(run.runs, run.name)
        run.place.rename(folder)
        with contextlib.suppress(OSError):
            run.place.parent.rmdir()
    _note_place(folder)
    return folder


def trashed_runs(runs: Path) -> list[TrashedRun]:
    """List the runs in the trash, newest first."""
    trash = runs / FOLDER
    with contextlib.suppress(OSError):
        return [
            TrashedRun(name=place.name, runs=runs, place=place)
            for group in sorted(trash.iterdir(), reverse=True)
            if group.is_dir() and not group.is_symlink()
            for place in sorted(group.iterdir())
        ]
    return []


def trash_bytes(runs: Path) -> int:
    """Return the size of the trash."""
    return bytes_in(runs / FOLDER)


def empty_trash(runs: Path) -> int:
    """Delete the trash permanently, and return the number of bytes freed.

    Raises:
        FolderNotWritableError: a file cannot be deleted.
    """
    trash = runs / FOLDER
    before = bytes_in(trash)
    with wrapping_os_errors(runs):
        if trash.is_symlink():
            # Never delete the target of a link.
            trash.unlink()
        elif trash.is_dir():
            shutil.rmtree(trash)
    return before - bytes_in(trash)


def rename_run(folder: Path, name: str) -> Path:
    """Rename a run.

    Raises:
        RunMissingError: there is no run.
        RunLockedError: a process is training it.
        ConfigError: the name is not a valid folder name.
        FolderInUseError: the name is in use.
        FolderNotWritableError, DiskFullError: it cannot be renamed.
    """
    if not is_usable_name(name):
        raise ConfigError([Problem("name", "cannot be the name of a folder")])
    target = folder.parent / name
    _ensure_free(folder)
    if target == folder:
        return folder
    # On case-insensitive file systems a change of case refers to the same folder.
    if os.path.lexists(target) and not os.path.samestat(target.lstat(), folder.lstat()):
        raise FolderInUseError(target)
    with wrapping_os_errors(folder.parent):
        folder.rename(target)
    _note_place(target)
    return target


def _ensure_free(folder: Path) -> None:
    if not folder.is_dir():
        raise RunMissingError(folder)
    holder = holder_of(folder)
    if holder is not None:
        raise RunLockedError(folder, holder.pid, holder.host)


def _note_place(folder: Path) -> None:
    """Update the run folder in ``run.toml``; a damaged file is left unchanged."""
    run = RunFolder(folder)
    if run.is_exported:
        return
    # Names with lone surrogates cannot be written to the file.
    with contextlib.suppress(EngineError, ValueError):
        config = run.read_config()
        if config.run.name != folder.name:
            run.write_config(config.with_values(run=folder))


def _new_place(trash: Path) -> Path:
    stamp, number = time.strftime("%Y%m%d-%H%M%S"), 1
    while True:
        with contextlib.suppress(FileExistsError):
            place = trash / f"{stamp}-{number}"
            place.mkdir(parents=True)
            return place
        number += 1
