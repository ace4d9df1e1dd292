"""Two seconds of drums with words, a step grid and a row of tempo and hits.

A beat is a bar of 16 steps that repeats. Its sound is mixed from recorded hits, so that styles,
hats, tempo and swing are known exactly.

The grid shows the bar as two lines of eight steps, hats above snare above kick. Between the halves,
a gauge shows the tempo; swing moves every second step to the right.

Shapes: N items, S samples, P 16 steps of a bar, H 3 parts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.data.starters import STARTERS
from engine.errors import DatasetCorruptError
from engine.starters.bundled import read_arrays
from engine.starters.columns import Images, StarterColumns, one_to_one, random_split

RATE, SECONDS = 16_000, 2.0
PEAK = 0.9
SIDE = 32
STEPS, STEPS_IN_BEAT = 16, 4
PARTS = ("hat", "snare", "kick")
"""Of the grid, from top to bottom; the names of the arrays in the hits' file."""
HITS_FILE = "hits.npz"

SLOWEST, FASTEST = 90.0, 170.0
"""Tempo in beats per minute. Less than an octave, so that a tempo is never heard as its double."""
TEMPO_WORDS = {"slow": 112.0, "mid-tempo": 140.0, "fast": FASTEST}
"""Upper bound of the tempo that each word stands for."""
LEAST_SWING, MOST_SWING = 0.15, 0.33
"""Delay of every second step of swung beats, in steps; 1/3 is a triplet."""
HUMAN_GAIN = 0.12
"""Largest relative change of the loudness of a hit."""
GAINS = {"hat": 0.42, "snare": 0.8, "kick": 1.0}
OFF_BEAT_GAIN = 0.75
"""Of hats between the beats."""


@dataclass(frozen=True, kw_only=True)
class Style:
    """Steps at which kick and snare play."""

    kick: tuple[int, ...]
    snare: tuple[int, ...]
    optional_kick: tuple[int, ...]
    """One of them is added in a third of the beats."""


STYLES: Mapping[str, Style] = {
    "four on the floor": Style(kick=(0, 4, 8, 12), snare=(4, 12), optional_kick=(14, 15)),
    "backbeat": Style(kick=(0, 8, 10), snare=(4, 12), optional_kick=(6, 14)),
    "breakbeat": Style(kick=(0, 2, 10), snare=(4, 7, 9, 12), optional_kick=(11, 14)),
    "half-time beat": Style(kick=(0, 6, 10), snare=(8,), optional_kick=(3, 14)),
    "dembow": Style(kick=(0, 4, 8, 12), snare=(3, 6, 11, 14), optional_kick=(10, 15)),
}
HATS: Mapping[str, tuple[int, ...]] = {
    "quarter hats": tuple(range(0, STEPS, 4)),
    "eighth hats": tuple(range(0, STEPS, 2)),
    "sixteenth hats": tuple(range(STEPS)),
    "off-beat hats": tuple(range(2, STEPS, 4)),
}

BACKGROUND, GAUGE = (22, 24, 34), (120, 220, 160)
EMPTY_STEP, EMPTY_BEAT = (48, 52, 66), (66, 71, 88)
"""Colours of steps without a hit; on the beat they are lighter."""
PART_COLOURS = {"hat": (250, 210, 80), "snare": (240, 95, 85), "kick": (95, 160, 255)}
CELL, CELL_PITCH = (4, 3), (5, 4)
"""Height and width of a step, and their distances, in pixels."""
SECOND_HALF = 18
"""First row of the second half of the bar."""
GAUGE_ROWS = slice(15, 17)
SWING_PIXELS = 3.0
"""Shift of a step that is delayed by a whole step."""

Grid = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Beat:
    """Everything that is known of a beat."""

    style: str
    hats: str
    tempo: float
    """Beats per minute."""
    swing: float
    grid: Grid
    """[H, P]: which part plays at which step."""

    @property
    def tempo_word(self) -> str:
        """The word of ``TEMPO_WORDS`` for the tempo."""
        return next(word for word, bound in TEMPO_WORDS.items() if self.tempo <= bound)

    @property
    def text(self) -> str:
        """Words for the beat, for example ``fast swung breakbeat with off-beat hats``."""
        feel = "swung " if self.swing else ""
        return f"{self.tempo_word} {feel}{self.style} with {self.hats}"


def build(
    source: Path,
    count: int = STARTERS["beats"].items,
    held_out: int = STARTERS["beats"].held_out,
    seed: int = 0,
) -> StarterColumns:
    """Compose and play beats, uniform over styles, hats and tempo; half of them swing.

    Args:
        source: folder with ``HITS_FILE``.
        count: number of items.
        held_out: how many of them are held out.
        seed: seed of everything.

    Returns:
        Columns ``image`` (step grid), ``text``, ``sound`` and ``row`` (tempo, hits of each part in
        a bar, style, swing).

    Raises:
        DatasetMissingError, DatasetCorruptError: the hits are missing or damaged.
    """
    kit = read_kit(source / HITS_FILE)
    rng = np.random.default_rng(seed)
    beats = [compose(rng) for _ in range(count)]
    sounds = np.empty((count, int(SECONDS * RATE)), dtype=np.int16)
    for sound, beat in zip(sounds, beats, strict=True):
        sound[:] = play(beat, kit, rng)
    rows = one_to_one(count)
    return StarterColumns(
        images={"image": draw_grids(beats)},
        audio={"sound": (sounds, RATE)},
        rows={"image": rows, "sound": rows},
        texts={"text": [beat.text for beat in beats]},
        tables={"row": _table(beats)},
        split=random_split(count, held_out, rng),
        attributes=[
            {
                "style": beat.style,
                "hats": beat.hats,
                "tempo": beat.tempo_word,
                "feel": "swung" if beat.swing else "straight",
            }
            for beat in beats
        ],
    )


