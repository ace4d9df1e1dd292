"""The hybrid generator: one conditional decoder per modality.

Each modality has an encoder and a decoder. A decoder maps noise and a context, the sum of the
encodings of the given items, to its item; with nothing given the context is a learned vector. A
pair from noise alone follows the chain rule ``p(text) p(image | text)``: the text is generated
first and the image is conditioned on it, so the generator is one map from noise to a pair. The
opposite order was measured and was worse: docs/measurements.md.

Shapes: B batch, F features.
"""

import itertools
import math
from collections.abc import Collection, Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.nets.blocks import frozen
from engine.nets.protocols import (
    Decoder,
    DiscreteDecoder,
    Endpoint,
    Items,
    LikelihoodDecoder,
    Modality,
    Walk,
    lerp,
    slerp,
)


class PairContext(nn.Module):
    """Sum of the encodings of the given items; a learned vector where nothing is given.

    Args:
        modalities: in any order.
        embedding_dim: F.
        rms: scale each encoding to this root mean square; None leaves it as it is.
    """

    def __init__(
        self, modalities: Sequence[Modality], embedding_dim: int, rms: float | None = None
    ) -> None:
        super().__init__()
        self.rms = rms
        self.encoders = nn.ModuleDict({m.name: m.build_encoder() for m in modalities})
        self.unconditional = nn.Parameter(torch.zeros(embedding_dim))

    def forward(
        self, conditions: Items, count: int, observed: Mapping[str, Tensor] | None = None
    ) -> Tensor:
        """Encode what is given of each pair: [count, F].

        Args:
            conditions: items by modality.
            count: rows, needed when nothing is given.
            observed: by modality, [count] booleans: the rows whose item may be used; by default
                all.
        """
        codes = {name: self.encode(name, item) for name, item in conditions.items()}
        return self.combine(codes, count, observed)

    def combine(
        self, codes: Items, count: int, observed: Mapping[str, Tensor] | None = None
    ) -> Tensor:
        """Sum encodings [count, F] by modality, of which each row uses those in ``observed``."""
        if not codes:
            return self.unconditional.expand(count, -1)
        if observed is None:
            return torch.stack(list(codes.values())).sum(0)
        visible = torch.stack(
            [code.where(observed[name][:, None], 0) for name, code in codes.items()]
        )
        is_observed = torch.stack([observed[name] for name in codes]).any(0)
        return visible.sum(0).where(is_observed[:, None], self.unconditional)

    def encode(self, name: str, item: Tensor) -> Tensor:
        """Encode items of one modality: [B, ...] to [B, F]."""
        code = self.encoders[name](item)
        return code if self.rms is None else self.rms * functional.rms_norm(code, code.shape[1:])


MAX_PATTERNS = 14
"""Largest number of conditioning patterns that keep something: all of four modalities."""


