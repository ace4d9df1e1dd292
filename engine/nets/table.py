"""Tables: an autoregressive decoder of rows, one of latent codes, and MLPs that read rows.

A row is encoded as ``engine.data.table_codec`` describes: the normal scores of the numeric fields,
then one-hot blocks of categories and of flags for missing numbers. Blocks stay one-hot in the
networks, and numbers that repeat keep their exact scores, so a discriminator cannot recognise
generated rows by values that no cell has.

Shapes: B batch, D numbers of an encoded row, N numeric fields, K blocks, S = K + N steps, C places
of the largest block, M mixture components, H hidden units, P parameters of a step, F features, Z
latent numbers.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.data.table_codec import PRESENT, Cells, TableLayout, decode_columns
from engine.data.table_fields import Field
from engine.nets.blocks import SLOPE, activation, initialise
from engine.nets.protocols import rows_equal
from engine.nets.table_rows import RowDistribution, gumbel, limit_log_scale, straight_through

COMPONENTS = 5
HIDDEN_DIM = 128
MAX_SCORE = 6.0
"""Limit of a score in absolute value; no training cell reaches it."""
CANDIDATES = 64
"""Rows that ``TableDecoder.complete`` generates for each that it returns."""
STEP_STD = 0.5
"""Standard deviation of the initial vectors that tell the steps apart."""


@dataclass(frozen=True, kw_only=True)
class TableModality:
    """Rows of a table: encoded rows in the dataset and in the networks."""

    fields: tuple[Field, ...]
    embedding_dim: int
    name: str = "table"
    hidden_dim: int = HIDDEN_DIM
    """H of all networks."""
    likelihood_weight: float = 0.1
    """Of ``TableDecoder.nll_loss`` in the hybrid family's loss; that of a text is 1. A small table
    is learned by heart with a larger one."""

    @property
    def layout(self) -> TableLayout:
        """Where the fields are in an encoded row."""
        return TableLayout(self.fields)

    @property
    def is_discrete(self) -> bool:
        """Whether rows have categories, by which ``is_equal`` compares them."""
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

    def is_equal(self, one: Tensor, other: Tensor) -> Tensor:
        """Return which rows have the same category in each block: [B, D] each, to [B] booleans.

        Without a block, rows are the same if their scores are.
        """
        blocks = self.layout.blocks.values()
        if not blocks:
            return rows_equal(one, other)
        return torch.stack([one[:, s].argmax(1) == other[:, s].argmax(1) for s in blocks]).all(0)

    @property
    def item_shape(self) -> tuple[int, ...]:
        """D."""
        return (self.layout.width,)

    def activate(self, outputs: Tensor) -> Tensor:
        """Limit scores, and make blocks one-hot with a soft gradient: [B, D] to [B, D]."""
        scores = outputs[:, : len(self.layout.numeric)].clamp(-MAX_SCORE, MAX_SCORE)
        blocks = [straight_through(outputs[:, block]) for block in self.layout.blocks.values()]
        return torch.cat([scores, *blocks], 1)

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
# Decoders.


class TableDecoder(nn.Module):
    """Autoregressive decoder: generates a row field by field, given a context.

    ``p(row | context)`` is the product over the fields of ``p(field | earlier fields, context)``:
    first all categories and flags, then the numbers, whose conditional is a mixture of normal
    distributions. All conditionals share one MLP, whose input holds the earlier fields and zeros.
    Source: NADE, Larochelle & Murray 2011, and its form for real values, RNADE, Uria et al. 2013,
    arXiv:1306.0186.

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
        steps, self.num_blocks = len(self.columns), len(self.rows.block_slices)
        num_parameters = max(self.rows.max_block, 3 * components)
        self.from_context = nn.Linear(context_dim, hidden_dim)
        self.from_row = nn.Linear(width, hidden_dim, bias=False)
        self.hidden = nn.Linear(hidden_dim, hidden_dim)
        initialise(self)
        self.step_bias = nn.Parameter(torch.empty(steps, hidden_dim))
        self.to_parameters = nn.Parameter(torch.empty(steps, num_parameters, hidden_dim))
        self.parameter_bias = nn.Parameter(torch.zeros(steps, num_parameters))
        nn.init.normal_(self.step_bias, std=STEP_STD)
        nn.init.normal_(self.to_parameters, std=0.02)
        # Components that begin at the same mean would stay equal.
        means = self.parameter_bias.detach()[self.num_blocks :, components : 2 * components]
        means.copy_(torch.linspace(-1, 1, components))

    def draw_noise(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw [count, S (P + 1)] from the standard normal."""
        steps, parameters = self.parameter_bias.shape
        shape = (count, steps * (parameters + 1))
        return torch.randn(shape, generator=generator, device=generator.device)

    def forward(self, noise: Tensor, context: Tensor) -> Tensor:
        """Map noise and [B, F] to rows [B, D], with one-hot blocks and a soft gradient."""
        return self._generate(noise, context)

    @torch.no_grad()
    def complete(
        self,
        context: Tensor,
        given: Tensor,
        is_given: Tensor,
        generator: torch.Generator,
        candidates: int = CANDIDATES,
    ) -> Tensor:
        """Fill in rows of which some cells are given.

        Fields are generated in order, given ones kept. A field before a given one does not depend
        on it then; of several candidates one is drawn with weights ``p(given cells | fields
        before)``, which is exact in the limit of many. Source: sampling-importance resampling,
        Smith & Gelfand 1992, doi:10.1080/00031305.1992.10475856.

        Args:
            context: [B, F].
            given: [B, D] encoded rows; the content of other fields is arbitrary.
            is_given: [S] booleans by step, as ``TableLayout.steps`` names their fields.
            generator: draws noise and candidates, on the device of the weights.
            candidates: for each row.

        Returns:
            [B, D].
        """
        count = len(given)
        context, repeated = (x.repeat_interleave(candidates, 0) for x in (context, given))
        noise = self.draw_noise(len(repeated), generator)
        rows = self._generate(noise, context, repeated, is_given)
        nll = torch.cat(self._nll_by_step(context, rows), 1)
        log_weights = -nll[:, is_given].sum(1).view(count, candidates)
        drawn = torch.multinomial(log_weights.softmax(1), 1, generator=generator)[:, 0]
        return rows.view(count, candidates, -1)[torch.arange(count, device=rows.device), drawn]

    def _generate(
        self,
        noise: Tensor,
        context: Tensor,
        given: Tensor | None = None,
        is_given: Tensor | None = None,
    ) -> Tensor:
        """Generate rows [B, D], keeping the steps [S] that are given of rows [B, D]."""
        kept = [False] * len(self.columns) if is_given is None else is_given.tolist()
        noise = noise.view(len(noise), len(self.columns), -1)
        choices, normal = gumbel(noise[:, :, 1:]), noise[:, :, 0]
        state = self.from_context(context)
        values: list[Tensor] = []
        for step, columns in enumerate(self.columns):
            parameters = self._head(state + self.step_bias[step], step).float()
            if given is not None and kept[step]:
                value = given[:, columns]
            elif step < self.num_blocks:
                size = columns.stop - columns.start
                value = straight_through(parameters[:, :size] + choices[:, step, :size])
            else:
                value = self._draw_score(parameters, choices[:, step], normal[:, step])
                value = self.rows.snap(value, columns)
                flag = self.rows.flag_blocks[columns.start]
                if flag is not None:
                    value = value * values[flag][:, PRESENT, None]
            values.append(value)
            state = state + functional.linear(value, self.from_row.weight[:, columns])
        return torch.cat([*values[self.num_blocks :], *values[: self.num_blocks]], 1)

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
        choices = parameters[:, : self.num_blocks, : self.rows.max_block]
        blocks = self.rows.block_nll(choices, real)
        logits, means, raw = self._split(parameters[:, self.num_blocks :])
        scores = self.rows.score_log_probs(
            means, limit_log_scale(raw), real[:, : self.rows.num_numeric]
        )
        mixed = (logits.log_softmax(2) + scores).logsumexp(2)
        return blocks, -mixed * self.rows.is_present(real)

    def _head(self, state: Tensor, step: int) -> Tensor:
        hidden = functional.leaky_relu(self.hidden(functional.leaky_relu(state, SLOPE)), SLOPE)
        return functional.linear(hidden, self.to_parameters[step], self.parameter_bias[step])

    def _draw_score(self, parameters: Tensor, choices: Tensor, normal: Tensor) -> Tensor:
        """Draw from a mixture: [B, P] parameters to [B, 1]."""
        logits, means, raw = self._split(parameters)
        weights = straight_through(logits + choices[:, : self.components])
        mean, chosen = (weights * means).sum(1), (weights * raw).sum(1)
        score = mean + limit_log_scale(chosen).exp() * normal
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
        self.width = layout.width
        self.raw_log_scale = nn.Parameter(torch.zeros(self.rows.num_numeric))

    def draw_noise(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw [count, D] from the standard normal."""
        shape = (count, self.width)
        return torch.randn(shape, generator=generator, device=generator.device)

    def forward(self, latent: Tensor, noise: Tensor) -> Tensor:
        """Map [B, Z] and [B, D] to rows [B, D]; noise of 0 gives means and likeliest categories."""
        decoded = self.layers(latent).float()
        count = self.rows.num_numeric
        choices = gumbel(noise)
        blocks = [
            straight_through(decoded[:, block] + choices[:, block])
            for block in self.rows.block_slices
        ]
        scale = limit_log_scale(self.raw_log_scale).exp()
        scores = (decoded[:, :count] + scale * noise[:, :count]).clamp(-MAX_SCORE, MAX_SCORE)
        scores = self.rows.snap(scores)
        rows = torch.cat([scores, *blocks], 1)
        return torch.cat([scores * self.rows.is_present(rows), *blocks], 1)

    def nll(self, latent: Tensor, real: Tensor) -> Tensor:
        """Return ``-log p(row | code)`` in nats, summed over fields: [B, Z] and [B, D] to [B]."""
        decoded = self.layers(latent).float()
        count = self.rows.num_numeric
        blocks = self.rows.block_nll(decoded[:, self.rows.places], real)
        log_scales = limit_log_scale(self.raw_log_scale).expand(len(real), -1)
        scores = self.rows.score_log_probs(
            decoded[:, :count, None], log_scales[:, :, None], real[:, :count]
        )[:, :, 0]
        return blocks.sum(1) - (scores * self.rows.is_present(real)).sum(1)
