"""Attributes of a dataset's items: facts that several columns state, each in its own way.

Readers find in generated items what is stated there (``engine.metrics.readers``); the coherence
matrix compares it (``engine.metrics.matrix``).

Shapes: N items, A attributes, K columns, G groups.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.control import RunControl
from engine.data.store import TRAIN, VALIDATION, StoredDataset
from engine.data.words import join_words, split_words

UNKNOWN = -1
MAX_VALUES = 100
"""Largest number of values of an attribute."""
MIN_KNOWN_TEXTS = 0.5
"""Share of the validation captions that training must have for captions to state attributes."""
MAX_ATTRIBUTES = 64
MIN_KNOWN = 0.5
"""Share of the items of each split that must have a known value of an attribute. Names of voices
that only validation items have are none that a reader could learn."""
MIN_LABELLED = 0.5
"""Share of a column's training values that must have a label of an attribute to learn it."""
PERMUTATIONS = 20
"""Over which the agreement by chance is averaged."""
_CHECK_EVERY = 1_024
"""Items that are read between two checks for a stop."""

Labels = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class ItemAttributes:
    """The attributes of all items of a dataset."""

    names: tuple[str, ...]
    """A names."""
    values: tuple[tuple[str, ...], ...]
    """By attribute, the values that occur in training."""
    labels: Labels
    """[N, A] index of each value, ``UNKNOWN`` where it is not recorded or not in training."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of values of each attribute."""
        return tuple(len(kept) for kept in self.values)


def find_item_attributes(dataset: StoredDataset, control: RunControl) -> ItemAttributes | None:
    """Collect the attributes that a dataset's records state; None if there are none.

    An attribute counts if training has 2 to ``MAX_VALUES`` values of it and most items of both
    splits have one of them.

    Args:
        dataset: its records may have a member ``attributes``, a table of texts.
        control: checked between the records.

    Raises:
        StoppedError: a stop was requested.
    """
    recorded: list[dict[str, str]] = []
    for item, record in enumerate(dataset.records):
        if item % _CHECK_EVERY == 0:
            control.stop_if_asked()
        found = record.get("attributes")
        recorded.append(
            {str(n): str(v) for n, v in found.items()} if isinstance(found, dict) else {}
        )
    training, validation = dataset.rows(TRAIN), dataset.rows(VALIDATION)
    uses = Counter(name for item in training.tolist() for name in recorded[item])
    common = [name for name, count in uses.items() if count >= MIN_KNOWN * len(training)]
    names: list[str] = []
    values: list[tuple[str, ...]] = []
    columns: list[Labels] = []
    for name in sorted(common)[:MAX_ATTRIBUTES]:
        kept = sorted({recorded[i][name] for i in training.tolist() if name in recorded[i]})
        if not 2 <= len(kept) <= MAX_VALUES:
            continue
        places = {value: place for place, value in enumerate(kept)}
        labels = np.array([places.get(each.get(name, ""), UNKNOWN) for each in recorded])
        if (labels[validation] != UNKNOWN).sum() < MIN_KNOWN * len(validation):
            continue
        names.append(name)
        values.append(tuple(kept))
        columns.append(labels)
    if not names:
        return None
    return ItemAttributes(names=tuple(names), values=tuple(values), labels=np.stack(columns, 1))


@dataclass(frozen=True, kw_only=True)
class LearnedAttributes:
    """The attributes that a classifier predicts."""

    count: int
    """A."""
    places: tuple[int, ...]
    """Of the predicted ones among all."""
    sizes: tuple[int, ...]
    """Number of values of each predicted attribute."""

    @classmethod
    def of(
        cls, truth: Labels, sizes: Sequence[int], wanted: Mask | None = None
    ) -> "LearnedAttributes":
        """Predict the attributes that most of the training values have.

        Args:
            truth: [N, A].
            sizes: number of values of each attribute.
            wanted: the attributes to choose from, [A]; by default all.
        """
        known = (truth != UNKNOWN).mean(0) if len(truth) else np.zeros(truth.shape[1])
        is_learned = known >= MIN_LABELLED
        if wanted is not None:
            is_learned &= wanted
        places = tuple(np.flatnonzero(is_learned).tolist())
        return cls(count=len(sizes), places=places, sizes=tuple(sizes[place] for place in places))

    def labels(self, said: Tensor) -> Labels:
        """Return the likeliest values: [N, outputs] to [N, A]."""
        labels = np.full((len(said), self.count), UNKNOWN, dtype=np.int64)
        if self.places:
            labels[:, self.places] = predict_attributes(said, self.sizes)
        return labels


def predict_attributes(said: Tensor, sizes: Sequence[int]) -> Labels:
    """Return the likeliest value of each attribute: [N, outputs] to [N, A]."""
    return torch.stack([part.argmax(1) for part in said.split(list(sizes), 1)], 1).numpy()


