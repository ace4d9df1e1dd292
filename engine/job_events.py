"""What galleries and imports tell whoever started them.

A gallery emits ``GalleryProgressed`` and ends with exactly one ``GalleryEnded``, an import likewise
``ImportProgressed`` and ``ImportEnded``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from engine.events import Outcome


class ImportStage(StrEnum):
    """What an import is doing."""

    LISTING = "listing"
    """Names are read."""
    SCANNING = "scanning"
    """Texts and images are brought together."""
    DECODING = "decoding"
    """Images are decoded and checked."""
    EXAMINING = "examining"
    """The doctor compares them."""
    WRITING = "writing"
    """The dataset is put in its place."""


@dataclass(frozen=True, kw_only=True)
class GalleryProgressed:
    """Some pairs of a gallery are written."""

    done: int
    total: int


@dataclass(frozen=True, kw_only=True)
class GalleryEnded:
    """The last event of every gallery. A stopped gallery keeps the pairs that it has."""

    outcome: Outcome
    folder: Path
    count: int
    error: Exception | None = None


@dataclass(frozen=True, kw_only=True)
class ImportProgressed:
    """An import has come further; at most ten such reports a second."""

    stage: ImportStage
    done: int
    total: int
    """0 while it is not known."""
    items_per_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class ImportEnded:
    """The last event of every import. What is not finished leaves no dataset."""

    outcome: Outcome
    folder: Path
    """Of the dataset."""
    version: str = ""
    """Content hash of the dataset; empty when there is none."""
    imported: int = 0
    """Items in the dataset."""
    skipped: int = 0
    """Items and files that are not."""
    report: Path | None = None
    """The readable report, where one was written."""
    error: Exception | None = None


GalleryEvent = GalleryProgressed | GalleryEnded
ImportEvent = ImportProgressed | ImportEnded
GalleryEmit = Callable[[GalleryEvent], None]
ImportEmit = Callable[[ImportEvent], None]
