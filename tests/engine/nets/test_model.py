import math

import torch

from engine.nets.model import blend, turn

GENERATOR = torch.Generator().manual_seed(0)
START, END = torch.randn(2, 4, 16, generator=GENERATOR, dtype=torch.float64)


def test_that_a_blend_is_a_straight_line():
    place = torch.tensor([0.0, 0.25, 0.5, 1.0], dtype=torch.float64)
    expected = (1 - place[:, None]) * START + place[:, None] * END
    torch.testing.assert_close(blend(START, END, place), expected)


def test_that_a_turn_ends_where_it_shall():
    for place, expected in ((0.0, START), (1.0, END)):
        torch.testing.assert_close(turn(START, END, torch.full((4,), place)), expected)


def test_that_a_turn_keeps_to_the_sphere_and_to_its_angle():
    one = START / START.norm(dim=1, keepdim=True)
    other = END / END.norm(dim=1, keepdim=True)
    between = turn(one, other, torch.full((4,), 0.3, dtype=torch.float64))
    torch.testing.assert_close(between.norm(dim=1), torch.ones(4, dtype=torch.float64))
    whole, part = (one * other).sum(1).acos(), (one * between).sum(1).acos()
    torch.testing.assert_close(part, 0.3 * whole)


def test_that_turning_towards_oneself_is_standing_still():
    still = turn(START, START, torch.full((4,), 0.5))
    torch.testing.assert_close(still, START)
    assert math.isfinite(still.sum().item())
