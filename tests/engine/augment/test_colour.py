import math

import numpy as np
import torch

from engine.augment.colour import colour_matrix, recolour


def numbers(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def matrix(contrast: float = 1.0, saturation: float = 1.0, hue: float = 0.0) -> torch.Tensor:
    return colour_matrix(
        contrast=numbers(contrast), saturation=numbers(saturation), hue=numbers(hue), channels=3
    )[0]


def expected_matrix(contrast: float, saturation: float, hue: float) -> np.ndarray:
    """Contrast of the saturation of the hue, by Rodrigues' formula."""
    axis = np.ones(3) / math.sqrt(3)
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    turned = np.eye(3) + math.sin(hue) * cross + (1 - math.cos(hue)) * cross @ cross
    along = np.outer(axis, axis)
    return contrast * (along + saturation * (np.eye(3) - along)) @ turned


def test_that_the_matrix_is_rotation_then_saturation_then_contrast():
    for contrast, saturation, hue in ((0.5, 1.0, 0.0), (1.0, 2.0, 0.0), (1.3, 0.4, 2.2)):
        made = matrix(contrast, saturation, hue).numpy()
        np.testing.assert_allclose(made, expected_matrix(contrast, saturation, hue), atol=1e-12)


def test_that_a_third_of_a_turn_makes_red_green():
    red, green = numbers(1, 0, 0), numbers(0, 1, 0)
    torch.testing.assert_close(matrix(hue=2 * math.pi / 3) @ red, green)


def test_that_grey_stays_grey_under_saturation_and_hue():
    grey = numbers(0.3, 0.3, 0.3)
    torch.testing.assert_close(matrix(saturation=3.0, hue=1.0) @ grey, grey)


def test_that_saturation_is_distance_from_the_mean_of_the_channels():
    colour = numbers(0.9, -0.3, 0.3)
    torch.testing.assert_close(matrix(saturation=0.0) @ colour, numbers(0.3, 0.3, 0.3))
    torch.testing.assert_close(matrix(saturation=2.0) @ colour, 2 * colour - 0.3)


def test_that_no_change_is_the_exact_identity():
    assert torch.equal(matrix(), torch.eye(3, dtype=torch.float64))


def test_that_each_image_has_its_own_colours():
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(2, 3, 4, 4, generator=generator, dtype=torch.float64)
    matrices = torch.rand(2, 3, 3, generator=generator, dtype=torch.float64)
    offsets = numbers(0.5, -0.25)
    made = recolour(images, matrices, offsets)
    for b, y, x in np.ndindex(2, 4, 4):
        expected = matrices[b].numpy() @ images[b, :, y, x].numpy() + offsets[b].item()
        np.testing.assert_allclose(made[b, :, y, x].numpy(), expected)
    assert made.is_contiguous(memory_format=torch.channels_last)


def test_that_grey_images_know_contrast_alone():
    grey = colour_matrix(
        contrast=numbers(0.5, 2), saturation=numbers(0, 3), hue=numbers(1, 2), channels=1
    )
    images = torch.ones(2, 1, 2, 2, dtype=torch.float64)
    made = recolour(images, grey, numbers(0, 1))
    assert made[:, 0, 0, 0].tolist() == [0.5, 3.0]
