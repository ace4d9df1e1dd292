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


def _auto_field(records: Sequence[Mapping[str, Any]]) -> str:
    for field in (*FIELDS, "attributes"):
        if all(field in record for record in records) and (
            field in FIELDS or all(len(record[field]) == 1 for record in records)
        ):
            return field
    return "text"
