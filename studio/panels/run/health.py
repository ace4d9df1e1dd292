"""The alarms of the run under way, and what had to be done to keep it going."""

from collections.abc import Hashable

from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.events import HealthChanged
from studio.models.health_text import Advice, advice, evidence_text
from studio.widgets.labels import plain_label

_GAP = 3
_MOST = 4
"""Notes shown at once; an older one makes way, for they take their room from the form."""


class HealthNotes(QWidget):
    """Lists what is wrong and what to try, or what was done; hidden while nothing is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._notes: dict[Hashable, QWidget] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(_GAP)
        self.hide()

    def show_health(self, event: HealthChanged) -> None:
        """Take an alarm that begins or ends."""
        words = advice(event.alarm) if event.is_raised else None
        self.show_note(event.alarm, words, tip=evidence_text(event.evidence))

    def show_note(self, key: Hashable, words: Advice | None, *, tip: str = "") -> None:
        """Show a note in place of the one of the same key, or only take that back."""
        self._remove(key)
        if words is not None:
            self._add(key, words, tip)
        self.setVisible(bool(self._notes))

    def clear(self) -> None:
        """Forget all notes."""
        for key in tuple(self._notes):
            self._remove(key)
        self.hide()

    def _add(self, key: Hashable, words: Advice, tip: str) -> None:
        if len(self._notes) >= _MOST:
            self._remove(next(iter(self._notes)))
        note = QWidget()
        lines = QVBoxLayout(note)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(0)
        for text, role in ((words.trouble, "problem"), (words.remedy, "muted")):
            label = plain_label(text, role=role)
            label.setToolTip(tip)
            lines.addWidget(label)
        self._notes[key] = note
        self._layout.addWidget(note)
        note.show()

    def _remove(self, key: Hashable) -> None:
        note = self._notes.pop(key, None)
        if note is not None:
            self._layout.removeWidget(note)
            note.hide()
            note.deleteLater()
