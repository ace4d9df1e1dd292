"""Texts as token ids: an encoder with an embedding table, a decoder with a two-level softmax.

One-hot rows (``engine.nets.text``) cost time and memory in proportion to the vocabulary: at 8,000
words a training step takes over ten times as long as at 13 (docs/measurements.md). Here a text is a
row of ids and the cost hardly depends on the vocabulary: ids are looked up, and the decoder
computes a small softmax over frequent tokens and clusters of rare ones, and a second one only where
a token is in a cluster.

Clusters are ranges of ids, so ids should be sorted by descending frequency. ``Vocabulary`` sorts
them. ``BpeTokenizer`` numbers tokens in the order of its merges, after 256 bytes; its texts need
the second softmax more often, with equal results.

Shapes: B batch, L tokens of a text, V vocabulary size, D token embedding, F features, C clusters,
H = frequent tokens + C, M tokens of a batch without padding, N rows.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.config.networks import INITIAL_STATE
from engine.data.tokenizers import END, PADDING, UNKNOWN, Tokenizer
from engine.data.word_vectors import WordVectors
from engine.nets.protocols import AxisKind, TensorAxis, rows_equal
from engine.nets.text import (
    BLOCKED_LOGIT,
    EMBEDDING_STD,
    add_initial_state,
    build_context_norm,
    copy_word_vectors,
    distinct_share,
)
from engine.nets.text_pooling import POSITION_AXES, build_pooling

CUTOFFS = (256, 1_024, 3_072)
"""First ids of the clusters."""
MAX_CUTOFF_SHARE = 0.7
"""Of the vocabulary; a cutoff above it would leave a cluster too small to pay for itself."""
MIN_TEMPERATURE = 1e-6
EMBEDDING_AXES = {"embedding.weight": TensorAxis(0, AxisKind.TOKENS)}
"""Of an embedding table: [V, D]."""


@dataclass(frozen=True, kw_only=True)
class TokenTextModality:
    """Texts: token ids in the dataset and in the networks.

    Sampled ids carry no gradient. The discriminator's reaches the decoder through the expected
    embedding of each token (``TwoLevelTextDecoder.relax``).
    """

    tokenizer: Tokenizer
    length: int
    """L, including the end token."""
    token_dim: int
    embedding_dim: int
    name: str = "text"
    vectors: WordVectors | None = None
    """Initialise the embeddings where given; they are trained further."""
    context_norm: str = "none"
    """``rms`` to normalise the context of the decoder, or ``none``."""
    conditioning: str = INITIAL_STATE
    """Of the decoder; see ``engine.nets.text.add_initial_state``."""
    encoder: str = "linear"
    """Kind of the encoders, as for ``engine.nets.text_pooling.build_pooling``."""
    cutoffs: Sequence[int] = CUTOFFS

    @property
    def likelihood_weight(self) -> float:
        """1: other weights are relative to that of texts."""
        return 1.0

    @property
    def is_discrete(self) -> bool:
        """Texts can be equal."""
        return True

    def is_equal(self, one: Tensor, other: Tensor) -> Tensor:
        """Compare network input row by row: [B, ...] each to [B] booleans."""
        return rows_equal(one, other)

    def preprocess(self, stored: Tensor) -> Tensor:
        """Convert [B, L] stored ids to int64."""
        return stored.long()

    def postprocess(self, items: Tensor) -> tuple[str, ...]:
        """Convert [B, L] ids to B texts."""
        return tuple(self.tokenizer.decode(row) for row in items.cpu().numpy())

    def diversity_metrics(self, made: Tensor, real: Tensor) -> dict[str, Tensor]:
        """Return ``unique_texts`` and ``token_entropy``, ratios of generated to real."""
        return {
            "unique_texts": distinct_share(made) / distinct_share(real),
            "token_entropy": token_entropy(made) / token_entropy(real).clamp(min=1e-6),
        }

    def build_encoder(self) -> "TokenTextEncoder":
        """Build the encoder that conditions the image decoder."""
        encoder = TokenTextEncoder(
            words=len(self.tokenizer),
            length=self.length,
            token_dim=self.token_dim,
            embedding_dim=self.embedding_dim,
            kind=self.encoder,
        )
        copy_word_vectors(self.vectors, self.tokenizer, encoder.embedding.weight.detach())
        return encoder

    def build_decoder(self) -> "TwoLevelTextDecoder":
        """Build the recurrent decoder."""
        decoder = TwoLevelTextDecoder(
            words=len(self.tokenizer),
            length=self.length,
            token_dim=self.token_dim,
            context_dim=self.embedding_dim,
            context_norm=self.context_norm,
            conditioning=self.conditioning,
            cutoffs=self.cutoffs,
        )
        copy_word_vectors(self.vectors, self.tokenizer, decoder.embedding.weight.detach())
        return decoder

    def build_backbone(self) -> "TokenTextEncoder":
        """Build the discriminator's backbone."""
        return self.build_encoder()

    def build_latent_decoder(self, latent_dim: int) -> nn.Module:
        """Refuse: the families with a latent decoder need one-hot rows; ``RunConfig`` says so."""
        raise NotImplementedError(latent_dim)


