"""Command lines that repeat a run."""

import os
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.config.changes import settings_at
from engine.config.presets import PRESETS, config_from_preset
from engine.config.run import RunConfig
from engine.config.setting import option_of, settings_in, value_at
from engine.errors import EngineError
from engine.runs.folder import RunFolder
from engine.runs.metadata import free_name_like, read_notes

PROGRAM = "diptych"
_BY_HAND = frozenset({"preset", "minutes", "images"})


def repeating_arguments(folder: Path) -> list[str]:
    """Return the arguments that repeat a run in a new folder beside it.

    A branch is repeated as a branch, if its source run still exists.

    Raises:
        RunMissingError, ConfigError: there is no run, or its configuration is damaged.
    """
    config = RunFolder(folder).read_config()
    again = config.with_values(run=folder.parent / free_name_like(folder.parent, folder.name))
    try:
        origin = read_notes(folder).origin
        if origin is not None and origin.is_branch:
            source = folder.parent / Path(origin.run).name
            return branch_arguments(
                source, origin.checkpoint, again, images_seen=origin.images_seen
            )
    except EngineError:
        pass  # The notes are damaged, or the source run no longer exists.
    return train_arguments(again)


def train_arguments(config: RunConfig) -> list[str]:
    """Return the arguments that create this run; only differences from its preset are listed."""
    preset = config.preset if config.preset in PRESETS else next(iter(PRESETS))
    plain = config_from_preset(preset, dataset=config.dataset, run=config.run)
    start = ["train", *_option("dataset", config.dataset), *_option("run", config.run)]
    return [*start, *_option("preset", preset), *_differences(plain, config)]


def branch_arguments(
    source: Path, checkpoint: str, config: RunConfig, *, images_seen: int = 0
) -> list[str]:
    """Return the arguments that create this run as a branch of another.

    Args:
        source: folder of the other run.
        checkpoint: its name.
        config: of the branch.
        images_seen: at the checkpoint; the other run may have changed settings before it.

    Raises:
        RunMissingError, ConfigError: there is no source run, or its configuration is damaged.
    """
    before = settings_at(RunFolder(source).read_config(), images_seen)
    start = ["branch", str(source), *_option("run", config.run)]
    return [*start, *_option("checkpoint", checkpoint), *_differences(before, config)]


def quoted(arguments: Sequence[str]) -> str:
    """Quote a command line for the shell of this system."""
    line = [PROGRAM, *arguments]
    return subprocess.list2cmdline(line) if os.name == "nt" else shlex.join(line)


def _differences(plain: RunConfig, config: RunConfig) -> list[str]:
    words: list[str] = []
    for name, _field, _about in settings_in(RunConfig):
        value = value_at(config, name)
        if name not in _BY_HAND and value != value_at(plain, name):
            words += _option(option_of(name), value)
    if (config.minutes, config.images) != (plain.minutes, plain.images):
        # Each of the two options, given alone, removes the limit of the other.
        if config.minutes or not config.images:
            words += _option("minutes", config.minutes)
        if config.images:
            words += _option("images", config.images)
    for change in config.changes:
        words += ["--at", str(change.images), f"{option_of(change.field)}={change.text}"]
    return words


def _option(name: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    text = repr(value) if isinstance(value, float) else str(value)
    # argparse would parse a separate value with a leading dash as an option.
    return [f"--{name}={text}"] if text.startswith("-") else [f"--{name}", text]
