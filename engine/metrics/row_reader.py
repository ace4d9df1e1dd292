"""Reader of rows of tables: which attributes their cells state.

Rules that the training items imply come first; what no single field implies is read by a small
classifier of rows, which is trained on real training rows only.

Shapes: N rows, A attributes, D numbers of an encoded row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from engine.control import RunControl
from engine.data.facts import TableFacts
from engine.data.table_cells import Column, read_numbers, read_texts
from engine.data.table_codec import Cells, encode
from engine.data.table_fields import CategoricalField
from engine.metrics.attributes import UNKNOWN, Labels, LearnedAttributes, labels_of_groups
from engine.metrics.extractor import AttributeTarget
from engine.sample.sampler import Shown

HIDDEN_DIM, STEPS, BATCH, PEAK_RATE = 64, 1_500, 256, 1e-2
"""Of the classifier of rows."""
_CHECK_EVERY = 50
"""Steps between two checks for a stop."""


class TableAttributeReader:
    """Reads rows by rule where a category or the interval of a number implies an attribute.

    Other attributes are read by a classifier of rows.

    Args:
        facts: of the column.
        cells: of the training items, by field.
        labels: of the same items, [N, A].
        sizes: number of values of each attribute.
        control: checked while the classifier is trained.

    Raises:
        StoppedError: a stop was requested.
    """

    def __init__(
        self,
        facts: TableFacts,
        cells: Mapping[str, Column],
        labels: Labels,
        sizes: Sequence[int],
        control: RunControl,
    ) -> None:
        self._fields = facts.fields
        self._rules: dict[int, tuple[str, _Rule]] = {}
        """By attribute, a field and what its cells mean."""
        for field in facts.fields:
            find = _category_rule if isinstance(field, CategoricalField) else _interval_rule
            for place in {*range(labels.shape[1])} - self._rules.keys():
                rule = find(cells[field.name], labels[:, place])
                if rule is not None:
                    self._rules[place] = field.name, rule
        rest = labels.copy()
        rest[:, [*self._rules]] = UNKNOWN
        self._target = LearnedAttributes.of(rest, sizes)
        self._classifier: nn.Module | None = None
        if self._target.places:
            rows = torch.from_numpy(encode(facts.fields, cells))
            truth = torch.from_numpy(rest[:, self._target.places])
            target = AttributeTarget(self._target.sizes)
            self._classifier = _train_row_classifier(rows, truth, target, control)

    def read(self, shown: Shown, control: RunControl) -> Labels:
        """Read the cells of N rows.

        Raises:
            TypeError: these are no cells.
        """
        if not isinstance(shown, Cells):
            raise TypeError(f"not cells: {type(shown).__name__}")
        control.stop_if_asked()
        cells = cells_by_field(shown)
        labels = np.full((len(shown), self._target.count), UNKNOWN, dtype=np.int64)
        if self._classifier is not None:
            with torch.no_grad():
                said = self._classifier(torch.from_numpy(encode(self._fields, cells)))
            labels = self._target.labels(said)
        for place, (field, rule) in self._rules.items():
            labels[:, place] = rule.read(cells[field])
        return labels


class _Rule(Protocol):
    """What the cells of a field mean."""

    def read(self, cells: Column) -> Labels:
        """Return the label of each of N cells: [N]."""
        ...


@dataclass(frozen=True)
class _CategoryRule:
    """Each category has one label."""

    labels: Mapping[str | None, int]

    def read(self, cells: Column) -> Labels:
        return np.array([self.labels.get(text, UNKNOWN) for text in read_texts(cells)], int)


@dataclass(frozen=True)
class _IntervalRule:
    """Each interval of numbers has one label."""

    bounds: npt.NDArray[np.float64]
    """Between the intervals, ascending: one fewer than labels."""
    labels: Labels

    def read(self, cells: Column) -> Labels:
        numbers = read_numbers(cells)
        found = self.labels[np.searchsorted(self.bounds, numbers)]
        return np.where(np.isnan(numbers), UNKNOWN, found)


def _category_rule(cells: Column, labels: Labels) -> _CategoryRule | None:
    """Find the rule by which categories imply the labels [N] of training items, if there is one."""
    places: dict[str | None, int] = {}
    groups = [places.setdefault(text, len(places)) for text in read_texts(cells)]
    implied = labels_of_groups(np.array(groups, int), labels[:, None], len(places))[:, 0]
    if not len(implied) or (implied == UNKNOWN).any():
        return None
    return _CategoryRule({text: int(implied[group]) for text, group in places.items()})


def _interval_rule(cells: Column, labels: Labels) -> _IntervalRule | None:
    """Find the rule by which numbers imply the labels [N] of training items, if there is one.

    There is if the items of each label fill one interval of the numbers.
    """
    numbers, groups = np.unique(read_numbers(cells), return_inverse=True)
    implied = labels_of_groups(groups, labels[:, None], len(numbers))[:, 0]
    if not len(implied) or np.isnan(numbers).any() or (implied == UNKNOWN).any():
        return None
    changes = np.flatnonzero(implied[1:] != implied[:-1])
    if len(changes) + 1 != len(np.unique(implied)):
        return None
    bounds = (numbers[changes] + numbers[changes + 1]) / 2
    return _IntervalRule(bounds, implied[[*changes.tolist(), len(implied) - 1]])


def cells_by_field(cells: Cells) -> dict[str, Column]:
    """Return the cells of N rows by field."""
    columns = zip(*cells.rows, strict=True) if cells.rows else [()] * len(cells.fields)
    return dict(zip(cells.fields, map(list, columns), strict=True))


def _train_row_classifier(
    rows: Tensor, truth: Tensor, target: AttributeTarget, control: RunControl
) -> nn.Module:
    """Train an MLP on encoded rows [N, D] and labels [N, attributes], deterministically.

    Raises:
        StoppedError: a stop was requested.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        classifier = nn.Sequential(
            nn.Linear(rows.shape[1], HIDDEN_DIM),
            nn.ReLU(),
            nn.Linear(HIDDEN_DIM, HIDDEN_DIM),
            nn.ReLU(),
            nn.Linear(HIDDEN_DIM, target.outputs),
        )
        optimizer = torch.optim.AdamW(classifier.parameters())
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_RATE, total_steps=STEPS)
        for step in range(STEPS):
            if step % _CHECK_EVERY == 0:
                control.stop_if_asked()
            batch = torch.randint(len(rows), (min(BATCH, len(rows)),))
            loss = target.loss(classifier(rows[batch]), truth[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return classifier.eval()
