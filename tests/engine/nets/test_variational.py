from typing import Any, cast

import pytest
import torch

from engine.nets.experts import product_of_experts
from engine.nets.model import Ends
from engine.nets.variational import LATENT, MultimodalVae
from engine.sample.sampler import Sampler
from tests.helpers.linear_pairs import linear_items, linear_vae
from tests.helpers.tiny import tiny_modalities, tiny_pairs

Items = dict[str, torch.Tensor]


def model() -> MultimodalVae:
    torch.manual_seed(0)
    made = MultimodalVae(tiny_modalities(), feature_dim=8, latent_dim=5)
    for name in made.order:
        torch.nn.init.normal_(cast("Any", made.experts[name]).opinion.weight, std=1.0)
    torch.nn.init.normal_(cast("Any", made.decoders["text"]).to_words.weight, std=1.0)
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
    assert all(torch.equal(pair[name], again[name]) for name in net.order)


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
    own_mean, own_log_variance = net.experts["text"](real["text"])
    precision = 1 / own_log_variance.exp()
    torch.testing.assert_close(log_variance, (1 / (1 + precision)).log())
    torch.testing.assert_close(mean, own_mean * precision / (1 + precision))


def test_that_all_given_multiply():
    net, real = model(), tiny_pairs()
    expected = product_of_experts({name: net.experts[name](real[name]) for name in real})
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
    given = {"image": real["image"]}
    there = net.walk(Ends(noise=start, given={}), Ends(noise=end, given=given), torch.ones(8))
    here = net.walk(Ends(noise=start, given={}), Ends(noise=end, given=given), torch.zeros(8))
    made = net.decode(net.latent(end, given), end)
    for name in net.order:
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
    images = net.walk(Ends(noise=repeated[0], given={}), Ends(noise=repeated[1], given={}), places)[
        "image"
    ]
    steps = (images[1:] - images[:-1]).abs().amax((1, 2, 3))
    assert 0 < steps.max() < 0.1 * (images[-1] - images[0]).abs().max()


def test_that_several_codes_are_weighed_each_on_its_own():
    net, real = model(), tiny_pairs()
    latent = torch.randn(3, 8, 5, generator=torch.Generator().manual_seed(0))
    for name, item in real.items():
        costs = net.surprise(name, latent, item)
        alone = torch.stack([net.decoder(name).surprise(code, item) for code in latent])
        torch.testing.assert_close(costs, alone)
    whole = net.surprise("text", latent, real["text"]) + net.surprise(
        "image", latent, real["image"]
    )
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
    first, second = (next(sampler.pairs(count, seed=4)) for count in (3, 5))
    assert first.images.shape == (3, 8, 8, 3)
    assert (first.images == second.images[:3]).all()
    assert first.texts == second.texts[:3]
    stored = torch.zeros(2, 1, 8, 8, dtype=torch.uint8)
    assert len(next(sampler.captions(stored, seed=1)).texts) == 2
