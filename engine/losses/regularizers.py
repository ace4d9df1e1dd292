"""Discriminator regularizers: R1, R2, the gradient penalty of WGAN-GP and spectral normalisation.

Lazy regularisation (Karras et al. 2020, arXiv:1912.04958, section 3.1), which computes a penalty
every k steps and multiplies it by k, is up to the training step.

Shapes: B batch.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from engine import ranks
from engine.losses.adversarial import masked_mean

Items = Mapping[str, Tensor]


@dataclass(frozen=True, kw_only=True)
class PenaltyInputs:
    """A batch and its discriminator outputs.

    Attributes:
        real: by modality, B items; they require a gradient if the penalty ``needs_real_grad``.
        real_logits: [B], the sum over the heads of the masked logits of ``real``.
        fake: by modality, B generated items; as ``real`` with ``needs_fake_grad``.
        fake_logits: [B], likewise.
        discriminator: returns the [B] sum over the heads for other items.
        generator: source of random numbers.
        weights: by modality, factors of the squared gradients; 1 for those it does not name.
    """

    real: Items
    real_logits: Tensor
    fake: Items
    fake_logits: Tensor
    discriminator: Callable[[Items], Tensor]
    generator: torch.Generator
    weights: Items = field(default_factory=dict[str, Tensor])


class GradientPenalty(Protocol):
    """A penalty on the discriminator's gradient."""

    @property
    def needs_real_grad(self) -> bool:
        """Whether it differentiates the logits of the real items."""
        ...

    @property
    def needs_fake_grad(self) -> bool:
        """Whether it differentiates the logits of the generated items."""
        ...

    def __call__(self, inputs: PenaltyInputs) -> Tensor:
        """Return the unweighted penalty of each row: [B]."""
        ...


class R1:
    """Half the squared gradient norm at the real items.

    Source: Mescheder et al. 2018, arXiv:1801.04406, eq. 9.
    """

    needs_real_grad, needs_fake_grad = True, False

    def __call__(self, inputs: PenaltyInputs) -> Tensor:
        """Return the penalty of each real row: [B]."""
        return squared_gradient_norm(inputs.real, inputs.real_logits, inputs.weights) / 2


class R1R2:
    """Half the squared gradient norms at the real and at the generated items, summed.

    Source: Mescheder et al. 2018, arXiv:1801.04406, eq. 9 and 10; both at once in R3GAN (Huang et
    al. 2024, arXiv:2501.05441, section 2.2).
    """

    needs_real_grad, needs_fake_grad = True, True

    def __call__(self, inputs: PenaltyInputs) -> Tensor:
        """Return the penalty of each row: [B]."""
        real = squared_gradient_norm(inputs.real, inputs.real_logits, inputs.weights)
        return (real + squared_gradient_norm(inputs.fake, inputs.fake_logits, inputs.weights)) / 2


class WganGp:
    """Squared distance of the gradient norm from 1, at random points between real and generated.

    Source: Gulrajani et al. 2017, arXiv:1704.00028, eq. 3.
    """

    needs_real_grad, needs_fake_grad = False, False

    def __call__(self, inputs: PenaltyInputs) -> Tensor:
        """Return the penalty of each row: [B]. All modalities of a row share one coefficient."""
        logits = inputs.real_logits
        count = ranks.rows_of_all(len(logits))
        draws = torch.rand(count, generator=inputs.generator, device=logits.device)
        draws = ranks.own_rows(draws)
        between: dict[str, Tensor] = {}
        for name, item in inputs.real.items():
            real, fake = item.detach(), inputs.fake[name].detach()
            weight = draws.to(logits).view(-1, *[1] * (real.dim() - 1))
            between[name] = (fake + weight * (real - fake)).requires_grad_()
        logits = inputs.discriminator(between)
        norm = (squared_gradient_norm(between, logits, inputs.weights) + 1e-12).sqrt()
        return (norm - 1).square()


PENALTIES_BY_NAME: Mapping[str, GradientPenalty] = {
    "r1": R1(),
    "r1-r2": R1R2(),
    "gradient-penalty": WganGp(),
}
"""By name. ``spectral-norm`` changes the discriminator's layers instead of adding a term."""


def squared_gradient_norm(items: Items, logits: Tensor, weights: Items | None = None) -> Tensor:
    """Return the squared norm of the logits' gradient with respect to all modalities: [B].

    Args:
        items: by modality, tensors of B rows with ``requires_grad`` set.
        logits: [B], row i computed from row i.
        weights: by modality, scalar factors of the squared gradients; 1 where there is none.
    """
    # Summing first needs only one backward pass. With minibatch standard deviation a logit depends
    # slightly on its neighbours, which is then included.
    gradients = torch.autograd.grad(
        logits.sum(), list(items.values()), create_graph=True, materialize_grads=True
    )
    squares = [gradient.square().flatten(1).sum(1) for gradient in gradients]
    if weights:
        squares = [
            square * weights[name] if name in weights else square
            for name, square in zip(items, squares, strict=True)
        ]
    return torch.stack(squares).sum(0)


def relative_spreads(items: Items, masks: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return by modality the mean squared distance between items, relative to the largest.

    As weights of squared gradients they measure each modality in units of its own spread: a
    discriminator may then change as much from one text to another as from one image to another.

    Args:
        items: by modality, [B, ...] real items; each is compared with the next row's.
        masks: by modality, [B] booleans: the rows whose item is real.
    """
    are_real = [masks[name] & ranks.previous_rows(masks[name]) for name in items]
    ranks.count_together(are_real)
    shares: list[Tensor] = []
    for item, is_real in zip(items.values(), are_real, strict=True):
        rows = item.detach().flatten(1).float()
        distances = (rows - ranks.previous_rows(rows)).square().sum(1)
        shares.append(masked_mean(distances, is_real))
    spreads = ranks.total(torch.stack(shares))
    return dict(zip(items, spreads / spreads.max().clamp(min=1e-12), strict=True))


def apply_spectral_norm(network: nn.Module) -> None:
    """Divide the weight of each linear and convolutional layer by its largest singular value.

    The division follows the weight as it changes.
    Source: Miyato et al. 2018, arXiv:1802.05957, algorithm 1.
    """
    layers = [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.Linear)]
    for layer in layers:
        spectral_norm(layer)
