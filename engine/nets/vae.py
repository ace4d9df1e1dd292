"""The multimodal variational autoencoder: one latent code behind every pair.

Each modality has an encoder head, whose output is a normal distribution over the code, and a
decoder. The posterior is the product of the heads of the given items with the prior. The bound that
is maximised makes the family, MVAE or MoPoE (``engine.train.vae_step``); the networks are the same.

Shapes: B batch, S latent codes for each item, F features, Z latent numbers.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from engine.nets.protocols import Endpoint, Items, LatentDecoder, Modality, Walk, slerp

LOG_VARIANCE_LIMIT = 8.0
"""Limit of a log variance in absolute value, so that no precision overflows."""
POSTERIOR_INIT_STD = 0.02
"""Standard deviation of the last layer's initial weights: every posterior starts near the prior."""


class Gaussian(NamedTuple):
    """A normal distribution with a diagonal covariance."""

    mean: Tensor
    """[..., Z]."""
    log_variance: Tensor
    """[..., Z]."""

    def reparameterize(self, noise: Tensor) -> Tensor:
        """Map standard normal noise [..., Z] to a sample, differentiably.

        Source: the reparameterisation of Kingma & Welling 2014, arXiv:1312.6114, section 2.4.
        """
        return self.mean + (0.5 * self.log_variance).exp() * noise


