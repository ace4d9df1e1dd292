"""Deleting runs in two steps: to the trash, from which they come back, and for good.

The trash is ``.trash`` among the runs, so that both ways are one rename. A run lies in it as
``<time>-<number>/<name>``: its own name is kept, and two runs of one name do not meet.
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
    """Where it lay."""
    place: Path
    """Where it lies now."""


def delete_run(folder: Path) -> TrashedRun:
    """Move a run to the trash.

    Raises:
        RunMissingError: there is none.
        RunLockedError: a process trains it.
        FolderNotWritableError, DiskFullError: it cannot be moved.
    """
    _ensure_free(folder)
    with wrapping_os_errors(folder.parent):
        place = _new_place(folder.parent / FOLDER) / folder.name
        folder.rename(place)
    return TrashedRun(name=folder.name, runs=folder.parent, place=place)


def restore_run(run: TrashedRun) -> Path:
    """Take a run out of the trash; if its name was given away meanwhile, under the next one.

    Raises:
        RunMissingError: the trash was emptied.
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
    """List what is in the trash, latest first."""
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
    """How much room the trash takes."""
    return bytes_in(runs / FOLDER)


def empty_trash(runs: Path) -> int:
    """Delete for good what is in the trash; give the bytes that became free.

    Raises:
        FolderNotWritableError: something is left, since it cannot be deleted.
    """
    trash = runs / FOLDER
    before = bytes_in(trash)
    with wrapping_os_errors(runs):
        if trash.is_symlink():
            # Never delete what a link leads to.
            trash.unlink()
        elif trash.is_dir():
            shutil.rmtree(trash)
    return before - bytes_in(trash)


def rename_run(folder: Path, name: str) -> Path:
    """Give a run another name, beside the others.

    Raises:
        RunMissingError: there is none.
        RunLockedError: a process trains it.
        ConfigError: no folder can have this name.
        FolderInUseError: there is something of this name.
        FolderNotWritableError, DiskFullError: it cannot be renamed.
    """
    if not is_usable_name(name):
        raise ConfigError([Problem("name", "cannot be the name of a folder")])
    target = folder.parent / name
    _ensure_free(folder)
    if target == folder:
        return folder
    # On some systems another case is the same folder, and then the name is free.
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
    """Update the folder's name in ``run.toml``; a damaged file stays as it is."""
    run = RunFolder(folder)
    # A name from another system that is no valid text cannot be written to a file.
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
