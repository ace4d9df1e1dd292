"""The subcommand train: one run, headless."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import platformdirs

from engine.cli.options import add_settings, chosen_settings
from engine.cli.progress import RunTeller, stop_on_interrupt
from engine.config.presets import (
    AUTO,
    PRESETS,
    config_from_preset,
    gpu_memory_bytes,
    suitable_preset,
)
from engine.config.run import RunConfig
from engine.control import RunControl
from engine.data.manifest import read_manifest
from engine.data.starter_files import build_starter
from engine.data.starters import STARTERS
from engine.errors import ConfigError, Problem
from engine.events import Emit
from engine.runs.folder import RunFolder

Train = Callable[[RunConfig, Emit, RunControl], None]

SPOKEN_FOR = frozenset({"preset", "minutes", "images"})
"""Settings whose options are declared by hand below."""


def add_to(commands: Any, starters: Path | None) -> None:
    """Declare the subcommand."""
    parser = commands.add_parser("train", help="train on a dataset", description=__doc__)
    parser.set_defaults(command=run)
    add_starters_option(parser, starters)
    parser.add_argument(
        "--resume", action="store_true", help="go on with a run from its newest checkpoint"
    )
    data = parser.add_mutually_exclusive_group()
    data.add_argument("--starter", choices=sorted(STARTERS), help="a dataset that comes along")
    data.add_argument("--dataset", type=Path, metavar="DIR", help="a built dataset")
    parser.add_argument("--preset", choices=[AUTO, *PRESETS], default=AUTO, help=_presets())
    add_lengths(parser)
    parser.add_argument(
        "--run", type=Path, required=True, metavar="DIR", help="new run folder, or the one resumed"
    )
    add_settings(parser, RunConfig, spoken_for=SPOKEN_FOR)


def add_lengths(parser: argparse.ArgumentParser) -> None:
    """Declare how long a run goes on; of two limits the first that is reached counts."""
    parser.add_argument("--minutes", type=float, metavar="M", help="training time (default 5)")
    parser.add_argument(
        "--images", type=int, metavar="N", help="images to train on, without a limit in time"
    )


def add_starters_option(parser: argparse.ArgumentParser, starters: Path | None) -> None:
    """Declare where the starters lie and where they are built."""
    parser.add_argument(
        "--starters",
        type=Path,
        default=starters,
        metavar="DIR",
        help=argparse.SUPPRESS if starters else "folder of the starter datasets",
    )
    parser.add_argument(
        "--datasets",
        type=Path,
        metavar="DIR",
        help="where a starter is built (default: the user's cache folder)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Train, and print what happens."""
    if arguments.resume:
        _resume(arguments)
        return
    dataset = arguments.dataset or built_starter(arguments.starter, arguments)
    preset = arguments.preset
    if preset == AUTO:
        preset = _suitable(dataset, arguments)
    config = config_from_preset(preset, dataset=dataset, run=arguments.run)
    train_and_tell(config.with_values(**chosen(arguments)))


def _suitable(dataset: Path, arguments: argparse.Namespace) -> str:
    """Choose the preset by machine and dataset, and say why."""
    manifest = read_manifest(dataset)
    suggestion = suitable_preset(
        gpu_bytes=0 if arguments.device == "cpu" else gpu_memory_bytes(),
        image_size=max(manifest.image_height, manifest.image_width),
    )
    print(f"Preset {suggestion.name}: {suggestion.reason}.")
    return suggestion.name


def _resume(arguments: argparse.Namespace) -> None:
    from engine.train.run import resume

    values = chosen(arguments)
    if values.get("minutes"):
        # The new total counts; what the run was once given in images has no say any more.
        values.setdefault("images", 0)
    if arguments.dataset is not None:
        values["dataset"] = arguments.dataset
    config = RunFolder(arguments.run).read_config()
    train_and_tell(config.with_values(run=arguments.run, **values), resume)


def built_starter(name: str | None, arguments: argparse.Namespace) -> Path:
    """Find or build a starter dataset."""
    if name is None:
        raise ConfigError([Problem("--starter", "or --dataset must say what to train on")])
    if arguments.starters is None:
        raise ConfigError([Problem("--starters", "must name the folder of the starter datasets")])
    return build_starter(name, arguments.starters, arguments.datasets or default_datasets())


def default_datasets() -> Path:
    """Where starters are built unless somebody says otherwise."""
    return platformdirs.user_cache_path("diptych", appauthor=False) / "datasets"


def chosen(arguments: argparse.Namespace) -> dict[str, object]:
    """Collect the settings that the command line gave."""
    values: dict[str, object] = {
        name.replace(".", "__"): value
        for name, value in chosen_settings(arguments, RunConfig).items()
        if name != "preset"
    }
    if values.get("images") is not None:
        values.setdefault("minutes", 0.0)
    return values


def train_and_tell(config: RunConfig, train: Train | None = None) -> RunTeller:
    """Train, print what happens, and raise what failed.

    Args:
        config: of the run.
        train: a way to train; by default from the beginning.
    """
    if train is None:
        from engine.train.run import train
    control = RunControl()
    stop_on_interrupt(control)
    teller = RunTeller()
    train(config, teller, control)
    teller.raise_failure()
    print(f"Run folder: {config.run}")
    return teller


def _presets() -> str:
    rows = (f"{preset.name}: {preset.summary}" for preset in PRESETS.values())
    return "; ".join(("auto (default): by device and dataset", *rows))