def token_entropy(texts: Tensor) -> Tensor:
    """Return the entropy in nats of the tokens of [B, L] ids, padding and end included."""
    shares = texts.flatten().bincount() / texts.numel()
    return -(shares * shares.clamp(min=1e-9).log()).sum()


# --------------------------------------------------------------------------
# The encoder.


class TokenTextEncoder(nn.Module):
    """Embeds tokens and pools them: ids [B, L], or embeddings [B, L, D] of them, to [B, F].

    The embedding of padding is 0. A gradient penalty differentiates the layers after the embedding
    twice.

    Args:
        words: V.
        length: L.
        token_dim: D.
        embedding_dim: F.
        kind: of the layers after the embedding, as for
            ``engine.nets.text_pooling.build_pooling``.
    """

    def __init__(
        self,
        *,
        words: int,
        length: int,
        token_dim: int,
        embedding_dim: int,
        kind: str = "linear",
    ) -> None:
        super().__init__()
        self.kind = kind
        self.embedding = nn.Embedding(words, token_dim, padding_idx=PADDING)
        nn.init.normal_(self.embedding.weight, std=EMBEDDING_STD)
        with torch.no_grad():
            self.embedding.weight[PADDING] = 0
        self.layers = build_pooling(
            kind, length=length, token_dim=token_dim, embedding_dim=embedding_dim
        )

    @property
    def embedding_table(self) -> Tensor:
        """Embeddings of all tokens: [V, D]."""
        return self.embedding.weight

    def text_axes(self) -> dict[str, TensorAxis]:
        """Return the axes that depend on V or L."""
        return EMBEDDING_AXES | POSITION_AXES[self.kind]

    def embed(self, items: Tensor) -> Tensor:
        """Map ids [B, L] to embeddings [B, L, D]."""
        return self.embedding(items)

    def forward(self, texts: Tensor) -> Tensor:
        """Map [B, L] or [B, L, D] to [B, F]."""
        return self.layers(texts if texts.is_floating_point() else self.embed(texts))


# --------------------------------------------------------------------------
# The decoder.


