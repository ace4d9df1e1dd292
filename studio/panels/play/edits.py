"""Turns what is typed, dragged and given into changes of the state."""

from dataclasses import replace

from PySide6.QtCore import QObject, Signal, Slot

from engine.sample.completion import Completion
from engine.sample.scene import Given, Scene
from studio.models.play_view import PlayState, PlayView
from studio.panels.play.board import DragMoved
from studio.panels.play.directions import OffsetMoved
from studio.panels.play.throttle import Throttle

_DRAG_PIXELS = 320.0
"""Way on the board after which nothing is left of the noise."""
_NUDGE = 0.05


class Edits(QObject):
    """Changes the state of a panel.

    Args:
        view: holds the state.
        parent: the owner.
    """

    drag_changed = Signal()
    """A drag has begun or ended; ``is_dragging`` says which."""

    def __init__(self, view: PlayView, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self.throttle = Throttle(self)
        self._drag_from = (0.0, 0.0)
        self.is_dragging = False
        self.prompted = ""
        """Column of the prompt box."""

    @property
    def _state(self) -> PlayState:
        return self._view.state

    def type_text(self, text: str, found: Completion) -> None:
        """Take the text of the prompt box; it is drawn if the run knows its words.

        Args:
            text: as it was typed.
            found: what is known of its words.
        """
        typed = {name: old for name, old in self._state.typed.items() if name != self.prompted}
        if text:
            typed[self.prompted] = text
        given = dict(self._state.given)
        drawn = drawn_text(text, found)
        if drawn:
            given[self.prompted] = drawn
        elif not text.strip():
            given.pop(self.prompted, None)
        state = replace(self._state, typed=typed, given=given)
        self._view.change(state, self.tr("text"), merges="text")

    def give(self, column: str, value: Given | None) -> None:
        """Give a value of a column, or leave the column open.

        The prompt is left open when a picture or a sound is given: its text is what is asked for.
        """
        state = self._state
        if value is not None and column not in state.given and self.prompted:
            state = state.with_given(self.prompted, None)
        state = state.with_given(column, value)
        self._view.change(state, self.tr("given value"), merges=f"given/{column}")

    @Slot()
    def begin_drag(self) -> None:
        """Begin a drag, whose changes are undone together."""
        self.throttle.flush()
        self._view.begin_gesture()
        self.is_dragging, self._drag_from = True, self._state.pad
        self.drag_changed.emit()

    @Slot()
    def end_drag(self) -> None:
        """End the drag where the pointer is."""
        self.throttle.flush()
        self.is_dragging = False
        self.drag_changed.emit()

    @Slot(object)
    def drag_board(self, way: DragMoved) -> None:
        """Move through the noise by a drag on the board."""
        x, y = self._drag_from
        self._follow(x + way.x / _DRAG_PIXELS, y + way.y / _DRAG_PIXELS)

    @Slot(object)
    def nudge(self, step: DragMoved) -> None:
        """Move through the noise by a key."""
        self.throttle.flush()
        x, y = self._state.pad
        self._move(x + step.x * _NUDGE, y + step.y * _NUDGE)

    @Slot(object)
    def move_pad(self, place: DragMoved) -> None:
        """Move to a place of the pad."""
        self._follow(place.x, place.y)

    @Slot(float)
    def set_truncation(self, truncation: float) -> None:
        """Set the truncation."""
        self.throttle.apply("truncation", lambda: self._set_truncation(truncation))

    @Slot(object)
    def set_offset(self, to: OffsetMoved) -> None:
        """Set the offset along a direction."""
        self.throttle.apply(f"direction/{to.number}", lambda: self._set_offset(to))

    def _set_truncation(self, truncation: float) -> None:
        state = replace(self._state, truncation=truncation)
        self._view.change(state, self.tr("truncation"), merges="truncation")

    def _set_offset(self, to: OffsetMoved) -> None:
        offsets = {n: o for n, o in self._state.offsets.items() if n != to.number}
        if abs(to.offset) > 1e-9:
            offsets[to.number] = to.offset
        state = replace(self._state, offsets=offsets)
        self._view.change(state, self.tr("direction"), merges=f"direction/{to.number}")

    @Slot()
    def reset_offsets(self) -> None:
        """Move all directions back to the middle."""
        self._view.change(replace(self._state, offsets={}), self.tr("reset directions"))

    @Slot(object)
    def set_keys(self, keys: tuple[Scene, ...]) -> None:
        """Set the key frames of the walk."""
        self._view.change(replace(self._state, keys=keys), self.tr("walk"))

    @Slot(object)
    def show_scene(self, scene: Scene) -> None:
        """Show a scene on the chosen tile."""
        self._view.change(self._state.with_scene(scene), self.tr("scene"))

    @Slot(float)
    def vary(self, amount: float) -> None:
        """Replace the others by variations of the chosen tile."""
        self._view.vary(amount, self.tr("more like this"))

    @Slot()
    def roll(self) -> None:
        """Draw new noise."""
        self._view.roll(self.tr("new noise"))

    @Slot()
    def recentre(self) -> None:
        """Make the place of the pad the middle of a new plane."""
        self._view.change(self._state.settled(), self.tr("new plane"))

    @Slot(int)
    def set_count(self, count: int) -> None:
        """Set the number of tiles."""
        self._view.set_count(count, self.tr("number of items"))

    @Slot(int)
    def toggle_lock(self, tile: int) -> None:
        """Lock or unlock a tile."""
        self._view.toggle_lock(tile, self.tr("lock"))

    @Slot(int)
    def choose(self, tile: int) -> None:
        """Choose a tile; the history does not count it."""
        self._view.show(replace(self._state, chosen=tile))

    def _follow(self, x: float, y: float) -> None:
        self.throttle.apply("pad", lambda: self._move(x, y))

    def _move(self, x: float, y: float) -> None:
        pad = (max(-1.0, min(1.0, x)), max(-1.0, min(1.0, y)))
        self._view.change(replace(self._state, pad=pad), self.tr("drag"), merges="pad")


def drawn_text(typed: str, found: Completion) -> str:
    """Return the text that is drawn for what is typed; empty if the run knows too little of it.

    A last word that is still being typed is drawn as the first word that completes it.
    """
    text = " ".join(typed.split())
    if not found.unknown:
        return text
    is_being_typed = len(found.unknown) == 1 and found.unknown[0].start == found.start
    if not (is_being_typed and found.words):
        return ""
    return " ".join((typed[: found.start] + found.words[0]).split())
