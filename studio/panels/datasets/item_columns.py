"""The sounds and the table row of an item, below its picture."""

from collections.abc import Hashable, Sequence
from functools import partial

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from studio.jobs.preview_player import PreviewPlayer
from studio.models.dataset_items import ItemSound
from studio.theme import SPACING
from studio.widgets.buttons import push_button
from studio.widgets.icons import icon
from studio.widgets.labels import FactGrid, fill, scrolling, spaced

_CELLS_HEIGHT = 92
"""Of the cells while there is a picture."""
_MAX_HEIGHT = 16_777_215
"""Qt's ``QWIDGETSIZE_MAX``."""


class ItemColumns(QWidget):
    """Buttons that play the sounds of an item, and a list of its cells.

    Args:
        player: of the window.
    """

    def __init__(self, player: PreviewPlayer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._player = player
        self._item: Hashable = None
        self._sounds: tuple[ItemSound, ...] = ()
        self.buttons: list[QPushButton] = []
        """One for each column of sounds."""
        self._row = spaced(QHBoxLayout(), SPACING)
        self._row.setAlignment(Qt.AlignmentFlag.AlignLeft)
        self._cells = FactGrid("muted")
        self._area = scrolling(self._cells)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        fill(spaced(QVBoxLayout(self), SPACING, (0, 0, 0, 0)), self._row, (self._area, 1))
        player.changed.connect(self._refresh)

    def show_item(
        self,
        item: Hashable,
        sounds: Sequence[ItemSound],
        cells: Sequence[tuple[str, str]],
        *,
        has_picture: bool,
    ) -> None:
        """Show the sounds and cells of an item; the sound of another item stops.

        Args:
            item: tells the item apart from all others.
            sounds: of the item.
            cells: names and values.
            has_picture: whether there is a picture, which needs the room.
        """
        if item != self._item:
            self.stop()
        self._item, self._sounds = item, tuple(sounds)
        while len(self.buttons) < len(self._sounds):
            play = partial(self._play, len(self.buttons))
            button = push_button("", play, auto_default=False)
            self.buttons.append(button)
            self._row.addWidget(button)
        for number, button in enumerate(self.buttons):
            button.setVisible(number < len(self._sounds))
        self._cells.show_rows(cells)
        self._area.setVisible(bool(cells))
        self._area.setMaximumHeight(_CELLS_HEIGHT if has_picture else _MAX_HEIGHT)
        self.setVisible(bool(self._sounds or cells))
        if self._sounds:
            self._player.find_out(again=True)
        self._refresh()

    @Slot()
    def play_first(self) -> None:
        """Play or stop the first sound, if there is one."""
        if self._sounds:
            self._play(0)

    def stop(self) -> None:
        """Stop the sound of the item."""
        if any(self._player.is_playing(self._name(sound)) for sound in self._sounds):
            self._player.stop()

    def _name(self, sound: ItemSound) -> Hashable:
        return (self._item, sound.column)

    def _play(self, number: int, _is_checked: bool = False) -> None:  # noqa: FBT001, FBT002 - a Qt slot
        sound = self._sounds[number]
        self._player.toggle_sound(self._name(sound), sound.samples, sound.rate)

    @Slot()
    def _refresh(self) -> None:
        reason = self._player.reason
        for button, sound in zip(self.buttons, self._sounds, strict=False):
            is_playing = self._player.is_playing(self._name(sound))
            text = self.tr("Stop {0}") if is_playing else self.tr("Play {0}")
            button.setText(text.format(sound.column))
            button.setIcon(icon("stop" if is_playing else "sound"))
            button.setEnabled(not reason)
            button.setToolTip(reason or self.tr("Play the sound or stop it (Space)"))

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop the sound."""
        super().hideEvent(event)
        self.stop()
