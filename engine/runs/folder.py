"""Run folders: paths, small files, creation and reopening.

``run.toml`` holds the configuration, ``model.json`` the model's metadata, ``events.jsonl`` the log;
``checkpoints/`` and ``samples/`` the checkpoints and previews. A folder is untrusted: types and
sizes of its files are checked before they are read.
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
from engine.fs.codec import to_json
from engine.fs.lock import LOCK_NAME
from engine.fs.untrusted import MalformedFileError, ensure_folder
from engine.runs.checkpoint_files import OLD_SUFFIX, verify_checkpoint
from engine.runs.event_reader import has_saved
from engine.runs.exported import is_exported, read_exported
from engine.runs.metadata import (
    CONFIG_BYTES,
    MODEL_FORMAT,
    ModelMetadata,
    changed_settings,
    config_from_bytes,
    merged_changes,
    model_from_json,
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


@dataclass(frozen=True, kw_only=True)
class ResumableRun:
    """A run that can be resumed."""

    config: RunConfig
    """With all changes of settings, those of the run and those that are new."""
    checkpoint: ValidCheckpoint | None
    """None if the run never saved one, so that it starts from step 0."""


def images_in_name(checkpoint: Path) -> int:
    """Parse the number of images seen from a checkpoint's name; 0 if it has none."""
    match = _NAME.fullmatch(checkpoint.name)
    return int(match[1]) if match else 0


def quarantine(checkpoint: Path) -> None:
    """Rename a damaged checkpoint, so that it is not used; its files are kept.

    Raises:
        OSError: it cannot be renamed.
    """
    aside = checkpoint.with_name(f"damaged-{checkpoint.name}")
    remove_if_there(aside)
    files.rename(checkpoint, aside)


def ensure_own(folder: Path, run: Path) -> None:
    """Check that a subfolder of a run is a real folder, not a link out of the run.

    Raises:
        CheckpointMissingError: it does not exist.
        CheckpointCorruptError: it is not a folder.
    """
    try:
        ensure_folder(folder)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise CheckpointMissingError(run) from error
    except (MalformedFileError, OSError) as error:
        raise CheckpointCorruptError(folder, str(error)) from error


NEWEST = "newest"
MODEL_BYTES = 32_000_000
"""Limit of a model's metadata; the largest vocabularies have 10 % of it."""