class TwoLevelTextDecoder(nn.Module):
    """Recurrent decoder with tied embeddings and a two-level softmax.

    The first softmax is over frequent tokens and clusters of rarer ones, the second over the tokens
    of one cluster: ``p(w) = p(cluster) p(w | cluster)``, as in the adaptive softmax of Grave et al.
    2017, arXiv:1609.04309, section 4. Unlike there, a logit is the inner product of the projected
    state with the token's input embedding (Press & Wolf 2017, arXiv:1608.05859), so the rank of the
    logits is D for all clusters. Likelihood and samples are exact.

    Args:
        words: V.
        length: L.
        token_dim: D.
        context_dim: F, also the size of the recurrent state.
        context_norm: ``rms`` or ``none``, as for ``engine.nets.text.build_context_norm``.
        conditioning: as for ``engine.nets.text.add_initial_state``.
        cutoffs: first ids of the clusters; those in the last 30 % of the ids are left out.
    """

    def __init__(
        self,
        *,
        words: int,
        length: int,
        token_dim: int,
        context_dim: int,
        context_norm: str = "none",
        conditioning: str = INITIAL_STATE,
        cutoffs: Sequence[int] = CUTOFFS,
    ) -> None:
        super().__init__()
        kept = [cutoff for cutoff in cutoffs if cutoff < MAX_CUTOFF_SHARE * words]
        bounds = [*kept, words]
        self.length, self.frequent, self.conditioning = length, bounds[0], conditioning
        self.ranges = tuple(itertools.pairwise(bounds))
        """First id of each cluster, and the id after its last."""
        self.context_norm = build_context_norm(context_norm, context_dim)
        self.start = nn.Linear(context_dim, context_dim)
        self.embedding = nn.Embedding(words, token_dim)
        self.gru = nn.GRU(token_dim, context_dim, batch_first=True)
        self.project = nn.Linear(context_dim, token_dim)
        self.bias = nn.Parameter(torch.zeros(words))
        self.cluster_weight = nn.Parameter(torch.zeros(len(kept), token_dim))
        self.cluster_bias = nn.Parameter(torch.zeros(len(kept)))
        nn.init.normal_(self.embedding.weight, std=EMBEDDING_STD)

    def draw_noise(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw two uniform numbers per token, for the two levels, beside a 1: [count, L, 3].

        A truncation factor multiplies all three. ``forward`` divides by the last number, which has
        become the temperature.
        """
        uniform = torch.rand((count, self.length, 2), generator=generator, device=generator.device)
        return functional.pad(uniform, (0, 1), value=1.0)

    def text_axes(self) -> dict[str, TensorAxis]:
        """Return the axes that depend on V."""
        return EMBEDDING_AXES | {
            "bias": TensorAxis(0, AxisKind.TOKENS),
            "cluster_weight": TensorAxis(0, AxisKind.CLUSTERS),
            "cluster_bias": TensorAxis(0, AxisKind.CLUSTERS),
        }

    @torch.no_grad()
    def forward(self, noise: Tensor, context: Tensor) -> Tensor:
        """Sample texts: [B, L, 3] and [B, F] to ids [B, L].

        A temperature other than 1 needs the logits of the whole vocabulary.
        """
        temperature = noise[:, :1, 2].clamp(min=MIN_TEMPERATURE)
        uniform = noise[:, :, :2] / temperature[:, :, None]
        if bool((temperature == 1).all()):
            return self._decode(context, lambda slot, query: self._sample(query, uniform[:, slot]))
        return self._decode(
            context,
            lambda slot, query: inverse_transform_sample(
                self._log_probabilities(query) / temperature, uniform[:, slot, :1]
            ),
        )

    def nll_loss(self, context: Tensor, real: Tensor) -> Tensor:
        """Return the cross-entropy of real ids in nats per token, without padding: [B]."""
        with _full_precision(context):
            query, target, cluster, is_token = self._teacher_forced(context, real)
            first = torch.where(cluster < 0, target, self.frequent + cluster)
            nll = functional.cross_entropy(self._first_logits(query), first, reduction="none")
            for number, rows in self._rows_by_cluster(cluster):
                logits, inside = self._cluster_logits(query[rows], number), target[rows]
                inside = inside - self.ranges[number][0]
                rest = functional.cross_entropy(logits, inside, reduction="none")
                nll = nll.index_add(0, rows, rest)
        per_token = torch.zeros_like(is_token, dtype=nll.dtype).masked_scatter(is_token, nll)
        return per_token.sum(1) / is_token.sum(1).clamp(min=1)

    @torch.no_grad()
    def predict_with_confidence(self, context: Tensor) -> tuple[Tensor, Tensor]:
        """Decode greedily: ids [B, L] and the probabilities [B] of the texts."""
        texts = self._decode(context, lambda _slot, query: self._most_likely(query))
        return texts, (-self.nll_loss(context, texts) * (texts != PADDING).sum(1)).exp()

    def relax(self, context: Tensor, items: Tensor, table: Tensor) -> Tensor:
        """Embed sampled ids in a table so that the decoder gets a gradient: [B, L, D'].

        The straight-through estimator on embeddings: the value is ``table[items]``, the derivative
        that of the expected embedding ``sum over w of p(w) table[w]``. It is exact for the frequent
        tokens and for the cluster that a token was sampled from; other clusters count with their
        mean embedding. The probabilities are computed in one parallel pass over the given ids, so
        no gradient flows from a token to the choice of earlier ones.

        Source: Bengio et al. 2013, arXiv:1308.3432, section 4 (straight-through).

        Args:
            context: [B, F].
            items: [B, L] ids that were sampled for the context.
            table: [V, D'].
        """
        with _full_precision(context):
            query, _target, cluster, is_token = self._teacher_forced(context, items)
            shares = self._first_logits(query, blocked=(PADDING, UNKNOWN)).softmax(1)
            means = [table[low:high].mean(0, keepdim=True) for low, high in self.ranges]
            expected = shares @ torch.cat([table[: self.frequent], *means])
            for number, rows in self._rows_by_cluster(cluster):
                low, high = self.ranges[number]
                inside = self._cluster_logits(query[rows], number).softmax(1) @ table[low:high]
                share = shares[rows, self.frequent + number, None]
                expected = expected.index_add(0, rows, share * (inside - means[number]))
        hard = functional.embedding(items, table)
        straight_through = (expected - expected.detach()).to(hard)
        mask = is_token[:, :, None].expand_as(hard)
        return hard + torch.zeros_like(hard).masked_scatter(mask, straight_through)

    def embed_token(self, tokens: Tensor) -> Tensor:
        """Embed tokens [B], -1 before the first: [B, D]."""
        return self.embedding(tokens.clamp(min=0)).where(tokens[:, None] >= 0, 0.0)

    def next_log_probabilities(
        self, tokens: Tensor | None, state: Tensor, first: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the log-probabilities of the next tokens as they are sampled, and the new states.

        Args:
            tokens: [B] ids of the previous tokens; None, or -1, before the first.
            state: [1, B, F].
            first: [1, B, F], the states before the first token.

        Returns:
            [B, V] and [1, B, F].
        """
        if tokens is None:
            tokens = torch.full_like(state[0, :, 0], -1, dtype=torch.long)
        hidden, state = self.gru(self.embed_token(tokens)[:, None], state)
        hidden = add_initial_state(hidden, first, self.conditioning)
        return self._log_probabilities(self.project(hidden[:, 0])), state

    def _decode(self, context: Tensor, choose: Callable[[int, Tensor], Tensor]) -> Tensor:
        """Decode token by token; ``choose`` maps slot and queries [B, D] to ids [B]."""
        with _full_precision(context):
            state = first = self.begin(context)
            token = state.new_zeros(len(context), 1, self.embedding.embedding_dim)
            texts = context.new_full((len(context), self.length), PADDING, dtype=torch.long)
            is_open = torch.ones_like(texts[:, 0], dtype=torch.bool)
            for slot in range(self.length):
                hidden, state = self.gru(token, state)
                hidden = add_initial_state(hidden, first, self.conditioning)
                chosen = choose(slot, self.project(hidden[:, 0])).where(is_open, PADDING)
                texts[:, slot] = chosen
                is_open = is_open & (chosen != END)
                if not is_open.any():
                    break
                token = self.embedding(chosen)[:, None]
        return texts

    def _sample(self, query: Tensor, uniform: Tensor) -> Tensor:
        """Sample tokens: [B, D] and [B, 2] to [B]."""
        logits = self._first_logits(query, blocked=(PADDING, UNKNOWN))
        chosen = inverse_transform_sample(logits, uniform[:, :1])
        for number, rows in self._rows_by_cluster(chosen - self.frequent):
            inside = self._cluster_logits(query[rows], number)
            chosen[rows] = self.ranges[number][0] + inverse_transform_sample(
                inside, uniform[rows, 1:]
            )
        return chosen

    def _most_likely(self, query: Tensor) -> Tensor:
        """Return the most likely tokens: [B, D] to [B]."""
        chosen = self._first_logits(query, blocked=(PADDING, UNKNOWN)).argmax(1)
        # A frequent token that exceeds each cluster exceeds all tokens in them.
        rows = (chosen >= self.frequent).nonzero()[:, 0]
        if len(rows):
            chosen[rows] = self._log_probabilities(query[rows]).argmax(1)
        return chosen

    def _log_probabilities(self, query: Tensor) -> Tensor:
        """Return the log-probabilities of all tokens as they are sampled: [N, D] to [N, V]."""
        first = self._first_logits(query, blocked=(PADDING, UNKNOWN)).log_softmax(1)
        frequent, clusters = first[:, : self.frequent], first[:, self.frequent :]
        inside = [
            clusters[:, number, None] + self._cluster_logits(query, number).log_softmax(1)
            for number in range(len(self.ranges))
        ]
        return torch.cat([frequent, *inside], 1)

    def _teacher_forced(
        self, context: Tensor, texts: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Run over texts in parallel, each token given the ones before it.

        Returns:
            Queries [M, D], their tokens [M] and clusters [M] (-1 for frequent tokens), and the mask
            of the M tokens in the texts [B, L].
        """
        is_token = texts != PADDING
        before = functional.pad(self.embedding(texts[:, :-1]), (0, 0, 1, 0))
        first = self.begin(context)
        hidden, _state = self.gru(before, first)
        hidden = add_initial_state(hidden, first, self.conditioning)
        query, target = self.project(hidden[is_token]), texts[is_token]
        lows = torch.tensor([low for low, _ in self.ranges], dtype=torch.long, device=texts.device)
        return query, target, (target[:, None] >= lows).sum(1) - 1, is_token

    def begin(self, context: Tensor) -> Tensor:
        """Map contexts [B, F] to the states [1, B, F] before the first token."""
        return torch.tanh(self.start(self.context_norm(context.float())))[None]

    def _first_logits(self, query: Tensor, *, blocked: Sequence[int] = (PADDING,)) -> Tensor:
        """Return the logits of the frequent tokens and of the clusters: [N, D] to [N, H]."""
        weight = torch.cat([self.embedding.weight[: self.frequent], self.cluster_weight])
        bias = torch.cat([self.bias[: self.frequent], self.cluster_bias])
        mask = torch.zeros_like(bias)
        mask[list(blocked)] = BLOCKED_LOGIT
        return functional.linear(query, weight, bias + mask)

    def _cluster_logits(self, query: Tensor, number: int) -> Tensor:
        """Return the logits of the tokens of a cluster: [N, D] to [N, tokens]."""
        low, high = self.ranges[number]
        return functional.linear(query, self.embedding.weight[low:high], self.bias[low:high])

    def _rows_by_cluster(self, cluster: Tensor) -> Iterator[tuple[int, Tensor]]:
        """Yield each cluster that occurs in [N], with its rows."""
        for number in range(len(self.ranges)):
            rows = (cluster == number).nonzero()[:, 0]
            if len(rows):
                yield number, rows


def inverse_transform_sample(logits: Tensor, uniform: Tensor) -> Tensor:
    """Sample from a softmax by inverting its cumulative distribution: [N, V] and [N, 1] to [N].

    One uniform number a row, where the Gumbel-max trick needs V.
    Source: Devroye 1986, "Non-Uniform Random Variate Generation", section III.2.
    """
    cumulative = (logits - logits.amax(1, keepdim=True)).exp().cumsum(1)
    # ``right``: a uniform number of exactly 0 must not choose a blocked first entry.
    chosen = torch.searchsorted(cumulative, uniform * cumulative[:, -1:], right=True)
    return chosen[:, 0].clamp(max=logits.shape[1] - 1)


def _full_precision(like: Tensor) -> torch.autocast:
    """Disable autocast: texts cost little, and half precision distorts a cumulative sum."""
    return torch.autocast(like.device.type, enabled=False)