class EncoderHead(nn.Module):
    """Encodes items of one modality as normal distributions over the latent code.

    Args:
        backbone: from items to [B, F].
        embedding_dim: F.
        latent_dim: Z.
    """

    def __init__(self, backbone: nn.Module, embedding_dim: int, latent_dim: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.to_parameters = nn.Linear(embedding_dim, 2 * latent_dim)
        nn.init.normal_(self.to_parameters.weight, std=POSTERIOR_INIT_STD)
        nn.init.zeros_(self.to_parameters.bias)

    def forward(self, items: Tensor) -> Gaussian:
        """Map items [B, ...] to the parameters of B normal distributions, [B, Z] each."""
        mean, raw = self.to_parameters(self.backbone(items)).chunk(2, 1)
        return Gaussian(mean, LOG_VARIANCE_LIMIT * torch.tanh(raw / LOG_VARIANCE_LIMIT))


def product_of_experts(
    experts: Mapping[str, Gaussian], present: Mapping[str, Tensor] | None = None
) -> Gaussian:
    """Multiply the experts' densities with the prior, N(0, I), and normalise.

    With the precisions ``T_i = 1 / variance_i``, of which the prior's is 1, the product is normal
    with mean ``sum(mean_i T_i) / sum(T_i)`` and variance ``1 / sum(T_i)``. Computed at least in
    float32. Source: Wu & Goodman 2018, arXiv:1802.05335, section 2.1.

    Args:
        experts: by modality, [B, Z] each; at least one.
        present: by modality, [B] booleans: rows in which the expert takes part; a missing name
            takes part in every row. A row without any gets the prior.

    Returns:
        [B, Z] parameters.
    """
    first = next(iter(experts.values())).mean
    kind = torch.promote_types(first.dtype, torch.float32)
    precision = torch.ones_like(first, dtype=kind)
    weighted = torch.zeros_like(first, dtype=kind)
    for name, expert in experts.items():
        own = (-expert.log_variance.to(kind)).exp()
        if present is not None and name in present:
            own = own * present[name][:, None]
        precision = precision + own
        weighted = weighted + own * expert.mean.to(kind)
    return Gaussian(weighted / precision, -precision.log())


LATENT = "latent"
"""Name of the code's own noise, beside that of the decoders."""


class MultimodalVae(nn.Module):
    """Maps noise, and the given items of a pair, to the complete pair, as ``PairGenerator`` does.

    Source: Wu & Goodman 2018, arXiv:1802.05335.

    Args:
        modalities: in the order in which a pair is listed.
        embedding_dim: F.
        latent_dim: Z.
    """

    def __init__(
        self, modalities: Sequence[Modality], *, embedding_dim: int, latent_dim: int
    ) -> None:
        super().__init__()
        self.modality_order = tuple(modality.name for modality in modalities)
        self.discrete = frozenset(m.name for m in modalities if m.is_discrete)
        """Modalities with few, discrete values, whose likelihood pixels would outweigh."""
        self.latent_dim = latent_dim
        self.encoder_heads = nn.ModuleDict(
            {m.name: EncoderHead(m.build_backbone(), embedding_dim, latent_dim) for m in modalities}
        )
        self.decoders = nn.ModuleDict(
            {m.name: m.build_latent_decoder(latent_dim) for m in modalities}
        )

    def decoder(self, name: str) -> LatentDecoder:
        """Return the decoder of one modality."""
        return cast("LatentDecoder", self.decoders[name])

    def draw_noise(self, count: int, generator: torch.Generator) -> dict[str, Tensor]:
        """Draw what ``forward`` needs for ``count`` pairs: the code's noise, then the decoders'."""
        shape = (count, self.latent_dim)
        noise = {LATENT: torch.randn(shape, generator=generator, device=generator.device)}
        for name in self.modality_order:
            noise[name] = self.decoder(name).draw_noise(count, generator)
        return noise

    def posteriors(
        self, conditions: Items, present: Mapping[str, Tensor] | None = None
    ) -> dict[str, Gaussian]:
        """Run the encoder heads: by modality, [B, Z] parameters.

        Args:
            conditions: items by modality.
            present: by modality, [B] booleans. Where false, the item is ignored and the result is
                arbitrary.
        """
        seen = {name: only_present(item, name, present) for name, item in conditions.items()}
        return {name: self.encoder_heads[name](item) for name, item in seen.items()}

    def posterior(self, conditions: Items, present: Mapping[str, Tensor] | None = None) -> Gaussian:
        """Return the posterior of the code: [B, Z] mean and log variance.

        Args:
            conditions: items by modality, at least one.
            present: by modality, [B] booleans: rows whose item is there; a missing name is there in
                every row. A row without any gets the prior.
        """
        return product_of_experts(self.posteriors(conditions, present), present)

    def latent(self, noise: Items, conditions: Items) -> Tensor:
        """Draw codes from the posterior of what is given, or from the prior: [B, Z]."""
        return (
            self.posterior(conditions).reparameterize(noise[LATENT])
            if conditions
            else noise[LATENT]
        )

    def decode(
        self, latent: Tensor, noise: Items, names: Collection[str] | None = None
    ) -> dict[str, Tensor]:
        """Decode codes [B, Z] into items of the named modalities, by default of all."""
        return {
            name: self.decoder(name)(latent, noise[name])
            for name in self.modality_order
            if names is None or name in names
        }

    def forward(self, noise: Items, conditions: Items) -> dict[str, Tensor]:
        """Complete pairs: items in ``conditions``, by modality, are kept; the others are generated.

        Nothing given generates pairs from the prior; a text gives its image, an image its text.
        """
        latent = self.latent(noise, conditions)
        made = {
            name: self.decoder(name)(latent, noise[name])
            for name in self.modality_order
            if name not in conditions
        }
        return {
            name: conditions[name] if name in conditions else made[name]
            for name in self.modality_order
        }

    def interpolate(self, start: Endpoint, end: Endpoint, t: Tensor) -> dict[str, Tensor]:
        """Generate the pairs between two by slerp between their codes.

        Args:
            start: B pairs; their codes follow from what is given, or from the prior.
            end: B other pairs.
            t: [B], 0 at the start, 1 at the end.
        """
        return self.at_place(self.begin_walk(start, end), t)

    def begin_walk(self, start: Endpoint, end: Endpoint) -> Walk:
        """Draw the codes of both ends."""
        first, last = (self.latent(side.noise, side.conditions) for side in (start, end))
        return Walk(start=start, end=end, codes={LATENT: (first, last)})

    def at_place(
        self, walk: Walk, t: Tensor, names: Collection[str] | None = None
    ) -> dict[str, Tensor]:
        """Generate the pairs at places of a walk; see ``interpolate``."""
        latent = slerp(*walk.codes[LATENT], t)
        first, last = walk.start.noise, walk.end.noise
        # The decoders' own noise is that of the nearer end: a mixture would have another
        # distribution.
        noise = {
            name: torch.where(_broadcast_rows(t < 0.5, first[name]), first[name], last[name])
            for name in self.modality_order
        }
        return self.decode(latent, noise, names)

    def nll(self, name: str, latent: Tensor, real: Tensor) -> Tensor:
        """Return the NLL of a modality's items under several codes each, in nats.

        Each set of codes is decoded separately: batch norm would otherwise mix codes of different
        subsets.

        Args:
            name: the modality.
            latent: [S, B, Z].
            real: [B, ...].

        Returns:
            [S, B].
        """
        decoder = self.decoder(name)
        return torch.stack([decoder.nll(codes, real) for codes in latent])

    def log_likelihood(self, latent: Tensor, real: Items) -> Tensor:
        """Return the unweighted ``log p(pair | latent)``: [S, B, Z] to [S, B] nats."""
        return -torch.stack([self.nll(n, latent, item) for n, item in real.items()]).sum(0)


def only_present(item: Tensor, name: str, present: Mapping[str, Tensor] | None) -> Tensor:
    """Set the rows [B, ...] of a modality that are not present to zero."""
    if present is None or name not in present:
        return item
    return torch.where(_broadcast_rows(present[name], item), item, torch.zeros_like(item))


def _broadcast_rows(rows: Tensor, item: Tensor) -> Tensor:
    """Reshape [B] so that it broadcasts against [B, ...]."""
    return rows.view(-1, *[1] * (item.dim() - 1))
