"""Classes of items, and how often each item is drawn.

Shapes: N items.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.data.manifest import GROUP_FIELDS
from engine.errors import ConfigError, Problem

AUTO = "auto"


def group_keys(records: Sequence[Mapping[str, Any]], by: str) -> list[str]:
    """Return the group of each item.

    Args:
        records: records of the items.
        by: a field that all records have, or ``auto``: ``group``, ``label``, the only attribute,
            or the text, in this order.

    Raises:
        ConfigError: a record lacks the field.
    """
    name = _auto_field(records) if by == AUTO else by
    if any(name not in record for record in records):
        reason = f"names no field that every item of the dataset has: {name}"
        raise ConfigError([Problem("data.balance_by", reason)])
    return [str(record[name]) for record in records]


def class_balanced_weights(keys: Sequence[str], alpha: float) -> npt.NDArray[np.float64]:
    """Return sampling weights ``n ** -alpha`` for items in a group of n, normalised to sum 1.

    An alpha of 0 samples uniformly, 1 makes all groups equally likely.
    """
    counts = Counter(keys)
    weights = np.array([counts[key] ** -alpha for key in keys], dtype=np.float64)
    return weights / weights.sum()


def weight_paired_items(
    weights: npt.NDArray[np.float64], is_whole: npt.NDArray[np.bool_], share: float
) -> npt.NDArray[np.float64]:
    """Raise the probability of complete pairs to at least ``share``; relative weights are kept.

    Few pairs among many unpaired items would otherwise be drawn too rarely.

    Args:
        weights: [N], sum 1.
        is_whole: [N], whether an item is a complete pair.
        share: 0 to 1.

    Returns:
        [N], sum 1.
    """
    whole = weights[is_whole].sum()
    if not 0 < whole < share:
        return weights
    return np.where(is_whole, weights * share / whole, weights * (1 - share) / (1 - whole))


def _auto_field(records: Sequence[Mapping[str, Any]]) -> str:
    for name in (*GROUP_FIELDS, "attributes"):
        if all(name in record for record in records) and (
            name in GROUP_FIELDS or all(len(record[name]) == 1 for record in records)
        ):
            return name
    return "text"
