"""The import subcommand: build a dataset from files."""

import argparse
import csv
import dataclasses
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.cli.options import add_settings, chosen_settings
from engine.cli.progress import ImportPrinter, stop_on_interrupt
from engine.cli.terminal import say
from engine.control import RunControl
from engine.data.table_fields import FieldKind
from engine.errors import NothingToImportError, TextsUnreadableError
from engine.fs.untrusted import read_regular
from engine.importing.formats.format import Detection, ImportSpec
from engine.importing.formats.registry import FORMATS
from engine.importing.ledger import FileLedger
from engine.importing.plan import Fix, ImportPlan, Issue
from engine.importing.report import JSON_NAME, PAGE_NAME

AUTO = "auto"
_ABOUT_ORIGINALS = {
    Issue.DEEP_PIXELS: "{0:,} images have more than 8 bits: values of {1} became black to white "
    "(--value-range).",
    Issue.MORE_BANDS: "{0:,} images have two channels, or more than three: the first of two was "
    "taken, or the first three as colours (--band).",
    Issue.MORE_FRAMES: "{0:,} images are frames or pages of files that hold more of them "
    "(--frame-step).",
}
MAX_NAMES_BYTES = 64_000_000
"""Limit of a file of label names."""


def add_to(commands: Any, _starters: Path | None) -> None:
    """Declare the subcommand."""
    parser = commands.add_parser(
        "import", help="build a dataset from your own files", description=__doc__
    )
    parser.set_defaults(command=run)
    add_source(parser, what="folder, archive or table")
    parser.add_argument(
        "--dataset", type=Path, required=True, metavar="DIR", help="new folder for the dataset"
    )
    parser.add_argument("--title", default="", metavar="T", help="default: name of the folder")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write a copy of report.json")
    parser.add_argument(
        "--strict",
        action="store_true",
        help="fail if any file is skipped, except system files",
    )


def add_source(parser: argparse.ArgumentParser, what: str) -> None:
    """Declare the source and all settings of an import."""
    parser.add_argument("source", type=Path, metavar="SOURCE", help=what)
    parser.add_argument(
        "--format",
        choices=[AUTO, *FORMATS],
        default=AUTO,
        help="format of the source (default: detected)",
    )
    parser.add_argument("--table", metavar="FILE", help="table or annotation file in the source")
    parser.add_argument("--image-column", metavar="NAME", help="column of images or their paths")
    parser.add_argument(
        "--text-column",
        action="append",
        metavar="NAME",
        help="column of texts; may be repeated",
    )
    parser.add_argument("--label-column", metavar="NAME", help="column of labels, used as groups")
    parser.add_argument(
        "--audio-column",
        action="append",
        metavar="NAME",
        help="column of names of sounds; may be repeated",
    )
    parser.add_argument(
        "--fields",
        action=argparse.BooleanOptionalAction,
        help="make a table of the remaining columns; a table without images or sounds is read as "
        "items of its own (default: for galleries)",
    )
    parser.add_argument(
        "--field",
        action="append",
        type=_parse_field,
        default=[],
        metavar="NAME=KIND",
        help=f"kind of a column of the table: {', '.join(FieldKind)}; may be repeated",
    )
    parser.add_argument("--encoding", metavar="NAME", help="of the texts (default: detected)")
    parser.add_argument(
        "--label-names",
        type=Path,
        metavar="FILE",
        help="names of the labels: a JSON object, or CSV or TSV lines such as 3,three",
    )
    parser.add_argument(
        "--fix",
        action="extend",
        nargs="+",
        type=_parse_fix,
        default=[],
        metavar="ISSUE=FIX",
        help=f"issues: {', '.join(Issue)}; fixes: {', '.join(Fix)}",
    )
    names = {
        "validation_percent": "val-percent",
        "audio.rate": "audio-rate",
        "audio.seconds": "audio-seconds",
    }
    add_settings(parser, ImportPlan, names=names)


def run(arguments: argparse.Namespace) -> None:
    """Import, and print progress."""
    from engine.importing.build import import_dataset

    control = RunControl()
    stop_on_interrupt(control)
    plan = plan_from(arguments, control)
    say(f"Reading {plan.source} as {plan.reading.format}.")
    printer = ImportPrinter()
    import_dataset(plan, printer, control, is_strict=arguments.strict)
    printer.raise_failure()
    report = json.loads((plan.dataset / JSON_NAME).read_bytes())
    counts = {found["issue"]: found["count"] for found in report["issues"]}
    for issue, sentence in _ABOUT_ORIGINALS.items():
        if counts[issue]:
            values = " to ".join(f"{end:,.15g}" for end in report["value_range"])
            print(sentence.format(counts[issue], values))
    if report["audio_rate"]:
        say(
            f"Sounds: {report['audio_seconds']:.3g} s at {report['audio_rate']:,} Hz; "
            f"{counts[Issue.LONG_SOUND]:,} longer ones were cut (--audio-seconds, --audio-rate)."
        )
    if report["fields"]:
        say(_fields_sentence(report["fields"]))
    for reason, count in report["skipped_by_reason"].items():
        say(f"  {count:>9,} {reason.replace('_', ' ')}")
    say(f"Dataset: {plan.dataset}")
    say(f"Report: {plan.dataset / PAGE_NAME}")
    if arguments.report:
        shutil.copyfile(plan.dataset / JSON_NAME, arguments.report)


