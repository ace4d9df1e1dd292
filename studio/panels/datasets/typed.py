"""Fields whose content becomes an edit when the user pauses, leaves or moves on."""

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit

_PAUSE_MS = 900


class CaptionBox(QPlainTextEdit):
    """Captions, one a line. ``committed`` tells only of what the user typed."""

    committed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "field")
        self.setTabChangesFocus(True)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self.commit)
        self.textChanged.connect(self._wait)

    @property
    def lines(self) -> list[str]:
        """The lines as they are typed, without the spaces around them."""
        # Not splitlines: a typed text may hold one of Unicode's other line ends.
        return [line.strip() for line in self.toPlainText().split("\n")]

    def show_text(self, text: str) -> None:
        """Show other content, which nobody has typed."""
        if text != self.toPlainText():
            self.setPlainText(text)
        self.document().setModified(False)
        self._pause.stop()

    def commit(self) -> None:
        """Tell of what was typed since the last time."""
        self._pause.stop()
        if self.document().isModified():
            self.document().setModified(False)
            self.committed.emit()

    def _wait(self) -> None:
        if self.document().isModified():
            self._pause.start()

    def event(self, event: QEvent) -> bool:
        """Leave undo to the panel once nothing typed is pending."""
        if _is_undo(event) and not self.document().isModified():
            event.ignore()
            return False
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Leaving the field makes what was typed count."""
        super().focusOutEvent(event)
        self.commit()


class TagLine(QLineEdit):
    """Tags with commas between them."""

    committed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.editingFinished.connect(self.commit)

    def show_text(self, text: str) -> None:
        """Show other content, which nobody has typed."""
        if text != self.text():
            self.setText(text)
            self.setCursorPosition(0)
        self.setModified(False)

    def commit(self) -> None:
        """Tell of what was typed since the last time."""
        if self.isModified():
            self.setModified(False)
            self.committed.emit()

    def event(self, event: QEvent) -> bool:
        """Leave undo to the panel once nothing typed is pending."""
        if _is_undo(event) and not self.isModified():
            event.ignore()
            return False
        return super().event(event)


def _is_undo(event: QEvent) -> bool:
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    key = QKeySequence.StandardKey
    return event.matches(key.Undo) or event.matches(key.Redo)
