"""Plays the sounds of the board's tiles, and those that are given."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from engine.sample.scene import Scene
from studio.jobs.frame_answers import Frame, Wave
from studio.jobs.preview_player import PreviewPlayer
from studio.panels.play.given import HeardSound


class TileSounds(QObject):
    """Starts and stops the sound of a tile, or a given one.

    Args:
        player: plays one sound at a time for the whole window.
        drawn: by tile, the frame that drew it and its place there; filled by the panel.
        parent: the owner.
    """

    changed = Signal()
    """Another sound plays, or none, or whether sounds can be played has changed."""
    refused = Signal(str)
    """Carries why a sound cannot be played, in the user's language."""

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

    @property
    def problem(self) -> str:
        """Why sounds cannot be played, in the user's language; empty if they can."""
        return self._player.reason

    def find_out(self) -> None:
        """Find out in the background whether sounds can be played."""
        self._player.find_out()

    @Slot(int)
    def toggle(self, tile: int) -> None:
        """Play the sound of a tile, of its first column of sounds, or stop it."""
        frame, place = self._drawn[tile]
        for column, waves in frame.sounds.items():
            self._toggle(self._name(tile), waves[place], frame.rates[column])
            return

    @Slot(object)
    def toggle_given(self, heard: HeardSound) -> None:
        """Play a given sound, or stop it."""
        wave = np.frombuffer(heard.sound.samples, "<i2")
        self._toggle(("given", heard.column), wave, heard.rate)

    def _toggle(self, name: Hashable, wave: Wave, rate: int) -> None:
        if self.problem:
            # There may be a device by now.
            self._player.find_out(again=True)
            self.refused.emit(self.problem)
        else:
            self._player.toggle_sound(name, wave, rate)

    def _name(self, tile: int) -> "_TileSound":
        found = self._drawn.get(tile)
        return _TileSound(tile, found[0].scenes[found[1]] if found else None)


@dataclass(frozen=True)
class _TileSound:
    """Names the sound of a tile: drawn again from the same scene, it is the same sound."""

    tile: int
    scene: Scene | None
