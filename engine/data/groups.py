"""Groups of items, and how much the rarer ones are favoured.

Shapes: N items.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.errors import ConfigError, Problem

AUTO = "auto"
FIELDS = ("group", "label")
"""Fields of a record that mean a group by their names."""


def group_keys(records: Sequence[Mapping[str, Any]], by: str) -> list[str]:
    """Say to which group each item belongs.

    Args:
        records: of the items.
        by: a field that every record has, or ``auto``: ``group``, ``label``, the attribute if there
            is just one, else the text.

    Raises:
        ConfigError: there is no such field.
    """
    field = _auto_field(records) if by == AUTO else by
    if any(field not in record for record in records):
        reason = f"names no field that every item of the dataset has: {field}"
        raise ConfigError([Problem("data.balance_by", reason)])
    return [str(record[field]) for record in records]


def item_weights(keys: Sequence[str], alpha: float) -> npt.NDArray[np.float64]:
    """How likely each item is to be drawn: ``n ** -alpha`` for a group of n items, to sum 1.

    With 0 groups keep their shares, with 1 all groups are equally likely.
    """
    counts = Counter(keys)
    weights = np.array([counts[key] ** -alpha for key in keys], dtype=np.float64)
    return weights / weights.sum()


def favour_whole(
    weights: npt.NDArray[np.float64], is_whole: npt.NDArray[np.bool_], share: float
) -> npt.NDArray[np.float64]:
    """Let whole pairs be at least a share of what is drawn; among themselves nothing changes.

    Few pairs among many loose items would otherwise teach, batch by batch, less than alone.

    Args:
        weights: [N], to sum 1.
        is_whole: [N].
        share: 0 to 1.

    Returns:
        [N], to sum 1.
    """
    whole = weights[is_whole].sum()
    if not 0 < whole < share:
        return weights
    return np.where(is_whole, weights * share / whole, weights * (1 - share) / (1 - whole))


def _auto_field(records: Sequence[Mapping[str, Any]]) -> str:
    for field in (*FIELDS, "attributes"):
        if all(field in record for record in records) and (
            field in FIELDS or all(len(record[field]) == 1 for record in records)
        ):
            return field
    return "text"
