"""The steps of a wizard, one below the other; those that were reached can be clicked."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
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
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.theme import SPACING, current_colors

_CIRCLE = 24
_HEIGHT = 44


class StepList(QWidget):
    """Shows where one is, what is behind and what is to come."""

    step_requested = Signal(int)

    def __init__(self, names: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps = [_Step(number, name) for number, name in enumerate(names)]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for step in self._steps:
            step.clicked.connect(self.step_requested)
            layout.addWidget(step)
        layout.addStretch(1)

    def show_step(self, current: int, *, is_locked: bool = False) -> None:
        """Mark the current step; with ``is_locked`` there is no way back for now."""
        for number, step in enumerate(self._steps):
            step.show_state(
                is_done=number < current,
                is_current=number == current,
                is_last=number + 1 == len(self._steps),
                can_click=number < current and not is_locked,
            )


class _Step(QWidget):
    clicked = Signal(int)

    def __init__(self, number: int, name: str) -> None:
        super().__init__()
        self._number, self._name = number, name
        self._is_done = self._is_current = self._is_last = self._can_click = False
        self.setFixedHeight(_HEIGHT)
        self.setAccessibleName(name)

    def show_state(
        self, *, is_done: bool, is_current: bool, is_last: bool, can_click: bool
    ) -> None:
        self._is_done, self._is_current, self._is_last = is_done, is_current, is_last
        self._can_click = can_click
        cursor = Qt.CursorShape.PointingHandCursor if can_click else Qt.CursorShape.ArrowCursor
        self.setCursor(cursor)
        policy = Qt.FocusPolicy.TabFocus if can_click else Qt.FocusPolicy.NoFocus
        self.setFocusPolicy(policy)
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
        if self._number:
            painter.drawLine(int(x), 0, int(x), int(circle.top()) - 3)
        if not self._is_last:
            painter.drawLine(int(x), int(circle.bottom()) + 3, int(x), _HEIGHT)
        self._paint_circle(painter, circle)
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold if self._is_current else QFont.Weight.Normal)
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
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        text = "✓" if self._is_done else str(self._number + 1)
        inks = {True: colors.on_accent, False: colors.accent if self._is_done else colors.muted}
        painter.setPen(QColor(inks[self._is_current]))
        painter.drawText(circle, Qt.AlignmentFlag.AlignCenter, text)
