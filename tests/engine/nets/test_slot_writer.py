import math

import torch

from engine.data.tokenizer import END, PADDING, UNKNOWN
from engine.nets.slot_writer import SlotWriter
from tests.helpers.tiny import tiny_pairs

WORDS, LENGTH = 6, 3


def writer() -> SlotWriter:
    torch.manual_seed(0)
    made = SlotWriter(words=WORDS, length=LENGTH, latent_dim=4, width=8)
    torch.nn.init.normal_(made.to_words.weight, std=0.7)
    return made


def sample(count: int) -> torch.Tensor:
    writes = writer()
    noise = writes.draw_noise(count, torch.Generator().manual_seed(1))
    return writes(torch.zeros(count, 4), noise)


def test_that_every_slot_holds_one_word():
    texts = sample(200)
    assert texts.shape == (200, LENGTH, WORDS)
    assert torch.all(texts.sum(2) == 1)
    assert torch.all((texts == 0) | (texts == 1))


def test_that_after_the_end_comes_padding_and_nowhere_else():
    numbers = sample(500).argmax(2)
    ended = torch.zeros(500, dtype=torch.bool)
    for slot in range(LENGTH):
        assert torch.all((numbers[:, slot] == PADDING) == ended)
        ended |= numbers[:, slot] == END
    assert ended.any()
    assert not (numbers == UNKNOWN).any()


def test_that_noise_gives_exact_samples_of_the_first_word():
    writes, count = writer(), 20_000
    chosen = sample(count)[:, 0].mean(0)
    scores = writes.scores(torch.zeros(1, 4))[0, 0].detach()
    scores[[PADDING, UNKNOWN]] = -math.inf
    torch.testing.assert_close(chosen, scores.softmax(0), atol=4 * 0.5 / math.sqrt(count), rtol=0)


def test_that_no_noise_writes_the_likeliest_words():
    writes, latent = writer(), torch.randn(20, 4)
    texts = writes(latent, torch.zeros(20, LENGTH, WORDS))
    scores = writes.scores(latent)
    scores[:, :, [PADDING, UNKNOWN]] = -math.inf
    assert torch.equal(texts[:, 0].argmax(1), scores[:, 0].argmax(1))


def test_that_surprise_is_the_sum_over_the_words_without_padding():
    writes, real = writer(), tiny_pairs(5, length=LENGTH)["text"]
    latent = torch.randn(5, 4)
    surprise = writes.surprise(latent, real)
    chances = writes.scores(latent).detach().softmax(2)
    for row in range(5):
        numbers = [number for number in real[row].argmax(1).tolist() if number != PADDING]
        expected = -sum(math.log(chances[row, slot, number]) for slot, number in enumerate(numbers))
        assert math.isclose(surprise[row].item(), expected, rel_tol=1e-5)


def test_that_the_code_learns_from_the_words():
    writes, real = writer(), tiny_pairs(5, length=LENGTH)["text"]
    latent = torch.randn(5, 4, requires_grad=True)
    writes.surprise(latent, real).sum().backward()
    assert latent.grad is not None
    assert torch.all(latent.grad.abs().sum(1) > 0)
