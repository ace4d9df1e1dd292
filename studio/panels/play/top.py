"""The row above the board: the prompt, the number of tiles, and what is done with them."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.panels.play.noise import BoardBar
from studio.panels.play.prompt import PromptBox
from studio.panels.play.tile_actions import TileActions
from studio.theme import SPACING
from studio.widgets.buttons import icon_button
from studio.widgets.labels import fill, spaced


class PlayTop(QWidget):
    """Lays out prompt, bar and buttons.

    Args:
        prompt, bar: of the panel.
        history: of the state.
        actions: with the chosen tile.
        parent: the owner.
    """

    def __init__(
        self,
        prompt: PromptBox,
        bar: BoardBar,
        history: QUndoStack,
        actions: TileActions,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        undo = icon_button("undo", self.tr("Undo"), "Ctrl+Z")
        redo = icon_button("redo", self.tr("Redo"), "Ctrl+Shift+Z")
        for button, slot, can in (
            (undo, history.undo, history.canUndoChanged),
            (redo, history.redo, history.canRedoChanged),
        ):
            button.setEnabled(False)
            button.clicked.connect(slot)
            can.connect(button.setEnabled)
        star = icon_button("star", self.tr("Add the chosen item to the favourites"))
        star.clicked.connect(actions.add_favourite)
        save = icon_button("save", self.tr("Save the chosen item as PNG, with its scene"))
        save.clicked.connect(actions.save)
        layout = fill(spaced(QHBoxLayout(self), SPACING // 2, (0, 0, 0, 0)), (prompt, 1))
        for button in (bar, undo, redo, star, save):
            layout.addWidget(button, alignment=Qt.AlignmentFlag.AlignTop)
        for button in (star, save):
            button.setAutoRepeat(False)
