"""Queue of runs, reordered by dragging."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QAction, QColor, QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.models.run_queue import QueuedRun, QueueState
from studio.models.run_settings import difference_text
from studio.theme import SPACING, current_colors
from studio.widgets.buttons import push_button
from studio.widgets.icons import icon
from studio.widgets.labels import EmptyState, fill, plain_label, spaced

_ICONS = {
    QueueState.WAITING: "queue",
    QueueState.RUNNING: "live",
    QueueState.INTERRUPTED: "warning",
    QueueState.FAILED: "error",
}


class QueueView(QWidget):
    """List of queued runs with buttons; emits requests only."""

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
        self.start = push_button(self.tr("Start queue"), self._on_start, icon_name="run")
        self.remove = push_button(self.tr("Remove"), self._remove)
        self.retry = push_button(
            self.tr("Try again"), lambda: self.retry_requested.emit(self.list.currentRow())
        )
        self._menu = {
            "retry": QAction(self.tr("Try again"), self),
            "up": QAction(self.tr("Move up"), self),
            "down": QAction(self.tr("Move down"), self),
            "remove": QAction(self.tr("Remove"), self),
        }
        self._menu["retry"].triggered.connect(self.retry.click)
        self._menu["up"].triggered.connect(lambda: self.list.move_current(-1))
        self._menu["down"].triggered.connect(lambda: self.list.move_current(1))
        self._menu["remove"].triggered.connect(self._remove)
        self.list.addActions(list(self._menu.values()))
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
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
        """The state of the queue as text."""
        return self._said.text()

    def show_queue(
        self, runs: Sequence[QueuedRun], *, is_active: bool, stops_on_failure: bool
    ) -> None:
        """Show the queue."""
        self._runs, self._is_active = list(runs), is_active
        row = self.list.currentRow()
        self.list.clear()
        for run in runs:
            self.list.addItem(self._line(run))
        self.list.setCurrentRow(min(row, len(self._runs) - 1))
        self._pages.setCurrentIndex(1 if runs else 0)
        with QSignalBlocker(self.stops):
            self.stops.setChecked(stops_on_failure)
        self._show_buttons()

    def _line(self, run: QueuedRun) -> QListWidgetItem:
        item = QListWidgetItem(icon(_ICONS[run.state]), self._text(run))
        # Items are dropped between other items, not onto them.
        item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsDropEnabled)
        config = run.plan.config
        parts = (str(config.run), difference_text(config), run.reason)
        item.setToolTip("\n".join(part for part in parts if part))
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
        return " · ".join(parts) + "\n" + difference_text(config)

    def _lay_out(self) -> None:
        empty = EmptyState(
            "queue",
            self.tr("No runs wait. Fill in the form of a run and choose Add to queue: the runs "
                "are then trained one after another."),
        )  # fmt: skip
        self._pages.addWidget(empty)
        self._pages.addWidget(self.list)
        foot = spaced(QHBoxLayout(), SPACING)
        fill(foot, self.start, self.remove, self.retry, (self._said, 1), self.stops)
        fill(spaced(QVBoxLayout(self), SPACING, (0, 0, 0, 0)), (self._pages, 1), foot)

    @Slot()
    def _show_buttons(self) -> None:
        row = self.list.currentRow()
        run = self._runs[row] if 0 <= row < len(self._runs) else None
        self.remove.setEnabled(run is not None and run.state is not QueueState.RUNNING)
        self.retry.setEnabled(run is not None and run.state is QueueState.FAILED)
        self._menu["retry"].setEnabled(self.retry.isEnabled())
        self._menu["remove"].setEnabled(self.remove.isEnabled())
        self._menu["up"].setEnabled(row > 0)
        self._menu["down"].setEnabled(0 <= row < len(self._runs) - 1)
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
    def _on_start(self) -> None:
        (self.pause_requested if self._is_active else self.start_requested).emit()

    @Slot()
    def _remove(self) -> None:
        if self.remove.isEnabled():
            self.remove_requested.emit(self.list.currentRow())


class _DragList(QListWidget):
    """A list that emits ``moved`` when an item is dragged or moved with Alt and an arrow key."""

    moved = Signal(int, int)
    remove_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "view")
        self.setAccessibleName(self.tr("Queue"))
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setToolTip(self.tr("Drag the lines into another order, or press Alt+Up and Alt+Down"))

    def move_current(self, steps: int) -> None:
        """Request to move the current item up or down."""
        self._move(self.currentRow(), self.currentRow() + steps)

    def dropEvent(self, event: QDropEvent) -> None:
        """Emit ``moved`` instead of moving the item."""
        row = self.currentRow()
        place = event.position().toPoint()
        index = self.indexAt(place)
        to = index.row() if index.isValid() else self.count()
        if index.isValid() and place.y() > self.visualRect(index).center().y():
            to += 1
        # Prevents Qt from moving the item.
        event.setDropAction(Qt.DropAction.IgnoreAction)
        event.accept()
        self._move(row, to - 1 if to > row else to)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move or remove the current item."""
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        step = steps.get(Qt.Key(event.key()))
        if step is not None and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.move_current(step)
        elif event.key() == Qt.Key.Key_Delete:
            self.remove_requested.emit()
        else:
            super().keyPressEvent(event)

    def _move(self, row: int, to: int) -> None:
        if row >= 0 and row != to and 0 <= to < self.count():
            self.setCurrentRow(to)
            self.moved.emit(row, to)
