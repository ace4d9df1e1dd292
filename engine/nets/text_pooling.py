"""Layers of an encoder of token ids after the embedding.

Linear layers over all positions at once learn each word anew for every position. A bag of words
and a transformer layer have the same weights at all positions and pool over those with a token. At
equal time, the bag of words finds the pictures of long captions more often than linear layers do;
the transformer, whose steps take longer, does not (docs/measurements.md, *Encoders of captions*).

The two that pool leave out padding, which they recognise by its embedding: it is 0 in the table of
``TokenTextEncoder`` and stays so. That holds for embeddings of ids, for those that a decoder
relaxes, and between real and generated embeddings wherever both are padding.

Shapes: B batch, L tokens of a text, D token embedding, W width, F features.
"""

import math

import torch
from torch import Tensor, nn

from engine.nets.blocks import activation, initialise
from engine.nets.protocols import AxisKind, TensorAxis
from engine.nets.text import BLOCKED_LOGIT, encoder_layers

WIDTH, HEADS = 64, 4
POSITION_STD = 0.1
"""Standard deviation of the initial positions; that of an embedding is 0.5."""


class BagOfWords(nn.Module):
    """The sum of the tokens and two linear layers, blind to word order: [B, L, D] to [B, F].

    The sum is divided by the root of the number of tokens, which keeps the variance of independent
    embeddings.

    Args:
        token_dim: D.
        embedding_dim: F.
    """

    def __init__(self, *, token_dim: int, embedding_dim: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(token_dim, embedding_dim),
            activation(),
            nn.Linear(embedding_dim, embedding_dim),
            activation(),
        )
        initialise(self.layers)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map [B, L, D] to [B, F]."""
        shown = token_mask(tokens)[:, :, None]
        return self.layers(tokens.where(shown, 0).sum(1) / shown.sum(1).sqrt())


class TransformerPooling(nn.Module):
    """A transformer layer, then mean and maximum over the tokens: [B, L, D] to [B, F].

    Attention is written out, because the fused kernels have no second derivative, which a gradient
    penalty needs.

    Source: Vaswani et al. 2017, arXiv:1706.03762, section 3, with the norms before the blocks
    (Xiong et al. 2020, arXiv:2002.04745, section 3).

    Args:
        length: largest L.
        token_dim: D.
        embedding_dim: F.
    """

    def __init__(self, *, length: int, token_dim: int, embedding_dim: int) -> None:
        super().__init__()
        self.widen = nn.Linear(token_dim, WIDTH, bias=False)
        self.positions = nn.Parameter(POSITION_STD * torch.randn(length, WIDTH))
        self.attention_norm = nn.LayerNorm(WIDTH)
        self.to_qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.from_values = nn.Linear(WIDTH, WIDTH)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(WIDTH),
            nn.Linear(WIDTH, 2 * WIDTH),
            activation(),
            nn.Linear(2 * WIDTH, WIDTH),
        )
        self.to_features = nn.Sequential(nn.Linear(2 * WIDTH, embedding_dim), activation())
        # Keeps the variance of the embeddings.
        nn.init.normal_(self.widen.weight, std=token_dim**-0.5)
        initialise(self.to_features)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map [B, L, D] to [B, F]."""
        is_token = token_mask(tokens)
        hidden = self.widen(tokens) + self.positions[: tokens.shape[1]]
        hidden = hidden + self._attend(self.attention_norm(hidden), is_token)
        hidden = hidden + self.feed_forward(hidden)
        shown = is_token[:, :, None]
        mean = hidden.where(shown, 0).sum(1) / shown.sum(1)
        largest = hidden.masked_fill(~shown, BLOCKED_LOGIT).amax(1)
        return self.to_features(torch.cat([mean, largest], 1))

    def _attend(self, hidden: Tensor, is_token: Tensor) -> Tensor:
        """Let all positions attend to the tokens: [B, L, W] and [B, L] to [B, L, W]."""
        batch, length, _width = hidden.shape
        split = self.to_qkv(hidden).view(batch, length, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
        query, key, value = split.unbind()
        scores = query @ key.mT / math.sqrt(WIDTH // HEADS)
        weights = scores.masked_fill(~is_token[:, None, None], BLOCKED_LOGIT).softmax(3)
        return self.from_values((weights @ value).transpose(1, 2).flatten(2))


def token_mask(tokens: Tensor) -> Tensor:
    """Return which embeddings [B, L, D] are of tokens and not of padding, which is 0: [B, L].

    The first always counts, so that a text without any token has features, too.
    """
    mask = (tokens != 0).any(2)
    mask[:, 0] = True
    return mask


def build_pooling(kind: str, *, length: int, token_dim: int, embedding_dim: int) -> nn.Module:
    """Build the layers of an encoder after the embedding: [B, L, D] to [B, F].

    Args:
        kind: ``linear``, ``bag-of-words`` or ``transformer``.
        length: L.
        token_dim: D.
        embedding_dim: F.
    """
    if kind == "bag-of-words":
        return BagOfWords(token_dim=token_dim, embedding_dim=embedding_dim)
    if kind == "transformer":
        return TransformerPooling(length=length, token_dim=token_dim, embedding_dim=embedding_dim)
    return encoder_layers(length, token_dim, embedding_dim)


POSITION_AXES = {
    "linear": {"layers.1.weight": TensorAxis(1, AxisKind.POSITIONS)},
    "bag-of-words": {},
    "transformer": {"layers.positions": TensorAxis(0, AxisKind.POSITIONS)},
}
"""Axes that depend on L, by kind, of the tensors in an encoder whose layers are ``layers``."""
