"""Dialog to find and replace text in captions, and its controller."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
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
from studio.widgets.buttons import push_button
from studio.widgets.labels import fill, plain_label, set_look, spaced

MAX_SHOWN = 200
_TYPING_MS = 250
_WIDTH, _HEIGHT = 640, 460


class ReplaceDialog(QDialog):
    """A non-modal dialog with a preview that is updated at every change."""

    preview_requested = Signal()
    replace_requested = Signal(object)
    """Emitted with the ``Replacement`` of the preview."""

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
        self._replace = push_button(self.tr("Replace"), self._on_replace, role="primary")
        self._replace.setDefault(True)
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
        """The search as entered."""
        return Search(
            find=self._find.text(),
            replacement=self._replacement.text(),
            is_regex=self._regex.isChecked(),
            matches_case=self._case.isChecked(),
            is_whole_words=self._whole.isChecked(),
        )

    @property
    def is_only_shown(self) -> bool:
        """Whether the search is limited to the items shown in the browser."""
        return self._only_shown.isChecked()

    @property
    def headline(self) -> str:
        """The text above the preview."""
        return self._headline.text()

    @Slot()
    def look_again(self) -> None:
        """Clear the preview and request a new one after a delay."""
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
        """Show a preview of the changes.

        Args:
            found: the changes.
            now: current captions of the first ``MAX_SHOWN`` items that change.
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
        """Show an error in place of the preview."""
        self._found = None
        self._say(problem, role="problem")

    @property
    def _boxes(self) -> tuple[QCheckBox, ...]:
        return self._case, self._whole, self._regex, self._only_shown

    def _words(self, found: Replacement) -> str:
        words = self.tr("No text would change.")
        if found.changes:
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
        boxes = fill(spaced(QHBoxLayout(), MARGIN), *self._boxes, 1)
        close = push_button(self.tr("Close"), self.reject, auto_default=False)
        buttons = fill(spaced(QHBoxLayout(), SPACING), 1, close, self._replace)
        layout = spaced(QVBoxLayout(self), MARGIN, (GAP, GAP, GAP, MARGIN))
        fill(layout, form, boxes, self._headline, (self._table, 1), buttons)
        self._find.setFocus()

    @Slot()
    def _on_replace(self) -> None:
        if self._found is not None:
            self.replace_requested.emit(self._found)


class ReplaceController(QObject):
    """Owns the dialog and runs its searches."""

    replace_requested = Signal(object)
    """Emitted with the ``Replacement`` to make."""

    def __init__(
        self, jobs: DatasetJobs, items: Callable[[bool], Sequence[int]], parent: QWidget
    ) -> None:
        """Create the controller; ``items`` returns the shown items for True, otherwise all."""
        super().__init__(parent)
        self._jobs, self._items, self._window = jobs, items, parent
        self.edits: Edits | None = None
        self.dialog: ReplaceDialog | None = None
        jobs.searching.ended.connect(self._on_found)

    @Slot()
    def ask(self) -> None:
        """Open the dialog, or raise it."""
        if self.dialog is None:
            self.dialog = ReplaceDialog(self._window)
            self.dialog.preview_requested.connect(self._preview)
            self.dialog.replace_requested.connect(self.replace_requested)
            self.dialog.finished.connect(self._forget)
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    def close(self) -> None:
        """Close the dialog."""
        if self.dialog is not None:
            self.dialog.reject()

    def look_again(self) -> None:
        """Update the preview after captions changed."""
        if self.dialog is not None:
            self.dialog.look_again()

    @Slot()
    def _preview(self) -> None:
        if self.dialog is not None and self.edits is not None:
            where = self._items(self.dialog.is_only_shown)
            self._jobs.find_changes(self.edits, self.dialog.search, where)

    @Slot(object)
    def _on_found(self, event: TaskEnded) -> None:
        if self.dialog is None or self.edits is None:
            return
        if event.outcome is Outcome.FAILED and event.error is not None:
            words = explain(event.error)
            self.dialog.show_problem(f"{words.happened} {words.why}")
        elif isinstance(event.result, Replacement):
            first = list(event.result.changes)[:MAX_SHOWN]
            now = [self.edits.state(item).captions for item in first]
            self.dialog.show_found(event.result, now)

    @Slot()
    def _forget(self) -> None:
        self._jobs.searching.cancel()
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None
