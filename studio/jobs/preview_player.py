"""Plays the sounds of previews, datasets and imports, one at a time for the whole window."""

import logging
from collections.abc import Hashable
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal, Slot

from engine.errors import SheetCorruptError
from engine.sample.preview_sounds import read_clip
from studio.jobs.audio_player import AudioPlayer, PlaybackProblem, Wave

_PATIENCE_MS = 5_000
_log = logging.getLogger(__name__)


class _Clip(NamedTuple):
    path: Path
    tile: int


class PreviewPlayer(QObject):
    """Starts and stops the clips of tiles, and other sounds.

    Args:
        player: plays them; this is its only user.
        parent: the owner.
    """

    changed = Signal()
    """Another clip plays, or none, or whether clips can be played has changed."""

    def __init__(self, player: AudioPlayer, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._player = player
        self._was_asked = False
        self._playing: Hashable = None
        """The clip of a tile that plays, or the name of another sound."""
        player.started.connect(self._on_started)
        player.finished.connect(self._on_finished)
        player.availability_changed.connect(self.changed)

    @property
    def reason(self) -> str:
        """Why nothing can be played, in the user's language; empty if nothing is known."""
        match self._player.reason:
            case None:
                return ""
            case PlaybackProblem.NO_LIBRARY:
                return self.tr("Sounds cannot be played: the Python package miniaudio is missing.")
            case PlaybackProblem.NO_DEVICE:
                return self.tr("Sounds cannot be played: there is no sound device.")

    def playing_tile(self, path: Path) -> int:
        """Return the tile whose clip of a file is playing, -1 if there is none."""
        playing = self._playing
        return playing.tile if isinstance(playing, _Clip) and playing.path == path else -1

    def is_playing(self, name: Hashable) -> bool:
        """Whether a sound is playing that ``toggle_sound`` started under this name."""
        return self._playing is not None and self._playing == name

    def find_out(self, *, again: bool = False) -> None:
        """Find out in the background whether sounds can be played.

        Args:
            again: ask even if it has been asked before, unless they can be played.
        """
        if not self._was_asked or (again and self.reason):
            self._was_asked = True
            self._player.probe()

    def toggle(self, path: Path, tile: int, count: int) -> None:
        """Play the clip of a tile, or stop it if it is playing; another one is stopped.

        Args:
            path: file with the clips of a preview.
            tile: index of the tile.
            count: tiles of the preview.
        """
        if self.playing_tile(path) == tile:
            self._player.stop()
            return
        try:
            clip = read_clip(path, tile, count)
        except SheetCorruptError as error:
            # Old previews lose their sounds while the run trains.
            _log.info("A sound is not played: %s", error)
            self.changed.emit()
            return
        self._was_asked = True
        self._player.play(clip.samples, clip.rate, source=_Clip(path, tile))

    def toggle_sound(self, name: Hashable, samples: Wave, rate: int) -> None:
        """Play a sound, or stop it if it is playing; another one is stopped.

        Args:
            name: tells it apart from all others.
            samples: [S] int16.
            rate: samples per second.
        """
        if self.is_playing(name):
            self._player.stop()
            return
        self._was_asked = True
        self._player.play(samples, rate, source=name)

    def stop(self) -> None:
        """Stop the clip that is playing."""
        self._player.stop()

    def shut_down(self) -> None:
        """Stop and wait for the thread, when quitting."""
        self._player.stop()
        self._player.wait(_PATIENCE_MS)

    @Slot(object)
    def _on_started(self, source: Hashable) -> None:
        self._playing = source
        self.changed.emit()

    @Slot(object)
    def _on_finished(self, _source: object) -> None:
        self._playing = None
        self.changed.emit()
