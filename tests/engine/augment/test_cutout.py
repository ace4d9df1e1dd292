import numpy as np
import pytest
import torch

from engine.augment.cutout import cut_out, draw_corners
from engine.augment.draws import Draws


def test_that_a_square_of_half_the_size_is_blanked():
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(4, 3, 8, 8, generator=generator) + 0.5
    rows, columns = torch.tensor([2.0, -2, 6, 0]), torch.tensor([1.0, 5, -1, 0])
    made = cut_out(images, rows, columns, torch.tensor([True, True, True, False]))
    for number, (row, column) in enumerate([(2, 1), (-2, 5), (6, -1)]):
        expected = images[number].numpy().copy()
        for y, x in np.ndindex(8, 8):
            if row <= y < row + 4 and column <= x < column + 4:
                expected[:, y, x] = 0
        assert np.array_equal(made[number].numpy(), expected)
    assert torch.equal(made[3], images[3])


def test_that_channels_last_is_kept():
    images = torch.ones(2, 3, 8, 8).contiguous(memory_format=torch.channels_last)
    made = cut_out(images, torch.zeros(2), torch.zeros(2), torch.ones(2, dtype=torch.bool))
    assert made.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(("side", "size"), [(8, 4), (10, 5)])
def test_that_the_squares_centre_can_be_anywhere_in_the_image(side, size):
    draws = Draws(torch.zeros(2_000, 1, side, side), torch.Generator().manual_seed(0))
    rows, columns = draw_corners(draws, side)
    # Centres from the first edge of the image (even) or pixel (odd) to the last.
    places = side + 1 if size % 2 == 0 else side
    for firsts in (rows, columns):
        assert sorted(firsts.unique().tolist()) == [n - size // 2 for n in range(places)]
    assert not torch.equal(rows, columns)
