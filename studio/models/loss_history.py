"""Loss curves of a run in bounded memory.

Each curve is a preallocated array. When it is full, neighbouring points are merged in pairs, so
the whole run stays visible at uniform resolution.
"""

import functools

import numpy as np
import numpy.typing as npt

CAPACITY = 8192
"""Maximum number of points per curve; more than a screen has pixels across."""
BLOCK = 64
"""Values smoothed by one matrix product; a Python loop over all values would block the window."""

Floats = npt.NDArray[np.float64]


class Curve:
    """One loss as a function of images seen."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        if capacity < 2 or capacity % 2:
            raise ValueError("the capacity must be an even number of points")
        self._points = np.empty((capacity, 2), dtype=np.float64)
        self._count = 0
        self.reports_per_point = 1
        """How many reports are merged into one point; a power of two."""
        self._pending: list[tuple[float, float]] = []

    def append(self, images_seen: float, value: float) -> None:
        """Add a report; non-finite values leave a gap."""
        if not np.isfinite(value):
            return
        self._pending.append((images_seen, value))
        if len(self._pending) < self.reports_per_point:
            return
        if self._count == len(self._points):
            # Pending reports stay pending until there are enough for a merged point.
            half = len(self._points) // 2
            self._points[:half] = self._points.reshape(half, 2, 2).mean(axis=1)
            self._count, self.reports_per_point = half, self.reports_per_point * 2
            return
        self._points[self._count] = np.mean(self._pending, axis=0)
        self._count += 1
        self._pending.clear()

    def drop_after(self, images_seen: float) -> None:
        """Drop later reports, because the run rolled back and will repeat them."""
        self._pending = [report for report in self._pending if report[0] <= images_seen]
        while self._count and self._points[self._count - 1, 0] > images_seen:
            self._count -= 1
            self._pending.clear()

    def points(self) -> tuple[Floats, Floats]:
        """Return copies of images seen and values, including the newest report."""
        kept = self._points[: self._count].copy()
        if self._pending:
            kept = np.concatenate([kept, np.mean(self._pending, axis=0)[None]])
        return kept[:, 0], kept[:, 1]


class LossHistory:
    """All curves of a run by name, in order of first appearance."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self.curves: dict[str, Curve] = {}

    def append(self, images_seen: int, losses: dict[str, float]) -> None:
        """Add a report; it may lack some curves."""
        for name, value in losses.items():
            if name not in self.curves:
                self.curves[name] = Curve(self._capacity)
            self.curves[name].append(images_seen, value)

    def drop_after(self, images_seen: float) -> None:
        """Drop later reports, because the run rolled back and will repeat them."""
        for curve in self.curves.values():
            curve.drop_after(images_seen)


def smoothed(values: Floats, weight: float, reports_per_point: int = 1) -> Floats:
    """Exponential moving average with bias correction.

    Source: Kingma & Ba 2015, arXiv:1412.6980, algorithm 1.

    Args:
        values: [N].
        weight: of the past for a single report, in [0, 1); 0 is no smoothing.
        reports_per_point: number of reports merged into each value, so that merging does not
            change the shape of the smoothed curve.
    """
    if weight <= 0 or len(values) < 2:
        return values
    kept = weight**reports_per_point
    means = np.empty_like(values)
    carried = 0.0
    for start in range(0, len(values), BLOCK):
        part = values[start : start + BLOCK]
        reach = kept ** np.arange(1, len(part) + 1)
        means[start : start + BLOCK] = (1 - kept) * _decay(kept)[: len(part), : len(part)] @ part
        means[start : start + BLOCK] += carried * reach
        carried = means[start + len(part) - 1]
    return means / (1 - kept ** np.arange(1, len(values) + 1))


@functools.lru_cache(maxsize=8)
def _decay(kept: float) -> Floats:
    """Weights of a block's values in its means, [BLOCK, BLOCK]: kept^(i - j) for j <= i."""
    steps = np.arange(BLOCK)
    return np.tril(kept ** np.maximum(steps[:, None] - steps[None, :], 0))
