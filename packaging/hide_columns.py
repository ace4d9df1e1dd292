"""Derive a dataset of incomplete items from a whole one.

    python packaging/hide_columns.py DATASET FOLDER [--complete 0.1]

``--complete`` is the share of the training items that keep all columns. The others are divided
evenly: each lacks one column. Of three columns and with 0.1, each is missing in 30 % of the
training items. Validation items stay whole. Items keep what their records have besides columns;
runs do not train on it.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.data.columns import ArrayColumn
from engine.data.store import TRAIN, StoredDataset, open_dataset, write_dataset

SEED = 0
WHOLE = -1
"""In place of a hidden column."""


def hide_columns(source: Path, folder: Path, *, complete: float, seed: int = SEED) -> None:
    """Write a dataset in which most training items lack a column.

    Args:
        source: a dataset with two columns or more.
        folder: for the derived dataset.
        complete: share of the training items to leave whole, 0 to 1.
        seed: of what is hidden.

    Raises:
        EngineError: the source cannot be read, or the folder not be written.
        ValueError: there are fewer than two columns, or the share is not between 0 and 1.
    """
    dataset = open_dataset(source)
    if len(dataset.columns) < 2 or not 0 <= complete <= 1:
        raise ValueError("needs two columns or more, and a share between 0 and 1")
    hidden = _choose_hidden(dataset, complete, seed)
    write_dataset(
        folder,
        name=folder.name,
        title=f"{dataset.manifest.title}, {complete:.0%} complete",
        columns=[column.info for column in dataset.columns.values()],
        arrays={
            name: column.values
            for name, column in dataset.columns.items()
            if isinstance(column, ArrayColumn)
        },
        records=_records(dataset, hidden),
        licence=dataset.manifest.licence,
        source=f"derived from {dataset.manifest.name}",
    )


def _choose_hidden(dataset: StoredDataset, complete: float, seed: int) -> npt.NDArray[np.int64]:
    """Return the place of the column that each item loses, or ``WHOLE``: [N]."""
    items = np.random.default_rng(seed).permutation(dataset.rows(TRAIN))
    others = items[round(complete * len(items)) :]
    hidden = np.full(dataset.count, WHOLE)
    hidden[others] = np.arange(len(others)) % len(dataset.columns)
    return hidden


def _records(dataset: StoredDataset, hidden: npt.NDArray[np.int64]) -> Iterator[dict[str, Any]]:
    columns = [*dataset.columns.values()]
    for item, (record, place) in enumerate(zip(dataset.records, hidden.tolist(), strict=True)):
        changed = dict(record)
        for column in columns:
            if isinstance(column, ArrayColumn):
                # Without a row of its own, an item would take the next one.
                row = int(column.rows[item])
                changed[column.name] = row if row >= 0 else False
        if place != WHOLE:
            lost = columns[place]
            if lost is dataset.text_column:
                changed = {name: v for name, v in changed.items() if name not in ("text", "texts")}
            changed[lost.name] = False if isinstance(lost, ArrayColumn) else None
        yield changed


def main() -> None:
    """Derive the dataset that the arguments ask for, and say what it has."""
    parser = argparse.ArgumentParser(description="Derives a dataset of incomplete items.")
    parser.add_argument("dataset", type=Path, help="a built dataset")
    parser.add_argument("folder", type=Path, help="for the derived dataset")
    parser.add_argument("--complete", type=float, default=0.1, metavar="SHARE")
    arguments = parser.parse_args()
    hide_columns(arguments.dataset, arguments.folder, complete=arguments.complete)
    made = open_dataset(arguments.folder)
    items = made.rows(TRAIN)
    print(f"{len(made.complete_rows(TRAIN, [*made.columns])):,} of {len(items):,} complete")
    for name, column in made.columns.items():
        print(f"{name}: missing in {1 - column.present[items].mean():.1%}")


if __name__ == "__main__":
    main()
