"""The run folder: its files, and creating and reopening it.

``run.toml`` is the configuration, ``model.json`` the model's metadata, ``events.jsonl`` the log,
``checkpoints/`` and ``samples/`` hold what their names say. A folder is untrusted: sizes and kinds
of its files are checked before they are read.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from engine.config.run import RunConfig
from engine.config.toml import config_to_toml
from engine.errors import (
    CheckpointCorruptError,
    CheckpointMissingError,
    ConfigError,
    FolderInUseError,
    Problem,
)
from engine.fs.atomic import (
    atomic_write,
    clean_temp_files,
    ensure_writable,
    files,
    is_staged,
    remove_if_there,
    wrap_os_error,
    wrapping_os_errors,
)
from engine.fs.codec import from_json, to_json
from engine.fs.lock import LOCK_NAME
from engine.fs.untrusted import MalformedFileError, ensure_folder
from engine.runs.checkpoint_files import OLD_SUFFIX, verify_checkpoint
from engine.runs.event_reader import has_saved
from engine.runs.metadata import (
    CONFIG_BYTES,
    MODEL_FORMAT,
    ModelMetadata,
    changed_settings,
    config_from_bytes,
    read_part,
)

_NAME = re.compile(r"checkpoint-(\d{12,15})")
_FIGURE = re.compile(r"[a-z0-9_]+")


@dataclass(frozen=True)
class ValidCheckpoint:
    """A checkpoint that has passed verification."""

    path: Path
    skipped_checkpoints: tuple[str, ...] = ()
    """Newer ones that are damaged: name and reason of each, newest first."""


def images_in_name(checkpoint: Path) -> int:
    """Parse the number of images seen from a checkpoint's name; 0 if it has none."""
    match = _NAME.fullmatch(checkpoint.name)
    return int(match[1]) if match else 0


def quarantine(checkpoint: Path) -> None:
    """Rename a damaged checkpoint, so that no run resumes from it; its files are kept.

    Raises:
        OSError: it cannot be renamed.
    """
    aside = checkpoint.with_name(f"damaged-{checkpoint.name}")
    remove_if_there(aside)
    files.rename(checkpoint, aside)


def ensure_own(folder: Path, run: Path) -> None:
    """Check that a subfolder of a run is no link, so that nothing outside the run is opened.

    Raises:
        CheckpointMissingError: it is not there.
        CheckpointCorruptError: it is something else.
    """
    try:
        ensure_folder(folder)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise CheckpointMissingError(run) from error
    except (MalformedFileError, OSError) as error:
        raise CheckpointCorruptError(folder, str(error)) from error


NEWEST = "newest"
MODEL_BYTES = 32_000_000
"""Limit of a model's metadata; the largest vocabularies take a tenth."""


