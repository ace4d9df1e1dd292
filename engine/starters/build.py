"""Build the example datasets from files that ship with the program, offline."""

from collections.abc import Callable, Mapping
from pathlib import Path

from engine.data.manifest import read_manifest
from engine.data.starters import STARTERS, Starter
from engine.data.store import open_dataset, write_dataset
from engine.errors import EngineError
from engine.starters import (
    beats,
    cell_cases,
    emoji,
    mnist,
    notes,
    ring,
    road_scenes,
    shapes,
    spoken_digits,
)
from engine.starters.columns import StarterColumns, StarterContent

PAIRS: Mapping[str, Callable[[Path], StarterContent]] = {
    "digits": lambda source: mnist.build(source / "digits"),
    "emoji": lambda source: emoji.build(source / "emoji"),
    "shapes": lambda _source: shapes.build(),
}
COLUMNS: Mapping[str, Callable[[Path], StarterColumns]] = {
    "spoken-digits": lambda source: spoken_digits.build(
        source / "digits", source / "spoken-digits"
    ),
    "beats": lambda source: beats.build(source / "beats"),
    "notes": lambda _source: notes.build(),
    "road-scenes": lambda _source: road_scenes.build(),
    "cell-cases": lambda source: cell_cases.build(source / "cell-cases"),
    "ring": lambda _source: ring.build(),
}
"""By name: from the folder with the files of all starters to what they consist of."""


def build_starter(name: str, source: Path, datasets: Path) -> Path:
    """Build an example dataset, unless a current build exists.

    Args:
        name: a key of ``engine.data.starters.STARTERS``.
        source: folder with the source files of the example datasets.
        datasets: folder to build datasets in.

    Returns:
        Folder of the dataset.

    Raises:
        DatasetMissingError, DatasetCorruptError: the source files are missing or damaged.
        FolderNotWritableError, DiskFullError: it cannot be written.
    """
    starter = STARTERS[name]
    folder = datasets / name
    if _is_current(folder, starter):
        return folder
    content = PAIRS[name](source) if name in PAIRS else COLUMNS[name](source).content()
    # Keep a damaged or older build, or a user's dataset of that name.
    number = 2
    while folder.exists():
        folder = datasets / f"{name}-{number}"
        if _is_current(folder, starter):
            return folder
        number += 1
    write_dataset(
        folder,
        name=name,
        title=starter.title,
        columns=content.columns,
        arrays=content.arrays,
        records=content.records,
        licence=starter.licence,
        source=starter.source,
        notice=starter.notice,
    )
    return folder


def _is_current(folder: Path, starter: Starter) -> bool:
    try:
        if read_manifest(folder).source != starter.source:
            return False
        open_dataset(folder)
    except EngineError:
        return False
    return True
