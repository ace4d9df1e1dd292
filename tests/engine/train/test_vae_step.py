import itertools
import math
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call

from engine.config.sections import VariationalConfig
from engine.data.loader import Batch
from engine.data.seeds import mix_seed
from engine.losses.elbo import BoundWeights, gaussian_divergence
from engine.nets.protocols import Items
from engine.nets.vae import MultimodalVae
from engine.train.step import complete_batch
from engine.train.vae_step import (
    Bound,
    VaeStep,
    all_subsets,
    mopoe_bound,
    mvae_bound,
    mvae_subsets,
)
from tests.helpers.linear_pairs import linear_items, linear_map, linear_vae
from tests.helpers.tiny import tiny_modalities, tiny_pairs

CPU = torch.device("cpu")
FAMILIES = pytest.mark.parametrize("is_mixture", [False, True], ids=["mvae", "mopoe"])


def tiny_vae(seed: int = 0) -> MultimodalVae:
    torch.manual_seed(seed)
    return MultimodalVae(tiny_modalities(), embedding_dim=8, latent_dim=4)


def half(items: Items, has_text: Tensor) -> Batch:
    there = torch.ones(len(has_text), dtype=torch.bool)
    return Batch(items=items, present={"image": there, "text": has_text})


def tiny_step(
    model: MultimodalVae, *, is_mixture: bool = False, seed: int = 1, **weights: Any
) -> VaeStep:
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, fused=True)
    config = VariationalConfig(**weights)
    return VaeStep(
        model, optimizer, config, is_mixture=is_mixture, batch_size=8, seed=seed, device=CPU
    )


def draws(seed: int = 5) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def bound(
    model: MultimodalVae,
    items: dict[str, Tensor],
    present: dict[str, Tensor],
    *,
    is_mixture: bool,
    weights: BoundWeights | None = None,
    seed: int = 5,
) -> Bound:
    weights = weights or BoundWeights()
    if is_mixture:
        return mopoe_bound(model, items, present, weights, draws(seed))
    subsets = mvae_subsets(model.modality_order, 2, seed)
    return mvae_bound(model, items, present, subsets, weights, draws(seed))


def plain_vae_loss(model: MultimodalVae, item: Tensor, noise: Tensor, name: str) -> Tensor:
    """Of one modality, its expert times the prior for a posterior."""
    mean, log_variance = cast("Any", model.encoder_heads[name])(item)
    precision = 1 + (-log_variance).exp()
    mean = mean * (precision - 1) / precision
    weight, bias, scale = linear_map(model, name)
    drawn = mean + noise / precision.sqrt()
    error = (item - drawn @ weight.T - bias) / scale
    cost = (0.5 * error.square() + math.log(scale * math.sqrt(2 * math.pi))).sum(1)
    return cost + 0.5 * (1 / precision + mean.square() - 1 + precision.log()).sum(1)


def test_that_mopoe_of_one_modality_is_a_plain_vae():
    model = linear_vae(3)
    items = linear_items(model, 6)
    generator = draws()
    torch.rand(1, 6, generator=generator)  # the choice among one
    noise = torch.randn(6, 2, generator=generator, dtype=torch.float64)
    loss = bound(model, items, {}, is_mixture=True).loss
    torch.testing.assert_close(loss, plain_vae_loss(model, items["m0"], noise, "m0"))


def test_that_mvae_of_one_modality_is_a_plain_vae():
    model = linear_vae(3)
    items = linear_items(model, 6)
    noise = torch.randn(6, 2, generator=draws(), dtype=torch.float64)
    loss = bound(model, items, {}, is_mixture=False).loss
    torch.testing.assert_close(loss, plain_vae_loss(model, items["m0"], noise, "m0"))


