"""Coherence matrix: whether what is generated belongs to what was given, for any columns.

A cell is the share of items whose generated column agrees with the given ones on every attribute
that both state. Rows are what is given: each column alone, and all but one. Where nothing is given,
generated columns are compared with one another, every two and all together. Beside each cell stand
the agreement of a random pairing and that of real items, which is limited by the readers.

Shapes: N items, A attributes.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from torch import Tensor

from engine.config.networks import NetworkConfig
from engine.control import RunControl
from engine.data.facts import AUDIO, IMAGE, ColumnFacts
from engine.data.store import VALIDATION, StoredDataset
from engine.metrics.attributes import (
    UNKNOWN,
    ItemAttributes,
    Labels,
    Mask,
    agreement,
    chance_agreement,
    find_item_attributes,
)
from engine.metrics.distances import subsample
from engine.metrics.extractor import FeatureExtractor
from engine.metrics.readers import AttributeReader, build_reader, real_samples
from engine.metrics.report import AND, COHERENCE, EvaluationReport, cell_name
from engine.modalities.registry import KINDS
from engine.sample.sampler import Sampler, Samples

ITEMS = 500
"""Items of each row of the matrix at most; the standard error of .95 is .01."""
REAL_ITEMS = 1_000
"""Validation items at most by which the readers are checked."""
MIN_ITEMS = 40
"""Fewer validation items say nothing."""
MIN_SKILL = 0.5
"""How much of the way from guessing the most frequent value to certainty a reader must go for its
column to count as stating an attribute."""
PILOT_SHARE, MIN_PILOT_SKILL = 0.125, 0.1
"""Training of a pilot reader, which shows what a column may state, and the skill that suffices."""
LEARNED = frozenset({IMAGE, AUDIO})
"""Kinds of columns that are read by a classifier."""
NO_ATTRIBUTES = "the items record no attributes that columns could agree on"
NOTHING_SHARED = "the columns state no attribute in common"

Rows = npt.NDArray[np.int64]


class CoherenceMatrix:
    """Measures how well columns fit that a model generates from others.

    Args:
        dataset: has all columns.
        columns: of the model, at least two, in the order of generation.
        networks: of the model.
        cache: folder of the trained classifiers.
        control: checked while classifiers are trained.
        extractor: whose classifier reads the first column of pictures, if it can.

    Raises:
        StoppedError: a stop was requested.
    """

    def __init__(
        self,
        dataset: StoredDataset,
        columns: Mapping[str, ColumnFacts],
        networks: NetworkConfig,
        cache: Path,
        control: RunControl,
        extractor: FeatureExtractor | None = None,
    ) -> None:
        self._dataset, self._columns, self._networks = dataset, columns, networks
        self._cache, self._extractor = cache, extractor
        self._readers: dict[str, AttributeReader] = {}
        self._read: dict[str, tuple[Rows, Labels]] = {}
        """By column, validation items and what was read of them."""
        self._stated: dict[str, Mask] = {}
        self.why_absent = ""
        """Why nothing can be measured; empty if something can."""
        found = find_item_attributes(dataset, control)
        if found is None:
            self.why_absent = NO_ATTRIBUTES
            return
        self._attributes: ItemAttributes = found
        self._build_readers(control)
        if not np.any(np.sum([*self._stated.values()], axis=0) >= 2):
            self.why_absent = "no attribute is stated by two columns"

    def shares_attribute(self, one: str, other: str) -> bool:
        """Whether two columns state an attribute in common."""
        none = np.zeros(1, dtype=bool)
        return bool(np.any(self._stated.get(one, none) & self._stated.get(other, none)))

    def measure(
        self,
        sampler: Sampler,
        *,
        count: int,
        seed: int,
        control: RunControl,
    ) -> EvaluationReport:
        """Generate items from nothing and from given columns, and read them.

        Args:
            sampler: of the model.
            count: items of each row at most, and no more than ``ITEMS``.
            seed: of the noise.
            control: checked between batches.

        Raises:
            StoppedError: a stop was requested.
        """
        metrics: dict[str, float] = {}
        absent: dict[str, str] = {}
        if self.why_absent:
            absent[COHERENCE] = self.why_absent
            return EvaluationReport(metrics=metrics, absent=absent)
        count = min(count, ITEMS)
        names = [*self._columns]
        made = self._read_all(sampler.from_noise(count, seed, columns=names), names, control)
        self._measure_joint(made, metrics, absent)
        for given in given_sets(names):
            items = self._validation_items(given, count)
            if len(items) < MIN_ITEMS:
                absent[cell_name(given, "")] = f"needs {MIN_ITEMS} validation items with them"
                continue
            stored = {
                name: stored_rows(self._dataset, name, items, self._columns[name], self._networks)
                for name in given
            }
            others = [name for name in names if name not in given]
            batches = sampler.complete_items(stored, seed, columns=others)
            made = self._read_all(batches, others, control)
            self._measure_row(given, items, made, metrics, absent)
        return EvaluationReport(metrics=metrics, absent=absent, about=self._about(count))

    def _build_readers(self, control: RunControl) -> None:
        """Build the readers of all columns, first of those that are read by rule."""
        learned = [name for name, facts in self._columns.items() if facts.kind in LEARNED]
        for name in self._columns:
            if name not in learned:
                self._build_reader(name, control)
        count = len(self._attributes.names)
        wanted = np.any([np.zeros(count, dtype=bool), *self._stated.values()], axis=0)
        rest = ~wanted
        if len(learned) > 1 and rest.any():
            # What neither texts nor rows state, two of these columns have to.
            for name in learned:
                self._build_reader(name, control, wanted=rest, share=PILOT_SHARE)
            wanted |= np.sum([self._stated[name] for name in learned], axis=0) >= 2
        for name in learned:
            self._build_reader(name, control, wanted=wanted)

    def _build_reader(
        self, name: str, control: RunControl, *, wanted: Mask | None = None, share: float = 1.0
    ) -> None:
        facts, side = self._columns[name], self._networks.image_size
        reader = build_reader(
            self._dataset,
            name,
            facts,
            self._attributes,
            longer_side=side,
            cache=self._cache,
            control=control,
            wanted=wanted,
            share=share,
            extractor=self._extractor,
        )
        # Of complete items, columns can be compared with one another.
        items = self._validation_items([*self._columns], REAL_ITEMS)
        if len(items) < MIN_ITEMS:
            items = self._validation_items([name], REAL_ITEMS)
        read = reader.read(real_samples(self._dataset, name, facts, items, side), control)
        self._readers[name], self._read[name] = reader, (items, read)
        skill = MIN_SKILL if share == 1 else MIN_PILOT_SKILL
        self._stated[name] = stated_attributes(read, self._attributes.labels[items], skill)

    def _measure_joint(
        self, made: Mapping[str, Labels], metrics: dict[str, float], absent: dict[str, str]
    ) -> None:
        """Compare generated columns with one another."""
        groups: list[tuple[str, ...]] = [*itertools.combinations(made, 2)]
        if len(made) > 2:
            groups.append(tuple(made))
        for group in groups:
            stated = [self._stated[name] for name in group]
            cell = cell_name((), AND.join(group))
            found = _cell(cell, [made[name] for name in group], self._real_labels(group), stated)
            metrics |= found
            if not found:
                absent[cell] = NOTHING_SHARED

    def _measure_row(
        self,
        given: Sequence[str],
        items: Rows,
        made: Mapping[str, Labels],
        metrics: dict[str, float],
        absent: dict[str, str],
    ) -> None:
        """Compare generated columns with the recorded attributes of the given ones."""
        stated = np.any([self._stated[name] for name in given], axis=0)
        truth = self._attributes.labels[items]
        for name, labels in made.items():
            both = stated & self._stated[name]
            is_known = (truth[:, both] != UNKNOWN).all(1)
            cell = cell_name(given, name)
            real_items, read = self._read[name]
            real = [self._attributes.labels[real_items], read]
            found = _cell(cell, [truth[is_known], labels[is_known]], real, [both, both])
            metrics |= found
            if not found:
                absent[cell] = NOTHING_SHARED

    def _real_labels(self, group: Sequence[str]) -> list[Labels]:
        """Return what was read of the validation items that have all columns of a group."""
        shared = set.intersection(*(set(self._read[name][0].tolist()) for name in group))
        labels: list[Labels] = []
        for name in group:
            items, read = self._read[name]
            labels.append(read[[item in shared for item in items.tolist()]])
        return labels

    def _read_all(
        self, batches: Iterable[Samples], names: Sequence[str], control: RunControl
    ) -> dict[str, Labels]:
        """Read columns of all batches: [N, A] each."""
        found: defaultdict[str, list[Labels]] = defaultdict(list)
        for samples in batches:
            control.stop_if_asked()
            for name in names:
                found[name].append(self._readers[name].read(samples.columns[name], control))
        return {name: np.concatenate(parts) for name, parts in found.items()}

    def _validation_items(self, names: Sequence[str], most: int) -> Rows:
        """Return validation items that have columns, spread evenly over the split."""
        return subsample(self._dataset.complete_rows(VALIDATION, names), most)

    def _about(self, count: int) -> dict[str, str]:
        names = np.array(self._attributes.names)
        stated = [f"{n} ({', '.join(names[mask])})" for n, mask in self._stated.items()]
        return {
            "coherence matrix": f"at most {count} items a row",
            "attributes read": "; ".join(stated),
        }


def stored_rows(
    dataset: StoredDataset, name: str, items: Rows, facts: ColumnFacts, networks: NetworkConfig
) -> Tensor:
    """Return a column of items in the form in which a sampler takes it.

    Args:
        dataset: has the column.
        name: of the column.
        items: [N] that have it.
        facts: of the column.
        networks: of the model.
    """
    stored = KINDS[facts.kind].load(dataset, name, items, facts, networks)
    return stored.rows if stored.first_row is None else stored.rows[stored.first_row]


def given_sets(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the matrix: each column alone, then all but one."""
    yield from ((name,) for name in names)
    if len(names) > 2:
        for left_out in names:
            yield tuple(name for name in names if name != left_out)


