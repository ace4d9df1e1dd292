"""Batch norm whose statistics are those of the rows of all ranks.

Shapes: B rows of a rank, C channels, H height, W width.
"""

import torch
from torch import Tensor, nn

from engine import ranks


class RankedBatchNorm2d(nn.BatchNorm2d):
    """Batch norm over all ranks while training; in evaluation mode that of PyTorch.

    ``torch.nn.SyncBatchNorm`` needs GPUs, and ranks with the same number of rows.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (the name in PyTorch)
        """Map [B, C, H, W] to the same shape."""
        if not self.training:
            return super().forward(input)
        made, mean, variance, count = ranks.normalize(input, self.weight, self.bias, self.eps)
        self._update(mean, variance * (count / (count - 1)))
        return made

    @torch.no_grad()
    def _update(self, mean: Tensor, variance: Tensor) -> None:
        if self.num_batches_tracked is None or self.momentum is None:
            return
        self.num_batches_tracked += 1
        for running, current in ((self.running_mean, mean), (self.running_var, variance)):
            if running is not None:
                running.lerp_(current.to(running), self.momentum)


def use_rows_of_all_ranks(network: nn.Module) -> None:
    """Let the batch norms of a network use the rows of all ranks; nothing in a single process."""
    if ranks.size() > 1:
        for module in network.modules():
            if type(module) is nn.BatchNorm2d:
                # In place: the names of weights and statistics do not change.
                module.__class__ = RankedBatchNorm2d
