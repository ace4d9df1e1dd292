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

from engine.nets.protocols import Decoder, Ends, Items, LikelihoodDecoder, Modality, blend, turn

# --------------------------------------------------------------------------
# What is known of a pair, as one vector.
#
# Shapes: B batch, F features.


class PairContext(nn.Module):
    """Sums the codes of whatever is given; nothing given is a learned code of its own.

    Args:
        modalities: in any order.
        feature_dim: F.
    """

    def __init__(self, modalities: Sequence[Modality], feature_dim: int) -> None:
        super().__init__()
        self.encoders = nn.ModuleDict({m.name: m.build_encoder() for m in modalities})
        self.nothing = nn.Parameter(torch.zeros(feature_dim))

    def forward(
        self, given: Items, count: int, known: Mapping[str, Tensor] | None = None
    ) -> Tensor:
        """Sum up what is known of each pair: [count, F].

        Args:
            given: items by modality.
            count: rows, for when nothing is given.
            known: by modality, [count] booleans: the rows whose item may be seen; by default all.
        """
        if not given:
            return self.nothing.expand(count, -1)
        codes = {name: self.encoders[name](item) for name, item in given.items()}
        if known is None:
            return torch.stack(list(codes.values())).sum(0)
        heard = torch.stack([code.where(known[name][:, None], 0) for name, code in codes.items()])
        is_known = torch.stack([known[name] for name in codes]).any(0)
        return heard.sum(0).where(is_known[:, None], self.nothing)


class PairGenerator(nn.Module):
    """Turns noise, and what is given of a pair, into the whole pair.

    Args:
        modalities: in the order in which a pair is imagined.
        feature_dim: F.
    """

    def __init__(self, modalities: Sequence[Modality], feature_dim: int) -> None:
        super().__init__()
        self.order = tuple(modality.name for modality in modalities)
        self.context = PairContext(modalities, feature_dim)
        self.decoders = nn.ModuleDict({m.name: m.build_decoder() for m in modalities})
        self.patterns = tuple(self.order[:kept] for kept in range(len(self.order)))
        """What a fake pair may keep of a real one: its first modalities, in the order of
        imagination."""

    def decoder(self, name: str) -> Decoder:
        """The decoder of one modality."""
        return cast("Decoder", self.decoders[name])

    def draw_noise(self, count: int, generator: torch.Generator) -> dict[str, Tensor]:
        """Draw what ``forward`` needs for ``count`` pairs."""
        return {name: self.decoder(name).draw_noise(count, generator) for name in self.order}

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

    def rehearse(self, noise: Items, real: Items, kept: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Make training pairs, each from a different share of its real pair.

        Args:
            noise: as drawn by ``draw_noise``.
            real: real pairs.
            kept: by modality, [B] booleans: the rows that keep the real item; a row keeps the
                first modalities, as ``patterns`` says, and makes the rest.
        """
        pair: dict[str, Tensor] = {}
        for name in self.order:
            # What was imagined first is fixed for what follows: the image must follow the words,
            # not bend them towards what is easy to draw.
            known = {earlier: item.detach() for earlier, item in pair.items()}
            made = self.decoder(name)(noise[name], self.context(known, len(kept[name])))
            is_kept = kept[name].view(-1, *[1] * (made.dim() - 1))
            pair[name] = torch.where(is_kept, real[name], made)
        return pair

    def supervised_losses(self, real: Items, known: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """What real items cost the decoders that learn by likelihood: by modality, [B].

        Args:
            real: real pairs.
            known: by modality, [B] booleans; where true the other decoders see the item, where
                false for all others a decoder must do with nothing, as when a pair is imagined.
        """
        losses: dict[str, Tensor] = {}
        for name in self.order:
            decoder = self.decoders[name]
            if isinstance(decoder, LikelihoodDecoder):
                others = {other: item for other, item in real.items() if other != name}
                context = self.context(others, len(real[name]), known)
                losses[name] = decoder.supervised_loss(context, real[name])
        return losses

    def likeliest(
        self, real: Items, known: Mapping[str, Tensor]
    ) -> dict[str, tuple[Tensor, Tensor]]:
        """What decoders that learn by likelihood would say, and how sure they are: [B, ...], [B].

        Args:
            real: items by modality.
            known: by modality, [B] booleans; where true the other decoders see the item.
        """
        made: dict[str, tuple[Tensor, Tensor]] = {}
        for name, decoder in self.decoders.items():
            if isinstance(decoder, LikelihoodDecoder):
                others = {other: item for other, item in real.items() if other != name}
                made[name] = decoder.likeliest(self.context(others, len(real[name]), known))
        return made

    def walk(self, start: Ends, end: Ends, place: Tensor) -> dict[str, Tensor]:
        """Make the pairs between two: noise turns, what the texts say blends.

        A decoder that chooses between units has no half-way choice: on the way, such an item is
        read off the others, by likelihood.
        """
        first, last = self(start.noise, start.given), self(end.noise, end.given)
        made: dict[str, Tensor] = {}
        chosen = [n for n in self.order if isinstance(self.decoders[n], LikelihoodDecoder)]
        for name in self.order:
            if name not in chosen:
                contexts = [
                    self.context({n: whole[n] for n in chosen}, len(place))
                    for whole in (first, last)
                ]
                noise = turn(start.noise[name], end.noise[name], place)
                made[name] = self.decoder(name)(noise, blend(contexts[0], contexts[1], place))
        return self(start.noise, made)
