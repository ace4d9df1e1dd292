"""What the user makes of the chosen items, as edits."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from engine.data.editing import Edit, Edits
from engine.data.index import Index
from engine.data.store import HELD_OUT
from engine.errors import EditRefusedError
from studio.panels.datasets.detail import ItemDetail
from studio.panels.datasets.split import SplitDialog


@dataclass(frozen=True, kw_only=True)
class Edited:
    """What is edited: the edits, and which items are chosen."""

    edits: Edits
    index: Index
    chosen: Sequence[int]
    """The one that is shown first."""


class ItemEditing(QObject):
    """Turns wishes into steps of ``Edits``; what they change is shown by somebody else."""

    made = Signal(object)
    """An ``Edit``."""

    def __init__(self, detail: ItemDetail, parent: QWidget) -> None:
        super().__init__(parent)
        self._detail, self._window = detail, parent
        self._now: Edited | None = None
        detail.captions_edited.connect(self._edit_captions)
        detail.tags_edited.connect(self._edit_tags)
        detail.excluded_edited.connect(self._exclude)
        detail.split_edited.connect(self._move)

    def choose(self, now: Edited) -> None:
        """Edit these items from now on."""
        self._now = now

    @Slot()
    def toggle_excluded(self) -> None:
        """Exclude all chosen items, or take them back in, as the first is not."""
        if self._now is not None and self._now.chosen:
            self._exclude(not self._now.edits.state(self._now.chosen[0]).is_excluded)

    @Slot()
    def ask_split(self) -> None:
        """Ask which share of all items to hold out."""
        if self._now is None:
            return
        held_out = np.array([s.split == HELD_OUT for s in self._now.edits.states()], dtype=bool)
        dialog = SplitDialog(self._window, places=self._now.index.places, held_out=held_out)
        dialog.finished.connect(dialog.deleteLater)
        dialog.split_requested.connect(self._split)
        dialog.open()

    def _tell(self, edit: Edit | None) -> None:
        if edit is not None:
            self.made.emit(edit)

    @Slot(object)
    def _edit_captions(self, captions: tuple[str, ...]) -> None:
        if self._now is None or not self._now.chosen:
            return
        try:
            edit = self._now.edits.set_captions(self._now.chosen[0], captions)
        except EditRefusedError:
            self._detail.show_problem(
                self.tr("An item without an image needs its text. Exclude it instead.")
            )
            return
        self._detail.show_problem("")
        self._tell(edit)

    @Slot(object)
    def _edit_tags(self, tags: tuple[str, ...]) -> None:
        if self._now is None or not self._now.chosen:
            return
        if len(self._now.chosen) == 1:
            self._tell(self._now.edits.set_tags(self._now.chosen[0], tags))
        else:
            self._tell(self._now.edits.add_tags(self._now.chosen, tags))

    @Slot(bool)
    def _exclude(self, is_excluded: bool) -> None:  # noqa: FBT001 - a Qt slot
        if self._now is not None:
            self._tell(self._now.edits.set_excluded(self._now.chosen, is_excluded=is_excluded))

    @Slot(str)
    def _move(self, split: str) -> None:
        if self._now is not None:
            self._tell(self._now.edits.set_split(self._now.chosen, split))

    @Slot(object)
    def _split(self, held_out: list[int]) -> None:
        if self._now is not None:
            self._tell(self._now.edits.split_again(held_out))
