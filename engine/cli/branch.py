"""The branch subcommand: start a new run from a checkpoint of another, with other settings."""

import argparse
from pathlib import Path
from typing import Any

from engine.cli.options import add_settings
from engine.cli.train import EXCLUDED, add_changes, add_lengths, chosen, train_with_progress
from engine.config.changes import settings_at
from engine.config.run import RunConfig
from engine.runs.folder import NEWEST, RunFolder


def add_to(commands: Any, _starters: Path | None) -> None:
    """Declare the subcommand."""
    parser = commands.add_parser(
        "branch", help="start a run from another run's checkpoint", description=__doc__
    )
    parser.set_defaults(command=run)
    parser.add_argument("source", type=Path, metavar="RUN", help="folder of the other run")
    parser.add_argument("--run", type=Path, required=True, metavar="DIR", help="new run folder")
    parser.add_argument(
        "--checkpoint",
        default=NEWEST,
        metavar="NAME",
        help="newest (default), a metric such as kid for the best by it, or a checkpoint's name",
    )
    add_lengths(parser)
    add_settings(parser, RunConfig, excluded=EXCLUDED)
    add_changes(parser)


def run(arguments: argparse.Namespace) -> None:
    """Create the branch and train it."""
    from engine.runs.branching import find_checkpoint, make_branch
    from engine.runs.checkpoint_files import read_metadata
    from engine.train.run import resume

    source = RunFolder(arguments.source)
    checkpoint = find_checkpoint(source, arguments.checkpoint)
    before = settings_at(source.read_config(), read_metadata(checkpoint).images_seen)
    config = branched_config(arguments, before)
    make_branch(source, checkpoint, config)
    train_with_progress(RunFolder(config.run).read_config().with_values(run=config.run), resume)


def branched_config(arguments: argparse.Namespace, before: RunConfig) -> RunConfig:
    """Return the settings of the source run, updated with those given on the command line.

    Args:
        arguments: of the command line.
        before: settings of the source run at the checkpoint.
    """
    values = chosen(arguments)
    if "minutes" in values:
        values.setdefault("images", 0)
    return before.with_values(run=arguments.run, **values)
