"""What can be done with the chosen tile: copy, paste, save, keep, walk."""

from pathlib import Path

from PySide6.QtCore import QObject, QPoint, QStandardPaths, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu, QWidget

from studio.jobs.frames import FrameJob
from studio.models.play_view import PlayView
from studio.panels.play.board import Board
from studio.panels.play.edits import Edits
from studio.panels.play.noise import VARIATIONS
from studio.panels.play.notes import NotesKeeper
from studio.widgets.drop_zone import dropped_path
from studio.widgets.folder_dialog import pick_file, pick_new_file

_LONGEST_NAME = 40


class TileActions(QObject):
    """The context menu of the board, the clipboard and the file dialogs.

    Args:
        panel: the owner, whose window the dialogs belong to.
        view: holds the state.
        board: shows it.
        edits: change it.
        notes: keep favourites.
        frames: save pictures.
    """

    file_chosen = Signal(object)
    """Carries a pair: the ``Path`` of a picture or a sound, and the column that is given it, empty
    for the first that fits."""
    section_needed = Signal(str)
    """Carries the name of a section whose content the user has changed."""

    def __init__(
        self,
        panel: QWidget,
        view: PlayView,
        board: Board,
        edits: Edits,
        notes: NotesKeeper,
        frames: FrameJob,
    ) -> None:
        super().__init__(panel)
        self._panel, self._view, self._board = panel, view, board
        self._edits, self._notes, self._frames = edits, notes, frames
        board.menu_requested.connect(self._show_menu)
        for keys, slot in (
            (QKeySequence.StandardKey.Paste, self.paste),
            (QKeySequence.StandardKey.Copy, self.copy),
        ):
            shortcut = QShortcut(QKeySequence(keys), board)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(slot)

    @Slot()
    def add_key(self) -> None:
        """Add the chosen tile to the walk."""
        state = self._view.state
        self._edits.set_keys((*state.keys, state.scene(state.chosen)))
        self.section_needed.emit("walk")

    @Slot()
    def add_favourite(self) -> None:
        """Add the chosen tile to the favourites."""
        self._notes.add_favourite(self._view.state.scene(self._view.state.chosen))
        self.section_needed.emit("favourites")

    @Slot()
    def save(self) -> None:
        """Ask where to save the picture of the chosen tile."""
        state, run = self._view.state, self._frames.run
        scene = state.scene(state.chosen)
        words = "-".join(self._board.captions[state.chosen].split())[:_LONGEST_NAME]
        name = "".join(c for c in words if c.isalnum() or c in "-_") or "picture"
        pictures = QStandardPaths.StandardLocation.PicturesLocation
        folder = Path(QStandardPaths.writableLocation(pictures) or Path.home())
        pick_new_file(
            self._panel.window(),
            self.tr("Save picture"),
            folder / f"{run.folder.name if run else 'run'}-{name}.png",
            self.tr("PNG image (*.png)"),
            lambda path: self._frames.save(scene, path),
        )

    @Slot(str)
    def ask_file(self, column: str) -> None:
        """Ask for a file that gives a column."""
        caption, kind = self.tr("Open a picture or a sound"), self.tr("All files (*)")
        pick_file(
            self._panel.window(),
            caption,
            Path.home(),
            kind,
            lambda path: self.file_chosen.emit((path, column)),
        )

    @Slot()
    def copy(self) -> None:
        """Copy the picture of the chosen tile."""
        picture = self._board.picture(self._view.state.chosen)
        if not picture.isNull():
            QGuiApplication.clipboard().setImage(picture)

    @Slot()
    def paste(self) -> None:
        """Give the picture, or the file, that the clipboard holds."""
        content = QGuiApplication.clipboard().mimeData()
        path = dropped_path(content)
        if path is not None:
            self.file_chosen.emit((path, ""))
        elif content.hasImage():
            self._frames.take_image(QGuiApplication.clipboard().image())

    @Slot(QPoint)
    def _show_menu(self, place: QPoint) -> None:
        state = self._view.state
        menu = QMenu(self._panel)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for amount in VARIATIONS:
            text = self.tr("More like this, changed by {0} %").format(round(amount * 100))
            menu.addAction(text, lambda a=amount: self._edits.vary(a))
        menu.addSeparator()
        is_locked = state.tiles[state.chosen].is_locked
        lock = self.tr("Unlock its noise (L)") if is_locked else self.tr("Lock its noise (L)")
        menu.addAction(lock, lambda: self._edits.toggle_lock(state.chosen))
        menu.addAction(self.tr("Add to the favourites"), self.add_favourite)
        menu.addAction(self.tr("Add to the walk"), self.add_key)
        menu.addSeparator()
        menu.addAction(self.tr("Copy picture"), self.copy)
        menu.addAction(self.tr("Paste picture"), self.paste)
        menu.addAction(self.tr("Save picture…"), self.save)
        menu.popup(place)