@dataclass(frozen=True)
class RunFolder:
    """Paths and small files of one run."""

    path: Path

    @property
    def config_file(self) -> Path:
        """The configuration, as TOML."""
        return self.path / "run.toml"

    @property
    def model_file(self) -> Path:
        """The model's metadata, as JSON."""
        return self.path / "model.json"

    @property
    def log_file(self) -> Path:
        """The event log, a JSON object a line."""
        return self.path / "events.jsonl"

    @property
    def lock_file(self) -> Path:
        """The lock, which names the process that trains here."""
        return self.path / LOCK_NAME

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints."""
        return self.path / "checkpoints"

    @property
    def samples(self) -> Path:
        """Folder of the preview sheets."""
        return self.path / "samples"

    def checkpoint_path(self, images_seen: int) -> Path:
        """Name for a checkpoint; names sort by progress."""
        return self.checkpoints / f"checkpoint-{images_seen:012d}"

    def best_path(self, figure: str) -> Path:
        """Name for the checkpoint that is the best by a figure of its quality."""
        return self.checkpoints / f"best-{figure}"

    def preview_path(self, images_seen: int) -> Path:
        """Name for a preview sheet; names sort by progress."""
        return self.samples / f"preview-{images_seen:012d}.png"

    def checkpoint_paths(self) -> list[Path]:
        """All checkpoints by name, oldest first, valid or not."""
        paths = self.checkpoints.glob("checkpoint-*")
        found = (path for path in paths if _NAME.fullmatch(path.name) and path.is_dir())
        return sorted(found, key=images_in_name)

    def best_paths(self) -> list[Path]:
        """The checkpoints that are the best by a figure."""
        return sorted(path for path in self.checkpoints.glob("best-*") if path.is_dir())

    def preview_files(self) -> list[Path]:
        """All preview sheets, oldest first."""
        return sorted(self.samples.glob("preview-*.png"))

    def latest_checkpoint(self) -> Path:
        """The newest checkpoint by name.

        Raises:
            CheckpointMissingError: none was saved yet.
        """
        paths = self.checkpoint_paths()
        if not paths:
            raise CheckpointMissingError(self.path)
        return paths[-1]

    def newest_valid(self) -> ValidCheckpoint:
        """Find the newest checkpoint that passes verification.

        Raises:
            CheckpointMissingError: there is none at all.
            CheckpointCorruptError: there is none that can be used; of the newest.
        """
        ensure_own(self.checkpoints, self.path)
        damaged: list[CheckpointCorruptError] = []
        for path in reversed(self.checkpoint_paths()):
            try:
                verify_checkpoint(path)
            except CheckpointCorruptError as error:
                damaged.append(error)
            else:
                return ValidCheckpoint(path, tuple(f"{e.path.name}: {e.reason}" for e in damaged))
        if damaged:
            raise damaged[0]
        for path in sorted(self.checkpoints.glob(f"checkpoint-*{OLD_SUFFIX}"), reverse=True):
            # Raises why a single file of an older version cannot be used.
            verify_checkpoint(path)
        raise CheckpointMissingError(self.path)

    def chosen_checkpoint(self, choice: str) -> Path:
        """The newest checkpoint that can be used, or the best by a figure.

        Args:
            choice: ``NEWEST``, or a figure's name.

        Raises:
            CheckpointMissingError: there is no such checkpoint.
            CheckpointCorruptError: the newest ones are damaged, all of them.
        """
        if choice == NEWEST:
            return self.newest_valid().path
        ensure_own(self.checkpoints, self.path)
        path = self.best_path(choice)
        if not _FIGURE.fullmatch(choice) or not path.is_dir():
            raise CheckpointMissingError(self.path)
        return path

    def sweep(self) -> None:
        """Remove the temporary files of a killed process. The caller holds the run's lock.

        Raises:
            FolderNotWritableError: it cannot be removed.
        """
        for folder in (self.path, self.checkpoints, self.samples):
            with wrapping_os_errors(self.path):
                if folder.is_dir() and not folder.is_symlink():
                    clean_temp_files(folder)

    def write_config(self, config: RunConfig) -> None:
        """Write the configuration.

        Raises:
            FolderNotWritableError, DiskFullError: it cannot be written.
        """
        atomic_write(self.config_file, config_to_toml(config).encode())

    def read_config(self) -> RunConfig:
        """Read the configuration.

        Raises:
            RunMissingError: there is no run here.
            ConfigError: the file is damaged.
        """
        content = read_part(self.config_file, CONFIG_BYTES)
        return config_from_bytes(content, self.config_file.name)

    def read_model(self) -> ModelMetadata:
        """Read the model's metadata.

        Raises:
            RunMissingError: there is no run here, or it ended while it loaded its data.
            ConfigError: the file is damaged.
        """
        content = read_part(self.model_file, MODEL_BYTES)
        try:
            return from_json(ModelMetadata, content, self.model_file.name, version=MODEL_FORMAT)
        except MalformedFileError as error:
            raise ConfigError([Problem(self.model_file.name, str(error))]) from error

    def has_saved(self) -> bool:
        """Whether the run ever saved a checkpoint, even if it was deleted since.

        Raises:
            ConfigError: its log is not a regular file.
            FolderNotWritableError: the disk fails.
        """
        try:
            # Hidden files are those of file browsers.
            if any(not path.name.startswith(".") for path in self.checkpoints.glob("*")):
                return True
            return has_saved(self.log_file)
        except OSError as error:
            raise wrap_os_error(error, self.path) from error
        except MalformedFileError as error:
            raise ConfigError([Problem(self.log_file.name, str(error))]) from error


def create_run_folder(config: RunConfig) -> RunFolder:
    """Make the folder of a new run and write its configuration.

    Raises:
        FolderInUseError: the folder holds files already.
        FolderNotWritableError, DiskFullError: it cannot be made or written.
    """
    folder = RunFolder(config.run)
    try:
        found = config.run.iterdir() if config.run.exists() else ()
        # A run that was killed before it had a configuration leaves a lock and temporary files.
        if not all(path.name == LOCK_NAME or is_staged(path) for path in found):
            raise FolderInUseError(config.run)
        folder.path.mkdir(parents=True, exist_ok=True)
        ensure_writable(folder.path)
        # The configuration comes first: a run that is killed here can be resumed.
        folder.write_config(config)
        _make_subfolders(folder)
    except OSError as error:
        raise wrap_os_error(error, config.run) from error
    return folder


def reopen_run_folder(config: RunConfig) -> ValidCheckpoint | None:
    """Find the newest valid checkpoint of a run and write the run's new configuration.

    The caller holds the run's lock. Damaged checkpoints that are newer are renamed, so that they
    do not count any more.

    Returns:
        None if the run never saved a checkpoint: it starts from its first step.

    Raises:
        RunMissingError: there is no run.
        CheckpointMissingError: the run has saved checkpoints, and all are gone.
        CheckpointCorruptError: no checkpoint can be used.
        ConfigError: settings that must not change differ from the run's; it names all of them.
        FolderNotWritableError, DiskFullError: it cannot be written.
    """
    folder = RunFolder(config.run)
    problems = changed_settings(folder.read_config(), config)
    if problems:
        raise ConfigError(problems)
    ensure_writable(folder.path)
    folder.sweep()
    found = None
    try:
        found = folder.newest_valid()
    except CheckpointMissingError:
        if folder.has_saved():
            raise
    folder.write_config(config)
    try:
        _make_subfolders(folder)
        for path in folder.checkpoint_paths():
            if found is not None and images_in_name(path) > images_in_name(found.path):
                quarantine(path)
    except OSError as error:
        raise wrap_os_error(error, folder.path) from error
    return found


def _make_subfolders(folder: RunFolder) -> None:
    for path in (folder.checkpoints, folder.samples):
        path.mkdir(exist_ok=True)


def write_model(folder: RunFolder, facts: ModelMetadata) -> None:
    """Write the model's metadata."""
    atomic_write(folder.model_file, to_json(facts, version=MODEL_FORMAT))


def bytes_in(folder: Path) -> int:
    """Sum the sizes of the files below a folder; follows no links, skips what is unreadable."""
    total, waiting = 0, [os.fspath(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
    return total
