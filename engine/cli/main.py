"""Command-line entry point: parse the arguments, run the subcommand and return an exit code.

0: success. 2: invalid arguments or input, with one sentence on stderr. 1: any other failure.
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
        """Print the error in one line, without the usage."""
        self.exit(BAD_INPUT, f"{self.prog}: {message}. See {self.prog} --help.\n")


def main(argv: Sequence[str] | None = None, *, starters: Path | None = None) -> int:
    """Run a subcommand.

    Args:
        argv: arguments without the program's name; by default those of the process.
        starters: folder with the sources of the example datasets, for ``--starter``.

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
        description="Train generators of image-text pairs. Without a subcommand, open the studio.",
    )
    parser.add_argument("--version", action="version", version=f"diptych {installed_version()}")
    parser.add_argument("--verbose", action="store_true", help="print log messages to stderr")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for module in (train, branch, runs, sample, evaluate, import_, doctor, export, demo, report):
        module.add_to(commands, starters)
    return parser
