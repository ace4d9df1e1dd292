"""The demo subcommand: train on the digits for two minutes and write a gallery and a chart."""

import argparse
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from engine.cli import sample, train
from engine.cli.terminal import say
from engine.config.presets import config_from_preset
from engine.runs.event_reader import read_losses
from engine.runs.folder import RunFolder
from engine.sample.request import GalleryRequest

PAIRS = 64
CHARTED = ("generator", "discriminator", "text_nll")


def add_to(commands: Any, starters: Path | None) -> None:
    """Declare the subcommand."""
    parser = commands.add_parser(
        "demo", help="train on the digits and write a gallery", description=__doc__
    )
    parser.set_defaults(command=run)
    train.add_starters_option(parser, starters)
    parser.add_argument("--minutes", type=float, default=2.0, metavar="M", help="default 2")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="seed (default 1)")
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path("diptych-demo"),
        metavar="DIR",
        help="parent folder of the results",
    )


def run(arguments: argparse.Namespace) -> None:
    """Train, write a gallery and a loss chart, and print their paths."""
    results: Path = arguments.folder / time.strftime("%Y%m%d-%H%M%S")
    dataset = train.built_starter("digits", arguments)
    config = config_from_preset("cpu-tiny", dataset=dataset, run=results / "run")
    printer = train.train_with_progress(
        config.with_values(
            minutes=arguments.minutes, seed=arguments.seed, reporting__evaluate_every_s=0.0
        )
    )
    if printer.ended is None or not printer.ended.images_seen:
        return
    gallery = GalleryRequest(run=config.run, folder=results / "gallery", count=PAIRS, seed=1)
    sample.write_with_progress(gallery)
    chart = results / "losses.png"
    draw_losses(RunFolder(config.run), chart)
    say(f"Contact sheet: {gallery.folder / 'contact_sheet.png'}")
    say(f"Loss curves: {chart}")


def draw_losses(folder: RunFolder, path: Path) -> None:
    """Plot the losses in a run's log."""
    from engine.sample.loss_chart import write_loss_chart

    curves: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for report in read_losses(folder.log_file):
        for name in report.losses.keys() & set(CHARTED):
            curves[name].append((report.progress.images_seen, report.losses[name]))
    ordered = {name: curves[name] for name in CHARTED if name in curves}
    write_loss_chart(path, ordered, title=f"Losses of {folder.path.parent.name}")
