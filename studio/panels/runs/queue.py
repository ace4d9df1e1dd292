"""The queue: runs that wait, in an order that is changed by dragging."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QColor, QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.models.run_queue import QueuedRun, QueueState
from studio.theme import SPACING, current_colors
from studio.widgets.icons import icon
from studio.widgets.labels import EmptyState, plain_label, spaced

_ICONS = {
    QueueState.WAITING: "queue",
    QueueState.RUNNING: "live",
    QueueState.INTERRUPTED: "warning",
    QueueState.FAILED: "error",
}


class QueueView(QWidget):
    """Shows the queue and says what somebody wants of it."""

    start_requested = Signal()
    pause_requested = Signal()
    remove_requested = Signal(int)
    retry_requested = Signal(int)
    move_requested = Signal(int, int)
    stops_chosen = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_active = False
        self.list = _DragList()
        self.list.moved.connect(self.move_requested)
        self.list.remove_requested.connect(self._remove)
        self.list.currentRowChanged.connect(lambda _row: self._show_buttons())
        self.start = QPushButton(icon("run"), self.tr("Start queue"))
        self.start.clicked.connect(self._press)
        self.remove = QPushButton(self.tr("Remove"))
        self.remove.clicked.connect(self._remove)
        self.retry = QPushButton(self.tr("Try again"))
        self.retry.clicked.connect(self._retry)
        self.stops = QCheckBox(self.tr("Stop the queue on failure"))
        self.stops.setToolTip(self.tr("If off, a failed run is marked and the next one starts"))
        self.stops.toggled.connect(self.stops_chosen)
        self._said = plain_label(role="muted")
        self._pages = QStackedWidget()
        self._lay_out()
        self._runs: list[QueuedRun] = []
        self.show_queue([], is_active=False, stops_on_failure=False)

    @property
    def said(self) -> str:
        """What the queue says of itself."""
        return self._said.text()

    def show_queue(
        self, runs: Sequence[QueuedRun], *, is_active: bool, stops_on_failure: bool
    ) -> None:
        """Show the queue as it is now."""
        self._runs, self._is_active = list(runs), is_active
        row = self.list.currentRow()
        self.list.clear()
        for run in runs:
            self.list.addItem(self._line(run))
        self.list.setCurrentRow(min(row, len(self._runs) - 1))
        self._pages.setCurrentIndex(1 if runs else 0)
        self.stops.blockSignals(True)  # noqa: FBT003 - Qt's own signature
        self.stops.setChecked(stops_on_failure)
        self.stops.blockSignals(False)  # noqa: FBT003 - Qt's own signature
        self._show_buttons()

    def _line(self, run: QueuedRun) -> QListWidgetItem:
        item = QListWidgetItem(icon(_ICONS[run.state]), self._text(run))
        # Dropped between two others, never onto one.
        item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsDropEnabled)
        item.setToolTip("\n".join(part for part in (str(run.plan.config.run), run.reason) if part))
        if run.state is QueueState.FAILED:
            item.setForeground(QColor(current_colors().danger))
        return item

    def _text(self, run: QueuedRun) -> str:
        config = run.plan.config
        state = {
            QueueState.WAITING: self.tr("waits"),
            QueueState.RUNNING: self.tr("is training now"),
            QueueState.INTERRUPTED: self.tr("resumes where it stopped"),
            QueueState.FAILED: self.tr("failed: {0}").format(run.reason),
        }[run.state]
        parts = [run.name, run.plan.starter or config.dataset.name, state]
        return " · ".join(parts)

    def _lay_out(self) -> None:
        empty = EmptyState(
            "queue",
            self.tr("No runs wait. Fill in the form of a run and choose Add to queue: the runs "
                "are then trained one after another."),
        )  # fmt: skip
        self._pages.addWidget(empty)
        self._pages.addWidget(self.list)
        foot = spaced(QHBoxLayout(), SPACING)
        for widget in (self.start, self.remove, self.retry):
            foot.addWidget(widget)
        foot.addWidget(self._said, stretch=1)
        foot.addWidget(self.stops)
        layout = spaced(QVBoxLayout(self), SPACING, (0, 0, 0, 0))
        layout.addWidget(self._pages, stretch=1)
        layout.addLayout(foot)

    @Slot()
    def _show_buttons(self) -> None:
        row = self.list.currentRow()
        run = self._runs[row] if 0 <= row < len(self._runs) else None
        self.remove.setEnabled(run is not None and run.state is not QueueState.RUNNING)
        self.retry.setEnabled(run is not None and run.state is QueueState.FAILED)
        self.start.setText(self.tr("Pause queue") if self._is_active else self.tr("Start queue"))
        self.start.setIcon(icon("pause" if self._is_active else "run"))
        self.start.setToolTip(
            self.tr("Start no other run; the one under way goes on")
            if self._is_active
            else self.tr("Train the queued runs in order")
        )
        self.start.setEnabled(self._is_active or any(run.is_due for run in self._runs))
        self._said.setText(self.tr("The queue is under way.") if self._is_active else "")

    @Slot()
    def _press(self) -> None:
        (self.pause_requested if self._is_active else self.start_requested).emit()

    @Slot()
    def _remove(self) -> None:
        if self.remove.isEnabled():
            self.remove_requested.emit(self.list.currentRow())

    @Slot()
    def _retry(self) -> None:
        self.retry_requested.emit(self.list.currentRow())


class _DragList(QListWidget):
    """A list whose lines are dragged to another place; it says so and leaves the moving to others.

    Alt with the arrow keys does the same.
    """

    moved = Signal(int, int)
    remove_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "view")
        self.setAccessibleName(self.tr("Queue"))
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setToolTip(self.tr("Drag the lines into another order, or press Alt+Up and Alt+Down"))

    def dropEvent(self, event: QDropEvent) -> None:
        """Say where a line was dropped."""
        row = self.currentRow()
        place = event.position().toPoint()
        index = self.indexAt(place)
        to = index.row() if index.isValid() else self.count()
        if index.isValid() and place.y() > self.visualRect(index).center().y():
            to += 1
        # Qt would move the line itself, and then nobody knew of it.
        event.setDropAction(Qt.DropAction.IgnoreAction)
        event.accept()
        self._tell(row, to - 1 if to > row else to)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move a line by key, or take it out."""
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        step = steps.get(Qt.Key(event.key()))
        if step is not None and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self._tell(self.currentRow(), self.currentRow() + step)
        elif event.key() == Qt.Key.Key_Delete:
            self.remove_requested.emit()
        else:
            super().keyPressEvent(event)

    def _tell(self, row: int, to: int) -> None:
        if row >= 0 and row != to and 0 <= to < self.count():
            self.setCurrentRow(to)
            self.moved.emit(row, to)
