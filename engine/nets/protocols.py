"""Protocols of the models and of the modalities that they are built from.

Previews, galleries and evaluation use models through ``PairModel`` only. Generator, discriminator,
training steps and loop use modalities through ``Modality`` only, so a new one (audio, say) is one
file and one entry in ``engine.nets.registry.build_modalities``.

Shapes: B batch, F features, ``...`` whatever a modality's items look like.
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
    """One end of an interpolation."""

    noise: Items
    given: Items
    """Real items by modality; empty for a pair from noise alone."""


class PairModel(Protocol):
    """Maps noise, and the given items of a pair, to the complete pair. Also an ``nn.Module``."""

    @property
    def order(self) -> tuple[str, ...]:
        """Names of the modalities, in the order of generation."""
        ...

    def draw_noise(self, count: int, generator: torch.Generator) -> dict[str, Tensor]:
        """Draw what ``forward`` needs for ``count`` pairs."""
        ...

    def __call__(self, noise: Items, given: Items) -> dict[str, Tensor]:
        """Complete pairs: items in ``given``, by modality, are kept; the others are generated."""
        ...

    def walk(self, start: Ends, end: Ends, place: Tensor) -> dict[str, Tensor]:
        """Generate the pairs between two.

        Args:
            start: B pairs.
            end: B other pairs.
            place: [B], 0 at the start, 1 at the end.
        """
        ...


class RehearsingModel(PairModel, Protocol):
    """A model that a discriminator can train: it generates fake pairs beside real ones."""

    @property
    def patterns(self) -> tuple[tuple[str, ...], ...]:
        """Modalities that a fake pair may keep of its real one; the first pattern keeps none."""
        ...

    def rehearse(self, noise: Items, real: Items, kept: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Generate training pairs; rows of ``kept``, by modality [B] booleans, stay real."""
        ...

    def supervised_losses(self, real: Items, known: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the negative log-likelihood of real items, where a decoder has one.

        Args:
            real: items by modality.
            known: by modality, [B] booleans: the rows whose item may condition other decoders.

        Returns:
            By modality, [B] nats.
        """
        ...

    def likeliest(
        self, real: Items, known: Mapping[str, Tensor]
    ) -> dict[str, tuple[Tensor, Tensor]]:
        """Predict items with the decoders that have a likelihood: [B, ...] and confidences [B].

        Args:
            real: items by modality.
            known: by modality, [B] booleans: the rows whose item may condition other decoders.
        """
        ...


def blend(start: Tensor, end: Tensor, place: Tensor) -> Tensor:
    """Interpolate linearly between rows: [B, ...] each, weights [B]."""
    weight = place.view(-1, *[1] * (start.dim() - 1)).to(start)
    return start + weight * (end - start)


def turn(start: Tensor, end: Tensor, place: Tensor) -> Tensor:
    """Interpolate spherically between rows of normal noise.

    Unlike on a straight line, all points between are as likely as the ends.
    Source: White 2016, arXiv:1609.04468, section 2.1.

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


class Decoder(Protocol):
    """Decodes noise and the context of a pair into items of one modality."""

    def draw_noise(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw the noise of ``count`` items on the generator's device: [count, ...]."""
        ...

    def __call__(self, noise: Tensor, context: Tensor) -> Tensor:
        """Map noise [B, ...] and context [B, F] to items [B, ...], differentiably."""
        ...


@runtime_checkable
class LikelihoodDecoder(Protocol):
    """A decoder that also learns from real items by maximum likelihood."""

    def supervised_loss(self, context: Tensor, real: Tensor) -> Tensor:
        """Return the negative log-likelihood in nats: context [B, F] and items [B, ...] to [B]."""
        ...

    def likeliest(self, context: Tensor) -> tuple[Tensor, Tensor]:
        """Predict items [B, ...] for contexts [B, F], and their probabilities [B]."""
        ...


class LatentDecoder(Protocol):
    """Decodes latent codes into items of one modality, with a likelihood."""

    def draw_noise(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw the noise of ``count`` items: [count, ...], possibly empty."""
        ...

    def __call__(self, latent: Tensor, noise: Tensor, /) -> Tensor:
        """Map latent codes [B, Z] and noise [B, ...] to items [B, ...]."""
        ...

    def surprise(self, latent: Tensor, real: Tensor) -> Tensor:
        """Return ``-log p(real | latent)`` in nats: [B, Z] and items [B, ...] to [B]."""
        ...


class Modality(Protocol):
    """A kind of data: its conversion to network input and back, and its networks."""

    @property
    def name(self) -> str:
        """Key in batches and prefix of its weights in a checkpoint."""
        ...

    def read(self, stored: Tensor) -> Tensor:
        """Convert stored rows to network input."""
        ...

    def show(self, items: Tensor) -> Any:
        """Convert network output to something to show: a uint8 array or a list of strings."""
        ...

    def compare(self, made: Tensor, real: Tensor) -> dict[str, Tensor]:
        """Measure the diversity of a generated batch relative to a real one.

        Returns:
            Ratios by name, scalars on the device: about 1 when healthy, 0 when all items are the
                same.
        """
        ...

    def build_encoder(self) -> nn.Module:
        """Build the network from items to [B, F] that conditions the other modalities' decoders."""
        ...

    def build_decoder(self) -> nn.Module:
        """Build the ``Decoder``."""
        ...

    def build_trunk(self) -> nn.Module:
        """Build the discriminator's backbone, from items to [B, F]."""
        ...

    def build_latent_decoder(self, latent_dim: int) -> nn.Module:
        """Build the ``LatentDecoder`` of the variational families."""
        ...
