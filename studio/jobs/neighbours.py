"""Finds the training pictures that are nearest to a generated one, in a worker thread."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from engine.control import RunControl
from engine.events import ImageArray
from engine.metrics.nearest import NearestPictures, Neighbours, open_nearest
from studio.jobs.task import CancellingJob
from studio.paths import cache_folder

_PATIENCE_MS = 20_000
FindNeighbours = Callable[[Path, ImageArray, RunControl], Neighbours]
"""From folder of the run, picture [H, W, 3], and control."""


class NeighboursJob(CancellingJob):
    """Answers one request at a time, then the newest; ``ended`` carries ``Neighbours``.

    Args:
        find: the search; the engine's by default.
        parent: the owner.
    """

    def __init__(self, find: FindNeighbours, parent: QObject | None = None) -> None:
        super().__init__("nearest pictures", parent, finishes=True)
        self._find = find

    def find(self, run: Path, image: ImageArray) -> None:
        """Find the training pictures that are nearest to a generated one."""
        self.request(lambda _tell, control: self._find(run, image, control))

    def shut_down(self) -> None:
        """Stop and wait for the thread, when quitting."""
        self.forget()
        self.wait(_PATIENCE_MS)


class NeighboursSearch:
    """The engine's search; keeps the small copies of the last run's dataset."""

    def __init__(self) -> None:
        self._run: Path | None = None
        self._pictures: NearestPictures | None = None

    def __call__(self, run: Path, image: ImageArray, control: RunControl) -> Neighbours:
        """Find the training pictures that are nearest to a generated one.

        Raises:
            RunMissingError, ConfigError: the run cannot be read.
            DatasetMissingError, DatasetCorruptError, DatasetChangedError: its dataset is not there.
            StoppedError: a stop was requested.
        """
        if self._pictures is None or run != self._run:
            self._pictures = open_nearest(run, cache_folder() / "nearest", control)
            self._run = run
        return self._pictures.find(image)
