"""Where things lie in a run folder, and what the run was made of.

``run.toml`` is the configuration, ``model.json`` what the networks must be built for,
``events.jsonl`` the log, ``checkpoints/`` and ``samples/`` hold what their names say. A folder may
be a stranger's: nothing in it is believed to be small, or even a file.
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
    ensure_writable,
    explain_os_error,
    files,
    is_staged,
    remove_if_there,
    sweep_staged,
)
from engine.fs.lock import LOCK_NAME
from engine.fs.untrusted import StrangeFileError, ensure_plain_folder
from engine.runs.checkpoint_files import OLD_SUFFIX, verify_checkpoint
from engine.runs.event_reader import has_saved
from engine.runs.metadata import (
    CONFIG_BYTES,
    ModelFacts,
    changed_settings,
    config_from_bytes,
    model_from_json,
    model_to_json,
    read_part,
)

# --------------------------------------------------------------------------
# Finding the checkpoint that a run goes on from, among those that lie in its folder.


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


NEWEST = "newest"
MODEL_BYTES = 32_000_000
"""Most that a model's facts may take; the largest vocabularies take a tenth."""


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
        """The model's facts, as JSON."""
        return self.path / "model.json"

    @property
    def log_file(self) -> Path:
        """The event log, a JSON object a line."""
        return self.path / "events.jsonl"

    @property
    def lock_file(self) -> Path:
        """The lock, which says who trains here."""
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
        return self.checkpoints / checkpoint_name(images_seen)

    def best_path(self, figure: str) -> Path:
        """Name for the checkpoint that is the best by a figure of its quality."""
        return self.checkpoints / f"best-{figure}"

    def preview_path(self, images_seen: int) -> Path:
        """Name for a preview sheet; names sort by progress."""
        return self.samples / f"preview-{images_seen:012d}.png"

    def checkpoint_paths(self) -> list[Path]:
        """All checkpoints by name, oldest first; whether they are whole is another question."""
        return checkpoints_in(self.checkpoints)

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
        """Find the newest checkpoint of which every byte is as it was written.

        Raises:
            CheckpointMissingError: there is none at all.
            CheckpointCorruptError: there is none that can be used; of the newest.
        """
        return newest_valid_in(self.checkpoints, self.path)

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
        return best_in(self.checkpoints, self.path, choice)

    def sweep(self) -> None:
        """Remove what a killed program left half done. For whoever holds the run's lock.

        Raises:
            FolderNotWritableError: it cannot be removed.
        """
        for folder in (self.path, self.checkpoints, self.samples):
            try:
                if folder.is_dir() and not folder.is_symlink():
                    sweep_staged(folder)
            except OSError as error:
                raise explain_os_error(error, self.path) from error

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
            ConfigError: the file is damaged, or no file of ours.
        """
        content = read_part(self.config_file, CONFIG_BYTES)
        return config_from_bytes(content, self.config_file.name)

    def read_model(self) -> ModelFacts:
        """Read the model's facts.

        Raises:
            RunMissingError: there is no run here, or it never got past loading its data.
            ConfigError: the file is damaged, or no file of ours.
        """
        content = read_part(self.model_file, MODEL_BYTES)
        try:
            return model_from_json(content, self.model_file.name)
        except StrangeFileError as error:
            raise ConfigError([Problem(self.model_file.name, str(error))]) from error

    def has_saved(self) -> bool:
        """Whether the run ever saved a checkpoint, be it gone by now.

        Raises:
            ConfigError: its log is no plain file.
            FolderNotWritableError: the disk fails.
        """
        try:
            # Hidden files are those of file browsers.
            if any(not path.name.startswith(".") for path in self.checkpoints.glob("*")):
                return True
            return has_saved(self.log_file)
        except OSError as error:
            raise explain_os_error(error, self.path) from error
        except StrangeFileError as error:
            raise ConfigError([Problem(self.log_file.name, str(error))]) from error


def create_run_folder(config: RunConfig) -> RunFolder:
    """Make the folder of a new run and write its configuration.

    Raises:
        FolderInUseError: the folder holds files already.
        FolderNotWritableError, DiskFullError: it cannot be made or written.
    """
    folder = RunFolder(config.run)
    try:
        if config.run.exists() and not all(map(_is_husk, config.run.iterdir())):
            raise FolderInUseError(config.run)
        folder.path.mkdir(parents=True, exist_ok=True)
        ensure_writable(folder.path)
        # The configuration comes first: a run that is killed here can be gone on with.
        folder.write_config(config)
        _make_subfolders(folder)
    except OSError as error:
        raise explain_os_error(error, config.run) from error
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
    found = _newest_checkpoint(folder)
    folder.write_config(config)
    try:
        _make_subfolders(folder)
        for path in folder.checkpoint_paths():
            if found is not None and images_in_name(path) > images_in_name(found.path):
                set_aside(path)
    except OSError as error:
        raise explain_os_error(error, folder.path) from error
    return found


def _newest_checkpoint(folder: RunFolder) -> ValidCheckpoint | None:
    try:
        return folder.newest_valid()
    except CheckpointMissingError:
        if folder.has_saved():
            raise
        return None


def _is_husk(path: Path) -> bool:
    """Whether a file is what a run leaves that was killed before it had a configuration."""
    return path.name == LOCK_NAME or is_staged(path)


def _make_subfolders(folder: RunFolder) -> None:
    for path in (folder.checkpoints, folder.samples):
        path.mkdir(exist_ok=True)


def write_model(folder: RunFolder, facts: ModelFacts) -> None:
    """Write the model's facts."""
    atomic_write(folder.model_file, model_to_json(facts))


# --------------------------------------------------------------------------
# How much room a folder takes.


def bytes_in(folder: Path) -> int:
    """Add up the files below a folder; links are not followed, what cannot be read counts 0."""
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
