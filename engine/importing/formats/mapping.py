"""Holds a reading's columns against those that a table has."""

from collections.abc import Collection
from dataclasses import replace

from engine.errors import ConfigError, Problem
from engine.importing.formats.columns import Guess
from engine.importing.formats.format import Reading


def check_columns(reading: Reading, columns: Collection[str], table: str) -> None:
    """Make sure that all columns that are named are there.

    Raises:
        ConfigError: some are not.
    """
    wanted = [("image_column", reading.image_column), ("label_column", reading.label_column)]
    wanted += [("text_columns", column) for column in reading.text_columns]
    problems = [
        Problem(f"reading.{field}", f"names no column of {table}: {column}")
        for field, column in wanted
        if column and column not in columns
    ]
    if problems:
        raise ConfigError(problems)


def complete(reading: Reading, guess: Guess) -> Reading:
    """Fill in what a reading leaves open."""
    return replace(
        reading,
        image_column=reading.image_column or guess.image,
        text_columns=reading.text_columns or guess.texts,
        label_column=reading.label_column or guess.label,
    )