@dataclass(frozen=True, kw_only=True)
class AttributeTable:
    """The attributes of a dataset, their values, and what each caption states."""

    names: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    """By attribute."""
    of_text: Mapping[str, tuple[int, ...]]
    """By normalised caption: the index of each attribute's value."""

    def labels_of_texts(self, texts: Sequence[str]) -> Labels:
        """Return the attributes of texts: [N, A] indices, ``UNKNOWN`` for unseen captions."""
        nothing = (UNKNOWN,) * len(self.names)
        return np.array([self.of_text.get(normal_form(t), nothing) for t in texts], dtype=np.int64)

    def labels_of_records(self, records: Sequence[Mapping[str, object]]) -> Labels:
        """Return the attributes of records: [N, A] indices, ``UNKNOWN`` where missing."""
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
    """Normalise a caption for comparison: lower case, single spaces."""
    return join_words(split_words(text))


def labels_of_groups(groups: npt.NDArray[np.integer], labels: Labels, count: int) -> Labels:
    """Return the labels on which all items of a group agree.

    Args:
        groups: [N] number of each item's group.
        labels: [N, A]; unknown ones do not disagree.
        count: G.

    Returns:
        [G, A], ``UNKNOWN`` where items disagree or none is known.
    """
    highest = np.full((count, labels.shape[1]), UNKNOWN, dtype=np.int64)
    lowest = np.full_like(highest, np.iinfo(np.int64).max)
    np.maximum.at(highest, groups, labels)
    np.minimum.at(lowest, groups, np.where(labels == UNKNOWN, np.iinfo(np.int64).max, labels))
    return np.where(lowest == highest, highest, UNKNOWN)


def find_attributes(dataset: StoredDataset) -> AttributeTable | None:
    """Collect the attributes that a dataset's captions determine; None if there are none.

    A caption determines what all training items with it have in common. Captions that hardly occur
    twice determine nothing of a new one, so most validation captions must be known.
    """
    rows = [row for row in dataset.rows(TRAIN) if dataset.has_text[row]]
    described = [row for row in rows if _attributes(dataset.records[row])]
    if not described or len(described) < len(rows) / 2:
        return None
    records = [dataset.records[row] for row in described]
    names = set.intersection(*(set(_attributes(record)) for record in records))
    values = {
        name: tuple(sorted({str(_attributes(record)[name]) for record in records}))
        for name in sorted(names)
    }
    kept = {name: found for name, found in values.items() if len(found) <= MAX_VALUES}
    table = AttributeTable(names=tuple(kept), values=tuple(kept.values()), of_text={})
    labels = table.labels_of_records(records)
    places: dict[str, int] = {}
    groups = [places.setdefault(normal_form(record["text"]), len(places)) for record in records]
    stated = labels_of_groups(np.array(groups, dtype=np.int64), labels, len(places))
    is_determined = (stated != UNKNOWN).all(0)
    validation = [
        normal_form(dataset.texts[row]) for row in dataset.rows(VALIDATION) if dataset.has_text[row]
    ]
    num_known = sum(text in places for text in validation)
    if not is_determined.any() or num_known < MIN_KNOWN_TEXTS * len(validation):
        return None
    determined = np.flatnonzero(is_determined)
    return AttributeTable(
        names=tuple(table.names[place] for place in determined),
        values=tuple(table.values[place] for place in determined),
        of_text={
            text: tuple(stated[group, is_determined].tolist()) for text, group in places.items()
        },
    )


def _attributes(record: Mapping[str, object]) -> Mapping[str, object]:
    found = record.get("attributes")
    return found if isinstance(found, dict) else {}


def agreement(labels: Sequence[Labels], stated: Sequence[Mask]) -> float | None:
    """Return the share of items whose columns agree on every attribute that at least two state.

    Args:
        labels: of K columns, [N, A] each; ``UNKNOWN`` agrees with nothing.
        stated: by column, the attributes that it states: [A].

    Returns:
        0 to 1; None if no two columns state the same attribute, or there are no items.
    """
    judged = np.flatnonzero(np.sum(stated, axis=0) >= 2)
    if not len(judged) or not len(labels[0]):
        return None
    agrees = np.ones(len(labels[0]), dtype=bool)
    for place in judged:
        said = np.stack(
            [
                column[:, place]
                for column, states in zip(labels, stated, strict=True)
                if states[place]
            ]
        )
        agrees &= ((said == said[0]) & (said != UNKNOWN)).all(0)
    return float(agrees.mean())


def chance_agreement(labels: Sequence[Labels], stated: Sequence[Mask]) -> float | None:
    """Return the agreement of columns whose items are paired at random; see ``agreement``."""
    rng = np.random.default_rng(0)
    found = [
        agreement([labels[0], *(rng.permutation(column) for column in labels[1:])], stated)
        for _ in range(PERMUTATIONS)
    ]
    values = [value for value in found if value is not None]
    return sum(values) / len(values) if values else None
