"""Exports the curves of a run: CSV, and an event file for TensorBoard. Does not import torch."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from engine.data.writer import atomic_directory
from engine.events import EvaluationCompleted, MetricsReported
from engine.exporting.tensorboard import file_name, record, scalars_event, values_of, version_event
from engine.runs.event_reader import read_losses, read_quality
from engine.runs.folder import RunFolder

LOSSES, QUALITY = "losses.csv", "quality.csv"
_FIRST = ("images_seen", "elapsed_s")


def export_curves(run: Path, folder: Path) -> int:
    """Write ``losses.csv``, ``quality.csv`` and an event file to a new folder.

    What a resumed run repeated is written once.

    Args:
        run: folder of the run.
        folder: must not exist, or be empty.

    Returns:
        The number of reports: losses and evaluations.

    Raises:
        RunMissingError, ConfigError: there is no run, or its settings are damaged.
        FolderInUseError, FolderNotWritableError, DiskFullError: the folder cannot be written.
    """
    source = RunFolder(run)
    source.read_config()
    losses, quality = list(read_losses(source.log_file)), list(read_quality(source.log_file))
    with atomic_directory(folder, 1000 * (len(losses) + len(quality))) as staged:
        # A byte order mark, without which spreadsheets misread names that are not ASCII.
        (staged / LOSSES).write_text(_csv(map(_losses_row, losses)), encoding="utf-8-sig")
        (staged / QUALITY).write_text(_csv(map(_quality_row, quality)), encoding="utf-8-sig")
        started_s = _started_s(source, losses)
        (staged / file_name(started_s)).write_bytes(_event_file(losses, quality, started_s))
    return len(losses) + len(quality)


def _losses_row(report: MetricsReported) -> dict[str, float]:
    progress = report.progress
    return {
        "images_seen": progress.images_seen,
        "elapsed_s": progress.elapsed_s,
        "images_per_s": progress.images_per_s,
        **report.losses,
        **report.metrics,
    }


def _quality_row(event: EvaluationCompleted) -> dict[str, float]:
    return {"images_seen": event.images_seen, "elapsed_s": event.elapsed_s, **event.metrics}


def _csv(rows: Iterable[Mapping[str, float]]) -> str:
    """Write a table with a column for each name that any row has."""
    found = list(rows)
    names = dict.fromkeys((*_FIRST, *(name for row in found for name in row)))
    text = io.StringIO()
    writer = csv.DictWriter(text, list(names), lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    return text.getvalue()


def _started_s(run: RunFolder, losses: Sequence[MetricsReported]) -> float:
    """Estimate when the training time of a run began, in seconds since 1970."""
    try:
        ended_s = run.log_file.stat().st_mtime
    except OSError:
        return 0.0
    return ended_s - (losses[-1].progress.elapsed_s if losses else 0.0)


def _event_file(
    losses: Sequence[MetricsReported], quality: Sequence[EvaluationCompleted], started_s: float
) -> bytes:
    """Encode all reports in the order of their training time."""
    timed: list[tuple[float, MetricsReported | EvaluationCompleted]] = [
        *((report.progress.elapsed_s, report) for report in losses),
        *((event.elapsed_s, event) for event in quality),
    ]
    content = [record(version_event(started_s))]
    for elapsed_s, event in sorted(timed, key=lambda item: item[0]):
        found = values_of(event)
        if found is not None:
            content.append(record(scalars_event(*found, started_s + elapsed_s)))
    return b"".join(content)
