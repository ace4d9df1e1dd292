"""Step list of a wizard, and timeline slider of a run's previews."""

from collections.abc import Collection, Sequence

from PySide6.QtCore import QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QToolButton, QVBoxLayout, QWidget

from studio.theme import SPACING, current_colors
from studio.widgets.buttons import icon_button
from studio.widgets.icons import icon
from studio.widgets.labels import fill, spaced

_CIRCLE = 24
_HEIGHT = 44


class StepList(QWidget):
    """Vertical list of numbered steps: completed, current and pending."""

    step_requested = Signal(int)

    def __init__(self, names: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps = [_Step(number, name) for number, name in enumerate(names)]
        for step in self._steps:
            step.clicked.connect(self.step_requested)
        fill(spaced(QVBoxLayout(self), 0, (0, 0, 0, 0)), *self._steps, 1)

    def show_step(
        self, current: int, *, is_locked: bool = False, skipped: Collection[int] = ()
    ) -> None:
        """Set the current step.

        Args:
            current: index of the step.
            is_locked: disable going back.
            skipped: indices of steps that are not shown; the others are numbered without them.
        """
        shown = [number for number in range(len(self._steps)) if number not in skipped]
        for number, step in enumerate(self._steps):
            step.setVisible(number in shown)
        for place, number in enumerate(shown, 1):
            self._steps[number].show_state(
                place=place,
                is_done=number < current,
                is_current=number == current,
                is_last=number == shown[-1],
                can_click=number < current and not is_locked,
            )


class _Step(QWidget):
    clicked = Signal(int)

    def __init__(self, number: int, name: str) -> None:
        super().__init__()
        self._number, self._name = number, name
        self._place = number + 1
        """Number that is shown."""
        self._is_done = self._is_current = self._is_last = self._can_click = False
        self.setFixedHeight(_HEIGHT)
        self.setAccessibleName(name)

    def show_state(
        self, *, place: int, is_done: bool, is_current: bool, is_last: bool, can_click: bool
    ) -> None:
        self._place = place
        self._is_done, self._is_current, self._is_last = is_done, is_current, is_last
        self._can_click = can_click
        shape, policy = Qt.CursorShape, Qt.FocusPolicy
        self.setCursor(shape.PointingHandCursor if can_click else shape.ArrowCursor)
        self.setFocusPolicy(policy.TabFocus if can_click else policy.NoFocus)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(150, _HEIGHT)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._can_click and self.rect().contains(event.position().toPoint()):
            self.clicked.emit(self._number)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._can_click and event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return):
            self.clicked.emit(self._number)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        colors = current_colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        circle = QRectF(2, (_HEIGHT - _CIRCLE) / 2, _CIRCLE, _CIRCLE)
        x = circle.center().x()
        painter.setPen(QPen(QColor(colors.border), 1.5))
        if self._place > 1:
            painter.drawLine(int(x), 0, int(x), int(circle.top()) - 3)
        if not self._is_last:
            painter.drawLine(int(x), int(circle.bottom()) + 3, int(x), _HEIGHT)
        self._paint_circle(painter, circle)
        font = QFont(self.font())
        font.setWeight(QFont.Weight.Bold if self._is_current else QFont.Weight.Normal)
        painter.setFont(font)
        is_known = self._is_current or self._is_done
        painter.setPen(QColor(colors.text if is_known else colors.muted))
        place = QRectF(self.rect()).adjusted(circle.right() + SPACING + 2, 0, 0, 0)
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, self._name)
        if self.hasFocus():
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 4.5, -0.5, -4.5), 5, 5)
        painter.end()

    def _paint_circle(self, painter: QPainter, circle: QRectF) -> None:
        colors = current_colors()
        edge = colors.accent if self._is_current or self._is_done else colors.border
        painter.setPen(QPen(QColor(edge), 1.5))
        painter.setBrush(QColor(colors.accent if self._is_current else colors.window))
        painter.drawEllipse(circle)
        font = QFont(self.font())
        font.setWeight(QFont.Weight.Bold)
        painter.setFont(font)
        text = "✓" if self._is_done else str(self._place)
        inks = {True: colors.on_accent, False: colors.accent if self._is_done else colors.muted}
        painter.setPen(QColor(inks[self._is_current]))
        painter.drawText(circle, Qt.AlignmentFlag.AlignCenter, text)


_PAGE = 10
_USUAL = "8,888,888 images · 88:88"
"""Text that determines the minimum width of the label, so that the slider keeps its length."""


class TimelineBar(QWidget):
    """A slider over steps with buttons for the previous, next and newest step.

    Args:
        newest: tooltip of the button for the newest step; by default it speaks of previews.
        has_keys: whether Alt with the arrow keys moves; a window has one such bar at most.
        parent: parent widget.
    """

    move_requested = Signal(int)
    """Emitted with the index of a step."""

    def __init__(
        self, *, newest: str = "", has_keys: bool = True, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._newest = newest
        keys = ("Alt+Left", "Alt+Right") if has_keys else ("", "")
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setAccessibleName(self.tr("Step of the run"))
        self._slider.setPageStep(_PAGE)
        self._slider.valueChanged.connect(self.move_requested)
        self._label = QLabel()
        self._label.setMinimumWidth(self.fontMetrics().horizontalAdvance(_USUAL))
        self._label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._previous = icon_button("previous", self.tr("Previous step"), keys[0])
        self._previous.clicked.connect(lambda: self._go_by(-1))
        self._next = icon_button("next", self.tr("Next step"), keys[1])
        self._next.clicked.connect(lambda: self._go_by(1))
        self._live = QToolButton()
        self._live.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._live.setCheckable(True)
        self._live.setAutoRaise(True)
        self._live.clicked.connect(lambda: self.move_requested.emit(self._slider.maximum()))
        layout = spaced(QHBoxLayout(self), SPACING, (0, 0, 0, 0))
        fill(layout, self._previous, (self._slider, 1), self._next, self._live, self._label)
        self.setFocusProxy(self._slider)

    def show_step(self, index: int, count: int, *, text: str, is_live: bool, grows: bool) -> None:
        """Show a step without emitting signals.

        Args:
            index: index of the step.
            count: number of steps.
            text: description of the step.
            is_live: whether the newest step is shown, and new ones are followed.
            grows: whether new steps may come.
        """
        with QSignalBlocker(self._slider):
            self._slider.setRange(0, max(0, count - 1))
            self._slider.setValue(max(0, index))
        self._slider.setEnabled(count > 1)
        self._previous.setEnabled(index > 0)
        self._next.setEnabled(0 <= index < count - 1)
        self._live.setEnabled(count > 0)
        is_lit = is_live and grows and count > 0
        self._live.setText(self.tr("Live") if grows else self.tr("Newest"))
        newest = self._newest or self.tr("Show the newest pairs")
        follow = self.tr("Show the newest pairs, and each new preview as it comes")
        self._live.setToolTip(follow if grows else newest)
        self._live.setChecked(is_lit)
        self._live.setIcon(icon("live", "accent" if is_lit else ""))
        self._label.setText(text)
        self._slider.setToolTip(text)

    def _go_by(self, steps: int) -> None:
        self.move_requested.emit(self._slider.value() + steps)
