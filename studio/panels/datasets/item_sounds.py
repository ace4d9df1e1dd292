"""Buttons that play the sounds of an item of a dataset."""

from collections.abc import Hashable, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from studio.jobs.preview_player import PreviewPlayer
from studio.models.dataset_items import ItemSound
from studio.theme import SPACING
from studio.widgets.icons import icon
from studio.widgets.labels import spaced


class ItemSounds(QWidget):
    """One button for each column of sounds, which plays the sound of an item or stops it.

    Args:
        player: of the window.
    """

    changed = Signal()
    """Another sound plays, or none, or whether sounds can be played has changed."""

    def __init__(self, player: PreviewPlayer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._player = player
        self._item: Hashable = None
        self._sounds: tuple[ItemSound, ...] = ()
        self.buttons: list[QToolButton] = []
        """One for each column of sounds."""
        self._row = spaced(QHBoxLayout(self), SPACING // 2, (0, 0, 0, 0))
        self._row.setAlignment(Qt.AlignmentFlag.AlignRight)
        player.changed.connect(self._refresh)

    @property
    def is_playing(self) -> bool:
        """Whether a sound of the item is playing."""
        return any(self._player.is_playing(self._name(sound)) for sound in self._sounds)

    @property
    def problem(self) -> str:
        """Why nothing can be played; empty if it can."""
        return self._player.reason

    def show_sounds(self, item: Hashable, sounds: Sequence[ItemSound]) -> None:
        """Show the sounds of an item; the sound of another item stops.

        Args:
            item: tells the item apart from all others.
            sounds: of the item.
        """
        if item != self._item:
            self.stop()
        self._item, self._sounds = item, tuple(sounds)
        while len(self.buttons) < len(self._sounds):
            button = QToolButton()
            button.clicked.connect(partial(self._play, len(self.buttons)))
            self.buttons.append(button)
            self._row.addWidget(button)
        for number, button in enumerate(self.buttons):
            button.setVisible(number < len(self._sounds))
        self.setVisible(bool(self._sounds))
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
        if self.is_playing:
            self._player.stop()

    def _name(self, sound: ItemSound) -> Hashable:
        return (self._item, sound.column)

    def _play(self, number: int, *_is_checked: bool) -> None:
        sound = self._sounds[number]
        self._player.toggle_sound(self._name(sound), sound.samples, sound.rate)

    @Slot()
    def _refresh(self) -> None:
        for button, sound in zip(self.buttons, self._sounds, strict=False):
            is_playing = self._player.is_playing(self._name(sound))
            text = self.tr("Stop {0}") if is_playing else self.tr("Play {0}")
            button.setAccessibleName(text.format(sound.column))
            button.setIcon(icon("stop" if is_playing else "sound"))
            button.setEnabled(not self.problem)
            button.setToolTip(
                self.problem or self.tr("{0} (Space)").format(button.accessibleName())
            )
        self.changed.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop the sound."""
        super().hideEvent(event)
        self.stop()
