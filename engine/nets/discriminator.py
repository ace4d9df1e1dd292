"""The discriminator: one network per modality, unimodal heads and a head for the pair.

Shapes: B batch, M modalities, F features.
"""

import functools
import operator
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from engine.nets.blocks import MinibatchDeviation, activation, initialise
from engine.nets.protocols import Modality

PAIR = "pair"
"""Name of the head that judges whole pairs; the other heads have their modality's name."""


class Critic(nn.Module):
    """A backbone and a unimodal head for each modality, and one head for the pair.

    Separate heads for the items and for their match follow Triangle GAN (Gan et al. 2017,
    arXiv:1709.06548) and let an item without a partner contribute. With a single modality there is
    no pair head.

    Args:
        modalities: in any order.
        feature_dim: F.
    """

    def __init__(self, modalities: Sequence[Modality], feature_dim: int) -> None:
        super().__init__()
        names = [modality.name for modality in modalities]
        self.trunks = nn.ModuleDict({m.name: m.build_trunk() for m in modalities})
        self.alone = nn.ModuleDict({name: _alone_head(feature_dim) for name in names})
        self.heads = (*names, PAIR) if len(names) > 1 else tuple(names)
        self.match = nn.Sequential()
        if PAIR in self.heads:
            self.match = nn.Sequential(
                nn.Linear((len(names) + 1) * feature_dim, feature_dim),
                activation(),
                nn.Linear(feature_dim, 1),
            )
            initialise(self.match)
            _start_undecided(self.match)

    def features(self, items: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Run the backbones: by modality, [B, F]."""
        return {name: self.trunks[name](item) for name, item in items.items()}

    def judge(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Run all heads: [B] logits for each of ``heads``."""
        logits = {name: self.alone[name](seen)[:, 0] for name, seen in features.items()}
        if PAIR in self.heads:
            logits[PAIR] = self.judge_match(features)
        return logits

    def judge_match(self, features: Mapping[str, Tensor]) -> Tensor:
        """Run the pair head alone: [B] logits."""
        seen = [features[name] for name in self.trunks]
        product = functools.reduce(operator.mul, seen)
        return self.match(torch.cat([*seen, product], 1))[:, 0]

    def forward(self, items: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Run backbones and heads: [B] logits for each of ``heads``."""
        return self.judge(self.features(items))


def _alone_head(feature_dim: int) -> nn.Sequential:
    head = nn.Sequential(MinibatchDeviation(), nn.Linear(feature_dim + 1, 1))
    _start_undecided(head)
    return head


def _start_undecided(head: nn.Sequential) -> None:
    """Initialise a head so that its first logits are near 0, which keeps early gradients small."""
    last = head[-1]
    if isinstance(last, nn.Linear):
        nn.init.normal_(last.weight, std=0.02)
        nn.init.zeros_(last.bias)
