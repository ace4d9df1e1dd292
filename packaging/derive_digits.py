"""Derive unpaired, reduced and imbalanced datasets from the digits.

    python packaging/derive_digits.py DATASET FOLDER --broken 0.9
    python packaging/derive_digits.py DATASET FOLDER --only-paired 0.1
    python packaging/derive_digits.py DATASET FOLDER --imbalance 100

``--broken``       that share of the training pairs is broken apart: half of them keep the image
                   alone, half the text alone, so that no two halves belong together.
``--only-paired``  that share of the training pairs, and nothing else.
``--imbalance``    the classes' sizes fall evenly in ratio, from all of the first class's pairs to
                   the given fraction of it for the last.

Validation pairs stay whole. With ``--broken 0.9`` and ``--only-paired 0.1`` the whole pairs are
the same ones.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.data.store import TRAIN, VALIDATION, StoredDataset, open_dataset, write_dataset

SEED = 0

Rows = npt.NDArray[np.int64]


def derive(
    source: Path,
    folder: Path,
    *,
    broken: float = 0.0,
    only_paired: float = 1.0,
    imbalance: float = 1.0,
) -> None:
    """Build a derived dataset; one of the three changes at a time.

    Args:
        source: the built digits.
        folder: for the derived dataset.
        broken: share of the training pairs to break apart, 0 to 1.
        only_paired: share of the training pairs to keep, 0 to 1.
        imbalance: how many times the first class is as large as the last.
    """
    dataset = open_dataset(source)
    shuffled = np.random.default_rng(SEED).permutation(dataset.rows(TRAIN))
    kept = shuffled[: round(only_paired * len(shuffled))]
    if imbalance > 1:
        kept = _imbalanced(dataset, kept, imbalance)
    whole = round((1 - broken) * len(kept))
    middle = whole + (len(kept) - whole) // 2
    records = {int(row): dict(dataset.records[row]) for row in [*kept, *dataset.rows(VALIDATION)]}
    for row in kept[whole:middle]:
        # Nothing may be left by which the lost text could be guessed.
        records[int(row)] = {"text": None, "split": TRAIN}
    for row in kept[middle:]:
        records[int(row)]["image"] = False
    _write(dataset, folder, records)


def _imbalanced(dataset: StoredDataset, rows: Rows, imbalance: float) -> Rows:
    labels = np.array([dataset.records[row]["attributes"]["digit"] for row in rows])
    classes = np.unique(labels)
    largest = np.bincount(labels).max()
    parts: list[Rows] = []
    for place, label in enumerate(classes):
        size = round(largest * imbalance ** (-place / (len(classes) - 1)))
        parts.append(rows[labels == label][:size])
    return np.concatenate(parts)


def _write(dataset: StoredDataset, folder: Path, records: dict[int, dict[str, Any]]) -> None:
    rows = np.array(sorted(records))
    ordered = [records[row] for row in rows.tolist()]
    has_image = np.array([record.get("image", True) for record in ordered], dtype=bool)
    write_dataset(
        folder,
        name=folder.name,
        title=f"{dataset.manifest.title}, {folder.name}",
        images=dataset.images_of(rows[has_image]),
        records=ordered,
        licence=dataset.manifest.licence,
        source=f"derived from {dataset.manifest.name}",
    )


def main() -> None:
    """Derive what the arguments ask for."""
    parser = argparse.ArgumentParser(description="Derives poorer datasets from the digits.")
    parser.add_argument("dataset", type=Path, help="the built digits")
    parser.add_argument("folder", type=Path, help="for the derived dataset")
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--broken", type=float, default=0.0, metavar="SHARE")
    how.add_argument("--only-paired", type=float, default=1.0, metavar="SHARE")
    how.add_argument("--imbalance", type=float, default=1.0, metavar="RATIO")
    chosen = parser.parse_args()
    derive(
        chosen.dataset,
        chosen.folder,
        broken=chosen.broken,
        only_paired=chosen.only_paired,
        imbalance=chosen.imbalance,
    )


if __name__ == "__main__":
    main()
