"""A slider through the steps of a run, with buttons beside it and the step in words."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from studio.theme import SPACING
from studio.widgets.icon_button import icon_button
from studio.widgets.icons import icon

_PAGE = 10
_USUAL = "8,888,888 images · 88:88"
"""Room is kept for so much, so that the slider keeps its length for most of a run."""


class StepBar(QWidget):
    """Shows and changes a place among steps; knows nothing about what the steps are."""

    move_requested = Signal(int)
    """To a step, counted from 0."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setAccessibleName(self.tr("Step of the run"))
        self._slider.setPageStep(_PAGE)
        self._slider.valueChanged.connect(self.move_requested)
        self._label = QLabel()
        self._label.setMinimumWidth(self.fontMetrics().horizontalAdvance(_USUAL))
        self._label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._previous = icon_button("previous", self.tr("Previous step"), "Alt+Left")
        self._previous.clicked.connect(lambda: self._go_by(-1))
        self._next = icon_button("next", self.tr("Next step"), "Alt+Right")
        self._next.clicked.connect(lambda: self._go_by(1))
        self._live = self._make_live()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING)
        layout.addWidget(self._previous)
        layout.addWidget(self._slider, stretch=1)
        layout.addWidget(self._next)
        layout.addWidget(self._live)
        layout.addWidget(self._label)
        self.setFocusProxy(self._slider)

    def show_step(self, index: int, count: int, *, text: str, is_live: bool) -> None:
        """Show a place; emits nothing.

        Args:
            index: the step, from 0.
            count: number of steps.
            text: the step in words.
            is_live: whether new steps are followed.
        """
        blocker = QSignalBlocker(self._slider)
        self._slider.setRange(0, max(0, count - 1))
        self._slider.setValue(max(0, index))
        blocker.unblock()
        self._slider.setEnabled(count > 1)
        self._previous.setEnabled(index > 0)
        self._next.setEnabled(0 <= index < count - 1)
        self._live.setEnabled(count > 0)
        self._live.setChecked(is_live and count > 0)
        self._live.setIcon(icon("live", "accent" if is_live and count else ""))
        self._label.setText(text)
        self._slider.setToolTip(text)

    def _make_live(self) -> QToolButton:
        button = QToolButton()
        button.setText(self.tr("Live"))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setCheckable(True)
        button.setAutoRaise(True)
        button.setToolTip(self.tr("Show the newest pairs, and each new preview as it comes"))
        button.clicked.connect(self._go_live)
        return button

    def _go_by(self, steps: int) -> None:
        self.move_requested.emit(self._slider.value() + steps)

    @Slot()
    def _go_live(self) -> None:
        self.move_requested.emit(self._slider.maximum())
