import math

import numpy as np
import pytest
import torch

from engine.nets.densities import PixelDensity


def images(count: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    shape = (count, 2, 4, 4)
    raw = torch.randn(shape, generator=generator, dtype=torch.float64)
    return raw, torch.rand(shape, generator=generator, dtype=torch.float64) * 2 - 1


def test_that_laplace_and_normal_are_their_formulas():
    raw, real = images()
    distance = (real - raw.tanh()).numpy()
    laplace = np.abs(distance) / 0.3 + np.log(2 * 0.3)
    normal = distance**2 / (2 * 0.3**2) + np.log(0.3 * np.sqrt(2 * np.pi))
    for family, expected in (("laplace", laplace), ("normal", normal)):
        surprise = PixelDensity(family=family, scale=0.3).surprise(raw, real)
        np.testing.assert_allclose(surprise, expected.sum((1, 2, 3)), rtol=1e-12)


@pytest.mark.parametrize("family", ["laplace", "normal"])
def test_that_a_density_integrates_to_one(family):
    pixels = torch.linspace(-30, 30, 600_001, dtype=torch.float64)
    raw = torch.full((len(pixels), 1, 1, 1), 0.4, dtype=torch.float64)
    surprise = PixelDensity(family=family, scale=0.8).surprise(raw, pixels.view(-1, 1, 1, 1))
    assert math.isclose((-surprise).exp().sum().item() * 1e-4, 1, rel_tol=1e-6)


def test_that_bernoulli_takes_the_drawn_grey_for_its_chance():
    raw, real = images()
    chance, target = ((raw.tanh() + 1) / 2).numpy(), ((real + 1) / 2).numpy()
    expected = -(target * np.log(chance) + (1 - target) * np.log(1 - chance))
    surprise = PixelDensity(family="bernoulli").surprise(raw, real)
    np.testing.assert_allclose(surprise, expected.sum((1, 2, 3)), rtol=1e-10)


def test_that_the_drawn_image_is_the_likeliest():
    raw, _real = images()
    for family in ("laplace", "normal"):
        density = PixelDensity(family=family)
        assert torch.all(density.surprise(raw, raw.tanh()) < density.surprise(raw, -raw.tanh()))


@pytest.mark.parametrize(("family", "scale"), [("cauchy", 1.0), ("normal", 0.0)])
def test_that_an_impossible_density_is_refused(family, scale):
    with pytest.raises(ValueError, match="no pixel density"):
        PixelDensity(family=family, scale=scale)
