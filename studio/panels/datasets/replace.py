"""The find-and-replace dialog of captions, and its controller."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from engine.data.editing import Edits
from engine.data.find_replace import Replacement, Search
from engine.events import Outcome
from studio.errors.wording import explain
from studio.jobs.dataset import DatasetJobs
from studio.jobs.task import TaskEnded
from studio.theme import GAP, MARGIN, SPACING
from studio.widgets.labels import fill, plain_label, set_look, spaced

MOST_SHOWN = 200
_TYPING_MS = 250
_WIDTH, _HEIGHT = 640, 460


class ReplaceDialog(QDialog):
    """Not modal; asks for a preview at every change, and for the replacement on a click."""

    preview_requested = Signal()
    replace_requested = Signal(object)
    """The ``Replacement`` that was shown."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._found: Replacement | None = None
        self.setWindowTitle(self.tr("Find and replace"))
        self.resize(_WIDTH, _HEIGHT)
        self._find, self._replacement = QLineEdit(), QLineEdit()
        self._case = QCheckBox(self.tr("Match case"))
        self._whole = QCheckBox(self.tr("Whole words"))
        self._regex = QCheckBox(self.tr("Regular expression"))
        self._only_shown = QCheckBox(self.tr("Only the items shown"))
        self._headline = plain_label(role="muted")
        self._table = self._make_table()
        self._replace = QPushButton(self.tr("Replace"))
        self._replace.setProperty("role", "primary")
        self._replace.setDefault(True)
        self._replace.clicked.connect(self._tell)
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._typing.timeout.connect(self.preview_requested)
        for field in (self._find, self._replacement):
            field.textChanged.connect(self.look_again)
        for box in self._boxes:
            box.toggled.connect(self.look_again)
        self._lay_out()
        self.look_again()

    @property
    def search(self) -> Search:
        """What is typed."""
        return Search(
            find=self._find.text(),
            replacement=self._replacement.text(),
            is_regex=self._regex.isChecked(),
            matches_case=self._case.isChecked(),
            is_whole_words=self._whole.isChecked(),
        )

    @property
    def is_only_shown(self) -> bool:
        """Whether only the items that the browser shows are meant."""
        return self._only_shown.isChecked()

    @property
    def headline(self) -> str:
        """What is said about the preview."""
        return self._headline.text()

    @Slot()
    def look_again(self) -> None:
        """Wait for a new preview; the old one is not to be acted on."""
        self._found = None
        self._replace.setEnabled(False)
        self._table.setRowCount(0)
        if self._find.text():
            self._say(self.tr("Searching…"))
            self._typing.start()
        else:
            self._say(self.tr("Nothing is changed before you click Replace, and it can be undone."))
            self._typing.stop()

    def show_found(self, found: Replacement, now: Sequence[Sequence[str]]) -> None:
        """Show what would change.

        Args:
            found: the changes.
            now: captions before, of the first ``MOST_SHOWN`` items that change.
        """
        self._found = found
        self._replace.setEnabled(bool(found.changes))
        self._say(self._words(found))
        self._table.setRowCount(len(now))
        for row, (item, before) in enumerate(zip(found.changes, now, strict=False)):
            after = " / ".join(found.changes[item]) or self.tr("(no text)")
            for column, text in enumerate((str(item + 1), " / ".join(before), after)):
                cell = QTableWidgetItem(text)
                cell.setToolTip(text)
                self._table.setItem(row, column, cell)

    def show_problem(self, problem: str) -> None:
        """Say why there is no preview."""
        self._found = None
        self._say(problem, role="problem")

    @property
    def _boxes(self) -> tuple[QCheckBox, ...]:
        return self._case, self._whole, self._regex, self._only_shown

    def _words(self, found: Replacement) -> str:
        if not found.changes:
            words = self.tr("No text would change.")
        else:
            words = self.tr("%Ln text(s) would change:", "", found.captions)
        if found.refused:
            words += " " + self.tr(
                "%Ln item(s) without an image would lose their text and stay as they are.",
                "",
                found.refused,
            )
        return words

    def _say(self, text: str, *, role: str = "muted") -> None:
        self._headline.setText(text)
        set_look(self._headline, "role", role)

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(0, 3)
        table.setHorizontalHeaderLabels([self.tr("Item"), self.tr("Now"), self.tr("Then")])
        table.verticalHeader().hide()
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTextElideMode(Qt.TextElideMode.ElideRight)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        table.setAccessibleName(self.tr("Preview"))
        header, mode = table.horizontalHeader(), QHeaderView.ResizeMode
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        header.setSectionResizeMode(0, mode.ResizeToContents)
        header.setSectionResizeMode(1, mode.Stretch)
        header.setSectionResizeMode(2, mode.Stretch)
        return table

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setSpacing(SPACING)
        form.addRow(self.tr("Find"), self._find)
        form.addRow(self.tr("Replace with"), self._replacement)
        boxes = spaced(QHBoxLayout(), MARGIN)
        for box in self._boxes:
            boxes.addWidget(box)
        boxes.addStretch(1)
        close = QPushButton(self.tr("Close"))
        close.setAutoDefault(False)
        close.clicked.connect(self.reject)
        buttons = spaced(QHBoxLayout(), SPACING)
        buttons.addStretch(1)
        fill(buttons, close, self._replace)
        layout = spaced(QVBoxLayout(self), MARGIN, (GAP, GAP, GAP, MARGIN))
        fill(layout, form, boxes, self._headline)
        layout.addWidget(self._table, stretch=1)
        layout.addLayout(buttons)
        self._find.setFocus()

    @Slot()
    def _tell(self) -> None:
        if self._found is not None:
            self.replace_requested.emit(self._found)


@dataclass(frozen=True, kw_only=True)
class SearchedItems:
    """Where to look."""

    edits: Edits
    shown: npt.NDArray[np.int64]
    total: int


class ReplaceController(QObject):
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
