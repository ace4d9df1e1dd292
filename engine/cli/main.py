"""Reads the arguments, runs the subcommand, and turns every way of ending into an exit code.

0: done. 2: bad arguments or bad input, with one clear sentence on stderr. 1: anything else.
"""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from engine.cli import branch, demo, doctor, evaluate, export, import_, report, runs, sample, train
from engine.errors import EngineError
from engine.version import installed_version

DONE, FAILED, BAD_INPUT = 0, 1, 2


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line; the usage is a ``--help`` away."""
        self.exit(BAD_INPUT, f"{self.prog}: {message}. See {self.prog} --help.\n")


def main(argv: Sequence[str] | None = None, *, starters: Path | None = None) -> int:
    """Run a subcommand.

    Args:
        argv: without the program's name; by default the process's own.
        starters: folder of the starter datasets, for ``--starter``.

    Returns:
        The exit code.
    """
    arguments = _parser(starters).parse_args(argv)
    logging.basicConfig(
        level=logging.INFO if arguments.verbose else logging.ERROR,
        format="%(levelname)s %(name)s: %(message)s",
    )
    try:
        arguments.command(arguments)
    except EngineError as error:
        print(f"diptych: {error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("diptych: interrupted", file=sys.stderr)
        return FAILED
    except Exception as error:
        logging.getLogger(__name__).exception("The command failed.")
        print(f"diptych: unexpected {type(error).__name__}: {error}", file=sys.stderr)
        return FAILED
    return DONE


def _parser(starters: Path | None) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="diptych",
        description="Trains generators of image-text pairs. Without a subcommand: the studio.",
    )
    parser.add_argument("--version", action="version", version=f"diptych {installed_version()}")
    parser.add_argument("--verbose", action="store_true", help="log what happens to stderr")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for module in (train, branch, runs, sample, evaluate, import_, doctor, export, demo, report):
        module.add_to(commands, starters)
    return parser
