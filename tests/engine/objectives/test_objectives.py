import math

import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.nets.image import image_trunk
from engine.objectives.nonsaturating import fake_loss, generator_loss, real_loss
from engine.objectives.r1 import r1_penalty


@given(st.floats(-30, 30))
def test_that_the_losses_are_goodfellows(logit):
    given = torch.tensor([logit], dtype=torch.float64)
    assert math.isclose(real_loss(given).item(), math.log1p(math.exp(-logit)), rel_tol=1e-6)
    assert math.isclose(generator_loss(given).item(), math.log1p(math.exp(-logit)), rel_tol=1e-6)
    assert math.isclose(fake_loss(given).item(), math.log1p(math.exp(logit)), rel_tol=1e-6)


def test_that_the_penalty_of_a_linear_critic_is_its_squared_weight():
    weights = torch.tensor([1.0, -2.0, 3.0])
    items = torch.randn(5, 3, requires_grad=True)
    penalty = r1_penalty({"items": items}, items @ weights)
    torch.testing.assert_close(penalty, torch.full((5,), 14.0))


def test_that_the_penalty_of_a_quadratic_critic_is_exact():
    items = torch.randn(5, 3, requires_grad=True)
    penalty = r1_penalty({"items": items}, items.square().sum(1))
    torch.testing.assert_close(penalty, 4 * items.detach().square().sum(1))


def test_that_modalities_add_up():
    a, b = torch.randn(4, 2, requires_grad=True), torch.randn(4, 3, requires_grad=True)
    penalty = r1_penalty({"a": a, "b": b}, 2 * a.sum(1) + b.sum(1))
    torch.testing.assert_close(penalty, torch.full((4,), 4.0 * 2 + 3))


def test_that_the_penalty_teaches_the_critic():
    torch.manual_seed(0)
    trunk = image_trunk(8, 1, 4, 8).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] (no stub)
    images = torch.randn(4, 1, 8, 8, requires_grad=True)
    penalty = r1_penalty({"image": images}, trunk(images).sum(1)).mean()
    penalty.backward()
    weight = trunk[1].weight
    step = 1e-3
    with torch.no_grad():
        direction = weight.grad.clone()
        weight += step * direction
    moved = images.detach().requires_grad_()
    after = r1_penalty({"image": moved}, trunk(moved).sum(1)).mean()
    expected = step * direction.square().sum()
    assert math.isclose((after - penalty).item(), expected.item(), rel_tol=0.2)
