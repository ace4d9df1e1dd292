import math
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch import nn

from engine.nets.protocols import Endpoint
from engine.nets.vae import (
    LATENT,
    LOG_VARIANCE_LIMIT,
    EncoderHead,
    Gaussian,
    MultimodalVae,
    product_of_experts,
)
from engine.sample.sampler import Sampler
from tests.helpers.linear_pairs import linear_items, linear_vae
from tests.helpers.tiny import tiny_modalities, tiny_pairs

Items = dict[str, torch.Tensor]


def model() -> MultimodalVae:
    torch.manual_seed(0)
    made = MultimodalVae(tiny_modalities(), embedding_dim=8, latent_dim=5)
    for name in made.modality_order:
        torch.nn.init.normal_(cast("Any", made.encoder_heads[name]).to_parameters.weight, std=1.0)
    torch.nn.init.normal_(cast("Any", made.decoders["text"]).to_logits.weight, std=1.0)
    return made.eval()


def noise(net: MultimodalVae, count: int = 8, seed: int = 3) -> Items:
    return net.draw_noise(count, torch.Generator().manual_seed(seed))


def test_that_nothing_given_decodes_the_priors_code():
    net = model()
    draws = noise(net)
    pair = net(draws, {})
    assert pair["text"].shape == (8, 3, 6)
    assert pair["image"].shape == (8, 1, 8, 8)
    again = net.decode(draws[LATENT], draws)
    assert all(torch.equal(pair[name], again[name]) for name in net.modality_order)


@pytest.mark.parametrize(("known", "made"), [("text", "image"), ("image", "text")])
def test_that_one_half_gives_the_other_through_its_posterior(known, made):
    net, real = model(), tiny_pairs()
    draws = noise(net)
    pair = net(draws, {known: real[known]})
    assert torch.equal(pair[known], real[known])
    mean, log_variance = net.posterior({known: real[known]})
    latent = mean + torch.exp(log_variance / 2) * draws[LATENT]
    torch.testing.assert_close(pair[made], net.decoder(made)(latent, draws[made]))
    assert not torch.equal(pair[made], net(draws, {})[made])


def test_that_a_whole_pair_comes_back_as_it_is():
    net, real = model(), tiny_pairs()
    pair = net(noise(net), real)
    assert list(pair) == ["text", "image"]
    assert all(torch.equal(pair[name], real[name]) for name in real)


def test_that_the_same_noise_gives_the_same_pairs():
    net = model()
    one, same, other = (net(noise(net, seed=seed), {}) for seed in (1, 1, 2))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not any(torch.equal(one[name], other[name]) for name in one)


def test_that_with_text_alone_the_posterior_is_its_expert_times_the_prior():
    net, real = model(), tiny_pairs()
    mean, log_variance = net.posterior({"text": real["text"]})
    own_mean, own_log_variance = net.encoder_heads["text"](real["text"])
    precision = 1 / own_log_variance.exp()
    torch.testing.assert_close(log_variance, (1 / (1 + precision)).log())
    torch.testing.assert_close(mean, own_mean * precision / (1 + precision))


def test_that_all_given_multiply():
    net, real = model(), tiny_pairs()
    expected = product_of_experts({name: net.encoder_heads[name](real[name]) for name in real})
    torch.testing.assert_close(net.posterior(real), expected)


@pytest.mark.parametrize("content", [0.3, float("inf"), float("nan")])
def test_that_content_under_a_mask_changes_no_posterior(content):
    net, real = model(), tiny_pairs()
    is_there = torch.tensor([True, False] * 4)
    present = {"image": is_there}
    before = net.posterior(real, present)
    image = real["image"].clone()
    image[1::2] = content
    after = net.posterior({**real, "image": image}, present)
    assert torch.equal(before.mean, after.mean)
    assert torch.equal(before.log_variance, after.log_variance)
    text_alone = net.posterior({"text": real["text"]})
    torch.testing.assert_close(before.mean[1::2], text_alone.mean[1::2])


def test_that_the_way_between_pairs_begins_and_ends_at_them():
    net, real = model(), tiny_pairs()
    start, end = noise(net, seed=1), noise(net, seed=2)
    conditions = {"image": real["image"]}
    there = net.interpolate(
        Endpoint(noise=start, conditions={}),
        Endpoint(noise=end, conditions=conditions),
        torch.ones(8),
    )
    here = net.interpolate(
        Endpoint(noise=start, conditions={}),
        Endpoint(noise=end, conditions=conditions),
        torch.zeros(8),
    )
    made = net.decode(net.latent(end, conditions), end)
    for name in net.modality_order:
        torch.testing.assert_close(here[name], net(start, {})[name])
        torch.testing.assert_close(there[name], made[name])


