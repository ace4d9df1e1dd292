"""The report subcommand: write a diagnostic report without personal data."""

import argparse
from pathlib import Path
from typing import Any

import platformdirs

from engine.cli.terminal import say


def add_to(commands: Any, _starters: Path | None) -> None:
    """Declare the subcommand."""
    parser = commands.add_parser("report", help="write a diagnostic report", description=__doc__)
    parser.set_defaults(command=run)
    parser.add_argument(
        "--output", type=Path, required=True, metavar="FILE.zip", help="report file"
    )
    parser.add_argument("--run", type=Path, metavar="DIR", help="run to include")


def run(arguments: argparse.Namespace) -> None:
    """Write the report, and print its path."""
    from engine.diagnostics.report import write_report

    logs = platformdirs.user_log_path("diptych", appauthor=False)
    target = write_report(arguments.output, run=arguments.run, logs=logs)
    say(f"Report: {target}. Check it before you send it.")
