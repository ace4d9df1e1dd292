"""Form fields: a control with a hint or its validation error below."""

from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QAction,
    QColor,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QCheckBox,
    QColorDialog,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from studio.theme import SPACING
from studio.widgets.labels import fill, plain_label, set_look, spaced

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
        layout = spaced(QVBoxLayout(self), _GAP, (0, 0, 0, 0))
        fill(layout, control, self._below)
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


class CheckField(Field):
    """A check box; its texts are ``True`` and ``False``, as settings write them."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        self._box = QCheckBox(text)
        super().__init__(self._box, parent)
        self._box.clicked.connect(lambda: self.text_edited.emit(self.text()))

    def text(self) -> str:
        """Give the content."""
        return str(self._box.isChecked())

    def set_text(self, text: str) -> None:
        """Show other content."""
        self._box.setChecked(text == "True")


class ChecksField(Field):
    """A button that names what is chosen, and opens a menu of check marks that stays open."""

    def __init__(self, nothing: str, parent: QWidget | None = None) -> None:
        """Make an empty field; ``nothing`` says what it means that nothing is chosen."""
        self._nothing = nothing
        self._button = QPushButton()
        self._button.setProperty("role", "choice")
        self._button.setAutoDefault(False)
        self._button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._menu = _StayingMenu(self._button)
        self._button.setMenu(self._menu)
        super().__init__(self._button, parent)

    def chosen(self) -> tuple[str, ...]:
        """Give what is chosen, in the order offered."""
        return tuple(a.data() for a in self._menu.actions() if a.isChecked())

    def set_choices(self, choices: Iterable[str], chosen: Iterable[str]) -> None:
        """Offer choices, some of them chosen."""
        taken = set(chosen)
        self._menu.clear()
        for choice in dict.fromkeys([*choices, *chosen]):
            action = QAction(choice.replace("&", "&&"), self._menu)
            action.setData(choice)
            action.setCheckable(True)
            action.setChecked(choice in taken)
            action.toggled.connect(self._tell)
            self._menu.addAction(action)
        self._show()

    @Slot()
    def _tell(self) -> None:
        self._show()
        self.text_edited.emit(", ".join(self.chosen()))

    def _show(self) -> None:
        self._button.setText(", ".join(self.chosen()).replace("&", "&&") or self._nothing)


class _StayingMenu(QMenu):
    """Does not close when a mark is set: people set several."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Toggle in place."""
        action = self.activeAction()
        if action is not None and action.isCheckable():
            action.toggle()
            return
        super().mouseReleaseEvent(event)


class ChoiceField(Field):
    """A combo box whose content is the chosen item's key."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._box = _CalmComboBox()
        super().__init__(self._box, parent)
        self._box.activated.connect(self._tell)

    def set_choices(self, choices: Iterable[tuple[str, str]]) -> None:
        """Offer pairs of key and text; a pair with an empty text draws a line."""
        kept = self.text()
        self._box.clear()
        for key, text in choices:
            if text:
                self._box.addItem(text, key)
            else:
                self._box.insertSeparator(self._box.count())
        self.set_text(kept)

    def text(self) -> str:
        """Give the chosen key."""
        return str(self._box.currentData() or "")

    def set_text(self, text: str) -> None:
        """Choose a key; one that is not offered leaves nothing chosen."""
        self._box.setCurrentIndex(self._box.findData(text))

    def _tell(self) -> None:
        self.text_edited.emit(self.text())


class _CalmComboBox(QComboBox):
    """Leaves the wheel to the panel around it: scrolling must not change a setting."""

    def __init__(self) -> None:
        super().__init__()
        # A long item must not widen the whole panel.
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Pass the wheel on."""
        event.ignore()


_SWATCH = 16


