"""The table of an import: fields that are inferred from the cells of its samples.

Cells are collected from the columns of a table that hold neither images, sounds nor texts.
Identifiers, constants and free text are left out unless the user includes them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.data.column_info import FieldInfo
from engine.data.column_info import FieldKind as StoredKind
from engine.data.table_cells import Cell, read_numbers, read_texts
from engine.data.table_fields import (
    Field,
    FieldKind,
    FieldReport,
    NumericField,
    included_fields,
    infer_fields,
)
from engine.errors import ConfigError

MAX_COLUMNS = 1_000
"""Columns that are looked at."""


@dataclass(frozen=True, kw_only=True)
class ImportTable:
    """What became of the cells of the samples that are kept."""

    reports: tuple[FieldReport, ...]
    """One for each column of cells, in the order of the source."""
    columns: Mapping[str, Sequence[Cell]]
    """Cells of the samples, None where missing."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields of the dataset; none if every column is left out."""
        return included_fields(self.reports)

    @property
    def stored_fields(self) -> tuple[FieldInfo, ...]:
        """The fields as the manifest describes them."""
        return tuple(
            FieldInfo(
                name=field.name,
                kind=StoredKind.NUMERIC
                if isinstance(field, NumericField)
                else StoredKind.CATEGORICAL,
            )
            for field in self.fields
        )

    def rows(self) -> Iterator[dict[str, Cell]]:
        """Yield the stored cells of each sample, without the missing ones."""
        values = {field.name: _stored(field, self.columns[field.name]) for field in self.fields}
        for row in zip(*values.values(), strict=True):
            yield {name: cell for name, cell in zip(values, row, strict=True) if cell is not None}


def build_table(
    samples: Sequence[Mapping[str, Cell]],
    kinds: Mapping[str, FieldKind],
    stated: Mapping[str, FieldKind] | None = None,
) -> ImportTable | None:
    """Infer the fields of samples; None if none has cells.

    Args:
        samples: cells of each sample to import, by column.
        kinds: of columns, chosen by the user.
        stated: kinds that the source states; of columns that they do not fit, the kind is inferred.

    Raises:
        ConfigError: a kind does not fit its column, or there is no such column.
    """
    names = list(dict.fromkeys(name for cells in samples for name in cells))
    if not names:
        return None
    columns = {name: [cells.get(name) for cells in samples] for name in names[:MAX_COLUMNS]}
    fitting = {name: kind for name, kind in (stated or {}).items() if _fits(kind, columns, name)}
    return ImportTable(reports=infer_fields(columns, {**fitting, **kinds}), columns=columns)


def _fits(kind: FieldKind, columns: Mapping[str, Sequence[Cell]], name: str) -> bool:
    if name not in columns:
        return False
    try:
        (report,) = infer_fields({name: columns[name]}, {name: kind})
    except ConfigError:
        return False
    return report.field is not None and not report.unreadable


def _stored(field: Field, cells: Sequence[Cell]) -> Sequence[Cell]:
    if isinstance(field, NumericField):
        numbers = read_numbers(cells)
        present = np.isfinite(numbers).tolist()
        pairs = zip(numbers.tolist(), present, strict=True)
        return [number if is_there else None for number, is_there in pairs]
    return read_texts(cells)
