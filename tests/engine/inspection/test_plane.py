"""Points, logits of a grid and gradients of two numeric fields, against independent formulas."""

from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch
from torch.nn.functional import softplus

from engine.control import RunControl
from engine.data.facts import TableFacts
from engine.data.store import StoredDataset, open_dataset
from engine.data.table_codec import encode
from engine.data.writer import DatasetWriter
from engine.inspection.items import fixed_noise, real_items
from engine.inspection.networks import InspectedRun, load_networks, read_snapshot
from engine.inspection.plane import GRID, STEP, generator_gradient, view_plane
from engine.inspection.results import PlaneChoice, PlaneView
from engine.nets.blocks import MinibatchStdDev
from engine.nets.table import MAX_SCORE
from engine.starters import ring
from engine.train.run import train
from tests.helpers.tiny import tiny_config, tiny_dataset


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    content = ring.build(240, 80).content()
    with DatasetWriter(folder / "data", content.columns) as writer:
        for record in content.records:
            writer.add_record(record)
        writer.publish(writer.manifest(name="ring", title="", licence="", source="", notice=""))
    pairs = tiny_dataset(folder / "pictures")
    for name, dataset, changes in (
        ("ring", folder / "data", {}),
        ("relativistic", folder / "data", {"training__adversarial_loss": "relativistic"}),
        ("mvae", folder / "data", {"family": "mvae"}),
        ("pairs", pairs, {}),
    ):
        config = tiny_config(dataset, folder / name, images=16).with_values(**changes)
        train(config, lambda _event: None, RunControl())
    return folder


def opened(runs: Path, name: str) -> tuple[InspectedRun, StoredDataset]:
    run = load_networks(runs / name, read_snapshot(runs / name))
    return run, open_dataset(run.config.dataset)


def plane(runs: Path, name: str = "ring", **choice: object) -> PlaneView:
    view = view_plane(*opened(runs, name), PlaneChoice(**choice))  # pyright: ignore[reportArgumentType]
    assert view is not None
    return view


def test_that_points_are_those_of_the_dataset(runs: Path):
    view = plane(runs)
    assert view.choice == PlaneChoice(column="point", x="x", y="y", head="point", given="blue")
    assert view.columns == {"point": ("x", "y")}
    assert view.heads == ("point", "pair")
    assert set(view.captions) == set(ring.COLOURS)
    radius = np.linalg.norm(view.real, axis=1)
    np.testing.assert_allclose(radius, ring.RADIUS, atol=5 * ring.DEVIATION)
    angles = np.round(np.arctan2(view.real[:, 1], view.real[:, 0]) / (np.pi / 4)).astype(int) % 8
    assert [caption.split(" · ")[0] for caption in view.real_captions] == [
        ring.COLOURS[angle] for angle in angles
    ]
    for axis in range(2):
        points = np.concatenate([view.real, view.generated])[:, axis]
        assert view.low[axis] < points.min() < points.max() < view.high[axis]


def test_that_fields_can_be_exchanged(runs: Path):
    view, other = plane(runs), plane(runs, x="y", y="x")
    np.testing.assert_array_equal(other.real, view.real[:, ::-1])
    assert plane(runs, x="y").choice.y == "x", "never the same field twice"
    np.testing.assert_allclose(other.logits, view.logits.T, atol=1e-5)


@pytest.mark.parametrize("word", ["red", "cyan"])
def test_that_the_pair_head_judges_each_place_beside_the_given_word(runs: Path, word: str):
    run, _dataset = opened(runs, "ring")
    view = plane(runs, head="pair", given=word)
    x, y = (np.linspace(view.low[axis], view.high[axis], GRID) for axis in range(2))
    row, column = 40, 7
    facts = run.model.columns["point"]
    assert isinstance(facts, TableFacts)
    cells = {"x": [float(x[column])], "y": [float(y[row])]}
    tokenizer = run.modality("text").tokenizer  # pyright: ignore[reportAttributeAccessIssue]
    ids = torch.from_numpy(tokenizer.encode(word, run.model.columns["text"].length))[None]  # pyright: ignore[reportAttributeAccessIssue]
    pair = {
        "text": run.modality("text").preprocess(ids),
        "point": torch.from_numpy(encode(facts.fields, cells)),
    }
    assert run.discriminator is not None
    with torch.no_grad():
        expected = run.discriminator(pair)["pair"]
    assert view.logits.shape == (GRID, GRID)
    assert view.logits[row, column] == pytest.approx(float(expected), abs=1e-5)


