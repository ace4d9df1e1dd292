"""One critic for every pair: is the image real, is the text real, do they belong together?

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
"""Name of the logit that judges a whole pair; the others carry their modality's name."""


class Critic(nn.Module):
    """A trunk for each modality, a logit for each, and one logit for the pair.

    Judging the parts apart from their match follows Triangle GAN (Gan et al. 2017,
    arXiv:1709.06548) and lets an item without a partner teach what it can. With a single modality
    there is nothing to match, and its own logit is all.

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
        """Look at each item once: by modality, [B, F]."""
        return {name: self.trunks[name](item) for name, item in items.items()}

    def judge(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Give the logits of whole pairs: [B] for each of ``heads``."""
        logits = {name: self.alone[name](seen)[:, 0] for name, seen in features.items()}
        if PAIR in self.heads:
            logits[PAIR] = self.judge_match(features)
        return logits

    def judge_match(self, features: Mapping[str, Tensor]) -> Tensor:
        """Give the pair's logit alone: [B]."""
        seen = [features[name] for name in self.trunks]
        product = functools.reduce(operator.mul, seen)
        return self.match(torch.cat([*seen, product], 1))[:, 0]

    def forward(self, items: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Look and judge."""
        return self.judge(self.features(items))


def _alone_head(feature_dim: int) -> nn.Sequential:
    head = nn.Sequential(MinibatchDeviation(), nn.Linear(feature_dim + 1, 1))
    _start_undecided(head)
    return head


def _start_undecided(head: nn.Sequential) -> None:
    """Let every verdict begin near one half, so that no early gradient is wild."""
    last = head[-1]
    if isinstance(last, nn.Linear):
        nn.init.normal_(last.weight, std=0.02)
        nn.init.zeros_(last.bias)
