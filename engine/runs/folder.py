"""Where things lie in a run folder, and what the run was made of.

``run.toml`` is the configuration, ``model.json`` what the networks must be built for,
``events.jsonl`` the log, ``checkpoints/`` and ``samples/`` hold what their names say.
"""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.config.codec import config_from_toml, config_to_toml
from engine.config.run import RunConfig
from engine.config.setting import settings_in, value_at
from engine.data.tokenizer import Tokenizer
from engine.data.tokenizers import tokenizer_from_table
from engine.disk import atomic_write, ensure_writable, explain_os_error
from engine.errors import (
    CheckpointMissingError,
    ConfigError,
    FolderInUseError,
    Problem,
    RunMissingError,
)

MODEL_FORMAT = 2
CHANGEABLE = frozenset({"device", "minutes", "images"})
"""Settings that may differ when a run goes on, beside those of its reporting."""
CHECKPOINT_SUFFIX = ".safetensors"
NEWEST = "newest"


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """What the dataset decided about the networks; sampling needs no dataset beside it."""

    dataset: str
    """Name of the dataset."""
    dataset_version: str
    """Content hash of the dataset."""
    channels: int
    text_length: int
    """Slots for the units of a text, the end included."""
    tokenizer: Tokenizer


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
    def checkpoints(self) -> Path:
        """Folder of the checkpoints."""
        return self.path / "checkpoints"

    @property
    def samples(self) -> Path:
        """Folder of the preview sheets."""
        return self.path / "samples"

    def checkpoint_path(self, images_seen: int) -> Path:
        """Name for a checkpoint; names sort by progress."""
        return self.checkpoints / f"checkpoint-{images_seen:012d}{CHECKPOINT_SUFFIX}"

    def best_path(self, figure: str) -> Path:
        """Name for the checkpoint that is the best by a figure of its quality."""
        return self.checkpoints / f"best-{figure}{CHECKPOINT_SUFFIX}"

    def preview_path(self, images_seen: int) -> Path:
        """Name for a preview sheet; names sort by progress."""
        return self.samples / f"preview-{images_seen:012d}.png"

    def checkpoint_files(self) -> list[Path]:
        """All checkpoints, oldest first."""
        return sorted(self.checkpoints.glob(f"checkpoint-*{CHECKPOINT_SUFFIX}"))

    def preview_files(self) -> list[Path]:
        """All preview sheets, oldest first."""
        return sorted(self.samples.glob("preview-*.png"))

    def latest_checkpoint(self) -> Path:
        """The newest checkpoint.

        Raises:
            CheckpointMissingError: none was saved yet.
        """
        files = self.checkpoint_files()
        if not files:
            raise CheckpointMissingError(self.path)
        return files[-1]

    def write_config(self, config: RunConfig) -> None:
        """Write the configuration.

        Raises:
            FolderNotWritableError, DiskFullError: it cannot be written.
        """
        atomic_write(self.config_file, config_to_toml(config).encode())

    def chosen_checkpoint(self, choice: str) -> Path:
        """The newest checkpoint, or the best by a figure.

        Args:
            choice: ``NEWEST``, or a figure's name.

        Raises:
            CheckpointMissingError: there is no such checkpoint.
        """
        if choice == NEWEST:
            return self.latest_checkpoint()
        path = self.best_path(choice)
        if not path.is_file():
            raise CheckpointMissingError(self.path)
        return path

    def read_config(self) -> RunConfig:
        """Read the configuration.

        Raises:
            RunMissingError: there is no run here.
            ConfigError: the file is damaged.
        """
        return config_from_toml(_read(self.config_file, self.path))

    def read_model(self) -> ModelFacts:
        """Read the model's facts.

        Raises:
            RunMissingError: there is no run here, or it never got past loading its data.
            ConfigError: the file is damaged.
        """
        text = _read(self.model_file, self.path)
        try:
            table: dict[str, Any] = json.loads(text)
            if table.pop("format") != MODEL_FORMAT:
                raise ConfigError([Problem("model.json", f"format must be {MODEL_FORMAT}")])
            return ModelFacts(tokenizer=tokenizer_from_table(table.pop("tokenizer")), **table)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigError([Problem("model.json", f"is damaged: {error}")]) from error


def create_run_folder(config: RunConfig) -> RunFolder:
    """Make the folder of a new run and write its configuration.

    Raises:
        FolderInUseError: the folder holds files already.
        FolderNotWritableError, DiskFullError: it cannot be made or written.
    """
    folder = RunFolder(config.run)
    try:
        if config.run.exists() and any(config.run.iterdir()):
            raise FolderInUseError(config.run)
        for path in (folder.path, folder.checkpoints, folder.samples):
            path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise explain_os_error(error, config.run) from error
    ensure_writable(folder.path)
    folder.write_config(config)
    return folder


def reopen_run_folder(config: RunConfig) -> tuple[RunFolder, Path]:
    """Find where a run was left; note in its configuration how long it goes on now.

    Returns:
        The folder and its newest checkpoint.

    Raises:
        RunMissingError, CheckpointMissingError: there is nothing to go on from.
        ConfigError: a setting that matters differs from the run's; every such is named.
        FolderNotWritableError, DiskFullError: it cannot be written.
    """
    folder = RunFolder(config.run)
    problems = changed_settings(folder.read_config(), config)
    if problems:
        raise ConfigError(problems)
    checkpoint = folder.latest_checkpoint()
    ensure_writable(folder.path)
    folder.write_config(config)
    return folder, checkpoint


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
    table = {
        "format": MODEL_FORMAT,
        **{
            field.name: getattr(facts, field.name)
            for field in dataclasses.fields(facts)
            if field.name != "tokenizer"
        },
        "tokenizer": facts.tokenizer.to_table(),
    }
    atomic_write(folder.model_file, json.dumps(table, ensure_ascii=False, indent=1).encode())


def _read(path: Path, run: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise RunMissingError(run) from error
    except UnicodeDecodeError as error:
        raise ConfigError([Problem(path.name, "is not UTF-8 text")]) from error
    except OSError as error:
        raise explain_os_error(error, run) from error
