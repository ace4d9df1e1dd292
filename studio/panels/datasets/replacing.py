"""Drives the find-and-replace dialog: previews from a worker, replacements as one edit."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from engine.data.editing import Edits
from engine.data.replacing import Replacement
from engine.events import Outcome
from studio.errors.wording import explain
from studio.jobs.dataset import DatasetJobs
from studio.jobs.latest import TaskEnded
from studio.panels.datasets.replace import MOST_SHOWN, ReplaceDialog


@dataclass(frozen=True, kw_only=True)
class SearchedItems:
    """Where to look."""

    edits: Edits
    shown: npt.NDArray[np.int64]
    total: int


class Replacing(QObject):
    """At most one dialog; ``replace_requested`` carries the ``Replacement`` to make."""

    replace_requested = Signal(object)

    def __init__(
        self, jobs: DatasetJobs, items: Callable[[], SearchedItems | None], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._jobs, self._items, self._window = jobs, items, parent
        self._edits: Edits | None = None
        self.dialog: ReplaceDialog | None = None
        jobs.searching.ended.connect(self._take)

    @Slot()
    def ask(self) -> None:
        """Open the dialog, or bring it to the front."""
        if self.dialog is None:
            self.dialog = ReplaceDialog(self._window)
            self.dialog.preview_requested.connect(self._preview)
            self.dialog.replace_requested.connect(self.replace_requested)
            self.dialog.finished.connect(self._forget)
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    def close(self) -> None:
        """Close the dialog; another dataset comes."""
        if self.dialog is not None:
            self.dialog.reject()

    def look_again(self) -> None:
        """Renew the preview: captions have changed."""
        if self.dialog is not None:
            self.dialog.look_again()

    @Slot()
    def _preview(self) -> None:
        items = self._items()
        if self.dialog is None or items is None:
            return
        where = items.shown.tolist() if self.dialog.is_only_shown else range(items.total)
        self._edits = items.edits
        self._jobs.find_changes(items.edits, self.dialog.search, where)

    @Slot(object)
    def _take(self, event: TaskEnded) -> None:
        if self.dialog is None or self._edits is None:
            return
        if event.outcome is Outcome.FAILED and event.error is not None:
            words = explain(event.error)
            self.dialog.show_problem(f"{words.happened} {words.why}")
        elif isinstance(event.result, Replacement):
            first = list(event.result.changes)[:MOST_SHOWN]
            now = [self._edits.state(item).captions for item in first]
            self.dialog.show_found(event.result, now)

    @Slot()
    def _forget(self) -> None:
        self._jobs.searching.cancel()
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None
