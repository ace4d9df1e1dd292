"""Notes on a staff with name, sound, pitch and instrument.

The two octaves from C4 to B5 without accidentals. The ink's colour tells the instrument, so that
the picture says everything that the row does. Sounds are additive: harmonics in fixed proportions,
with an envelope, vibrato and breath.

Shapes: N items, M sounds, S samples, K harmonics, B pictures of a batch.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.data.starters import STARTERS
from engine.starters.canvas import Canvas, draw_in_batches
from engine.starters.columns import Images, StarterColumns, Waves, one_to_one, random_split

RATE, SECONDS = 8_000, 1.0
PEAK = 0.9
CONCERT_PITCH_HZ, CONCERT_NAME = 440.0, "A4"
SIDE = 32

LETTERS = "CDEFGAB"
SEMITONES = (0, 2, 4, 5, 7, 9, 11)
"""Of each letter above C."""
NAMES = tuple(f"{letter}{octave}" for octave in (4, 5) for letter in LETTERS)
TAKES = 24
"""Sounds of each note and instrument, shared by the items."""
TUNING_CENTS = 8.0
"""Largest mistuning of a take."""


@dataclass(frozen=True, kw_only=True)
class Instrument:
    """How an instrument sounds and in which colour its notes are written."""

    ink: tuple[int, int, int]
    harmonics: tuple[float, ...]
    """Amplitude of each harmonic, from the fundamental."""
    attack_s: float
    decay_s: float
    """Time constant of the decay after the attack; infinite for sustained sounds."""
    brightness_decay: float = 0.0
    """How much faster each higher harmonic decays, relative to the fundamental."""
    vibrato_cents: float = 0.0
    breath: float = 0.0
    """Amplitude of noise."""


INSTRUMENTS: Mapping[str, Instrument] = {
    "piano": Instrument(
        ink=(30, 30, 35),
        harmonics=(1.0, 0.55, 0.35, 0.22, 0.14, 0.1, 0.06, 0.04),
        attack_s=0.005,
        decay_s=0.45,
        brightness_decay=0.5,
    ),
    "guitar": Instrument(
        ink=(190, 105, 20),
        harmonics=(1.0, 0.8, 0.2, 0.35, 0.3, 0.05, 0.2, 0.15),
        attack_s=0.003,
        decay_s=0.22,
        brightness_decay=0.9,
    ),
    "flute": Instrument(
        ink=(40, 120, 220),
        harmonics=(1.0, 0.25, 0.06, 0.02),
        attack_s=0.08,
        decay_s=np.inf,
        vibrato_cents=18.0,
        breath=0.025,
    ),
    "clarinet": Instrument(
        ink=(140, 50, 170),
        harmonics=(1.0, 0.04, 0.6, 0.05, 0.35, 0.06, 0.2, 0.05, 0.1),
        attack_s=0.04,
        decay_s=np.inf,
        breath=0.004,
    ),
    "violin": Instrument(
        ink=(200, 35, 45),
        harmonics=(1.0, 0.7, 0.6, 0.45, 0.4, 0.3, 0.25, 0.2, 0.15, 0.12),
        attack_s=0.12,
        decay_s=np.inf,
        vibrato_cents=30.0,
        breath=0.006,
    ),
    "trumpet": Instrument(
        ink=(20, 140, 90),
        harmonics=(0.6, 0.9, 1.0, 0.9, 0.7, 0.5, 0.35, 0.25, 0.15, 0.1),
        attack_s=0.03,
        decay_s=np.inf,
        vibrato_cents=6.0,
    ),
}

PAPER = (252, 250, 244)
LINE_INK = (150, 150, 155)
BOTTOM_LINE, LINE_GAP = 25.0, 4.0
"""Top edge of the lowest line and distance between lines, in pixels."""
FIRST_ON_STAFF = 2
"""Steps from C4 to the lowest line, E4."""
MIDDLE_STEP = 6
"""Steps from C4 to the middle line, B4: from here on, stems point down."""
HIGHEST_STEM_UP = MIDDLE_STEP - 1


def build(
    count: int = STARTERS["notes"].items,
    held_out: int = STARTERS["notes"].held_out,
    seed: int = 0,
) -> StarterColumns:
    """Write and play notes, uniform over pitches and instruments.

    Args:
        count: number of items.
        held_out: how many of them are held out.
        seed: seed of everything.

    Returns:
        Columns ``image`` (staff), ``text`` (name of the note), ``sound`` and ``row`` (pitch in Hz,
        instrument).
    """
    rng = np.random.default_rng(seed)
    steps = rng.integers(len(NAMES), size=count)
    instruments = rng.integers(len(INSTRUMENTS), size=count)
    names = [NAMES[step] for step in steps]
    played = [list(INSTRUMENTS)[instrument] for instrument in instruments]
    takes = rng.integers(TAKES, size=count)
    sounds = (steps * len(INSTRUMENTS) + instruments) * TAKES + takes
    return StarterColumns(
        images={"image": draw_notes(steps, instruments, rng)},
        audio={"sound": (play_all(rng), RATE)},
        rows={"image": one_to_one(count), "sound": sounds.astype(np.int32)},
        texts={"text": names},
        tables={
            "row": {
                "pitch_hz": [round(pitch_hz(name), 2) for name in names],
                "instrument": played,
            }
        },
        split=random_split(count, held_out, rng),
        attributes=[
            {"note": name, "instrument": instrument}
            for name, instrument in zip(names, played, strict=True)
        ],
    )


def pitch_hz(name: str) -> float:
    """Return the pitch of a note such as ``A4`` in equal temperament.

    Args:
        name: a letter of ``LETTERS`` and the octave.
    """
    return float(CONCERT_PITCH_HZ * 2 ** ((_semitone(name) - _semitone(CONCERT_NAME)) / 12))


def _semitone(name: str) -> int:
    return 12 * int(name[1:]) + SEMITONES[LETTERS.index(name[0])]


def play_all(rng: np.random.Generator) -> Waves:
    """Play all takes of every note on every instrument.

    Returns:
        [M, S], ordered by note, instrument and take.
    """
    pitches = [pitch_hz(name) for name in NAMES]
    sounds = [
        play(np.full(TAKES, pitch), instrument, rng)
        for pitch in pitches
        for instrument in INSTRUMENTS.values()
    ]
    return np.concatenate(sounds)


def play(
    pitches: npt.NDArray[np.floating], instrument: Instrument, rng: np.random.Generator
) -> Waves:
    """Synthesise notes of one instrument.

    Args:
        pitches: [M] in Hz, before mistuning.
        instrument: how they sound.
        rng: source of mistuning, phases, vibrato, lengths and noise.

    Returns:
        [M, S] at ``RATE``, with a peak of ``PEAK``.
    """
    count = len(pitches)
    time_s = np.arange(int(SECONDS * RATE)) / RATE
    cents = rng.uniform(-TUNING_CENTS, TUNING_CENTS, size=(count, 1))
    vibrato_hz, phase = rng.uniform(4.8, 6.2, (count, 1)), rng.uniform(0, 2 * np.pi, (count, 1))
    # The integral of a frequency that swings by v cents around f is f (t + v' sin(...) / 2 pi r).
    swing = instrument.vibrato_cents * np.log(2) / 1200
    swung = swing * np.sin(2 * np.pi * vibrato_hz * time_s + phase) / (2 * np.pi * vibrato_hz)
    angle = 2 * np.pi * pitches[:, None] * 2 ** (cents / 1200) * (time_s + swung)
    wave = _sum_harmonics(angle, pitches.max(), instrument, time_s)
    wave += instrument.breath * rng.normal(size=wave.shape)
    attack = instrument.attack_s * rng.uniform(0.8, 1.25, (count, 1))
    release = rng.uniform(0.08, 0.2, (count, 1))
    wave *= (time_s / attack).clip(0, 1) * ((SECONDS - time_s) / release).clip(0, 1)
    wave *= PEAK / np.abs(wave).max(axis=1, keepdims=True)
    return (wave * np.iinfo(np.int16).max).round().astype(np.int16)


def _sum_harmonics(
    angle: npt.NDArray[np.floating],
    highest_hz: float,
    instrument: Instrument,
    time_s: npt.NDArray[np.floating],
) -> npt.NDArray[np.floating]:
    """Sum the harmonics below the Nyquist frequency: [M, S].

    sin(k a) = 2 cos(a) sin((k - 1) a) - sin((k - 2) a) saves a sine for each harmonic.
    """
    audible = int(0.475 * RATE / highest_hz)
    doubled, before, sine = 2 * np.cos(angle), np.zeros_like(angle), np.sin(angle)
    wave = np.zeros_like(angle)
    for number, amplitude in enumerate(instrument.harmonics[:audible]):
        rate = (1 + number * instrument.brightness_decay) / instrument.decay_s
        wave += amplitude * np.exp(-time_s * rate) * sine
        before, sine = sine, doubled * sine - before
    return wave


def draw_notes(
    steps: npt.NDArray[np.integer],
    instruments: npt.NDArray[np.integer],
    rng: np.random.Generator,
) -> Images:
    """Write one note on a staff in each picture.

    Args:
        steps: [B] index into ``NAMES``.
        instruments: [B] index into ``INSTRUMENTS``.
        rng: source of the horizontal position.

    Returns:
        [B, ``SIDE``, ``SIDE``, 3].
    """

    def draw(items: slice) -> Images:
        return _draw_batch(steps[items], instruments[items], rng)

    return draw_in_batches(len(steps), SIDE, draw)


def _draw_batch(
    steps: npt.NDArray[np.integer],
    instruments: npt.NDArray[np.integer],
    rng: np.random.Generator,
) -> Images:
    canvas = Canvas(len(steps), SIDE)
    canvas.fill(PAPER)
    for line in range(5):
        top = BOTTOM_LINE - LINE_GAP * line
        canvas.paint(canvas.box(1.0, top, SIDE - 1.0, top + 1), LINE_INK)
    inks = np.array([instrument.ink for instrument in INSTRUMENTS.values()])[instruments]
    x = rng.uniform(11, 21, size=len(steps))
    y = BOTTOM_LINE + 0.5 - (steps - FIRST_ON_STAFF) * LINE_GAP / 2
    for ledger in (-1, 5):
        needed = np.where(steps <= 0 if ledger < 0 else steps >= len(NAMES) - 2, 1.0, 0.0)
        top = BOTTOM_LINE - LINE_GAP * ledger
        canvas.paint(canvas.box(x - 4.5, top, x - 4.5 + 9 * needed, top + 1), LINE_INK)
    is_up = steps <= HIGHEST_STEM_UP
    # Whole pixels keep the stem sharp.
    stem = np.rint(np.where(is_up, x + 1.9, x - 2.9))
    length = 11.0
    canvas.paint(
        canvas.box(stem, np.where(is_up, y - length, y), stem + 1, np.where(is_up, y, y + length)),
        inks,
    )
    canvas.paint(_head(canvas, x, y), inks)
    return canvas.to_bytes()


def _head(
    canvas: Canvas, x: npt.NDArray[np.floating], y: npt.NDArray[np.floating]
) -> npt.NDArray[np.float32]:
    """Coverage of an oval of 6 by 4.4 pixels, tilted to the upper right."""
    angle = canvas.angles(x, y)
    wide, high, tilt = 3.0, 2.2, -0.35
    # Polar form of an ellipse around its centre.
    radius = wide * high / np.hypot(high * np.cos(angle - tilt), wide * np.sin(angle - tilt))
    return canvas.blob(x, y, radius)
