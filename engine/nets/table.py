"""Tables: an autoregressive decoder of rows, one of latent codes, and MLPs that read rows.

A row is encoded as ``engine.data.table_codec`` describes: the normal scores of the numeric fields,
then one-hot blocks of categories and of flags for missing numbers. Blocks stay one-hot in the
networks, and numbers that repeat keep their exact scores, so a discriminator cannot recognise
generated rows by values that no cell has.

Shapes: B batch, D numbers of an encoded row, N numeric fields, K blocks, S = K + N steps, C places
of the largest block, M mixture components, H hidden units, P parameters of a step, F features, Z
latent numbers.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.data.table_codec import PRESENT, Cells, TableLayout, atoms, decode_columns
from engine.data.table_fields import Field, NumericField
from engine.nets.blocks import SLOPE, activation, initialise

COMPONENTS = 5
HIDDEN_DIM = 128
MAX_SCORE = 6.0
"""Limit of a score in absolute value; no training cell reaches it."""
LOG_SCALE_LIMIT = 3.5
"""Limit of a log scale in absolute value. A score's scale is at least .03, so that the density
cannot grow without limit on the rows of a small table."""
OUTER_SCORE = 9.0
"""Stands for infinity as the end of an atom's interval, where the gradient would be NaN."""
MIN_PROBABILITY = 1e-5
BLOCKED_LOGIT = -1e9


@dataclass(frozen=True, kw_only=True)
class TableModality:
    """Rows of a table: encoded rows in the dataset and in the networks."""

    fields: tuple[Field, ...]
    embedding_dim: int
    name: str = "table"
    hidden_dim: int = HIDDEN_DIM
    """H of all networks."""

    @property
    def layout(self) -> TableLayout:
        """Where the fields are in an encoded row."""
        return TableLayout(self.fields)

    @property
    def is_discrete(self) -> bool:
        """Whether rows have categories, by which ``same`` compares them."""
        return bool(self.layout.blocks)

    def preprocess(self, stored: Tensor) -> Tensor:
        """Convert stored rows [B, D] to network input, with scores within ``MAX_SCORE``."""
        return stored.float().clamp(-MAX_SCORE, MAX_SCORE)

    def postprocess(self, items: Tensor) -> Cells:
        """Convert [B, D] to the cells of B rows."""
        columns = decode_columns(self.fields, items.detach().float().cpu().numpy())
        return Cells(fields=tuple(columns), rows=tuple(zip(*columns.values(), strict=True)))

    def diversity_metrics(self, made: Tensor, real: Tensor) -> dict[str, Tensor]:
        """Return ``<name>_diversity``, the ratio of standard deviations over the batch."""
        spread = made.std(0).mean() / real.std(0).mean().clamp(min=1e-6)
        return {f"{self.name}_diversity": spread}

    def same(self, a: Tensor, b: Tensor) -> Tensor:
        """Return which rows have the same category in each block: [B, D] each, to [B] booleans.

        Without a block, rows are the same if their scores are.
        """
        blocks = self.layout.blocks.values()
        if not blocks:
            return (a == b).all(1)
        return torch.stack([a[:, s].argmax(1) == b[:, s].argmax(1) for s in blocks]).all(0)

    def build_encoder(self) -> nn.Module:
        """Build the encoder that conditions the other modalities' decoders."""
        return table_mlp(self.layout.width, self.hidden_dim, self.embedding_dim)

    def build_decoder(self) -> "TableDecoder":
        """Build the autoregressive decoder."""
        return TableDecoder(self.layout, context_dim=self.embedding_dim, hidden_dim=self.hidden_dim)

    def build_backbone(self) -> nn.Module:
        """Build the discriminator's backbone."""
        return table_mlp(self.layout.width, self.hidden_dim, self.embedding_dim)

    def build_latent_decoder(self, latent_dim: int) -> "LatentTableDecoder":
        """Build the decoder of the families with a latent code."""
        return LatentTableDecoder(self.layout, latent_dim=latent_dim, hidden_dim=self.hidden_dim)


def table_mlp(width: int, hidden_dim: int, embedding_dim: int) -> nn.Sequential:
    """Build linear layers from rows to features: [B, D] to [B, F]."""
    layers = nn.Sequential(
        nn.Linear(width, hidden_dim),
        activation(),
        nn.Linear(hidden_dim, embedding_dim),
        activation(),
    )
    initialise(layers)
    return layers


