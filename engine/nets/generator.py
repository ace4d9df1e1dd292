"""The hybrid generator: one conditional decoder per modality.

Each modality has an encoder and a decoder. A decoder maps noise and a context, the sum of the
encodings of the given items, to its item; with nothing given the context is a learned vector. A
pair from noise alone follows the chain rule ``p(text) p(image | text)``: the text is generated
first and the image is conditioned on it, so the generator is one map from noise to a pair. The
opposite order was measured and was worse: docs/measurements.md.

Shapes: B batch, F features.
"""

import functools
import itertools
import math
from collections.abc import Collection, Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.nets.blocks import frozen, run_on_rows, run_on_selected
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
        rows = observed or {}
        codes = {name: self.encode(name, item, rows.get(name)) for name, item in conditions.items()}
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

    def encode(self, name: str, item: Tensor, rows: Tensor | None = None) -> Tensor:
        """Encode items of one modality: [B, ...] to [B, F].

        Args:
            name: the modality.
            item: [B, ...].
            rows: [B] booleans, the rows that are needed; by default all. Of two modalities all are
                encoded.
        """
        if rows is not None and len(self.encoders) > 2:
            code = run_on_rows(self.encoders[name], rows, item)
        else:
            code = self.encoders[name](item)
        return code if self.rms is None else self.rms * functional.rms_norm(code, code.shape[1:])


