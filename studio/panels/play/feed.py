"""Decides which tiles are drawn: a few while the noise is dragged, all once it rests."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from engine.sample.scene import Scene
from studio.jobs.frame_answers import Frame
from studio.models.play_view import PlayState

COARSE_S = 0.025
"""Time that drawing the tiles may take while the noise is dragged."""
BESIDE_TRAINING_S = 0.0025
"""CPU time that drawing them may take beside a run that trains in this process."""
REST_MS = 120
"""Time after the last movement until all tiles are drawn."""
_FIRST_GUESS_S = 0.006
"""Time for a tile before one has been measured."""
_SMOOTHING = 0.7
Draw = Callable[[Sequence[Scene], bool], int]
"""From the scenes, and whether drafts of them do."""


@dataclass(frozen=True, kw_only=True)
class TilesDrawn:
    """A frame, and the tile of each of its items."""

    tiles: tuple[int, ...]
    frame: Frame


class BoardFeed(QObject):
    """Requests the frames of the board.

    Args:
        draw: requests a frame and returns its number.
        parent: the owner.
    """

    tiles_drawn = Signal(object)
    """Carries ``TilesDrawn``."""
    rested = Signal()
    """All tiles show the state, which has not changed for a while."""

    def __init__(self, draw: Draw, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._draw = draw
        self._state: PlayState | None = None
        self._tile_s = _FIRST_GUESS_S
        self._tile_cpu_s = _FIRST_GUESS_S
        self._is_training = False
        self._turn = 0
        """Place, among the tiles that are not chosen, of the one that is drawn next in a drag."""
        self._requested: dict[int, tuple[int, ...]] = {}
        """Tiles by number of a request that has not been answered."""
        self._last = self._whole = 0
        """Number of the newest request, and of the newest for all tiles."""
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.setTimerType(Qt.TimerType.PreciseTimer)
        self._rest.timeout.connect(self._draw_all)

    @property
    def coarse_count(self) -> int:
        """Number of tiles that are drawn while the noise is dragged."""
        count = COARSE_S / self._tile_s
        if self._is_training:
            count = min(count, BESIDE_TRAINING_S / self._tile_cpu_s)
        return max(1, int(count))

    def set_training(self, *, is_training: bool) -> None:
        """Set whether a run trains in this process, which is to keep its speed."""
        self._is_training = is_training

    def show(self, state: PlayState, *, is_coarse: bool = False) -> None:
        """Draw a state.

        Args:
            state: of the board.
            is_coarse: draw drafts, and only of as many tiles as can be drawn at once: the chosen
                one always, the others in turns. All of them follow ``REST_MS`` after the last call.
        """
        self._state = state
        if is_coarse:
            self._request(self._coarse_tiles(state), is_draft=True)
            self._rest.start()
        else:
            self._draw_all()

    def stop(self) -> None:
        """Forget the state."""
        self._rest.stop()
        self._state = None
        self._requested.clear()

    def take(self, frame: Frame) -> None:
        """Pass on the frame of a request."""
        tiles = self._requested.get(frame.number)
        # Requests before this one are never answered.
        self._requested = {n: t for n, t in self._requested.items() if n > frame.number}
        if tiles is None:
            return
        self._tile_s = _smoothed(self._tile_s, frame.seconds / len(tiles))
        self._tile_cpu_s = _smoothed(self._tile_cpu_s, max(frame.cpu_seconds / len(tiles), 1e-6))
        self.tiles_drawn.emit(TilesDrawn(tiles=tiles, frame=frame))
        if frame.number == self._whole == self._last and not self._rest.isActive():
            self.rested.emit()

    def _coarse_tiles(self, state: PlayState) -> tuple[int, ...]:
        count = len(state.tiles)
        others = [tile for tile in range(count) if tile != state.chosen]
        taken = min(self.coarse_count, count) - 1
        turned = itertools.islice(itertools.cycle(others), self._turn, self._turn + taken)
        tiles = (state.chosen, *turned)
        self._turn = (self._turn + taken) % len(others) if others else 0
        return tiles

    @Slot()
    def _draw_all(self) -> None:
        if self._state is not None:
            self._request(tuple(range(len(self._state.tiles))), is_draft=False)
            self._whole = self._last

    def _request(self, tiles: tuple[int, ...], *, is_draft: bool) -> None:
        state = self._state
        if state is None:
            return
        self._last = self._draw([state.scene(tile) for tile in tiles], is_draft)
        self._requested[self._last] = tiles


def _smoothed(before: float, now: float) -> float:
    return _SMOOTHING * before + (1 - _SMOOTHING) * now
