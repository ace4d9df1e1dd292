"""Command-line entry point: parse the arguments, run the subcommand and return an exit code.

0: success. 2: invalid arguments or input, with one sentence on stderr. 1: any other failure.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from engine.cli import (
    branch,
    control,
    demo,
    doctor,
    evaluate,
    export,
    import_,
    report,
    runs,
    sample,
    train,
)
from engine.cli.terminal import BAD_INPUT, DONE, TORCH_BYTES, check_memory_limit, run_guarded
from engine.printable import printable
from engine.version import installed_version

NEED_TORCH = frozenset({"train", "branch", "sample", "evaluate", "demo"})


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Print the error in one line, without the usage."""
        self.exit(BAD_INPUT, f"{self.prog}: {printable(message)}. See {self.prog} --help.\n")


class _Formatter(logging.Formatter):
    """Escapes what files put into log messages."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record), keeps_layout=True)


def main(argv: Sequence[str] | None = None, *, starters: Path | None = None) -> int:
    """Run a subcommand.

    Args:
        argv: arguments without the program's name; by default those of the process.
        starters: folder with the sources of the example datasets, for ``--starter``.

    Returns:
        The exit code.
    """
    return run_guarded(lambda: _run(argv, starters))


def _run(argv: Sequence[str] | None, starters: Path | None) -> int:
    arguments = _parser(starters).parse_args(argv)
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter("%(levelname)s %(name)s: %(message)s"))
    level = logging.INFO if arguments.verbose else logging.ERROR
    logging.basicConfig(level=level, handlers=[handler])
    if arguments.subcommand in NEED_TORCH:
        check_memory_limit(TORCH_BYTES)
    arguments.command(arguments)
    return DONE


def _parser(starters: Path | None) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="diptych",
        description="Train generators of image-text pairs. Without a subcommand, open the studio.",
    )
    parser.add_argument("--version", action="version", version=f"diptych {installed_version()}")
    parser.add_argument("--verbose", action="store_true", help="print log messages to stderr")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, dest="subcommand")
    for module in (
        train,
        branch,
        runs,
        control,
        sample,
        evaluate,
        import_,
        doctor,
        export,
        demo,
        report,
    ):
        module.add_to(commands, starters)
    return parser
