"""The doctor subcommand: check a dataset, or files to import, for issues."""

import argparse
import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.cli.import_ import add_source, plan_from
from engine.cli.progress import stop_on_interrupt
from engine.cli.terminal import answer
from engine.cli.train import cost_sentence
from engine.config.sections import DataConfig
from engine.control import RunControl
from engine.data.checksums import damage_text, find_damage
from engine.data.manifest import FILE_NAME, read_manifest
from engine.data.store import open_dataset, training_texts
from engine.data.text_choice import AUTO, TextChoice, choose_texts
from engine.errors import DatasetCorruptError, StoppedError
from engine.importing.check_context import CheckReport
from engine.printable import printable

MAX_EXAMPLES = 3
"""Number of items that are named for each issue."""


def add_to(commands: Any, _starters: Path | None) -> None:
    """Declare the subcommand."""
    parser = commands.add_parser("doctor", help="check a dataset for issues", description=__doc__)
    parser.set_defaults(command=run)
    add_source(parser, what="dataset folder; or folder, archive or table to import")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def run(arguments: argparse.Namespace) -> None:
    """Check, and print the issues; nothing is changed."""
    control = RunControl()
    stop_on_interrupt(control)
    try:
        damage = _damage(arguments.source, control)
        check_report, choice = _check(arguments, control)
    except StoppedError:
        raise KeyboardInterrupt from None
    shown = _json(check_report, choice, damage) if arguments.json else _text(check_report, choice)
    answer(shown)
    if damage:
        raise DatasetCorruptError(arguments.source, damage_text(damage))


def _damage(folder: Path, control: RunControl) -> Sequence[str]:
    """Return what has changed in a dataset since it was written; nothing for other sources."""
    if not (folder / FILE_NAME).is_file():
        return ()
    return find_damage(folder, read_manifest(folder), lambda _size: control.stop_if_asked())


def _check(arguments: argparse.Namespace, control: RunControl) -> tuple[CheckReport, TextChoice]:
    from engine.importing.dataset_checks import check_dataset
    from engine.importing.dry_run import dry_run

    if (arguments.source / FILE_NAME).is_file():
        report = check_dataset(arguments.source, control, fixes=dict(arguments.fix))
        texts = training_texts(open_dataset(arguments.source))
        return report, choose_texts(DataConfig(tokenizer=AUTO), texts)[1]
    found = dry_run(plan_from(arguments, control), lambda _event: None, control)
    return found.result.check_report, found.text_facts.choice


def _json(check_report: CheckReport, choice: TextChoice, damage: Sequence[str]) -> str:
    table = {
        "damage": list(damage),
        "items": len(check_report.outcomes),
        "kept": sum(1 for _decision in check_report.kept()),
        "issues": [
            {
                "issue": report.issue,
                "count": report.count,
                "repair": report.fix,
                "keys": list(report.keys),
                "detail": dict(report.detail),
            }
            for report in check_report.reports
        ],
        "texts": dataclasses.asdict(choice),
    }
    return json.dumps(table, indent=1)


def _text(check_report: CheckReport, choice: TextChoice) -> str:
    found = [report for report in check_report.reports if report.count]
    lines = [f"{len(check_report.outcomes):,} items checked."]
    for report in found:
        name = report.issue.replace("_", " ")
        keys = ", ".join(map(printable, report.keys[:MAX_EXAMPLES]))
        more = ", ..." if report.count > MAX_EXAMPLES else ""
        lines.append(f"{name:<15} {report.count:>9,}  {report.fix:<6} {keys}{more}")
    if not found:
        lines.append("No issues found.")
    return "\n".join([*lines, choice.sentence(), cost_sentence(choice)])
