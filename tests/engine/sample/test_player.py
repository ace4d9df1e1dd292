"""Scenes: rendered alone and together, on walks and along directions, in every family."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.config.sections import FAMILIES
from engine.control import RunControl
from engine.data.seeds import mix_seed
from engine.data.waveform import Sounds
from engine.errors import CellsInvalidError, SceneInvalidError, UnknownWordsError
from engine.nets.protocols import Endpoint
from engine.sample.load import load_run
from engine.sample.player import Player
from engine.sample.scene import (
    GivenCells,
    GivenPicture,
    Noise,
    Scene,
    StoredNoise,
)
from engine.sample.scene_sources import PREVIEW_STREAM, gallery_scene, preview_scene
from engine.train.run import train
from tests.helpers.columns import four_column_dataset
from tests.helpers.tiny import tiny_config

CPU = torch.device("cpu")
KINDS = (*FAMILIES, "joint-dense", "text-first")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Runs of four columns, by family or architecture, trained when they are first asked for."""
    place = tmp_path_factory.mktemp("play")
    data = four_column_dataset(place / "data")
    trained = {}

    def run(kind):
        if kind not in trained:
            values = {"family": kind}
            if kind in ("joint-dense", "text-first"):
                values = {"family": "adversarial"}
            config = tiny_config(data, place / kind, images=16).with_values(**values)
            networks = {
                "joint-dense": {"architecture": "joint-dense"},
                "text-first": {"generation_order": "text-first"},
            }.get(kind, {})
            config = replace(config, networks=replace(config.networks, **networks))
            train(config, lambda _event: None, RunControl())
            trained[kind] = config.run
        return load_run(trained[kind], CPU)

    return run


def parts(samples, row):
    """Return what is shown of one item, comparable by ``==``."""
    found = {}
    for name, column in samples.columns.items():
        match column:
            case np.ndarray():
                found[name] = column[row].tobytes()
            case Sounds():
                found[name] = (column.samples[row].tobytes(), column.spectrograms[row].tobytes())
            case tuple():
                found[name] = column[row]
            case _:
                found[name] = column.rows[row]
    return found


