"""The subcommand doctor: what is odd about a dataset, or about files that may become one."""

import argparse
import json
from pathlib import Path
from typing import Any

from engine.cli.import_ import add_source, plan_from
from engine.cli.progress import stop_on_interrupt
from engine.control import RunControl
from engine.data.manifest import FILE_NAME
from engine.errors import StoppedError
from engine.importing.check_context import Diagnosis, FindingReport

NAMED = 3
"""Items that are named for each finding."""


def add_to(commands: Any, _starters: Path | None) -> None:
    """Declare the subcommand."""
    parser = commands.add_parser("doctor", help="examine a dataset", description=__doc__)
    parser.set_defaults(command=run)
    add_source(parser, what="dataset, or folder, archive or table to import")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def run(arguments: argparse.Namespace) -> None:
    """Examine, and print what was found; nothing is changed."""
    control = RunControl()
    stop_on_interrupt(control)
    try:
        diagnosis = _diagnosis(arguments, control)
    except StoppedError:
        raise KeyboardInterrupt from None
    print(_json(diagnosis) if arguments.json else _text(diagnosis))


def _diagnosis(arguments: argparse.Namespace, control: RunControl) -> Diagnosis:
    from engine.importing.dataset_checks import examine_dataset
    from engine.importing.dry_run import examine_source

    if (arguments.source / FILE_NAME).is_file():
        return examine_dataset(arguments.source, control, repairs=dict(arguments.repair))
    plan = plan_from(arguments, control)
    return examine_source(plan, lambda _event: None, control).settled.diagnosis


def _json(diagnosis: Diagnosis) -> str:
    table = {
        "items": len(diagnosis.decisions),
        "kept": sum(1 for _decision in diagnosis.kept()),
        "findings": [
            {
                "finding": report.finding,
                "count": report.count,
                "repair": report.repair,
                "keys": list(report.keys),
                "detail": dict(report.detail),
            }
            for report in diagnosis.reports
        ],
    }
    return json.dumps(table, indent=1)


def _text(diagnosis: Diagnosis) -> str:
    found = [report for report in diagnosis.reports if report.count]
    lines = [f"{len(diagnosis.decisions):,} items examined."]
    lines += [_line(report) for report in found] or ["Nothing was found."]
    return "\n".join(lines)


def _line(report: FindingReport) -> str:
    name = report.finding.replace("_", " ")
    keys = ", ".join(ascii(key)[1:-1] for key in report.keys[:NAMED])
    more = ", ..." if report.count > NAMED else ""
    return f"{name:<15} {report.count:>9,}  {report.repair:<6} {keys}{more}"
