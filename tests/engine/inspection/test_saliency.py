"""Attributions against closed forms, and items judged one by one."""

import torch
from torch import nn

from engine.inspection.batch_statistics import held_deviation
from engine.inspection.saliency import (
    gradient_times_input,
    gradients,
    integrated_gradients,
    smooth_gradients,
)
from engine.nets.discriminator import Discriminator
from tests.helpers.tiny import tiny_modalities, tiny_pairs

W = {"a": torch.tensor([2.0, -1.0, 0.5]), "b": torch.tensor([[1.0, 0.0], [-3.0, 4.0]])}


def linear(items):
    """Score ``w a + v b`` with a bias that no attribution may contain."""
    return (items["a"] * W["a"]).sum(1) + (items["b"] * W["b"]).sum((1, 2)) + 7


def drawn(count: int = 5):
    rng = torch.Generator().manual_seed(3)
    return {
        "a": torch.randn(count, 3, generator=rng),
        "b": torch.randn(count, 2, 2, generator=rng),
        "unused": torch.randn(count, 4, generator=rng),
    }


def test_the_saliency_of_a_linear_score_is_weight_times_difference():
    items = drawn()
    baseline = {name: torch.full_like(item[:1], 0.25) for name, item in items.items()}
    for attribute in (gradient_times_input, integrated_gradients):
        found = attribute(linear, items, baseline)
        for name, weight in W.items():
            torch.testing.assert_close(found[name], weight * (items[name] - 0.25))
        assert not found["unused"].any()
    assert torch.equal(gradients(linear, items)["a"], W["a"].expand(5, -1))


def test_integrated_gradients_add_up_to_the_change_of_a_curved_score():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, 1))

    def score(items):
        return network(items["a"])[:, 0]

    items, baseline = {"a": drawn()["a"]}, {"a": torch.zeros(1, 3)}
    change = score(items) - score({"a": torch.zeros(5, 3)})
    found = integrated_gradients(score, items, baseline, steps=64)["a"].sum(1)
    torch.testing.assert_close(found, change, atol=1e-3, rtol=1e-3)
    once = gradient_times_input(score, items, baseline)["a"].sum(1)
    assert (once - change).abs().max() > 0.05, "gradient times input is no sum"


def test_smoothed_gradients_are_those_of_the_smoothed_score():
    # E[(x + s)^2] has the gradient 2 x whatever the noise, |x| one that is smoothed out at 0.
    items = {"a": torch.tensor([[1.5], [0.0]])}
    rng = torch.Generator().manual_seed(0)
    square = smooth_gradients(
        lambda x: x["a"].square().sum(1), items, spread=0.5, generator=rng, samples=300
    )
    torch.testing.assert_close(square["a"], torch.tensor([[3.0], [0.0]]), atol=0.25, rtol=0)
    edge = smooth_gradients(
        lambda x: x["a"].abs().sum(1), items, spread=0.5, generator=rng, samples=300
    )
    torch.testing.assert_close(edge["a"], torch.tensor([[1.0], [0.0]]), atol=0.25, rtol=0)


def test_a_held_deviation_leaves_the_logits_and_lets_rows_be_judged_alone():
    torch.manual_seed(0)
    discriminator = Discriminator(tiny_modalities(), 8).eval()
    pairs = tiny_pairs(8)
    judged = discriminator(pairs)
    first = {name: item[:1] for name, item in pairs.items()}
    assert not torch.allclose(discriminator(first)["image"], judged["image"][:1])
    with held_deviation(discriminator, pairs):
        for head, logits in discriminator(pairs).items():
            torch.testing.assert_close(logits, judged[head])
        changed = {**pairs, "image": pairs["image"].clone()}
        changed["image"][1:] = 0
        torch.testing.assert_close(discriminator(changed)["image"][0], judged["image"][0])
    after = discriminator(pairs)
    assert all(torch.equal(after[head], judged[head]) for head in judged), "the hooks are gone"
