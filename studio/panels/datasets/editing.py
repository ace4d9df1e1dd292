"""Edits of the selected items, and the dialog that splits off a validation set."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QDialog, QFormLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from engine.data.editing import Edit, Edits
from engine.data.search import Index
from engine.data.store import VALIDATION
from engine.errors import EditRefusedError
from studio.panels.datasets.detail import ItemDetail
from studio.theme import GAP, MARGIN, SPACING
from studio.widgets.fields import TextField
from studio.widgets.labels import fill, plain_label, spaced

MOST_PERCENT = 50
_WIDTH = 420
Mask = npt.NDArray[np.bool_]


class SplitDialog(QDialog):
    """Use ``open()``; ``split_requested`` carries the items to hold out."""

    split_requested = Signal(object)

    def __init__(self, parent: QWidget, *, places: npt.NDArray[np.uint8], validation: Mask) -> None:
        """Ask about one dataset.

        Args:
            parent: the window that it belongs to.
            places: [N], ``Index.places``.
            validation: [N], which items are for validation now.
        """
        super().__init__(parent)
        self._places, self._now = places, validation
        self.setWindowTitle(self.tr("Re-split"))
        self.setMinimumWidth(_WIDTH)
        self._share = TextField(unit="%")
        self._share.set_help(
            self.tr("Share of items that is never trained on"), self.tr("Validation")
        )
        share = round(100 * float(validation.mean())) if len(validation) else 0
        self._share.set_text(str(min(share, MOST_PERCENT)))
        self._share.text_edited.connect(self._look)
        self._outcome = plain_label(role="muted")
        self._split = QPushButton(self.tr("Split"))
        self._split.setProperty("role", "primary")
        self._split.setDefault(True)
        self._split.clicked.connect(self._tell)
        self._share.edit.selectAll()
        self._lay_out()
        self._look()

    @property
    def outcome(self) -> str:
        """What would become of the items, in words."""
        return self._outcome.text()

    @property
    def _percent(self) -> int | None:
        text = self._share.text().strip()
        # int() reads digits of all writings; so may the user.
        is_number = text.isdecimal() and len(text) <= len(str(MOST_PERCENT))
        return int(text) if is_number and int(text) <= MOST_PERCENT else None

    @Slot()
    def _look(self) -> None:
        percent = self._percent
        self._split.setEnabled(percent is not None)
        if percent is None:
            self._share.set_problem(
                self.tr("Give a whole number from 0 to {0}.").format(MOST_PERCENT)
            )
            self._outcome.clear()
            return
        self._share.set_problem("")
        held = self._places < percent
        locale = self.locale()
        moved = locale.toString(int(np.count_nonzero(held != self._now)))
        train = locale.toString(int(np.count_nonzero(~held)))
        words = self.tr("%Ln item(s) for validation, {0} to train on; {1} change sides.", "",
                        int(np.count_nonzero(held)))  # fmt: skip
        self._outcome.setText(words.format(train, moved))

    @Slot()
    def _tell(self) -> None:
        percent = self._percent
        if percent is not None:
            self.split_requested.emit(np.flatnonzero(self._places < percent).tolist())
            self.accept()

    def _lay_out(self) -> None:
        about = plain_label(
            self.tr(
                "A hash of each item's name decides: a validation item stays one when "
                "items are added or the share grows."
            )
        )
        form = QFormLayout()
        form.setSpacing(SPACING)
        form.addRow(self.tr("Validation"), self._share)
        cancel = QPushButton(self.tr("Cancel"))
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        buttons = spaced(QHBoxLayout(), SPACING)
        buttons.addStretch(1)
        fill(buttons, cancel, self._split)
        layout = spaced(QVBoxLayout(self), MARGIN, (GAP, GAP, GAP, MARGIN))
        fill(layout, about, form, self._outcome, buttons)


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
        validation = np.array([s.split == VALIDATION for s in self._now.edits.states()], dtype=bool)
        dialog = SplitDialog(self._window, places=self._now.index.places, validation=validation)
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
    def _split(self, validation: list[int]) -> None:
        if self._now is not None:
            self._tell(self._now.edits.split_again(validation))
