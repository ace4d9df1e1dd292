"""The report of an import: what was found, what became of it, and why something is not there.

``report.json`` is for programs, ``report.html`` for people; both lie in the dataset's folder. Of
every import holds: files found = files used + files skipped, and items found = items imported +
items skipped.
"""

import json
import platform
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.disk import atomic_write
from engine.importing.accounts import Accounts, Skipped
from engine.importing.diagnosis import FindingReport
from engine.importing.fingerprint import plan_table
from engine.importing.plan import ImportPlan
from engine.importing.report_page import report_page
from engine.installed import installed_version

FORMAT = 1
JSON_NAME, PAGE_NAME = "report.json", "report.html"
KEYS_NAMED = 1_000
"""Of each finding; its count goes on."""
LIBRARIES = ("pillow", "numpy", "ftfy", "charset-normalizer", "pyarrow")


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
    train_items: int = 0
    held_out_items: int = 0

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
    image_size: int
    channels: int
    findings: tuple[FindingReport, ...]
    skipped_files: tuple[Skipped, ...]
    skipped_items: tuple[Skipped, ...]

    def to_table(self) -> dict[str, Any]:
        """Write it as what JSON can hold."""
        return {
            "format": FORMAT,
            "source": str(self.plan.source),
            "read_as": self.plan.reading.format,
            "version": self.version,
            "counts": {**asdict(self.counts), "adds_up": self.counts.adds_up},
            "image_size": self.image_size,
            "channels": self.channels,
            "encodings": dict(self.encodings),
            "findings": [_finding_table(finding) for finding in self.findings],
            "skipped_by_reason": reason_counts(self.skipped_files, self.skipped_items),
            "skipped_files": [asdict(skipped) for skipped in self.skipped_files],
            "skipped_items": [asdict(skipped) for skipped in self.skipped_items],
            "plan": plan_table(self.plan),
            "versions": versions(),
        }


def write_report(report: ImportReport, folder: Path) -> None:
    """Write both files.

    Raises:
        FolderNotWritableError, DiskFullError: they cannot be written.
    """
    table = report.to_table()
    # ASCII: names from a disk may hold bytes that are no text in any encoding.
    atomic_write(folder / JSON_NAME, json.dumps(table, indent=1).encode() + b"\n")
    atomic_write(folder / PAGE_NAME, report_page(table).encode("utf-8", "backslashreplace"))


def counts_of(accounts: Accounts, *, found: int, imported: int, **more: int) -> ImportCounts:
    """Count files and items; what was not counted apart is left at 0."""
    return ImportCounts(
        files_found=accounts.files_found,
        files_used=accounts.files_used,
        files_skipped=sum(1 for _skipped in accounts.skipped_files()),
        items_found=found,
        items_imported=imported,
        items_skipped=sum(1 for _skipped in accounts.skipped_items()),
        **more,
    )


def reason_counts(*skipped: Iterable[Skipped]) -> dict[str, int]:
    """Count what is skipped by reason, most frequent first."""
    counts = Counter(str(one.reason) for some in skipped for one in some)
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def versions() -> dict[str, str]:
    """Name the program and whatever it read the source with."""
    return {
        "diptych": installed_version(),
        "python": platform.python_version(),
        **{name: installed_version(name) for name in LIBRARIES},
    }


def _finding_table(found: FindingReport) -> dict[str, Any]:
    return {
        "finding": found.finding,
        "count": found.count,
        "repair": found.repair,
        "keys": list(found.keys[:KEYS_NAMED]),
        "detail": dict(found.detail),
    }