def _table(beats: Sequence[Beat]) -> Mapping[str, Sequence[float | str]]:
    hits = {
        f"{part}s": [float(beat.grid[line].sum()) for beat in beats]
        for line, part in enumerate(PARTS)
    }
    return {
        "tempo": [beat.tempo for beat in beats],
        **hits,
        "style": [beat.style for beat in beats],
        "swing": [beat.swing for beat in beats],
    }


def read_kit(path: Path) -> Mapping[str, Sequence[npt.NDArray[np.float32]]]:
    """Read the recorded hits of each part, with a peak of 1.

    Raises:
        DatasetMissingError, DatasetCorruptError: the file is missing or damaged.
    """
    arrays = read_arrays(path)
    kit = {
        part: [
            hit.astype(np.float32) / np.abs(hit.astype(np.float32)).max()
            for name, hit in sorted(arrays.items())
            if name.startswith(f"{part}_") and hit.dtype == np.int16 and hit.ndim == 1 and hit.any()
        ]
        for part in PARTS
    }
    if not all(kit.values()):
        raise DatasetCorruptError(path.parent, f"{path.name} lacks hits of a part")
    return kit


def compose(rng: np.random.Generator) -> Beat:
    """Draw a beat."""
    style, hats = rng.choice(list(STYLES)), rng.choice(list(HATS))
    grid = np.zeros((len(PARTS), STEPS), dtype=bool)
    kick = list(STYLES[style].kick)
    if rng.random() < 1 / 3:
        kick.append(int(rng.choice(STYLES[style].optional_kick)))
    for part, steps in (("hat", HATS[hats]), ("snare", STYLES[style].snare), ("kick", kick)):
        grid[PARTS.index(part), list(steps)] = True
    swings = rng.random() < 1 / 2
    return Beat(
        style=str(style),
        hats=str(hats),
        tempo=round(rng.uniform(SLOWEST, FASTEST), 1),
        swing=round(rng.uniform(LEAST_SWING, MOST_SWING), 2) if swings else 0.0,
        grid=grid,
    )


def play(
    beat: Beat,
    kit: Mapping[str, Sequence[npt.NDArray[np.float32]]],
    rng: np.random.Generator,
) -> npt.NDArray[np.int16]:
    """Mix a beat from one hit of each part: [S] at ``RATE``, with a peak of ``PEAK``."""
    length = int(SECONDS * RATE)
    mix = np.zeros(length, dtype=np.float32)
    step_s = 60 / beat.tempo / STEPS_IN_BEAT
    for part, line in zip(PARTS, beat.grid, strict=True):
        hit = kit[part][int(rng.integers(len(kit[part])))]
        for step in range(int(np.ceil(SECONDS / step_s))):
            if not line[step % STEPS]:
                continue
            gain = GAINS[part] * (1 + HUMAN_GAIN * rng.uniform(-1, 1))
            if part == "hat" and step % STEPS_IN_BEAT:
                gain *= OFF_BEAT_GAIN
            start = int((step + beat.swing * (step % 2)) * step_s * RATE)
            end = min(length, start + len(hit))
            mix[start:end] += gain * hit[: max(0, end - start)]
    mix *= PEAK * np.iinfo(np.int16).max / np.abs(mix).max()
    return mix.round().astype(np.int16)


def draw_grids(beats: Sequence[Beat]) -> Images:
    """Draw the step grid of each beat: [N, ``SIDE``, ``SIDE``, 3]."""
    grids = np.stack([beat.grid for beat in beats])
    swing = np.array([[beat.swing] for beat in beats])
    tempo = np.array([[beat.tempo] for beat in beats])
    background = np.array(BACKGROUND)
    pictures = np.empty((len(beats), SIDE, SIDE, 3))
    pictures[:] = background
    for half, steps in enumerate(np.split(np.arange(STEPS), 2)):
        left = CELL_PITCH[1] * (steps - steps[0]) + SWING_PIXELS * swing * (steps % 2)
        cover = _cover_columns(left, left + CELL[1])
        empty = np.where(steps[:, None] % STEPS_IN_BEAT, EMPTY_STEP, EMPTY_BEAT)
        for part, name in enumerate(PARTS):
            is_hit = grids[:, part, steps, None]
            colours = np.where(is_hit, PART_COLOURS[name], empty) - background
            top = SECOND_HALF * half + CELL_PITCH[0] * part
            line = np.einsum("nsx,nsc->nxc", cover, colours)
            pictures[:, top : top + CELL[0]] += line[:, None]
    filled = 1 + (SIDE - 2) * (tempo - SLOWEST) / (FASTEST - SLOWEST)
    gauge = _cover_columns(np.ones_like(filled), filled)[:, 0, None, :, None]
    pictures[:, GAUGE_ROWS] += gauge * (np.array(GAUGE) - background)
    return pictures.round().astype(np.uint8)


def _cover_columns(
    left: npt.NDArray[np.floating], right: npt.NDArray[np.floating]
) -> npt.NDArray[np.floating]:
    """Share of each pixel column between two edges: from [N, K] to [N, K, ``SIDE``]."""
    edges = np.arange(SIDE)
    low = np.maximum(edges, left[..., None])
    return (np.minimum(edges + 1, right[..., None]) - low).clip(0, 1)
