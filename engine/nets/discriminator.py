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

from engine.nets.blocks import MinibatchStdDev, activation, initialise
from engine.nets.protocols import DiscreteBackbone, Modality

PAIR = "pair"
"""Name of the head that judges whole pairs; the other heads have their modality's name."""


class PairDiscriminator(nn.Module, ABC):
    """Base of the networks that judge pairs, and of what a training step asks of them.

    A subclass sets ``heads`` and ``backbones``.
    """

    heads: tuple[str, ...]
    """Names of the logits that ``forward`` returns."""
    backbones: nn.ModuleDict
    """Everything below the heads; may be compiled."""

    def embed(self, items: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Embed discrete items, so that a penalty can differentiate; keep the others."""
        return dict(items)

    def embedding_tables(self) -> dict[str, Tensor]:
        """Return the embeddings [V, D] of each discrete modality, without a gradient."""
        return {}

    @abstractmethod
    def features(self, items: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Map items, or their embeddings, to what the heads take: by modality, [B, F]."""

    @abstractmethod
    def logits(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Run all heads: [B] logits for each of ``heads``."""

    @abstractmethod
    def joint_logit(self, features: Mapping[str, Tensor]) -> Tensor:
        """Run the pair head alone: [B] logits."""

    def forward(self, items: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Run backbones and heads: [B] logits for each of ``heads``."""
        return self.logits(self.features(items))


class Discriminator(PairDiscriminator):
    """A backbone and a unimodal head for each modality, and one head for the pair.

    Separate heads for the items and for their match follow Triangle GAN (Gan et al. 2017,
    arXiv:1709.06548) and let an item without a partner contribute. With a single modality there is
    no pair head.

    Args:
        modalities: in any order.
        embedding_dim: F.
    """

    def __init__(self, modalities: Sequence[Modality], embedding_dim: int) -> None:
        super().__init__()
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

    def features(self, items: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Run the backbones on items or on their embeddings: by modality, [B, F]."""
        return {name: self.backbones[name](item) for name, item in items.items()}

    def logits(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Run all heads: [B] logits for each of ``heads``."""
        logits = {name: self.unimodal_heads[name](seen)[:, 0] for name, seen in features.items()}
        if PAIR in self.heads:
            logits[PAIR] = self.joint_logit(features)
        return logits

    def joint_logit(self, features: Mapping[str, Tensor]) -> Tensor:
        """Run the pair head alone: [B] logits."""
        seen = [features[name] for name in self.backbones]
        product = functools.reduce(operator.mul, seen)
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
