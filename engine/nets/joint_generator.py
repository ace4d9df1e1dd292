"""The adversarial family's generators: a shared backbone with a branch for each modality.

Noise and the encodings of the given items become one hidden vector, from which each branch decodes
its modality. No branch has a likelihood: texts come from a non-autoregressive branch that chooses
tokens with a straight-through gradient, so the discriminator sees one-hot rows of real and of
generated texts alike. This suits labels, tags and templated phrases; for free text, likelihood is
better (Caccia et al. 2018, arXiv:1811.02549).

``SharedBackboneGenerator`` decodes all items of a pair at once. ``SequentialBackboneGenerator``
decodes one after the other, and learns what the first does not: that images follow their texts, and
that they vary (docs/measurements.md).

Shapes: B batch, F features, Z noise.
"""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import cast

import torch
from torch import Tensor, nn

from engine.nets.blocks import activation, initialise
from engine.nets.generator import PairContext, subset_patterns
from engine.nets.protocols import (
    Decoder,
    Endpoint,
    Items,
    LatentDecoder,
    LikelihoodDecoder,
    Modality,
    Walk,
    lerp,
    slerp,
)
from engine.nets.text import NonAutoregressiveTextDecoder

LATENT = "latent"
"""Name of the noise that all branches share."""


class SharedBackboneGenerator(nn.Module):
    """Maps noise, and the given items of a pair, to the complete pair.

    Args:
        modalities: in any order.
        embedding_dim: F.
        latent_dim: Z.
    """

    likelihood_weights: Mapping[str, float] = MappingProxyType({})
    """Empty: no branch has a likelihood."""
    context_rms: float | None = None
    """Root mean square of the encoding of a given item; None for encodings of any size."""

    def __init__(
        self, modalities: Sequence[Modality], *, embedding_dim: int, latent_dim: int
    ) -> None:
        super().__init__()
        self.modality_order = tuple(modality.name for modality in modalities)
        self.latent_dim = latent_dim
        self.context = PairContext(modalities, embedding_dim, rms=self.context_rms)
        self.backbone = nn.Sequential(
            nn.Linear(latent_dim + embedding_dim, 2 * embedding_dim),
            activation(),
            nn.Linear(2 * embedding_dim, embedding_dim),
            activation(),
        )
        initialise(self.backbone)
        self.branches = nn.ModuleDict(
            {m.name: self._build_branch(m, embedding_dim) for m in modalities}
        )
        self.conditioning_patterns = subset_patterns(self.modality_order)
        """What a generated pair may keep of a real one."""

    def draw_noise(self, count: int, generator: torch.Generator) -> dict[str, Tensor]:
        """Draw what ``forward`` needs for ``count`` pairs."""
        shape = (count, self.latent_dim)
        noise = {LATENT: torch.randn(shape, generator=generator, device=generator.device)}
        branches = {
            name: cast("LatentDecoder", self.branches[name]) for name in self.modality_order
        }
        return noise | {n: branch.draw_noise(count, generator) for n, branch in branches.items()}

    def forward(self, noise: Items, conditions: Items) -> dict[str, Tensor]:
        """Complete pairs: given items are kept, the others are generated."""
        context = self.context(conditions, noise[LATENT].shape[0])
        return {**self._decode(noise[LATENT], context, noise), **conditions}

    def generate_training_pairs(
        self,
        noise: Items,
        real: Items,
        conditioning_mask: Mapping[str, Tensor],
        counts: Mapping[str, int] | None = None,  # noqa: ARG002 (all rows are decoded)
    ) -> dict[str, Tensor]:
        """Generate training pairs.

        Args:
            noise: as drawn by ``draw_noise``.
            real: real pairs.
            conditioning_mask: by modality, [B] booleans: the rows that keep the real item and
                generate the others.
            counts: not used.
        """
        made = self._decode(
            noise[LATENT], self.context(real, noise[LATENT].shape[0], conditioning_mask), noise
        )
        return {
            name: torch.where(
                conditioning_mask[name].view(-1, *[1] * (item.dim() - 1)), real[name], item
            )
            for name, item in made.items()
        }

    def relax(
        self,
        pair: Items,
        conditioning_mask: Mapping[str, Tensor],  # noqa: ARG002 (the protocol's)
        tables: Mapping[str, Tensor],  # noqa: ARG002 (as above)
        noise: Items | None = None,  # noqa: ARG002 (as above)
    ) -> dict[str, Tensor]:
        """Return the pair: no branch makes discrete items."""
        return dict(pair)

    def nll_losses(
        self,
        real: Items,  # noqa: ARG002 (the protocol's)
        observed: Mapping[str, Tensor],  # noqa: ARG002 (as above)
        preceding: Mapping[str, Tensor] | None = None,  # noqa: ARG002 (as above)
    ) -> dict[str, Tensor]:
        """Return nothing: no branch has a likelihood."""
        return {}

    def reading_losses(self, real: Items) -> dict[str, dict[str, Tensor]]:  # noqa: ARG002 (the protocol's)
        """Return nothing, as ``nll_losses``."""
        return {}

    def redescription_losses(
        self,
        pair: Items,  # noqa: ARG002 (the protocol's)
        generated: Mapping[str, Tensor],  # noqa: ARG002 (as above)
    ) -> dict[str, Tensor]:
        """Return nothing, as ``nll_losses``."""
        return {}

    def predict_with_confidence(
        self,
        real: Items,  # noqa: ARG002 (the protocol's)
        observed: Mapping[str, Tensor],  # noqa: ARG002 (as above)
    ) -> dict[str, tuple[Tensor, Tensor]]:
        """Return nothing: without a likelihood there is no confidence."""
        return {}

    def interpolate(self, start: Endpoint, end: Endpoint, t: Tensor) -> dict[str, Tensor]:
        """Generate the pairs between two: slerp between noises, lerp between encodings."""
        return self.at_place(self.begin_walk(start, end), t)

    def begin_walk(self, start: Endpoint, end: Endpoint) -> Walk:
        """Encode what is given at both ends."""
        first, last = (
            self.context(side.conditions, len(side.noise[LATENT])) for side in (start, end)
        )
        return Walk(start=start, end=end, codes=dict.fromkeys(self.modality_order, (first, last)))

    def at_place(
        self, walk: Walk, t: Tensor, names: Collection[str] | None = None
    ) -> dict[str, Tensor]:
        """Generate the pairs at places of a walk; see ``interpolate``."""
        latent = slerp(walk.start.noise[LATENT], walk.end.noise[LATENT], t)
        noise = {**walk.start.noise, LATENT: latent}
        return {
            name: self.decode_item(name, noise, lerp(first, last, t))
            for name, (first, last) in walk.codes.items()
            if names is None or name in names
        }

    def _build_branch(self, modality: Modality, embedding_dim: int) -> nn.Module:
        return modality.build_latent_decoder(embedding_dim)

    def decode_item(self, name: str, noise: Items, context: Tensor) -> Tensor:
        """Decode the items of one modality from noise and the context [B, F] of a pair."""
        hidden = self.backbone(torch.cat([noise[LATENT], context], 1))
        return self.branches[name](hidden, noise[name])

    def _decode(self, latent: Tensor, context: Tensor, noise: Items) -> dict[str, Tensor]:
        hidden = self.backbone(torch.cat([latent, context], 1))
        return {name: self.branches[name](hidden, noise[name]) for name in self.modality_order}


