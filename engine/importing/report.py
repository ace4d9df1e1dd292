"""The report of an import: what was found, what became of it, and why something is missing.

``report.json`` is for programs, ``report.html`` for people: one self-contained page without scripts
or network access. Both are in the dataset's folder. For every import: files found = files used +
files skipped, and items found = items imported + items skipped.
"""

import json
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from string import Template
from typing import Any

from engine.data.image_shape import ImageShape
from engine.data.table_fields import FieldReport
from engine.fs.atomic import atomic_write, atomic_write_pieces
from engine.importing.check_context import IssueReport
from engine.importing.ledger import FileLedger, Reason, SkipRecord
from engine.importing.packed import Lazy, Mapped
from engine.importing.plan import ImportPlan
from engine.importing.scan import plan_table
from engine.printable import escape_html
from engine.version import installed_version

ROWS_SHOWN = 2_000
"""Longer tables are cut; report.json holds all rows."""

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
  :root { color-scheme: light dark; --line: color-mix(in srgb, CanvasText 15%, Canvas); }
  body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem;
         padding: 0 1rem; background: Canvas; color: CanvasText; }
  h1 { font-size: 1.4rem; font-weight: 600; } h2 { font-size: 1.1rem; margin-top: 2rem; }
  table { border-collapse: collapse; width: 100%; }
  td, th { border-bottom: 1px solid var(--line); padding: .3rem .6rem .3rem 0; text-align: left;
           vertical-align: top; overflow-wrap: anywhere; font-weight: normal; }
  th { opacity: .7; } td.number { text-align: right; font-variant-numeric: tabular-nums; }