@dataclass(frozen=True)
class RunFolder:
    """Paths and small files of a run."""

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
        """The event log, with one JSON object per line."""
        return self.path / "events.jsonl"

    @property
    def lock_file(self) -> Path:
        """The lock file, which names the process that trains the run."""
        return self.path / LOCK_NAME

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints."""
        return self.path / "checkpoints"

    @property
    def samples(self) -> Path:
        """Folder of the preview sheets."""
        return self.path / "samples"

    @property
    def is_exported(self) -> bool:
        """Whether this is an exported model, which has weights but no checkpoints."""
        return is_exported(self.path)

    @property
    def has_weights(self) -> bool:
        """Whether there is something to sample from."""
        return self.is_exported or bool(self.checkpoint_paths())

    def checkpoint_path(self, images_seen: int) -> Path:
        """Return the path of a checkpoint; names sort by progress."""
        return self.checkpoints / f"checkpoint-{images_seen:012d}"

    def best_path(self, figure: str) -> Path:
        """Return the path of the best checkpoint by a metric."""
        return self.checkpoints / f"best-{figure}"

    def preview_path(self, images_seen: int) -> Path:
        """Return the path of a preview sheet; names sort by progress."""
        return self.samples / f"preview-{images_seen:012d}.png"

    def checkpoint_paths(self) -> list[Path]:
        """Return all checkpoints by name, oldest first, valid or not."""
        paths = self.checkpoints.glob("checkpoint-*")
        found = (path for path in paths if _NAME.fullmatch(path.name) and path.is_dir())
        return sorted(found, key=images_in_name)

    def best_paths(self) -> list[Path]:
        """Return the best checkpoints by metric."""
        return sorted(path for path in self.checkpoints.glob("best-*") if path.is_dir())

    def preview_files(self) -> list[Path]:
        """Return all preview sheets, oldest first."""
        return sorted(self.samples.glob("preview-*.png"))

    def latest_checkpoint(self) -> Path:
        """Return the newest checkpoint by name.

        Raises:
            CheckpointMissingError: there is no checkpoint.
        """
        paths = self.checkpoint_paths()
        if not paths:
            raise CheckpointMissingError(self.path)
        return paths[-1]

    def newest_valid(self) -> ValidCheckpoint:
        """Find the newest checkpoint that passes verification.

        Raises:
            CheckpointMissingError: there is no checkpoint.
            CheckpointCorruptError: all are damaged; the error of the newest.
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
            # Raise the reason why a single-file checkpoint cannot be used.
            verify_checkpoint(path)
        raise CheckpointMissingError(self.path)

    def chosen_checkpoint(self, choice: str) -> Path:
        """Return the newest valid checkpoint, or the best by a metric.

        Args:
            choice: ``NEWEST``, or the name of a metric.

        Raises:
            CheckpointMissingError: there is no such checkpoint.
            CheckpointCorruptError: all checkpoints are damaged.
        """
        if choice == NEWEST:
            return self.newest_valid().path
        ensure_own(self.checkpoints, self.path)
        path = self.best_path(choice)
        if not _FIGURE.fullmatch(choice) or not path.is_dir():
            raise CheckpointMissingError(self.path)
        return path

    def sweep(self) -> None:
        """Remove the temporary files of a killed process. The caller must hold the run's lock.

        Raises:
            FolderNotWritableError: a file cannot be removed.
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
        """Read the configuration; of an exported model, that of its run.

        Raises:
            RunMissingError: there is no run.
            ConfigError: the file is damaged.
        """
        if self.is_exported:
            return read_exported(self.path).settings.with_values(run=self.path)
        content = read_part(self.config_file, CONFIG_BYTES)
        return config_from_bytes(content, self.config_file.name)

    def read_model(self) -> ModelMetadata:
        """Read the model's metadata.

        Raises:
            RunMissingError: there is no run, or it ended while loading its data.
            ConfigError: the file is damaged.
        """
        if self.is_exported:
            return read_exported(self.path).model
        content = read_part(self.model_file, MODEL_BYTES)
        try:
            return model_from_json(content, self.model_file.name)
        except MalformedFileError as error:
            raise ConfigError([Problem(self.model_file.name, str(error))]) from error

    def has_saved(self) -> bool:
        """Whether the run ever saved a checkpoint, even if it was deleted later.

        Raises:
            ConfigError: its log is not a regular file.
            FolderNotWritableError: the disk fails.
        """
        try:
            # Ignore hidden files of file managers.
            if any(not path.name.startswith(".") for path in self.checkpoints.glob("*")):
                return True
            return has_saved(self.log_file)
        except OSError as error:
            raise wrap_os_error(error, self.path) from error
        except MalformedFileError as error:
            raise ConfigError([Problem(self.log_file.name, str(error))]) from error


def create_run_folder(config: RunConfig) -> RunFolder:
    """Create the folder of a new run and write its configuration.

    Raises:
        FolderInUseError: the folder holds files.
        FolderNotWritableError, DiskFullError: it cannot be created or written.
    """
    folder = RunFolder(config.run)
    try:
        found = config.run.iterdir() if config.run.exists() else ()
        # A run that was killed before it wrote its configuration leaves a lock and temporary files.
        if not all(path.name == LOCK_NAME or is_staged(path) for path in found):
            raise FolderInUseError(config.run)
        folder.path.mkdir(parents=True, exist_ok=True)
        ensure_writable(folder.path)
        # Write the configuration first, so that a run that is killed here can be resumed.
        folder.write_config(config)
        _make_subfolders(folder)
    except OSError as error:
        raise wrap_os_error(error, config.run) from error
    return folder


def reopen_run_folder(config: RunConfig) -> ResumableRun:
    """Find the newest valid checkpoint of a run and write the run's new configuration.

    The caller must hold the run's lock. Newer damaged checkpoints are quarantined.

    Raises:
        RunMissingError: there is no run.
        CheckpointMissingError: the run has saved checkpoints, but none is left.
        CheckpointCorruptError: all checkpoints are damaged.
        ConfigError: settings differ that must not change, or a new change lies before the
            checkpoint; lists all of them.
        FolderNotWritableError, DiskFullError: it cannot be written.
    """
    folder = RunFolder(config.run)
    before = folder.read_config()
    if config.data.storage == "auto":
        # As it was decided when the run began.
        config = config.with_values(data__storage=before.data.storage)
    problems = changed_settings(before, config)
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
    images_seen = images_in_name(found.path) if found is not None else 0
    config = config.with_values(changes=merged_changes(before, config, images_seen))
    folder.write_config(config)
    try:
        _make_subfolders(folder)
        for path in folder.checkpoint_paths():
            if found is not None and images_in_name(path) > images_in_name(found.path):
                quarantine(path)
    except OSError as error:
        raise wrap_os_error(error, folder.path) from error
    return ResumableRun(config=config, checkpoint=found)


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
