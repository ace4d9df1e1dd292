"""Measure a run on *Beats*: the tempo of its sounds, and agreement of its columns.

    python packaging/measure_beats.py --run DIR [--count 500] [--seed 1]

Tempo is read from the wave that a listener hears, by signal processing. What the same reader says
of recorded items, as they are and after the way to the spectrogram and back, is the ceiling. Grids
are read by rule. Given items are held out.

Shapes: N items, S samples, S side of a picture in pixels.
"""

import itertools
from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
from starter_judges import (
    Labels,
    MeasuredRun,
    Pictures,
    cells_of,
    parse_arguments,
    places,
    print_agreement,
    print_heading,
    sounds_of,
)

from engine.data.table_cells import read_numbers
from engine.data.waveform import Sounds
from engine.sample.sampler import Samples
from engine.starters.beats import (
    BACKGROUND,
    FASTEST,
    GAUGE,
    GAUGE_ROWS,
    HATS,
    SLOWEST,
    STYLES,
    TEMPO_WORDS,
)
from engine.starters.reading import estimate_tempo

SOUND, TABLE = "sound", "row"
TOLERANCE = 0.05
"""Relative; of a tempo that counts as right."""
METRICAL_RATIOS = (2 / 3, 3 / 4, 4 / 3, 3 / 2)
"""Of a tempo that is wrong because another subdivision was taken for the beat."""
OCTAVES = (1 / 2, 2)
"""Ratios of the halved and the doubled tempo, which only the unbounded reading can give."""

Tempi = npt.NDArray[np.float64]


def main() -> None:
    """Print the ceiling, then figures from noise and of each given column."""
    arguments = parse_arguments(__doc__)
    run = MeasuredRun.open(arguments.run)
    print_heading(arguments.run, run)
    items = run.held_out(arguments.count)
    real = run.round_trip(items, [*run.loaded.model.columns])
    truth = row_tempi(real)
    _print_tempi("held-out items, recorded sound against row", run.recordings(SOUND, items), truth)
    _print_tempi("held-out items, after the spectrogram", sounds_of(real, SOUND), truth)
    made = run.from_noise(arguments.count, arguments.seed)
    _print_tempi("from noise, sound against row", sounds_of(made, SOUND), row_tempi(made))
    for title, samples in (("held-out items", real), ("from noise", made)):
        _print_all_agreements(title, samples)
    for given in run.loaded.model.columns:
        found = run.complete(items, [given], arguments.seed)
        title = f"given {given}"
        if given != SOUND:
            _print_tempi(f"{title}, sound against the item's row", sounds_of(found, SOUND), truth)
        if given != TABLE:
            right = is_near(row_tempi(found), truth).mean()
            print(f"{title}, tempo of the row against the item's: {right:.3f}")
        for name, facts in _stated(found).items():
            if name != given:
                print_agreement(f"{title}, {name} = item's row", facts, _stated(real)[TABLE])


def _print_tempi(title: str, sounds: Sounds, truth: Tempi) -> None:
    bounded = sound_tempi(sounds, SLOWEST, FASTEST)
    free = sound_tempi(sounds, SLOWEST / 2, 2 * FASTEST)
    print(
        f"{title}: tempo within 5 % {is_near(bounded, truth).mean():.3f}, off by a ratio of beats "
        f"{_is_multiple(bounded, truth, METRICAL_RATIOS).mean():.3f}; read without bounds "
        f"{is_near(free, truth).mean():.3f}, half or double "
        f"{_is_multiple(free, truth, OCTAVES).mean():.3f}"
    )


def _print_all_agreements(title: str, samples: Samples) -> None:
    stated = _stated(samples)
    for one, other in itertools.combinations(stated, 2):
        if stated[one].keys() & stated[other].keys():
            print_agreement(f"{title}: {one} = {other}", stated[one], stated[other])
    if samples.images.size:
        near = is_near(grid_tempi(samples.images), row_tempi(samples)).mean()
        print(f"{title}: tempo of the picture's gauge against row {near:.3f}")


def sound_tempi(sounds: Sounds, slowest: float, fastest: float) -> Tempi:
    """Read the tempo of each sound, NaN where there is none: [N]."""
    return np.array(
        [estimate_tempo(wave, sounds.rate, slowest, fastest) for wave in sounds.samples]
    )


def row_tempi(samples: Samples) -> Tempi:
    """Return the tempo that each row states: [N]."""
    return read_numbers(cells_of(samples, TABLE)["tempo"])


def grid_tempi(pictures: Pictures) -> Tempi:
    """Read the gauge of each step grid: [N, S, S, 3] to [N].

    The bar starts at the second pixel, so that the lit length is the tempo.
    """
    direction = np.array(GAUGE, float) - BACKGROUND
    side = pictures.shape[1]
    rows = slice(GAUGE_ROWS.start * side // 32, GAUGE_ROWS.stop * side // 32)
    strip = pictures[:, rows].astype(float).mean(1) - BACKGROUND
    lit = (strip @ direction / (direction @ direction)).clip(0, 1).sum(1) * 32 / side
    return SLOWEST + (FASTEST - SLOWEST) * lit / 30


def is_near(tempi: Tempi, truth: Tempi) -> npt.NDArray[np.bool_]:
    """Return which tempi are right; NaN never is: [N]."""
    return np.abs(tempi / truth - 1) <= TOLERANCE


def _is_multiple(tempi: Tempi, truth: Tempi, ratios: Iterable[float]) -> npt.NDArray[np.bool_]:
    wrong = ~is_near(tempi, truth)
    return wrong & np.logical_or.reduce([is_near(tempi, ratio * truth) for ratio in ratios])


def _stated(samples: Samples) -> Mapping[str, Labels]:
    """Return the facts that text and row state, and the tempo's word of the sound."""
    row = cells_of(samples, TABLE)
    return {
        "text": read_texts(samples.texts),
        TABLE: {
            "tempo": tempo_words(row_tempi(samples)),
            "feel": (read_numbers(row["swing"]) > 0).astype(np.int64),
            "style": places(row["style"], tuple(STYLES)),
        },
    }


def read_texts(texts: Iterable[str]) -> Labels:
    """Read texts of the form of ``beats.Beat.text``; others have no facts."""
    known = {
        f"{tempo} {feel}{style} with {hats}": (i, j, k)
        for i, tempo in enumerate(TEMPO_WORDS)
        for j, feel in enumerate(("", "swung "))
        for k, style in enumerate(STYLES)
        for hats in HATS
    }
    found = np.array([known.get(text, (-1, -1, -1)) for text in texts], dtype=np.int64)
    return {"tempo": found[:, 0], "feel": found[:, 1], "style": found[:, 2]}


def tempo_words(tempi: Tempi) -> npt.NDArray[np.int64]:
    """Return the place of the word for each tempo: [N]."""
    bounds = [*TEMPO_WORDS.values()][:-1]
    return np.searchsorted(bounds, tempi).astype(np.int64)


if __name__ == "__main__":
    main()
