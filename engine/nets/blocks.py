"""Small parts that the networks share."""

import math

import torch
from torch import Tensor, nn

SLOPE = 0.2
"""Of the leaky rectifier, in every network."""


def activation() -> nn.Module:
    """The one non-linearity used everywhere."""
    return nn.LeakyReLU(SLOPE)


def initialise(network: nn.Module) -> None:
    """Set weights so that signals neither fade nor grow from layer to layer.

    With torch's own default the noise has faded to nothing after four layers, and a small GAN
    then spends its first minutes in collapse (docs/measurements.md).
    Source: He et al. 2015, arXiv:1502.01852, eq. 14.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, a=SLOPE)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


class MinibatchDeviation(nn.Module):
    """Adds one feature: how much the items of a group differ.

    A critic that sees it notices a generator that keeps drawing the same thing.
    Source: Karras et al. 2018, arXiv:1710.10196, section 3.
    """

    def __init__(self, group: int = 4) -> None:
        super().__init__()
        self.group = group

    def forward(self, features: Tensor) -> Tensor:
        """[B, F] to [B, F + 1]."""
        group = math.gcd(self.group, len(features))
        grouped = features.view(group, -1, features.shape[1])
        # ``var`` over the first dimension is nine times slower on a CPU.
        variance = (grouped - grouped.mean(0)).square().mean(0)
        deviation = (variance + 1e-8).sqrt().mean(1)
        return torch.cat([features, deviation.repeat(group)[:, None]], 1)
