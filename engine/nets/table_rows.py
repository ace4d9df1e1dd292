"""The distribution of a table's rows, shared by its decoders.

A score follows a normal distribution, or a mixture of such, except where values of the training
cells tie: such a value is an atom, with the probability of an interval of scores.

Shapes: B batch, D numbers of an encoded row, N numeric fields, K blocks, C places of the largest
block, M mixture components, A atoms of a field.
"""

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.data.table_codec import PRESENT, TableLayout, atoms
from engine.data.table_fields import NumericField

LOG_SCALE_LIMIT = 3.0
"""Limit of a log scale in absolute value. A score's scale is at least .05, so that the density
cannot grow without limit on the rows of a small table."""
OUTER_SCORE = 9.0
"""Stands for infinity as the end of an atom's interval, where the gradient would be NaN."""
MIN_PROBABILITY = 1e-5
BLOCKED_LOGIT = -1e9


class RowDistribution(nn.Module):
    """Samples and likelihoods of the blocks and scores of rows; it has no weights.

    Args:
        layout: of the rows.
    """

    def __init__(self, layout: TableLayout) -> None:
        super().__init__()
        self.num_numeric = len(layout.numeric)
        self.block_slices = tuple(layout.blocks.values())
        self.max_block = max((s.stop - s.start for s in self.block_slices), default=0)
        places = torch.zeros(len(self.block_slices), self.max_block, dtype=torch.long)
        in_block = torch.zeros(len(self.block_slices), self.max_block, dtype=torch.bool)
        for number, block in enumerate(self.block_slices):
            size = block.stop - block.start
            places[number, :size] = torch.arange(block.start, block.stop)
            in_block[number, :size] = True
        names = list(layout.blocks)
        self.flag_blocks = tuple(
            names.index(field.name) if field.name in names else None for field in layout.numeric
        )
        """By numeric field, the number of the block that is its flag."""
        flags = [
            -1 if block is None else self.block_slices[block].start + PRESENT
            for block in self.flag_blocks
        ]
        intervals = _pad_atoms(layout.numeric)
        self.flags: Tensor
        self.places: Tensor
        self.in_block: Tensor
        self.intervals: Tensor
        # Not in checkpoints: they follow from the fields.
        self.register_buffer("places", places, persistent=False)
        self.register_buffer("in_block", in_block, persistent=False)
        self.register_buffer("flags", torch.tensor(flags, dtype=torch.long), persistent=False)
        self.register_buffer("intervals", intervals, persistent=False)

    def is_present(self, rows: Tensor) -> Tensor:
        """Return 1 where a number is present, 0 where it is missing: [B, D] to [B, N]."""
        return torch.where(self.flags >= 0, rows[:, self.flags.clamp(min=0)], 1.0)

    def block_log_probs(self, logits: Tensor) -> Tensor:
        """Normalise the logits of each block: [B, K, C]; places beyond a block get none."""
        return logits.masked_fill(~self.in_block, BLOCKED_LOGIT).log_softmax(2)

    def block_nll(self, logits: Tensor, rows: Tensor) -> Tensor:
        """Return the cross-entropy of the blocks of real rows: [B, K, C], [B, D] to [B, K].

        A block of zeros, an unknown category, costs nothing.
        """
        chosen = rows[:, self.places] * self.in_block
        return -(self.block_log_probs(logits) * chosen).sum(2)

    def snap(self, scores: Tensor, places: slice = slice(None)) -> Tensor:
        """Move scores in the interval of an atom to its own, with the gradient of the identity.

        Args:
            scores: [B, n] of the numeric fields in ``places``.
            places: of these fields; by default all.
        """
        if not self.intervals.shape[1]:
            return scores
        low, mid, high = self._nearest_atoms(scores.detach(), places)
        inside = (scores > low) & (scores < high)
        return torch.where(inside, scores + (mid - scores).detach(), scores)

    def score_log_probs(self, means: Tensor, log_scales: Tensor, scores: Tensor) -> Tensor:
        """Return log densities of real scores under normal components, log probabilities at atoms.

        An atom's probability is that of its interval, as for the values of an ordered probit model
        (McKelvey & Zavoina 1975, doi:10.1080/0022250X.1975.9989847). Where it is too small for a
        gradient, the density times the width takes its place, as in the code of PixelCNN++
        (Salimans et al. 2017, arXiv:1701.05517).

        Args:
            means: [B, N, M].
            log_scales: [B, N, M].
            scores: [B, N].

        Returns:
            [B, N, M] nats.
        """
        density = _normal_log_density(scores[:, :, None], means, log_scales)
        if not self.intervals.shape[1]:
            return density
        low, _mid, high = (ends[:, :, None] for ends in self._nearest_atoms(scores, slice(None)))
        is_atom = (scores[:, :, None] > low) & (scores[:, :, None] < high)
        scales = log_scales.exp()
        inside = torch.special.ndtr((high - means) / scales) - torch.special.ndtr(
            (low - means) / scales
        )
        near = inside.clamp(min=MIN_PROBABILITY).log()
        far = density + (high - low).clamp(min=MIN_PROBABILITY, max=1).log()
        return torch.where(is_atom, torch.where(inside > MIN_PROBABILITY, near, far), density)

    def _nearest_atoms(self, scores: Tensor, places: slice) -> tuple[Tensor, Tensor, Tensor]:
        """Return low end, score and high end of the last atom that begins below each: [B, n]."""
        intervals = self.intervals[places]
        begins = intervals[:, :, 0].contiguous()
        found = torch.searchsorted(begins, scores.T.contiguous(), right=True) - 1
        index = found.clamp(min=0)[:, :, None].expand(-1, -1, 3)
        low, mid, high = intervals.gather(1, index).unbind(2)
        return low.T, mid.T, high.T


def _pad_atoms(fields: tuple[NumericField, ...]) -> Tensor:
    """Return the atoms of all fields: [N, A, 3]; a field with fewer has empty ones at the end."""
    tables = [atoms(field).clip(-OUTER_SCORE, OUTER_SCORE) for field in fields]
    count = max((len(table) for table in tables), default=0)
    padded = np.full((len(fields), count, 3), 2 * OUTER_SCORE)
    for place, table in enumerate(tables):
        padded[place, : len(table)] = table
    return torch.from_numpy(padded).float()


def _normal_log_density(values: Tensor, means: Tensor, log_scales: Tensor) -> Tensor:
    distance = (values - means) * (-log_scales).exp()
    return -0.5 * distance.square() - log_scales - 0.5 * math.log(2 * math.pi)


def limit_log_scale(raw: Tensor) -> Tensor:
    """Map any numbers smoothly to log scales within ``LOG_SCALE_LIMIT``."""
    return LOG_SCALE_LIMIT * torch.tanh(raw / LOG_SCALE_LIMIT)


def gumbel(noise: Tensor) -> Tensor:
    """Map standard normal noise to the standard Gumbel distribution, and 0 to one constant.

    Normal noise can be interpolated spherically; noise of 0 chooses the likeliest category.
    """
    uniform = torch.special.ndtr(noise).clamp(1e-6, 1 - 1e-6)
    return -(-uniform.log()).log()


def straight_through(scores: Tensor) -> Tensor:
    """Return the one-hot maximum of the last axis, with the gradient of the softmax.

    Source: Jang et al. 2017, arXiv:1611.01144, section 2.2.
    """
    soft = scores.softmax(-1)
    hard = functional.one_hot(soft.argmax(-1), scores.shape[-1]).to(soft)
    return hard + soft - soft.detach()
