"""The evaluate subcommand: compute the metrics of a run, and say what would help most."""

import argparse
from pathlib import Path
from typing import Any

from engine.cli.progress import stop_on_interrupt
from engine.cli.terminal import answer
from engine.control import RunControl

PAIRS = 5_000


def add_to(commands: Any, _starters: Path | None) -> None:
    """Declare the subcommand."""
    parser = commands.add_parser("evaluate", help="evaluate a run", description=__doc__)
    parser.set_defaults(command=run)
    parser.add_argument("--run", type=Path, required=True, metavar="DIR", help="a trained run")
    parser.add_argument(
        "--count",
        type=_count,
        default=PAIRS,
        metavar="N",
        help=f"pairs (default {PAIRS})",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="noise seed (default 1)")
    parser.add_argument(
        "--dataset", type=Path, metavar="DIR", help="reference dataset (default: the run's)"
    )
    parser.add_argument(
        "--checkpoint",
        choices=["newest", "kid", "joint_coherence"],
        default="newest",
        help="the newest, or the best by a metric (default newest)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def run(arguments: argparse.Namespace) -> None:
    """Compute the metrics, and print the report with the verdict."""
    from engine.metrics.evaluate import evaluate_run
    from engine.metrics.extractor import default_cache

    control = RunControl()
    stop_on_interrupt(control)
    report = evaluate_run(
        arguments.run,
        cache=default_cache(),
        count=arguments.count,
        seed=arguments.seed,
        dataset=arguments.dataset,
        checkpoint=arguments.checkpoint,
        control=control,
    )
    answer(report.to_json() if arguments.json else report.to_text())


def _count(text: str) -> int:
    count = int(text)
    if not 100 <= count <= 100_000:
        raise argparse.ArgumentTypeError("must be from 100 to 100,000")
    return count