# --------------------------------------------------------------------------
# The distribution of a row.


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
        flags = [
            layout.blocks[field.name].start + PRESENT if field.name in layout.blocks else -1
            for field in layout.numeric
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
        (McKelvey & Zavoina 1975, doi:10.1080/0022250X.1975.9989847); where it is too small for a
        gradient, the density times the width takes its place, as in PixelCNN++ (Salimans et al.
        2017, arXiv:1701.05517, section 2.1).

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


def _limit_log_scale(raw: Tensor) -> Tensor:
    return LOG_SCALE_LIMIT * torch.tanh(raw / LOG_SCALE_LIMIT)


def _gumbel(noise: Tensor) -> Tensor:
    """Map standard normal noise to the standard Gumbel distribution, and 0 to one constant.

    Normal noise can be interpolated spherically; noise of 0 chooses the likeliest category.
    """
    uniform = torch.special.ndtr(noise).clamp(1e-6, 1 - 1e-6)
    return -(-uniform.log()).log()


def _straight_through(scores: Tensor) -> Tensor:
    """Return the one-hot maximum of the last axis, with the gradient of the softmax.

    Source: Jang et al. 2017, arXiv:1611.01144, section 2.2.
    """
    soft = scores.softmax(-1)
    hard = functional.one_hot(soft.argmax(-1), scores.shape[-1]).to(soft)
    return hard + soft - soft.detach()


# --------------------------------------------------------------------------
# Decoders.


class TableDecoder(nn.Module):
    """Autoregressive decoder: generates a row field by field, given a context.

    ``p(row | context)`` is the product over the fields of ``p(field | earlier fields, context)``:
    first all categories and flags, then the numbers, whose conditional is a mixture of normal
    distributions. All conditionals share one MLP, whose input holds the earlier fields and zeros.
    Source: NADE, Larochelle & Murray 2011, and for real values RNADE, Uria et al. 2013,
    arXiv:1306.0186, eq. 4 to 6.

    Noise determines the row, and the discriminator's gradient reaches the weights through it.

    Args:
        layout: of the rows.
        context_dim: F.
        hidden_dim: H.
        components: M.
    """

    def __init__(
        self,
        layout: TableLayout,
        *,
        context_dim: int,
        hidden_dim: int = HIDDEN_DIM,
        components: int = COMPONENTS,
    ) -> None:
        super().__init__()
        self.rows = RowDistribution(layout)
        self.components, width = components, layout.width
        self.columns = (
            *self.rows.block_slices,
            *(slice(place, place + 1) for place in range(self.rows.num_numeric)),
        )
        before = torch.zeros(len(self.columns), width)
        for step in range(1, len(self.columns)):
            before[step] = before[step - 1]
            before[step, self.columns[step - 1]] = 1
        self.before: Tensor
        self.register_buffer("before", before, persistent=False)
        num_parameters = max(self.rows.max_block, 3 * components)
        self.from_context = nn.Linear(context_dim, hidden_dim)
        self.from_row = nn.Linear(width, hidden_dim, bias=False)
        self.hidden = nn.Linear(hidden_dim, hidden_dim)
        initialise(self)
        self.step_bias = nn.Parameter(0.5 * torch.randn(len(self.columns), hidden_dim))
        self.to_parameters = nn.Parameter(
            0.02 * torch.randn(len(self.columns), num_parameters, hidden_dim)
        )
        bias = torch.zeros(len(self.columns), num_parameters)
        bias[len(self.rows.block_slices) :, components : 2 * components] = torch.linspace(
            -1, 1, components
        )
        self.parameter_bias = nn.Parameter(bias)

    def draw_noise(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw [count, S (P + 1)] from the standard normal."""
        steps, parameters = self.parameter_bias.shape
        shape = (count, steps * (parameters + 1))
        return torch.randn(shape, generator=generator, device=generator.device)

    def forward(self, noise: Tensor, context: Tensor) -> Tensor:
        """Map noise and [B, F] to rows [B, D], with one-hot blocks and a soft gradient."""
        noise = noise.view(len(noise), len(self.columns), -1)
        gumbel, normal = _gumbel(noise[:, :, 1:]), noise[:, :, 0]
        state = self.from_context(context)
        rows = noise.new_zeros(len(noise), self.before.shape[1])
        for step, columns in enumerate(self.columns):
            parameters = self._head(state + self.step_bias[step], step).float()
            if step < len(self.rows.block_slices):
                size = columns.stop - columns.start
                value = _straight_through(parameters[:, :size] + gumbel[:, step, :size])
            else:
                value = self._draw_score(parameters, gumbel[:, step], normal[:, step])
                value = self.rows.snap(value, columns)
                value = value * self.rows.is_present(rows)[:, columns]
            rows = functional.pad(value, (columns.start, rows.shape[1] - columns.stop)) + rows
            state = state + functional.linear(value, self.from_row.weight[:, columns])
        return rows

    def nll_loss(self, context: Tensor, real: Tensor) -> Tensor:
        """Return the NLL of real rows in nats per step, [B, F] and [B, D] to [B].

        Scores count by their density; where a number is missing, only its flag counts.
        """
        blocks, scores = self._nll_by_step(context, real)
        return torch.cat([blocks, scores], 1).mean(1)

    def predict_with_confidence(self, context: Tensor) -> tuple[Tensor, Tensor]:
        """Choose the likeliest category and component of each step, and its mean.

        Returns:
            Rows [B, D], and the product of the probabilities of their categories [B]; 0 where a
            table has none, because a density is no confidence.
        """
        steps, parameters = self.parameter_bias.shape
        rows = self(context.new_zeros(len(context), steps * (parameters + 1)), context)
        # One-hot up to rounding; a pseudo-label is compared exactly.
        hard = rows.clone()
        for block in self.rows.block_slices:
            chosen = rows[:, block].argmax(1)
            hard[:, block] = functional.one_hot(chosen, block.stop - block.start).to(rows)
        if not self.rows.block_slices:
            return hard, rows.new_zeros(len(rows))
        blocks, _scores = self._nll_by_step(context, hard)
        return hard, (-blocks.sum(1)).exp()

    def _nll_by_step(self, context: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        """Return the NLL of blocks [B, K] and of scores [B, N], all from one pass."""
        seen = self.from_row(real[:, None] * self.before)
        state = self.from_context(context)[:, None] + seen + self.step_bias
        hidden = functional.leaky_relu(self.hidden(functional.leaky_relu(state, SLOPE)), SLOPE)
        parameters = torch.einsum("bsh,sph->bsp", hidden, self.to_parameters)
        parameters = (parameters + self.parameter_bias).float()
        count = len(self.rows.block_slices)
        blocks = self.rows.block_nll(parameters[:, :count, : self.rows.max_block], real)
        logits, means, raw = self._split(parameters[:, count:])
        scores = self.rows.score_log_probs(
            means, _limit_log_scale(raw), real[:, : self.rows.num_numeric]
        )
        mixed = (logits.log_softmax(2) + scores).logsumexp(2)
        return blocks, -mixed * self.rows.is_present(real)

    def _head(self, state: Tensor, step: int) -> Tensor:
        hidden = functional.leaky_relu(self.hidden(functional.leaky_relu(state, SLOPE)), SLOPE)
        return functional.linear(hidden, self.to_parameters[step], self.parameter_bias[step])

    def _draw_score(self, parameters: Tensor, gumbel: Tensor, normal: Tensor) -> Tensor:
        """Draw from a mixture: [B, P] parameters to [B, 1]."""
        logits, means, raw = self._split(parameters)
        weights = _straight_through(logits + gumbel[:, : self.components])
        scale = (weights * _limit_log_scale(raw).exp()).sum(1)
        score = (weights * means).sum(1) + scale * normal
        return score.clamp(-MAX_SCORE, MAX_SCORE)[:, None]

    def _split(self, parameters: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Split [..., P] into logits, means and raw log scales, [..., M] each."""
        logits, means, raw = parameters[..., : 3 * self.components].chunk(3, -1)
        return logits, means, raw


class LatentTableDecoder(nn.Module):
    """Decodes latent codes into rows whose cells are independent given the code.

    An autoregressive decoder could ignore the code (Bowman et al. 2016, arXiv:1511.06349). The
    scale of each score is learned and the same for all codes, as in sigma-VAE (Rybkin et al. 2021,
    arXiv:2006.13202, section 3).

    Args:
        layout: of the rows.
        latent_dim: Z.
        hidden_dim: H.
    """

    def __init__(
        self, layout: TableLayout, *, latent_dim: int, hidden_dim: int = HIDDEN_DIM
    ) -> None:
        super().__init__()
        self.rows = RowDistribution(layout)
        self.layers = nn.Sequential(
            nn.Linear(latent_dim, hidden_dim),
            activation(),
            nn.Linear(hidden_dim, hidden_dim),
            activation(),
            nn.Linear(hidden_dim, layout.width),
        )
        initialise(self.layers)
        self.raw_log_scale = nn.Parameter(torch.zeros(self.rows.num_numeric))

    def draw_noise(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw [count, D] from the standard normal."""
        shape = (count, self.layers[-1].out_features)
        return torch.randn(shape, generator=generator, device=generator.device)

    def forward(self, latent: Tensor, noise: Tensor) -> Tensor:
        """Map [B, Z] and [B, D] to rows [B, D]; noise of 0 gives means and likeliest categories."""
        decoded = self.layers(latent).float()
        count = self.rows.num_numeric
        gumbel = _gumbel(noise)
        blocks = [
            _straight_through(decoded[:, block] + gumbel[:, block])
            for block in self.rows.block_slices
        ]
        scale = _limit_log_scale(self.raw_log_scale).exp()
        scores = (decoded[:, :count] + scale * noise[:, :count]).clamp(-MAX_SCORE, MAX_SCORE)
        scores = self.rows.snap(scores)
        rows = torch.cat([scores, *blocks], 1)
        return torch.cat([scores * self.rows.is_present(rows), *blocks], 1)

    def nll(self, latent: Tensor, real: Tensor) -> Tensor:
        """Return ``-log p(row | code)`` in nats, summed over fields: [B, Z] and [B, D] to [B]."""
        decoded = self.layers(latent).float()
        count = self.rows.num_numeric
        blocks = self.rows.block_nll(decoded[:, self.rows.places], real)
        log_scales = _limit_log_scale(self.raw_log_scale).expand(len(real), -1)
        scores = self.rows.score_log_probs(
            decoded[:, :count, None], log_scales[:, :, None], real[:, :count]
        )[:, :, 0]
        return blocks.sum(1) - (scores * self.rows.is_present(real)).sum(1)
