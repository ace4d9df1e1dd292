"""Progress line of a task, with a button to cancel it."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from studio.jobs.task import Task, TaskProgressed
from studio.theme import SPACING
from studio.widgets.buttons import push_button
from studio.widgets.labels import fill, plain_label, spaced

_BAR_WIDTH = 160


class TaskBar(QWidget):
    """A text, a progress bar and a Cancel button; hidden while the text is empty."""

    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_busy = False
        self._text = plain_label()
        self._bar = QProgressBar(textVisible=False)
        self._bar.setFixedWidth(_BAR_WIDTH)
        self._cancel = push_button(self.tr("Cancel"), self._on_cancel)
        layout = spaced(QHBoxLayout(self), SPACING, (0, 0, 0, 0))
        fill(layout, (self._text, 1), self._bar, self._cancel)
        self.hide()

    @property
    def text(self) -> str:
        """The text; empty while hidden."""
        return self._text.text() if not self.isHidden() else ""

    @property
    def done(self) -> int:
        """The value of the progress bar."""
        return self._bar.value()

    def follow(self, task: Task) -> None:
        """Connect to the progress and cancellation of a task."""
        task.progressed.connect(self.show_progress)
        self.cancel_requested.connect(task.cancel)

    def begin(self, text: str) -> None:
        """Show the start of a task."""
        self._show(text, is_busy=True)
        self._cancel.setEnabled(True)
        self._bar.setRange(0, 0)

    @Slot(object)
    def show_progress(self, event: TaskProgressed) -> None:
        """Show the progress."""
        self._bar.setRange(0, event.total)
        self._bar.setValue(event.done)

    def end(self, text: str) -> None:
        """Show the result of a task; an empty text hides the line."""
        self._show(text, is_busy=False)
        self.setVisible(bool(text))

    def clear(self) -> None:
        """Hide the line unless a task is running."""
        if not self._is_busy:
            self.hide()

    def _show(self, text: str, *, is_busy: bool) -> None:
        self._is_busy = is_busy
        self._text.setText(text)
        self._bar.setVisible(is_busy)
        self._cancel.setVisible(is_busy)
        self.show()

    def _on_cancel(self) -> None:
        self._cancel.setEnabled(False)
        self.cancel_requested.emit()
