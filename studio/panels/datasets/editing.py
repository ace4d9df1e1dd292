"""Editing of the selected items, and the dialog that splits off a validation set."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QDialog, QFormLayout, QHBoxLayout, QVBoxLayout, QWidget

from engine.data.editing import Edit, Edits
from engine.data.search import Index
from engine.data.store import VALIDATION
from engine.errors import EditRefusedError
from studio.panels.datasets.detail import ItemDetail
from studio.theme import GAP, MARGIN, SPACING
from studio.widgets.buttons import push_button
from studio.widgets.fields import TextField
from studio.widgets.labels import fill, plain_label, spaced

MAX_PERCENT = 50
_WIDTH = 420


class SplitDialog(QDialog):
    """Dialog that sets the share of validation items; ``open()`` does not block."""

    split_requested = Signal(object)
    """Emitted with the list of validation items."""

    def __init__(
        self, parent: QWidget, *, places: npt.NDArray[np.uint8], validation: npt.NDArray[np.bool_]
    ) -> None:
        """Create the dialog from ``Index.places`` [N] and the current mask ``validation`` [N]."""
        super().__init__(parent)
        self._places, self._now = places, validation
        self.setWindowTitle(self.tr("Re-split"))
        self.setMinimumWidth(_WIDTH)
        self._share = TextField(unit="%")
        self._share.set_help(
            self.tr("Share of items that is never trained on"), self.tr("Validation")
        )
        share = round(100 * float(validation.mean())) if len(validation) else 0
        self._share.set_text(str(min(share, MAX_PERCENT)))
        self._share.text_edited.connect(self._look)
        self._outcome = plain_label(role="muted")
        self._split = push_button(self.tr("Split"), self._on_split, role="primary")
        self._split.setDefault(True)
        self._share.edit.selectAll()
        self._lay_out()
        self._look()

    @property
    def outcome(self) -> str:
        """Description of the resulting split."""
        return self._outcome.text()

    @property
    def _percent(self) -> int | None:
        text = self._share.text().strip()
        # ``isdecimal`` accepts the digits of all scripts, as ``int`` does.
        is_number = text.isdecimal() and len(text) <= len(str(MAX_PERCENT))
        return int(text) if is_number and int(text) <= MAX_PERCENT else None

    @Slot()
    def _look(self) -> None:
        percent = self._percent
        self._split.setEnabled(percent is not None)
        if percent is None:
            self._share.set_problem(
                self.tr("Give a whole number from 0 to {0}.").format(MAX_PERCENT)
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
    def _on_split(self) -> None:
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
        cancel = push_button(self.tr("Cancel"), self.reject, auto_default=False)
        buttons = fill(spaced(QHBoxLayout(), SPACING), 1, cancel, self._split)
        layout = spaced(QVBoxLayout(self), MARGIN, (GAP, GAP, GAP, MARGIN))
        fill(layout, about, form, self._outcome, buttons)


@dataclass(frozen=True, kw_only=True)
class Edited:
    """The edits of a dataset and the selected items."""

    edits: Edits
    index: Index
    chosen: Sequence[int]
    """The selected items; the current one is first."""


class ItemEditing(QObject):
    """Applies the input of the detail view to ``Edits``."""

    made = Signal(object)
    """Emitted with an ``Edit``."""

    def __init__(self, detail: ItemDetail, parent: QWidget) -> None:
        super().__init__(parent)
        self._detail, self._window = detail, parent
        self._now: Edited | None = None
        detail.captions_edited.connect(self._edit_captions)
        detail.tags_edited.connect(self._edit_tags)
        detail.excluded_edited.connect(self._exclude)
        detail.split_edited.connect(self._move)

    def choose(self, now: Edited) -> None:
        """Set the items to edit."""
        self._now = now

    @Slot()
    def toggle_excluded(self) -> None:
        """Toggle exclusion of all selected items, based on the first."""
        if self._now is not None and self._now.chosen:
            self._exclude(not self._now.edits.state(self._now.chosen[0]).is_excluded)

    @Slot()
    def ask_split(self) -> None:
        """Open the dialog to split off a validation set."""
        if self._now is None:
            return
        validation = np.array([s.split == VALIDATION for s in self._now.edits.states()], dtype=bool)
        dialog = SplitDialog(self._window, places=self._now.index.places, validation=validation)
        dialog.finished.connect(dialog.deleteLater)
        dialog.split_requested.connect(self._split)
        dialog.open()

    def _emit(self, edit: Edit | None) -> None:
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
        self._emit(edit)

    @Slot(object)
    def _edit_tags(self, tags: tuple[str, ...]) -> None:
        if self._now is None or not self._now.chosen:
            return
        edits, chosen = self._now.edits, self._now.chosen
        is_one = len(chosen) == 1
        self._emit(edits.set_tags(chosen[0], tags) if is_one else edits.add_tags(chosen, tags))

    @Slot(bool)
    def _exclude(self, is_excluded: bool) -> None:  # noqa: FBT001 - a Qt slot
        if self._now is not None:
            self._emit(self._now.edits.set_excluded(self._now.chosen, is_excluded=is_excluded))

    @Slot(str)
    def _move(self, split: str) -> None:
        if self._now is not None:
            self._emit(self._now.edits.set_split(self._now.chosen, split))

    @Slot(object)
    def _split(self, validation: list[int]) -> None:
        if self._now is not None:
            self._emit(self._now.edits.split_again(validation))
