"""The best figures of a run, from its log: quickly, since a night's log has many other lines."""

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.plain_files import open_plain
from engine.runs.standing import number_in, read_entry

LOWER, HIGHER = "lower", "higher"
RANKED = {"kid": LOWER, "joint_coherence": HIGHER}
"""Figures that a list of runs shows, and which way is better."""
_LONGEST_LINE = 1_000_000
_LARGEST_LOG = 1 << 40
_MOST_POINTS = 100_000


def best_figures(log: Path) -> dict[str, float]:
    """Find the best of each figure; one that was never measured is absent.

    Points that a resumed run measured again count once: what lies beyond the checkpoint that it
    went on from never happened.

    Raises:
        StrangeFileError: the log is no plain file.
        OSError: it cannot be read.
    """
    points: list[tuple[float, Mapping[str, Any]]] = []
    for line in _lines(log):
        # A look for the name is fifty times as quick as reading the line.
        if b'"QualityMeasured"' not in line and b'"RunResumed"' not in line:
            continue
        entry = read_entry(line)
        seen = number_in(entry, "images_seen")
        if seen is None:
            continue
        if entry.get("event") == "RunResumed":
            points = [point for point in points if point[0] <= seen]
        elif entry.get("event") == "QualityMeasured" and len(points) < _MOST_POINTS:
            figures = entry.get("figures")
            points.append((seen, figures if isinstance(figures, dict) else {}))
    return _best([figures for _seen, figures in points])


def _best(points: list[Mapping[str, Any]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, better in RANKED.items():
        values = [v for point in points if (v := _figure(point, name)) is not None]
        if values:
            found[name] = min(values) if better == LOWER else max(values)
    return found


def _figure(point: Mapping[str, Any], name: str) -> float | None:
    value = point.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # KID is an unbiased estimate, and may fall a little below zero.
    return float(value) if abs(value) < 1e9 else None


def _lines(log: Path) -> Iterator[bytes]:
    with io.BufferedReader(open_plain(log, _LARGEST_LOG)) as file:
        while line := file.readline(_LONGEST_LINE):
            yield line
