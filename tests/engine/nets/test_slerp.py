import math

import torch

from engine.nets.slerp import spherical_interpolation


def codes(count: int = 6) -> tuple[torch.Tensor, torch.Tensor]:
    drawn = torch.randn(2, count, 5, generator=torch.Generator().manual_seed(0))
    return drawn[0], drawn[1]


def test_that_the_ends_are_the_codes_themselves():
    first, second = codes()
    torch.testing.assert_close(spherical_interpolation(first, second, torch.zeros(6)), first)
    torch.testing.assert_close(spherical_interpolation(first, second, torch.ones(6)), second)


def test_that_a_quarter_circle_is_walked_evenly():
    first, second = torch.tensor([[2.0, 0.0]]), torch.tensor([[0.0, 2.0]])
    for place in (0.25, 0.5, 0.9):
        expected = torch.tensor([[math.cos(place * math.pi / 2), math.sin(place * math.pi / 2)]])
        walked = spherical_interpolation(first, second, torch.tensor([place]))
        torch.testing.assert_close(walked, 2 * expected)


def test_that_the_way_stays_on_the_sphere():
    first, second = (torch.nn.functional.normalize(code, dim=1) for code in codes())
    walked = spherical_interpolation(first, second, torch.linspace(0, 1, 6))
    torch.testing.assert_close(walked.norm(dim=1), torch.ones(6))


def test_that_equal_codes_stay_where_they_are():
    first, _second = codes()
    walked = spherical_interpolation(first, first, torch.full((6,), 0.3))
    torch.testing.assert_close(walked, first)


def test_that_every_row_has_its_own_place():
    first, second = codes(2)
    walked = spherical_interpolation(first, second, torch.tensor([0.0, 1.0]))
    torch.testing.assert_close(walked, torch.stack([first[0], second[1]]))


def test_that_opposite_and_empty_codes_give_no_nonsense():
    first = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    second = torch.tensor([[-1.0, 0.0], [1.0, 0.0]])
    walked = spherical_interpolation(first, second, torch.full((2,), 0.5))
    assert walked.isfinite().all()
    assert walked.norm(dim=1).max() <= 1
