"""Facts of road scenes and the sentence that tells them.

Facts depend on one another as one expects: fog, snow, bends, a stop sign and a vehicle close ahead
mean less speed.

Shapes: N scenes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

WEATHERS = ("clear", "rain", "fog", "snow")
TIMES = ("day", "dusk", "night")
AHEAD = ("none", "car", "truck", "bus")
SIGNS = ("none", "stop", "limit", "crossing")
BENDS = ("left", "straight", "right")
PROBABILITIES: Mapping[str, tuple[float, ...]] = {
    "weather": (0.34, 0.22, 0.22, 0.22),
    "time_of_day": (0.4, 0.3, 0.3),
    "ahead": (0.4, 0.2, 0.2, 0.2),
    "sign": (0.4, 0.2, 0.2, 0.2),
}
"""Of each value, in the order of its tuple."""

LEAST_BEND, MOST_STRAIGHT = 0.4, 0.12
"""Steering is in [-1, 1], left is negative. Roads between these two do not occur."""
NEAREST_M, FARTHEST_M = 8.0, 60.0
CLOSE_M, FAR_M = 18.0, 38.0
"""A vehicle is called close below the first and far above the second."""
TOP_SPEED = 130.0
"""In km/h."""
WEATHER_FACTOR = {"clear": 1.0, "rain": 0.8, "fog": 0.6, "snow": 0.55}
SECONDS_OF_DISTANCE = 1.8
"""Time in which a car covers the distance to the vehicle ahead."""

WEATHER_WORDS = {"clear": "clear", "rain": "rainy", "fog": "foggy", "snow": "snowy"}
SIGN_WORDS = {"stop": "stop sign", "limit": "speed limit sign", "crossing": "crossing sign"}


@dataclass(frozen=True, kw_only=True)
class Scenes:
    """Facts of N scenes; categories are indices into the tuples of this module."""

    weather: npt.NDArray[np.integer]
    time_of_day: npt.NDArray[np.integer]
    steering: npt.NDArray[np.floating]
    speed_kmh: npt.NDArray[np.floating]
    ahead: npt.NDArray[np.integer]
    distance_m: npt.NDArray[np.floating]
    """Of the vehicle ahead; not a number without one."""
    sign: npt.NDArray[np.integer]

    @property
    def bend(self) -> npt.NDArray[np.integer]:
        """[N] index into ``BENDS``."""
        return 1 + np.sign(self.steering).astype(int) * (np.abs(self.steering) >= LEAST_BEND)

    def select(self, items: slice | npt.NDArray[np.integer]) -> "Scenes":
        """Return some of the scenes."""
        return Scenes(**{field.name: getattr(self, field.name)[items] for field in fields(self)})


def draw_facts(count: int, rng: np.random.Generator) -> Scenes:
    """Draw the facts of N scenes."""
    drawn = {
        name: rng.choice(len(weights), p=weights, size=count)
        for name, weights in PROBABILITIES.items()
    }
    bend = rng.integers(-1, 2, size=count)
    steering = np.where(
        bend == 0,
        rng.uniform(-MOST_STRAIGHT, MOST_STRAIGHT, count),
        bend * rng.uniform(LEAST_BEND, 1, count),
    ).round(2)
    is_free = drawn["ahead"] == AHEAD.index("none")
    distance = np.where(is_free, np.nan, rng.uniform(NEAREST_M, FARTHEST_M, count).round(1))
    factor = np.array([WEATHER_FACTOR[name] for name in WEATHERS])[drawn["weather"]]
    allowed = TOP_SPEED * factor * (1 - 0.45 * np.abs(steering))
    allowed = np.where(drawn["sign"] == SIGNS.index("stop"), np.minimum(allowed, 40), allowed)
    behind = distance / SECONDS_OF_DISTANCE * 3.6
    allowed = np.fmin(allowed, behind)
    speed = (allowed * rng.uniform(0.75, 1, count)).clip(0, TOP_SPEED).round()
    return Scenes(steering=steering, speed_kmh=speed, distance_m=distance, **drawn)


def sentence(scenes: Scenes, item: int) -> str:
    """Describe one scene, for example ``left bend on a rainy night close behind a bus``."""
    bend = BENDS[scenes.bend[item]]
    words = ["straight road" if bend == "straight" else f"{bend} bend"]
    weather = WEATHER_WORDS[WEATHERS[scenes.weather[item]]]
    words.append(f"on a {weather} {TIMES[scenes.time_of_day[item]]}")
    ahead = AHEAD[scenes.ahead[item]]
    if ahead != "none":
        distance = scenes.distance_m[item]
        near = "close " if distance < CLOSE_M else "far " if distance > FAR_M else ""
        words.append(f"{near}behind a {ahead}")
    sign = SIGNS[scenes.sign[item]]
    if sign != "none":
        words.append(f"by a {SIGN_WORDS[sign]}")
    return " ".join(words)
