"""Read what runs are compared by: their curves, their settings and their best figures.

A reader keeps its place in the log, so that a run that trains is read again without its beginning.
"""

import contextlib
import os
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.config.run import RunConfig
from engine.control import RunControl
from engine.errors import EngineError
from engine.events import EvaluationCompleted, MetricsReported, RolledBack, RunEvent, RunResumed
from engine.runs.event_reader import LogTail, read_quality
from engine.runs.folder import RunFolder

MAX_POINTS = 4096
"""Points of a curve; when it is full, neighbouring ones are merged in pairs."""
_ROW = 3
"""Numbers of a point: images seen, seconds trained, value."""

Floats = npt.NDArray[np.float64]
_Stamp = tuple[int, ...]


class MetricKind(StrEnum):
    """Where a metric comes from."""

    LOSS = "loss"
    QUALITY = "quality"
    TRAINING = "training"


class Metric(NamedTuple):
    """Name of a curve."""

    kind: MetricKind
    name: str


@dataclass(frozen=True, kw_only=True, eq=False)
class CurvePoints:
    """One metric over the course of a run: [N] images seen, [N] seconds trained, [N] values."""

    images: Floats
    seconds: Floats
    values: Floats
    reports_per_point: int = 1
    """How many reports are merged into one point."""


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """Settings and best figures of a run."""

    folder: Path
    config: RunConfig | None = None
    """None if it cannot be read."""
    best: Mapping[str, float] = field(default_factory=dict[str, float])
    """Best value of each figure of the evaluations; the newest of those without an order."""


@dataclass(frozen=True, kw_only=True, eq=False)
class RunCurves:
    """A run's summary and all its curves."""

    summary: RunSummary
    curves: Mapping[Metric, CurvePoints] = field(default_factory=dict[Metric, CurvePoints])

    @property
    def folder(self) -> Path:
        """Folder of the run."""
        return self.summary.folder


def best_values(evaluations: Iterable[EvaluationCompleted]) -> dict[str, float]:
    """Return the best value of each figure, by what the run itself found to be the best."""
    found: dict[str, float] = {}
    ranked: set[str] = set()
    for event in evaluations:
        ranked |= event.best
        kept = {n: v for n, v in event.metrics.items() if n in event.best or n not in ranked}
        found |= kept
    return found


def read_summary(folder: Path) -> RunSummary:
    """Read the settings and the best figures of a run; what is damaged is left out."""
    run = RunFolder(folder)
    best = best_values(read_quality(run.log_file))
    return RunSummary(folder=folder, config=_config_of(run), best=best)


class CurveReader:
    """Reads the curves of a run, and later only what its log has gained."""

    def __init__(self, folder: Path) -> None:
        self._run = RunFolder(folder)
        self._known: RunCurves | None = None
        self._config: RunConfig | None = None
        self._stamps: tuple[_Stamp, _Stamp] = ((), ())
        self._start()

    def read(self, control: RunControl | None = None) -> RunCurves:
        """Return the curves; the same object if neither log nor settings have changed.

        Args:
            control: may request a stop between two parts of a long log; the parts that were read
                are kept for the next call.
        """
        stamps = _stamp(self._run.log_file), _stamp(self._run.config_file)
        if self._known is not None and stamps == self._stamps:
            return self._known
        if _was_replaced(self._stamps[0], stamps[0]):
            self._start()
        if stamps[1] != self._stamps[1] or self._config is None:
            self._config = _config_of(self._run)
        self._stamps = stamps
        while events := self._tail.read_new():
            for event in events:
                self._take(event)
            if control is not None and control.is_stop_requested:
                self._known = None
                return self._result()
        self._known = self._result()
        return self._known

    def _start(self) -> None:
        self._tail = LogTail(self._run.log_file)
        self._series: dict[Metric, _Series] = {}
        self._evaluations: list[EvaluationCompleted] = []

    def _take(self, event: RunEvent) -> None:
        match event:
            case MetricsReported():
                images, seconds = event.progress.images_seen, event.progress.elapsed_s
                self._add(MetricKind.LOSS, images, seconds, event.losses)
                self._add(MetricKind.TRAINING, images, seconds, event.metrics)
            case EvaluationCompleted():
                # Evaluated again, the same weights replace their earlier figures.
                kept = (e for e in self._evaluations if e.images_seen < event.images_seen)
                self._evaluations = [*kept, event]
                self._add(MetricKind.QUALITY, event.images_seen, event.elapsed_s, event.metrics)
            case RunResumed() | RolledBack():
                seen = event.images_seen
                self._evaluations = [e for e in self._evaluations if e.images_seen <= seen]
                for series in self._series.values():
                    series.drop_after(seen)
            case _:
                pass

    def _add(
        self, kind: MetricKind, images: float, seconds: float, values: Mapping[str, float]
    ) -> None:
        for name, value in values.items():
            if np.isfinite(value):
                series = self._series.setdefault(Metric(kind, name), _Series())
                series.append(float(images), seconds, value)

    def _result(self) -> RunCurves:
        summary = RunSummary(
            folder=self._run.path, config=self._config, best=best_values(self._evaluations)
        )
        return RunCurves(
            summary=summary, curves={name: s.points() for name, s in self._series.items()}
        )


class _Series:
    """Points of one metric in bounded memory, at uniform resolution."""

    def __init__(self) -> None:
        self._rows = array("d")
        self._pending: list[tuple[float, float, float]] = []
        self._stride = 1

    def append(self, images: float, seconds: float, value: float) -> None:
        if self._rows and images <= self._rows[-_ROW]:
            self.drop_after(images - 1)
        self._pending.append((images, seconds, value))
        if len(self._pending) < self._stride:
            return
        self._rows.extend(self._pending[0] if self._stride == 1 else np.mean(self._pending, axis=0))
        self._pending.clear()
        if len(self._rows) == MAX_POINTS * _ROW:
            merged = self._table().reshape(-1, 2, _ROW).mean(axis=1)
            self._rows, self._stride = array("d", merged.ravel()), self._stride * 2

    def drop_after(self, images: float) -> None:
        kept = int(np.searchsorted(self._table()[:, 0], images, side="right"))
        self._pending = [row for row in self._pending if row[0] <= images]
        self._rows = self._rows[: kept * _ROW]

    def points(self) -> CurvePoints:
        table = self._table()
        if self._pending:
            table = np.concatenate([table, np.mean(self._pending, axis=0)[None]])
        return CurvePoints(
            images=table[:, 0],
            seconds=table[:, 1],
            values=table[:, 2],
            reports_per_point=self._stride,
        )

    def _table(self) -> Floats:
        return np.array(self._rows).reshape(-1, _ROW)


def _config_of(run: RunFolder) -> RunConfig | None:
    with contextlib.suppress(EngineError):
        return run.read_config()
    return None


def _stamp(path: Path) -> _Stamp:
    """Return what changes with a file: its identity, its size and its time; empty without one."""
    with contextlib.suppress(OSError):
        status = os.lstat(path)
        return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
    return ()


def _was_replaced(before: _Stamp, now: _Stamp) -> bool:
    return bool(before) and (before[:2] != now[:2] or now[2] < before[2])