def test_that_the_head_of_the_column_sees_a_place_among_the_generated_points(runs: Path):
    run, _dataset = opened(runs, "ring")
    view = plane(runs, is_in_scores=True)
    assert run.discriminator is not None
    with torch.no_grad():
        made = run.generator(fixed_noise(run, 256), {})
        seen = run.discriminator.features({"point": made["point"]})["point"]
        deviation = MinibatchStdDev()(seen)[:, -1].mean()
        x, y = max(view.low[0], -MAX_SCORE), min(view.high[1], MAX_SCORE)
        place = run.discriminator.features({"point": torch.tensor([[x, y]])})["point"]
        heads = cast("torch.nn.ModuleDict", run.discriminator.unimodal_heads)
        linear = cast("torch.nn.Sequential", heads["point"])[-1]
        expected = linear(torch.cat([place, deviation.view(1, 1)], 1))
    assert view.logits[GRID - 1, 0] == pytest.approx(float(expected), abs=1e-5)


def test_that_arrows_follow_the_gradient_of_the_generators_loss(runs: Path):
    run, dataset = opened(runs, "ring")
    view = plane(runs, is_in_scores=True)
    assert run.discriminator is not None
    made = {name: item.detach() for name, item in run.generator(fixed_noise(run, 256), {}).items()}
    leaf = made["point"].clone().requires_grad_()
    logits = run.discriminator({**made, "point": leaf})
    loss = torch.stack([softplus(-values).mean() for values in logits.values()]).sum()
    (gradient,) = torch.autograd.grad(loss, leaf)
    found = generator_gradient(run, run.discriminator, "point", real_items(run, dataset, 9), made)
    torch.testing.assert_close(found, gradient)
    arrows = view.moved - view.generated
    lengths = np.linalg.norm(arrows, axis=1)
    assert lengths.max() == pytest.approx(STEP, rel=1e-4)
    expected = -gradient.numpy() / gradient.norm(dim=1).max().item() * STEP
    np.testing.assert_allclose(arrows, expected, atol=1e-5)
    # To first order, the loss falls along the arrows.
    step = 0.01 * torch.from_numpy(arrows)
    with torch.no_grad():
        after = run.discriminator({**made, "point": made["point"] + step})
        lower = torch.stack([softplus(-values).mean() for values in after.values()]).sum()
    assert lower < loss.detach()


def test_that_a_loss_of_pairs_of_logits_has_arrows_too(runs: Path):
    view = plane(runs, "relativistic")
    assert np.abs(view.moved - view.generated).max() > 0


def test_that_a_family_without_a_discriminator_has_points_alone(runs: Path):
    view = plane(runs, "mvae")
    assert view.heads == ()
    assert view.logits.size == 0
    np.testing.assert_array_equal(view.moved, view.generated)
    assert len(view.real)


def test_that_a_choice_that_is_gone_is_made_anew(runs: Path):
    view = plane(runs, column="other", x="a", y="b", head="image", given="no colour")
    assert view.choice == plane(runs).choice


def test_that_a_run_without_two_numbers_has_no_plane(runs: Path):
    assert view_plane(*opened(runs, "pairs"), PlaneChoice()) is None


def test_that_weights_of_columns_count_in_the_gradient(runs: Path):
    run, dataset = opened(runs, "ring")
    assert run.discriminator is not None
    with torch.no_grad():
        made = run.generator(fixed_noise(run, 32), {})
    real = real_items(run, dataset, 9)
    weighted = replace(run, config=run.config.with_values(training__column_weights="point=2"))
    plain = generator_gradient(run, run.discriminator, "point", real, made)
    double = generator_gradient(weighted, run.discriminator, "point", real, made)
    leaf = made["point"].clone().requires_grad_()
    own = softplus(-run.discriminator({**made, "point": leaf})["point"]).mean()
    (extra,) = torch.autograd.grad(own, leaf)
    torch.testing.assert_close(double, plain + extra)
