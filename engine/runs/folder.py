"""Where things lie in a run folder, and what the run was made of.

``run.toml`` is the configuration, ``model.json`` what the networks must be built for,
``events.jsonl`` the log, ``checkpoints/`` and ``samples/`` hold what their names say. A folder may
be a stranger's: nothing in it is believed to be small, or even a file.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from engine.config.codec import config_from_toml, config_to_toml
from engine.config.run import RunConfig
from engine.config.setting import settings_in, value_at
from engine.disk import (
    atomic_write,
    ensure_writable,
    explain_os_error,
    files,
    is_staged,
    remove_if_there,
    sweep_staged,
)
from engine.errors import (
    CheckpointCorruptError,
    CheckpointMissingError,
    ConfigError,
    FolderInUseError,
    Problem,
    RunMissingError,
)
from engine.plain_files import StrangeFileError, ensure_plain_folder, open_plain, read_plain
from engine.runs.checkpoint_files import OLD_SUFFIX, verify_checkpoint
from engine.runs.lock import LOCK_NAME
from engine.runs.model_facts import ModelFacts, model_from_json, model_to_json

__all__ = [
    "NEWEST",
    "ModelFacts",
    "ReopenedRun",
    "RunFolder",
    "ValidCheckpoint",
    "changed_settings",
    "create_run_folder",
    "images_in_name",
    "reopen_run_folder",
    "write_model",
]

NEWEST = "newest"
CONFIG_BYTES = 64_000
"""A configuration of ours takes a twentieth."""
MODEL_BYTES = 32_000_000
"""The largest vocabularies take a tenth."""
CHANGEABLE = frozenset({"device", "minutes", "images"})
"""Settings that may differ when a run goes on, beside those of its reporting."""
SAVED = b'"event": "CheckpointSaved"'
_PIECE_BYTES = 1_000_000
_CHECKPOINT = re.compile(r"checkpoint-(\d{12,15})")
_MOST_DOTS = 8
_FIGURE = re.compile(r"[a-z0-9_]+")


@dataclass(frozen=True)
class ValidCheckpoint:
    """A checkpoint of which every byte is as it was written."""

    path: Path
    passed_over: tuple[str, ...] = ()
    """Newer ones that cannot be used: name and reason of each, the newest first."""


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
        return self.checkpoints / f"checkpoint-{images_seen:012d}"

    def best_path(self, figure: str) -> Path:
        """Name for the checkpoint that is the best by a figure of its quality."""
        return self.checkpoints / f"best-{figure}"

    def preview_path(self, images_seen: int) -> Path:
        """Name for a preview sheet; names sort by progress."""
        return self.samples / f"preview-{images_seen:012d}.png"

    def checkpoint_paths(self) -> list[Path]:
        """All checkpoints by name, oldest first; whether they are whole is another question."""
        found = (p for p in self.checkpoints.glob("checkpoint-*") if _CHECKPOINT.fullmatch(p.name))
        return sorted((path for path in found if path.is_dir()), key=images_in_name)

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
        self._ensure_own(self.checkpoints)
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
        for path in sorted(self.checkpoints.glob(f"checkpoint-*{OLD_SUFFIX}")):
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
        self._ensure_own(self.checkpoints)
        if not _FIGURE.fullmatch(choice) or not self.best_path(choice).is_dir():
            raise CheckpointMissingError(self.path)
        return self.best_path(choice)

    def set_aside(self, checkpoint: Path) -> None:
        """Take a checkpoint out of the row of those that a run goes on from; it is kept.

        Raises:
            OSError: it cannot be renamed.
        """
        aside = checkpoint.with_name(f"damaged-{checkpoint.name}")
        remove_if_there(aside)
        files.rename(checkpoint, aside)

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
        content = self._read(self.config_file, CONFIG_BYTES)
        try:
            text = content.decode("utf-8")
            # Python's reader takes a minute for a kilobyte of dots; ours write none at all.
            if any(line.partition("=")[0].count(".") > _MOST_DOTS for line in text.splitlines()):
                raise ConfigError([Problem(self.config_file.name, "is nested too deeply")])
            return config_from_toml(text)
        except UnicodeDecodeError as error:
            raise ConfigError([Problem(self.config_file.name, "is not UTF-8 text")]) from error
        except RecursionError:
            problem = Problem(self.config_file.name, "is nested too deeply")
            raise ConfigError([problem]) from None

    def read_model(self) -> ModelFacts:
        """Read the model's facts.

        Raises:
            RunMissingError: there is no run here, or it never got past loading its data.
            ConfigError: the file is damaged, or no file of ours.
        """
        content = self._read(self.model_file, MODEL_BYTES)
        try:
            return model_from_json(content, self.model_file.name)
        except StrangeFileError as error:
            raise ConfigError([Problem(self.model_file.name, str(error))]) from error

    def has_saved(self) -> bool:
        """Whether the run ever saved a checkpoint, be it gone by now.

        Raises:
            ConfigError: its log is no plain file.
        """
        if self.checkpoints.is_dir() and any(self.checkpoints.iterdir()):
            return True
        try:
            with open_plain(self.log_file, 1 << 40) as file:
                before = b""
                for piece in iter(lambda: file.read(_PIECE_BYTES), b""):
                    if SAVED in before + piece:
                        return True
                    before = piece[-len(SAVED) :]
        except FileNotFoundError:
            return False
        except StrangeFileError as error:
            raise ConfigError([Problem(self.log_file.name, str(error))]) from error
        return False

    def _read(self, path: Path, most_bytes: int) -> bytes:
        try:
            return read_plain(path, most_bytes)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise RunMissingError(self.path) from error
        except StrangeFileError as error:
            raise ConfigError([Problem(path.name, str(error))]) from error
        except OSError as error:
            raise explain_os_error(error, self.path) from error

    def _ensure_own(self, folder: Path) -> None:
        """Nothing outside a run is opened because of a link in it."""
        try:
            ensure_plain_folder(folder)
        except FileNotFoundError as error:
            raise CheckpointMissingError(self.path) from error
        except (StrangeFileError, OSError) as error:
            raise CheckpointCorruptError(folder, str(error)) from error


@dataclass(frozen=True)
class ReopenedRun:
    """Where a run goes on."""

    folder: RunFolder
    checkpoint: Path | None
    """None where the run never saved one: it begins at its beginning."""
    passed_over: tuple[str, ...] = ()
    """Newer checkpoints that cannot be used: name and reason of each, the newest first."""


def images_in_name(checkpoint: Path) -> int:
    """Read from a checkpoint's name how many images it had seen; 0 where it does not say."""
    match = _CHECKPOINT.fullmatch(checkpoint.name)
    return int(match[1]) if match else 0


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


