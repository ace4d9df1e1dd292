"""Evidence lower bounds (ELBO) of multimodal VAEs, per item and in nats.

The reconstruction term is ``-log p(x | z)`` under one sample of the code.

Shapes: B batch, S posteriors of an item, K samples, Z latent numbers.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class BoundTerms:
    """The terms of one bound."""

    nll: Mapping[str, Tensor]
    """By modality, [B] nats ``-log p(x | z)``; arbitrary where the item is absent."""
    divergence: Tensor
    """[B] nats, KL divergence of the posterior from the prior."""


@dataclass(frozen=True, kw_only=True)
class BoundWeights:
    """Weights of the terms; with the defaults the bound is one on the likelihood."""

    divergence: float = 1.0
    modalities: Mapping[str, float] = field(default_factory=dict)
    """By name; a missing one weighs 1."""


def gaussian_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return the KL divergence of a diagonal normal distribution from N(0, I).

    ``0.5 sum(variance + mean^2 - 1 - log variance)``.
    Source: Kingma & Welling 2014, arXiv:1312.6114, appendix B.

    Args:
        mean: [..., Z].
        log_variance: [..., Z].

    Returns:
        [...] nats.
    """
    return 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).sum(-1)


def negative_elbo(
    terms: BoundTerms, present: Mapping[str, Tensor] | None, weights: BoundWeights
) -> Tensor:
    """Return the negative of one weighted bound: [B].

    Source: Wu & Goodman 2018, arXiv:1802.05335, section 2: the evidence lower bound with a weight
    for each modality and one for the divergence.

    Args:
        terms: of the bound.
        present: by modality, [B] booleans; an absent item contributes nothing. A missing name is
            there in every row.
        weights: of the terms.
    """
    total = weights.divergence * terms.divergence
    for name, cost in terms.nll.items():
        weighted = weights.modalities.get(name, 1.0) * cost
        if present is not None and name in present:
            weighted = torch.where(present[name], weighted, torch.zeros_like(weighted))
        total = total + weighted
    return total


def mvae_loss(
    subsets: Sequence[BoundTerms], present: Mapping[str, Tensor] | None, weights: BoundWeights
) -> Tensor:
    """Return the loss of MVAE's sub-sampled training, the sum of several negative bounds: [B].

    Source: Wu & Goodman 2018, arXiv:1802.05335, section 2.2.

    Args:
        subsets: terms of all modalities together, of each alone, and of random subsets, each with
            the likelihoods of its own modalities only.
        present: as in ``negative_elbo``.
        weights: of the terms, the same in every bound.
    """
    return torch.stack([negative_elbo(terms, present, weights) for terms in subsets]).sum(0)


def mixture_divergence(divergences: Tensor, is_available: Tensor) -> Tensor:
    """Return an upper bound on the KL divergence of an even mixture from the prior: [B].

    The divergence is convex, so that of a mixture is at most the mean over its components. Source:
    the MoPoE-VAE of Sutter et al. 2021, arXiv:2105.02470: the posterior is an even mixture of the
    products of experts of all subsets of modalities.

    Args:
        divergences: [S, B] nats, of each component.
        is_available: [S, B] booleans: the components of an item's mixture. An item without any has
            divergence 0.
    """
    kept = torch.where(is_available, divergences, torch.zeros_like(divergences))
    return kept.sum(0) / is_available.sum(0).clamp(min=1)


def importance_bound(
    log_likelihood: Callable[[Tensor], Tensor],
    mean: Tensor,
    log_variance: Tensor,
    *,
    samples: int,
    generator: torch.Generator,
    chunk: int = 16,
) -> Tensor:
    """Estimate ``log p(pair)`` from below: ``log mean_k p(pair, z_k) / q(z_k | pair)``, [B] nats.

    One sample gives the ELBO; more are closer to the likelihood.
    Source: the importance-weighted bound of Burda et al. 2016, arXiv:1509.00519, eq. 8.

    Args:
        log_likelihood: from codes [k, B, Z] to ``log p(pair | z)``, [k, B] nats.
        mean: [B, Z] of the posterior q.
        log_variance: [B, Z].
        samples: K.
        generator: draws the codes.
        chunk: samples at a time; bounds the memory.
    """
    logs: list[Tensor] = []
    for start in range(0, samples, chunk):
        shape = (min(chunk, samples - start), *mean.shape)
        noise = torch.randn(shape, generator=generator, device=mean.device, dtype=mean.dtype)
        latent = mean + (0.5 * log_variance).exp() * noise
        # log N(z; 0, I) - log q(z): the normalisation constants cancel except for the variance.
        ratio = 0.5 * (noise.square() - latent.square() + log_variance).sum(-1)
        logs.append(log_likelihood(latent) + ratio)
    return torch.cat(logs).logsumexp(0) - math.log(samples)