def varied_scenes():
    first, second = Noise.from_seed(3), Noise.from_seed(4, row=7)
    return [
        Scene(noise=first),
        Scene(noise=first, given={"text": "dark"}),
        Scene(noise=second, given={"text": "light"}, truncation=0.5),
        Scene(noise=first.varied(second, 0.3)),
        Scene(noise=first, offsets={0: 2.0, 1: -1.0}),
        Scene(noise=first, given={"facts": GivenCells(cells={"shade": "light"})}),
        Scene(noise=first, given={"facts": GivenCells(cells={"shade": "dark", "level": 3.5})}),
        Scene(noise=first, towards=Scene(noise=second), place=0.25),
        Scene(noise=first, given={"text": "dark"}, towards=Scene(noise=second), place=0.75),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_scene_gives_the_same_item_alone_as_among_others(runs, kind):
    scenes = varied_scenes()
    together = Player(runs(kind)).render(scenes)
    shuffled = Player(runs(kind)).render(scenes[::-1])
    for row, scene in enumerate(scenes):
        alone = parts(Player(runs(kind)).render([scene]), 0)
        assert alone == parts(together, row)
        assert alone == parts(shuffled, len(scenes) - 1 - row)


@pytest.mark.parametrize("kind", KINDS)
def test_a_scene_shows_what_the_model_makes_of_its_noise(runs, kind):
    run = runs(kind)
    scenes = [gallery_scene(5, item, truncation=0.7) for item in range(3)]
    noise = run.sampler.truncated(0.7).draw_noise(64, mix_seed(5, 0))
    expected = run.sampler.complete({n: rows[:4] for n, rows in noise.items()}, {})
    made = Player(run).render(scenes)
    assert [parts(made, row) for row in range(3)] == [parts(expected, row) for row in range(3)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_walk_shows_what_the_model_interpolates(runs, kind):
    run = runs(kind)
    player = Player(run)
    start, end = gallery_scene(1, 0), gallery_scene(2, 0)
    sampler = run.sampler
    ends = [
        Endpoint(
            noise={
                n: rows[:1].expand(4, *rows.shape[1:])
                for n, rows in sampler.draw_noise(64, mix_seed(seed, 0)).items()
            },
            conditions={},
        )
        for seed in (1, 2)
    ]
    expected = sampler.model.interpolate(*ends, torch.full((4,), 0.3))
    made = player.render([replace(start, towards=end, place=0.3)], ["image"])
    shown = run.modality("image").postprocess(expected["image"])
    assert np.array_equal(made.images[0], shown[0])
    later = player.render([replace(start, towards=end, place=0.31)], ["image"])
    assert not np.array_equal(later.images, made.images)


@pytest.mark.parametrize("kind", KINDS)
def test_given_values_are_kept_and_missing_cells_are_filled_in(runs, kind):
    cells = GivenCells(cells={"shade": "light"})
    scene = Scene(noise=Noise.from_seed(1), given={"text": "dark", "facts": cells})
    made = Player(runs(kind)).render([scene])
    assert made.texts == ("dark",)
    (row,) = made.columns["facts"].rows
    assert row[1] == "light"
    assert isinstance(row[0], float)


def test_only_wanted_columns_are_generated(runs):
    made = Player(runs("hybrid")).render([Scene(noise=Noise.from_seed(1))], ["text"])
    assert list(made.columns) == ["text"]


def test_combined_noise_moves_the_picture_and_keeps_the_text_of_the_larger_part(runs):
    player = Player(runs("hybrid"))
    first, second = Noise.from_seed(3), Noise.from_seed(4)
    near = first.varied(second, 0.1)
    bank = player._renderer.noises
    assert torch.equal(bank.part(near, "text"), bank.part(first, "text"))
    weights = [weight for _source, weight in near.parts]
    expected = weights[0] * bank.part(first, "image") + weights[1] * bank.part(second, "image")
    assert torch.allclose(bank.part(near, "image"), expected)
    assert sum(weight**2 for weight in weights) == pytest.approx(1)


def test_an_offset_moves_the_noise_along_a_direction(runs):
    renderer = Player(runs("hybrid"))._renderer
    scene = Scene(noise=Noise.from_seed(3), offsets={1: 2.0})
    noise = renderer._noise([renderer.begin(scene)], "image")
    expected = renderer.noises.part(scene.noise, "image") + 2 * renderer.axes.vectors[1]
    assert torch.allclose(noise["image"][0] + noise["shift"][0], expected)


def test_a_preview_tile_is_found_again(runs):
    run = runs("hybrid")
    noise = run.sampler.draw_noise(4, mix_seed(run.config.seed, PREVIEW_STREAM))
    expected = run.sampler.complete(noise, {})
    scenes = [preview_scene(run.config.seed, tile, 4) for tile in range(4)]
    made = Player(run).render(scenes)
    assert [parts(made, row) for row in range(4)] == [parts(expected, row) for row in range(4)]


@pytest.mark.parametrize(
    ("scene", "error", "says"),
    [
        (Scene(noise=Noise.from_seed(1), given={"text": "azure"}), UnknownWordsError, "azure"),
        (Scene(noise=Noise.from_seed(1), given={"song": "dark"}), SceneInvalidError, "song"),
        (Scene(noise=Noise.from_seed(1), given={"image": "dark"}), SceneInvalidError, "image"),
        (
            Scene(noise=Noise.from_seed(1), given={"image": GivenPicture(png=b"no")}),
            SceneInvalidError,
            "damaged",
        ),
        (
            Scene(noise=Noise.from_seed(1), given={"facts": GivenCells(cells={"x": 1})}),
            CellsInvalidError,
            "x",
        ),
        (Scene(noise=Noise.from_seed(1), offsets={9: 1.0}), SceneInvalidError, "directions"),
        (
            Scene(noise=Noise(parts=((StoredNoise(values=(("image", (1.0,)),)), 1.0),))),
            SceneInvalidError,
            "numbers",
        ),
    ],
)
def test_a_scene_that_does_not_fit_is_refused(runs, scene, error, says):
    with pytest.raises(error, match=says):
        Player(runs("hybrid")).render([scene])
