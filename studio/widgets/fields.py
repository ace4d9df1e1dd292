"""Form fields: a control with a hint or a validation error below."""

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
    """Base of the form fields: layout, hint, validation error, tooltip and accessible name."""

    text_edited = Signal(str)
    """Emitted when the user changed the content."""

    def __init__(
        self, control: QWidget, parent: QWidget | None = None, *, button: QWidget | None = None
    ) -> None:
        """Lay out ``control``, with ``button`` on its right if given."""
        super().__init__(parent)
        self._control = control
        self._hint = ""
        self.problem = ""
        """The validation error; empty if the content is valid."""
        self._below = plain_label()
        self._below.hide()
        layout = spaced(QVBoxLayout(self), _GAP, (0, 0, 0, 0))
        row = fill(spaced(QHBoxLayout(), SPACING), (control, 1), button) if button else control
        fill(layout, row, self._below)
        self.setFocusProxy(control)

    def set_problem(self, problem: str) -> None:
        """Set the validation error and mark the control; an empty text removes both."""
        if problem != self.problem:
            self.problem = problem
            self._show_below()

    def set_hint(self, hint: str) -> None:
        """Set the text below the control, shown while there is no validation error."""
        self._hint = hint
        self._show_below()

    def set_help(self, help_text: str, name: str) -> None:
        """Set tooltip, accessible name and accessible description."""
        self.setToolTip(help_text)
        self._control.setAccessibleName(name)
        self._control.setAccessibleDescription(help_text)

    def _show_below(self) -> None:
        self._below.setText(self.problem or self._hint)
        self._below.setVisible(bool(self.problem or self._hint))
        set_look(self._below, "role", "problem" if self.problem else "muted")
        set_look(self._control, "invalid", bool(self.problem))


class CheckField(Field):
    """A check box with the content ``True`` or ``False``."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        self._box = QCheckBox(text)
        super().__init__(self._box, parent)
        self._box.clicked.connect(lambda: self.text_edited.emit(self.text()))

    def text(self) -> str:
        """Return the content."""
        return str(self._box.isChecked())

    def set_text(self, text: str) -> None:
        """Set the content."""
        self._box.setChecked(text == "True")


class ChecksField(Field):
    """A button that lists the checked choices and opens a menu to check them."""

    def __init__(self, nothing: str, parent: QWidget | None = None) -> None:
        """Create an empty field; ``nothing`` is the text while no choice is checked."""
        self._nothing = nothing
        self._button = QPushButton()
        self._button.setProperty("role", "choice")
        self._button.setAutoDefault(False)
        self._button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._menu = StayingMenu(self._button)
        self._button.setMenu(self._menu)
        super().__init__(self._button, parent)

    def chosen(self) -> tuple[str, ...]:
        """Return the checked choices in the order of the menu."""
        return tuple(a.data() for a in self._menu.actions() if a.isChecked())

    def set_choices(self, choices: Iterable[str], chosen: Iterable[str]) -> None:
        """Set the choices and check some of them."""
        taken = set(chosen)
        self._menu.clear()
        for choice in dict.fromkeys([*choices, *chosen]):
            action = QAction(choice.replace("&", "&&"), self._menu)
            action.setData(choice)
            action.setCheckable(True)
            action.setChecked(choice in taken)
            action.toggled.connect(self._on_toggled)
            self._menu.addAction(action)
        self._show()

    @Slot()
    def _on_toggled(self) -> None:
        self._show()
        self.text_edited.emit(", ".join(self.chosen()))

    def _show(self) -> None:
        self._button.setText(", ".join(self.chosen()).replace("&", "&&") or self._nothing)


class StayingMenu(QMenu):
    """A menu that stays open when an action is toggled."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Toggle a checkable action without closing the menu."""
        action = self.activeAction()
        if action is not None and action.isCheckable():
            action.trigger()
            return
        super().mouseReleaseEvent(event)


class ChoiceField(Field):
    """A combo box; its content is the key of the selected item."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._box = _CalmComboBox()
        super().__init__(self._box, parent)
        self._box.activated.connect(lambda: self.text_edited.emit(self.text()))

    def set_choices(self, choices: Iterable[tuple[str, str]]) -> None:
        """Set pairs of key and text; an empty text inserts a separator."""
        kept = self.text()
        self._box.clear()
        for key, text in choices:
            if text:
                self._box.addItem(text, key)
            else:
                self._box.insertSeparator(self._box.count())
        self.set_text(kept)

    def text(self) -> str:
        """Return the key of the selected item."""
        return str(self._box.currentData() or "")

    def set_text(self, text: str) -> None:
        """Select the item of a key; an unknown key selects none."""
        self._box.setCurrentIndex(self._box.findData(text))


class _CalmComboBox(QComboBox):
    """A combo box that ignores the wheel, so that scrolling does not change a setting."""

    def __init__(self) -> None:
        super().__init__()
        # Prevents a long item from widening the panel.
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the event to the parent widget."""
        event.ignore()


_UNIT_MARGIN = 8


class TextField(Field):
    """A line edit, with a unit at its right end if given."""

    def __init__(
        self, parent: QWidget | None = None, *, unit: str = "", button: QWidget | None = None
    ) -> None:
        self.edit: QLineEdit = _UnitEdit(unit)
        super().__init__(self.edit, parent, button=button)
        self.edit.textEdited.connect(self.text_edited)

    def text(self) -> str:
        """Return the content."""
        return self.edit.text()

    def set_text(self, text: str) -> None:
        """Set the content; unchanged content keeps the cursor."""
        if text != self.edit.text():
            self.edit.setText(text)
            self.edit.setCursorPosition(0)


class _UnitEdit(QLineEdit):
    """A line edit with a unit label inside."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = QLabel(unit, self)
        self._unit.setProperty("role", "muted")
        self._unit.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Move the unit to the right end and adapt the text margin."""
        super().resizeEvent(event)
        size = self._unit.sizeHint()
        self._unit.setGeometry(
            self.width() - size.width() - _UNIT_MARGIN,
            (self.height() - size.height()) // 2,
            size.width(),
            size.height(),
        )
        self.setTextMargins(0, 0, size.width() + 2 if self._unit.text() else 0, 0)


_SWATCH = 16


class ColourField(TextField):
    """A line edit for a colour, with a button that shows it and opens a colour dialog."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._button = _Swatch()
        super().__init__(parent, button=self._button)
        self.edit.setMaxLength(32)
        self.edit.textChanged.connect(self._button.show_color)
        self._button.setAccessibleName(self.tr("Choose a colour"))
        self._button.setToolTip(self.tr("Choose a colour"))
        self._button.clicked.connect(self._pick)

    @Slot()
    def _pick(self) -> None:
        dialog = QColorDialog(QColor(self.text()), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(self._on_color)
        dialog.open()

    @Slot(QColor)
    def _on_color(self, color: QColor) -> None:
        self.edit.setText(color.name())
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


_HEIGHT = 92


class TextBox(Field):
    """A plain-text edit of a few lines."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._edit = QPlainTextEdit()
        self._edit.setProperty("role", "field")
        self._edit.setTabChangesFocus(True)
        self._edit.setFixedHeight(_HEIGHT)
        super().__init__(self._edit, parent)
        self._edit.textChanged.connect(lambda: self.text_edited.emit(self.text()))

    def text(self) -> str:
        """Return the content."""
        return self._edit.toPlainText()

    def set_text(self, text: str) -> None:
        """Set the content; unchanged content keeps the cursor."""
        if text != self.text():
            self._edit.setPlainText(text)
