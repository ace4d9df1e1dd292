"""Small pictures beside the board: of the plane, the directions, key frames and favourites.

They are requested once the board rests, and only those that are seen and out of date.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QImage

from engine.sample.scene import Scene
from studio.jobs.frame_answers import Frame
from studio.models.play_view import PlayState, moved
from studio.models.thumbnails import qimage_of
from studio.panels.play.directions import STRIP, DirectionControls
from studio.panels.play.noise import NoisePad, plane_places
from studio.panels.play.strip import ThumbnailStrip

PLANE, STRIPS, KEYS, FAVOURITES = "plane", "strips", "keys", "favourites"
Draw = Callable[[str, Sequence[Scene]], int]


class SidePictures(QObject):
    """Requests the small pictures and shows them.

    Args:
        draw: requests a frame for a target.
        pad, directions, keys, favourites: the widgets that show them.
        parent: the owner.
    """

    def __init__(
        self,
        draw: Draw,
        *,
        pad: NoisePad,
        directions: DirectionControls,
        keys: ThumbnailStrip,
        favourites: ThumbnailStrip,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._draw = draw
        self._pad, self._directions = pad, directions
        self._keys, self._favourites = keys, favourites
        self._drawn: dict[str, tuple[Hashable | object, ...]] = {}
        """By target, what its pictures were requested for."""
        self._numbers: dict[str, int] = {}

    def forget(self) -> None:
        """Request everything again, because the weights have changed."""
        self._drawn.clear()

    def clear(self) -> None:
        """Show nothing, because another run is played with."""
        self.forget()
        self._pad.show_pictures([])

    def update(self, state: PlayState, favourites: Sequence[Scene]) -> None:
        """Request what is seen and out of date."""
        if self._pad.isVisible():
            self._request(PLANE, self._plane(state))
        if self._directions.isVisible() and self._directions.shown:
            self._request(STRIPS, self._strips(state))
        if self._keys.isVisible() and state.keys:
            self._request(KEYS, list(state.keys))
        if self._favourites.isVisible() and favourites:
            self._request(FAVOURITES, list(favourites))

    @Slot(object)
    def take(self, frame: Frame) -> None:
        """Show the pictures of a frame."""
        if frame.number != self._numbers.get(frame.target):
            return
        pictures = [qimage_of(one) for one in frame.tiles]
        match frame.target:
            case "plane":
                self._pad.show_pictures(pictures)
            case "strips":
                self._show_strips(pictures)
            case "keys":
                self._keys.show_pictures(pictures)
            case "favourites":
                self._favourites.show_pictures(pictures)
            case _:
                pass

    def _request(self, target: str, scenes: list[Scene]) -> None:
        if self._drawn.get(target) != tuple(scenes):
            self._drawn[target] = tuple(scenes)
            self._numbers[target] = self._draw(target, scenes)

    def _plane(self, state: PlayState) -> list[Scene]:
        noise = state.tiles[state.chosen].noise
        return [state.scene_of(moved(noise, state.plane, x, y)) for x, y in plane_places()]

    def _strips(self, state: PlayState) -> list[Scene]:
        scene = state.scene(state.chosen)
        return [
            replace(
                scene,
                offsets={
                    **scene.offsets,
                    direction.number: self._directions.offset_at(direction, part),
                },
            )
            for direction in self._directions.shown
            for part in STRIP
        ]

    def _show_strips(self, pictures: Sequence[QImage]) -> None:
        count = len(STRIP)
        shown = enumerate(self._directions.shown)
        self._directions.show_strips(
            {one.number: pictures[place * count : (place + 1) * count] for place, one in shown}
        )
