"""Dialog that lists the keyboard shortcuts of the studio."""

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QMenu, QMenuBar, QVBoxLayout, QWidget

from studio.theme import GAP, MARGIN, SPACING
from studio.widgets.labels import FactGrid, fill, plain_label, scrolling, spaced

_WIDTH, _HEIGHT = 520, 560
_KEYS_WIDTH = 150
Shortcuts = list[tuple[str, str]]
"""Keys and what they do."""


class ShortcutsDialog(QDialog):
    """Lists the shortcuts of the menus, and the keys of the panels.

    Args:
        parent: the main window.
        menus: whose actions are listed with their shortcuts.
    """

    def __init__(self, parent: QWidget, menus: QMenuBar) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        content = QWidget()
        layout = spaced(QVBoxLayout(content), SPACING, (0, 0, MARGIN, 0))
        for title, rows in (*_menu_shortcuts(menus), *self._panel_keys()):
            grid = FactGrid("muted", first_width=_KEYS_WIDTH)
            grid.show_rows(rows)
            fill(layout, plain_label(title, role="heading"), grid)
            layout.addSpacing(GAP - SPACING)
        layout.addStretch(1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        outer = spaced(QVBoxLayout(self), SPACING, (GAP, MARGIN, MARGIN, MARGIN))
        fill(outer, (scrolling(content), 1), buttons)
        self.resize(_WIDTH, _HEIGHT)

    def _panel_keys(self) -> Iterable[tuple[str, Shortcuts]]:
        yield (
            self.tr("Everywhere"),
            [
                (_native("Tab"), self.tr("Next field or button")),
                (_native("Menu"), self.tr("Menu of what has the focus")),
            ],
        )
        yield (
            self.tr("Gallery"),
            [
                (_native("Return"), self.tr("Open the pair")),
                (_native("Shift+Right", "Ctrl+Space"), self.tr("Select more pairs")),
                (_native(QKeySequence.StandardKey.SelectAll), self.tr("Select all pairs")),
                (_native("S", "T"), self.tr("Star the selected pairs, or tag them")),
                (_native(QKeySequence.StandardKey.Copy), self.tr("Copy the selected pairs")),
                (_native("O"), self.tr("Where the pair comes from")),
                (_native("Ctrl+F"), self.tr("Search texts and tags")),
                (_native("Up", "Down"), self.tr("Previous and next pair, while one is open")),
                (_native("Alt+Left", "Alt+Right"), self.tr("Previous and next step")),
            ],
        )
        yield (
            self.tr("Runs"),
            [
                (_native("Return"), self.tr("Open the run")),
                (_native("F2"), self.tr("Rename the run")),
                (_native("Del"), self.tr("Move the run to the trash, or out of the queue")),
                (_native("Alt+Up", "Alt+Down"), self.tr("Move a run within the queue")),
            ],
        )
        yield (
            self.tr("Play"),
            [
                (_native("Left", "Right"), self.tr("Choose an item of the board")),
                (_native("Alt+Left", "Alt+Up"), self.tr("Move through the noise")),
                (_native("Space"), self.tr("Play the sound of the item")),
                (_native("L"), self.tr("Lock the noise of the item")),
                (_native(QKeySequence.StandardKey.Copy), self.tr("Copy the picture of the item")),
                (_native(QKeySequence.StandardKey.Paste), self.tr("Give a picture or a sound")),
                (_native("Ctrl+Z", "Ctrl+Shift+Z"), self.tr("Undo, and redo")),
                (_native("Alt+Left", "Alt+Right"), self.tr("Move a key frame of the walk")),
            ],
        )
        yield (
            self.tr("Compare"),
            [
                (_native("Del"), self.tr("Remove the run, or the brush of the axis")),
                (_native("Left", "Right"), self.tr("Move through the previews, or choose an axis")),
                (_native("Up", "Down"), self.tr("Move the lower end of the brush")),
                (_native("Shift+Up", "Shift+Down"), self.tr("Move the upper end of the brush")),
                (_native("Return"), self.tr("Show a pair of two runs under a divider")),
                (_native("Shift+Left", "Shift+Right"), self.tr("Move the divider")),
                (_native("Left", "Right"), self.tr("Previous and next pair under the divider")),
                (_native("Up", "Down"), self.tr("Next and previous step under the divider")),
            ],
        )
        key = QKeySequence.StandardKey
        yield (
            self.tr("Datasets"),
            [
                (_native("Del"), self.tr("Exclude the selected items, or include them again")),
                (_native(key.Copy), self.tr("Copy the text of the item")),
                (_native(key.SelectAll), self.tr("Select all items")),
                (_native(key.Undo), self.tr("Undo")),
                (_native(key.Redo), self.tr("Redo")),
            ],
        )


def _menu_shortcuts(bar: QMenuBar) -> Iterable[tuple[str, Shortcuts]]:
    for title in bar.actions():
        menu = title.menu()
        actions = menu.actions() if isinstance(menu, QMenu) else ()
        rows = [(_native(action.shortcut()), _plain(action)) for action in actions]
        yield _plain(title), [(keys, text) for keys, text in rows if keys]


def _plain(action: QAction) -> str:
    """Return the text of an action without mnemonic and dots."""
    # Chinese texts have their mnemonic in brackets at the end.
    text = action.text().removesuffix("…")
    if text.endswith(")") and "(&" in text:
        text = text[: text.rindex("(&")]
    return text.replace("&", "").removesuffix("…")


def _native(*keys: QKeySequence | QKeySequence.StandardKey | str) -> str:
    native = QKeySequence.SequenceFormat.NativeText
    return " / ".join(QKeySequence(key).toString(native) for key in keys)
