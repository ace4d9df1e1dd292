import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from engine.config.sections import GRADIENT_PENALTIES
from engine.data.image_shape import square
from engine.losses.regularizers import (
    PENALTIES_BY_NAME,
    PenaltyInputs,
    apply_spectral_norm,
    relative_spreads,
    squared_gradient_norm,
)
from engine.nets.image import conv_image_backbone


def judged(score: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor) -> PenaltyInputs:
    real, fake = real.detach().requires_grad_(), fake.detach().requires_grad_()
    return PenaltyInputs(
        real={"items": real},
        real_logits=score(real),
        fake={"items": fake},
        fake_logits=score(fake),
        discriminator=lambda items: score(items["items"]),
        generator=torch.Generator().manual_seed(0),
    )


def items(seed: int) -> Tensor:
    return torch.randn(5, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_that_the_table_has_every_penalty_a_configuration_can_name():
    assert set(PENALTIES_BY_NAME) == set(GRADIENT_PENALTIES)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("r1", 14 / 2), ("r1-r2", 14.0), ("gradient-penalty", (math.sqrt(14) - 1) ** 2)],
)
def test_that_the_slope_of_a_linear_discriminator_is_its_weight(name, expected):
    weights = torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64)
    penalty = PENALTIES_BY_NAME[name](judged(lambda x: x @ weights, items(0), items(1)))
    torch.testing.assert_close(penalty, torch.full((5,), expected, dtype=torch.float64))


def test_that_the_penalties_look_where_they_say():
    real, fake = items(0), items(1)
    given = judged(lambda x: x.square().sum(1), real, fake)
    at_real, at_fake = 2 * real.square().sum(1), 2 * fake.square().sum(1)
    torch.testing.assert_close(PENALTIES_BY_NAME["r1"](given), at_real)
    torch.testing.assert_close(PENALTIES_BY_NAME["r1-r2"](given), at_real + at_fake)


def test_that_the_gradient_penalty_looks_between():
    real, fake = items(0), items(1)
    place = torch.rand(5, generator=torch.Generator().manual_seed(0)).double()[:, None]
    between = fake + place * (real - fake)
    expected = (2 * between.norm(dim=1) - 1).square()
    penalty = PENALTIES_BY_NAME["gradient-penalty"](judged(lambda x: x.square().sum(1), real, fake))
    torch.testing.assert_close(penalty, expected)


def test_that_modalities_add_up():
    a, b = torch.randn(4, 2, requires_grad=True), torch.randn(4, 3, requires_grad=True)
    slope = squared_gradient_norm({"a": a, "b": b}, 2 * a.sum(1) + b.sum(1))
    torch.testing.assert_close(slope, torch.full((4,), 4.0 * 2 + 3))


def test_that_a_modality_without_a_say_has_no_slope():
    a, b = torch.randn(4, 2, requires_grad=True), torch.randn(4, 3, requires_grad=True)
    slope = squared_gradient_norm({"a": a, "b": b}, 2 * a.sum(1))
    torch.testing.assert_close(slope, torch.full((4,), 8.0))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("r1", (4 * 2 + 0.25 * 3) / 2),
        ("r1-r2", 4 * 2 + 0.25 * 3),
        ("gradient-penalty", (math.sqrt(4 * 2 + 0.25 * 3) - 1) ** 2),
    ],
)
def test_that_each_penalty_weighs_the_modalities(name, expected):
    real = {"a": torch.randn(4, 2, requires_grad=True), "b": torch.randn(4, 3, requires_grad=True)}
    fake = {n: item.detach().roll(1, 0).requires_grad_() for n, item in real.items()}

    def score(pair):
        return 2 * pair["a"].sum(1) + pair["b"].sum(1)

    inputs = PenaltyInputs(
        real=real,
        real_logits=score(real),
        fake=fake,
        fake_logits=score(fake),
        discriminator=score,
        generator=torch.Generator(),
        weights={"b": torch.tensor(0.25)},
    )
    penalty = PENALTIES_BY_NAME[name](inputs)
    torch.testing.assert_close(penalty, torch.full((4,), expected))


def test_that_spreads_are_distances_between_real_neighbours_relative_to_the_largest():
    far = torch.tensor([[0.0, 0.0], [6.0, 8.0], [0.0, 0.0], [99.0, 99.0]], requires_grad=True)
    near = torch.eye(4)
    masks = {
        "far": torch.tensor([True, True, True, False]),
        "near": torch.ones(4, dtype=torch.bool),
    }
    # Two distances of 10 between real items of "far"; any two rows of "near" are sqrt(2) apart.
    found = relative_spreads({"far": far, "near": near}, masks)
    assert {n: float(value) for n, value in found.items()} == pytest.approx(
        {"far": 1.0, "near": 2 / 100}
    )
    assert not found["far"].requires_grad
    unpaired = {"far": torch.zeros(4, dtype=torch.bool), "near": masks["near"]}
    found = relative_spreads({"far": far, "near": near}, unpaired)
    assert {n: float(value) for n, value in found.items()} == {"far": 0.0, "near": 1.0}


@pytest.mark.parametrize("name", GRADIENT_PENALTIES)
def test_that_the_penaltys_own_gradient_is_right(name):
    real, fake = items(0), items(1)

    def total(weight: Tensor, bias: Tensor) -> Tensor:
        def score(x: Tensor) -> Tensor:
            return torch.tanh(x @ weight + bias).square().sum(1)

        return PENALTIES_BY_NAME[name](judged(score, real, fake)).sum()

    generator = torch.Generator().manual_seed(2)
    weight = torch.randn(3, 4, generator=generator, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(4, generator=generator, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(total, (weight, bias))


def test_that_the_penalty_teaches_the_discriminator():
    torch.manual_seed(0)
    backbone = conv_image_backbone(square(8), 1, 4, 8).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] (no stub)
    images = torch.randn(4, 1, 8, 8)

    def penalty() -> Tensor:
        shown = images.detach().requires_grad_()
        return squared_gradient_norm({"image": shown}, backbone(shown).sum(1)).mean()

    before = penalty()
    before.backward()
    weight, step = backbone[1].weight, 1e-3
    with torch.no_grad():
        direction = weight.grad.clone()
        weight += step * direction
    expected = step * direction.square().sum()
    assert math.isclose((penalty() - before).item(), expected.item(), rel_tol=0.2)


def test_that_bounded_layers_stretch_at_most_by_one():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 4))
    apply_spectral_norm(network)
    for _step in range(50):
        network(torch.randn(2, 6))
    for layer in (network[0], network[2]):
        largest = torch.linalg.matrix_norm(layer.weight, ord=2).item()
        assert math.isclose(largest, 1.0, rel_tol=1e-2)