def test_that_the_way_between_pairs_is_smooth():
    net = model()
    start, end = noise(net, 1, seed=1), noise(net, 1, seed=2)
    places = torch.linspace(0, 1, 101)
    repeated = [
        {name: rows.expand(101, *rows.shape[1:]) for name, rows in draws.items()}
        for draws in (start, end)
    ]
    images = net.interpolate(
        Endpoint(noise=repeated[0], conditions={}),
        Endpoint(noise=repeated[1], conditions={}),
        places,
    )["image"]
    steps = (images[1:] - images[:-1]).abs().amax((1, 2, 3))
    assert 0 < steps.max() < 0.1 * (images[-1] - images[0]).abs().max()


def test_that_several_codes_are_weighed_each_on_its_own():
    net, real = model(), tiny_pairs()
    latent = torch.randn(3, 8, 5, generator=torch.Generator().manual_seed(0))
    for name, item in real.items():
        costs = net.nll(name, latent, item)
        alone = torch.stack([net.decoder(name).nll(code, item) for code in latent])
        torch.testing.assert_close(costs, alone)
    whole = net.nll("text", latent, real["text"]) + net.nll("image", latent, real["image"])
    torch.testing.assert_close(net.log_likelihood(latent, real), -whole)


def test_that_any_number_of_modalities_will_do():
    net = linear_vae(2, 3, 4)
    items = linear_items(net, 5)
    latent = net.posterior({name: items[name] for name in ("m0", "m2")}).mean
    pair = net.decode(latent, noise(net, 5))
    assert {name: item.shape for name, item in pair.items()} == {
        "m0": (5, 2),
        "m1": (5, 3),
        "m2": (5, 4),
    }


def test_that_the_sampler_takes_it_for_a_generator():
    text, image = tiny_modalities()
    sampler = Sampler(cast("Any", model()), (text, image), torch.device("cpu"))
    first, second = (next(sampler.from_noise(count, seed=4)) for count in (3, 5))
    assert first.images.shape == (3, 8, 8, 3)
    assert (first.images == second.images[:3]).all()
    assert first.texts == second.texts[:3]
    stored = torch.zeros(2, 1, 8, 8, dtype=torch.uint8)
    assert len(next(sampler.complete_items({"image": stored}, seed=1)).texts) == 2


def posteriors(count: int = 5, latent_dim: int = 2) -> dict[str, Gaussian]:
    generator = torch.Generator().manual_seed(4)
    drawn = torch.randn(3, 2, count, latent_dim, generator=generator, dtype=torch.float64)
    return {name: Gaussian(*drawn[place]) for place, name in enumerate(("a", "b", "c"))}


def density(grid: np.ndarray, mean: float, variance: float) -> np.ndarray:
    return np.exp(-0.5 * (grid - mean) ** 2 / variance) / np.sqrt(2 * np.pi * variance)


def test_that_the_product_is_the_product_of_the_densities():
    experts = posteriors()
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
    experts = posteriors()
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
    product = product_of_experts(posteriors(), dict.fromkeys("abc", nowhere))
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
    drawn = code.reparameterize(torch.randn(40_000, 2, generator=torch.Generator().manual_seed(0)))
    torch.testing.assert_close(drawn.mean(0), torch.tensor([1.0, -2.0]), atol=0.06, rtol=0)
    torch.testing.assert_close(drawn.std(0), torch.tensor([1.0, 3.0]), atol=0.04, rtol=0)


def test_that_log_variances_are_bounded_softly_and_begin_at_the_priors():
    torch.manual_seed(0)
    expert = EncoderHead(nn.Identity(), 4, 3)
    quiet = expert(torch.randn(6, 4))
    assert quiet.mean.shape == quiet.log_variance.shape == (6, 3)
    assert max(part.abs().max() for part in quiet) < 0.2
    wild = expert(torch.randn(6, 4) * 1e4).log_variance
    assert wild.abs().max() <= LOG_VARIANCE_LIMIT
    gentle = expert(torch.full((1, 4), 0.5, requires_grad=True)).log_variance
    raw = expert.to_parameters(torch.full((1, 4), 0.5))[:, 3:]
    torch.testing.assert_close(gentle, raw, rtol=1e-3, atol=1e-5)
