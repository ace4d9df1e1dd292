"""A field of a form: a control, and below it a hint or what is wrong with its content."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.widgets.labels import plain_label
from studio.widgets.look import set_look

_GAP = 3


class Field(QWidget):
    """What every field shares: how it says what is right and wrong with its content."""

    text_edited = Signal(str)
    """The user changed the content."""

    def __init__(self, control: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._control = control
        self._hint = ""
        self._found = ""
        self._below = plain_label()
        self._below.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(_GAP)
        layout.addWidget(control)
        layout.addWidget(self._below)
        self.setFocusProxy(control)

    @property
    def problem(self) -> str:
        """What is wrong with the content; empty when nothing is."""
        return self._found

    def set_problem(self, problem: str) -> None:
        """Turn red with a reason, or back with an empty one."""
        if problem != self._found:
            self._found = problem
            self._show_below()

    def set_hint(self, hint: str) -> None:
        """Say below the control what belongs into it, while nothing is wrong."""
        self._hint = hint
        self._show_below()

    def set_help(self, help_text: str, name: str) -> None:
        """Set tooltip and the name that a screen reader says."""
        self.setToolTip(help_text)
        self._control.setAccessibleName(name)
        self._control.setAccessibleDescription(help_text)

    def _show_below(self) -> None:
        self._below.setText(self._found or self._hint)
        self._below.setVisible(bool(self._found or self._hint))
        set_look(self._below, "role", "problem" if self._found else "muted")
        set_look(self._control, "invalid", bool(self._found))
