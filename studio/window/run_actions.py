"""What the Run menu offers: one action for each wish."""

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QKeySequence

from studio.models.run_life import Wish
from studio.widgets.icons import icon


class RunActions(QObject):
    """The wishes to a run, with their shortcuts."""

    wish_chosen = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._actions = {
            Wish.START: self._make(self.tr("&Start training"), "Ctrl+R", "run"),
            Wish.PAUSE: self._make(self.tr("&Pause"), "Ctrl+P", "pause"),
            Wish.PAUSE_RELEASE: self._make(
                self.tr("Pause and &give the memory back"), "Ctrl+Shift+P", ""
            ),
            Wish.RESUME: self._make(self.tr("R&esume"), "Ctrl+Shift+R", "resume"),
            Wish.STOP_SAVE: self._make(self.tr("S&top and save"), "Ctrl+.", "stop"),
            Wish.STOP_DISCARD: self._make(self.tr("Stop and &discard…"), "Ctrl+Shift+.", ""),
            Wish.SAVE_NOW: self._make(self.tr("Save a &checkpoint now"), "Ctrl+Shift+S", "save"),
            Wish.SAMPLE_NOW: self._make(self.tr("Draw a sa&mple now"), "Ctrl+D", "gallery"),
        }
        for wish, action in self._actions.items():
            action.triggered.connect(lambda _checked, wish=wish: self.wish_chosen.emit(wish))

    def action(self, wish: Wish) -> QAction:
        """Give the action that utters a wish."""
        return self._actions[wish]

    def menu(self) -> list[QAction | None]:
        """Give the actions in the order of the menu; ``None`` is a line."""
        groups = (
            (Wish.START, Wish.RESUME),
            (Wish.PAUSE, Wish.PAUSE_RELEASE),
            (Wish.STOP_SAVE, Wish.STOP_DISCARD),
            (Wish.SAVE_NOW, Wish.SAMPLE_NOW),
        )
        listed: list[QAction | None] = []
        for group in groups:
            listed += [None] if listed else []
            listed += [self._actions[wish] for wish in group]
        return listed

    def show_offered(self, wishes: frozenset[Wish], reason: str) -> None:
        """Enable what may be asked for; ``reason`` says why Start may not."""
        for wish, action in self._actions.items():
            action.setEnabled(wish in wishes)
        self._actions[Wish.START].setToolTip(reason)

    def _make(self, text: str, key: str, icon_name: str) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(key))
        if icon_name:
            action.setIcon(icon(icon_name))
        return action
