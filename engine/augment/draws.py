"""Random strengths for a batch of images: one for each, from one explicit generator.

Shapes: B images.
"""

import torch
from torch import Tensor

from engine.augment.changes import Change


class Draws:
    """Draws strengths, and decides which images a change meets.

    Args:
        images: [B, ...]; only their number, device and precision matter.
        generator: on the images' device; it moves on with every draw.
        forbidden: changes that meet no image.
        probability: [] with which each other change meets an image; it stays on its device.
            ``None`` lets them meet every image.
    """

    def __init__(
        self,
        images: Tensor,
        generator: torch.Generator,
        *,
        forbidden: frozenset[Change] = frozenset(),
        probability: Tensor | None = None,
    ) -> None:
        self._count, self._generator = len(images), generator
        self._device, self._dtype = images.device, images.dtype
        self._forbidden, self._probability = forbidden, probability

    def can_any(self, *changes: Change) -> bool:
        """Whether any of these changes may meet an image at all."""
        return not self._forbidden.issuperset(changes)

    def sometimes(self, change: Change, strength: Tensor, otherwise: float) -> Tensor:
        """Keep the strength where the change meets the image: [B] strengths to [B]."""
        neutral = torch.full_like(strength, otherwise)
        if change in self._forbidden:
            return neutral
        return torch.where(self.meets(), strength, neutral)

    def meets(self) -> Tensor:
        """Which images a change that is not forbidden meets: [B] booleans."""
        chance = self.uniform(0.0, 1.0)
        return chance < (1.0 if self._probability is None else self._probability)

    def uniform(self, low: float, high: float) -> Tensor:
        """[B] from the uniform distribution on [low, high)."""
        unit = torch.rand(
            self._count, generator=self._generator, device=self._device, dtype=self._dtype
        )
        return low + (high - low) * unit

    def normal(self, deviation: float) -> Tensor:
        """[B] from the normal distribution about 0."""
        standard = torch.randn(
            self._count, generator=self._generator, device=self._device, dtype=self._dtype
        )
        return deviation * standard

    def whole(self, low: int, high: int) -> Tensor:
        """[B] whole numbers from low to high, both included, each as likely as the others."""
        # The clamp catches a product that rounding lifts to the number after the last.
        return self.uniform(low, high + 1).floor().clamp(max=high)
