import math

import numpy as np
import torch
from torch import nn

from engine.nets.experts import LOG_VARIANCE_LIMIT, Expert, Gaussian, product_of_experts


def opinions(count: int = 5, latent_dim: int = 2) -> dict[str, Gaussian]:
    generator = torch.Generator().manual_seed(4)
    drawn = torch.randn(3, 2, count, latent_dim, generator=generator, dtype=torch.float64)
    return {name: Gaussian(*drawn[place]) for place, name in enumerate(("a", "b", "c"))}


def density(grid: np.ndarray, mean: float, variance: float) -> np.ndarray:
    return np.exp(-0.5 * (grid - mean) ** 2 / variance) / np.sqrt(2 * np.pi * variance)


def test_that_the_product_is_the_product_of_the_densities():
    experts = opinions()
    product = product_of_experts(experts)
    grid = np.linspace(-12, 12, 200_001)
    for row in range(5):
        for place in range(2):
            brute = density(grid, 0, 1)
            for expert in experts.values():
                mean, log_variance = (part[row, place].item() for part in expert)
                brute = brute * density(grid, mean, np.exp(log_variance))
            brute = brute / brute.sum()
            mean = (grid * brute).sum()
            variance = ((grid - mean) ** 2 * brute).sum()
            np.testing.assert_allclose(product.mean[row, place], mean, rtol=1e-8)
            np.testing.assert_allclose(product.log_variance[row, place].exp(), variance, rtol=1e-6)


def test_that_an_expert_that_is_not_there_has_no_say():
    experts = opinions()
    present = {"a": torch.tensor([True, False, True, False, False])}
    present["c"] = torch.tensor([True, True, False, False, True])
    product = product_of_experts(experts, present)
    for row in range(5):
        names = [name for name in experts if name not in present or present[name][row]]
        alone = product_of_experts({name: experts[name] for name in names})
        assert torch.equal(product.mean[row], alone.mean[row])
        assert torch.equal(product.log_variance[row], alone.log_variance[row])


def test_that_nothing_known_gives_the_prior_exactly():
    nowhere = torch.zeros(5, dtype=torch.bool)
    product = product_of_experts(opinions(), dict.fromkeys("abc", nowhere))
    assert not product.mean.any()
    assert not product.log_variance.any()


def test_that_half_precision_is_multiplied_in_single():
    single = Gaussian(torch.full((1, 1), 3.0), torch.full((1, 1), -7.0))
    half = Gaussian(*(part.bfloat16() for part in single))
    product = product_of_experts({"a": half, "b": half})
    assert product.mean.dtype == product.log_variance.dtype == torch.float32
    torch.testing.assert_close(product, product_of_experts({"a": single, "b": single}))


def test_that_a_samples_mean_and_deviation_are_the_parameters():
    code = Gaussian(torch.tensor([[1.0, -2.0]]), torch.tensor([[0.0, 2 * math.log(3)]]))
    drawn = code.at(torch.randn(40_000, 2, generator=torch.Generator().manual_seed(0)))
    torch.testing.assert_close(drawn.mean(0), torch.tensor([1.0, -2.0]), atol=0.06, rtol=0)
    torch.testing.assert_close(drawn.std(0), torch.tensor([1.0, 3.0]), atol=0.04, rtol=0)


def test_that_log_variances_are_bounded_softly_and_begin_at_the_priors():
    torch.manual_seed(0)
    expert = Expert(nn.Identity(), 4, 3)
    quiet = expert(torch.randn(6, 4))
    assert quiet.mean.shape == quiet.log_variance.shape == (6, 3)
    assert max(part.abs().max() for part in quiet) < 0.2
    wild = expert(torch.randn(6, 4) * 1e4).log_variance
    assert wild.abs().max() <= LOG_VARIANCE_LIMIT
    gentle = expert(torch.full((1, 4), 0.5, requires_grad=True)).log_variance
    raw = expert.opinion(torch.full((1, 4), 0.5))[:, 3:]
    torch.testing.assert_close(gentle, raw, rtol=1e-3, atol=1e-5)
