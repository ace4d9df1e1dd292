"""A field for a colour: its hex digits, and a button that shows and picks it."""

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QColorDialog, QHBoxLayout, QLineEdit, QPushButton, QWidget

from studio.theme import SPACING
from studio.widgets.field import Field
from studio.widgets.look import set_look

_SWATCH = 16


class ColourField(Field):
    """Takes every key; what is no colour is said below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._edit = QLineEdit()
        self._edit.setMaxLength(32)
        self._button = _Swatch()
        control = QWidget()
        row = QHBoxLayout(control)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING)
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