</style>
</head>
<body>
<h1>$title</h1>
<p>$summary</p>
$sections
</body>
</html>
""")

_REASONS = {
    "hidden": "the system's own file",
    "empty": "empty",
    "not_used": "neither image, text nor sound to this format",
    "not_an_image": "named like an image, but is none",
    "not_audio": "named like a sound, but is none",
    "silent": "a silent sound",
    "unsupported": "of a kind that cannot be read",
    "truncated": "ends before the image or the sound does",
    "damaged": "damaged",
    "too_large": "too large",
    "unreadable": "the system refuses to read it",
    "locked": "encrypted with a password",
    "unsafe_path": "its path leads out of the source",
    "link": "a link",
    "special_file": "a device, socket or pipe",
    "web_address": "a web address, which is not downloaded",
    "bad_row": "lacks what the mapping names",
    "not_language": "numbers, identifiers or code instead of a caption",
    "bad_encoding": "no text in any encoding known",
    "no_text": "an image without a text",
    "no_image": "a text without an image",
    "same_image": "the same image as another item",
    "similar_image": "almost the same image as another item",
    "tiny_image": "a tiny image",
    "extreme_ratio": "far longer than wide, or wider than long",
    "repeated_text": "the same text as very many other images",
    "long_text": "a text far longer than most",
    "mojibake": "a text that was read in the wrong encoding",
    "clipped_sound": "an overdriven sound",
    "long_sound": "a sound longer than what is stored",
    "same_sound": "the same sound as another item",
    "leak": "for validation, and almost the same as an item to train on",
    "excluded": "excluded by you",
}


def report_page(table: Mapping[str, Any]) -> str:
    """Write the page from the table of ``report.json``."""
    counts = table["counts"]
    title = f"{counts['items_imported']:,} items from {table['source']}"
    issues = [
        (found["issue"].replace("_", " "), found["count"], found["repair"])
        for found in table["issues"]
    ]
    reasons = [
        (_REASONS.get(name, name), count) for name, count in table["skipped_by_reason"].items()
    ]
    fields = [
        (found["name"], found["kind"], found["distinct"], found["missing"], _fate_of(found))
        for found in table["fields"]
    ]
    about = ("Column", "Kind", "Distinct values", "Missing", "Done")
    sections = (
        _counts_section(table),
        *([_table("Fields of the table", about, fields)] if fields else []),
        _table("Issues", ("Issue", "Count", "Done"), issues),
        _table("Why something is not there", ("Reason", "Files and items"), reasons),
        _skipped_section("Skipped files", table["skipped_files"]),
        _skipped_section("Skipped items", table["skipped_items"]),
        _table("Plan", ("Setting", "Value"), _flat(table["plan"])),
        _table("Versions", ("Program", "Version"), table["versions"].items()),
    )
    return _PAGE.substitute(
        title=escape_html(title), summary=_summary(table), sections="\n".join(sections)
    )


def _fate_of(found: Mapping[str, Any]) -> str:
    if found["included"]:
        return "a field"
    return f"left out: {found['reason']}" if found["reason"] else "left out by you"


def _summary(table: Mapping[str, Any]) -> str:
    encodings = ", ".join(table["encodings"]) or "not told"
    counts, colours = table["counts"], "grey" if table["channels"] == 1 else "colour"
    size = f"{table['image_width']} x {table['image_height']} px"
    has_images = counts["pairs"] + counts["image_only"] > 0
    images = f"images of {size} in {colours}" if has_images else "no images"
    rate, seconds = table["audio_rate"], table["audio_seconds"]
    sounds = f"; sounds of {seconds:.3g} s at {rate:,} Hz" if rate else ""
    values = " to ".join(f"{end:,.15g}" for end in table["value_range"])
    scaled = f"; values of {values} became black to white" if values else ""
    sentence = (
        f"Read as {table['read_as']}; {images}{scaled}{sounds}; encoding of the texts: "
        f"{encodings}; version {table['version'] or 'none'}."
    )
    return escape_html(sentence)


def _counts_section(table: Mapping[str, Any]) -> str:
    counts = table["counts"]
    rows = [
        ("Files", counts["files_found"], counts["files_used"], counts["files_skipped"]),
        ("Items", counts["items_found"], counts["items_imported"], counts["items_skipped"]),
    ]
    split = [
        (name.replace("_", " "), counts[name])
        for name in (
            "pairs",
            "image_only",
            "text_only",
            "with_sound",
            "with_cells",
            "train_items",
            "validation_items",
        )
    ]
    found = _table("Everything that was found", ("", "Found", "Used", "Skipped"), rows)
    return found + _table("The dataset", ("", "Items"), split)


def _skipped_section(heading: str, skipped: Sequence[Mapping[str, Any]]) -> str:
    shown = islice(skipped, ROWS_SHOWN)
    rows = [(s["path"], _REASONS.get(s["reason"], s["reason"]), s["detail"]) for s in shown]
    return _table(heading, ("Name", "Reason", "More"), rows, len(skipped))


def _table(
    heading: str, columns: Sequence[str], rows: Iterable[Sequence[object]], total: int = 0
) -> str:

    def cell(value: object) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            return f'<td class="number">{value:,}</td>'
        return f"<td>{escape_html(str(value))}</td>"

    every = list(rows)
    if not every:
        return f"<h2>{escape_html(heading)}</h2><p>None.</p>"
    head = "".join(f"<th>{escape_html(column)}</th>" for column in columns)
    body = "".join(f"<tr>{''.join(map(cell, row))}</tr>\n" for row in every[:ROWS_SHOWN])
    rest = max(total, len(every)) - ROWS_SHOWN
    more = f"<p>And {rest:,} more, in report.json.</p>" if rest > 0 else ""
    return f"<h2>{escape_html(heading)}</h2><table><tr>{head}</tr>\n{body}</table>{more}"


def _flat(plan: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for name, value in plan.items():
        if isinstance(value, dict):
            rows += _flat(value, f"{prefix}{name}.")
        else:
            many = value if isinstance(value, list | tuple) else [value]
            parts = (" = ".join(map(str, v)) if isinstance(v, tuple) else str(v) for v in many)
            rows.append((prefix + name, ", ".join(parts)))
    return rows


FORMAT = 2
JSON_NAME, PAGE_NAME = "report.json", "report.html"
KEYS_NAMED = 1_000
"""Keys listed for each issue; the count is not limited."""
LIBRARIES = ("pillow", "numpy", "ftfy", "chardet", "pyarrow")


@dataclass(frozen=True, kw_only=True)
class ImportCounts:
    """Files and items, before and after."""

    files_found: int
    files_used: int
    files_skipped: int
    items_found: int
    items_imported: int
    items_skipped: int
    pairs: int = 0
    image_only: int = 0
    text_only: int = 0
    with_sound: int = 0
    with_cells: int = 0
    train_items: int = 0
    validation_items: int = 0

    @property
    def adds_up(self) -> bool:
        """Whether everything is accounted for."""
        return (
            self.files_found == self.files_used + self.files_skipped
            and self.items_found == self.items_imported + self.items_skipped
        )


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """All there is to say of one import."""

    plan: ImportPlan
    version: str
    """Content hash of the dataset."""
    encodings: Mapping[str, int]
    """How many files or tables were read in each encoding; empty where texts are in no files."""
    counts: ImportCounts
    image_shape: ImageShape
    channels: int
    value_range: tuple[float, ...]
    """Values that became black and white of deep images; empty without any."""
    issues: tuple[IssueReport, ...]
    audio_rate: int
    """Of the stored sounds, in samples per second; 0 if there are none."""
    audio_seconds: float
    """Length of the stored sounds."""
    fields: tuple[FieldReport, ...]
    """Columns of cells, those that are left out too."""
    skip_counts: Mapping[Reason, int]
    """By reason; a file and its item count once."""
    skipped_files: Sequence[SkipRecord]
    skipped_items: Sequence[SkipRecord]

    def to_table(self) -> dict[str, Any]:
        """Write it as what JSON can hold; what is skipped is read as it is written."""
        return {
            "format": FORMAT,
            "source": str(self.plan.source),
            "read_as": self.plan.reading.format,
            "version": self.version,
            "counts": {**asdict(self.counts), "adds_up": self.counts.adds_up},
            "image_size": self.image_shape.longer,
            "image_width": self.image_shape.width,
            "image_height": self.image_shape.height,
            "channels": self.channels,
            "value_range": list(self.value_range),
            "audio_rate": self.audio_rate,
            "audio_seconds": self.audio_seconds,
            "encodings": dict(self.encodings),
            "issues": [
                {
                    "issue": found.issue,
                    "count": found.count,
                    "repair": found.fix,
                    "keys": list(found.keys[:KEYS_NAMED]),
                    "detail": dict(found.detail),
                }
                for found in self.issues
            ],
            "fields": [
                {
                    "name": found.name,
                    "kind": found.kind,
                    "included": found.is_included,
                    "reason": found.reason or "",
                    "distinct": found.distinct,
                    "missing": found.missing,
                    "unreadable": found.unreadable,
                }
                for found in self.fields
            ],
            "skipped_by_reason": {str(reason): count for reason, count in self.skip_counts.items()},
            "skipped_files": Mapped(asdict, self.skipped_files),
            "skipped_items": Mapped(asdict, self.skipped_items),
            "plan": plan_table(self.plan),
            "versions": versions(),
        }


def write_report(report: ImportReport, folder: Path) -> None:
    """Write both files.

    Raises:
        FolderNotWritableError, DiskFullError: they cannot be written.
    """
    table = report.to_table()
    atomic_write_pieces(folder / JSON_NAME, _json_pieces(table))
    atomic_write(folder / PAGE_NAME, report_page(table).encode("utf-8", "backslashreplace"))


def _json_pieces(table: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield a report as JSON with an indent of 1; of a million rows few are in memory at once."""
    # ASCII: names from a disk may hold bytes that are no text in any encoding.
    for number, (name, value) in enumerate(table.items()):
        yield f"{',' if number else '{'}\n {json.dumps(name)}: ".encode()
        if not isinstance(value, Lazy) or not len(value):
            plain = [] if isinstance(value, Lazy) else value
            yield json.dumps(plain, indent=1).replace("\n", "\n ").encode()
            continue
        for place, row in enumerate(value):
            text = json.dumps(row, indent=1).replace("\n", "\n  ")
            yield f"{',' if place else '['}\n  {text}".encode()
        yield b"\n ]"
    yield b"\n}\n"


def counts_of(ledger: FileLedger, *, found: int, imported: int, **more: int) -> ImportCounts:
    """Count files and items; what was not counted apart is left at 0."""
    return ImportCounts(
        files_found=ledger.files_found,
        files_used=ledger.files_used,
        files_skipped=len(ledger.skipped_files()),
        items_found=found,
        items_imported=imported,
        items_skipped=len(ledger.skipped_items()),
        **more,
    )


def versions() -> dict[str, str]:
    """Return the versions of the program and of the libraries that read the source."""
    return {
        "diptych": installed_version(),
        "python": platform.python_version(),
        **{name: installed_version(name) for name in LIBRARIES},
    }