def subset_patterns(names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """List what generated items may keep of real ones: the proper subsets of the modalities.

    Of five modalities and more, a fixed choice of ``MAX_PATTERNS``, each modality alone among
    them. The empty pattern is repeated until it is a quarter of all or more: items from noise alone
    are what most samples are.
    """
    subsets = [
        kept for count in range(1, len(names)) for kept in itertools.combinations(names, count)
    ]
    if len(subsets) > MAX_PATTERNS:
        alone, between = subsets[: len(names)], subsets[len(names) :]
        wanted = max(0, MAX_PATTERNS - len(alone))
        subsets = alone + [between[len(between) * place // wanted] for place in range(wanted)]
    return ((),) * max(1, math.ceil(len(subsets) / 3)) + tuple(subsets)


class PairGenerator(nn.Module):
    """Maps noise, and the given items of a pair, to the complete pair.

    Args:
        modalities: in the order in which a pair is generated.
        embedding_dim: F.
    """

    def __init__(self, modalities: Sequence[Modality], embedding_dim: int) -> None:
        super().__init__()
        self.modality_order = tuple(modality.name for modality in modalities)
        self.likelihood_weights = {m.name: m.likelihood_weight for m in modalities}
        self.context = PairContext(modalities, embedding_dim)
        self.decoders = nn.ModuleDict({m.name: m.build_decoder() for m in modalities})
        self.conditioning_patterns = subset_patterns(self.modality_order)
        """What generated items may keep of real ones."""
        if len(self.modality_order) <= 2:
            # The first is predicted from the second by likelihood alone (docs/measurements.md).
            self.conditioning_patterns = tuple(
                self.modality_order[:kept] for kept in range(len(self.modality_order))
            )

    def decoder(self, name: str) -> Decoder:
        """Return the decoder of one modality."""
        return cast("Decoder", self.decoders[name])

    def likelihood_parameters(self) -> list[nn.Parameter]:
        """Return the parameters that learn from real items by maximum likelihood.

        They belong to the decoders that have a likelihood and to what conditions these decoders:
        the encoders of the other modalities and the learned vector.
        """
        names = {n for n, made in self.decoders.items() if isinstance(made, LikelihoodDecoder)}
        modules = [self.decoders[name] for name in self.modality_order if name in names]
        modules += [self.context.encoders[n] for n in self.modality_order if names - {n}]
        weights = [weight for module in modules for weight in module.parameters()]
        return [*weights, self.context.unconditional]

    def draw_noise(self, count: int, generator: torch.Generator) -> dict[str, Tensor]:
        """Draw what ``forward`` needs for ``count`` pairs."""
        return {
            name: self.decoder(name).draw_noise(count, generator) for name in self.modality_order
        }

    def forward(self, noise: Items, conditions: Items) -> dict[str, Tensor]:
        """Complete pairs: items in ``conditions``, by modality, are kept; the others are generated.

        Nothing given generates pairs from noise; a text gives its image, an image its text.
        """
        count = len(next(iter(noise.values())))
        pair = dict(conditions)
        for name in self.modality_order:
            if name not in pair:
                pair[name] = self.decoder(name)(noise[name], self.context(pair, count))
        return pair

    def generate_training_pairs(
        self, noise: Items, real: Items, conditioning_mask: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Generate training pairs, each from another part of its real pair.

        Args:
            noise: as drawn by ``draw_noise``.
            real: real pairs.
            conditioning_mask: by modality, [B] booleans: the rows that keep the real item, as
                ``conditioning_patterns`` says; the others are generated.
        """
        pair: dict[str, Tensor] = {}
        codes: dict[str, Tensor] = {}
        for name in self.modality_order:
            context = self._training_context(name, {**real, **pair}, conditioning_mask, codes)
            if isinstance(self.decoders[name], DiscreteDecoder):
                # Without batch statistics or a gradient, only the generated rows are needed.
                rows = (~conditioning_mask[name]).nonzero()[:, 0]
                made = self.decoder(name)(noise[name][rows], context[rows])
                pair[name] = real[name].index_copy(0, rows, made)
            else:
                made = self.decoder(name)(noise[name], context)
                is_kept = conditioning_mask[name].view(-1, *[1] * (made.dim() - 1))
                pair[name] = torch.where(is_kept, real[name], made)
            codes.pop(name, None)
        return pair

    def relax(
        self,
        pair: Items,
        conditioning_mask: Mapping[str, Tensor],
        tables: Mapping[str, Tensor],
        noise: Items | None = None,  # noqa: ARG002 (the protocol's)
    ) -> dict[str, Tensor]:
        """Replace discrete items by embeddings, which pass a gradient to the decoder.

        Args:
            pair: as made by ``generate_training_pairs``.
            conditioning_mask: as given to it; only the rows that were generated get a gradient.
            tables: by discrete modality, the embeddings [V, D] of its tokens.
            noise: not used: texts are learned by likelihood.
        """
        relaxed = dict(pair)
        codes: dict[str, Tensor] = {}
        for name, table in tables.items():
            context = self._training_context(name, pair, conditioning_mask, codes)
            rows = (~conditioning_mask[name]).nonzero()[:, 0]
            decoder = cast("DiscreteDecoder", self.decoders[name])
            made = decoder.relax(context[rows], pair[name][rows], table)
            relaxed[name] = functional.embedding(pair[name], table).index_copy(0, rows, made)
        return relaxed

    def _training_context(
        self, name: str, items: Items, mask: Mapping[str, Tensor], codes: dict[str, Tensor]
    ) -> Tensor:
        """Return the condition of a modality in training pairs: [B, F].

        It consists of the items before it in the order, real or generated, and of the later ones
        that a row keeps. ``codes`` saves encodings from one call to the next.
        """
        place = self.modality_order.index(name)
        earlier = self.modality_order[:place]
        later = [
            other
            for other in self.modality_order[place + 1 :]
            if any(other in kept and name not in kept for kept in self.conditioning_patterns)
        ]
        for other in (*earlier, *later):
            if other not in codes:
                # Detached: the image must follow the text, not move the text towards what is easy
                # to draw.
                codes[other] = self.context.encode(other, items[other].detach())
        given = {other: codes[other] for other in (*earlier, *later)}
        if not later:
            return self.context.combine(given, len(mask[name]))
        known = {other: torch.ones_like(mask[other]) for other in earlier}
        return self.context.combine(given, len(mask[name]), {**mask, **known})

    def nll_losses(
        self,
        real: Items,
        observed: Mapping[str, Tensor],
        preceding: Mapping[str, Tensor] | None = None,
    ) -> dict[str, Tensor]:
        """Return the negative log-likelihood of real items under the decoders that have one.

        Args:
            real: real pairs.
            observed: by modality, [B] booleans; where true, the other decoders are conditioned on
                the item. Where it is false for all others, a decoder has no condition, as in
                unconditional generation.
            preceding: by modality, [B] booleans: further rows whose item conditions the decoders of
                the modalities after it, as in generation.

        Returns:
            By modality, [B] nats.
        """
        losses: dict[str, Tensor] = {}
        shown = dict(observed)
        for name in self.modality_order:
            decoder = self.decoders[name]
            if isinstance(decoder, LikelihoodDecoder):
                others = {other: item for other, item in real.items() if other != name}
                context = self.context(others, len(real[name]), shown)
                losses[name] = decoder.nll_loss(context, real[name])
            if preceding is not None:
                shown[name] = shown[name] | preceding[name]
        return losses

    def redescription_losses(self, pair: Items) -> dict[str, Tensor]:
        """Return how badly items tell the items that they were made from.

        Each is read alone, by its encoder and the decoders with a likelihood of the items before it
        in the order of generation. Tokens are not read: their choice passes no gradient.

        Args:
            pair: generated pairs. Gradients reach the items that are read; what reads them is
                frozen, because it learns from real items.

        Returns:
            By modality that is read, the sum of the negative log-likelihoods: [B] nats.
        """
        told: list[str] = []
        losses: dict[str, Tensor] = {}
        with frozen(self.context), frozen(self.decoders):
            for name in self.modality_order:
                if told and not isinstance(self.decoders[name], DiscreteDecoder):
                    context = self.context({name: pair[name]}, len(pair[name]))
                    readers = {n: cast("LikelihoodDecoder", self.decoders[n]) for n in told}
                    losses[name] = torch.stack(
                        [
                            reader.nll_loss(context, pair[n].detach())
                            for n, reader in readers.items()
                        ]
                    ).sum(0)
                if isinstance(self.decoders[name], LikelihoodDecoder):
                    told.append(name)
        return losses

    def predict_with_confidence(
        self, real: Items, observed: Mapping[str, Tensor]
    ) -> dict[str, tuple[Tensor, Tensor]]:
        """Predict items with the decoders that have a likelihood: [B, ...] and confidences [B].

        Args:
            real: items by modality.
            observed: by modality, [B] booleans; where true, the other decoders are conditioned on
                the item.
        """
        made: dict[str, tuple[Tensor, Tensor]] = {}
        for name, decoder in self.decoders.items():
            if isinstance(decoder, LikelihoodDecoder):
                others = {other: item for other, item in real.items() if other != name}
                made[name] = decoder.predict_with_confidence(
                    self.context(others, len(real[name]), observed)
                )
        return made

    def interpolate(self, start: Endpoint, end: Endpoint, t: Tensor) -> dict[str, Tensor]:
        """Generate the pairs between two: slerp between noises, lerp between encodings.

        A decoder of discrete tokens has nothing between two choices: on the way, such an item is
        predicted from the others.
        """
        return self.at_place(self.begin_walk(start, end), t)

    def begin_walk(self, start: Endpoint, end: Endpoint) -> Walk:
        """Encode what conditions the items without a likelihood at both ends."""
        count = len(next(iter(start.noise.values())))
        whole = [self(side.noise, side.conditions) for side in (start, end)]
        chosen = [n for n in self.modality_order if isinstance(self.decoders[n], LikelihoodDecoder)]
        first, last = (self.context({n: pair[n] for n in chosen}, count) for pair in whole)
        others = [name for name in self.modality_order if name not in chosen]
        return Walk(start=start, end=end, codes=dict.fromkeys(others, (first, last)))

    def at_place(
        self, walk: Walk, t: Tensor, names: Collection[str] | None = None
    ) -> dict[str, Tensor]:
        """Generate the pairs at places of a walk; see ``interpolate``."""
        made: dict[str, Tensor] = {}
        for name, (first, last) in walk.codes.items():
            noise = slerp(walk.start.noise[name], walk.end.noise[name], t)
            made[name] = self.decoder(name)(noise, lerp(first, last, t))
        if names is not None and made.keys() >= set(names):
            return made
        return self(walk.start.noise, made)
