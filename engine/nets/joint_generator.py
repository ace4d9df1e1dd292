"""One trunk, a branch for each modality: the generator that a critic alone teaches.

Noise, and the codes of what is given of a pair, become one hidden vector; every branch makes its
modality from that. Nothing is learned by likelihood: texts come from a non-autoregressive branch,
chosen unit by unit with a straight-through gradient, so that the critic sees one-hot rows on both
sides. It fits labels, tags and templated phrases; for free text likelihood is better (Caccia et
al. 2018, arXiv:1811.02549).

Shapes: B batch, F features, Z noise.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from engine.nets.blocks import activation, initialise
from engine.nets.generator import PairContext
from engine.nets.protocols import Ends, Items, LatentDecoder, Modality, blend, turn

LATENT = "latent"
"""Name of the noise that all branches share."""


class TrunkGenerator(nn.Module):
    """Turns noise, and what is given of a pair, into the whole pair.

    Args:
        modalities: in any order.
        feature_dim: F.
        latent_dim: Z.
    """

    def __init__(
        self, modalities: Sequence[Modality], *, feature_dim: int, latent_dim: int
    ) -> None:
        super().__init__()
        self.order = tuple(modality.name for modality in modalities)
        self.latent_dim = latent_dim
        self.context = PairContext(modalities, feature_dim)
        self.trunk = nn.Sequential(
            nn.Linear(latent_dim + feature_dim, 2 * feature_dim),
            activation(),
            nn.Linear(2 * feature_dim, feature_dim),
            activation(),
        )
        initialise(self.trunk)
        self.branches = nn.ModuleDict(
            {m.name: m.build_latent_decoder(feature_dim) for m in modalities}
        )
        self.patterns = tuple(
            kept
            for count in range(len(self.order))
            for kept in itertools.combinations(self.order, count)
        )
        """What a fake pair may keep of a real one: anything but all of it."""

    def draw_noise(self, count: int, generator: torch.Generator) -> dict[str, Tensor]:
        """Draw what ``forward`` needs for ``count`` pairs."""
        shape = (count, self.latent_dim)
        noise = {LATENT: torch.randn(shape, generator=generator, device=generator.device)}
        branches = {name: cast("LatentDecoder", self.branches[name]) for name in self.order}
        return noise | {n: branch.draw_noise(count, generator) for n, branch in branches.items()}

    def forward(self, noise: Items, given: Items) -> dict[str, Tensor]:
        """Complete pairs: real items in ``given``, by modality; the others are made."""
        context = self.context(given, len(noise[LATENT]))
        return {**self._branch_out(noise[LATENT], context, noise), **given}

    def rehearse(self, noise: Items, real: Items, kept: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Make training pairs.

        Args:
            noise: as drawn by ``draw_noise``.
            real: real pairs.
            kept: by modality, [B] booleans: the rows that keep the real item, for which the
                others are made.
        """
        made = self._branch_out(noise[LATENT], self.context(real, len(noise[LATENT]), kept), noise)
        return {
            name: torch.where(kept[name].view(-1, *[1] * (item.dim() - 1)), real[name], item)
            for name, item in made.items()
        }

    def supervised_losses(self, real: Items, known: Mapping[str, Tensor]) -> dict[str, Tensor]:  # noqa: ARG002 (the protocol's)
        """Nothing here learns by likelihood."""
        return {}

    def likeliest(
        self,
        real: Items,  # noqa: ARG002 (the protocol's)
        known: Mapping[str, Tensor],  # noqa: ARG002 (as above)
    ) -> dict[str, tuple[Tensor, Tensor]]:
        """Nothing here learns by likelihood, so nothing is ever sure."""
        return {}

    def walk(self, start: Ends, end: Ends, place: Tensor) -> dict[str, Tensor]:
        """Make the pairs between two: the noise turns, what is known blends."""
        contexts = [self.context(side.given, len(place)) for side in (start, end)]
        latent = turn(start.noise[LATENT], end.noise[LATENT], place)
        return self._branch_out(latent, blend(contexts[0], contexts[1], place), start.noise)

    def _branch_out(self, latent: Tensor, context: Tensor, noise: Items) -> dict[str, Tensor]:
        hidden = self.trunk(torch.cat([latent, context], 1))
        return {name: self.branches[name](hidden, noise[name]) for name in self.order}
