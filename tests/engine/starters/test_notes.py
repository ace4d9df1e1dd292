import numpy as np
import pytest

from engine.data.manifest import VALIDATION
from engine.starters import notes
from engine.starters.notes import INSTRUMENTS, NAMES, RATE, TAKES
from engine.starters.reading import estimate_pitch

RNG_SEED = 5
CHROMATIC = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


@pytest.fixture(scope="module")
def columns():
    # Two takes: the sounds of all notes and instruments are made in a fraction of a second.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(notes, "TAKES", 2)
        return notes.build(count=300, held_out=30, seed=RNG_SEED)


def name_of(pitch_hz):
    """Name by the MIDI number: 69 is A4, 440 Hz."""
    midi = round(69 + 12 * np.log2(pitch_hz / 440))
    return f"{CHROMATIC[midi % 12]}{midi // 12 - 1}"


def test_that_pitches_are_those_of_equal_temperament():
    assert notes.pitch_hz("A4") == 440
    assert notes.pitch_hz("C4") == pytest.approx(261.626, abs=0.001)
    assert notes.pitch_hz("A5") == 880
    assert [name_of(notes.pitch_hz(name)) for name in NAMES] == list(NAMES)


def test_that_every_note_of_every_instrument_sounds_at_its_pitch(columns):
    waves, rate = columns.audio["sound"]
    assert rate == RATE
    sounds = waves[::2].reshape(len(NAMES), len(INSTRUMENTS), -1)
    for name, of_note in zip(NAMES, sounds, strict=True):
        assert {name_of(estimate_pitch(wave, RATE)) for wave in of_note} == {name}


def test_that_text_row_facts_and_sound_agree(columns):
    row, sounds = columns.tables["row"], columns.rows["sound"]
    waves, _rate = columns.audio["sound"]
    for item, facts in enumerate(columns.attributes):
        assert columns.texts["text"][item] == facts["note"]
        assert name_of(row["pitch_hz"][item]) == facts["note"]
        assert row["instrument"][item] == facts["instrument"]
    for item in range(0, 300, 30):
        assert name_of(estimate_pitch(waves[sounds[item]], RATE)) == columns.texts["text"][item]


def test_that_the_head_sits_where_the_note_belongs_in_the_ink_of_the_instrument(columns):
    for picture, facts in zip(columns.images["image"], columns.attributes, strict=True):
        ink = np.array(INSTRUMENTS[facts["instrument"]].ink)
        is_ink = np.abs(picture.astype(int) - ink).sum(axis=2) < 40
        rows, across = np.nonzero(is_ink)
        # The stem is one pixel wide; rows with more ink belong to the head.
        head = [y for y in range(32) if np.count_nonzero(rows == y) >= 3]
        step = round((29.5 - (np.mean(head) + 0.5)) / 2)
        assert NAMES[step] == facts["note"]
        assert np.ptp(across) <= 6


def test_that_sounds_are_full_and_end_in_silence(columns):
    waves, _rate = columns.audio["sound"]
    assert np.abs(waves.astype(int)).max(axis=1).tolist() == [round(0.9 * 32767)] * len(waves)
    assert np.abs(waves[:, -8:].astype(int)).max() < 0.02 * 32767


def test_that_instruments_differ_in_their_spectrum_and_decay(columns):
    waves, _rate = columns.audio["sound"]
    a4 = waves.reshape(len(NAMES), len(INSTRUMENTS), 2, -1)[NAMES.index("A4"), :, 0].astype(float)
    loudness = np.square(a4).reshape(len(INSTRUMENTS), 10, -1).mean(axis=2)
    names = list(INSTRUMENTS)
    for name, levels in zip(names, loudness, strict=True):
        is_plucked = name in ("piano", "guitar")
        assert (levels[7] < 0.25 * levels[1]) == is_plucked
    power = np.square(np.abs(np.fft.rfft(a4)))
    first, second = (np.sqrt(power[:, hz - 40 : hz + 41].sum(axis=1)) for hz in (440, 880))
    ratio = dict(zip(names, second / first, strict=True))
    assert ratio["clarinet"] < 0.1 < ratio["flute"] < 0.5 < ratio["violin"] < 1 < ratio["trumpet"]


def test_that_notes_follow_from_the_seed_and_are_split(columns):
    steps, instruments = np.arange(14), np.arange(14) % 6
    first, same, other = (
        notes.draw_notes(steps, instruments, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)
    assert list(columns.split).count(VALIDATION) == 30
    assert TAKES * len(NAMES) * len(INSTRUMENTS) == 2_016
