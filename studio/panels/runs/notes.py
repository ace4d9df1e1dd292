"""What somebody writes about the marked run; kept a moment after the last key."""

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from engine.runs.listing import ListedRun
from engine.runs.notes import LONGEST_TEXT
from studio.widgets.labels import plain_label

_TYPING_MS = 800
_GAP = 3
_HEIGHT = 44


class NotesEditor(QWidget):
    """Holds the text of one run; another run is shown only after this one's was handed on."""

    text_edited = Signal(object, str)
    """Carries the run's folder and its notes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder: Path | None = None
        self._known = ""
        self._title = plain_label(role="muted")
        self.field = QPlainTextEdit()
        self.field.setProperty("role", "field")
        self.field.setTabChangesFocus(True)
        self.field.setMinimumHeight(_HEIGHT)
        self.field.setPlaceholderText(self.tr("Notes about this run"))
        self.field.setAccessibleName(self.tr("Notes"))
        self.field.installEventFilter(self)
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._typing.timeout.connect(self.hand_on)
        self.field.textChanged.connect(self._typing.start)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(_GAP)
        layout.addWidget(self._title)
        layout.addWidget(self.field, stretch=1)
        self.show_run(None)

    def show_run(self, run: ListedRun | None) -> None:
        """Show the notes of a run; what is being typed about the same run stays."""
        folder = run.folder if run else None
        if folder == self._folder and self._is_edited:
            return
        self.hand_on()
        self._folder, self._known = folder, run.notes if run else ""
        if self.field.toPlainText() != self._known:
            self.field.setPlainText(self._known)
        self._typing.stop()
        self.field.setEnabled(run is not None)
        self._title.setText(self._title_text(run))

    @Slot()
    def hand_on(self) -> None:
        """Hand on what was typed."""
        self._typing.stop()
        if self._folder is not None and self._is_edited:
            self._known = self.field.toPlainText()[:LONGEST_TEXT]
            self.text_edited.emit(self._folder, self._known)

    @property
    def _is_edited(self) -> bool:
        return self.field.toPlainText() != self._known

    def _title_text(self, run: ListedRun | None) -> str:
        if run is None:
            return self.tr("Mark a run to read or write notes about it.")
        if run.problem:
            return self.tr("{0} is damaged: {1}").format(run.name, run.problem)
        if run.error:
            return self.tr("{0} failed: {1}").format(run.name, run.error)
        if run.origin:
            return self.tr("{0}, a branch of {1}").format(run.name, run.origin)
        return run.name

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hand the notes on when the user leaves them."""
        if watched is self.field and event.type() == QEvent.Type.FocusOut:
            self.hand_on()
        return super().eventFilter(watched, event)
