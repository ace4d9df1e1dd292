"""Drawing of road scenes: 32 x 32 pixels, the view over the dashboard.

The road bends with the steering, a vehicle ahead shrinks with its distance, and a gauge on the
dashboard shows the speed, so that a picture says everything that its row does.

Shapes: B pictures of a batch, S side in pixels.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from engine.starters.canvas import Canvas, Floats, draw_in_batches
from engine.starters.columns import Images
from engine.starters.road_facts import (
    AHEAD,
    MOST_STRAIGHT,
    NEAREST_M,
    SIGNS,
    TIMES,
    TOP_SPEED,
    WEATHERS,
    Scenes,
)

SIDE = 32
HORIZON = 13.0
DASHBOARD = 29.0
"""Upper edge, in pixels."""

# Colours by time of day: day, dusk, night.
CLEAR_SKY = np.array([(70, 140, 228), (72, 62, 130), (8, 10, 36)])
CLEAR_HORIZON = np.array([(176, 212, 244), (250, 150, 84), (30, 34, 74)])
GREY_SKY = np.array([(128, 138, 152), (92, 78, 96), (20, 22, 32)])
GREY_HORIZON = np.array([(186, 192, 200), (196, 134, 112), (42, 44, 56)])
FOG = np.array([(206, 209, 213), (208, 168, 148), (70, 72, 82)])
LAND = np.array([(98, 162, 76), (92, 96, 60), (22, 38, 28)])
SNOW_LAND = np.array([(238, 242, 248), (202, 190, 200), (104, 112, 134)])
ASPHALT = np.array([(88, 90, 96), (74, 68, 78), (36, 38, 46)])
WET_ASPHALT = np.array([(58, 68, 84), (54, 54, 72), (24, 30, 44)])
PAINT = np.array([(240, 240, 235), (225, 210, 195), (165, 165, 160)])
LIGHT = np.array([1.0, 0.85, 0.55])
"""Brightness of things without a lamp."""

SUN, SETTING_SUN, MOON = (255, 226, 92), (255, 214, 128), (246, 242, 214)
HEADLIGHTS = (255, 238, 190)
STARS, DROPS = 0.035, 0.022
ALL_FLAKES, THICK_FLAKES = 0.08, 0.05
"""Shares of the pixels."""
RAIN, SNOW = (196, 212, 236), (255, 255, 255)
PANEL, TRACK, NEEDLE = (24, 25, 30), (62, 62, 70), (255, 168, 52)


@dataclass(frozen=True, kw_only=True)
class Body:
    """Shape and colour of a kind of vehicle."""

    colour: tuple[int, int, int]
    height: float
    """Relative to the width."""
    window_top: float
    window_bottom: float
    """Edges of the window from the roof, relative to the height."""
    window_width: float
    """Relative to the width."""


BODIES = {
    "car": Body(
        colour=(214, 42, 48), height=0.72, window_top=0.08, window_bottom=0.45, window_width=0.66
    ),
    "truck": Body(
        colour=(74, 118, 210), height=1.3, window_top=1.0, window_bottom=1.0, window_width=0.0
    ),
    "bus": Body(
        colour=(250, 190, 36), height=1.1, window_top=0.1, window_bottom=0.48, window_width=0.84
    ),
}
GLASS, LAMP, TYRE = (38, 46, 60), (255, 56, 40), (20, 20, 22)

SIGN_HEIGHT, SIGN_MARGIN, SIGN_VEIL = 11.0, 4.5, 0.25
"""Centre of a sign, in pixels from the upper and the outer edge, and how much fog hides of it."""
RED, WHITE, BLUE, POST = (218, 26, 38), (250, 250, 250), (24, 84, 214), (120, 122, 126)


def draw_scenes(scenes: Scenes, rng: np.random.Generator) -> Images:
    """Draw one picture of each scene: [N, S, S, 3]."""

    def draw(items: slice) -> Images:
        batch = scenes.select(items)
        return _Scene(batch, rng, Canvas(len(batch.weather), SIDE)).draw()

    return draw_in_batches(len(scenes.weather), SIDE, draw)


class _Scene:
    """A batch of scenes in drawing."""

    def __init__(self, scenes: Scenes, rng: np.random.Generator, canvas: Canvas) -> None:
        self.scenes, self.rng, self.canvas = scenes, rng, canvas
        self.time = scenes.time_of_day
        centres = canvas.edges + np.float32(0.5)
        self.depth = ((centres - HORIZON) / (SIDE - HORIZON)).clip(0, 1)
        """[S]: 0 at the horizon and above it, 1 at the lower edge."""
        self.ground = canvas.box(0.0, HORIZON, float(SIDE), float(SIDE))
        """[1, S, S]."""

    def draw(self) -> Images:
        is_weather = {name: self.scenes.weather == k for k, name in enumerate(WEATHERS)}
        is_time = {name: self.time == k for k, name in enumerate(TIMES)}
        self._paint_sky(is_weather["clear"])
        self._paint_where(is_weather["clear"] & is_time["day"], _Scene._paint_sun)
        self._paint_where(is_weather["clear"] & is_time["dusk"], _Scene._paint_setting_sun)
        self._paint_where(is_weather["clear"] & is_time["night"], _Scene._paint_moon_and_stars)
        self._paint_ground(is_snow=is_weather["snow"], is_wet=is_weather["rain"])
        self._paint_where(is_time["night"], _Scene._paint_headlights)
        self._paint_where(is_weather["fog"], _Scene._paint_fog)
        for kind, name in enumerate(AHEAD):
            if name in BODIES:
                self._paint_where(
                    self.scenes.ahead == kind, partial(_Scene._paint_vehicle, body=BODIES[name])
                )
        plates = {
            "stop": _Scene._paint_stop_sign,
            "limit": _Scene._paint_limit_sign,
            "crossing": _Scene._paint_crossing_sign,
        }
        for kind, name in enumerate(SIGNS):
            if name in plates:
                self._paint_where(self.scenes.sign == kind, plates[name])
        self._paint_where(is_weather["rain"], _Scene._paint_rain)
        self._paint_where(is_weather["snow"], _Scene._paint_snow)
        self._paint_dashboard()
        return self.canvas.to_bytes()

    def _paint_where(self, mask: npt.NDArray[np.bool_], paint: Callable[["_Scene"], None]) -> None:
        """Paint on some of the pictures alone."""
        items = np.flatnonzero(mask)
        canvas = Canvas(len(items), SIDE)
        canvas.pixels = self.canvas.pixels[:, items]
        paint(_Scene(self.scenes.select(items), self.rng, canvas))
        self.canvas.pixels[:, items] = canvas.pixels

    def _paint_sky(self, is_clear: npt.NDArray[np.bool_]) -> None:
        top = np.where(is_clear[:, None], CLEAR_SKY[self.time], GREY_SKY[self.time])
        low = np.where(is_clear[:, None], CLEAR_HORIZON[self.time], GREY_HORIZON[self.time])
        fall = ((self.canvas.edges + 0.5) / HORIZON).clip(0, 1)[None, :, None]
        self.canvas.fill(top[:, None] + fall * (low - top)[:, None])

    def _paint_sun(self) -> None:
        self.canvas.paint(self.canvas.disc(self._draw_place(), 4.5, 2.6), SUN)

    def _paint_setting_sun(self) -> None:
        self.canvas.paint(self.canvas.disc(self._draw_place(), HORIZON - 1, 3.4), SETTING_SUN)

    def _paint_moon_and_stars(self) -> None:
        canvas, x = self.canvas, self._draw_place()
        stars = self._draw_noise() < STARS
        canvas.paint(stars * np.float32(0.75), WHITE)
        crescent = canvas.disc(x, 4.5, 2.6) * (1 - canvas.disc(x + 1.4, 3.6, 2.3))
        canvas.paint(crescent, MOON)

    def _draw_place(self) -> npt.NDArray[np.floating]:
        return self.rng.uniform(5, 27, size=len(self.time))

    def _draw_noise(self) -> Floats:
        """Uniform noise of each pixel: [B, S, S] in [0, 1)."""
        return self.rng.random((len(self.time), SIDE, SIDE), dtype=np.float32)

    def _middle(self, depth: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """Place of the road's middle, in pixels, at depths [S] or [B, 1]: [B, S] or [B, 1]."""
        return SIDE / 2 + 12 * self.scenes.steering[:, None] * (1 - depth) ** 2

    def _paint_ground(
        self, *, is_snow: npt.NDArray[np.bool_], is_wet: npt.NDArray[np.bool_]
    ) -> None:
        canvas, depth, time = self.canvas, self.depth, self.time
        land = np.where(is_snow[:, None], SNOW_LAND[time], LAND[time])
        canvas.paint(self.ground, land)
        asphalt = np.where(is_wet[:, None], WET_ASPHALT[time], ASPHALT[time])
        dusted = 0.65 * asphalt + 0.35 * SNOW_LAND[time]
        middle, half = self._middle(depth), _half_width(depth)
        self._paint_lane(middle, -half, half, np.where(is_snow[:, None], dusted, asphalt))
        for outer, inner in ((-0.94, -0.84), (0.84, 0.94)):
            self._paint_lane(middle, outer * half, inner * half, PAINT[time])
        phase = self.rng.random((len(time), 1))
        is_dash = (1.3 / (depth + 0.1) + phase) % 1 < 0.55
        width = np.where(is_dash, 0.055 * half, 0)
        self._paint_lane(middle, -width, width, PAINT[time])

    def _paint_lane(
        self,
        middle: npt.NDArray[np.floating],
        left: npt.NDArray[np.floating],
        right: npt.NDArray[np.floating],
        colour: npt.NDArray[np.floating],
    ) -> None:
        """Paint a stripe on the ground, given its edges around the road's middle in each row."""
        stripe = self.canvas.box(middle + left, 0.0, middle + right, float(SIDE))
        self.canvas.paint(self.ground * stripe, colour)

    def _paint_headlights(self) -> None:
        across = self.canvas.edges + 0.5 - SIDE / 2
        beam = np.exp(-np.square(across / 11))[None, None, :] * (self.depth**0.8)[None, :, None]
        self.canvas.paint(0.3 * beam * self.ground, HEADLIGHTS)

    def _paint_fog(self) -> None:
        density = 0.9 * (1 - self.depth) ** 1.3
        self.canvas.paint(density[None, :, None], FOG[self.time])

    def _seen(
        self,
        colour: tuple[int, int, int],
        veil: npt.NDArray[np.floating] | float,
        *,
        is_lamp: bool = False,
    ) -> npt.NDArray[np.floating]:
        """Colour of a thing in the light of its scene, behind a veil where there is fog: [B, 3]."""
        lit = np.array(colour) * (1.0 if is_lamp else LIGHT[self.time][:, None])
        is_fog = self.scenes.weather == WEATHERS.index("fog")
        return lit + np.where(is_fog, veil, 0.0)[:, None] * (FOG[self.time] - lit)

    def _paint_vehicle(self, body: Body) -> None:
        canvas, distance = self.canvas, self.scenes.distance_m
        near = (NEAREST_M / distance) ** 0.75
        width, base = 2 + 11.5 * near, HORIZON + 2 + 12.5 * near
        depth = ((base - HORIZON) / (SIDE - HORIZON))[:, None]
        x = (self._middle(depth) + 0.36 * _half_width(depth))[:, 0]
        height, half = body.height * width, width / 2
        top = base - height
        veil = 0.75 * (1 - np.exp(-distance / 35))
        tyres = canvas.box(x - 0.84 * half, base - 1, x + 0.84 * half, base + 0.18 * half)
        canvas.paint(tyres, self._seen(TYRE, veil))
        canvas.paint(canvas.box(x - half, top, x + half, base), self._seen(body.colour, veil))
        glass = body.window_width * half
        upper, lower = top + body.window_top * height, top + body.window_bottom * height
        canvas.paint(canvas.box(x - glass, upper, x + glass, lower), self._seen(GLASS, veil))
        for side in (-1, 1):
            lamp = canvas.disc(x + side * 0.76 * half, base - 0.44 * half, 0.18 * half)
            canvas.paint(lamp, self._seen(LAMP, veil, is_lamp=True))

    def _paint_post(self) -> npt.NDArray[np.floating]:
        """Paint the post of a sign and return its place: [B]."""
        # On the inner side of a bend, the road would pass below the sign.
        x = np.where(self.scenes.steering > MOST_STRAIGHT, SIGN_MARGIN, SIDE - SIGN_MARGIN)
        post = self.canvas.box(x - 0.5, SIGN_HEIGHT, x + 0.5, 22.0)
        self.canvas.paint(post, self._seen(POST, SIGN_VEIL))
        return x

    def _paint_plate(self, cover: Floats, colour: tuple[int, int, int]) -> None:
        self.canvas.paint(cover, self._seen(colour, SIGN_VEIL, is_lamp=True))

    def _paint_stop_sign(self) -> None:
        canvas, x, y = self.canvas, self._paint_post(), SIGN_HEIGHT
        corner = np.pi / 4
        octagon = 3.7 / np.cos((canvas.angles(x, y) + corner / 2) % corner - corner / 2)
        self._paint_plate(canvas.blob(x, y, octagon), RED)
        for left in (-2.4, -0.5, 1.4):
            self._paint_plate(canvas.box(x + left, y - 1.2, x + left + 1, y + 1.2), WHITE)

    def _paint_limit_sign(self) -> None:
        canvas, x, y = self.canvas, self._paint_post(), SIGN_HEIGHT
        self._paint_plate(canvas.disc(x, y, 4.1), RED)
        self._paint_plate(canvas.disc(x, y, 2.8), WHITE)
        for left in (-1.6, 0.4):
            self._paint_plate(canvas.box(x + left, y - 1.4, x + left + 1.2, y + 1.4), TYRE)

    def _paint_crossing_sign(self) -> None:
        canvas, x, y = self.canvas, self._paint_post(), SIGN_HEIGHT
        self._paint_plate(canvas.box(x - 3.8, y - 3.8, x + 3.8, y + 3.8), BLUE)
        half = (0.85 * (canvas.edges + 0.5 - (y - 3))).clip(0, 3)
        triangle = canvas.box(x[:, None] - half, y - 3, x[:, None] + half, y + 2.6)
        self._paint_plate(triangle, WHITE)

    def _paint_rain(self) -> None:
        drops = self._draw_noise() < DROPS
        fallen = [np.roll(drops, step, axis=(1, 2)) for step in ((1, 0), (2, -1), (3, -1))]
        self.canvas.paint(np.float32(0.6) * np.logical_or.reduce([drops, *fallen]), RAIN)

    def _paint_snow(self) -> None:
        size = self._draw_noise()
        self.canvas.paint(0.5 * (size < ALL_FLAKES) + 0.45 * (size < THICK_FLAKES), SNOW)

    def _paint_dashboard(self) -> None:
        canvas, gauge = self.canvas, SIDE - 4.0
        canvas.paint(canvas.box(0.0, DASHBOARD, float(SIDE), float(SIDE)), PANEL)
        canvas.paint(canvas.box(2.0, DASHBOARD + 1, 2 + gauge, DASHBOARD + 2), TRACK)
        end = 2 + gauge * self.scenes.speed_kmh / TOP_SPEED
        canvas.paint(canvas.box(2.0, DASHBOARD + 1, end, DASHBOARD + 2), NEEDLE)


def _half_width(depth: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Half the width of the road in pixels at a depth."""
    return 1.2 + 14 * depth
