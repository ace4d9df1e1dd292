"""What is known to be true of pairs, where the dataset says so.

Shapes: N items, A attributes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.data.store import TRAIN, StoredDataset
from engine.data.vocabulary import join_words, split_words

MOST_VALUES = 100
"""An attribute with more values than this is no class."""

Labels = npt.NDArray[np.int64]
UNKNOWN = -1


@dataclass(frozen=True, kw_only=True)
class AttributeTable:
    """Attributes and their values, and what each caption says."""

    names: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    """By attribute."""
    of_text: Mapping[str, tuple[int, ...]]
    """By caption, in normal form: the place of each attribute's value."""

    def labels_of_texts(self, texts: Sequence[str]) -> Labels:
        """What texts say: [N, A] places, ``UNKNOWN`` throughout for a caption never seen."""
        nothing = (UNKNOWN,) * len(self.names)
        return np.array([self.of_text.get(normal_form(t), nothing) for t in texts], dtype=np.int64)

    def labels_of_records(self, records: Sequence[Mapping[str, object]]) -> Labels:
        """What records say: [N, A] places, ``UNKNOWN`` where they do not."""
        places = [{value: place for place, value in enumerate(kept)} for kept in self.values]
        rows = [
            [
                place.get(str(_attributes(record).get(name)), UNKNOWN)
                for name, place in zip(self.names, places, strict=True)
            ]
            for record in records
        ]
        return np.array(rows, dtype=np.int64).reshape(len(records), len(self.names))


def normal_form(text: str) -> str:
    """Give the form in which captions are compared: lower case, single spaces."""
    return join_words(split_words(text))


def find_attributes(dataset: StoredDataset) -> AttributeTable | None:
    """Collect a dataset's attributes; nothing where it has none that captions determine."""
    records = [dataset.records[row] for row in dataset.rows(TRAIN) if dataset.has_text[row]]
    described = [record for record in records if _attributes(record)]
    if not described or len(described) < len(records) / 2:
        return None
    names = tuple(sorted(_attributes(described[0])))
    if any(tuple(sorted(_attributes(record))) != names for record in described):
        return None
    values = tuple(
        tuple(sorted({str(_attributes(record)[name]) for record in described})) for name in names
    )
    if any(len(kept) > MOST_VALUES for kept in values):
        return None
    table = AttributeTable(names=names, values=values, of_text={})
    of_text: dict[str, tuple[int, ...]] = {}
    labels = table.labels_of_records(described).tolist()
    for record, places in zip(described, labels, strict=True):
        if of_text.setdefault(normal_form(record["text"]), tuple(places)) != tuple(places):
            return None  # One caption for different things: it does not say which.
    return AttributeTable(names=names, values=values, of_text=of_text)


def _attributes(record: Mapping[str, object]) -> Mapping[str, object]:
    found = record.get("attributes")
    return found if isinstance(found, dict) else {}
