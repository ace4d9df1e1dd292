"""Protocols of the models and of the modalities that they are built from.

Previews, galleries and evaluation use models through ``PairModel`` only. Generator, discriminator,
training steps and loop use modalities through ``Modality`` only, so a new one (audio, say) is one
file and one entry in ``engine.nets.registry.build_modalities``.

Shapes: B batch, F features, ``...`` whatever a modality's items look like.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

Items = Mapping[str, Tensor]
"""Items by modality; each tensor holds the same B rows."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One end of an interpolation."""

    noise: Items
    conditions: Items
    """Real items by modality; empty for a pair from noise alone."""


@dataclass(frozen=True, kw_only=True)
class Walk:
    """An interpolation, with what is the same at all of its places."""

    start: Endpoint
    end: Endpoint
    codes: Mapping[str, tuple[Tensor, Tensor]]
    """Encodings [B, F] or latent codes [B, Z] of both ends, by what they are for."""


class PairModel(Protocol):
    """Maps noise, and the given items of a pair, to the complete pair. Also an ``nn.Module``."""

    @property
    def modality_order(self) -> tuple[str, ...]:
        """Names of the modalities, in the order of generation."""
        ...

    def draw_noise(self, count: int, generator: torch.Generator) -> dict[str, Tensor]:
        """Draw what ``forward`` needs for ``count`` pairs."""
        ...

    def __call__(self, noise: Items, conditions: Items) -> dict[str, Tensor]:
        """Complete pairs: given items are kept, the others are generated."""
        ...

    def interpolate(self, start: Endpoint, end: Endpoint, t: Tensor) -> dict[str, Tensor]:
        """Generate the pairs between two.

        Args:
            start: B pairs.
            end: B other pairs.
            t: [B], 0 at the start, 1 at the end.
        """
        ...

    def begin_walk(self, start: Endpoint, end: Endpoint) -> Walk:
        """Compute what is the same at all places between two ends of B pairs."""
        ...

    def at_place(
        self, walk: Walk, t: Tensor, names: Collection[str] | None = None
    ) -> dict[str, Tensor]:
        """Generate the pairs at places of a walk; both together are ``interpolate``.

        Args:
            walk: of B rows.
            t: [B], 0 at the start, 1 at the end.
            names: modalities that are wanted, by default all; others may be left out.
        """
        ...