class _PairCodes:
    """Encodings of the items of training pairs: of each item one, when it is first needed.

    Args:
        context: encodes.
        kept: by modality, [B] booleans: the rows that keep the real item.
    """

    def __init__(self, context: PairContext, kept: Mapping[str, Tensor]) -> None:
        self._context, self._kept = context, kept
        self._of_kept: dict[str, Tensor] = {}
        self._of_all: dict[str, Tensor] = {}

    def of_kept(self, name: str, item: Tensor) -> Tensor:
        """Encode the rows that keep the real item: [B, F], undefined in the others."""
        if name not in self._of_kept:
            self._of_kept[name] = self._context.encode(name, item.detach(), self._kept[name])
        return self._of_kept[name]

    def of_all(self, name: str, item: Tensor) -> Tensor:
        """Encode real and generated items together: [B, F]."""
        if name not in self._of_all:
            real, kept = self._of_kept.get(name), self._kept[name]
            # Detached: the image must follow the text, not move the text towards what is easy to
            # draw.
            if real is None:
                self._of_all[name] = self._context.encode(name, item.detach())
            else:
                made = self._context.encode(name, item.detach(), ~kept)
                self._of_all[name] = torch.where(kept[:, None], real, made)
        return self._of_all[name]


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
        count = next(iter(noise.values())).shape[0]
        pair = dict(conditions)
        for name in self.modality_order:
            if name not in pair:
                pair[name] = self.decoder(name)(noise[name], self.context(pair, count))
        return pair

    def generate_training_pairs(
        self,
        noise: Items,
        real: Items,
        conditioning_mask: Mapping[str, Tensor],
        counts: Mapping[str, int] | None = None,
    ) -> dict[str, Tensor]:
        """Generate training pairs, each from another part of its real pair.

        Args:
            noise: as drawn by ``draw_noise``.
            real: real pairs.
            conditioning_mask: by modality, [B] booleans: the rows that keep the real item, as
                ``conditioning_patterns`` says; the others are generated.
            counts: by modality, the number of rows to decode; of two modalities all are.
        """
        pair: dict[str, Tensor] = {}
        codes = _PairCodes(self.context, conditioning_mask)
        for name in self.modality_order:
            context = self._training_context(name, {**real, **pair}, conditioning_mask, codes)
            if isinstance(self.decoders[name], DiscreteDecoder):
                # Without batch statistics or a gradient, only the generated rows are needed.
                rows = (~conditioning_mask[name]).nonzero()[:, 0]
                made = self.decoder(name)(noise[name][rows], context[rows])
                pair[name] = real[name].index_copy(0, rows, made)
            else:
                count = (counts or {}).get(name)
                made = self._decode_generated(
                    name, noise[name], context, conditioning_mask[name], count
                )
                is_kept = conditioning_mask[name].view(-1, *[1] * (made.dim() - 1))
                pair[name] = torch.where(is_kept, real[name], made)
        return pair

    def _decode_generated(
        self, name: str, noise: Tensor, context: Tensor, kept: Tensor, count: int | None
    ) -> Tensor:
        """Decode the rows of training pairs that do not keep the item; of two columns all."""
        if len(self.modality_order) < 3:
            return self.decoder(name)(noise, context)
        return run_on_selected(self.decoder(name), ~kept, noise, context, count=count)

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
        codes = _PairCodes(self.context, conditioning_mask)
        for name, table in tables.items():
            context = self._training_context(name, pair, conditioning_mask, codes)
            rows = (~conditioning_mask[name]).nonzero()[:, 0]
            decoder = cast("DiscreteDecoder", self.decoders[name])
            made = decoder.relax(context[rows], pair[name][rows], table)
            relaxed[name] = functional.embedding(pair[name], table).index_copy(0, rows, made)
        return relaxed

    def _training_context(
        self, name: str, items: Items, mask: Mapping[str, Tensor], codes: _PairCodes
    ) -> Tensor:
        """Return the condition of a modality in training pairs: [B, F].

        It consists of the items before it in the order, real or generated, and of the later ones
        that a row keeps.
        """
        place = self.modality_order.index(name)
        earlier = self.modality_order[:place]
        later = [
            other
            for other in self.modality_order[place + 1 :]
            if any(other in kept and name not in kept for kept in self.conditioning_patterns)
        ]
        given = {other: codes.of_all(other, items[other]) for other in earlier}
        given |= {other: codes.of_kept(other, items[other]) for other in later}
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
        shown, codes = dict(observed), dict[str, Tensor]()
        rows = self._conditioning_rows(observed, preceding)
        for name in self.modality_order:
            decoder = self.decoders[name]
            if isinstance(decoder, LikelihoodDecoder):
                for other, item in real.items():
                    if other != name and other not in codes:
                        codes[other] = self.context.encode(other, item, rows[other])
                given = {other: codes[other] for other in real if other != name}
                context = self.context.combine(given, len(real[name]), shown)
                losses[name] = decoder.nll_loss(context, real[name])
            if preceding is not None:
                shown[name] = shown[name] | preceding[name]
        return losses

    def _conditioning_rows(
        self, observed: Mapping[str, Tensor], preceding: Mapping[str, Tensor] | None
    ) -> dict[str, Tensor]:
        """Return by modality the rows whose item conditions any likelihood: [B] booleans."""
        rows = dict(observed)
        if preceding is None:
            return rows
        is_followed = False
        for name in reversed(self.modality_order):
            if is_followed:
                rows[name] = rows[name] | preceding[name]
            is_followed |= isinstance(self.decoders[name], LikelihoodDecoder)
        return rows

    def redescription_losses(
        self, pair: Items, generated: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Return how badly items tell the items that they were made from.

        Each is read alone, by its encoder and the decoders with a likelihood of the items before it
        in the order of generation. Tokens are not read: their choice passes no gradient.

        Args:
            pair: generated pairs. Gradients reach the items that are read; what reads them is
                frozen, because it learns from real items.
            generated: by modality, [B] booleans: the rows whose item is read.

        Returns:
            By modality that is read, the sum of the negative log-likelihoods: [B] nats. It means
            nothing in other rows.
        """
        with frozen(self.context), frozen(self.decoders):
            return {
                name: run_on_rows(
                    functools.partial(self._read_alone, name, told),
                    generated[name],
                    pair[name],
                    *[pair[n].detach() for n in told],
                ).sum(1)
                for name, told in self._told_by().items()
            }

    def reading_losses(self, real: Items) -> dict[str, dict[str, Tensor]]:
        """Return how badly the model reads items in the way that ``redescription_losses`` does.

        Args:
            real: real pairs. Gradients reach what reads them.

        Returns:
            By modality that is read, and by modality that is read off it, the negative
            log-likelihoods: [B] nats.
        """
        losses: dict[str, dict[str, Tensor]] = {}
        for name, told in self._told_by().items():
            nll = self._read_alone(name, told, real[name], *[real[n] for n in told])
            losses[name] = dict(zip(told, nll.unbind(1), strict=True))
        return losses

    def _told_by(self) -> dict[str, tuple[str, ...]]:
        """Return, by modality that is read, those before it with a likelihood."""
        told: list[str] = []
        read: dict[str, tuple[str, ...]] = {}
        for name in self.modality_order:
            if told and not isinstance(self.decoders[name], DiscreteDecoder):
                read[name] = tuple(told)
            if isinstance(self.decoders[name], LikelihoodDecoder):
                told.append(name)
        return read

    def _read_alone(
        self, name: str, told: Sequence[str], item: Tensor, *described: Tensor
    ) -> Tensor:
        """Return the NLL of ``told`` items, given one item: [B, K] nats."""
        context = self.context({name: item}, len(item))
        readers = [cast("LikelihoodDecoder", self.decoders[n]) for n in told]
        nll = [reader.nll_loss(context, d) for reader, d in zip(readers, described, strict=True)]
        return torch.stack(nll, 1)

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
