"""What every family's model offers: completing pairs, and walking between them.

Previews, galleries and evaluation know models through this protocol alone.

Shapes: B batch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

Items = Mapping[str, Tensor]
"""Items by modality; each tensor holds the same B rows."""


@dataclass(frozen=True, kw_only=True)
class Ends:
    """Where a walk starts or arrives."""

    noise: Items
    given: Items
    """Real items by modality; empty for a pair from noise alone."""


class PairModel(Protocol):
    """Turns noise, and what is given of a pair, into the whole pair. Also an ``nn.Module``."""

    @property
    def order(self) -> tuple[str, ...]:
        """Names of the modalities."""
        ...

    def draw_noise(self, count: int, generator: torch.Generator) -> dict[str, Tensor]:
        """Draw what ``forward`` needs for ``count`` pairs."""
        ...

    def __call__(self, noise: Items, given: Items) -> dict[str, Tensor]:
        """Complete pairs: real items in ``given``, by modality; the others are made."""
        ...

    def walk(self, start: Ends, end: Ends, place: Tensor) -> dict[str, Tensor]:
        """Make the pairs that lie between two.

        Args:
            start: B pairs.
            end: B other pairs.
            place: [B], 0 at the start, 1 at the end.
        """
        ...


class RehearsingModel(PairModel, Protocol):
    """A model that a critic can teach: it makes fake pairs beside real ones."""

    @property
    def patterns(self) -> tuple[tuple[str, ...], ...]:
        """The modalities that a fake pair may keep of its real one; the first keeps none."""
        ...

    def rehearse(self, noise: Items, real: Items, kept: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Make training pairs; rows of ``kept``, by modality [B] booleans, stay real."""
        ...

    def supervised_losses(self, real: Items, known: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """What real items cost the decoders that learn by likelihood too: by modality, [B]."""
        ...

    def likeliest(
        self, real: Items, known: Mapping[str, Tensor]
    ) -> dict[str, tuple[Tensor, Tensor]]:
        """What decoders that learn by likelihood would say, and how sure they are: [B, ...], [B].

        Args:
            real: items by modality.
            known: by modality, [B] booleans: the rows in which other decoders may see the item.
        """
        ...


def blend(start: Tensor, end: Tensor, place: Tensor) -> Tensor:
    """Mix rows along a straight line: [B, ...] each, and [B]."""
    weight = place.view(-1, *[1] * (start.dim() - 1)).to(start)
    return start + weight * (end - start)


def turn(start: Tensor, end: Tensor, place: Tensor) -> Tensor:
    """Mix rows of normal noise along an arc, so that all between is as likely as the ends.

    Source: White 2016, arXiv:1609.04468, section 2.1 (spherical linear interpolation).

    Args:
        start: [B, Z].
        end: [B, Z].
        place: [B], 0 to 1.
    """
    weight = place[:, None].to(start)
    cosine = torch.cosine_similarity(start, end, dim=1)[:, None].clamp(-1, 1)
    angle = cosine.acos()
    sine = angle.sin()
    arc = (((1 - weight) * angle).sin() * start + (weight * angle).sin() * end) / sine
    return torch.where(sine < 1e-4, start + weight * (end - start), arc)


# --------------------------------------------------------------------------
# What a kind of data must offer to be generated and judged.
#
# The generator, the critic, the step and the loop know modalities only through this protocol, so a
# third one (audio, say) is one new file and one line where a run's modalities are listed.
#
# Shapes: B batch, F features, ``...`` whatever the modality's items look like.


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
