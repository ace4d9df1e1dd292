"""Texts from a latent code: every word slot on its own.

Shapes: B batch, L word slots, V words in the vocabulary, Z latent numbers, W width.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.data.tokenizer import END, PADDING, UNKNOWN
from engine.nets.blocks import activation, initialise

IMPOSSIBLE = -1e9


class SlotWriter(nn.Module):
    """Writes all words of a text at once; given the code they are independent.

    A writer that sees its own words can do without the code, and then it does (Bowman et al. 2016,
    arXiv:1511.06349, section 3.1). This one cannot: whatever ties its words together, and to the
    image, has to stand in the code.

    Args:
        words: V.
        length: L.
        latent_dim: Z.
        width: W.
    """

    def __init__(self, *, words: int, length: int, latent_dim: int, width: int) -> None:
        super().__init__()
        self.words, self.length, self.width = words, length, width
        self.plan = nn.Sequential(
            nn.Linear(latent_dim, width),
            activation(),
            nn.Linear(width, length * width),
            activation(),
        )
        self.to_words = nn.Linear(width, words)
        initialise(self.plan)
        nn.init.normal_(self.to_words.weight, std=0.02)
        nn.init.zeros_(self.to_words.bias)

    def draw_noise(self, count: int, generator: torch.Generator) -> Tensor:
        """[count, L, V] from the standard Gumbel distribution."""
        shape = (count, self.length, self.words)
        uniform = torch.rand(shape, generator=generator, device=generator.device)
        return -(-uniform.clamp(1e-9, 1 - 1e-6).log()).log()

    def scores(self, latent: Tensor) -> Tensor:
        """[B, Z] to the logits of the words, [B, L, V]."""
        return self.to_words(self.plan(latent).view(-1, self.length, self.width))

    def forward(self, latent: Tensor, noise: Tensor) -> Tensor:
        """[B, Z] and [B, L, V] to [B, L, V] one-hot rows with a soft gradient.

        The Gumbel-max trick makes them exact samples; noise of zeros gives the likeliest words. The
        straight-through estimator lets a critic's gradient pass through the choice.
        Source: Jang et al. 2017, arXiv:1611.01144, section 2.2.
        """
        forbidden = noise.new_zeros(self.words)
        forbidden[[PADDING, UNKNOWN]] = IMPOSSIBLE
        soft = (self.scores(latent) + noise + forbidden).softmax(2)
        numbers = soft.argmax(2)
        is_end = (numbers == END).long()
        is_over = is_end.cumsum(1) > is_end
        hard = functional.one_hot(numbers.masked_fill(is_over, PADDING), self.words).to(soft)
        return hard + (soft - soft.detach()) * ~is_over[:, :, None]

    def surprise(self, latent: Tensor, real: Tensor) -> Tensor:
        """What real texts cost in nats, padding left out: [B, Z] and [B, L, V] to [B]."""
        log_probabilities = self.scores(latent).log_softmax(2)
        is_word = 1 - real[:, :, PADDING]
        return -((log_probabilities * real).sum(2) * is_word).sum(1)
