"""How likely a pixel is, given what a decoder drew.

Shapes: B batch, C channels, H = W side in pixels.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

DENSITIES = ("laplace", "normal", "bernoulli")


@dataclass(frozen=True, kw_only=True)
class PixelDensity:
    """The distribution of an image in [-1, 1] around a drawn one, every pixel on its own.

    Laplace and normal are densities, so that their bounds mean something in nats; Bernoulli takes
    the grey of a pixel mapped to [0, 1] for the probability that it is white, as the classic VAE
    for digits does, and has no scale.
    """

    family: str = "laplace"
    """One of ``DENSITIES``."""
    scale: float = 1.0
    """Laplace's b or the normal's sigma, where black and white are 2 apart."""

    def __post_init__(self) -> None:
        """Refuse a family that is not there.

        Raises:
            ValueError: the family is unknown or the scale is not above 0.
        """
        if self.family not in DENSITIES or self.scale <= 0:
            raise ValueError(f"no pixel density {self.family!r} with scale {self.scale}")

    def surprise(self, raw: Tensor, real: Tensor) -> Tensor:
        """Give ``-log p(real | drawn)`` in nats, summed over pixels: [B].

        Args:
            raw: [B, C, H, W], the drawn image before ``tanh``.
            real: [B, C, H, W] in [-1, 1].
        """
        if self.family == "bernoulli":
            # tanh(r) = 2 sigmoid(2 r) - 1, so 2 r is the logit of a pixel in [0, 1].
            each = functional.binary_cross_entropy_with_logits(
                2 * raw, (real + 1) / 2, reduction="none"
            )
            return each.flatten(1).sum(1)
        distance = (real - torch.tanh(raw)) / self.scale
        each = distance.abs() if self.family == "laplace" else 0.5 * distance.square()
        return each.flatten(1).sum(1) + real[0].numel() * self._log_normaliser()

    def _log_normaliser(self) -> float:
        """Of one pixel: the logarithm of what makes the density integrate to one."""
        if self.family == "laplace":
            return math.log(2 * self.scale)
        return math.log(self.scale) + 0.5 * math.log(2 * math.pi)
