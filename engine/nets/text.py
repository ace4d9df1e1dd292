"""Texts: token embeddings, a recurrent decoder and a non-autoregressive one.

Shapes: B batch, L tokens of a text, V vocabulary size, D embedding, F features, Z latent numbers.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.config.networks import EVERY_TOKEN, INITIAL_STATE
from engine.data.tokenizers import END, PADDING, UNKNOWN, Tokenizer
from engine.data.word_vectors import WordVectors, fitted
from engine.nets.blocks import activation, initialise
from engine.nets.protocols import AxisKind, TensorAxis, rows_equal

BLOCKED_LOGIT = -1e9
LOGIT_AXES = {
    "to_logits.weight": TensorAxis(0, AxisKind.TOKENS),
    "to_logits.bias": TensorAxis(0, AxisKind.TOKENS),
}
EMBEDDING_AXES = {"embedding.weight": TensorAxis(1, AxisKind.TOKENS)}
"""Of a linear layer that embeds one-hot rows: [D, V]."""


class NonAutoregressiveTextDecoder(nn.Module):
    """Non-autoregressive decoder: given the latent code, the tokens of a text are independent.

    An autoregressive decoder can ignore the code, and does (Bowman et al. 2016, arXiv:1511.06349,
    section 3.1). This one cannot: whatever relates its tokens to each other and to the image has to
    be in the code.

    Args:
        words: V.
        length: L.
        latent_dim: Z.
        width: of the hidden layer.
    """

    def __init__(self, *, words: int, length: int, latent_dim: int, width: int) -> None:
        super().__init__()
        self.words, self.length, self.width = words, length, width
        self.hidden = nn.Sequential(
            nn.Linear(latent_dim, width),
            activation(),
            nn.Linear(width, length * width),
            activation(),
        )
        self.to_logits = nn.Linear(width, words)
        initialise(self.hidden)
        nn.init.normal_(self.to_logits.weight, std=0.02)
        nn.init.zeros_(self.to_logits.bias)

    def draw_noise(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw [count, L, V] from the standard Gumbel distribution."""
        shape = (count, self.length, self.words)
        uniform = torch.rand(shape, generator=generator, device=generator.device)
        return -(-uniform.clamp(1e-9, 1 - 1e-6).log()).log()

    def text_axes(self) -> dict[str, TensorAxis]:
        """Return the axes that depend on V or L."""
        return LOGIT_AXES | {
            "hidden.2.weight": TensorAxis(0, AxisKind.POSITIONS),
            "hidden.2.bias": TensorAxis(0, AxisKind.POSITIONS),
        }

    def logits(self, latent: Tensor) -> Tensor:
        """Map [B, Z] to token logits [B, L, V]."""
        return self.to_logits(self.hidden(latent).view(-1, self.length, self.width))

    def forward(self, latent: Tensor, noise: Tensor) -> Tensor:
        """Map [B, Z] and [B, L, V] to one-hot rows [B, L, V] with a soft gradient.

        The Gumbel-max trick gives exact samples; zero noise gives the likeliest tokens. The
        straight-through estimator passes a discriminator's gradient through the choice. Source:
        Jang et al. 2017, arXiv:1611.01144, section 2.2.
        """
        soft, hard, is_over = self._choose(latent, noise)
        return hard + (soft - soft.detach()) * ~is_over

    def probabilities(self, latent: Tensor, noise: Tensor) -> Tensor:
        """Map [B, Z] and [B, L, V] to the probabilities of the tokens up to the end: [B, L, V]."""
        soft, hard, is_over = self._choose(latent, noise)
        return torch.where(is_over, hard, soft)

    def nll(self, latent: Tensor, real: Tensor) -> Tensor:
        """Return the NLL in nats, padding excluded: [B, Z] and [B, L, V] to [B]."""
        log_probabilities = self.logits(latent).log_softmax(2)
        is_word = 1 - real[:, :, PADDING]
        return -((log_probabilities * real).sum(2) * is_word).sum(1)

    def _choose(self, latent: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return choose_tokens(self.logits(latent) + noise)


def choose_tokens(logits: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Choose the likeliest token at each position, up to the end of the text.

    Args:
        logits: [B, L, V].

    Returns:
        Probabilities and one-hot rows, [B, L, V] each; and [B, L, 1], whether the text is over.
    """
    words = logits.shape[2]
    blocked = logits.new_zeros(words)
    blocked[[PADDING, UNKNOWN]] = BLOCKED_LOGIT
    soft = (logits + blocked).softmax(2)
    numbers = soft.argmax(2)
    is_end = (numbers == END).long()
    is_over = is_end.cumsum(1) > is_end
    hard = functional.one_hot(numbers.masked_fill(is_over, PADDING), words).to(soft)
    return soft, hard, is_over[:, :, None]


EMBEDDING_STD = 0.5
"""Standard deviation of the initial token embeddings."""


@dataclass(frozen=True, kw_only=True)
class TextModality:
    """Texts: token ids in the dataset, one-hot rows in the networks.

    One-hot rows on both sides keep a discriminator from recognising fakes by their soft values.
    """

    tokenizer: Tokenizer
    length: int
    """L, including the end token."""
    token_dim: int
    embedding_dim: int
    name: str = "text"
    vectors: WordVectors | None = None
    """Initialise the embedding where given; they are trained further."""
    context_norm: str = "none"
    """``rms`` to normalise the context of the recurrent decoder, or ``none``."""
    conditioning: str = INITIAL_STATE
    """Of the recurrent decoder; see ``add_initial_state``."""

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
        """Convert [B, L] token ids to [B, L, V] one-hot rows."""
        return functional.one_hot(stored.long(), len(self.tokenizer)).float()

    def postprocess(self, items: Tensor) -> tuple[str, ...]:
        """Convert [B, L, V] rows to B texts."""
        rows = items.detach().argmax(2).cpu().numpy()
        return tuple(self.tokenizer.decode(row) for row in rows)

    def diversity_metrics(self, made: Tensor, real: Tensor) -> dict[str, Tensor]:
        """Return ``unique_texts`` and ``token_entropy``, ratios of generated to real."""
        return {
            "unique_texts": distinct_share(made.argmax(2)) / distinct_share(real.argmax(2)),
            "token_entropy": _entropy(made) / _entropy(real).clamp(min=1e-6),
        }

    @property
    def item_shape(self) -> tuple[int, ...]:
        """L and V."""
        return (self.length, len(self.tokenizer))

    def activate(self, outputs: Tensor) -> Tensor:
        """Map token logits [B, L, V] to one-hot rows of the likeliest, with a soft gradient."""
        soft, hard, is_over = choose_tokens(outputs)
        return hard + (soft - soft.detach()) * ~is_over

    def build_encoder(self) -> nn.Module:
        """Build the encoder that conditions the image decoder."""
        return self._encoder()

    def build_decoder(self) -> "TextDecoder":
        """Build the recurrent decoder."""
        decoder = TextDecoder(
            words=len(self.tokenizer),
            length=self.length,
            token_dim=self.token_dim,
            context_dim=self.embedding_dim,
            context_norm=self.context_norm,
            conditioning=self.conditioning,
        )
        copy_word_vectors(self.vectors, self.tokenizer, decoder.embedding.weight.detach().T)
        return decoder

    def build_backbone(self) -> nn.Module:
        """Build the discriminator's backbone."""
        return self._encoder()

    def build_latent_decoder(self, latent_dim: int) -> NonAutoregressiveTextDecoder:
        """Build the decoder of the variational families."""
        return NonAutoregressiveTextDecoder(
            words=len(self.tokenizer),
            length=self.length,
            latent_dim=latent_dim,
            width=self.embedding_dim,
        )

    def _encoder(self) -> nn.Module:
        encoder = TextEncoder(
            words=len(self.tokenizer),
            length=self.length,
            token_dim=self.token_dim,
            embedding_dim=self.embedding_dim,
        )
        copy_word_vectors(self.vectors, self.tokenizer, encoder.embedding.weight.detach().T)
        return encoder


def copy_word_vectors(vectors: WordVectors | None, tokenizer: Tokenizer, table: Tensor) -> None:
    """Copy the vectors of known tokens, if any, into an embedding table [V, D]."""
    if vectors is None:
        return
    values = torch.from_numpy(fitted(vectors, table.shape[1]))
    values = values * (EMBEDDING_STD / values.std().clamp(min=1e-6))
    for word, value in zip(vectors.words, values, strict=True):
        table[int(tokenizer.encode(word, 2)[0]), : len(value)] = value


def encoder_layers(length: int, token_dim: int, embedding_dim: int) -> nn.Sequential:
    """Build the layers of an encoder after the embedding: [B, L, D] to [B, F]."""
    layers = nn.Sequential(
        nn.Flatten(),
        nn.Linear(length * token_dim, embedding_dim),
        activation(),
        nn.Linear(embedding_dim, embedding_dim),
        activation(),
    )
    initialise(layers)
    return layers


class TextEncoder(nn.Module):
    """Embeds the tokens and applies linear layers to all positions at once: [B, L, V] to [B, F].

    A gradient penalty differentiates it twice.
    """

    def __init__(self, *, words: int, length: int, token_dim: int, embedding_dim: int) -> None:
        super().__init__()
        self.embedding = nn.Linear(words, token_dim, bias=False)
        self.slots = encoder_layers(length, token_dim, embedding_dim)
        nn.init.normal_(self.embedding.weight, std=EMBEDDING_STD)

    def text_axes(self) -> dict[str, TensorAxis]:
        """Return the axes that depend on V or L."""
        return EMBEDDING_AXES | {"slots.1.weight": TensorAxis(1, AxisKind.POSITIONS)}

    def forward(self, texts: Tensor) -> Tensor:
        """Map [B, L, V] to [B, F]."""
        return self.slots(self.embedding(texts))


CONTEXT_EPS = 1e-2
"""Added to the mean square; bounds the gradient at 0, where the learned context starts."""


def build_context_norm(kind: str, context_dim: int) -> nn.Module:
    """Build what is applied to the context before the first state of a recurrent decoder.

    RMS norm (Zhang & Sennrich 2019, arXiv:1910.07467, eq. 4) keeps the ``tanh`` of the first state
    from saturating. Without it, an encoding that grows early in training leaves no gradient, and
    the decoder ignores the image from then on (docs/measurements.md).

    Args:
        kind: ``rms`` or ``none``.
        context_dim: F.
    """
    if kind == "none":
        return nn.Identity()
    return nn.RMSNorm(context_dim, eps=CONTEXT_EPS, elementwise_affine=False)


def add_initial_state(hidden: Tensor, first: Tensor, conditioning: str) -> Tensor:
    """Return what a recurrent decoder predicts tokens from.

    With ``every-token`` it is the sum of state and initial state, so that what the context says of
    a late word need not pass through all states before it; as in the merging of Tanti et al. 2018,
    arXiv:1708.02043. With ``initial-state`` it is the state alone.

    Args:
        hidden: [B, L, F] states.
        first: [1, B, F] initial state.
        conditioning: ``initial-state`` or ``every-token``.
    """
    return hidden + first.transpose(0, 1) if conditioning == EVERY_TOKEN else hidden


class TextDecoder(nn.Module):
    """Recurrent decoder: generates a text token by token, given a context.

    Noise determines the tokens: the Gumbel-max trick turns it into exact samples, and the
    straight-through estimator passes the discriminator's gradient through the choice.
    Source: Jang et al. 2017, arXiv:1611.01144, eq. 1 and section 2.2.

    Args:
        words: V.
        length: L.
        token_dim: size of the tokens' embeddings.
        context_dim: F, also the size of the recurrent state.
        context_norm: ``rms`` or ``none``, as for ``build_context_norm``.
        conditioning: as for ``add_initial_state``.
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
    ) -> None:
        super().__init__()
        self.words, self.length, self.conditioning = words, length, conditioning
        self.context_norm = build_context_norm(context_norm, context_dim)
        self.start = nn.Linear(context_dim, context_dim)
        self.embedding = nn.Linear(words, token_dim, bias=False)
        self.gru = nn.GRU(token_dim, context_dim, batch_first=True)
        self.to_logits = nn.Linear(context_dim, words)
        nn.init.normal_(self.embedding.weight, std=EMBEDDING_STD)

    def draw_noise(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw [count, L, V] from the standard Gumbel distribution."""
        shape = (count, self.length, self.words)
        uniform = torch.rand(shape, generator=generator, device=generator.device)
        return -(-uniform.clamp(1e-9, 1 - 1e-6).log()).log()

    def text_axes(self) -> dict[str, TensorAxis]:
        """Return the axes that depend on V."""
        return EMBEDDING_AXES | LOGIT_AXES

    def forward(self, noise: Tensor, context: Tensor) -> Tensor:
        """Map [B, L, V] and [B, F] to one-hot rows [B, L, V] with a soft gradient."""
        state = first = self.begin(context)
        word = noise.new_zeros(noise.shape[0], self.words)
        is_open = noise.new_ones(noise.shape[0], 1)
        chosen: list[Tensor] = []
        for slot in range(self.length):
            hidden, state = self.gru(self.embedding(word)[:, None], state)
            hidden = add_initial_state(hidden, first, self.conditioning)
            scores = _without_padding(self.to_logits(hidden[:, 0])) + noise[:, slot]
            word = _straight_through(scores) * is_open + self._padding(noise) * (1 - is_open)
            is_open = is_open * (1 - word[:, END : END + 1].detach())
            chosen.append(word)
        return torch.stack(chosen, 1)

    def nll_loss(self, context: Tensor, real: Tensor) -> Tensor:
        """Return the cross-entropy of the real tokens in nats per token, without padding: [B]."""
        before = functional.pad(real[:, :-1], (0, 0, 1, 0))
        first = self.begin(context)
        hidden, _state = self.gru(self.embedding(before), first)
        hidden = add_initial_state(hidden, first, self.conditioning)
        log_probabilities = self.to_logits(hidden).log_softmax(2)
        is_word = 1 - real[:, :, PADDING]
        nll = -(log_probabilities * real).sum(2) * is_word
        return nll.sum(1) / is_word.sum(1).clamp(min=1)

    def predict_with_confidence(self, context: Tensor) -> tuple[Tensor, Tensor]:
        """Decode greedily: texts [B, L, V] and their probabilities [B]."""
        texts = self(context.new_zeros(len(context), self.length, self.words), context)
        # Straight-through rows are one-hot up to rounding; a pseudo-label is compared exactly.
        texts = functional.one_hot(texts.argmax(2), self.words).to(texts)
        words = (1 - texts[:, :, PADDING]).sum(1)
        return texts, (-self.nll_loss(context, texts) * words).exp()

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
        return _without_padding(self.to_logits(hidden[:, 0])).log_softmax(1), state

    def begin(self, context: Tensor) -> Tensor:
        """Map contexts [B, F] to the states [1, B, F] before the first token."""
        return torch.tanh(self.start(self.context_norm(context)))[None]

    def embed_token(self, tokens: Tensor) -> Tensor:
        """Embed tokens [B], -1 before the first: [B, D]."""
        numbers = torch.arange(self.words, device=tokens.device)
        return self.embedding((tokens[:, None] == numbers).to(self.embedding.weight))

    def _padding(self, like: Tensor) -> Tensor:
        padding = like.new_zeros(1, self.words)
        padding[:, PADDING] = 1
        return padding


def _without_padding(scores: Tensor) -> Tensor:
    """Mask padding and the unknown token, which are never generated."""
    blocked = scores.new_zeros(scores.shape[1])
    blocked[[PADDING, UNKNOWN]] = -1e9
    return scores + blocked


def _straight_through(scores: Tensor) -> Tensor:
    soft = scores.softmax(1)
    hard = functional.one_hot(soft.argmax(1), scores.shape[1]).to(soft)
    return hard + soft - soft.detach()


def distinct_share(numbers: Tensor) -> Tensor:
    """Return the share of distinct rows of [B, L]; unlike ``unique`` it does not synchronise."""
    same = (numbers[:, None] == numbers[None]).all(2)
    return (~same.tril(-1).any(1)).float().mean()


def _entropy(texts: Tensor) -> Tensor:
    """Return the entropy in nats of the tokens of a batch, padding and end included."""
    shares = texts.mean((0, 1))
    return -(shares * shares.clamp(min=1e-9).log()).sum()
