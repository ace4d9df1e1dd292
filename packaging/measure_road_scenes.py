"""Measure a run on *Road scenes*: agreement of picture, sentence and row, and rows of pictures.

    python packaging/measure_road_scenes.py --run DIR [--count 500] [--seed 1]

Pictures are read by a judge that was trained on freshly drawn scenes and tested on others; its
agreement with held-out items is the ceiling of that of made pictures. Sentences and rows are read
by rule. Given items are held out.

Shapes: N items.
"""

import itertools
from collections.abc import Iterable, Mapping

import numpy as np
from starter_judges import (
    Labels,
    MeasuredRun,
    PictureJudge,
    Pictures,
    cells_of,
    load_judge,
    parse_arguments,
    places,
    print_agreement,
    print_heading,
)

from engine.data.table_cells import Column, read_numbers
from engine.sample.sampler import Samples
from engine.starters.road_facts import (
    AHEAD,
    BENDS,
    LEAST_BEND,
    MOST_STRAIGHT,
    SIGN_WORDS,
    SIGNS,
    TIMES,
    WEATHER_WORDS,
    WEATHERS,
    draw_facts,
)
from engine.starters.road_pictures import draw_scenes

TABLE = "row"
CLASSES: Mapping[str, tuple[str, ...]] = {
    "weather": WEATHERS,
    "time": TIMES,
    "sign": SIGNS,
    "bend": BENDS,
    "ahead": AHEAD,
}
"""By fact. A bend is the direction of the steering."""
SURELY_BENT = (LEAST_BEND + MOST_STRAIGHT) / 2
"""Steering from which a row states a bend."""


def main() -> None:
    """Print agreement of the held-out items, from noise and in each direction."""
    arguments = parse_arguments(__doc__)
    run = MeasuredRun.open(arguments.run)
    print_heading(arguments.run, run)
    sizes = {fact: len(classes) for fact, classes in CLASSES.items()}
    judge = load_judge("road-scenes", draw, sizes)
    judge.print_accuracy()
    items = run.held_out(arguments.count)
    columns = run.silent_columns
    real = read(run.round_trip(items, columns), judge)
    made = read(run.from_noise(arguments.count, arguments.seed, columns), judge)
    for title, stated in (("held-out items", real), ("from noise", made)):
        for one, other in itertools.combinations(stated, 2):
            print_agreement(f"{title}: {one} = {other}", stated[one], stated[other])
    for given in run.loaded.model.columns:
        found = read(run.complete(items, [given], arguments.seed, columns), judge)
        for name, facts in found.items():
            if name != given:
                print_agreement(f"given {given}, {name} = item", facts, real[TABLE])


def draw(count: int, rng: np.random.Generator) -> tuple[Pictures, Labels]:
    """Draw scenes for the judge."""
    scenes = draw_facts(count, rng)
    facts = {
        "weather": scenes.weather,
        "time": scenes.time_of_day,
        "sign": scenes.sign,
        "bend": scenes.bend,
        "ahead": scenes.ahead,
    }
    return draw_scenes(scenes, rng), facts


def read(samples: Samples, judge: PictureJudge) -> dict[str, Labels]:
    """Read the facts that picture, sentence and row state, by column."""
    return {
        "image": judge.read(samples.images),
        "text": read_sentences(samples.texts),
        TABLE: read_rows(cells_of(samples, TABLE)),
    }


def read_rows(cells: Mapping[str, Column]) -> Labels:
    """Read rows; steering between a straight road and a bend counts as the nearer of the two."""
    steering = read_numbers(cells["steering"])
    is_bent = np.abs(steering) >= SURELY_BENT
    return {
        "weather": places(cells["weather"], WEATHERS),
        "time": places(cells["time_of_day"], TIMES),
        "sign": places(cells["sign"], SIGNS),
        "bend": (1 + np.sign(steering) * is_bent).astype(np.int64),
        "ahead": places(cells["ahead"], AHEAD),
    }


def read_sentences(texts: Iterable[str]) -> Labels:
    """Read sentences of the form of ``road_facts.sentence``; others have no facts."""
    known = _sentences()
    nothing = (-1,) * len(CLASSES)
    found = np.array([known.get(text, nothing) for text in texts], dtype=np.int64)
    return {fact: found[:, place] for place, fact in enumerate(CLASSES)}


def _sentences() -> Mapping[str, tuple[int, ...]]:
    """Return all sentences, with the class of each fact in the order of ``CLASSES``."""
    roads = ("left bend", "straight road", "right bend")
    known: dict[str, tuple[int, ...]] = {}
    facts = itertools.product(*(range(len(classes)) for classes in CLASSES.values()))
    for weather, time, sign, bend, ahead in facts:
        start = f"{roads[bend]} on a {WEATHER_WORDS[WEATHERS[weather]]} {TIMES[time]}"
        end = f" by a {SIGN_WORDS[SIGNS[sign]]}" if SIGNS[sign] != "none" else ""
        distances = ("",) if AHEAD[ahead] == "none" else ("", "close ", "far ")
        for distance in distances:
            near = "" if AHEAD[ahead] == "none" else f" {distance}behind a {AHEAD[ahead]}"
            known[start + near + end] = (weather, time, sign, bend, ahead)
    return known


if __name__ == "__main__":
    main()
