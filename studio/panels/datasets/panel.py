"""Datasets panel: list of datasets, browser, saving and exporting."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import (
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSignalBlocker,
    QSize,
    Qt,
    QUrl,
    Signal,
    Slot,
)
from PySide6.QtGui import QAction, QDesktopServices, QFont, QPainter, QPalette, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from engine.data.editing import Edits
from engine.data.store import StoredDataset
from engine.data.versions import next_version_folder
from engine.events import Outcome
from studio.dialogs.confirm import UnsavedAnswer, UnsavedEdits
from studio.errors.wording import explain
from studio.jobs.dataset import DatasetJobs, OpenedDataset
from studio.jobs.preview_player import PreviewPlayer
from studio.jobs.task import TaskEnded
from studio.models.dataset_list import DatasetSummary, contents_text, list_datasets, pairs_text
from studio.panels.datasets.browser import DatasetBrowser
from studio.panels.datasets.task_bar import TaskBar
from studio.theme import MARGIN, SPACING
from studio.widgets.buttons import push_button
from studio.widgets.folder_dialog import pick_folder
from studio.widgets.icons import icon
from studio.widgets.labels import EmptyState, fill, plain_label, scrolling, set_look, spaced

_Role = Qt.ItemDataRole
_FOLDER_ROLE = _Role.UserRole
_DETAIL_ROLE = _Role.UserRole + 1
_Index = QModelIndex | QPersistentModelIndex
_ROOM = 7


class DatasetListView(QWidget):
    """List of datasets with buttons for the open one."""

    chosen = Signal(object)
    """Emitted with the folder of the selected dataset."""
    import_requested = Signal()
    doctor_requested = Signal()
    train_requested = Signal()
    export_requested = Signal()
    folder_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._list = QListWidget()
        self._list.setItemDelegate(_LineDelegate(self._list))
        self._list.setFrameShape(QFrame.Shape.NoFrame)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setAccessibleName(self.tr("Datasets"))
        self._list.itemSelectionChanged.connect(self._on_selection)
        self._list.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self._needs_dataset: list[QPushButton | QAction] = []
        layout = spaced(QVBoxLayout(self), SPACING, (0, 0, 0, 0))
        fill(layout, (self._list, 1), self._make_buttons())

    @property
    def count(self) -> int:
        """Number of datasets listed."""
        return self._list.count()

    def show_datasets(self, datasets: Sequence[DatasetSummary], current: Path | None) -> None:
        """Replace the list and select ``current``."""
        blocker = QSignalBlocker(self._list)
        self._list.clear()
        for summary in datasets:
            line = QListWidgetItem(summary.folder.name)
            details = (pairs_text(summary.manifest), contents_text(summary.manifest))
            line.setData(_FOLDER_ROLE, summary.folder)
            line.setData(_DETAIL_ROLE, " · ".join(filter(None, details)))
            line.setToolTip("\n".join((summary.manifest.title, *details, str(summary.folder))))
            self._list.addItem(line)
        blocker.unblock()
        self.mark(current)

    def mark(self, folder: Path | None) -> None:
        """Select a dataset without emitting a signal."""
        blocker = QSignalBlocker(self._list)
        self._list.setCurrentItem(None)  # pyright: ignore[reportArgumentType] - Qt's null
        self._list.clearSelection()
        for place in range(self._list.count()):
            if self._list.item(place).data(_FOLDER_ROLE) == folder:
                self._list.setCurrentRow(place)
        blocker.unblock()

    def set_open(self, *, is_open: bool) -> None:
        """Enable the buttons that need an open dataset."""
        for control in self._needs_dataset:
            control.setEnabled(is_open)

    def _make_buttons(self) -> QGridLayout:
        imagefolder = self.tr(
            "Write PNG files and metadata.jsonl, as Hugging Face's ImageFolder reads them"
        )
        rows = (
            ("run", self.train_requested, self.tr("Train on this"),
             self.tr("Choose this dataset for the next run")),
            ("import", self.import_requested, self.tr("Import…"),
             self.tr("Make a dataset of your own images and texts")),
            ("doctor", self.doctor_requested, self.tr("Doctor…"),
             self.tr("Look for damaged, doubled and doubtful items")),
            ("export", self.export_requested, self.tr("Export…"), imagefolder),
            ("open", self.folder_requested, self.tr("Open folder"),
             self.tr("Show the dataset's files")),
        )  # fmt: skip
        grid = QGridLayout()
        grid.setSpacing(SPACING // 2)
        for place, (name, signal, text, tip) in enumerate(rows):
            button = push_button(text, signal, icon_name=name, tip=tip)
            if name == "run":
                grid.addWidget(button, 0, 0, 1, 2)
            else:
                grid.addWidget(button, (1 + place) // 2, (1 + place) % 2)
            action = QAction(icon(name), text, self._list)
            action.triggered.connect(signal)
            self._list.addAction(action)
            if name != "import":
                self._needs_dataset += [button, action]
        return grid

    def _on_selection(self) -> None:
        lines = self._list.selectedItems()
        if lines:
            self.chosen.emit(lines[0].data(_FOLDER_ROLE))


class _LineDelegate(QStyledItemDelegate):
    """Paints the name of a dataset above its details."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Return the height of two lines with padding."""
        del index
        return QSize(0, 2 * option.fontMetrics.lineSpacing() + 2 * _ROOM)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Paint background and both lines."""
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        is_hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        role, palette = QPalette.ColorRole, option.palette
        if is_selected or is_hovered:
            ground = role.Highlight if is_selected else role.Window
            painter.fillRect(option.rect, palette.color(ground))
        room = option.rect.adjusted(_ROOM + 3, _ROOM, -_ROOM, -_ROOM)
        bold = QFont(option.font)
        bold.setWeight(QFont.Weight.Bold)
        for data, font, color, side in (
            (_Role.DisplayRole, bold, role.Text, Qt.AlignmentFlag.AlignTop),
            (_DETAIL_ROLE, option.font, role.PlaceholderText, Qt.AlignmentFlag.AlignBottom),
        ):
            painter.setFont(font)
            painter.setPen(palette.color(role.HighlightedText if is_selected else color))
            text = painter.fontMetrics().elidedText(
                index.data(data), Qt.TextElideMode.ElideRight, room.width()
            )
            painter.drawText(room, side | Qt.AlignmentFlag.AlignLeft, text)


Proceed = Callable[[Path], None]


class WriteController(QObject):
    """Saves new versions and exports datasets, with a progress line for each."""

    saving_began = Signal()
    saving_ended = Signal(object)
    """Emitted with the folder of the new version, or None if saving failed."""
    failed = Signal(object)

    def __init__(self, jobs: DatasetJobs, parent: QWidget) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._after_saving: Proceed | None = None
        self._exported = Path()
        self.saving, self.exporting = TaskBar(), TaskBar()
        self.bars = QVBoxLayout()
        for bar, task in ((self.saving, jobs.saving), (self.exporting, jobs.exporting)):
            bar.follow(task)
            self.bars.addWidget(bar)
        jobs.saving.ended.connect(self._on_saved)
        jobs.exporting.ended.connect(self._on_exported)

    def save(self, dataset: StoredDataset, edits: Edits, *, proceed: Proceed | None = None) -> None:
        """Write the edits as a new dataset in the same folder.

        Args:
            dataset: the source, which is not changed.
            edits: edits of ``dataset``.
            proceed: called with the new folder after saving succeeded.
        """
        folder = next_version_folder(dataset.folder)
        self._after_saving = proceed
        self.saving.begin(self.tr("Saving {0}…").format(folder.name))
        self.saving_began.emit()
        self._jobs.save(dataset, edits, folder)

    def export(self, dataset: StoredDataset, edits: Edits, parent: Path) -> None:
        """Export as an image folder into ``parent``, unless an export is running."""
        if self._jobs.exporting.is_running:
            return
        folder = parent / f"{dataset.folder.name}-images"
        self._exported = next_version_folder(folder) if folder.exists() else folder
        self.exporting.begin(self.tr("Exporting to {0}…").format(self._exported))
        self._jobs.export(dataset, edits, self._exported)

    def clear(self) -> None:
        """Hide the lines of ended tasks."""
        for bar in (self.saving, self.exporting):
            bar.clear()

    @Slot(object)
    def _on_saved(self, event: TaskEnded) -> None:
        proceed, self._after_saving = self._after_saving, None
        self.saving.end("")
        if event.outcome is Outcome.FINISHED and isinstance(event.result, Path):
            self.saving_ended.emit(event.result)
            self.saving.end(self.tr("Saved as {0}.").format(event.result.name))
            if proceed is not None:
                proceed(event.result)
            return
        self.saving_ended.emit(None)
        if event.error is not None:
            self.failed.emit(event.error)

    @Slot(object)
    def _on_exported(self, event: TaskEnded) -> None:
        self.exporting.end("")
        if isinstance(event.result, int):
            text = self.tr("%Ln image(s) exported to {0}", "", event.result)
            self.exporting.end(text.format(self._exported))
        elif event.error is not None:
            self.failed.emit(event.error)


_LIST_WIDTH, _BROWSER_WIDTH = 232, 720
_log = logging.getLogger(__name__)


class DatasetPanel(QWidget):
    """List of datasets with a browser; edits are saved as a new version."""

    import_requested = Signal()
    train_requested = Signal(object)
    """Emitted with the folder of the open dataset."""
    failed = Signal(object)
    """Emitted with an error to show."""

    def __init__(
        self,
        jobs: DatasetJobs,
        workspace: Path,
        player: PreviewPlayer,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs, self._workspace = jobs, workspace
        self.folder: Path | None = None
        """Folder of the open dataset."""
        self.dataset_list = DatasetListView()
        self.browser = DatasetBrowser(jobs, player)
        self.writing = WriteController(jobs, self)
        self._pages = QStackedWidget()
        self._message = plain_label(role="muted")
        self._count = QLabel()
        self._count.setProperty("role", "muted")
        self._save = push_button("", self.save_version)
        self._lay_out()
        self._connect()
        self._show_changes()
        self.dataset_list.set_open(is_open=False)

    @property
    def unsaved_count(self) -> int:
        """Number of items with unsaved edits."""
        self.browser.commit()
        edits = self.browser.edits
        return edits.change_count if edits is not None else 0

    @property
    def has_unsaved(self) -> bool:
        """Whether there are unsaved edits."""
        return self.unsaved_count > 0

    def set_workspace(self, folder: Path) -> None:
        """List the datasets of another workspace; the open dataset stays open."""
        self._workspace = folder
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Update the list of datasets from disk."""
        self.dataset_list.show_datasets(list_datasets(self._workspace / "datasets"), self.folder)
        if self.folder is None and self._pages.currentIndex() < 2:
            self._pages.setCurrentIndex(1 if self.dataset_list.count else 0)

    def open_dataset(self, folder: Path) -> None:
        """Open a dataset, after asking about unsaved edits."""
        if folder != self.folder:
            self.settle_edits(lambda _now: self._open(folder))

    def settle_edits(self, proceed: Proceed) -> None:
        """Ask about unsaved edits, if there are any, before calling ``proceed``.

        Args:
            proceed: called with the folder of the dataset or of its new version; not called if the
                user cancels or saving fails.
        """
        folder, edits = self.folder, self.browser.edits
        if not self.has_unsaved or folder is None or edits is None:
            proceed(folder or Path())
            return
        new_name, count = next_version_folder(folder).name, edits.change_count
        question = UnsavedEdits(self, name=folder.name, new_name=new_name, count=count)
        question.answered.connect(lambda answer: self._settle(answer, proceed))
        question.open()

    @Slot()
    def save_version(self) -> None:
        """Save the edits as a new version and open it."""
        self._save_version()

    def _save_version(self, proceed: Proceed | None = None) -> None:
        dataset, edits = self.browser.dataset, self.browser.edits
        if self.has_unsaved and dataset is not None and edits is not None:
            self.writing.save(dataset, edits, proceed=proceed)

    def _lay_out(self) -> None:
        for text in (
            self.tr("No datasets yet. Import your own images and texts, or train on a "
                "starter: its dataset is listed here once it is built."),
            self.tr("Choose a dataset to look at it."),
        ):  # fmt: skip
            self._pages.addWidget(EmptyState("datasets", text))
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pages.addWidget(self._message)
        tip = self.tr("Choose again which items are for validation")
        resplit = push_button(self.tr("Re-split…"), self.browser.ask_split, tip=tip)
        content = QWidget()
        foot = fill(QHBoxLayout(), (self._count, 1), resplit, self._save)
        fill(spaced(QVBoxLayout(content), SPACING, (0, 0, 0, 0)), (self.browser, 1), foot)
        self._pages.addWidget(content)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.dataset_list)
        split.addWidget(self._pages)
        split.setStretchFactor(1, 1)
        split.setSizes([_LIST_WIDTH, _BROWSER_WIDTH])
        split.setHandleWidth(MARGIN)
        layout = spaced(QVBoxLayout(self), SPACING, (MARGIN, SPACING, MARGIN, MARGIN))
        fill(layout, (scrolling(split), 1), self.writing.bars)

    def _connect(self) -> None:
        listed = self.dataset_list
        listed.chosen.connect(self._on_chosen)
        listed.import_requested.connect(self.import_requested)
        listed.doctor_requested.connect(self.browser.examine)
        listed.train_requested.connect(lambda: self.settle_edits(self.train_requested.emit))
        listed.export_requested.connect(self._ask_export)
        listed.folder_requested.connect(self._show_folder)
        self.browser.changed.connect(self._show_changes)
        self._jobs.opening.ended.connect(self._on_opened)
        self.writing.saving_began.connect(lambda: self._set_writing(is_writing=True))
        self.writing.saving_ended.connect(self._on_saved)
        self.writing.failed.connect(self.failed)

    @Slot(object)
    def _on_chosen(self, folder: Path) -> None:
        # Selected once it is open: the user may cancel.
        self.dataset_list.mark(self.folder)
        self.open_dataset(folder)

    def _open(self, folder: Path) -> None:
        self.folder = folder
        self.dataset_list.mark(folder)
        self.dataset_list.set_open(is_open=False)
        self._say(self.tr("Opening {0}…").format(folder.name))
        self.writing.clear()
        self._jobs.open(folder)

    def _say(self, text: str, *, is_problem: bool = False) -> None:
        self._message.setText(text)
        set_look(self._message, "role", "problem" if is_problem else "muted")
        self._pages.setCurrentWidget(self._message)

    @Slot(object)
    def _on_opened(self, event: TaskEnded) -> None:
        if isinstance(event.result, OpenedDataset):
            self.browser.open(event.result)
            self._pages.setCurrentIndex(3)
            self.dataset_list.set_open(is_open=True)
            _log.info("Dataset %s opened", event.result.dataset.folder)
        elif event.error is not None:
            words = explain(event.error)
            self.folder = None
            self.dataset_list.mark(None)
            self._say(f"{words.happened}\n{words.why}\n{words.hint}", is_problem=True)

    @Slot(object)
    def _settle(self, answer: UnsavedAnswer, proceed: Proceed) -> None:
        if answer is UnsavedAnswer.SAVE:
            self._save_version(proceed)
        elif answer is UnsavedAnswer.DISCARD:
            self.browser.discard()
            proceed(self.folder or Path())

    @Slot(object)
    def _on_saved(self, folder: Path | None) -> None:
        self._set_writing(is_writing=False)
        if folder is not None:
            self.browser.discard()
            self._open(folder)
            self.refresh()

    @Slot()
    def _ask_export(self) -> None:
        self.browser.commit()
        pick_folder(self, self.tr("Export into folder"), self._workspace, self._export)

    def _export(self, parent: Path) -> None:
        dataset, edits = self.browser.dataset, self.browser.edits
        if dataset is not None and edits is not None:
            self.writing.export(dataset, edits, parent)

    @Slot()
    def _show_folder(self) -> None:
        if self.folder is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.folder)))

    def _set_writing(self, *, is_writing: bool) -> None:
        # Edits made while a version is written would be lost.
        self._pages.setEnabled(not is_writing)
        self.dataset_list.setEnabled(not is_writing)

    @Slot()
    def _show_changes(self) -> None:
        edits, dataset = self.browser.edits, self.browser.dataset
        count = edits.change_count if edits else 0
        self._save.setEnabled(count > 0)
        counted = self.tr("Save as new version ({0})").format(self.locale().toString(count))
        self._save.setText(counted if count else self.tr("Save as new version"))
        set_look(self._save, "role", "primary" if count else "")
        self._save.setToolTip(
            self.tr("%Ln item(s) changed; the dataset itself stays as it is", "", count)
        )
        if dataset is not None:
            shown = self.locale().toString(self.browser.shown_count)
            words = self.tr("{0} of %Ln item(s) shown", "", len(dataset.records))
            self._count.setText(words.format(shown))

    def showEvent(self, event: QShowEvent) -> None:
        """Update the list of datasets from disk."""
        super().showEvent(event)
        self.refresh()
