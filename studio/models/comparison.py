"""What is derived from the curves and settings of several runs.

Horizontal positions, seeds of one configuration as median and band, settings that differ.
"""

import math
import os
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.config.run import RunConfig
from engine.config.setting import value_at
from engine.runs.curves import CurvePoints, Metric, MetricKind, RunCurves, RunSummary
from studio.models.run_form import FIELDS

SEED = "seed"
MAX_GRID = 2048
"""Points of a median."""

Floats = npt.NDArray[np.float64]


_MIN_PREFIX = 8
"""Characters that names must have in common to be shortened by them."""


def short_names(folders: Sequence[Path]) -> dict[Path, str]:
    """Return names without the beginning that all of them share, up to a separator."""
    names = [folder.name for folder in folders]
    shared = os.path.commonprefix(names) if len(names) > 1 else ""  # noqa: RUF071 - of texts
    length = max((shared.rfind(mark) + 1 for mark in "-_ "), default=0)
    is_long = length >= _MIN_PREFIX and all(len(name) > length for name in names)
    return {f: f"…{f.name[length:]}" if is_long else f.name for f in folders}


@dataclass(frozen=True, kw_only=True)
class ShownRun:
    """A run as the views of a comparison show it."""

    folder: Path
    name: str
    """Name of the run, without what all compared runs have in common."""
    place: int
    """Number of its colour."""
    curves: RunCurves
    previews: tuple[tuple[int, Path], ...] = ()
    """Images seen and sheet of each preview, oldest first."""

    @property
    def config(self) -> RunConfig | None:
        """Settings of the run; None if they cannot be read."""
        return self.curves.summary.config


_KIND_ORDER = (MetricKind.QUALITY, MetricKind.LOSS, MetricKind.TRAINING)


def metrics_of(runs: Sequence[ShownRun]) -> list[Metric]:
    """Return the metrics that at least one run has: usual figures, losses, the rest."""
    found = dict.fromkeys(metric for run in runs for metric in run.curves.curves)
    usual = [*FIGURES]

    def order(metric: Metric) -> tuple[int, int]:
        is_usual = metric.kind is MetricKind.QUALITY and metric.name in usual
        if is_usual:
            return -1, usual.index(metric.name)
        is_loss = metric.kind is MetricKind.LOSS
        return (0, 0) if is_loss else (_KIND_ORDER.index(metric.kind) + 1, 0)

    return sorted(found, key=order)


class CurveAxis(StrEnum):
    """Horizontal axis of compared curves."""

    IMAGES = "images"
    TIME = "time"
    STEPS = "steps"


def positions(points: CurvePoints, axis: CurveAxis, config: RunConfig | None) -> Floats | None:
    """Return the horizontal positions [N] of a curve, in images, minutes or steps.

    None if they are unknown: the batch size is measured when a run starts, and steps follow from
    it.
    """
    match axis:
        case CurveAxis.IMAGES:
            return points.images
        case CurveAxis.TIME:
            return points.seconds / 60
        case CurveAxis.STEPS:
            batch_size = config.training.batch_size if config else 0
            return points.images / batch_size if batch_size else None


@dataclass(frozen=True)
class Band:
    """Curves of several seeds: [N] positions, their median, lowest and highest value."""

    x: Floats
    median: Floats
    low: Floats
    high: Floats


def band_of(curves: Sequence[tuple[Floats, Floats]]) -> Band | None:
    """Return median and range of curves, where all of them have values.

    Args:
        curves: positions [N], ascending, and values [N] of each; N may differ.

    Returns:
        The band on the positions of the first curve, at most ``MAX_GRID``; between its points
        the other curves are interpolated. None where they have no common positions.
    """
    if not curves or any(not len(x) for x, _values in curves):
        return None
    start, end = max(x[0] for x, _values in curves), min(x[-1] for x, _values in curves)
    grid = curves[0][0]
    grid = grid[(grid >= start) & (grid <= end)]
    grid = grid[:: math.ceil(len(grid) / MAX_GRID) or 1]
    if not len(grid):
        return None
    rows = np.stack([np.interp(grid, x, values) for x, values in curves])
    return Band(grid, np.median(rows, axis=0), rows.min(axis=0), rows.max(axis=0))


def configuration_of(config: RunConfig) -> Hashable:
    """Return what runs have in common that differ in nothing but seed and name."""
    return (config.dataset, *(value_at(config, name) for name in FIELDS if name != SEED))


def seed_groups(configs: Mapping[Path, RunConfig | None]) -> list[list[Path]]:
    """Group runs by their configuration without the seed, in the order of their first runs."""
    groups: dict[Hashable, list[Path]] = {}
    for folder, config in configs.items():
        key = folder if config is None else configuration_of(config)
        groups.setdefault(key, []).append(folder)
    return list(groups.values())


DATASET = "dataset"


def compared_value(config: RunConfig, name: str) -> Any:
    """Return the value of a setting, or the name of the dataset."""
    return config.dataset.name if name == DATASET else value_at(config, name)


def differing_names(configs: Sequence[RunConfig]) -> list[str]:
    """Return the settings, and the dataset, in which runs differ, in the order of the form.

    A setting that a family does not use counts only for the runs of families that use it.
    """
    found: list[str] = []
    for name in (DATASET, *FIELDS):
        users = [config for config in configs if is_used(config, name)]
        if len({compared_value(config, name) for config in users}) > 1:
            found.append(name)
    return found


def is_used(config: RunConfig, name: str) -> bool:
    """Whether a run's model family uses a setting."""
    families = FIELDS[name].about.families if name in FIELDS else ()
    return not families or config.family in families


FIGURES = (
    *("kid", "joint_coherence", "match", "text_to_image", "image_to_text"),
    *("precision", "recall", "coverage", "grid", "memorisation"),
)
"""Figures that parallel coordinates offer, in this order."""


def figure_names(summaries: Sequence[RunSummary]) -> list[str]:
    """Return the figures that at least one of the runs has, the usual ones first."""
    measured = {name for summary in summaries for name in summary.best}
    return [name for name in FIGURES if name in measured]