def _fields_sentence(fields: Sequence[Mapping[str, Any]]) -> str:
    """Say which columns became fields of the table, and why the others did not."""
    included = ", ".join(f"{f['name']} ({f['kind']})" for f in fields if f["included"])
    left_out = ", ".join(
        f"{f['name']} ({f['reason'] or 'by you'})" for f in fields if not f["included"]
    )
    sentence = f"Fields of the table: {included or 'none'}."
    return f"{sentence} Left out: {left_out} (--field)." if left_out else sentence


def plan_from(arguments: argparse.Namespace, control: RunControl) -> ImportPlan:
    """Build an import plan from the arguments; missing ones are detected, as in the wizard.

    Raises:
        SourceUnreadableError: the source cannot be read.
        StoppedError: a stop was requested.
        NothingToImportError: no format recognises the source.
        ConfigError: an argument is invalid.
    """
    plan = ImportPlan(
        source=arguments.source,
        dataset=getattr(arguments, "dataset", Path()),
        title=getattr(arguments, "title", ""),
        reading=_reading(arguments, control),
        repairs=dict(arguments.fix),
        field_kinds=tuple(dict(arguments.field).items()),
    )
    values = chosen_settings(arguments, ImportPlan)
    inner = {name: value for name, value in values.items() if "." in name}
    for name, value in inner.items():
        outer, _dot, field = name.partition(".")
        part = dataclasses.replace(getattr(plan, outer), **{field: value})
        plan = dataclasses.replace(plan, **{outer: part})
    return dataclasses.replace(plan, **{n: v for n, v in values.items() if n not in inner})


def _reading(arguments: argparse.Namespace, control: RunControl) -> ImportSpec:
    found = _detect(arguments, control).reading
    given: dict[str, Any] = {
        "table": arguments.table,
        "image_column": arguments.image_column,
        "text_columns": tuple(arguments.text_column or ()) or None,
        "label_column": arguments.label_column,
        "audio_columns": tuple(arguments.audio_column or ()) or None,
        "with_fields": arguments.fields,
        "encoding": arguments.encoding,
        "words": read_label_names(arguments.label_names) if arguments.label_names else None,
    }
    if arguments.table and arguments.table != found.table:
        # The detected columns are those of another table.
        found = ImportSpec(format=found.format, with_fields=found.with_fields)
    return dataclasses.replace(found, **{k: v for k, v in given.items() if v is not None})


def _detect(arguments: argparse.Namespace, control: RunControl) -> Detection:
    from engine.importing.empty_import import diagnose_unknown_source
    from engine.importing.scan import detect_formats, detect_rows_alone, list_files
    from engine.importing.sources.opening import open_archive

    with open_archive(arguments.source) as archive:
        ledger = FileLedger()
        listing = list_files(archive, ledger, control)
        offers = detect_formats(archive, listing)
        if not offers and arguments.fields:
            offers = detect_rows_alone(archive, listing)
        causes = () if offers else diagnose_unknown_source(archive, listing, ledger)
    if arguments.format != AUTO:
        forced = Detection(reading=ImportSpec(format=arguments.format), confidence=0.0, images=0)
        return next((o for o in offers if o.reading.format == arguments.format), forced)
    if not offers:
        raise NothingToImportError(arguments.source, [cause.sentence for cause in causes])
    return offers[0]


def read_label_names(path: Path) -> tuple[tuple[str, str], ...]:
    """Read label names from a JSON object, or from CSV or TSV lines.

    Raises:
        TextsUnreadableError: the file cannot be parsed.
    """
    try:
        text = read_regular(path.resolve(), MAX_NAMES_BYTES).decode("utf-8-sig")
        if path.suffix.lower() == ".json":
            return tuple((str(k), str(v)) for k, v in json.loads(text).items())
        rows = csv.reader(text.splitlines(), delimiter="\t" if "\t" in text else ",")
        return tuple((row[0].strip(), row[1].strip()) for row in rows if row)
    except (OSError, ValueError, AttributeError, IndexError, csv.Error) as error:
        raise TextsUnreadableError(path, str(error)) from error


def _parse_field(text: str) -> tuple[str, FieldKind]:
    name, _equals, kind = text.rpartition("=")
    try:
        return name, FieldKind(kind)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _parse_fix(text: str) -> tuple[Issue, Fix]:
    issue, _equals, fix = text.partition("=")
    try:
        return Issue(issue), Fix(fix)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
