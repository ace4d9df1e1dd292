"""Evaluation of a model's columns of tables; see ``engine.metrics.tables``."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.control import RunControl
from engine.data.facts import TableFacts
from engine.data.store import TRAIN, VALIDATION, StoredDataset
from engine.data.table_cells import Column
from engine.data.table_codec import Cells
from engine.data.table_fields import CategoricalField
from engine.metrics.distances import subsample
from engine.metrics.report import EvaluationReport
from engine.metrics.row_reader import cells_by_field
from engine.metrics.tables import (
    Table,
    correlation_difference,
    field_distances,
    missing_difference,
    nearest_record_metrics,
    train_on_synthetic,
)
from engine.sample.sampler import Sampler, Samples

ROWS = 5_000
"""Real rows of each split at most, and generated ones."""
MIN_ROWS = 40
MAX_TARGETS = 4
"""Categorical fields at most that classifiers predict."""


@dataclass(frozen=True, kw_only=True)
class _RealTable:
    """Real rows of a column."""

    facts: TableFacts
    training: Table
    validation: Table | None
    """None if there are fewer than ``MIN_ROWS``."""

    @property
    def targets(self) -> Sequence[str]:
        """The fields that classifiers predict from the others."""
        fields = self.facts.fields
        found = [f.name for f in fields if isinstance(f, CategoricalField) and len(f.values) > 1]
        return found[:MAX_TARGETS] if len(fields) > 1 else ()


class TableEvaluator:
    """Measures generated rows of tables against those of a dataset.

    Args:
        dataset: has the columns.
        columns: facts by column.
    """

    def __init__(self, dataset: StoredDataset, columns: Mapping[str, TableFacts]) -> None:
        self._tables: dict[str, _RealTable] = {}
        for name, facts in columns.items():
            validation = _rows(dataset, name, VALIDATION)
            self._tables[name] = _RealTable(
                facts=facts,
                training=dataset.table(name).of(_rows(dataset, name, TRAIN)),
                validation=(
                    dataset.table(name).of(validation) if len(validation) >= MIN_ROWS else None
                ),
            )

    def measure(
        self, sampler: Sampler, *, count: int, seed: int, control: RunControl
    ) -> EvaluationReport:
        """Generate rows from noise and measure them.

        Args:
            sampler: of the model.
            count: number of rows, and no more than ``ROWS``.
            seed: of the noise.
            control: checked between batches, and between metrics.

        Raises:
            StoppedError: a stop was requested.
        """
        names = [*self._tables]
        batches = sampler.from_noise(min(count, ROWS), seed, columns=names)
        made = collect_cells(batches, names, control)
        metrics: dict[str, float] = {}
        absent: dict[str, str] = {}
        distances: dict[str, Mapping[str, float]] = {}
        for name, real in self._tables.items():
            distances[name] = self._measure_fields(name, real, made[name], metrics, control)
            _measure_usefulness(name, real, made[name], metrics, absent, control)
            control.stop_if_asked()
            copies = nearest_record_metrics(
                real.facts.fields,
                training=real.training,
                made=made[name],
                validation=real.validation,
            )
            metrics |= {_renamed(key, name): value for key, value in copies.items()}
        return EvaluationReport(metrics=metrics, absent=absent, field_distances=distances)

    def _measure_fields(
        self,
        name: str,
        real: _RealTable,
        made: Table,
        metrics: dict[str, float],
        control: RunControl,
    ) -> Mapping[str, float]:
        """Measure distributions and dependences; return the distance of each field."""
        fields = real.facts.fields
        distances: Mapping[str, float] = {}
        for suffix, table in (("_baseline", real.validation), ("", made)):
            control.stop_if_asked()
            if table is None:
                continue
            distances = field_distances(fields, real.training, table)
            metrics[f"field_distance/{name}{suffix}"] = float(np.mean([*distances.values()]))
            metrics[f"correlation_difference/{name}{suffix}"] = correlation_difference(
                fields, real.training, table
            )
            metrics[f"missing_difference/{name}{suffix}"] = missing_difference(
                fields, real.training, table
            )
        return distances


def collect_cells(
    batches: Iterable[Samples], names: Sequence[str], control: RunControl
) -> dict[str, dict[str, Column]]:
    """Concatenate the columns of tables of all batches: cells by column and field.

    Raises:
        StoppedError: a stop was requested.
    """
    found: defaultdict[str, list[Cells]] = defaultdict(list)
    for samples in batches:
        control.stop_if_asked()
        for name in names:
            cells = samples.columns[name]
            if isinstance(cells, Cells):
                found[name].append(cells)
    return {
        name: cells_by_field(
            Cells(fields=parts[0].fields, rows=tuple(row for part in parts for row in part.rows))
        )
        for name, parts in found.items()
    }


def _rows(dataset: StoredDataset, name: str, split: str) -> npt.NDArray[np.int64]:
    """Return items of a split that have a row, spread evenly over it."""
    return subsample(dataset.complete_rows(split, [name]), ROWS)


def _measure_usefulness(
    name: str,
    real: _RealTable,
    made: Table,
    metrics: dict[str, float],
    absent: dict[str, str],
    control: RunControl,
) -> None:
    """Average train-on-synthetic accuracies over the target fields."""
    if real.validation is None or not real.targets:
        reason = "no categorical field to predict" if real.validation else "too few validation rows"
        absent[f"train_on_synthetic/{name}"] = reason
        return
    found: defaultdict[str, list[float]] = defaultdict(list)
    for target in real.targets:
        control.stop_if_asked()
        accuracies = train_on_synthetic(
            real.facts.fields,
            target,
            training=real.training,
            made=made,
            validation=real.validation,
        )
        for key, value in accuracies.items():
            found[key].append(value)
    suffixes = {
        "train_on_synthetic": "",
        "train_on_real": "_upper_bound",
        "majority": "_baseline",
    }
    for key, suffix in suffixes.items():
        metrics[f"train_on_synthetic/{name}{suffix}"] = float(np.mean(found[key]))


def _renamed(key: str, name: str) -> str:
    """Name a metric of copies by its column, with suffixes at the end."""
    stem = key.removesuffix("_baseline")
    suffix = key.removeprefix(stem)
    stem = stem if stem == "nearest_record" else f"record_{stem}"
    return f"{stem}/{name}{suffix}"
