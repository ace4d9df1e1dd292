import math

import torch

from engine.augment.changes import Change
from engine.augment.draws import Draws

MANY = torch.zeros(20_000, 1, 1, 1, dtype=torch.float64)


def draws(seed: int = 0, **about) -> Draws:
    return Draws(MANY, torch.Generator().manual_seed(seed), **about)


def test_that_the_generator_decides_everything():
    assert torch.equal(draws(1).normal(1.0), draws(1).normal(1.0))
    assert not torch.equal(draws(1).normal(1.0), draws(2).normal(1.0))


def test_that_draws_have_the_images_precision():
    assert draws().uniform(0, 1).dtype == torch.float64
    assert Draws(MANY.float(), torch.Generator()).normal(1.0).dtype == torch.float32


def test_that_uniform_fills_its_range():
    drawn = draws().uniform(-0.5, 1.5)
    assert drawn.min() >= -0.5
    assert drawn.max() < 1.5
    assert math.isclose(drawn.mean().item(), 0.5, abs_tol=0.02)
    assert math.isclose(drawn.var().item(), 4 / 12, rel_tol=0.03)


def test_that_normal_has_its_deviation():
    drawn = draws().normal(0.3)
    assert math.isclose(drawn.mean().item(), 0.0, abs_tol=0.01)
    assert math.isclose(drawn.std().item(), 0.3, rel_tol=0.03)


def test_that_whole_numbers_are_equally_likely():
    values, counts = draws().whole(-2, 2).unique(return_counts=True)
    assert values.tolist() == [-2, -1, 0, 1, 2]
    # 4,000 expected with a standard deviation of 57.
    assert (counts - 4_000).abs().max() < 300


def test_that_a_change_meets_its_share_of_images():
    strength = torch.full((20_000,), 7.0, dtype=torch.float64)
    met = draws(probability=torch.tensor(0.3)).sometimes(Change.HUE, strength, 1.0)
    assert set(met.tolist()) == {7.0, 1.0}
    # A standard deviation of 0.0033.
    assert math.isclose((met == 7).double().mean().item(), 0.3, abs_tol=0.017)


def test_that_certain_and_impossible_changes_are_exact():
    strength = torch.full((20_000,), 7.0, dtype=torch.float64)
    assert (draws().sometimes(Change.HUE, strength, 1.0) == 7).all()
    always = draws(probability=torch.tensor(1.0))
    assert (always.sometimes(Change.HUE, strength, 1.0) == 7).all()
    never = draws(probability=torch.tensor(0.0))
    assert (never.sometimes(Change.HUE, strength, 1.0) == 1).all()


def test_that_a_forbidden_change_meets_no_image():
    strength = torch.full((20_000,), 7.0, dtype=torch.float64)
    drawing = draws(forbidden=frozenset({Change.HUE}))
    assert (drawing.sometimes(Change.HUE, strength, 1.0) == 1).all()
    assert not drawing.can_any(Change.HUE)
    assert drawing.can_any(Change.HUE, Change.FLIP)