class TrainableGenerator(PairModel, Protocol):
    """A model that a discriminator can train: it generates fake pairs beside real ones."""

    @property
    def conditioning_patterns(self) -> tuple[tuple[str, ...], ...]:
        """Modalities that a fake pair may keep of its real one; the first pattern keeps none."""
        ...

    @property
    def likelihood_weights(self) -> Mapping[str, float]:
        """By modality, the weights of ``nll_losses``."""
        ...

    def generate_training_pairs(
        self,
        noise: Items,
        real: Items,
        conditioning_mask: Mapping[str, Tensor],
        counts: Mapping[str, int] | None = None,
    ) -> dict[str, Tensor]:
        """Generate training pairs; rows of the mask, by modality [B] booleans, stay real.

        ``counts`` is, by modality, the number of rows to decode, where only some are; by default it
        follows from the mask.
        """
        ...

    def relax(
        self,
        pair: Items,
        conditioning_mask: Mapping[str, Tensor],
        tables: Mapping[str, Tensor],
        noise: Items | None = None,
    ) -> dict[str, Tensor]:
        """Replace discrete items by embeddings with a gradient to the decoder.

        Args:
            pair: as made by ``generate_training_pairs``.
            conditioning_mask: as given to it.
            tables: by discrete modality, the embeddings [V, D] of its tokens.
            noise: as given to it, to replace one-hot rows by probabilities; None to keep them.
        """
        ...

    def nll_losses(
        self,
        real: Items,
        observed: Mapping[str, Tensor],
        preceding: Mapping[str, Tensor] | None = None,
    ) -> dict[str, Tensor]:
        """Return the negative log-likelihood of real items, where a decoder has one.

        Args:
            real: items by modality.
            observed: by modality, [B] booleans: the rows whose item may condition other decoders.
            preceding: by modality, [B] booleans: further rows whose item may condition the decoders
                of the modalities after it in ``modality_order``.

        Returns:
            By modality, [B] nats.
        """
        ...

    def reading_losses(self, real: Items) -> dict[str, dict[str, Tensor]]:
        """Return how badly real items, each alone, tell others, where a decoder has a likelihood.

        Args:
            real: real pairs.

        Returns:
            By modality that is read, and by modality that is read off it, [B] nats.
        """
        ...

    def redescription_losses(
        self, pair: Items, generated: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Return how badly items tell those that they were made from.

        Args:
            pair: generated pairs.
            generated: by modality, [B] booleans: the rows whose item is read.

        Returns:
            By modality, [B] nats, which mean nothing in other rows.
        """
        ...

    def predict_with_confidence(
        self, real: Items, observed: Mapping[str, Tensor]
    ) -> dict[str, tuple[Tensor, Tensor]]:
        """Predict items with the decoders that have a likelihood: [B, ...] and confidences [B].

        Args:
            real: items by modality.
            observed: by modality, [B] booleans: the rows whose item may condition other decoders.
        """
        ...


def rows_equal(one: Tensor, other: Tensor) -> Tensor:
    """Compare rows exactly: [B, ...] each to [B] booleans."""
    return (one == other).flatten(1).all(1)


def lerp(start: Tensor, end: Tensor, t: Tensor) -> Tensor:
    """Interpolate linearly between rows: [B, ...] each, weights [B]."""
    weight = t.view(-1, *[1] * (start.dim() - 1)).to(start)
    return start + weight * (end - start)


def slerp(start: Tensor, end: Tensor, t: Tensor) -> Tensor:
    """Interpolate spherically between rows of normal noise.

    Unlike on a straight line, all points between are as likely as the ends.
    Source: White 2016, arXiv:1609.04468, section 2.1.

    Args:
        start: [B, Z].
        end: [B, Z].
        t: [B], 0 to 1.
    """
    weight = t[:, None].to(start)
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
        """Map noise [B, ...] and context [B, F] to items [B, ...], differentiably if floats."""
        ...


@runtime_checkable
class LikelihoodDecoder(Protocol):
    """A decoder that also learns from real items by maximum likelihood."""

    def nll_loss(self, context: Tensor, real: Tensor) -> Tensor:
        """Return the negative log-likelihood in nats: context [B, F] and items [B, ...] to [B]."""
        ...

    def predict_with_confidence(self, context: Tensor) -> tuple[Tensor, Tensor]:
        """Predict items [B, ...] for contexts [B, F], and their probabilities [B]."""
        ...


@runtime_checkable
class DiscreteDecoder(Protocol):
    """A decoder whose items are integers, which carry no gradient, with a relaxation that does."""

    def relax(self, context: Tensor, items: Tensor, table: Tensor) -> Tensor:
        """Embed items [B, ...] that were sampled for contexts [B, F], with a gradient.

        Args:
            context: [B, F].
            items: [B, ...] integers.
            table: [V, D], the embedding of each value.

        Returns:
            [B, ..., D], in value ``table[items]``.
        """
        ...


@runtime_checkable
class DiscreteBackbone(Protocol):
    """A backbone for items that are integers; it also takes their embeddings."""

    @property
    def embedding_table(self) -> Tensor:
        """The embedding of each value: [V, D]."""
        ...

    def embed(self, items: Tensor) -> Tensor:
        """Map integers [B, ...] to embeddings [B, ..., D]."""
        ...


class AxisKind(Enum):
    """What the entries along an axis belong to."""

    TOKENS = "tokens"
    """One entry for each token of the vocabulary."""
    POSITIONS = "positions"
    """A block of entries for each position in a text."""
    CLUSTERS = "clusters"
    """One entry for each range of token ids: it has a meaning in one vocabulary only."""


class TensorAxis(NamedTuple):
    """An axis of a tensor that is indexed by tokens or by their positions in a text."""

    dim: int
    kind: AxisKind


@runtime_checkable
class TextNetwork(Protocol):
    """A network whose shape depends on the vocabulary or on the length of the texts."""

    def text_axes(self) -> Mapping[str, TensorAxis]:
        """Return by name the tensors that depend on vocabulary or length; one axis each.

        Another run's weights are taken over along it: entries by token, blocks by position.
        """
        ...


@runtime_checkable
class LatentDecoder(Protocol):
    """Decodes latent codes into items of one modality, with a likelihood."""

    def draw_noise(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw the noise of ``count`` items: [count, ...], possibly empty."""
        ...

    def __call__(self, latent: Tensor, noise: Tensor, /) -> Tensor:
        """Map latent codes [B, Z] and noise [B, ...] to items [B, ...]."""
        ...

    def nll(self, latent: Tensor, real: Tensor) -> Tensor:
        """Return ``-log p(real | latent)`` in nats: [B, Z] and items [B, ...] to [B]."""
        ...


class Modality(Protocol):
    """A kind of data: its conversion to network input and back, and its networks."""

    @property
    def name(self) -> str:
        """Key in batches and prefix of its weights in a checkpoint."""
        ...

    @property
    def likelihood_weight(self) -> float:
        """Weight of the items' likelihood beside that of the other modalities' items."""
        ...

    @property
    def is_discrete(self) -> bool:
        """Whether items can be equal by meaning, such as texts; pictures and sounds never are."""
        ...

    def is_equal(self, one: Tensor, other: Tensor) -> Tensor:
        """Compare network input row by row: [B, ...] each to [B] booleans."""
        ...

    def preprocess(self, stored: Tensor) -> Tensor:
        """Convert stored rows to network input."""
        ...

    def postprocess(self, items: Tensor) -> Any:
        """Convert network output to something to show: a uint8 array or a list of strings."""
        ...

    def diversity_metrics(self, made: Tensor, real: Tensor) -> dict[str, Tensor]:
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
        """Build the ``Decoder``; it is a ``DiscreteDecoder`` where the items are integers."""
        ...

    def build_backbone(self) -> nn.Module:
        """Build the discriminator's backbone, from items to [B, F].

        It is a ``DiscreteBackbone`` where the items are integers.
        """
        ...

    def build_latent_decoder(self, latent_dim: int) -> nn.Module:
        """Build the ``LatentDecoder`` of the variational families."""
        ...


class DenseModality(Modality, Protocol):
    """A modality whose items are arrays of one shape that a function makes from any numbers.

    The textbook's networks need no more: one linear layer gives the numbers of all items.
    """

    @property
    def item_shape(self) -> tuple[int, ...]:
        """Shape of an item in the networks, without the batch."""
        ...

    def activate(self, outputs: Tensor) -> Tensor:
        """Map outputs of a linear layer [B, *item_shape] to items of the same shape.

        The gradient of discrete items is straight-through (Bengio et al. 2013, arXiv:1308.3432).
        """
        ...
