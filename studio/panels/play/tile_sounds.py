"""Plays the sounds of the board's tiles."""

from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal, Slot

from studio.jobs.frame_answers import Frame
from studio.jobs.preview_player import PreviewPlayer


class TileSounds(QObject):
    """Starts and stops the sound of a tile.

    Args:
        player: plays one sound at a time for the whole window.
        drawn: by tile, the frame that drew it and its place there; filled by the panel.
        parent: the owner.
    """

    changed = Signal()
    """Another sound plays, or none."""

    def __init__(
        self,
        player: PreviewPlayer,
        drawn: Mapping[int, tuple[Frame, int]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._player, self._drawn = player, drawn
        player.changed.connect(self.changed)

    @property
    def has_sounds(self) -> bool:
        """Whether the tiles have sounds."""
        return any(frame.sounds for frame, _place in self._drawn.values())

    def playing(self, count: int) -> int:
        """Return which of ``count`` tiles is heard, -1 if none is."""
        if not self.has_sounds:
            return -1
        tiles = (tile for tile in range(count) if self._player.is_playing(self._name(tile)))
        return next(tiles, -1)

    def find_out(self) -> None:
        """Find out in the background whether sounds can be played."""
        self._player.find_out()

    @Slot(int)
    def toggle(self, tile: int) -> None:
        """Play the sound of a tile, of its first column of sounds, or stop it."""
        frame, place = self._drawn[tile]
        for column, waves in frame.sounds.items():
            self._player.toggle_sound(self._name(tile), waves[place], frame.rates[column])
            return

    def _name(self, tile: int) -> tuple[str, int, int]:
        found = self._drawn.get(tile)
        return ("play", tile, found[0].number if found else 0)
