"""The runs subcommand: list runs, or print the command that repeats one."""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import platformdirs

from engine.cli.terminal import answer
from engine.errors import RunMissingError
from engine.metrics.verdict import KID_NOTE
from engine.printable import printable
from engine.runs.catalogue import FILE_NAME, Catalogue
from engine.runs.command import quoted, repeating_arguments
from engine.runs.listing import ListedRun

_MINUTE_S, _HOUR_S = 60, 3600
_UNITS = ("B", "kB", "MB", "GB", "TB")


def add_to(commands: Any, _starters: Path | None) -> None:
    """Declare the subcommand."""
    parser = commands.add_parser("runs", help="list runs", description=__doc__)
    parser.set_defaults(command=run)
    place = parser.add_mutually_exclusive_group()
    place.add_argument("folder", type=Path, nargs="?", metavar="DIR", help="folder of run folders")
    place.add_argument(
        "--workspace",
        type=Path,
        metavar="DIR",
        help="workspace of the studio (default: Diptych in your documents folder)",
    )
    place.add_argument(
        "--command",
        dest="repeated",
        type=Path,
        metavar="RUN",
        help="print the command that repeats a run",
    )
    parser.add_argument(
        "--search",
        default="",
        metavar="TEXT",
        help="words to find in name, notes, dataset or settings",
    )


def run(arguments: argparse.Namespace) -> None:
    """Print the table, or the command."""
    if arguments.repeated is not None:
        answer(quoted(repeating_arguments(arguments.repeated.absolute())))
        return
    runs, file = _place(arguments)
    if not runs.is_dir():
        raise RunMissingError(runs)
    with Catalogue(runs, file) as catalogue:
        catalogue.refresh()
        found = catalogue.runs(arguments.search)
    if not found:
        answer(f"No runs in {runs}" + (f" match '{arguments.search}'" if arguments.search else ""))
        return
    answer(table_of(found))


def table_of(runs: Sequence[ListedRun]) -> str:
    """Format runs as a table, followed by the problems of damaged runs."""
    rows = [list(_COLUMNS), *([text(run) for text in _COLUMNS.values()] for run in runs)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_COLUMNS))]
    lines = ["  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in rows]
    lines += [f"{printable(run.name)}: {printable(run.problem)}" for run in runs if run.problem]
    if sum(run.kid is not None for run in runs) > 1:
        lines.append(KID_NOTE)
    return "\n".join(lines)


def _place(arguments: argparse.Namespace) -> tuple[Path, Path | None]:
    """Return the folder of runs and the catalogue's file; None outside a workspace."""
    if arguments.folder is not None and not (arguments.folder / "runs").is_dir():
        return arguments.folder.absolute(), None
    default = Path(platformdirs.user_documents_dir()) / "Diptych"
    workspace = (arguments.folder or arguments.workspace or default).absolute()
    return workspace / "runs", workspace / FILE_NAME


def _status(run: ListedRun) -> str:
    if run.is_held:
        return f"{run.status} ({run.holder_pid})"
    return f"{run.status}, damaged" if run.problem else str(run.status)


def _time(run: ListedRun) -> str:
    whole = round(run.elapsed_s)
    if whole >= _HOUR_S:
        return f"{whole // _HOUR_S} h {whole % _HOUR_S // _MINUTE_S} min"
    return f"{whole // _MINUTE_S} min {whole % _MINUTE_S} s"


def _size(run: ListedRun) -> str:
    size, unit = float(run.size_bytes), 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.{1 if unit else 0}f} {_UNITS[unit]}"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _date(run: ListedRun) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(run.changed_s))
    except (ValueError, OSError, OverflowError):
        return "-"


_COLUMNS: dict[str, Callable[[ListedRun], str]] = {
    "NAME": lambda run: ("* " if run.is_starred else "") + printable(run.name),
    "STATE": _status,
    "IMAGES": lambda run: f"{run.images_seen:,}",
    "TIME": _time,
    "KID": lambda run: _figure(run.kid),
    "COHERENCE": lambda run: _figure(run.joint_coherence),
    "SIZE": _size,
    "DATASET": lambda run: printable(run.dataset),
    "DATE": _date,
}
