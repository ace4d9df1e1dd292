"""Views from a car with a sentence, the sound on board and a row of facts.

``road_facts`` draws the facts, ``road_pictures`` the pictures.

Shapes: N items, M sounds, S samples.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from engine.data.starters import STARTERS
from engine.starters.columns import Cells, StarterColumns, Waves, one_to_one, random_split
from engine.starters.road_facts import (
    AHEAD,
    BENDS,
    SIGNS,
    TIMES,
    TOP_SPEED,
    WEATHERS,
    Scenes,
    draw_facts,
    sentence,
)
from engine.starters.road_pictures import draw_scenes

RATE, SECONDS = 8_000, 0.8
PEAK = 0.9
SPEED_STEP = 5.0
"""Sounds exist for every multiple, in km/h, and are shared by the items around it."""
TAKES = 4
"""Sounds of each weather and speed."""
IDLE_HZ, HZ_AT_TOP_SPEED = 75.0, 220.0
"""Fundamental of the engine's sound; linear in speed."""


def build(
    count: int = STARTERS["road-scenes"].items,
    held_out: int = STARTERS["road-scenes"].held_out,
    seed: int = 0,
) -> StarterColumns:
    """Draw, describe and play scenes.

    Args:
        count: number of items.
        held_out: how many of them are held out.
        seed: seed of everything.

    Returns:
        Columns ``image``, ``text``, ``sound`` and ``row`` (weather, time of day, steering, speed,
        vehicle ahead and its distance, sign).
    """
    rng = np.random.default_rng(seed)
    scenes = draw_facts(count, rng)
    speeds = np.rint(scenes.speed_kmh / SPEED_STEP).astype(int)
    speed_count = int(TOP_SPEED / SPEED_STEP) + 1
    takes = rng.integers(TAKES, size=count)
    sounds = (scenes.weather * speed_count + speeds) * TAKES + takes
    return StarterColumns(
        images={"image": draw_scenes(scenes, rng)},
        audio={"sound": (play_all(rng), RATE)},
        rows={"image": one_to_one(count), "sound": sounds.astype(np.int32)},
        texts={"text": [sentence(scenes, item) for item in range(count)]},
        tables={"row": _table(scenes)},
        split=random_split(count, held_out, rng),
        attributes=[_attributes(scenes, item) for item in range(count)],
    )


def _table(scenes: Scenes) -> Mapping[str, Cells]:
    return {
        "weather": [WEATHERS[value] for value in scenes.weather],
        "time_of_day": [TIMES[value] for value in scenes.time_of_day],
        "steering": scenes.steering.tolist(),
        "speed_kmh": scenes.speed_kmh.tolist(),
        "ahead": [AHEAD[value] for value in scenes.ahead],
        "distance_m": [None if np.isnan(value) else value for value in scenes.distance_m.tolist()],
        "sign": [SIGNS[value] for value in scenes.sign],
    }


def _attributes(scenes: Scenes, item: int) -> Mapping[str, str]:
    return {
        "weather": WEATHERS[scenes.weather[item]],
        "time_of_day": TIMES[scenes.time_of_day[item]],
        "bend": BENDS[scenes.bend[item]],
        "ahead": AHEAD[scenes.ahead[item]],
        "sign": SIGNS[scenes.sign[item]],
    }


def play_all(rng: np.random.Generator) -> Waves:
    """Play every weather and speed.

    Returns:
        [M, S], ordered by weather, speed and take.
    """
    speeds = np.arange(0, TOP_SPEED + SPEED_STEP, SPEED_STEP).repeat(TAKES)
    return np.concatenate([play(weather, speeds, rng) for weather in WEATHERS])


def play(weather: str, speeds: npt.NDArray[np.floating], rng: np.random.Generator) -> Waves:
    """Synthesise what is heard on board: engine, tyres and the weather.

    Rain hisses and patters, snow muffles the tyres, fog sounds like clear weather.

    Args:
        weather: one of ``WEATHERS``.
        speeds: M speeds in km/h.
        rng: source of phases and noise.

    Returns:
        [M, S] at ``RATE``, with a peak of ``PEAK``.
    """
    speed = speeds[:, None] / TOP_SPEED
    shape = (len(speed), int(SECONDS * RATE))
    time_s = np.arange(shape[1]) / RATE
    fundamental = IDLE_HZ + (HZ_AT_TOP_SPEED - IDLE_HZ) * speed
    wave = np.zeros(shape)
    for harmonic in range(1, 7):
        phase = rng.uniform(0, 2 * np.pi, (len(speed), 1))
        wave += np.sin(2 * np.pi * harmonic * fundamental * time_s + phase) / harmonic
    wave *= 0.5
    noise = rng.normal(size=shape)
    tyres = _smooth(noise, width=9 if weather == "snow" else 3)
    wave += (0.1 + 0.6 * speed) * tyres * (0.5 if weather == "snow" else 1.0)
    if weather == "rain":
        hiss = np.diff(noise, prepend=0)
        drops = (rng.random(shape) < 0.004) * rng.uniform(2, 6, shape)
        wave += 0.35 * hiss + _smooth(drops * np.sign(noise), width=2)
    wave *= PEAK / np.abs(wave).max(axis=1, keepdims=True)
    return (wave * np.iinfo(np.int16).max).round().astype(np.int16)


def _smooth(noise: npt.NDArray[np.floating], width: int) -> npt.NDArray[np.floating]:
    """Moving average over ``width`` samples, along the last axis."""
    total = np.cumsum(noise, axis=-1)
    total[:, width:] -= total[:, :-width].copy()
    return total / width