def reopen_run_folder(config: RunConfig) -> ReopenedRun:
    """Find where a run was left; note in its configuration how long it goes on now.

    The caller holds the run's lock. Damaged checkpoints newer than the one that serves are set
    aside, so that they are not in the way of those to come.

    Raises:
        RunMissingError, CheckpointMissingError: there is nothing to go on from.
        CheckpointCorruptError: no checkpoint can be used.
        ConfigError: a setting that matters differs from the run's; every such is named.
        FolderNotWritableError, DiskFullError: it cannot be written.
    """
    folder = RunFolder(config.run)
    problems = changed_settings(folder.read_config(), config)
    if problems:
        raise ConfigError(problems)
    ensure_writable(folder.path)
    folder.sweep()
    found = _where_left(folder)
    folder.write_config(config)
    try:
        _make_subfolders(folder)
        for path in folder.checkpoint_paths():
            if found is not None and images_in_name(path) > images_in_name(found.path):
                folder.set_aside(path)
    except OSError as error:
        raise explain_os_error(error, folder.path) from error
    if found is None:
        return ReopenedRun(folder, None)
    return ReopenedRun(folder, found.path, found.passed_over)


def _where_left(folder: RunFolder) -> ValidCheckpoint | None:
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


def changed_settings(before: RunConfig, after: RunConfig) -> list[Problem]:
    """Name the settings that differ and decide what a run becomes."""
    return [
        Problem(name, f"was {value_at(before, name)} and cannot change in mid-run")
        for name, _field, _about in settings_in(before)
        if name not in CHANGEABLE
        and not name.startswith("reporting.")
        and value_at(before, name) != value_at(after, name)
    ]


def write_model(folder: RunFolder, facts: ModelFacts) -> None:
    """Write the model's facts."""
    atomic_write(folder.model_file, model_to_json(facts))
