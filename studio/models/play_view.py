"""State of the Play panel: a frozen value, what it draws, and a history of its changes."""

import itertools
import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from engine.sample.scene import Given, GivenPicture, Noise, Scene

TILE_COUNTS = (1, 4, 8, 16)
USUAL_COUNT = 8
HISTORY = 200
"""Changes that can be undone."""
_ROWS = 64
_MAX_SEED = 2**31 - 1
WALK_STEPS = 60
"""Frames between two key frames, two seconds of a film."""


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One item on the board."""

    noise: Noise
    is_locked: bool = False
    """Whether dice, pad and variations leave its noise alone."""


@dataclass(frozen=True, kw_only=True)
class PlayState:
    """What is drawn. All tiles share everything but their noise."""

    tiles: tuple[Tile, ...]
    chosen: int = 0
    plane: int = 1
    """Seed of the two noises that span the plane of the pad with each tile's own noise."""
    pad: tuple[float, float] = (0.0, 0.0)
    """Place on the plane, 0 for a tile's own noise; at distance 1 nothing is left of it."""
    truncation: float = 1.0
    offsets: Mapping[int, float] = field(default_factory=dict[int, float])
    """By number of a direction."""
    given: Mapping[str, Given] = field(default_factory=dict[str, Given])
    typed: Mapping[str, str] = field(default_factory=dict[str, str])
    """By column of texts, what was typed, with words that the run does not know."""
    keys: tuple[Scene, ...] = ()
    """Key frames of the walk."""

    @property
    def given_picture(self) -> GivenPicture | None:
        """The first picture that is given."""
        return next((v for v in self.given.values() if isinstance(v, GivenPicture)), None)

    def noise(self, tile: int) -> Noise:
        """Return the noise of a tile at the place of the pad."""
        (x, y), own = self.pad, self.tiles[tile]
        return own.noise if own.is_locked else moved(own.noise, self.plane, x, y)

    def scene(self, tile: int) -> Scene:
        """Return the scene of a tile."""
        return self.scene_of(self.noise(tile))

    def scene_of(self, noise: Noise) -> Scene:
        """Return the scene of a noise."""
        return Scene(
            noise=noise, given=self.given, truncation=self.truncation, offsets=self.offsets
        )

    def settled(self) -> "PlayState":
        """Return the same board with the pad in the middle of a new plane."""
        if self.pad == (0.0, 0.0):
            return self
        tiles = tuple(
            replace(tile, noise=self.noise(number)) for number, tile in enumerate(self.tiles)
        )
        return replace(self, tiles=tiles, pad=(0.0, 0.0), plane=self.plane + 1)

    def with_noise(self, tile: int, noise: Noise) -> "PlayState":
        """Return the state with another noise of a tile."""
        state = self.settled()
        tiles = list(state.tiles)
        tiles[tile] = replace(tiles[tile], noise=noise)
        return replace(state, tiles=tuple(tiles))

    def with_scene(self, scene: Scene) -> "PlayState":
        """Return the state that shows a scene on the chosen tile."""
        state = self.with_noise(self.chosen, scene.noise)
        texts = {name: value for name, value in scene.given.items() if isinstance(value, str)}
        return replace(
            state,
            given=scene.given,
            typed=texts,
            truncation=scene.truncation,
            offsets=scene.offsets,
        )

    def with_given(self, column: str, value: Given | None) -> "PlayState":
        """Return the state with another given value of a column; None leaves it open."""
        given = {name: old for name, old in self.given.items() if name != column}
        typed = {name: old for name, old in self.typed.items() if name != column}
        if isinstance(value, str):
            typed[column] = value
        return replace(
            self, given=given if value is None else {**given, column: value}, typed=typed
        )


def moved(noise: Noise, plane: int, x: float, y: float) -> Noise:
    """Return a noise moved on the sphere along the axes of a plane.

    Args:
        noise: the middle of the plane.
        plane: seed of the axes.
        x: quarters of a great circle along the first axis.
        y: along the second.
    """
    distance = math.hypot(x, y)
    if distance < 1e-6:
        return noise
    axes = [(Noise.from_seed(plane, row=row, rows=2), part) for row, part in ((0, x), (1, y))]
    return noise.varied(Noise.combine(axes), distance)


def walk_scenes(keys: tuple[Scene, ...], *, is_loop: bool, steps: int) -> list[Scene]:
    """Return the frames of a walk, with the same number of them between any two key frames.

    Args:
        keys: at least two.
        is_loop: whether the walk returns to the first one.
        steps: frames from one key frame to the next.
    """
    stops = [*keys, keys[0]] if is_loop else list(keys)
    scenes = [
        replace(start, towards=end, place=step / steps)
        for start, end in itertools.pairwise(stops)
        for step in range(steps)
    ]
    return scenes if is_loop else [*scenes, keys[-1]]


