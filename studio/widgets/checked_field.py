"""A line of text with its name above it and, below, a hint or what is wrong."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

_GAP = 3


class CheckedField(QWidget):
    """Hint and problem share one line, so that nothing moves while somebody types."""

    text_changed = Signal(str)

    def __init__(self, name: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hint = ""
        self._edit = QLineEdit(text)
        self._edit.textChanged.connect(self.text_changed)
        name_label = QLabel(name)
        name_label.setBuddy(self._edit)
        self._below = QLabel()
        self._below.setTextFormat(Qt.TextFormat.PlainText)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(_GAP)
        for widget in (name_label, self._edit, self._below):
            layout.addWidget(widget)
        self.setFocusProxy(self._edit)
        self.set_problem("")

    @property
    def edit(self) -> QLineEdit:
        """The line itself."""
        return self._edit

    @property
    def problem(self) -> str:
        """What is wrong; empty when all is well."""
        return self._below.text() if self._edit.property("invalid") else ""

    def text(self) -> str:
        """Give what stands in the line."""
        return self._edit.text()

    def set_text(self, text: str) -> None:
        """Write into the line."""
        self._edit.setText(text)

    def set_hint(self, hint: str) -> None:
        """Say below the line what belongs there."""
        self._hint = hint
        self.set_problem(self.problem)

    def set_problem(self, problem: str) -> None:
        """Turn red and say why, or turn back to normal."""
        self._below.setText(problem or self._hint)
        self._below.setProperty("role", "problem" if problem else "muted")
        self._edit.setProperty("invalid", bool(problem))
        self._edit.setAccessibleDescription(problem)
        for widget in (self._below, self._edit):
            # Style rules look at properties only when a widget is polished.
            widget.style().unpolish(widget)
            widget.style().polish(widget)
