"""Drawing of road scenes: 32 x 32 pixels, the view over the dashboard.

The road bends with the steering, a vehicle ahead shrinks with its distance, and a gauge on the
dashboard shows the speed, so that a picture says everything that its row does.

Shapes: B pictures of a batch, S side in pixels.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.starters.canvas import Canvas, Floats
from engine.starters.columns import Images
from engine.starters.road_facts import (
    AHEAD,
    MOST_STRAIGHT,
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
BATCH = 500
"""Pictures that are drawn at once: few enough for the processor's cache."""

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

RED, WHITE, BLUE, POST = (218, 26, 38), (250, 250, 250), (24, 84, 214), (120, 122, 126)


def draw_scenes(scenes: Scenes, rng: np.random.Generator) -> Images:
    """Draw one picture of each scene: [N, S, S, 3]."""
    count = len(scenes.weather)
    pictures = np.empty((count, SIDE, SIDE, 3), dtype=np.uint8)
    for start in range(0, count, BATCH):
        items = slice(start, start + BATCH)
        pictures[items] = _Scene(scenes.select(items), rng).draw()
    return pictures


class _Scene:
    """A batch of scenes in drawing."""

    def __init__(self, scenes: Scenes, rng: np.random.Generator) -> None:
        self.scenes, self.rng = scenes, rng
        self.canvas = Canvas(len(scenes.weather), SIDE)
        self.time = scenes.time_of_day
        self.is_fog = scenes.weather == WEATHERS.index("fog")
        centres = self.canvas.edges + np.float32(0.5)
        self.depth = ((centres - HORIZON) / (SIDE - HORIZON)).clip(0, 1)
        """[S]: 0 at the horizon and above it, 1 at the lower edge."""

    def draw(self) -> Images:
        self._paint_sky()
        self._paint_lights_of_the_sky()
        self._paint_land()
        self._paint_road()
        self._paint_fog()
        self._paint_vehicle()
        self._paint_sign()
        self._paint_precipitation()
        self._paint_dashboard()
        return self.canvas.to_bytes()

    def _where(self, mask: npt.NDArray[np.bool_]) -> Floats:
        """Coverage of whole pictures: [B, 1, 1]."""
        return mask.astype(np.float32)[:, None, None]

    def _is_weather(self, name: str) -> npt.NDArray[np.bool_]:
        return self.scenes.weather == WEATHERS.index(name)

    def _is_time(self, name: str) -> npt.NDArray[np.bool_]:
        return self.time == TIMES.index(name)

    def _paint_sky(self) -> None:
        is_clear = self._is_weather("clear")[:, None]
        top = np.where(is_clear, CLEAR_SKY[self.time], GREY_SKY[self.time])
        low = np.where(is_clear, CLEAR_HORIZON[self.time], GREY_HORIZON[self.time])
        fall = ((self.canvas.edges + 0.5) / HORIZON).clip(0, 1)[None, :, None, None]
        colour = top[:, None, None] + fall * (low - top)[:, None, None]
        self.canvas.pixels[:] = colour

    def _paint_lights_of_the_sky(self) -> None:
        """Sun, moon and stars of clear weather."""
        canvas, is_clear = self.canvas, self._is_weather("clear")
        x = self.rng.uniform(5, 27, size=len(self.time))
        day = self._where(is_clear & self._is_time("day"))
        canvas.paint(day * canvas.disc(x, 4.5, 2.6), SUN)
        dusk = self._where(is_clear & self._is_time("dusk"))
        canvas.paint(dusk * canvas.disc(x, HORIZON - 1, 3.4), SETTING_SUN)
        night = self._where(is_clear & self._is_time("night"))
        stars = self.rng.random(canvas.pixels.shape[:3], dtype=np.float32) < 0.035
        canvas.paint(night * stars * np.float32(0.75), WHITE)
        crescent = canvas.disc(x, 4.5, 2.6) * (1 - canvas.disc(x + 1.4, 3.6, 2.3))
        canvas.paint(night * crescent, MOON)

    def _paint_land(self) -> None:
        is_snow = self._is_weather("snow")[:, None]
        colour = np.where(is_snow, SNOW_LAND[self.time], LAND[self.time])
        self.canvas.paint(self.canvas.box(0.0, HORIZON, float(SIDE), float(SIDE)), colour)

    def _middle(self, depth: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """Place of the road's middle, in pixels, at depths [S] or [B, 1]: [B, S] or [B, 1]."""
        return SIDE / 2 + 12 * self.scenes.steering[:, None] * (1 - depth) ** 2

    def _paint_road(self) -> None:
        canvas, depth = self.canvas, self.depth
        middle, half = self._middle(depth), _half_width(depth)
        is_wet = self._is_weather("rain")[:, None]
        asphalt = np.where(is_wet, WET_ASPHALT[self.time], ASPHALT[self.time]).astype(float)
        is_snow = self._is_weather("snow")[:, None]
        asphalt = np.where(is_snow, 0.65 * asphalt + 0.35 * SNOW_LAND[self.time], asphalt)
        ground = canvas.box(0.0, HORIZON, float(SIDE), float(SIDE))
        canvas.paint(ground * canvas.box(middle - half, 0.0, middle + half, float(SIDE)), asphalt)
        paint = PAINT[self.time]
        for side in (-1, 1):
            outer, inner = middle + side * 0.94 * half, middle + side * 0.84 * half
            edge = canvas.box(np.minimum(outer, inner), 0.0, np.maximum(outer, inner), float(SIDE))
            canvas.paint(ground * edge, paint)
        phase = self.rng.random((len(self.time), 1))
        is_dash = ((1.3 / (depth + 0.1) + phase) % 1 < 0.55).astype(np.float32)
        dash = canvas.box(middle - 0.055 * half, 0.0, middle + 0.055 * half, float(SIDE))
        canvas.paint(ground * dash * is_dash[:, :, None], paint)
        across = canvas.edges + 0.5 - SIDE / 2
        beam = np.exp(-np.square(across / 11))[None, None, :] * (depth**0.8)[None, :, None]
        night = self._where(self._is_time("night"))
        canvas.paint(ground * beam.astype(np.float32) * night * np.float32(0.3), HEADLIGHTS)

    def _paint_fog(self) -> None:
        density = (0.9 * (1 - self.depth) ** 1.3)[None, :, None].astype(np.float32)
        self.canvas.paint(density * self._where(self.is_fog), FOG[self.time])

    def _seen(
        self,
        colour: tuple[int, int, int],
        veil: npt.NDArray[np.floating] | float,
        *,
        is_lamp: bool = False,
    ) -> npt.NDArray[np.floating]:
        """Colour of a thing in the light of its scene, behind a veil of fog: [B, 3]."""
        light = 1.0 if is_lamp else LIGHT[self.time][:, None]
        lit = np.array(colour) * light
        hidden = np.where(self.is_fog, veil, 0.0)[:, None]
        return lit + hidden * (FOG[self.time] - lit)

    def _paint_vehicle(self) -> None:
        canvas, scenes = self.canvas, self.scenes
        distance = np.nan_to_num(scenes.distance_m, nan=1e3)
        near = (8 / distance) ** 0.75
        width, base = 2 + 11.5 * near, HORIZON + 2 + 12.5 * near
        depth = ((base - HORIZON) / (SIDE - HORIZON))[:, None]
        x = (self._middle(depth) + 0.36 * _half_width(depth))[:, 0]
        veil = 0.75 * (1 - np.exp(-distance / 35))
        for name, body in BODIES.items():
            there = self._where(scenes.ahead == AHEAD.index(name))
            height = body.height * width
            top = base - height
            tyres = canvas.box(x - 0.42 * width, base - 1, x + 0.42 * width, base + 0.09 * width)
            canvas.paint(there * tyres, self._seen(TYRE, veil))
            hull = canvas.box(x - width / 2, top, x + width / 2, base)
            canvas.paint(there * hull, self._seen(body.colour, veil))
            half = body.window_width * width / 2
            window = canvas.box(
                x - half,
                top + body.window_top * height,
                x + half,
                top + body.window_bottom * height,
            )
            canvas.paint(there * window, self._seen(GLASS, veil))
            for side in (-1, 1):
                lamp = canvas.disc(x + side * 0.38 * width, base - 0.22 * width, 0.09 * width)
                canvas.paint(there * lamp, self._seen(LAMP, veil, is_lamp=True))

    def _paint_sign(self) -> None:
        canvas, scenes = self.canvas, self.scenes
        # On the inner side, a bend would pass below the sign.
        x = np.where(scenes.steering > MOST_STRAIGHT, 4.5, 27.5)
        y, veil = 11.0, 0.25
        there = self._where(scenes.sign != SIGNS.index("none"))
        post = canvas.box(x - 0.5, y, x + 0.5, 22.0)
        canvas.paint(there * post, self._seen(POST, veil))
        red, white, blue = (self._seen(colour, veil, is_lamp=True) for colour in (RED, WHITE, BLUE))
        stop = self._where(scenes.sign == SIGNS.index("stop"))
        _distance, angle = canvas.polar(x, y)
        turn = np.pi / 4
        octagon = 3.7 / np.cos((angle + turn / 2) % turn - turn / 2)
        canvas.paint(stop * canvas.blob(x, y, octagon), red)
        for left in (-2.4, -0.5, 1.4):
            letter = canvas.box(x + left, y - 1.2, x + left + 1, y + 1.2)
            canvas.paint(stop * letter, white)
        limit = self._where(scenes.sign == SIGNS.index("limit"))
        canvas.paint(limit * canvas.disc(x, y, 4.1), red)
        canvas.paint(limit * canvas.disc(x, y, 2.8), white)
        for left in (-1.6, 0.4):
            digit = canvas.box(x + left, y - 1.4, x + left + 1.2, y + 1.4)
            canvas.paint(limit * digit, self._seen(TYRE, veil))
        crossing = self._where(scenes.sign == SIGNS.index("crossing"))
        canvas.paint(crossing * canvas.box(x - 3.8, y - 3.8, x + 3.8, y + 3.8), blue)
        half = (0.85 * (canvas.edges + 0.5 - (y - 3))).clip(0, 3)
        triangle = canvas.box(x[:, None] - half, y - 3, x[:, None] + half, y + 2.6)
        canvas.paint(crossing * triangle, white)

    def _paint_precipitation(self) -> None:
        shape = self.canvas.pixels.shape[:3]
        drops = self.rng.random(shape, dtype=np.float32) < 0.022
        streaks = np.zeros(shape, dtype=np.float32)
        for length, lean in ((0, 0), (1, 0), (2, -1), (3, -1)):
            fallen = np.roll(drops, (length, lean), axis=(1, 2))
            np.maximum(streaks, fallen * np.float32(0.6), out=streaks)
        self.canvas.paint(streaks * self._where(self._is_weather("rain")), RAIN)
        size = self.rng.random(shape, dtype=np.float32)
        flakes = np.where(size < 0.05, np.float32(0.95), np.where(size < 0.08, np.float32(0.5), 0))
        self.canvas.paint(flakes.astype(np.float32) * self._where(self._is_weather("snow")), SNOW)

    def _paint_dashboard(self) -> None:
        canvas, gauge = self.canvas, SIDE - 4.0
        canvas.paint(canvas.box(0.0, DASHBOARD, float(SIDE), float(SIDE)), PANEL)
        canvas.paint(canvas.box(2.0, DASHBOARD + 1, 2 + gauge, DASHBOARD + 2), TRACK)
        end = 2 + gauge * self.scenes.speed_kmh / TOP_SPEED
        canvas.paint(canvas.box(2.0, DASHBOARD + 1, end, DASHBOARD + 2), NEEDLE)


def _half_width(depth: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Half the width of the road in pixels at a depth."""
    return 1.2 + 14 * depth
