"""Scenes: rendered alone and together, on walks and along directions, in every family."""

import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from engine.config.sections import FAMILIES
from engine.control import RunControl
from engine.data.seeds import mix_seed
from engine.data.table_codec import Cells
from engine.data.waveform import Sounds
from engine.errors import CellsInvalidError, SceneInvalidError, UnknownWordsError
from engine.nets.protocols import Endpoint
from engine.sample.load import load_run
from engine.sample.player import Player
from engine.sample.renderer import ROWS
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
def test_a_draft_differs_by_rounding_alone_and_leaves_no_trace(runs, kind):
    run, first, second = runs(kind), Noise.from_seed(3), Noise.from_seed(4)
    scenes = [Scene(noise=first.varied(second, part / 8)) for part in range(5)]
    exact = Player(run).render(scenes)
    player = Player(run)
    for some in (scenes[:3], scenes):
        draft = player.render(some, is_draft=True)
        assert draft.texts == exact.texts[: len(some)]
        for made, expected in zip(draft.images, exact.images, strict=False):
            assert np.abs(made.astype(int) - expected).max() <= 1
    after = player.render(scenes)
    assert [parts(after, row) for row in range(5)] == [parts(exact, row) for row in range(5)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_scene_shows_what_the_model_makes_of_its_noise(runs, kind):
    run = runs(kind)
    scenes = [gallery_scene(5, item, truncation=0.7) for item in range(3)]
    noise = run.sampler.truncated(0.7).draw_noise(64, mix_seed(5, 0))
    made = Player(run).render(scenes)
    for row in range(3):
        pair = {n: rows[[row] * ROWS] for n, rows in noise.items()}
        assert parts(made, row) == parts(run.sampler.complete(pair, {}), 0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_walk_shows_what_the_model_interpolates(runs, kind):
    run = runs(kind)
    player = Player(run)
    start, end = gallery_scene(1, 0), gallery_scene(2, 0)
    sampler = run.sampler
    ends = [
        Endpoint(
            noise={
                n: rows[:1].expand(ROWS, *rows.shape[1:])
                for n, rows in sampler.draw_noise(64, mix_seed(seed, 0)).items()
            },
            conditions={},
        )
        for seed in (1, 2)
    ]
    expected = sampler.model.interpolate(*ends, torch.full((ROWS,), 0.3))
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
    facts = made.columns["facts"]
    assert isinstance(facts, Cells)
    (row,) = facts.rows
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
    made = Player(run).render([preview_scene(run.config.seed, tile, 4) for tile in range(4)])
    for tile in range(4):
        pair = {n: rows[[tile] * ROWS] for n, rows in noise.items()}
        assert parts(made, tile) == parts(run.sampler.complete(pair, {}), 0)


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


def png_of(samples):
    content = io.BytesIO()
    Image.fromarray(samples.images[0]).convert("L").save(content, "PNG")
    return GivenPicture(png=content.getvalue())


@pytest.mark.parametrize("kind", KINDS)
def test_the_noise_of_a_picture_is_found(runs, kind):
    player = Player(runs(kind))
    target = player.render([Scene(noise=Noise.from_seed(11))])
    steps = list(player.project(png_of(target), {}, RunControl()))
    assert [step.step for step in steps] == list(range(0, 151, 10))
    errors = [step.error for step in steps]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < errors[0]
    again = Player(runs(kind)).render([steps[-1].scene])
    assert np.array_equal(again.images[0], steps[-1].picture)
    shown = steps[-1].picture.astype(float) - target.images[0]
    assert np.mean((shown / 127.5) ** 2) == pytest.approx(errors[-1], abs=2e-3)


def test_a_search_stops_when_asked(runs):
    player, control = Player(runs("hybrid")), RunControl()
    picture = png_of(player.render([Scene(noise=Noise.from_seed(11))]))
    steps = []
    for step in player.project(picture, {"text": "dark"}, control):
        steps.append(step.step)
        control.request_stop()
    assert steps == [0]


@pytest.mark.parametrize("kind", KINDS)
def test_columns_are_read_in_a_picture(runs, kind):
    player = Player(runs(kind))
    picture = png_of(player.render([Scene(noise=Noise.from_seed(11))]))
    found = player.read({"image": picture}, Noise.from_seed(1))
    assert list(found) == ["text", "facts"]
    text, facts = found["text"], found["facts"]
    assert text.candidates
    probabilities = [candidate.probability for candidate in text.candidates]
    assert probabilities == sorted(probabilities, reverse=True)
    assert text.covered <= 1 + 1e-6
    assert text.samples == (0 if kind == "hybrid" else 64)
    level, shade = facts.fields
    assert level.interval is not None
    assert level.median is not None
    assert level.interval[0] <= level.median <= level.interval[1]
    assert sum(c.probability for c in shade.candidates) == pytest.approx(1)


def test_probabilities_of_texts_are_those_that_the_decoder_gives(runs):
    run = runs("hybrid")
    player = Player(run)
    given = {"image": png_of(player.render([Scene(noise=Noise.from_seed(11))]))}
    reading = player.read(given, Noise.from_seed(1))["text"]
    text, model = run.modality("text"), run.sampler.model
    image = player._renderer.begin(Scene(noise=Noise.from_seed(0), given=given)).rows["image"]
    context = model.context({"image": image[None]}, 1)
    drawn = model.decoder("text").draw_noise(4000, torch.Generator().manual_seed(0))
    texts = text.postprocess(model.decoder("text")(drawn, context.expand(4000, -1)))
    for candidate in reading.candidates:
        share = texts.count(candidate.value) / len(texts)
        assert share == pytest.approx(candidate.probability, abs=0.03)
    assert reading.covered > 0.5


def test_directions_are_eigenvectors_of_the_first_layer(runs):
    player = Player(runs("hybrid"))
    directions = player.directions()
    decoder = runs("hybrid").sampler.model.decoder("image")
    weight = decoder.mix[0].weight[:, : decoder.latent_dim].double().numpy()
    values, _vectors = np.linalg.eigh(weight.T @ weight)
    expected = np.sqrt(values[::-1] / values[-1])
    assert [d.scale for d in directions] == pytest.approx(expected.tolist())
    vectors = player._renderer.axes.vectors.double().numpy()
    for vector, value in zip(vectors, values[::-1], strict=True):
        assert np.allclose(weight.T @ weight @ vector, value * vector, atol=1e-5)
        assert vector[np.abs(vector).argmax()] > 0
    assert all(d.text_kept is not None and 0 <= d.text_kept <= 1 for d in directions)


@pytest.mark.parametrize("kind", KINDS)
def test_every_family_has_directions(runs, kind):
    directions = Player(runs(kind)).directions()
    assert [d.number for d in directions] == list(range(4))
    assert directions[0].scale == pytest.approx(1)
    assert all((d.text_kept is None) == (kind == "joint-dense") for d in directions)
