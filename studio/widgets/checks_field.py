"""A field of which several choices may be taken."""

from collections.abc import Iterable

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtWidgets import QMenu, QPushButton, QSizePolicy, QWidget

from studio.widgets.field import Field


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
