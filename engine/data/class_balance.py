"""Classes of items, and how often each item is drawn.

Shapes: N items.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.data.columns import Items, encoded_texts
from engine.data.manifest import GROUP_FIELDS
from engine.data.store import StoredDataset
from engine.data.table_cells import CodedCells
from engine.errors import ConfigError, Problem

AUTO = "auto"
_TEXT, _ATTRIBUTES = "text", "attributes"


def group_keys(dataset: StoredDataset, items: Items, by: str) -> CodedCells:
    """Return the group of items: [K] texts.

    Args:
        dataset: has the items.
        items: [K].
        by: a member that the records of all items have, or ``auto``: ``group``, ``label``, the only
            attribute, or the text, in this order.

    Raises:
        ConfigError: an item lacks the member.
    """
    found = _auto_keys(dataset, items) if by == AUTO else _keys(dataset, items, by)
    if found is None:
        reason = f"names no field that every item of the dataset has: {by}"
        raise ConfigError([Problem("data.balance_by", reason)])
    return found


def class_balanced_weights(keys: Sequence[str | None], alpha: float) -> npt.NDArray[np.float64]:
    """Return sampling weights ``n ** -alpha`` for items in a group of n, normalised to sum 1.

    An alpha of 0 samples uniformly, 1 makes all groups equally likely.
    """
    coded = as_coded(keys)
    counts = np.bincount(coded.codes, minlength=len(coded.values)).tolist()
    weights = np.array([max(1, count) ** -alpha for count in counts])[coded.codes]
    return weights / weights.sum()


def as_coded(keys: Iterable[str | None]) -> CodedCells:
    """Number the distinct texts of groups, of which none is missing."""
    if isinstance(keys, CodedCells):
        return keys
    numbers: dict[str, int] = {}
    codes = [numbers.setdefault(str(key), len(numbers)) for key in keys]
    return CodedCells(list(numbers), np.array(codes, dtype=np.int64))


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


def _auto_keys(dataset: StoredDataset, items: Items) -> CodedCells | None:
    for name in GROUP_FIELDS:
        if (found := _keys(dataset, items, name)) is not None:
            return found
    is_single: list[bool] = []

    def note(value: Any) -> str:
        is_single.append(hasattr(value, "__len__") and len(value) == 1)
        return str(value)

    found = _extra_keys(dataset, items, _ATTRIBUTES, note)
    if found is not None and all(is_single):
        return found
    return _keys(dataset, items, _TEXT)


def _keys(dataset: StoredDataset, items: Items, name: str) -> CodedCells | None:
    """Return a member of the records of items as texts; None if one lacks it."""
    if name in {"group", "label", "key"}:
        found = encoded_texts(dataset.fields[name].take(items))
        return None if (found.codes < 0).any() else found
    if name == _TEXT:
        return _first_captions(dataset, items)
    if name not in {"texts", "image", "split", "tags", *dataset.columns}:
        return _extra_keys(dataset, items, name, str)
    keys: list[str] = []
    for item in items.tolist():
        record = dataset.records[item]
        if name not in record:
            return None
        keys.append(str(record[name]))
    return as_coded(keys)


def _first_captions(dataset: StoredDataset, items: Items) -> CodedCells:
    column = dataset.text_column
    if column is None:
        return CodedCells(["None"], np.zeros(len(items), dtype=np.int64))
    texts, counts = column.distinct(items), column.counts[items]
    first = np.minimum(counts.cumsum() - counts, max(0, len(texts) - 1))
    numbers = texts.numbers[first] if len(texts) else np.zeros(len(items), dtype=np.int64)
    return _renamed(texts.strings(), np.where(counts > 0, numbers, -1))


def _extra_keys(
    dataset: StoredDataset, items: Items, name: str, convert: Callable[[Any], str]
) -> CodedCells | None:
    """Return what items have besides; each distinct JSON object is read once."""
    found = encoded_texts(dataset.fields["extra"].take(items))
    if (found.codes < 0).any():
        return None
    values: list[str] = []
    for text in found.values:
        try:
            table = json.loads(text)
        except ValueError:
            return None
        if not isinstance(table, dict) or name not in table:
            return None
        values.append(convert(table[name]))
    return _renamed(values, found.codes)


def _renamed(values: Sequence[str], codes: npt.NDArray[np.integer[Any]]) -> CodedCells:
    """Give equal texts one number; a missing one is ``None`` like any other text."""
    numbers: dict[str, int] = {}
    new = [numbers.setdefault(str(value), len(numbers)) for value in (*values, None)]
    return CodedCells(list(numbers), np.array(new, dtype=np.int64)[codes])