def test_that_mvae_sums_the_bounds_of_its_sets():
    model = linear_vae(2, 3)
    items = linear_items(model, 6)
    weights = BoundWeights(divergence=0.3, modalities={"m1": 5.0})
    generator, expected = draws(), torch.zeros(6, dtype=torch.float64)
    for names in (("m0", "m1"), ("m0",), ("m1",)):
        code = model.posterior({name: items[name] for name in names})
        noise = torch.randn(6, 2, generator=generator, dtype=torch.float64)
        latent = code.mean + (code.log_variance / 2).exp() * noise
        expected = expected + 0.3 * gaussian_divergence(*code)
        for name in names:
            cost = model.decoder(name).nll(latent, items[name])
            expected = expected + (5 if name == "m1" else 1) * cost
    found = bound(model, items, {}, is_mixture=False, weights=weights)
    torch.testing.assert_close(found.loss, expected)


def test_that_one_draw_an_item_estimates_the_mixtures_bound_without_bias():
    model, count = linear_vae(2, 3), 30_000
    items = {name: item.expand(count, -1) for name, item in linear_items(model, 1).items()}
    loss = bound(model, items, {}, is_mixture=True).loss.detach()
    expected = 0.0
    for names in (("m0",), ("m1",), ("m0", "m1")):
        mean, log_variance = model.posterior({name: items[name][:1] for name in names})
        expected += gaussian_divergence(mean, log_variance).item() / 3
        for name, item in items.items():
            weight, bias, scale = linear_map(model, name)
            square = (item[0] - weight @ mean[0] - bias).square().sum()
            square = square + (weight.square() @ log_variance[0].exp()).sum()
            normaliser = item.shape[1] * math.log(scale * math.sqrt(2 * math.pi))
            expected += (square / (2 * scale**2) + normaliser).item() / 3
    error = loss.std().item() / math.sqrt(count)
    assert abs(loss.mean().item() - expected) < 4 * error


@FAMILIES
def test_that_where_one_modality_is_there_its_plain_vae_remains(is_mixture):
    model, nowhere = linear_vae(2, 3), torch.zeros(6, dtype=torch.bool)
    items = linear_items(model, 6)
    found = bound(model, items, {"m1": nowhere}, is_mixture=is_mixture)
    generator = draws()
    if is_mixture:
        torch.rand(3, 6, generator=generator)
    noise = torch.randn(6, 2, generator=generator, dtype=torch.float64)
    expected = plain_vae_loss(model, items["m0"], noise, "m0")
    if not is_mixture:  # the bound of m0 alone stands beside the one of all that is there
        noise = torch.randn(6, 2, generator=generator, dtype=torch.float64)
        expected = expected + plain_vae_loss(model, items["m0"], noise, "m0")
    torch.testing.assert_close(found.loss, expected)


@FAMILIES
def test_that_a_pair_with_nothing_there_costs_nothing(is_mixture):
    model, nowhere = linear_vae(2, 3), torch.zeros(6, dtype=torch.bool)
    present = {"m0": nowhere, "m1": nowhere}
    assert not bound(model, linear_items(model, 6), present, is_mixture=is_mixture).loss.any()


@FAMILIES
@pytest.mark.parametrize("content", [0.7, float("nan")])
def test_that_content_under_a_mask_changes_neither_loss_nor_gradient(is_mixture, content):
    is_there = torch.tensor([True, False, True, False, False, True, True, False])
    found: list[tuple[Tensor, dict[str, Tensor | None]]] = []
    for changed in (False, True):
        model, items = tiny_vae(), tiny_pairs()
        if changed:
            items["image"][~is_there] = content
            items["text"][is_there.roll(1)] = content
        present = {"image": is_there, "text": ~is_there.roll(1)}
        loss = bound(model, items, present, is_mixture=is_mixture).loss
        loss.mean().backward()
        found.append((loss.detach(), {n: p.grad for n, p in model.named_parameters()}))
    (loss, gradients), (other_loss, other_gradients) = found
    assert torch.equal(loss, other_loss)
    for name, gradient in gradients.items():
        assert gradient is not None, name
        other = other_gradients[name]
        assert other is not None, name
        assert torch.equal(gradient, other), name
        assert gradient.any(), name


