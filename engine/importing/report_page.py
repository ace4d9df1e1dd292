"""The report as one self-contained web page: no script, nothing from the network."""

import html
from collections.abc import Iterable, Mapping, Sequence
from string import Template
from typing import Any

ROWS_SHOWN = 2_000
"""A longer table is cut here; the rest stands in report.json."""

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
    "not_used": "neither image nor text to this format",
    "not_an_image": "named like an image, but is none",
    "unsupported": "an image of a kind that cannot be read",
    "truncated": "ends before the image does",
    "damaged": "damaged",
    "too_large": "too large",
    "unreadable": "the system refuses to read it",
    "unsafe_path": "its path leads out of the source",
    "link": "a link",
    "special_file": "a device, socket or pipe",
    "bad_row": "lacks what the mapping names",
    "bad_encoding": "no text in any encoding known",
    "no_text": "an image without a text",
    "no_image": "a text without an image",
    "same_image": "the same image as another item",
    "similar_image": "almost the same image as another item",
    "tiny_image": "a tiny image",
    "extreme_ratio": "far longer than wide, or wider than long",
    "repeated_text": "a text that stands on very many images",
    "long_text": "a text far longer than most",
    "mojibake": "a text that was read in the wrong encoding",
    "leak": "held out, and almost the same as an item to train on",
    "excluded": "excluded by you",
}


def report_page(table: Mapping[str, Any]) -> str:
    """Write the page from the table of ``report.json``."""
    counts = table["counts"]
    title = f"{counts['items_imported']:,} items from {table['source']}"
    sections = (
        _counts_section(table),
        _findings_section(table["findings"]),
        _reasons_section(table["skipped_by_reason"]),
        _skipped_section("Skipped files", table["skipped_files"]),
        _skipped_section("Skipped items", table["skipped_items"]),
        _table("Plan", ("Setting", "Value"), _flat(table["plan"])),
        _table("Versions", ("Program", "Version"), table["versions"].items()),
    )
    return _PAGE.substitute(
        title=html.escape(title), summary=_summary(table), sections="\n".join(sections)
    )


def _summary(table: Mapping[str, Any]) -> str:
    encodings = ", ".join(table["encodings"]) or "not told"
    sentence = (
        f"Read as {table['read_as']}; images of {table['image_size']} px in "
        f"{'grey' if table['channels'] == 1 else 'colour'}; encoding of the texts: {encodings}; "
        f"version {table['version'] or 'none'}."
    )
    return html.escape(sentence)


def _counts_section(table: Mapping[str, Any]) -> str:
    counts = table["counts"]
    rows = [
        ("Files", counts["files_found"], counts["files_used"], counts["files_skipped"]),
        ("Items", counts["items_found"], counts["items_imported"], counts["items_skipped"]),
    ]
    split = [
        (name.replace("_", " "), counts[name])
        for name in ("pairs", "image_only", "text_only", "train_items", "held_out_items")
    ]
    found = _table("Everything that was found", ("", "Found", "Used", "Skipped"), rows)
    return found + _table("The dataset", ("", "Items"), split)


def _findings_section(findings: Sequence[Mapping[str, Any]]) -> str:
    rows = [(f["finding"].replace("_", " "), f["count"], f["repair"]) for f in findings]
    return _table("Findings", ("Finding", "Count", "Done"), rows)


def _reasons_section(reasons: Mapping[str, int]) -> str:
    rows = [(_REASONS.get(name, name), count) for name, count in reasons.items()]
    return _table("Why something is not there", ("Reason", "Files and items"), rows)


def _skipped_section(heading: str, skipped: Sequence[Mapping[str, Any]]) -> str:
    rows = [(s["path"], _REASONS.get(s["reason"], s["reason"]), s["detail"]) for s in skipped]
    return _table(heading, ("Name", "Reason", "More"), rows)


def _table(heading: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    every = list(rows)
    if not every:
        return f"<h2>{html.escape(heading)}</h2><p>None.</p>"
    head = "".join(f"<th>{html.escape(column)}</th>" for column in columns)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>\n" for row in every[:ROWS_SHOWN])
    rest = len(every) - ROWS_SHOWN
    more = f"<p>And {rest:,} more, in report.json.</p>" if rest > 0 else ""
    return f"<h2>{html.escape(heading)}</h2><table><tr>{head}</tr>\n{body}</table>{more}"


def _cell(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f'<td class="number">{value:,}</td>'
    return f"<td>{html.escape(str(value))}</td>"


def _flat(plan: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for name, value in plan.items():
        if isinstance(value, dict):
            rows += _flat(value, f"{prefix}{name}.")
        else:
            rows.append((prefix + name, _shown(value)))
    return rows


def _shown(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(" = ".join(map(str, v)) if isinstance(v, tuple) else str(v) for v in value)
    return str(value)
