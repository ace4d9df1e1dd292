"""What a kind of data must offer to be generated and judged.

The generator, the critic, the step and the loop know modalities only through this protocol, so a
third one (audio, say) is one new file and one line where a run's modalities are listed.

Shapes: B batch, F features, ``...`` whatever the modality's items look like.
"""

from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn


class Decoder(Protocol):
    """Makes items of one modality from noise and from what is known of the pair."""

    def draw_noise(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw the noise of ``count`` items on the generator's device: [count, ...]."""
        ...

    def __call__(self, noise: Tensor, context: Tensor) -> Tensor:
        """Make items, differentiably: noise [B, ...] and context [B, F] give [B, ...]."""
        ...


@runtime_checkable
class LikelihoodDecoder(Protocol):
    """A decoder that also learns from real items directly, not from the critic alone."""

    def supervised_loss(self, context: Tensor, real: Tensor) -> Tensor:
        """What real items cost, in nats: context [B, F] and items [B, ...] give [B]."""
        ...

    def likeliest(self, context: Tensor) -> tuple[Tensor, Tensor]:
        """Make the likeliest items for contexts [B, F]: [B, ...], and their probabilities [B]."""
        ...


class LatentDecoder(Protocol):
    """Makes items of one modality from a latent code, and knows how likely real ones are."""

    def draw_noise(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw what making ``count`` items leaves to chance: [count, ...], perhaps nothing."""
        ...

    def __call__(self, latent: Tensor, noise: Tensor, /) -> Tensor:
        """Make items: latent codes [B, Z] and noise [B, ...] give [B, ...]."""
        ...

    def surprise(self, latent: Tensor, real: Tensor) -> Tensor:
        """Give ``-log p(real | latent)`` in nats: [B, Z] and items [B, ...] to [B]."""
        ...


class Modality(Protocol):
    """One kind of data: how its rows become network input, and the networks for it."""

    @property
    def name(self) -> str:
        """Key in batches and the prefix of its weights in a checkpoint."""
        ...

    def read(self, stored: Tensor) -> Tensor:
        """Turn stored rows, as the dataset keeps them, into what the networks see."""
        ...

    def show(self, items: Tensor) -> Any:
        """Turn network output into what a person sees: a uint8 array or a list of strings."""
        ...

    def compare(self, made: Tensor, real: Tensor) -> dict[str, Tensor]:
        """Measure how varied a generated batch is beside a real one.

        Returns:
            Ratios by name, scalars on the device: about 1 when healthy, 0 when all is the same.
        """
        ...

    def build_encoder(self) -> nn.Module:
        """Build the network from items to [B, F], for the other modalities' decoders."""
        ...

    def build_decoder(self) -> nn.Module:
        """Build the ``Decoder``."""
        ...

    def build_trunk(self) -> nn.Module:
        """Build the critic's own network from items to [B, F]."""
        ...

    def build_latent_decoder(self, latent_dim: int) -> nn.Module:
        """Build the ``LatentDecoder``, for the variational families."""
        ...
