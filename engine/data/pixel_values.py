"""Pixel values of more than 8 bits: the range that a dataset is scaled by, and the scaling.

Cameras and instruments store 10 to 16 bits, signed counts or floats, and no file says which values
are black and white. One range for all images of a dataset keeps them comparable; a range for each
image would not.

Shapes: H height, W width, C channels.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[Any]
"""[H, W, C] numbers of any type."""

AUTO = "auto"
PERCENTILES = (0.1, 99.9)
"""Of a sample's values, which become black and white unless a natural range fits."""
_NATURAL = (1.0, 255.0, 1_023.0, 4_095.0, 16_383.0, 65_535.0)
"""White levels of files whose black is 0: floats from 0 to 1, and 8, 10, 12, 14 and 16 bits."""
_HIGH_SHARE, _LOW_SHARE = 0.6, 0.1
"""A natural range fits if the sample reaches this share of it, and begins below that one."""
_MIN_BYTE_SPAN = 64
"""Values up to 255 that span this much are 8 bits in a wider file."""
_MOST, _LIMIT = 1e299, 1e300
"""Largest number of a sample, and of a range: differences of two numbers must be finite."""
_CHUNK = 1 << 20
"""Values that are converted to double precision at once."""


class ValueRange(NamedTuple):
    """The values that become black and white."""

    low: float
    high: float

    def __str__(self) -> str:
        """Write it as the setting has it: ``0:4095``."""
        return ":".join(f"{end:.15g}" for end in self)


MAX_BANDS = 1_000
"""Largest number of a channel that can be chosen."""
FULL_16_BIT = ValueRange(0.0, 65_535.0)


def parse_range(text: str) -> ValueRange | None:
    """Read a range such as ``0:4095`` or ``-0.5:1e3``; ``auto`` gives None.

    Raises:
        ValueError: it is neither, or the second number is not the greater one.
    """
    if text.strip() == AUTO:
        return None
    low, _colon, high = text.partition(":")
    found = ValueRange(float(low), float(high))
    # Also refuses what is not finite.
    if not -_LIMIT <= found.low < found.high <= _LIMIT:
        raise ValueError(text)
    return found


def check_range(values: tuple[float, ...]) -> tuple[float, ...]:
    """Return the two ends of a stored range, or nothing, as they are.

    Raises:
        ValueError: they are no range.
    """
    return (values and parse_range(":".join(map(str, values)))) or ()


@dataclass(frozen=True)
class ValueSummary:
    """The finite values of a sample of pixels, in brief."""

    least: float
    most: float
    percentiles: ValueRange
    is_whole: bool
    """Whether the files hold integers."""
    counts: tuple[int, ...]
    """Histogram: values in bins of equal width from ``least`` to ``most``."""


def summarise(values: npt.NDArray[np.float64], *, is_whole: bool, bins: int = 128) -> ValueSummary:
    """Summarise a sample of values: [N]."""
    finite = values[np.isfinite(values)].clip(-_MOST, _MOST)
    if not len(finite):
        finite = np.zeros(1)
    least, most = float(finite.min()), float(finite.max())
    low, high = (float(one) for one in np.percentile(finite, PERCENTILES))
    # ``np.histogram`` refuses ranges that are too narrow for its bins.
    places = (finite - least) / max(most - least, np.finfo(float).tiny) * bins
    counts = np.bincount(places.astype(np.int64).clip(0, bins - 1), minlength=bins)
    return ValueSummary(least, most, ValueRange(low, high), is_whole, tuple(counts.tolist()))


def choose_range(summary: ValueSummary) -> ValueRange:
    """Choose the range of a dataset from a sample of its values.

    A natural range, such as 0 to 4,095, is chosen if the sample fills it, so that files of 16 bits
    that were scaled to it look as their copies of 8 bits do. Otherwise the percentiles are black
    and white, or least and most if nearly all values are equal.
    """
    least, most, (low, high) = summary.least, summary.most, summary.percentiles
    is_bytes = summary.is_whole and least >= 0 and most <= 255 and high - low >= _MIN_BYTE_SPAN
    if is_bytes:
        return ValueRange(0.0, 255.0)
    for white in _NATURAL:
        if (
            least >= 0
            and most <= white
            and low <= _LOW_SHARE * white
            and high >= _HIGH_SHARE * white
        ):
            return ValueRange(0.0, white)
    if low == high:
        low, high = least, most
    if low == high:
        return _around(low)
    if summary.is_whole:
        return ValueRange(float(np.floor(low)), float(np.ceil(high)))
    return ValueRange(float(f"{low:.6g}"), float(f"{high:.6g}"))


def guess_range(values: Values) -> ValueRange:
    """Guess the range of a single image of which no dataset is known: the natural one that fits."""
    finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    most = float(finite.max(initial=0)) if finite.size else 0.0
    whole = values.dtype.kind in "iu"
    levels = (255.0, 65_535.0, 2.0**31 - 1) if whole else (1.0, 255.0, 65_535.0)
    return ValueRange(0.0, next((white for white in levels if most <= white), min(most, _LIMIT)))


def to_8_bits(values: Values, value_range: ValueRange) -> npt.NDArray[np.uint8]:
    """Scale values linearly from a range to 0 to 255, rounded; values beyond it are clipped.

    Bytes are returned as they are. Of floats, NaN becomes black.

    Args:
        values: of any integer or floating-point type, and any shape.
        value_range: what becomes black and white.
    """
    if values.dtype == np.uint8:
        return values
    if values.dtype == np.uint16:
        return _scale(np.arange(1 << 16), value_range)[values]
    flat = values.reshape(-1)
    scaled = np.empty(flat.shape, np.uint8)
    # In pieces: double precision takes eight times the memory of the result.
    for start in range(0, len(flat), _CHUNK):
        scaled[start : start + _CHUNK] = _scale(flat[start : start + _CHUNK], value_range)
    return scaled.reshape(values.shape)


def _scale(values: Values, value_range: ValueRange) -> npt.NDArray[np.uint8]:
    low, high = value_range
    part = np.nan_to_num(values.astype(np.float64), nan=low, posinf=high, neginf=low)
    return ((part.clip(low, high) - low) / (high - low) * 255 + 0.5).astype(np.uint8)


def _around(value: float) -> ValueRange:
    """Return a range for a sample of equal values: the natural one, or that of one level."""
    white = next((white for white in _NATURAL if 0 <= value <= white), None)
    return (
        ValueRange(0.0, white)
        if white is not None
        else ValueRange(value, value + max(1.0, abs(value) * 1e-6))
    )
