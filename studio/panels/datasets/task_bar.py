"""One line at the foot of the panel: what is being written, how far it is, and a way to stop it."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from studio.jobs.task import Task, TaskProgressed
from studio.theme import SPACING
from studio.widgets.labels import fill, plain_label, spaced

_BAR_WIDTH = 160


class TaskBar(QWidget):
    """Hidden until there is something to say."""

    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_busy = False
        self._text = plain_label()
        self._bar = QProgressBar(textVisible=False)
        self._bar.setFixedWidth(_BAR_WIDTH)
        self._cancel = QPushButton(self.tr("Cancel"))
        self._cancel.clicked.connect(self._stop)
        layout = spaced(QHBoxLayout(self), SPACING, (0, 0, 0, 0))
        layout.addWidget(self._text, stretch=1)
        fill(layout, self._bar, self._cancel)
        self.hide()

    @property
    def text(self) -> str:
        """What it says; empty while it is hidden."""
        return self._text.text() if not self.isHidden() else ""

    @property
    def done(self) -> int:
        """How far it is."""
        return self._bar.value()

    def follow(self, task: Task) -> None:
        """Show how far a task is, and let it be cancelled here."""
        task.progressed.connect(self.show_progress)
        self.cancel_requested.connect(task.cancel)

    def begin(self, text: str) -> None:
        """Say what has begun."""
        self._show(text, is_busy=True)
        self._cancel.setEnabled(True)
        self._bar.setRange(0, 0)

    @Slot(object)
    def show_progress(self, event: TaskProgressed) -> None:
        """Show how far it is."""
        self._bar.setRange(0, event.total)
        self._bar.setValue(event.done)

    def end(self, text: str) -> None:
        """Say how it ended; an empty text hides the line."""
        self._show(text, is_busy=False)
        self.setVisible(bool(text))

    def clear(self) -> None:
        """Say no more of what has ended; what is under way stays."""
        if not self._is_busy:
            self.hide()

    def _show(self, text: str, *, is_busy: bool) -> None:
        self._is_busy = is_busy
        self._text.setText(text)
        self._bar.setVisible(is_busy)
        self._cancel.setVisible(is_busy)
        self.show()

    def _stop(self) -> None:
        self._cancel.setEnabled(False)
        self.cancel_requested.emit()
