"""What every family's model offers: completing pairs, and walking between them.

Previews, galleries and evaluation know models through this protocol alone.

Shapes: B batch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

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
