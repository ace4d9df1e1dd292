"""Finding the checkpoint that a run goes on from, among those that lie in its folder."""

import re
from dataclasses import dataclass
from pathlib import Path

from engine.disk import files, remove_if_there
from engine.errors import CheckpointCorruptError, CheckpointMissingError
from engine.plain_files import StrangeFileError, ensure_plain_folder
from engine.runs.checkpoint_files import OLD_SUFFIX, verify_checkpoint

_NAME = re.compile(r"checkpoint-(\d{12,15})")
_FIGURE = re.compile(r"[a-z0-9_]+")


@dataclass(frozen=True)
class ValidCheckpoint:
    """A checkpoint of which every byte is as it was written."""

    path: Path
    passed_over: tuple[str, ...] = ()
    """Newer ones that cannot be used: name and reason of each, the newest first."""


def checkpoint_name(images_seen: int) -> str:
    """Name a checkpoint; names sort by progress."""
    return f"checkpoint-{images_seen:012d}"


def images_in_name(checkpoint: Path) -> int:
    """Read from a checkpoint's name how many images it had seen; 0 where it does not say."""
    match = _NAME.fullmatch(checkpoint.name)
    return int(match[1]) if match else 0


def checkpoints_in(folder: Path) -> list[Path]:
    """List the checkpoints by name, oldest first; whether they are whole is another question."""
    found = (path for path in folder.glob("checkpoint-*") if _NAME.fullmatch(path.name))
    return sorted((path for path in found if path.is_dir()), key=images_in_name)


def newest_valid_in(folder: Path, run: Path) -> ValidCheckpoint:
    """Find the newest checkpoint of which every byte is as it was written.

    Raises:
        CheckpointMissingError: there is none at all.
        CheckpointCorruptError: there is none that can be used; of the newest.
    """
    ensure_own(folder, run)
    damaged: list[CheckpointCorruptError] = []
    for path in reversed(checkpoints_in(folder)):
        try:
            verify_checkpoint(path)
        except CheckpointCorruptError as error:
            damaged.append(error)
        else:
            return ValidCheckpoint(path, tuple(f"{e.path.name}: {e.reason}" for e in damaged))
    if damaged:
        raise damaged[0]
    for path in sorted(folder.glob(f"checkpoint-*{OLD_SUFFIX}"), reverse=True):
        # It says of itself why it cannot be used.
        verify_checkpoint(path)
    raise CheckpointMissingError(run)


def best_in(folder: Path, run: Path, figure: str) -> Path:
    """Find the checkpoint that is the best by a figure.

    Raises:
        CheckpointMissingError: there is none.
        CheckpointCorruptError: the folder is none of the run's.
    """
    ensure_own(folder, run)
    path = folder / f"best-{figure}"
    if not _FIGURE.fullmatch(figure) or not path.is_dir():
        raise CheckpointMissingError(run)
    return path


def set_aside(checkpoint: Path) -> None:
    """Take a checkpoint out of the row of those that a run goes on from; it is kept.

    Raises:
        OSError: it cannot be renamed.
    """
    aside = checkpoint.with_name(f"damaged-{checkpoint.name}")
    remove_if_there(aside)
    files.rename(checkpoint, aside)


def ensure_own(folder: Path, run: Path) -> None:
    """Check that a run's folder is no link: nothing outside is opened because of what is in it.

    Raises:
        CheckpointMissingError: it is not there.
        CheckpointCorruptError: it is something else.
    """
    try:
        ensure_plain_folder(folder)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise CheckpointMissingError(run) from error
    except (StrangeFileError, OSError) as error:
        raise CheckpointCorruptError(folder, str(error)) from error
