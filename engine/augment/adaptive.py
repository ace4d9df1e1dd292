"""Augmentation of a run: none, DiffAugment, or adaptive with a probability that finds itself."""

import torch
from torch import Tensor, nn

from engine.augment.changes import ADA, DIFFAUGMENT, MODES, NONE, Change
from engine.augment.diffaugment import diffaugment
from engine.augment.draws import Draws
from engine.augment.pipeline import augment

TARGET = 0.6
"""Mean sign of the critic's logit for real images at which the probability stands still."""
HIGHEST = 0.8
"""Highest probability: up to here the changes do not leak into what is generated (Karras et al.
2020, arXiv:2006.06676, section 2.2)."""
SIGNS_NEEDED = 256
"""Signs that make a decision; theirs were four batches of 64."""
ADA_IMAGES = 500_000
"""Images in which the probability could rise from 0 to 1."""


class Augmenter(nn.Module):
    """Changes the images that the critic sees, real and generated alike.

    The adaptive mode measures overfitting by r_t = E[sign(D(real))], which is 0 while the critic
    is unsure and 1 when it knows every training image, and moves the probability p of all changes
    by a fixed step up when r_t is above its target, down when below. p and what it waits for are
    buffers, so a checkpoint keeps them, and nothing is read back from the device.
    Source: Karras et al. 2020, arXiv:2006.06676, section 3 and eq. 1.

    Args:
        mode: ``none``, ``diffaugment`` or ``ada``.
        forbidden: changes that would make captions lie.
        ada_images: images in which p could rise from 0 to 1; fewer for tiny sets.
        target: of r_t.

    Raises:
        ValueError: there is no such mode.
    """

    probability: Tensor
    sign_sum: Tensor
    sign_count: Tensor
    pending_images: Tensor

    def __init__(
        self,
        mode: str,
        *,
        forbidden: frozenset[Change] = frozenset(),
        ada_images: float = ADA_IMAGES,
        target: float = TARGET,
    ) -> None:
        super().__init__()
        if mode not in MODES:
            raise ValueError(f"augmentation must be one of {', '.join(MODES)}, not {mode}")
        self.mode, self.forbidden = mode, forbidden
        self._ada_images, self._target = ada_images, target
        self.register_buffer("probability", torch.tensor(float(mode == DIFFAUGMENT)))
        for name in ("sign_sum", "sign_count", "pending_images"):
            self.register_buffer(name, torch.tensor(0.0))

    def forward(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Change images at random; differentiable as often as wanted.

        Args:
            images: [B, C, S, S] in [-1, 1].
            generator: on the images' device.

        Returns:
            [B, C, S, S], not clipped; channels last in memory if the images are.
        """
        if self.mode == NONE:
            return images
        if self.mode == DIFFAUGMENT:
            return diffaugment(images, Draws(images, generator, forbidden=self.forbidden))
        return augment(
            images,
            Draws(images, generator, forbidden=self.forbidden, probability=self.probability),
        )

    @torch.no_grad()
    def update(self, real_logit_signs: Tensor, images: int) -> None:
        """Take note of how sure the critic is; in the adaptive mode p follows.

        Args:
            real_logit_signs: [N] in {-1, 0, 1}, of the critic's logits for real images. They must
                be logits that are 0 where the critic is unsure: the image's own, not a pair's that
                also learns to refuse mismatched real pairs, nor a relativistic one.
            images: real images since the last call.
        """
        if self.mode != ADA:
            return
        self.sign_sum += real_logit_signs.sum()
        self.sign_count += real_logit_signs.numel()
        self.pending_images += images
        is_due = self.sign_count >= SIGNS_NEEDED
        direction = torch.sign(self.sign_sum / self.sign_count - self._target)
        step = direction * self.pending_images / self._ada_images
        self.probability += torch.where(is_due, step, 0.0)
        self.probability.clamp_(0, HIGHEST)
        for gathered in (self.sign_sum, self.sign_count, self.pending_images):
            gathered.masked_fill_(is_due, 0.0)