class PlayView(QObject):
    """Holds the state and its history.

    Args:
        draw_seed: draws the seed of new noise.
        parent: the owner.
    """

    changed = Signal(object)
    """Carries the ``PlayState``."""

    def __init__(
        self, draw_seed: Callable[[], int] | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._draw_seed = draw_seed or (lambda: random.randrange(1, _MAX_SEED))  # noqa: S311
        self.history = QUndoStack(self)
        self.history.setUndoLimit(HISTORY)
        self._gesture = 0
        self._last: _Change | None = None
        """The newest change of the history, if it can be merged with the next one."""
        self._last_place = 0
        self.state = self._first()

    def reset(self) -> None:
        """Begin with new noise and nothing given; the history is forgotten."""
        self.history.clear()
        self._last = None
        self.show(self._first())

    def show(self, state: PlayState) -> None:
        """Replace the state without a place in the history."""
        if state != self.state:
            self.state = state
            self.changed.emit(state)

    def begin_gesture(self) -> None:
        """Begin a drag: changes are merged with others of the same drag only."""
        self._gesture += 1

    def change(self, state: PlayState, text: str, *, merges: str = "") -> None:
        """Replace the state.

        Args:
            state: the new one.
            text: name of the change in the user's language.
            merges: changes of one gesture with the same key are undone together.
        """
        if state == self.state:
            return
        key = f"{merges}/{self._gesture}" if merges else ""
        if self._last is not None and self._last.key == key and self._is_last_newest:
            # Merged here: the stack would have all of its actions shown again at each move.
            self._last.after = state
            self.show(state)
            return
        change = _Change(self, state, text, key)
        self._last = change if key else None
        self.history.push(change)
        self._last_place = self.history.index()

    @property
    def _is_last_newest(self) -> bool:
        return self._last_place == self.history.index() == self.history.count()

    def roll(self, text: str) -> None:
        """Draw new noise for all tiles that are not locked."""
        state, fresh = self.state.settled(), self._fresh(len(self.state.tiles))
        tiles = zip(state.tiles, fresh, strict=True)
        drawn = tuple(old if old.is_locked else new for old, new in tiles)
        self.change(replace(state, tiles=drawn, plane=self._draw_seed()), text)

    def vary(self, amount: float, text: str) -> None:
        """Replace all other tiles that are not locked by variations of the chosen one.

        Args:
            amount: from 0 to 1, the share of the way to independent noise.
            text: name of the change.
        """
        state = self.state.settled()
        origin, fresh = state.tiles[state.chosen].noise, self._fresh(len(state.tiles))
        tiles = tuple(
            tile
            if tile.is_locked or number == state.chosen
            else Tile(noise=origin.varied(fresh[number].noise, amount))
            for number, tile in enumerate(state.tiles)
        )
        self.change(replace(state, tiles=tiles), text)

    def toggle_lock(self, tile: int, text: str) -> None:
        """Lock the noise of a tile, or unlock it."""
        state = self.state.settled()
        tiles = list(state.tiles)
        tiles[tile] = replace(tiles[tile], is_locked=not tiles[tile].is_locked)
        self.change(replace(state, tiles=tuple(tiles)), text)

    def set_count(self, count: int, text: str) -> None:
        """Set the number of tiles; the chosen one always stays."""
        state = self.state
        if count == len(state.tiles):
            return
        kept = state.tiles[:count]
        if state.chosen >= count:
            kept = (*kept[:-1], state.tiles[state.chosen])
        tiles = (*kept, *self._fresh(count)[len(kept) :])
        self.change(replace(state, tiles=tiles, chosen=min(state.chosen, count - 1)), text)

    def _first(self) -> PlayState:
        return PlayState(tiles=self._fresh(USUAL_COUNT), plane=self._draw_seed())

    def _fresh(self, count: int) -> tuple[Tile, ...]:
        seed = self._draw_seed()
        return tuple(Tile(noise=Noise.from_seed(seed, row=row, rows=_ROWS)) for row in range(count))


class _Change(QUndoCommand):
    """One change of the state."""

    def __init__(self, view: PlayView, state: PlayState, text: str, key: str) -> None:
        super().__init__(text)
        self._view, self._before, self.after = view, view.state, state
        self.key = key

    def redo(self) -> None:
        self._view.show(self.after)

    def undo(self) -> None:
        self._view.show(self._before)
