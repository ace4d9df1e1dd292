"""The textbook's GAN: two multilayer perceptrons with one hidden layer each, for whole pairs.

The generator maps noise to all items of a pair at once; the discriminator takes all items of a pair
at once and returns one logit. Nothing else is in the networks: no network for each modality, no
head for single items, no condition, PyTorch's own initial weights.

Source: Goodfellow et al. 2014, arXiv:1406.2661, section 3 and figure 1, with a pair in place of x.

Shapes: B batch, S numbers of a pair, H units of the hidden layer, Z noise.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

import torch
from torch import Tensor, nn

from engine.nets.discriminator import PAIR, PairDiscriminator
from engine.nets.joint_generator import LATENT
from engine.nets.protocols import (
    AxisKind,
    DenseModality,
    Endpoint,
    Items,
    TensorAxis,
    Walk,
    slerp,
)

CANDIDATES = 32
"""Pairs from noise that a given item is compared with. One of ten equally likely texts is among
them with a probability of 1 - .9 ** 32 = .97."""


class JointDenseGenerator(nn.Module):
    """Maps noise to all items of a pair: ``z -> Linear -> ReLU -> Linear -> items``.

    It learns the joint distribution alone. A pair for given items is found by selection: of
    ``CANDIDATES`` pairs generated from noise it is the one that is nearest to what is given, in
    which the given items then take the place of the generated ones.

    Args:
        modalities: in any order.
        embedding_dim: H.
        latent_dim: Z.
    """

    conditioning_patterns: tuple[tuple[str, ...], ...] = ((),)
    """Generated pairs keep nothing of real ones."""
    likelihood_weights: Mapping[str, float] = MappingProxyType({})
    """Empty: a GAN has no likelihood."""
    permutations: Tensor

    def __init__(
        self, modalities: Sequence[DenseModality], *, embedding_dim: int, latent_dim: int
    ) -> None:
        super().__init__()
        self.modality_order = tuple(modality.name for modality in modalities)
        self.latent_dim = latent_dim
        self._modalities = {modality.name: modality for modality in modalities}
        self._sizes = [math.prod(modality.item_shape) for modality in modalities]
        self.layers = nn.Sequential(
            nn.Linear(latent_dim, embedding_dim),
            nn.ReLU(),
            nn.Linear(embedding_dim, sum(self._sizes)),
        )
        # Standard normal noise stays so in any order of its coordinates: the candidates of a row
        # follow from its own noise, and the first of them is that noise.
        orders = torch.rand(
            CANDIDATES, latent_dim, generator=torch.Generator().manual_seed(0), device="cpu"
        ).argsort(1)
        orders[0] = torch.arange(latent_dim, device="cpu")
        self.register_buffer("permutations", orders, persistent=False)

    def text_axes(self) -> dict[str, TensorAxis]:
        """Return the weights of the outputs, which mean something in one vocabulary only."""
        return {
            "layers.2.weight": TensorAxis(0, AxisKind.CLUSTERS),
            "layers.2.bias": TensorAxis(0, AxisKind.CLUSTERS),
        }

    def draw_noise(self, count: int, generator: torch.Generator) -> dict[str, Tensor]:
        """Draw [count, Z] from the standard normal."""
        shape = (count, self.latent_dim)
        return {LATENT: torch.randn(shape, generator=generator, device=generator.device)}

    def forward(self, noise: Items, conditions: Items) -> dict[str, Tensor]:
        """Complete pairs: given items are kept, the others are those of the nearest candidate."""
        return {**self.generate(self.nearest_noise(noise[LATENT], conditions)), **conditions}

    def generate_training_pairs(
        self,
        noise: Items,
        real: Items,  # noqa: ARG002 (the protocol's)
        conditioning_mask: Mapping[str, Tensor],  # noqa: ARG002 (as above)
        counts: Mapping[str, int] | None = None,  # noqa: ARG002 (as above)
    ) -> dict[str, Tensor]:
        """Generate pairs from the noise alone, as ``conditioning_patterns`` says."""
        return self.generate(noise[LATENT])

    def relax(
        self,
        pair: Items,
        conditioning_mask: Mapping[str, Tensor],  # noqa: ARG002 (the protocol's)
        tables: Mapping[str, Tensor],  # noqa: ARG002 (as above)
        noise: Items | None = None,  # noqa: ARG002 (as above)
    ) -> dict[str, Tensor]:
        """Return the pair: discrete items have a straight-through gradient."""
        return dict(pair)

    def nll_losses(
        self,
        real: Items,  # noqa: ARG002 (the protocol's)
        observed: Mapping[str, Tensor],  # noqa: ARG002 (as above)
        preceding: Mapping[str, Tensor] | None = None,  # noqa: ARG002 (as above)
    ) -> dict[str, Tensor]:
        """Return nothing: a GAN has no likelihood."""
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
        """Generate the pairs between two: slerp between noises."""
        return self.at_place(self.begin_walk(start, end), t)

    def begin_walk(self, start: Endpoint, end: Endpoint) -> Walk:
        """Find the noises of both ends."""
        first, last = (
            self.nearest_noise(side.noise[LATENT], side.conditions) for side in (start, end)
        )
        return Walk(start=start, end=end, codes={LATENT: (first, last)})

    def at_place(
        self,
        walk: Walk,
        t: Tensor,
        names: Collection[str] | None = None,  # noqa: ARG002 (all come from one layer)
    ) -> dict[str, Tensor]:
        """Generate the pairs at places of a walk; see ``interpolate``."""
        return self.generate(slerp(*walk.codes[LATENT], t))

    def generate(self, latent: Tensor) -> dict[str, Tensor]:
        """Map noise [B, Z] to the items of all modalities."""
        # Penalties judge what bf16 generates in full precision.
        parts = self.layers(latent).float().split(self._sizes, 1)
        return {
            name: modality.activate(part.reshape(-1, *modality.item_shape))
            for (name, modality), part in zip(self._modalities.items(), parts, strict=True)
        }

    def nearest_noise(self, latent: Tensor, conditions: Items) -> Tensor:
        """Return the candidate noise of each row whose items are nearest to the given: [B, Z].

        The distance is the mean squared difference of an item, summed over the given ones.
        """
        if not conditions:
            return latent
        best, least = latent, latent.new_full((latent.shape[0],), math.inf)
        for order in self.permutations:
            candidate = latent[:, order]
            made = self.generate(candidate)
            distance = torch.stack(
                [(made[n] - item).square().flatten(1).mean(1) for n, item in conditions.items()]
            ).sum(0)
            best = torch.where((distance < least)[:, None], candidate, best)
            least = torch.minimum(distance, least)
        return best


class JointDenseDiscriminator(PairDiscriminator):
    """Judges whole pairs: ``items -> Linear -> ReLU -> Linear -> logit``.

    Args:
        modalities: in any order.
        embedding_dim: H.
    """

    heads = (PAIR,)

    def __init__(self, modalities: Sequence[DenseModality], embedding_dim: int) -> None:
        super().__init__(modalities)
        self.modality_order = tuple(modality.name for modality in modalities)
        self.min_items = len(self.modality_order)
        size = sum(math.prod(modality.item_shape) for modality in modalities)
        self.backbones = nn.ModuleDict(
            {PAIR: nn.Sequential(nn.Linear(size, embedding_dim), nn.ReLU())}
        )
        self.joint_head = nn.Linear(embedding_dim, 1)

    def text_axes(self) -> dict[str, TensorAxis]:
        """Return the weights of the inputs, which mean something in one vocabulary only."""
        return {f"backbones.{PAIR}.0.weight": TensorAxis(1, AxisKind.CLUSTERS)}

    def features(
        self,
        items: Items,
        rows: Mapping[str, Tensor] | None = None,  # noqa: ARG002 (flattening costs nothing)
    ) -> dict[str, Tensor]:
        """Flatten the items; their only layer is that of the pair."""
        return {name: item.flatten(1) for name, item in items.items()}

    def logits(
        self, features: Items, present: Mapping[str, Tensor] | None = None
    ) -> dict[str, Tensor]:
        """Return the [B] logits of the pairs."""
        return {PAIR: self.joint_logit(features, present)}

    def joint_logit(
        self,
        features: Items,
        present: Mapping[str, Tensor] | None = None,  # noqa: ARG002 (rows are judged whole)
    ) -> Tensor:
        """Judge pairs of flattened items: [B] logits."""
        pair = torch.cat([features[name] for name in self.modality_order], 1)
        return self.joint_head(self.backbones[PAIR](pair))[:, 0]
