"""Adversarial losses, computed on discriminator logits.

Each head of the discriminator returns one logit per row of a batch. A mask says which rows a loss
may use: an item may be missing from its pair, or may have been kept real in a generated pair.

Shapes: B batch.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor
from torch.nn.functional import relu, softplus

from engine import ranks


@dataclass(frozen=True)
class MaskedLogits:
    """The logits of one discriminator head and the rows that count.

    Attributes:
        logits: [B].
        mask: [B] booleans; the other rows change no loss and receive no gradient.
    """

    logits: Tensor
    mask: Tensor


class AdversarialLoss(Protocol):
    """Losses of discriminator and generator; every result is a scalar, a masked mean."""

    @property
    def needs_real_logits(self) -> bool:
        """Whether the generator's loss also uses the logits of real items."""
        ...

    @property
    def logits_are_log_odds(self) -> bool:
        """Whether the sigmoid of a logit is the probability of being real."""
        ...

    @property
    def is_bounded_below(self) -> bool:
        """Whether the discriminator's loss has a lower bound for any number of fakes."""
        ...

    def discriminator(self, real: MaskedLogits, fake: MaskedLogits) -> Tensor:
        """Return the discriminator's loss for real and generated items."""
        ...

    def fake(self, fake: MaskedLogits, real: MaskedLogits) -> Tensor:
        """Return the discriminator's loss for additional fakes only."""
        ...

    def generator(self, fake: MaskedLogits, real: MaskedLogits | None) -> Tensor:
        """Return the generator's loss; ``real`` is given if ``needs_real_logits``."""
        ...


@dataclass(frozen=True)
class UnpairedLoss:
    """A loss whose terms for real and generated items are independent of each other.

    Attributes:
        real_loss: discriminator's loss for real logits, [B] to [B].
        fake_loss: discriminator's loss for generated logits, [B] to [B].
        generator_loss: generator's loss for generated logits, [B] to [B].
    """

    real_loss: Callable[[Tensor], Tensor]
    fake_loss: Callable[[Tensor], Tensor]
    generator_loss: Callable[[Tensor], Tensor]
    needs_real_logits: bool = False
    logits_are_log_odds: bool = False
    is_bounded_below: bool = True

    def discriminator(self, real: MaskedLogits, fake: MaskedLogits) -> Tensor:
        """Return the mean over real items plus the mean over generated items."""
        return masked_mean(self.real_loss(real.logits), real.mask) + self.fake(fake, real)

    def fake(self, fake: MaskedLogits, real: MaskedLogits) -> Tensor:  # noqa: ARG002 (the protocol's)
        """Return the mean over generated items."""
        return masked_mean(self.fake_loss(fake.logits), fake.mask)

    def generator(self, fake: MaskedLogits, real: MaskedLogits | None) -> Tensor:  # noqa: ARG002 (as above)
        """Return the mean over generated items."""
        return masked_mean(self.generator_loss(fake.logits), fake.mask)


class RelativisticLoss:
    """Relativistic pairing: each real item is compared with the generated item in the same row.

    A row counts if both of its items do. Because every fake is compared with another real item,
    mapping all noise to one convincing sample does not minimise the generator's loss.
    Source: Jolicoeur-Martineau 2018, arXiv:1807.00734, section 4.1; Huang et al. 2024 (R3GAN),
    arXiv:2501.05441, eq. 2, which adds R1 and R2.
    """

    needs_real_logits = True
    logits_are_log_odds = False
    is_bounded_below = True

    def discriminator(self, real: MaskedLogits, fake: MaskedLogits) -> Tensor:
        """Return the mean of ``softplus(D(G(z)) - D(x))``."""
        return self.fake(fake, real)

    def fake(self, fake: MaskedLogits, real: MaskedLogits) -> Tensor:
        """Return the mean of ``softplus(D(G(z)) - D(x))`` over additional fakes."""
        return masked_mean(softplus(fake.logits - real.logits), fake.mask & real.mask)

    def generator(self, fake: MaskedLogits, real: MaskedLogits | None) -> Tensor:
        """Return the mean of ``softplus(D(x) - D(G(z)))``.

        Raises:
            ValueError: ``real`` is None.
        """
        if real is None:
            raise ValueError("relativistic pairing needs the real items' logits")
        return masked_mean(softplus(real.logits - fake.logits), fake.mask & real.mask)


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Return the mean of [B] values over the rows of a [B] mask; 0 if the mask is empty.

    Values outside the mask, including infinity and NaN, change neither the mean nor its gradient.
    Of several ranks, each returns its share of the mean over the rows of all.
    """
    return values.where(mask, 0.0).sum() / ranks.count_rows(mask).clamp(min=1)


LOSSES_BY_NAME: Mapping[str, AdversarialLoss] = {
    # -log D(x) - log(1 - D(G(z))), written with logits. The generator maximises log D(G(z)), which
    # has the same fixed point as the saturating loss and a gradient that does not vanish while the
    # discriminator is ahead. Source: Goodfellow et al. 2014, arXiv:1406.2661, section 3.
    "non-saturating": UnpairedLoss(
        real_loss=lambda logits: softplus(-logits),
        fake_loss=softplus,
        generator_loss=lambda logits: softplus(-logits),
        logits_are_log_odds=True,
    ),
    # min_G max_D E[log D(x)] + E[log(1 - D(G(z)))] as first written. The generator's gradient
    # vanishes while the discriminator is ahead. Source: arXiv:1406.2661, eq. 1.
    "saturating": UnpairedLoss(
        real_loss=lambda logits: softplus(-logits),
        fake_loss=softplus,
        generator_loss=lambda logits: -softplus(logits),
        logits_are_log_odds=True,
    ),
    # Source: Lim & Ye 2017, arXiv:1705.02894; Miyato et al. 2018, arXiv:1802.05957, eq. 16 and 17.
    "hinge": UnpairedLoss(
        real_loss=lambda logits: relu(1 - logits),
        fake_loss=lambda logits: relu(1 + logits),
        generator_loss=lambda logits: -logits,
    ),
    # Source: Mao et al. 2017, arXiv:1611.04076, eq. 2 and 9 with labels a = 0, b = c = 1.
    "least-squares": UnpairedLoss(
        real_loss=lambda logits: (logits - 1).square() / 2,
        fake_loss=lambda logits: logits.square() / 2,
        generator_loss=lambda logits: (logits - 1).square() / 2,
    ),
    # A distance only if the discriminator's gradient is bounded: use a gradient penalty or spectral
    # normalisation. Source: Arjovsky et al. 2017, arXiv:1701.07875, eq. 3.
    "wasserstein": UnpairedLoss(
        real_loss=lambda logits: -logits,
        fake_loss=lambda logits: logits,
        generator_loss=lambda logits: -logits,
        is_bounded_below=False,
    ),
    "relativistic": RelativisticLoss(),
}
"""By the name that a configuration gives them."""
