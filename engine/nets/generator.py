"""One generator for every direction.

Each modality has an encoder and a decoder; a decoder draws its item from noise and from a context,
the summed codes of whatever is known of the pair. Nothing known is a context too, a learned one. A
pair from noise alone follows the chain rule, ``p(text) p(image | text)``: the text is imagined
first, the image is drawn for it, and both are judged together. It is still one map from noise to a
pair. Drawing first and reading afterwards was measured too and lost: docs/measurements.md.

Shapes: B batch, F features.
"""

from collections.abc import Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from engine.nets.modality import Decoder, LikelihoodDecoder, Modality

Items = Mapping[str, Tensor]
"""Items by modality; each tensor holds the same B rows."""


class PairGenerator(nn.Module):
    """Turns noise, and what is given of a pair, into the whole pair.

    Args:
        modalities: in the order in which a pair is imagined.
        feature_dim: F.
    """

    def __init__(self, modalities: Sequence[Modality], feature_dim: int) -> None:
        super().__init__()
        self.order = tuple(modality.name for modality in modalities)
        self.encoders = nn.ModuleDict({m.name: m.build_encoder() for m in modalities})
        self.decoders = nn.ModuleDict({m.name: m.build_decoder() for m in modalities})
        self.nothing = nn.Parameter(torch.zeros(feature_dim))

    def decoder(self, name: str) -> Decoder:
        """The decoder of one modality."""
        return cast("Decoder", self.decoders[name])

    def draw_noise(self, count: int, generator: torch.Generator) -> dict[str, Tensor]:
        """Draw what ``forward`` needs for ``count`` pairs."""
        return {name: self.decoder(name).draw_noise(count, generator) for name in self.order}

    def context(self, given: Items, count: int) -> Tensor:
        """Sum up what is known of each pair, or that nothing is: [count, F]."""
        if not given:
            return self.nothing.expand(count, -1)
        return torch.stack([self.encoders[name](item) for name, item in given.items()]).sum(0)

    def forward(self, noise: Items, given: Items) -> dict[str, Tensor]:
        """Complete pairs: real items in ``given``, by modality; the others are made.

        Nothing given makes pairs from noise; a text gives its image, an image its text.
        """
        count = len(next(iter(noise.values())))
        known = dict(given)
        for name in self.order:
            if name not in known:
                known[name] = self.decoder(name)(noise[name], self.context(known, count))
        return known

    def rehearse(self, noise: Items, real: Items, kept: Tensor) -> dict[str, Tensor]:
        """Make training pairs, each from a different share of its real pair.

        Args:
            noise: as drawn by ``draw_noise``.
            real: whole real pairs.
            kept: [B] integers; row i keeps its first ``kept[i]`` modalities, in the order of
                imagination, and makes the rest.
        """
        pair: dict[str, Tensor] = {}
        for place, name in enumerate(self.order):
            # What was imagined first is fixed for what follows: the image must follow the words,
            # not bend them towards what is easy to draw.
            known = {earlier: item.detach() for earlier, item in pair.items()}
            made = self.decoder(name)(noise[name], self.context(known, len(kept)))
            is_kept = (kept > place).view(-1, *[1] * (made.dim() - 1))
            pair[name] = torch.where(is_kept, real[name], made)
        return pair

    def supervised_loss(self, real: Items, is_known: Tensor) -> Tensor:
        """What real pairs cost the decoders that learn by likelihood: [B].

        Args:
            real: whole real pairs.
            is_known: [B] booleans; where true the decoder sees the other items of the pair, where
                false it must do with nothing, as when a pair is imagined.
        """
        total = self.nothing.new_zeros(len(is_known))
        for name in self.order:
            decoder = self.decoders[name]
            if isinstance(decoder, LikelihoodDecoder):
                others = {other: item for other, item in real.items() if other != name}
                known = self.context(others, len(is_known))
                context = torch.where(is_known[:, None], known, self.nothing)
                total = total + decoder.supervised_loss(context, real[name])
        return total