class Cost(nn.Module):
    """The bound as a function of a model's parameters."""

    def __init__(self, model: MultimodalVae, *, is_mixture: bool) -> None:
        super().__init__()
        self.model, self.is_mixture = model, is_mixture

    def forward(self, items: dict[str, Tensor], present: dict[str, Tensor]) -> Tensor:
        weights = BoundWeights(divergence=0.7, modalities={"m1": 3.0})
        return bound(self.model, items, present, is_mixture=self.is_mixture, weights=weights).loss


@FAMILIES
def test_that_the_gradient_is_the_slope(is_mixture):
    cost = Cost(linear_vae(1, 2), is_mixture=is_mixture)
    items = linear_items(cost.model, 3)
    present = {"m1": torch.tensor([True, False, True])}
    names = [name for name, _value in cost.named_parameters()]

    def loss(*values: Tensor) -> Tensor:
        return functional_call(cost, dict(zip(names, values, strict=True)), (items, present))

    assert torch.autograd.gradcheck(loss, tuple(cost.parameters()))


@FAMILIES
def test_that_a_tiny_run_lowers_the_bound(is_mixture):
    step = tiny_step(tiny_vae(), is_mixture=is_mixture)
    items = tiny_pairs()
    losses = [step(complete_batch(items), number).losses for number in range(80)]
    for name in ("bound", "image", "text"):
        first, last = (
            sum(report[name].item() for report in part) for part in (losses[:8], losses[-8:])
        )
        assert last < first, name


@FAMILIES
def test_that_a_step_reports_the_bound_and_its_terms(is_mixture):
    report = tiny_step(tiny_vae(), is_mixture=is_mixture)(complete_batch(tiny_pairs()), 0)
    assert set(report.losses) == {"bound", "image", "text", "kl"}
    total = report.losses["image"] + report.losses["text"] + report.losses["kl"]
    torch.testing.assert_close(report.losses["bound"], total)
    assert set(report.metrics) == {"kl_weight", "active_latents"}
    figures = {**report.losses, **report.metrics}.values()
    assert not any(value.requires_grad or value.dim() for value in figures)


def test_that_the_report_counts_only_what_is_there():
    items, is_there = tiny_pairs(), torch.tensor([True, False] * 4)
    report = tiny_step(tiny_vae(), is_mixture=True)(half(items, is_there), 0)
    rng = torch.Generator().manual_seed(mix_seed(1, 0))
    model = tiny_vae()
    terms = mopoe_bound(model, items, {"text": is_there}, BoundWeights(), rng).whole
    text = terms.nll["text"] * is_there
    torch.testing.assert_close(report.losses["text"], text.sum() / 4)
    whole = text + terms.nll["image"] + terms.divergence
    torch.testing.assert_close(report.losses["bound"], whole.mean())
    nowhere = torch.zeros(8, dtype=torch.bool)
    assert tiny_step(tiny_vae())(half(items, nowhere), 0).losses["text"] == 0


@FAMILIES
def test_that_a_step_follows_from_its_number_and_the_seed(is_mixture):
    def taken(seed: int, number: int) -> float:
        step = tiny_step(tiny_vae(), is_mixture=is_mixture, seed=seed)
        return step(complete_batch(tiny_pairs()), number).losses["bound"].item()

    assert taken(1, 4) == taken(1, 4)
    assert taken(1, 4) != taken(1, 5)
    assert taken(1, 4) != taken(2, 4)


