"""Measure a run on *Notes*: the pitch of its sounds, and agreement of its columns.

    python packaging/measure_notes.py --run DIR [--count 500] [--seed 1]

Pitch is read from the wave that a listener hears, by signal processing. What the same reader says
of recorded items, as they are and after the way to the spectrogram and back, is the ceiling. Staves
are read by a judge that was trained on fresh drawings. Given items are held out.

Shapes: N items.
"""

import numpy as np
import numpy.typing as npt
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
    sounds_of,
)

from engine.data.table_cells import read_numbers
from engine.data.waveform import Sounds
from engine.sample.sampler import Samples
from engine.starters.notes import INSTRUMENTS, NAMES, draw_notes, pitch_hz
from engine.starters.reading import estimate_pitch

SOUND, TABLE = "sound", "row"
PITCHES_HZ = np.array([pitch_hz(name) for name in NAMES])
MAX_SEMITONES = 0.5
"""Distance of a pitch from the note that it counts as."""
FIFTH, OCTAVE = 7.02, 12.0
"""In semitones; where a reader errs that takes another harmonic for the fundamental."""

Pitches = npt.NDArray[np.float64]


def main() -> None:
    """Print the ceiling, then figures from noise and of each given column."""
    arguments = parse_arguments(__doc__)
    run = MeasuredRun.open(arguments.run)
    print_heading(arguments.run, run)
    judge = load_judge("notes", draw, {"note": len(NAMES), "instrument": len(INSTRUMENTS)})
    judge.print_accuracy()
    items = run.held_out(arguments.count)
    real = run.round_trip(items, [*run.loaded.model.columns])
    stated = read(real, judge)
    truth = stated["text"]["note"]
    _print_pitches("held-out items, recorded sound", run.recordings(SOUND, items), truth)
    _print_pitches("held-out items, after the spectrogram", sounds_of(real, SOUND), truth)
    made = run.from_noise(arguments.count, arguments.seed)
    said = read(made, judge)
    for name in ("text", TABLE):
        title = f"from noise, sound against {name}"
        _print_pitches(title, sounds_of(made, SOUND), said[name]["note"])
    print_agreement("from noise: text = row", said["text"], said[TABLE])
    print_agreement("from noise: picture = text", said["image"], said["text"])
    print_agreement("from noise: picture = row", said["image"], said[TABLE])
    for given in run.loaded.model.columns:
        found = run.complete(items, [given], arguments.seed)
        if given != SOUND:
            title = f"given {given}, sound against the item"
            _print_pitches(title, sounds_of(found, SOUND), truth)
        for name, facts in read(found, judge).items():
            if name != given:
                print_agreement(f"given {given}, {name} = item", facts, stated[TABLE])


def draw(count: int, rng: np.random.Generator) -> tuple[Pictures, Labels]:
    """Draw notes for the judge."""
    steps = rng.integers(len(NAMES), size=count)
    instruments = rng.integers(len(INSTRUMENTS), size=count)
    pictures = draw_notes(steps, instruments, rng)
    return pictures, {"note": steps, "instrument": instruments}


def _print_pitches(title: str, sounds: Sounds, notes: npt.NDArray[np.integer]) -> None:
    pitches = np.array([estimate_pitch(wave, sounds.rate) for wave in sounds.samples])
    off = semitones_off(pitches, notes)
    right = np.abs(off) <= MAX_SEMITONES
    octave = np.abs(np.abs(off) - OCTAVE) <= MAX_SEMITONES
    fifth = np.abs(np.abs(off) - FIFTH) <= MAX_SEMITONES
    print(
        f"{title}: pitch {right.mean():.3f}, off by an octave {octave.mean():.3f}, by a fifth "
        f"{fifth.mean():.3f}; median distance {np.median(np.abs(off[~np.isnan(off)])):.2f} "
        "semitones"
    )


def semitones_off(pitches: Pitches, notes: npt.NDArray[np.integer]) -> Pitches:
    """Return how far pitches lie above notes: [N], NaN where one of the two is unknown."""
    wanted = np.where(notes >= 0, PITCHES_HZ[notes], np.nan)
    return 12 * np.log2(pitches / wanted)


def nearest_notes(pitches: Pitches) -> npt.NDArray[np.int64]:
    """Return the place in ``NAMES`` of the nearest note, -1 beyond half a semitone: [N]."""
    off = 12 * np.log2(pitches[:, None] / PITCHES_HZ)
    nearest = np.abs(off).argmin(1)
    is_near = np.abs(off).min(1) <= MAX_SEMITONES
    return np.where(is_near, nearest, -1).astype(np.int64)


def read(samples: Samples, judge: PictureJudge) -> dict[str, Labels]:
    """Read the facts that text, row and picture state, by column."""
    row = cells_of(samples, TABLE)
    return {
        # Tokenizers keep no capitals.
        "text": {"note": places([text.upper() for text in samples.texts], NAMES)},
        TABLE: {
            "note": nearest_notes(read_numbers(row["pitch_hz"])),
            "instrument": places(row["instrument"], tuple(INSTRUMENTS)),
        },
        "image": judge.read(samples.images),
    }


if __name__ == "__main__":
    main()
