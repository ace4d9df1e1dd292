"""The alarms of the run under way."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.events import Alarm, HealthChanged
from studio.models.health_text import advice, evidence_text
from studio.widgets.labels import plain_label

_GAP = 3


class HealthNotes(QWidget):
    """Lists what is wrong and what to try; hidden while nothing is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._notes: dict[Alarm, QWidget] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(_GAP)
        self.hide()

    def show_health(self, event: HealthChanged) -> None:
        """Take an alarm that begins or ends."""
        self._remove(event.alarm)
        if event.is_raised:
            self._add(event)
        self.setVisible(bool(self._notes))

    def clear(self) -> None:
        """Forget all alarms."""
        for alarm in tuple(self._notes):
            self._remove(alarm)
        self.hide()

    def _add(self, event: HealthChanged) -> None:
        words = advice(event.alarm)
        note = QWidget()
        lines = QVBoxLayout(note)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(0)
        for text, role in ((words.trouble, "problem"), (words.remedy, "muted")):
            label = plain_label(text, role=role)
            label.setToolTip(evidence_text(event.evidence))
            lines.addWidget(label)
        self._notes[event.alarm] = note
        self._layout.addWidget(note)
        note.show()

    def _remove(self, alarm: Alarm) -> None:
        note = self._notes.pop(alarm, None)
        if note is not None:
            self._layout.removeWidget(note)
            note.hide()
            note.deleteLater()
