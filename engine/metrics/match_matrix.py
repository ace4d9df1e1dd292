"""Coherence of columns that state no attributes in common: by a matcher instead of readers.

Cells have the names of the coherence matrix. Their value is R-precision: the share of items that
fit what was given better than ``CANDIDATES`` - 1 real ones of other records do. Chance is
1 / ``CANDIDATES``; the upper bound is the share of real items, which the matcher limits.

Shapes: N items, K candidates, S numbers of an embedding.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.config.networks import NetworkConfig
from engine.control import RunControl
from engine.data.facts import ColumnFacts
from engine.data.store import TRAIN, VALIDATION, StoredDataset
from engine.metrics.attributes import normal_form
from engine.metrics.distances import Rows, subsample
from engine.metrics.matcher import fit_matcher, item_identities, matched_share
from engine.metrics.matrix import ITEMS, MIN_ITEMS, given_sets, stored_rows
from engine.metrics.readers import real_samples
from engine.metrics.report import AND, EvaluationReport, cell_name
from engine.metrics.retrieval import CANDIDATES
from engine.sample.sampler import Sampler, Samples, Shown

MIN_LEAD = 2.0
"""How often, as a multiple of chance, real items must be matched for a matcher to say anything."""
TOO_FEW = f"needs {MIN_ITEMS} validation items with them"
UNMATCHED = "what belongs together cannot be learned from the training items"


@dataclass(frozen=True)
class _Embedded:
    """Items of a column."""

    rows: Tensor
    """[N, S]."""
    texts: Sequence[str] | None
    """Of a column of texts, in their normal form."""


@dataclass(frozen=True)
class _Cell:
    """A cell of the matrix."""

    name: str
    given: tuple[str, ...]
    asked: tuple[str, ...]
    """Columns that what is made is matched with."""
    made: str


class MatchMatrix:
    """Measures how well columns fit that a model generates from others, without attributes.

    Args:
        dataset: has all columns.
        columns: of the model, in the order of generation.
        pairs: columns to compare with each other.
        networks: of the model.
        control: checked while the matcher is trained.

    Raises:
        StoppedError: a stop was requested.
    """

    def __init__(
        self,
        dataset: StoredDataset,
        columns: Mapping[str, ColumnFacts],
        pairs: Sequence[tuple[str, str]],
        networks: NetworkConfig,
        control: RunControl,
    ) -> None:
        self._dataset, self._columns, self._networks = dataset, columns, networks
        matched = [name for name in columns if any(name in pair for pair in pairs)]
        side = networks.image_size
        self._matcher = fit_matcher(
            dataset,
            {name: columns[name] for name in matched},
            pairs,
            dataset.rows(TRAIN),
            side,
            control,
        )
        self._candidates: dict[str, tuple[Rows, Tensor]] = {}
        """By column, validation items and their embeddings."""
        for name in matched:
            items = subsample(dataset.complete_rows(VALIDATION, [name]), CANDIDATES - 1)
            shown = real_samples(dataset, name, columns[name], items, side)
            self._candidates[name] = items, self._matcher.embed(name, shown, control)
        self._absent: dict[str, str] = {}
        self._bounds: dict[str, float] = {}
        """By name of a cell, the share of real items."""
        self._cells = [
            cell for cell in self._find_cells(pairs, matched) if self._is_measurable(cell, control)
        ]

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be measured."""
        return not self._cells

    def measure(
        self, sampler: Sampler, *, count: int, seed: int, control: RunControl
    ) -> EvaluationReport:
        """Generate items from nothing and from given columns, and match them.

        Args:
            sampler: of the model.
            count: items of each row at most, and no more than ``ITEMS``.
            seed: of the noise.
            control: checked between batches.

        Raises:
            StoppedError: a stop was requested.
        """
        metrics: dict[str, float] = {}
        absent = dict(self._absent)
        for given in dict.fromkeys(cell.given for cell in self._cells):
            cells = [cell for cell in self._cells if cell.given == given]
            items = subsample(self._dataset.complete_rows(VALIDATION, given), min(count, ITEMS))
            if given and len(items) < MIN_ITEMS:
                absent |= {cell.name: TOO_FEW for cell in cells}
                continue
            if given:
                stored = {
                    name: stored_rows(
                        self._dataset, name, items, self._columns[name], self._networks
                    )
                    for name in given
                }
                names = [*dict.fromkeys(cell.made for cell in cells)]
                batches = sampler.complete_items(stored, seed, columns=names)
            else:
                names = [*self._candidates]
                batches = sampler.from_noise(min(count, ITEMS), seed, columns=names)
            found = self._embed_all(batches, names, control)
            found |= self._embed_real(given, items, control) if given else {}
            for cell in cells:
                metrics[cell.name] = self._share(cell, found, items if given else None)
                metrics[f"{cell.name}_baseline"] = self._chance(cell)
                metrics[f"{cell.name}_upper_bound"] = self._bounds[cell.name]
        return EvaluationReport(metrics=metrics, absent=absent)

    def _find_cells(
        self, pairs: Sequence[tuple[str, str]], matched: Sequence[str]
    ) -> Iterator[_Cell]:
        """Yield the cells in which what is made can be matched with what is given."""
        unlike = {frozenset(pair) for pair in pairs}
        for one, other in pairs:
            yield _Cell(cell_name((), AND.join((one, other))), (), (one,), other)
        for given in given_sets([*self._columns]):
            for made in matched:
                asked = tuple(name for name in given if frozenset((name, made)) in unlike)
                # A given column that states what is made is compared by that.
                if asked and made not in given and len(asked) == len(given):
                    yield _Cell(cell_name(given, made), given, asked, made)

    def _is_measurable(self, cell: _Cell, control: RunControl) -> bool:
        """Whether real items are matched; notes their share or why nothing can be said."""
        items = self._dataset.complete_rows(VALIDATION, [*cell.asked, cell.made])
        items = subsample(items, ITEMS)
        if len(items) < MIN_ITEMS:
            self._absent[cell.name] = TOO_FEW
            return False
        real = self._embed_real([*cell.asked, cell.made], items, control)
        self._bounds[cell.name] = self._share(cell, real, items)
        if self._bounds[cell.name] < MIN_LEAD * self._chance(cell):
            self._absent[cell.name] = UNMATCHED
            return False
        return True

    def _chance(self, cell: _Cell) -> float:
        return 1 / (len(self._candidates[cell.made][0]) + 1)

    def _share(self, cell: _Cell, found: Mapping[str, _Embedded], items: Rows | None) -> float:
        """Return how often what was made beats the candidates, without the item's own value.

        Args:
            cell: to measure.
            found: embeddings by column.
            items: that were given; None if nothing was.
        """
        made = cell.made
        candidates, embedded = self._candidates[made]
        texts = found[made].texts
        is_same = np.zeros((len(found[made].rows), len(candidates)), dtype=bool)
        if items is not None:
            is_there = self._dataset.columns[made].present[items]
            known = np.concatenate([items[is_there], candidates])
            ids = item_identities(self._dataset, made, known)
            is_same[is_there] = ids[: is_there.sum(), None] == ids[is_there.sum() :]
        if texts is not None:
            others = [normal_form(text) for text in self._dataset.text(made).first(candidates)]
            is_same |= np.array(texts)[:, None] == np.array(others)
        rows = [found[name].rows for name in cell.asked]
        return matched_share(rows, found[made].rows, embedded, is_same)

    def _embed_real(
        self, names: Sequence[str], items: Rows, control: RunControl
    ) -> dict[str, _Embedded]:
        """Embed columns of real items, which have them."""
        found: dict[str, _Embedded] = {}
        for name in names:
            shown = real_samples(
                self._dataset, name, self._columns[name], items, self._networks.image_size
            )
            found[name] = self._embedded(name, [shown], control)
        return found

    def _embed_all(
        self, batches: Iterable[Samples], names: Sequence[str], control: RunControl
    ) -> dict[str, _Embedded]:
        """Embed columns of all batches."""
        shown: defaultdict[str, list[Shown]] = defaultdict(list)
        for samples in batches:
            control.stop_if_asked()
            for name in names:
                shown[name].append(samples.columns[name])
        return {name: self._embedded(name, parts, control) for name, parts in shown.items()}

    def _embedded(self, name: str, parts: Sequence[Shown], control: RunControl) -> _Embedded:
        rows = torch.cat([self._matcher.embed(name, part, control) for part in parts])
        texts = [normal_form(text) for part in parts if isinstance(part, tuple) for text in part]
        return _Embedded(rows, texts or None)