@FAMILIES
def test_that_a_column_weighs_in_the_likelihood(is_mixture):
    items, model = tiny_pairs(), tiny_vae()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, fused=True)
    step = VaeStep(
        model,
        optimizer,
        VariationalConfig(text_weight=7.0, kl_warmup_images=0.0),
        is_mixture=is_mixture,
        batch_size=8,
        seed=1,
        device=CPU,
        column_weights={"image": 0.5, "text": 2.0},
    )
    assert step.weights(0).modalities == {"image": 0.5, "text": 14.0}
    step(complete_batch(items), 0)
    weights = BoundWeights(modalities={"image": 0.5, "text": 14.0})
    expected = tiny_vae()
    rng = torch.Generator().manual_seed(mix_seed(1, 0))
    subsets = mvae_subsets(model.modality_order, 2, mix_seed(1, 0))
    found = (
        mopoe_bound(expected, items, {}, weights, rng)
        if is_mixture
        else mvae_bound(expected, items, {}, subsets, weights, rng)
    )
    found.loss.mean().backward()
    for made, wanted in zip(model.parameters(), expected.parameters(), strict=True):
        torch.testing.assert_close(made.grad, wanted.grad)


def test_that_the_divergence_warms_up_along_a_line():
    step = tiny_step(tiny_vae(), kl_weight=3.0, kl_warmup_images=80.0, text_weight=7.0)
    found = [step.weights(number).divergence for number in (0, 1, 5, 10, 99)]
    assert found == pytest.approx([0.0, 0.3, 1.5, 3.0, 3.0])
    assert step.weights(0).modalities == {"text": 7.0}
    assert tiny_step(tiny_vae(), kl_weight=3.0).weights(0).divergence == 3.0
    assert step(complete_batch(tiny_pairs()), 5).metrics["kl_weight"].item() == pytest.approx(1.5)


def test_that_latents_that_say_nothing_do_not_count_as_active():
    model = tiny_vae()
    step = tiny_step(model)
    for name in model.modality_order:
        nn.init.zeros_(cast("Any", model.encoder_heads[name]).to_parameters.weight)
    assert step(complete_batch(tiny_pairs()), 0).metrics["active_latents"] == 0
    for name in model.modality_order:
        weight = cast("Any", model.encoder_heads[name]).to_parameters.weight
        nn.init.zeros_(weight)
        nn.init.normal_(weight[:1], std=10.0)
    assert step(complete_batch(tiny_pairs()), 1).metrics["active_latents"] == 0.25


def test_that_all_sets_are_listed_the_largest_first():
    assert all_subsets("ab") == [("a", "b"), ("a",), ("b",)]
    for count in (1, 2, 3, 4):
        names = "abcd"[:count]
        subsets = all_subsets(names)
        assert subsets[0] == tuple(names)
        assert len(set(subsets)) == len(subsets) == 2**count - 1


def test_that_mvae_takes_all_each_and_random_sets_between():
    assert mvae_subsets("ab", 5, 0) == [("a", "b"), ("a",), ("b",)]
    assert mvae_subsets("abc", 0, 0) == [("a", "b", "c"), ("a",), ("b",), ("c",)]
    pairs = set(itertools.combinations("abc", 2))
    drawn = [mvae_subsets("abc", 2, seed)[4:] for seed in range(20)]
    assert all(len(set(sets)) == 2 and set(sets) <= pairs for sets in drawn)
    assert {subset for sets in drawn for subset in sets} == pairs
    assert mvae_subsets("abc", 2, 7) == mvae_subsets("abc", 2, 7)
    assert len(mvae_subsets("abc", 99, 0)) == 7


def test_that_random_sets_add_their_bounds():
    model = linear_vae(1, 2, 2)
    items = linear_items(model, 4)
    subsets = mvae_subsets(model.modality_order, 3, 0)
    more = mvae_bound(model, items, {}, subsets, BoundWeights(), torch.Generator().manual_seed(5))
    fewer = mvae_bound(
        model, items, {}, subsets[:4], BoundWeights(), torch.Generator().manual_seed(5)
    )
    assert not torch.allclose(more.loss, fewer.loss)
    torch.testing.assert_close(more.whole.nll, fewer.whole.nll)
