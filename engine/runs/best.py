"""The best figures of a run, for a list of runs."""

from collections.abc import Iterable
from pathlib import Path

from engine.events import QualityMeasured
from engine.runs.log_lines import open_log
from engine.runs.log_reading import read_quality

LOWER, HIGHER = "lower", "higher"
RANKED = {"kid": LOWER, "joint_coherence": HIGHER}
"""Figures whose best is listed and whose best checkpoint is kept, and which way is better."""
_ABSURD = 1e9


def best_figures(log: Path) -> dict[str, float]:
    """Find the best of each figure; one that was never measured is absent.

    What a run measured again after it went back counts once, as in its curves.

    Raises:
        StrangeFileError: the log is no plain file.
        OSError: it cannot be read.
    """
    with open_log(log):
        # Only to find out: a curve would be empty, and nothing said of why.
        pass
    return _best(read_quality(log))


def _best(points: Iterable[QualityMeasured]) -> dict[str, float]:
    found: dict[str, float] = {}
    for point in points:
        for name, better in RANKED.items():
            # KID is an unbiased estimate, and may fall a little below zero.
            value = point.figures.get(name)
            if value is not None and abs(value) < _ABSURD:
                pick = min if better == LOWER else max
                found[name] = pick(found.get(name, value), value)
    return found
