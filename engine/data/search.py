"""Search and filter the items of a dataset, fast enough for search as you type.

Shapes: N items.
"""

import itertools
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from engine.data.editing import Edits, ItemState
from engine.data.manifest import hash_percentile
from engine.data.store import TRAIN, VALIDATION, StoredDataset

Mask = npt.NDArray[np.bool_]


class ItemFilter(StrEnum):
    """Which items to show."""

    ALL = "all"
    TRAIN = "train"
    VALIDATION = "validation"
    NO_TEXT = "no_text"
    NO_IMAGE = "no_image"
    EXCLUDED = "excluded"
    EDITED = "edited"
    TAG = "tag"
    GROUP = "group"
    ISSUE = "issue"
    """Items with an issue of the data checks; pass their indices to ``Index.find``."""


@dataclass(frozen=True, kw_only=True)
class Filter:
    """A filter and a search text."""

    show: ItemFilter = ItemFilter.ALL
    value: str = ""
    """The tag, group or issue."""
    text: str = ""
    """Text to find in captions, tags and keys; case is ignored."""


class Index:
    """Search index of a dataset. Building it reads all texts once."""

    def __init__(self, dataset: StoredDataset) -> None:
        self._keys = dataset.strings("key")
        self._groups = dataset.groups
        self._tags = dataset.tags
        found = zip(dataset.captions, self._tags, self._keys, strict=True)
        self._texts = list(itertools.starmap(_searched, found))
        is_validation = dataset.is_validation
        self._masks: dict[ItemFilter, Mask] = {
            ItemFilter.ALL: np.ones(dataset.count, dtype=bool),
            ItemFilter.TRAIN: ~is_validation,
            ItemFilter.VALIDATION: is_validation,
            ItemFilter.NO_TEXT: ~dataset.has_text,
            ItemFilter.NO_IMAGE: dataset.image_rows < 0,
            ItemFilter.EXCLUDED: np.zeros(dataset.count, dtype=bool),
            ItemFilter.EDITED: np.zeros(dataset.count, dtype=bool),
            ItemFilter.ISSUE: np.ones(dataset.count, dtype=bool),
        }
        self.places = np.array(
            [hash_percentile(key or f"#{item}") for item, key in enumerate(self._keys)],
            np.uint8,
        )
        """``hash_percentile`` of each item: [N]."""

    def key(self, item: int) -> str:
        """Return the key of an item in its source; may be empty."""
        return self._keys[item]

    def group(self, item: int) -> str:
        """Return the group or label of an item; may be empty."""
        return self._groups[item]

    def groups(self) -> list[tuple[str, int]]:
        """Return all groups and their sizes, largest first."""
        return rank_counts(Counter(filter(None, self._groups)))

    def tags(self, edits: Edits) -> list[tuple[str, int]]:
        """Return all tags and their counts, most frequent first."""
        counts = Counter(tag for tags in self._tags for tag in tags)
        for item in edits.changed:
            counts.subtract(self._tags[item])
            counts.update(edits.state(item).tags)
        return rank_counts(+counts)

    def find(
        self, edits: Edits, wanted: Filter, among: npt.NDArray[np.int64] | None = None
    ) -> npt.NDArray[np.int64]:
        """Return the items that match in their current state, in dataset order.

        Args:
            edits: edits of the dataset.
            wanted: filter and search text.
            among: items to search; None for all.
        """
        mask = self._mask(wanted).copy()
        for item in edits.changed:
            mask[item] = self._fits(item, edits.state(item), wanted)
        found = np.flatnonzero(mask)
        if among is not None:
            found = np.intersect1d(found, among)
        needle = wanted.text.strip().casefold()
        if not needle:
            return found
        texts = self._texts
        edited = {
            item: _searched(*edits.state(item)[:2], self._keys[item]) for item in edits.changed
        }
        kept = [item for item in found.tolist() if needle in edited.get(item, texts[item])]
        return np.array(kept, dtype=np.int64)

    def _mask(self, wanted: Filter) -> Mask:
        if wanted.show is ItemFilter.TAG:
            return np.array([wanted.value in tags for tags in self._tags], dtype=bool)
        if wanted.show is ItemFilter.GROUP:
            return np.array([group == wanted.value for group in self._groups], dtype=bool)
        return self._masks[wanted.show]

    def _fits(self, item: int, state: ItemState, wanted: Filter) -> bool:
        """Whether an edited item matches in its current state."""
        now = {
            ItemFilter.TRAIN: state.split == TRAIN,
            ItemFilter.VALIDATION: state.split == VALIDATION,
            ItemFilter.NO_TEXT: not state.captions,
            ItemFilter.EXCLUDED: state.is_excluded,
            ItemFilter.EDITED: True,
            ItemFilter.TAG: wanted.value in state.tags,
            ItemFilter.GROUP: self._groups[item] == wanted.value,
        }
        # The other filters do not depend on edits.
        return now[wanted.show] if wanted.show in now else bool(self._masks[wanted.show][item])


def _searched(captions: tuple[str, ...], tags: tuple[str, ...], key: str) -> str:
    return "\n".join((*captions, *tags, key)).casefold()


def rank_counts(counts: Counter[str]) -> list[tuple[str, int]]:
    """Sort counts in descending order, ties by name."""
    return sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
