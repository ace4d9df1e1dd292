import math

import numpy as np
import pytest
import torch

from engine.losses.elbo import (
    BoundTerms,
    BoundWeights,
    gaussian_divergence,
    importance_bound,
    mixture_divergence,
    mvae_loss,
    negative_elbo,
)

ROWS = 4
PLAIN = BoundWeights()


def parameters(*shape: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    drawn = torch.randn(
        2, *shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    )
    return drawn[0], 0.5 * drawn[1]


def log_normal(at: torch.Tensor, mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    return torch.distributions.Normal(mean, (0.5 * log_variance).exp()).log_prob(at).sum(-1)


def terms(seed: int = 0) -> BoundTerms:
    drawn = torch.rand(3, ROWS, generator=torch.Generator().manual_seed(seed))
    return BoundTerms(nll={"image": drawn[0], "text": drawn[1]}, divergence=drawn[2])


def test_that_the_divergence_is_the_closed_form():
    mean, log_variance = parameters(ROWS, 3)
    variance = np.exp(log_variance.numpy())
    expected = 0.5 * (variance + mean.numpy() ** 2 - 1 - np.log(variance)).sum(1)
    np.testing.assert_allclose(gaussian_divergence(mean, log_variance), expected, rtol=1e-12)
    assert not gaussian_divergence(torch.zeros(2, 3), torch.zeros(2, 3)).any()


def test_that_the_divergence_is_the_mean_log_ratio_of_the_densities():
    mean, log_variance = parameters(ROWS, 3)
    generator = torch.Generator().manual_seed(1)
    count = 200_000
    noise = torch.randn(count, ROWS, 3, generator=generator, dtype=torch.float64)
    drawn = mean + (0.5 * log_variance).exp() * noise
    zero = torch.zeros_like(mean)
    ratio = log_normal(drawn, mean, log_variance) - log_normal(drawn, zero, zero)
    error = ratio.std(0) / math.sqrt(count)
    difference = (ratio.mean(0) - gaussian_divergence(mean, log_variance)).abs()
    assert torch.all(difference < 4 * error)


def test_that_a_bound_is_the_weighted_sum_of_its_terms():
    part = terms()
    weights = BoundWeights(divergence=0.5, modalities={"text": 10.0})
    expected = part.nll["image"] + 10 * part.nll["text"] + 0.5 * part.divergence
    torch.testing.assert_close(negative_elbo(part, None, weights), expected)


def test_that_an_absent_item_costs_nothing_whatever_it_holds():
    part, is_there = terms(), torch.tensor([True, False, False, True])
    text = part.nll["text"].clone().requires_grad_()
    wild = torch.where(is_there, text, text * float("nan"))
    loss = negative_elbo(
        BoundTerms(nll={"image": part.nll["image"], "text": wild}, divergence=part.divergence),
        {"text": is_there},
        PLAIN,
    )
    expected = part.nll["image"] + part.divergence + text * is_there
    assert torch.equal(loss.detach(), expected.detach())


def test_that_the_bounds_of_mvae_add_up():
    parts = [terms(seed) for seed in range(3)]
    weights = BoundWeights(divergence=2.0)
    expected = sum(negative_elbo(part, None, weights) for part in parts)
    torch.testing.assert_close(mvae_loss(parts, None, weights), expected)


def test_that_the_mixtures_divergence_is_the_mean_over_what_is_available():
    divergences = torch.tensor([[1.0, 2.0, 3.0], [5.0, float("nan"), 7.0]])
    is_available = torch.tensor([[True, True, False], [True, False, False]])
    found = mixture_divergence(divergences, is_available)
    assert found.tolist() == [3.0, 2.0, 0.0]


def test_that_it_bounds_the_mixtures_true_divergence_from_above():
    mean, log_variance = parameters(3, 1, 2)
    generator = torch.Generator().manual_seed(1)
    noise = torch.randn(50_000, 3, 1, 2, generator=generator, dtype=torch.float64)
    drawn = (mean + (0.5 * log_variance).exp() * noise).view(-1, 1, 2)
    parts = torch.stack([log_normal(drawn, m, v) for m, v in zip(mean, log_variance, strict=True)])
    mixture = parts.logsumexp(0) - math.log(3)
    zero = torch.zeros(1, 2, dtype=torch.float64)
    truth = (mixture - log_normal(drawn, zero, zero)).mean()
    bound = mixture_divergence(
        gaussian_divergence(mean, log_variance), torch.ones(3, 1, dtype=torch.bool)
    )
    assert truth < bound.item()
    one = mixture_divergence(
        gaussian_divergence(*(p[:1] for p in (mean, log_variance))),
        torch.ones(1, 1, dtype=torch.bool),
    )
    torch.testing.assert_close(one, gaussian_divergence(mean[0], log_variance[0]))


class LinearModel:
    """x = w z + noise of deviation 0.6, with one latent number: everything is known."""

    load = torch.tensor([1.3, -0.4, 0.8], dtype=torch.float64)
    deviation = 0.6

    def __init__(self, count: int = ROWS) -> None:
        generator = torch.Generator().manual_seed(2)
        self.x = torch.randn(count, 3, generator=generator, dtype=torch.float64)

    def log_likelihood(self, latent: torch.Tensor) -> torch.Tensor:
        spread = torch.full((3,), self.deviation, dtype=torch.float64)
        return torch.distributions.Normal(latent * self.load, spread).log_prob(self.x).sum(-1)

    def truth(self) -> torch.Tensor:
        covariance = self.deviation**2 * torch.eye(3) + torch.outer(self.load, self.load)
        normal = torch.distributions.MultivariateNormal(
            torch.zeros(3, dtype=torch.float64), covariance.double()
        )
        return normal.log_prob(self.x)

    def posterior(self) -> tuple[torch.Tensor, torch.Tensor]:
        precision = 1 + self.load.square().sum() / self.deviation**2
        mean = (self.x @ self.load)[:, None] / self.deviation**2 / precision
        return mean, -precision.log().expand_as(mean)


def test_that_under_the_true_posterior_the_bound_is_the_likelihood_itself():
    model = LinearModel()
    bound = importance_bound(
        model.log_likelihood,
        *model.posterior(),
        samples=5,
        generator=torch.Generator().manual_seed(0),
        chunk=2,
    )
    torch.testing.assert_close(bound, model.truth())


def test_that_under_a_rough_posterior_many_samples_come_close():
    model = LinearModel()
    mean, log_variance = model.posterior()
    bound = importance_bound(
        model.log_likelihood,
        mean + 0.3,
        log_variance + 1.0,
        samples=20_000,
        generator=torch.Generator().manual_seed(0),
        chunk=6_000,
    )
    torch.testing.assert_close(bound, model.truth(), atol=0.02, rtol=0)


def test_that_more_samples_tighten_the_bound_from_below():
    model = LinearModel(1)
    model.x = model.x.expand(4_000, 3)
    mean, log_variance = model.posterior()
    mean, log_variance = mean + 0.5, log_variance + 1.0
    generator = torch.Generator().manual_seed(0)
    one, few, many = (
        importance_bound(
            model.log_likelihood, mean, log_variance, samples=samples, generator=generator
        ).mean()
        for samples in (1, 5, 50)
    )
    assert one + 0.1 < few < many < model.truth()[0] + 0.01
    # One sample is the evidence lower bound, whose expectation has a closed form here.
    variance = log_variance.exp()[0, 0]
    square = ((model.x[0] - model.load * mean[0]).square() + model.load.square() * variance).sum()
    expected = -square / (2 * 0.36) - 3 * math.log(0.6 * math.sqrt(2 * math.pi))
    expected = expected - gaussian_divergence(mean[0], log_variance[0])
    assert math.isclose(one.item(), expected.item(), abs_tol=0.15)


@pytest.mark.parametrize("samples", [1, 16, 17])
def test_that_every_number_of_samples_is_drawn(samples):
    drawn: list[int] = []

    def likelihood(latent: torch.Tensor) -> torch.Tensor:
        drawn.append(len(latent))
        return latent.new_zeros(latent.shape[:2])

    zero = torch.zeros(2, 3)
    bound = importance_bound(
        likelihood, zero, zero, samples=samples, generator=torch.Generator().manual_seed(0)
    )
    assert sum(drawn) == samples
    # The posterior is the prior and the likelihood is one: so is the pair's.
    torch.testing.assert_close(bound, torch.zeros(2))
