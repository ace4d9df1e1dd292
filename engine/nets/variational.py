"""One latent code behind every pair: the multimodal variational autoencoder.

Each modality has an expert, which says what its items tell about the code, and a decoder, which
makes its items from the code. Whatever is given of a pair, the product of its experts with the
prior is the code's posterior. How the bound is put together makes the family, MVAE or MoPoE, and is
the business of ``engine.train.variational_step``; the networks are the same.

Shapes: B batch, S latent codes for each item, F features, Z latent numbers.
"""

from collections.abc import Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from engine.nets.experts import Expert, Gaussian, product_of_experts
from engine.nets.modality import LatentDecoder, Modality
from engine.nets.model import Ends, Items, turn

LATENT = "latent"
"""Name of the code's own noise, beside those of the decoders."""


class MultimodalVae(nn.Module):
    """Turns noise, and what is given of a pair, into the whole pair, as ``PairGenerator`` does.

    Source: Wu & Goodman 2018, arXiv:1802.05335.

    Args:
        modalities: in the order in which a pair is listed.
        feature_dim: F.
        latent_dim: Z.
    """

    def __init__(
        self, modalities: Sequence[Modality], *, feature_dim: int, latent_dim: int
    ) -> None:
        super().__init__()
        self.order = tuple(modality.name for modality in modalities)
        self.latent_dim = latent_dim
        self.experts = nn.ModuleDict(
            {m.name: Expert(m.build_trunk(), feature_dim, latent_dim) for m in modalities}
        )
        self.decoders = nn.ModuleDict(
            {m.name: m.build_latent_decoder(latent_dim) for m in modalities}
        )

    def decoder(self, name: str) -> LatentDecoder:
        """The decoder of one modality."""
        return cast("LatentDecoder", self.decoders[name])

    def draw_noise(self, count: int, generator: torch.Generator) -> dict[str, Tensor]:
        """Draw what ``forward`` needs for ``count`` pairs: the code's noise, then the decoders'."""
        shape = (count, self.latent_dim)
        noise = {LATENT: torch.randn(shape, generator=generator, device=generator.device)}
        for name in self.order:
            noise[name] = self.decoder(name).draw_noise(count, generator)
        return noise

    def opinions(
        self, given: Items, present: Mapping[str, Tensor] | None = None
    ) -> dict[str, Gaussian]:
        """Ask the experts: by modality, [B, Z] parameters.

        Args:
            given: items by modality.
            present: by modality, [B] booleans. Where false the item is not looked at, and the
                expert's answer means nothing.
        """
        seen = {name: only_present(item, name, present) for name, item in given.items()}
        return {name: self.experts[name](item) for name, item in seen.items()}

    def posterior(self, given: Items, present: Mapping[str, Tensor] | None = None) -> Gaussian:
        """Give the code's distribution, knowing what is given: [B, Z] mean and log variance.

        Args:
            given: items by modality, at least one.
            present: by modality, [B] booleans: rows in which it is there. A name that is missing
                is there in every row; a row with nothing gets the prior.
        """
        return product_of_experts(self.opinions(given, present), present)

    def latent(self, noise: Items, given: Items) -> Tensor:
        """Draw codes for what is given, or from the prior: [B, Z]."""
        return self.posterior(given).at(noise[LATENT]) if given else noise[LATENT]

    def decode(self, latent: Tensor, noise: Items) -> dict[str, Tensor]:
        """Make every modality's items from codes [B, Z]."""
        return {name: self.decoder(name)(latent, noise[name]) for name in self.order}

    def forward(self, noise: Items, given: Items) -> dict[str, Tensor]:
        """Complete pairs: real items in ``given``, by modality; the others are made.

        Nothing given makes pairs from the prior; a text gives its image, an image its text.
        """
        latent = self.latent(noise, given)
        made = {
            name: self.decoder(name)(latent, noise[name])
            for name in self.order
            if name not in given
        }
        return {name: given[name] if name in given else made[name] for name in self.order}

    def walk(self, start: Ends, end: Ends, place: Tensor) -> dict[str, Tensor]:
        """Make the pairs between two: their codes turn into each other; all modalities are made.

        Args:
            start: B pairs; their codes follow from what is given, or from the prior.
            end: B other pairs.
            place: [B], 0 at the start, 1 at the end.
        """
        latent = turn(
            self.latent(start.noise, start.given), self.latent(end.noise, end.given), place
        )
        # The decoders' own chance comes from the nearer end: a mixture would not have its law.
        noise = {
            name: torch.where(
                _beside(place < 0.5, start.noise[name]), start.noise[name], end.noise[name]
            )
            for name in self.order
        }
        return self.decode(latent, noise)

    def surprise(self, name: str, latent: Tensor, real: Tensor) -> Tensor:
        """What real items of a modality cost in nats, under several codes each.

        Each set of codes is decoded by itself: batch norm, which looks at a batch as a whole, would
        otherwise mix codes of different subsets. It costs no time.

        Args:
            name: the modality.
            latent: [S, B, Z].
            real: [B, ...].

        Returns:
            [S, B].
        """
        decoder = self.decoder(name)
        return torch.stack([decoder.surprise(codes, real) for codes in latent])

    def log_likelihood(self, latent: Tensor, real: Items) -> Tensor:
        """``log p(pair | latent)``, all modalities unweighted: [S, B, Z] to [S, B] nats."""
        return -torch.stack([self.surprise(n, latent, item) for n, item in real.items()]).sum(0)


def only_present(item: Tensor, name: str, present: Mapping[str, Tensor] | None) -> Tensor:
    """Blank the rows [B, ...] of a modality that are not there, whatever they hold."""
    if present is None or name not in present:
        return item
    return torch.where(_beside(present[name], item), item, torch.zeros_like(item))


def _beside(rows: Tensor, item: Tensor) -> Tensor:
    """Shape [B] so that it broadcasts against [B, ...]."""
    return rows.view(-1, *[1] * (item.dim() - 1))
