"""What of a curve fits on a screen: its extremes at each pixel, and the range worth showing."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SHOWN_PERCENTILES = (1.0, 99.0)
HEADROOM = 0.05
ROOM = 0.08
TIGHTNESS = 0.7

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Range:
    """From where to where an axis goes."""

    low: float
    high: float


EMPTY = Range(low=0.0, high=0.0)


def steady_range(shown: Range, wanted: Range) -> Range:
    """Keep an axis where it is while that still suits; otherwise move it, with room to spare.

    An axis that moves at every report makes a plot restless, and costs more than its curves.
    """
    room = ROOM * (wanted.high - wanted.low)
    fits = shown.low <= wanted.low and wanted.high <= shown.high
    is_tight = (shown.high - shown.low) * TIGHTNESS <= wanted.high - wanted.low
    if fits and is_tight:
        return shown
    return Range(low=wanted.low - room, high=wanted.high + room)


def thinned(x: Floats, y: Floats, width: int) -> tuple[Floats, Floats]:
    """Reduce a curve to what ``width`` pixels can show: the extremes of each pixel's share."""
    if len(x) <= 2 * width:
        return x, y
    share = -(-len(x) // width)
    whole = len(x) // share * share
    blocks = y[:whole].reshape(-1, share)
    starts = np.arange(0, whole, share)
    picks = np.sort(np.stack([starts + blocks.argmin(1), starts + blocks.argmax(1)], 1), 1)
    kept = np.concatenate([picks.ravel(), np.arange(whole, len(x))])
    return x[kept], y[kept]


def robust_range(curves: list[Floats]) -> Range:
    """Find a range that shows the curves and lets single outliers leave the frame."""
    values = [curve for curve in curves if len(curve)]
    if not values:
        return Range(low=0.0, high=1.0)
    ends = [np.percentile(curve, SHOWN_PERCENTILES) for curve in values]
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    margin = HEADROOM * (high - low) or max(abs(high), 1.0) * HEADROOM
    return Range(low=float(low - margin), high=float(high + margin))
