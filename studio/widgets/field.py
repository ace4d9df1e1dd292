"""A field of a form: a control, and below it what is wrong with its content."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.widgets.labels import plain_label


class Field(QWidget):
    """What every field shares; content goes in and out as text."""

    text_edited = Signal(str)
    """The user changed the content."""

    def __init__(self, control: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._control = control
        self._problem = plain_label(role="problem")
        self._problem.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addWidget(control)
        layout.addWidget(self._problem)
        self.setFocusProxy(control)

    @property
    def problem(self) -> str:
        """What is wrong with the content; empty when nothing is."""
        return self._problem.text()

    def set_problem(self, problem: str) -> None:
        """Turn red with a reason, or back with an empty one."""
        if problem == self._problem.text():
            return
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self._control.setProperty("invalid", "true" if problem else "false")
        # Style rules that look at a property are only read again when asked.
        self.style().unpolish(self._control)
        self.style().polish(self._control)

    def set_help(self, help_text: str, name: str) -> None:
        """Set tooltip and the name that a screen reader says."""
        self.setToolTip(help_text)
        self._control.setAccessibleName(name)
        self._control.setAccessibleDescription(help_text)

    def text(self) -> str:
        """Give the content."""
        raise NotImplementedError

    def set_text(self, text: str) -> None:
        """Show other content; does not emit ``text_edited``."""
        raise NotImplementedError