def stated_attributes(read: Labels, truth: Labels, min_skill: float = MIN_SKILL) -> Mask:
    """Return the attributes that a column states, judged by reading real items.

    Args:
        read: [N, A] of validation items.
        truth: [N, A] as recorded.
        min_skill: how much of the way from the most frequent value's share to 1 the accuracy must
            exceed.

    Returns:
        [A]: whether it does.
    """
    stated = np.zeros(truth.shape[1], dtype=bool)
    for place in range(truth.shape[1]):
        is_known = truth[:, place] != UNKNOWN
        if is_known.sum() < MIN_ITEMS:
            continue
        known = truth[is_known, place]
        majority = np.bincount(known).max() / len(known)
        accuracy = (read[is_known, place] == known).mean()
        stated[place] = accuracy > majority + min_skill * (1 - majority)
    return stated


def _cell(
    name: str, made: Sequence[Labels], real: Sequence[Labels], stated: Sequence[Mask]
) -> dict[str, float]:
    """Return the metrics of a cell; empty if the columns state nothing in common.

    Args:
        name: of the cell.
        made: by column, what was read of generated items, or was given: [N, A] each.
        real: the same of real items.
        stated: by column, the attributes that it states.
    """
    value, chance = agreement(made, stated), chance_agreement(made, stated)
    if value is None or chance is None:
        return {}
    bound = agreement(real, stated)
    beside = {} if bound is None else {f"{name}_upper_bound": bound}
    return {name: value, f"{name}_baseline": chance, **beside}
