"""Plays the sounds of a grid of cards."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from studio.jobs.preview_player import PreviewPlayer
from studio.widgets.card_grid import CardGrid

if TYPE_CHECKING:
    from engine.importing.sound_preview import PreviewSound


class CardSounds(QObject):
    """Connects the buttons of cards with the player.

    Args:
        grid: of the cards.
        player: of the window.
    """

    def __init__(self, grid: CardGrid, player: PreviewPlayer) -> None:
        super().__init__(grid)
        self._grid, self._player = grid, player
        self._sounds: tuple[PreviewSound | None, ...] = ()
        grid.play_requested.connect(self._toggle)
        player.changed.connect(self._refresh)

    def show_sounds(self, sounds: "Sequence[PreviewSound | None]") -> None:
        """Set the sound of each card; the sound of a card that is gone stops."""
        self.stop()
        self._sounds = tuple(sounds)
        if any(self._sounds):
            self._player.find_out(again=True)
        self._refresh()

    def stop(self) -> None:
        """Stop the sound of a card."""
        if self._playing >= 0:
            self._player.stop()

    @property
    def _playing(self) -> int:
        """Number of the card whose sound is playing, -1 for none."""
        numbers = range(len(self._sounds))
        return next((n for n in numbers if self._player.is_playing((id(self), n))), -1)

    @Slot(int)
    def _toggle(self, number: int) -> None:
        sound = self._sounds[number] if number < len(self._sounds) else None
        if sound is not None:
            self._player.toggle_sound((id(self), number), sound.samples, sound.rate)

    @Slot()
    def _refresh(self) -> None:
        self._grid.show_playback(self._playing, self._player.reason)
