"""The discriminator: one network per modality, unimodal heads and a head for the pair.

Shapes: B batch, M modalities, F features.
"""

import functools
import operator
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from engine import ranks
from engine.nets.blocks import MinibatchStdDev, activation, initialise, run_on_rows
from engine.nets.protocols import DiscreteBackbone, Modality

PAIR = "pair"
"""Name of the head that judges whole pairs; the other heads have their modality's name."""


class PairDiscriminator(nn.Module, ABC):
    """Base of the networks that judge pairs, and of what a training step asks of them.

    A subclass sets ``heads`` and ``backbones``.

    Args:
        modalities: in any order.
    """

    heads: tuple[str, ...]
    """Names of the logits that ``forward`` returns."""
    backbones: nn.ModuleDict
    """Everything below the heads; may be compiled."""
    min_items: int
    """Number of items of a row from which it counts as a pair."""
    computes_rows_apart: bool = False
    """Whether ``features`` leaves rows out, so that real items in generated pairs cost nothing."""

    def __init__(self, modalities: Sequence[Modality]) -> None:
        super().__init__()
        self._modalities = {modality.name: modality for modality in modalities}

    def embed(self, items: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Embed discrete items, so that a penalty can differentiate; keep the others."""
        return dict(items)

    def embedding_tables(self) -> dict[str, Tensor]:
        """Return the embeddings [V, D] of each discrete modality, without a gradient."""
        return {}

    def is_mismatch(
        self, items: Mapping[str, Tensor], present: Mapping[str, Tensor], exchanged: str
    ) -> Tensor:
        """Whether rows no longer belong together after one item is taken from the row before.

        The item must differ, and so must another one. Where the rows have discrete items, one of
        these must differ: two pictures of a three differ, yet each fits the other's word.

        Args:
            items: by modality, [B, ...].
            present: by modality, [B] booleans. Rows that lack other items than the row before them
                make no mismatch.
            exchanged: the modality.

        Returns:
            [B] booleans.
        """
        there = torch.stack(list(present.values()), 1)
        *previous, there_before = ranks.previous_of_each([*items.values(), there])
        differs = {
            name: ~self._modalities[name].is_equal(item, before) & present[name]
            for (name, item), before in zip(items.items(), previous, strict=True)
        }
        alike = (there == there_before).all(1)
        others = torch.stack([d for name, d in differs.items() if name != exchanged]).any(0)
        discrete = [name for name in differs if self._modalities[name].is_discrete]
        if discrete:
            has_discrete = torch.stack([present[name] for name in discrete]).any(0)
            others &= torch.stack([differs[name] for name in discrete]).any(0) | ~has_discrete
        return alike & differs[exchanged] & others

    @abstractmethod
    def features(
        self, items: Mapping[str, Tensor], rows: Mapping[str, Tensor] | None = None
    ) -> dict[str, Tensor]:
        """Map items, or their embeddings, to what the heads take: by modality, [B, F].

        Args:
            items: by modality, [B, ...].
            rows: by modality, [B] booleans: the rows that are needed; by default all. The features
                of others mean nothing.
        """

    def complete_features(
        self, items: Mapping[str, Tensor], known: Mapping[str, Tensor], rows: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Compute the features that are not known: by modality, [B, F].

        Args:
            items: by modality, [B, ...].
            known: by modality, [B, F]; none of a modality that it does not name.
            rows: by modality, [B] booleans: the rows of ``known`` that belong to ``items``.
        """
        made = self.features(items, {name: ~rows[name] for name in known})
        return made | {
            name: seen.where(rows[name][:, None], made[name]) for name, seen in known.items()
        }

    @abstractmethod
    def logits(
        self, features: Mapping[str, Tensor], present: Mapping[str, Tensor] | None = None
    ) -> dict[str, Tensor]:
        """Run all heads: [B] logits for each of ``heads``; arguments as in ``joint_logit``."""

    @abstractmethod
    def joint_logit(
        self, features: Mapping[str, Tensor], present: Mapping[str, Tensor] | None = None
    ) -> Tensor:
        """Run the pair head alone: [B] logits.

        Args:
            features: by modality, [B, F].
            present: by modality, [B] booleans: the items that the head sees; by default all.
        """

    def forward(
        self, items: Mapping[str, Tensor], present: Mapping[str, Tensor] | None = None
    ) -> dict[str, Tensor]:
        """Run backbones and heads: [B] logits for each of ``heads``."""
        return self.logits(self.features(items), present)


class Discriminator(PairDiscriminator):
    """A backbone and a unimodal head for each modality, and one head for the pair.

    Separate heads for the items and for their match follow Triangle GAN (Gan et al. 2017,
    arXiv:1709.06548) and let an item without a partner contribute. With a single modality there is
    no pair head. From three modalities on, the pair head also judges rows that lack some: a learned
    vector stands for the features of an absent item.

    Args:
        modalities: in any order.
        embedding_dim: F.
    """

    min_items = 2

    def __init__(self, modalities: Sequence[Modality], embedding_dim: int) -> None:
        super().__init__(modalities)
        names = [modality.name for modality in modalities]
        self.backbones = nn.ModuleDict({m.name: m.build_backbone() for m in modalities})
        self.unimodal_heads = nn.ModuleDict({name: _unimodal_head(embedding_dim) for name in names})
        self.heads = (*names, PAIR) if len(names) > 1 else tuple(names)
        self.joint_head = nn.Sequential()
        if PAIR in self.heads:
            self.joint_head = nn.Sequential(
                nn.Linear((len(names) + 1) * embedding_dim, embedding_dim),
                activation(),
                nn.Linear(embedding_dim, 1),
            )
            initialise(self.joint_head)
            init_near_zero(self.joint_head)
        self.absent = nn.ParameterDict()
        if len(names) > 2:
            self.absent.update({n: nn.Parameter(torch.zeros(embedding_dim)) for n in names})
        # Of two modalities, one item of a generated pair in four is real: it gains too little.
        self.computes_rows_apart = len(names) > 2 and not any(
            isinstance(layer, nn.BatchNorm2d) for layer in self.backbones.modules()
        )

    def embed(self, items: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Embed discrete items, so that a penalty can differentiate; keep the others."""
        return {
            name: cast("DiscreteBackbone", self.backbones[name]).embed(item)
            if not item.is_floating_point()
            else item
            for name, item in items.items()
        }

    def embedding_tables(self) -> dict[str, Tensor]:
        """Return the embeddings [V, D] of each discrete modality, without a gradient."""
        return {
            name: backbone.embedding_table.detach()
            for name, backbone in self.backbones.items()
            if isinstance(backbone, DiscreteBackbone)
        }

    def features(
        self, items: Mapping[str, Tensor], rows: Mapping[str, Tensor] | None = None
    ) -> dict[str, Tensor]:
        """Run the backbones on items or on their embeddings; arguments as in the base class."""
        needed = rows if rows and self.computes_rows_apart else {}
        return {
            name: run_on_rows(self.backbones[name], needed[name], item)
            if name in needed
            else self.backbones[name](item)
            for name, item in items.items()
        }

    def logits(
        self, features: Mapping[str, Tensor], present: Mapping[str, Tensor] | None = None
    ) -> dict[str, Tensor]:
        """Run all heads: [B] logits for each of ``heads``; arguments as in ``joint_logit``."""
        logits = {name: self.unimodal_heads[name](seen)[:, 0] for name, seen in features.items()}
        if PAIR in self.heads:
            logits[PAIR] = self.joint_logit(features, present)
        return logits

    def joint_logit(
        self, features: Mapping[str, Tensor], present: Mapping[str, Tensor] | None = None
    ) -> Tensor:
        """Run the pair head alone: [B] logits.

        Args:
            features: by modality, [B, F].
            present: by modality, [B] booleans: the items that the head sees; by default all. Two
                modalities are always judged together.
        """
        seen = [features[name] for name in self.backbones]
        factors = seen
        if present is not None and self.absent:
            masks = [present[name][:, None] for name in self.backbones]
            factors = [f.where(mask, 1.0) for f, mask in zip(seen, masks, strict=True)]
            seen = [
                f.where(mask, self.absent[name])
                for name, f, mask in zip(self.backbones, seen, masks, strict=True)
            ]
        product = functools.reduce(operator.mul, factors)
        return self.joint_head(torch.cat([*seen, product], 1))[:, 0]


def _unimodal_head(embedding_dim: int) -> nn.Sequential:
    head = nn.Sequential(MinibatchStdDev(), nn.Linear(embedding_dim + 1, 1))
    init_near_zero(head)
    return head


def init_near_zero(head: nn.Sequential) -> None:
    """Initialise a head so that its first logits are near 0, which keeps early gradients small."""
    last = head[-1]
    if isinstance(last, nn.Linear):
        nn.init.normal_(last.weight, std=0.02)
        nn.init.zeros_(last.bias)
