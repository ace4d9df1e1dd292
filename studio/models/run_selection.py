"""The runs that are compared, and the one that is highlighted in every view of them."""

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

MAX_RUNS = 12


class RunSelection(QObject):
    """Up to ``MAX_RUNS`` run folders in the order in which they were added."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._places: dict[Path, int] = {}

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders of the runs."""
        return tuple(self._places)

    @property
    def is_full(self) -> bool:
        """Whether no further run can be added."""
        return len(self._places) >= MAX_RUNS

    def place_of(self, folder: Path) -> int:
        """Return the number of a run's colour, which stays as long as the run is compared.

        Raises:
            KeyError: the run is not compared.
        """
        return self._places[folder]

    def add(self, folders: Iterable[Path]) -> int:
        """Add runs as far as there is room; returns how many found none."""
        refused = 0
        before = self.folders
        for folder in folders:
            if folder in self._places:
                continue
            if self.is_full:
                refused += 1
                continue
            self._places[folder] = self._free_place()
        if self.folders != before:
            self.changed.emit()
        return refused

    def replace(self, folders: Iterable[Path]) -> int:
        """Compare other runs; returns how many found no room."""
        wanted = list(dict.fromkeys(folders))
        kept = {f: place for f, place in self._places.items() if f in wanted[:MAX_RUNS]}
        before, self._places = self.folders, kept
        for folder in wanted[:MAX_RUNS]:
            self._places.setdefault(folder, self._free_place())
        if self.folders != before:
            self.changed.emit()
        return max(0, len(wanted) - MAX_RUNS)

    def remove(self, folder: Path) -> None:
        """Compare a run no longer; ignored if it is not compared."""
        if self._places.pop(folder, None) is not None:
            self.changed.emit()

    def rename(self, folder: Path, to: Path) -> None:
        """Follow a run to another folder; ignored if it is not compared."""
        if folder in self._places:
            self._places = {to if f == folder else f: p for f, p in self._places.items()}
            self.changed.emit()

    def clear(self) -> None:
        """Compare no runs."""
        self.replace(())

    def _free_place(self) -> int:
        taken = self._places.values()
        return next(place for place in range(MAX_RUNS) if place not in taken)


class Highlight(QObject):
    """The run under the pointer, whichever view the pointer is over."""

    changed = Signal(object)
    """Carries the folder of the run, or None."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder: Path | None = None

    @Slot(object)
    def point_at(self, folder: Path | None) -> None:
        """Highlight a run, or none."""
        if folder != self.folder:
            self.folder = folder
            self.changed.emit(folder)
