"""Build the columns of a starter by its name."""

from collections.abc import Callable, Mapping
from pathlib import Path

from engine.starters import beats, cell_cases, notes, ring, road_scenes, spoken_digits
from engine.starters.columns import StarterColumns

BUILDERS: Mapping[str, Callable[[Path], StarterColumns]] = {
    "spoken-digits": lambda source: spoken_digits.build(
        source / "digits", source / "spoken-digits"
    ),
    "beats": lambda source: beats.build(source / "beats"),
    "notes": lambda _source: notes.build(),
    "road-scenes": lambda _source: road_scenes.build(),
    "cell-cases": lambda source: cell_cases.build(source / "cell-cases"),
    "ring": lambda _source: ring.build(),
}
"""By name of the catalogue: from the folder with the files of all starters to the columns."""


def build_columns(name: str, source: Path) -> StarterColumns:
    """Build the columns of a starter.

    Args:
        name: a key of ``engine.starters.catalogue.CATALOGUE``.
        source: folder with the files of all starters.

    Raises:
        DatasetMissingError, DatasetCorruptError: a source file is missing or damaged.
    """
    return BUILDERS[name](source)
