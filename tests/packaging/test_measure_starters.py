"""What the measurements of starters read from texts, rows, pictures and sounds."""

import importlib
from pathlib import Path

import numpy as np
import pytest

import resources
from engine.data.table_codec import Cells
from engine.data.waveform import Sounds
from engine.sample.sampler import Samples
from engine.starters import beats, cell_cases, notes, road_facts

PACKAGING = Path(__file__).parents[2] / "packaging"


@pytest.fixture
def script(monkeypatch):
    """Load a script by name; its folder is deliberately no package."""
    monkeypatch.syspath_prepend(str(PACKAGING))
    return importlib.import_module


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def test_that_reports_state_what_their_rows_do(script):
    module = script("measure_cell_cases")
    path = resources.starters_folder() / "cell-cases" / cell_cases.CASES_FILE
    table, diagnoses = cell_cases.read_cases(path)
    facts = [
        {**cell_cases.describe(table, case), "diagnosis": diagnosis}
        for case, diagnosis in enumerate(diagnoses)
    ]
    said = module.read_reports(tuple(cell_cases.report(each) for each in facts))
    stated = module.read_rows({**table, "diagnosis": list(diagnoses)})
    assert {*said} == {"size", "outline", "texture", "diagnosis"}
    for fact, labels in said.items():
        assert (labels == stated[fact]).all()
        assert len(np.unique(labels)) == len(module.WORDS[fact])


def test_that_a_garbled_report_states_nothing(script):
    module = script("measure_cell_cases")
    said = module.read_reports(
        (
            "large nuclei nuclei dented outlines and coarse texture, malignant",
            "huge nuclei with dented outlines and coarse texture, malignant",
        )
    )
    assert [int(labels[0]) for labels in said.values()] == [-1] * 4
    assert said["size"][1] == -1
    assert said["outline"][1] == module.WORDS["outline"].index("dented")


def test_that_sentences_of_scenes_are_read(script, rng):
    module = script("measure_road_scenes")
    scenes = road_facts.draw_facts(300, rng)
    said = module.read_sentences([*(road_facts.sentence(scenes, k) for k in range(300)), "a bus"])
    truth = {
        "weather": scenes.weather,
        "time": scenes.time_of_day,
        "sign": scenes.sign,
        "bend": scenes.bend,
        "ahead": scenes.ahead,
    }
    for fact, labels in truth.items():
        assert (said[fact][:300] == labels).all()
        assert said[fact][300] == -1


def test_that_steering_counts_as_the_nearest_kind_of_road(script):
    module = script("measure_road_scenes")
    count = 5
    cells = {
        "weather": ["fog"] * count,
        "time_of_day": ["dusk"] * count,
        "sign": ["stop", None, "yield", "none", "limit"],
        "ahead": ["bus"] * count,
        "steering": [-0.7, -0.2, 0.05, 0.25, 0.3],
    }
    read = module.read_rows(cells)
    assert read["bend"].tolist() == [0, 1, 1, 1, 2]
    assert read["sign"].tolist() == [1, -1, -1, 0, 2]


def test_that_gauge_words_and_sound_tell_the_tempo_of_a_beat(script, rng):
    module = script("measure_beats")
    made = [beats.compose(rng) for _ in range(40)]
    tempi = np.array([beat.tempo for beat in made])
    np.testing.assert_allclose(module.grid_tempi(beats.draw_grids(made)), tempi, atol=0.5)
    said = module.read_texts([beat.text for beat in made])
    assert said["tempo"].tolist() == module.tempo_words(tempi).tolist()
    assert said["feel"].tolist() == [int(beat.swing > 0) for beat in made]
    assert [list(beats.STYLES)[k] for k in said["style"]] == [beat.style for beat in made]
    kit = beats.read_kit(resources.starters_folder() / "beats" / beats.HITS_FILE)
    waves = np.stack([beats.play(beat, kit, rng) for beat in made[:10]])
    sounds = Sounds(samples=waves, rate=beats.RATE, spectrograms=np.empty((10, 0, 0), np.uint8))
    heard = module.sound_tempi(sounds, beats.SLOWEST, beats.FASTEST)
    assert module.is_near(heard, tempi[:10]).mean() >= 0.8
    assert not module.is_near(2 * tempi, tempi).any()


def test_that_pitches_count_as_the_nearest_note(script):
    module = script("measure_notes")
    pitches = np.array([440.0, 440 * 2 ** (0.4 / 12), 440 * 2 ** (0.6 / 12), np.nan])
    a4 = notes.NAMES.index("A4")
    assert module.nearest_notes(pitches).tolist() == [a4, a4, -1, -1]
    off = module.semitones_off(np.array([880.0, 440.0]), np.array([a4, -1]))
    assert off[0] == pytest.approx(12)
    assert np.isnan(off[1])


def test_that_batches_of_all_kinds_are_joined(script):
    module = script("starter_judges")

    def batch(value: int) -> Samples:
        return Samples(
            columns={
                "image": np.full((2, 4, 4, 3), value, np.uint8),
                "text": (str(value),) * 2,
                "sound": Sounds(
                    samples=np.full((2, 8), value, np.int16),
                    rate=8_000,
                    spectrograms=np.zeros((2, 4, 4), np.uint8),
                ),
                "row": Cells(fields=("x",), rows=((value,),) * 2),
            }
        )

    whole = module.joined([batch(1), batch(2)])
    assert len(whole) == 4
    assert whole.images[:, 0, 0, 0].tolist() == [1, 1, 2, 2]
    assert whole.texts == ("1", "1", "2", "2")
    assert module.sounds_of(whole, "sound").samples[:, 0].tolist() == [1, 1, 2, 2]
    assert list(module.cells_of(whole, "row")["x"]) == [1, 1, 2, 2]
    with pytest.raises(TypeError, match="'text' holds no sounds"):
        module.sounds_of(whole, "text")


def test_that_agreement_needs_readable_facts(script, capsys):
    module = script("starter_judges")
    one = {"a": np.array([0, 1, -1, 2]), "b": np.array([1, 1, 1, 1]), "c": np.zeros(4, int)}
    other = {"a": np.array([0, 1, -1, 0]), "b": np.array([1, 0, 1, 1])}
    module.print_agreement("title", one, other)
    assert capsys.readouterr().out == "title: a 0.500, b 0.750, all 0.250\n"


def test_that_a_judge_of_pictures_learns_and_is_found_again(script, monkeypatch, tmp_path, rng):
    module = script("starter_judges")
    monkeypatch.setattr(module.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(module, "TRAINING_PICTURES", 512)
    monkeypatch.setattr(module, "TEST_PICTURES", 64)
    monkeypatch.setattr(module, "BATCH", 16)
    monkeypatch.setattr(module, "EPOCHS", 2)

    def draw(count, rng):
        bright, red = rng.integers(2, size=(2, count))
        pictures = np.full((count, 32, 32, 3), 40, np.uint8)
        pictures[bright == 1] += 120
        pictures[red == 1, 8:24, 8:24, 0] += 90
        return pictures, {"bright": bright, "red": red}

    judge = module.load_judge("squares", draw, {"bright": 2, "red": 2})
    assert min(judge.accuracy.values()) >= 0.95
    pictures, truth = draw(20, rng)
    large = pictures.repeat(2, axis=1).repeat(2, axis=2)
    assert (judge.read(large)["bright"] == truth["bright"]).mean() >= 0.9
    monkeypatch.setattr(module, "_train", None)
    again = module.load_judge("squares", draw, {"bright": 2, "red": 2})
    for fact in truth:
        assert (again.read(pictures)[fact] == judge.read(pictures)[fact]).all()