class SequentialBackboneGenerator(SharedBackboneGenerator):
    """Generates the items of a pair one after the other, each given those before it.

    The shared noise is all that is random. Every item is decoded from one pass through the
    backbone, whose context are the items given or generated so far. A branch without a likelihood
    also takes the noise itself beside the hidden vector, as in the skip connections of BigGAN
    (Brock et al. 2019, arXiv:1809.11096, section 3): decoded from the hidden vector alone, images
    fell into a few clusters that each looked the same (docs/measurements.md).
    """

    context_rms = 2.0

    def draw_noise(self, count: int, generator: torch.Generator) -> dict[str, Tensor]:
        """Draw what ``forward`` needs for ``count`` pairs."""
        shape = (count, self.latent_dim)
        noise = {LATENT: torch.randn(shape, generator=generator, device=generator.device)}
        for name, branch in self.branches.items():
            if isinstance(branch, LatentDecoder):
                # Zero noise chooses the likeliest tokens.
                noise[name] = torch.zeros_like(branch.draw_noise(count, generator))
        return noise

    def forward(self, noise: Items, conditions: Items) -> dict[str, Tensor]:
        """Complete pairs: given items are kept, the others are generated."""
        pair = dict(conditions)
        for name in self.modality_order:
            if name not in pair:
                context = self.context(pair, noise[LATENT].shape[0])
                pair[name] = self.decode_item(name, noise, context)
        return pair

    def generate_training_pairs(
        self,
        noise: Items,
        real: Items,
        conditioning_mask: Mapping[str, Tensor],
        counts: Mapping[str, int] | None = None,  # noqa: ARG002 (all rows are decoded)
    ) -> dict[str, Tensor]:
        """Generate training pairs; arguments as in the base class."""
        pair: dict[str, Tensor] = {}
        for name in self.modality_order:
            # Detached: the image must follow the text, not move the text towards what is easy to
            # draw.
            others = {n: pair.get(n, real[n]).detach() for n in real if n != name}
            known = {
                n: torch.ones_like(kept) if n in pair else kept
                for n, kept in conditioning_mask.items()
            }
            context = self.context(others, noise[LATENT].shape[0], known)
            made = self.decode_item(name, noise, context)
            is_kept = conditioning_mask[name].view(-1, *[1] * (made.dim() - 1))
            pair[name] = torch.where(is_kept, real[name], made)
        return pair

    def relax(
        self,
        pair: Items,
        conditioning_mask: Mapping[str, Tensor],
        tables: Mapping[str, Tensor],  # noqa: ARG002 (the protocol's)
        noise: Items | None = None,
    ) -> dict[str, Tensor]:
        """Replace texts that were generated for a real item by probabilities, given the noise.

        The straight-through gradient is that at the chosen token, which tells little about tokens
        of another kind. Between the tokens it leads further: of validation images more are read
        (docs/measurements.md).

        Args:
            pair: as made by ``generate_training_pairs``.
            conditioning_mask: as given to it.
            tables: not used: the rows are one-hot.
            noise: as given to it; None returns the pair.
        """
        relaxed = dict(pair)
        if noise is None:
            return relaxed
        for name, branch in self.branches.items():
            if not isinstance(branch, NonAutoregressiveTextDecoder):
                continue
            others = {n: pair[n].detach() for n in pair if n != name}
            is_given = torch.stack([conditioning_mask[n] for n in others]).any(0)
            rows = (is_given & ~conditioning_mask[name]).nonzero()[:, 0]
            context = self.context(
                {n: item[rows] for n, item in others.items()},
                len(rows),
                {n: conditioning_mask[n][rows] for n in others},
            )
            hidden = self.backbone(torch.cat([noise[LATENT][rows], context], 1))
            soft = branch.probabilities(hidden, noise[name][rows])
            relaxed[name] = pair[name].index_copy(0, rows, soft.to(pair[name]))
        return relaxed

    def begin_walk(self, start: Endpoint, end: Endpoint) -> Walk:
        """Encode what the items of both ends are made from."""
        pairs = [(self(side.noise, side.conditions), side.conditions) for side in (start, end)]
        codes: dict[str, tuple[Tensor, Tensor]] = {}
        for number, name in enumerate(self.modality_order):
            earlier = self.modality_order[:number]
            first, last = (
                self.context({n: pair[n] for n in earlier} or conditions, len(pair[name]))
                for pair, conditions in pairs
            )
            codes[name] = (first, last)
        return Walk(start=start, end=end, codes=codes)

    def _build_branch(self, modality: Modality, embedding_dim: int) -> nn.Module:
        decoder = modality.build_decoder()
        if isinstance(decoder, LikelihoodDecoder):
            return super()._build_branch(modality, embedding_dim)
        return decoder

    def decode_item(self, name: str, noise: Items, context: Tensor) -> Tensor:
        """Decode the items of one modality from noise and the context [B, F] of a pair."""
        branch, latent = self.branches[name], noise[LATENT]
        hidden = self.backbone(torch.cat([latent, context], 1))
        if isinstance(branch, LatentDecoder):
            return branch(hidden, noise[name])
        return cast("Decoder", branch)(latent, hidden)
