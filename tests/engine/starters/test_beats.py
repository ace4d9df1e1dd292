import numpy as np
import pytest

import resources
from engine.data.manifest import VALIDATION
from engine.errors import DatasetCorruptError, DatasetMissingError
from engine.starters import beats
from engine.starters.beats import FASTEST, HATS, PART_COLOURS, PARTS, RATE, SLOWEST, STYLES
from engine.starters.reading import estimate_tempo

SOURCE = resources.starters_folder() / "beats"
COUNT = 24


@pytest.fixture(scope="module")
def columns():
    return beats.build(SOURCE, count=COUNT, held_out=4, seed=11)


def grid_of(picture):
    """Read the grid from the colours of the steps: [H, P]."""
    lit = np.zeros((len(PARTS), 16), bool)
    for part, name in enumerate(PARTS):
        for step in range(16):
            half, place = divmod(step, 8)
            cell = picture[18 * half + 5 * part + 1, 4 * place : 4 * place + 4].astype(int)
            lit[part, step] = np.abs(cell - PART_COLOURS[name]).sum(axis=1).min() < 30
    return lit


def test_that_the_tempo_of_the_sound_is_that_of_the_row(columns):
    waves, rate = columns.audio["sound"]
    assert waves.shape == (COUNT, 2 * RATE)
    heard = np.array([estimate_tempo(wave, rate, SLOWEST, FASTEST) for wave in waves])
    right = np.abs(heard / columns.tables["row"]["tempo"] - 1) < 0.02
    assert right.mean() >= 0.85


def test_that_the_picture_shows_the_hits_that_the_row_counts(columns):
    row = columns.tables["row"]
    for item, picture in enumerate(columns.images["image"]):
        grid = grid_of(picture)
        counts = [row[f"{part}s"][item] for part in PARTS]
        assert grid.sum(axis=1).tolist() == counts
        style, hats = STYLES[row["style"][item]], HATS[columns.attributes[item]["hats"]]
        assert np.flatnonzero(grid[0]).tolist() == list(hats)
        assert np.flatnonzero(grid[1]).tolist() == list(style.snare)
        assert (
            set(style.kick) <= set(np.flatnonzero(grid[2])) <= {*style.kick, *style.optional_kick}
        )


def test_that_the_gauge_shows_the_tempo(columns):
    for picture, tempo in zip(columns.images["image"], columns.tables["row"]["tempo"], strict=True):
        filled = (picture[15, :, 1] > 120).sum()
        assert 31 * (tempo - SLOWEST) / (FASTEST - SLOWEST) == pytest.approx(filled, abs=1.6)


def test_that_words_agree_with_the_row(columns):
    row = columns.tables["row"]
    for item, text in enumerate(columns.texts["text"]):
        tempo, swing = row["tempo"][item], row["swing"][item]
        speed = "slow" if tempo <= 112 else "mid-tempo" if tempo <= 140 else "fast"
        feel = ["swung"] if swing else []
        hats = columns.attributes[item]["hats"]
        assert text == " ".join([speed, *feel, row["style"][item], "with", hats])
        assert columns.attributes[item]["feel"] == ("swung" if swing else "straight")


def test_that_hits_sound_where_the_grid_has_them():
    click = np.zeros(4, np.float32)
    click[0] = 1.0
    kit = {part: [click] for part in PARTS}
    grid = np.zeros((3, 16), bool)
    grid[2, [0, 3]] = True
    beat = beats.Beat(style="backbeat", hats="quarter hats", tempo=120.0, swing=0.2, grid=grid)
    wave = beats.play(beat, kit, np.random.default_rng(0))
    # A sixteenth at 120 beats a minute lasts 0.125 s; odd ones come 0.2 sixteenths late.
    assert np.flatnonzero(wave).tolist() == [0, int(3.2 * 0.125 * RATE)]
    assert np.abs(wave.astype(int)).max() == round(0.9 * 32767)


def test_that_beats_follow_from_the_seed_and_are_split(columns):
    same, other = (beats.build(SOURCE, count=3, held_out=1, seed=seed) for seed in (11, 12))
    again = beats.build(SOURCE, count=3, held_out=1, seed=11)
    assert np.array_equal(same.audio["sound"][0], again.audio["sound"][0])
    assert np.array_equal(same.images["image"], again.images["image"])
    assert same.texts != other.texts
    assert list(columns.split).count(VALIDATION) == 4


def test_that_missing_or_damaged_hits_are_named(tmp_path):
    with pytest.raises(DatasetMissingError):
        beats.build(tmp_path, count=1, held_out=0)
    (tmp_path / "hits.npz").write_bytes(b"not an archive")
    with pytest.raises(DatasetCorruptError, match=r"hits\.npz"):
        beats.build(tmp_path, count=1, held_out=0)
    np.savez_compressed(tmp_path / "hits.npz", kick_0=np.ones(5, np.int16))
    with pytest.raises(DatasetCorruptError, match="lacks hits"):
        beats.build(tmp_path, count=1, held_out=0)