class ColourField(Field):
    """Takes every key; what is no colour is said below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._edit = QLineEdit()
        self._edit.setMaxLength(32)
        self._button = _Swatch()
        control = QWidget()
        row = spaced(QHBoxLayout(control), SPACING, (0, 0, 0, 0))
        row.addWidget(self._edit, stretch=1)
        row.addWidget(self._button)
        super().__init__(control, parent)
        self.setFocusProxy(self._edit)
        self._edit.textChanged.connect(self._button.show_color)
        self._edit.textEdited.connect(self.text_edited)
        self._button.clicked.connect(self._pick)

    @property
    def edit(self) -> QLineEdit:
        """The line with the digits."""
        return self._edit

    def text(self) -> str:
        """Give the content."""
        return self._edit.text()

    def set_text(self, text: str) -> None:
        """Show other content; keeps the cursor when nothing changes."""
        if text != self._edit.text():
            self._edit.setText(text)

    def set_problem(self, problem: str) -> None:
        """Turn the line red with a reason, or back with an empty one."""
        super().set_problem(problem)
        set_look(self._edit, "invalid", bool(problem))

    def set_help(self, help_text: str, name: str) -> None:
        """Set tooltip and the name that a screen reader says."""
        super().set_help(help_text, name)
        self._edit.setAccessibleName(name)
        self._button.setAccessibleName(self.tr("Choose a colour"))
        self._button.setToolTip(self.tr("Choose a colour"))

    @Slot()
    def _pick(self) -> None:
        dialog = QColorDialog(QColor(self.text()), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(self._take)
        dialog.open()

    @Slot(QColor)
    def _take(self, color: QColor) -> None:
        self._edit.setText(color.name())
        self.text_edited.emit(color.name())


class _Swatch(QPushButton):
    def __init__(self) -> None:
        super().__init__()
        self._color = QColor()
        self.setAutoDefault(False)
        self.setFixedWidth(44)

    def show_color(self, text: str) -> None:
        self._color = QColor(text) if QColor.isValidColorName(text) else QColor()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(44, super().sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Mid), 1))
        painter.setBrush(self._color if self._color.isValid() else Qt.BrushStyle.BDiagPattern)
        middle = self.rect().center()
        painter.drawRect(middle.x() - _SWATCH // 2, middle.y() - _SWATCH // 2, _SWATCH, _SWATCH)
        painter.end()


_UNIT_MARGIN = 8


class TextField(Field):
    """One line of text."""

    def __init__(self, parent: QWidget | None = None, *, unit: str = "") -> None:
        self._edit = _UnitEdit(unit)
        super().__init__(self._edit, parent)
        self._edit.textEdited.connect(self.text_edited)

    @property
    def edit(self) -> QLineEdit:
        """The line itself."""
        return self._edit

    def text(self) -> str:
        """Give the content."""
        return self._edit.text()

    def set_text(self, text: str) -> None:
        """Show other content; keeps the cursor when nothing changes."""
        if text != self._edit.text():
            self._edit.setText(text)
            self._edit.setCursorPosition(0)


class _UnitEdit(QLineEdit):
    """A line edit with a unit at its right end."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = QLabel(unit, self)
        self._unit.setProperty("role", "muted")
        self._unit.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the unit at the right end, and the text clear of it."""
        super().resizeEvent(event)
        size = self._unit.sizeHint()
        self._unit.setGeometry(
            self.width() - size.width() - _UNIT_MARGIN,
            (self.height() - size.height()) // 2,
            size.width(),
            size.height(),
        )
        self.setTextMargins(0, 0, size.width() + 2 if self._unit.text() else 0, 0)


_HEIGHT = 92


class TextBox(Field):
    """A few lines to type into."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._edit = QPlainTextEdit()
        self._edit.setProperty("role", "field")
        self._edit.setTabChangesFocus(True)
        self._edit.setFixedHeight(_HEIGHT)
        super().__init__(self._edit, parent)
        self._edit.textChanged.connect(lambda: self.text_edited.emit(self.text()))

    def text(self) -> str:
        """Give the content."""
        return self._edit.toPlainText()

    def set_text(self, text: str) -> None:
        """Show other content; keeps the cursor when nothing changes."""
        if text != self.text():
            self._edit.setPlainText(text)
