import math

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, one_hot

from engine.config.networks import EVERY_TOKEN, INITIAL_STATE
from engine.data.tokenizers import END, PADDING, UNKNOWN, encode_all
from engine.nets.text import NonAutoregressiveTextDecoder, TextDecoder, build_context_norm
from engine.nets.text_pooling import HEADS, WIDTH, BagOfWords, TransformerPooling
from engine.nets.token_text import TokenTextEncoder, TwoLevelTextDecoder
from tests.helpers.tiny import tiny_modalities, tiny_pairs

WORDS, LENGTH = 6, 3
CONDITIONINGS = (INITIAL_STATE, EVERY_TOKEN)
TEXT_DECODERS = [(TextDecoder, {}), (TwoLevelTextDecoder, {"cutoffs": (4,)})]


def decoder() -> TextDecoder:
    torch.manual_seed(0)
    return TextDecoder(words=WORDS, length=LENGTH, token_dim=4, context_dim=8)


def sample(count: int, context: torch.Tensor | None = None) -> torch.Tensor:
    writer = decoder()
    noise = writer.draw_noise(count, torch.Generator().manual_seed(1))
    return writer(noise, torch.zeros(count, 8) if context is None else context)


def test_that_every_slot_holds_one_word():
    texts = sample(200)
    assert texts.shape == (200, LENGTH, WORDS)
    assert torch.all((texts > 0.5).sum(2) == 1)
    torch.testing.assert_close(texts.sum(2), torch.ones(200, LENGTH))


def test_that_after_the_end_comes_padding_and_nowhere_else():
    numbers = sample(500).argmax(2)
    ended = torch.zeros(500, dtype=torch.bool)
    for slot in range(LENGTH):
        assert torch.all((numbers[:, slot] == PADDING) == ended)
        ended |= numbers[:, slot] == END
    assert ended.any()
    assert not (numbers == UNKNOWN).any()


def test_that_noise_gives_exact_samples_of_the_first_word():
    writer, count = decoder(), 20_000
    noise = writer.draw_noise(count, torch.Generator().manual_seed(2))
    with torch.no_grad():
        chosen = writer(noise, torch.zeros(count, 8))[:, 0].mean(0)
        state = torch.tanh(writer.start(torch.zeros(1, 8)))[None]
        hidden, _ = writer.gru(writer.embedding(torch.zeros(1, WORDS))[:, None], state)
        scores = writer.to_logits(hidden[0, 0])
    scores[[PADDING, UNKNOWN]] = -math.inf
    expected = scores.softmax(0)
    torch.testing.assert_close(chosen, expected, atol=4 * 0.5 / math.sqrt(count), rtol=0)


def test_that_the_same_noise_writes_the_same_words():
    assert torch.equal(sample(50), sample(50))


def test_that_the_discriminators_gradient_passes_through_the_choice():
    writer = decoder()
    texts = writer(writer.draw_noise(4, torch.Generator().manual_seed(1)), torch.randn(4, 8))
    (texts * torch.randn(texts.shape)).sum().backward()
    for name, parameter in writer.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("conditioning", CONDITIONINGS)
def test_that_supervision_is_cross_entropy_per_word_without_padding(conditioning):
    writer, real = decoder(), tiny_pairs(5, length=LENGTH)["text"]
    writer.conditioning = conditioning
    context = torch.randn(5, 8)
    loss = writer.nll_loss(context, real)
    for row in range(5):
        state = first = torch.tanh(writer.start(context[row : row + 1]))[None]
        word, total, count = torch.zeros(1, 1, WORDS), 0.0, 0
        for slot in range(LENGTH):
            target = real[row, slot].argmax()
            if target == PADDING:
                break
            hidden, state = writer.gru(writer.embedding(word), state)
            hidden = hidden + first if conditioning == EVERY_TOKEN else hidden
            total += cross_entropy(writer.to_logits(hidden[0]), target[None]).item()
            word, count = real[row : row + 1, slot : slot + 1], count + 1
        assert math.isclose(loss[row].item(), total / count, rel_tol=1e-5)


@pytest.mark.parametrize(("kind", "options"), TEXT_DECODERS)
def test_that_a_normalised_context_of_any_size_still_passes_a_gradient(kind, options):
    torch.manual_seed(0)
    sizes = {"words": WORDS, "length": LENGTH, "token_dim": 4, "context_dim": 8}
    decoder = kind(**sizes, context_norm="rms", **options)
    state_dict = kind(**sizes, **options).state_dict()
    assert decoder.state_dict().keys() == state_dict.keys()
    code = torch.randn(5, 8)
    normalised = code / (code.square().mean(1, keepdim=True) + 0.01).sqrt()
    expected = torch.tanh(normalised @ decoder.start.weight.T + decoder.start.bias)
    torch.testing.assert_close(decoder.begin(code)[0], expected)
    texts = tiny_pairs(5, length=LENGTH)["text"]
    real = texts if kind is TextDecoder else texts.argmax(2)
    means: dict[str, float] = {}
    for norm in ("none", "rms"):
        decoder.context_norm = build_context_norm(norm, 8)
        loss = decoder.nll_loss(1000 * code, real).sum()
        (gradient,) = torch.autograd.grad(loss, [decoder.start.bias])
        means[norm] = gradient.abs().mean().item()
    assert means["none"] < 1e-3 < 1e-2 < means["rms"]


@pytest.mark.parametrize(("kind", "options"), TEXT_DECODERS)
def test_that_texts_are_written_as_they_are_learned(kind, options):
    # What a decoder writes from no noise has the probability that its likelihood gives it.
    torch.manual_seed(3)
    writer = kind(
        words=WORDS,
        length=LENGTH,
        token_dim=4,
        context_dim=8,
        conditioning=EVERY_TOKEN,
        **options,
    )
    context = 3 * torch.randn(6, 8)
    texts, confidence = writer.predict_with_confidence(context)
    ids = texts if kind is TwoLevelTextDecoder else texts.argmax(2)
    others = ids.clone()
    for row, text in enumerate(ids):
        for word in range(3, WORDS):
            others[row] = text
            others[row, 0] = word
            real = others if kind is TwoLevelTextDecoder else one_hot(others, WORDS).float()
            words = (others[row] != PADDING).sum()
            chance = (-writer.nll_loss(context, real)[row] * words).exp()
            if word == text[0]:
                torch.testing.assert_close(chance, confidence[row])
    writer.conditioning = INITIAL_STATE
    _same, other_confidence = writer.predict_with_confidence(context)
    assert not torch.isclose(confidence, other_confidence).any()


@pytest.mark.parametrize(("kind", "options"), TEXT_DECODERS)
def test_that_the_context_at_every_token_reaches_the_last_word(kind, options):
    length = 12
    ids = torch.full((2, length), 5)
    ids[0, -1], ids[1, -1] = 3, 4
    real = ids if kind is TwoLevelTextDecoder else one_hot(ids, WORDS).float()
    slopes: dict[str, float] = {}
    for conditioning in CONDITIONINGS:
        torch.manual_seed(0)
        sizes = {"words": WORDS, "length": length, "token_dim": 4, "context_dim": 8}
        writer = kind(**sizes, conditioning=conditioning, **options)
        context = torch.randn(1, 8).expand(2, 8).clone().requires_grad_()
        losses = writer.nll_loss(context, real)
        # The texts differ in their last words only.
        (slope,) = torch.autograd.grad(losses[0] - losses[1], [context])
        slopes[conditioning] = slope.sum(0).norm().item()
    assert slopes[EVERY_TOKEN] > 10 * slopes[INITIAL_STATE], slopes


def test_that_captions_survive_reading_and_showing():
    text, _image = tiny_modalities()
    stored = torch.from_numpy(encode_all(text.tokenizer, ["dark", "light grey"], 3))
    assert list(text.postprocess(text.preprocess(stored))) == ["dark", "light grey"]


WORDS, LENGTH = 6, 3


def writer() -> NonAutoregressiveTextDecoder:
    torch.manual_seed(0)
    made = NonAutoregressiveTextDecoder(words=WORDS, length=LENGTH, latent_dim=4, width=8)
    torch.nn.init.normal_(made.to_logits.weight, std=0.7)
    return made


def sample_slots(count: int) -> torch.Tensor:
    writes = writer()
    noise = writes.draw_noise(count, torch.Generator().manual_seed(1))
    return writes(torch.zeros(count, 4), noise)


def test_that_every_slot_of_the_slot_writer_holds_one_word():
    texts = sample_slots(200)
    assert texts.shape == (200, LENGTH, WORDS)
    assert torch.all(texts.sum(2) == 1)
    assert torch.all((texts == 0) | (texts == 1))


def test_that_after_the_end_the_slot_writer_pads_and_nowhere_else():
    numbers = sample_slots(500).argmax(2)
    ended = torch.zeros(500, dtype=torch.bool)
    for slot in range(LENGTH):
        assert torch.all((numbers[:, slot] == PADDING) == ended)
        ended |= numbers[:, slot] == END
    assert ended.any()
    assert not (numbers == UNKNOWN).any()


def test_that_noise_gives_exact_samples_of_the_slot_writers_first_word():
    writes, count = writer(), 20_000
    chosen = sample_slots(count)[:, 0].mean(0)
    scores = writes.logits(torch.zeros(1, 4))[0, 0].detach()
    scores[[PADDING, UNKNOWN]] = -math.inf
    torch.testing.assert_close(chosen, scores.softmax(0), atol=4 * 0.5 / math.sqrt(count), rtol=0)


def test_that_no_noise_writes_the_likeliest_words():
    writes, latent = writer(), torch.randn(20, 4)
    texts = writes(latent, torch.zeros(20, LENGTH, WORDS))
    scores = writes.logits(latent)
    scores[:, :, [PADDING, UNKNOWN]] = -math.inf
    assert torch.equal(texts[:, 0].argmax(1), scores[:, 0].argmax(1))


def test_that_surprise_is_the_sum_over_the_words_without_padding():
    writes, real = writer(), tiny_pairs(5, length=LENGTH)["text"]
    latent = torch.randn(5, 4)
    nll = writes.nll(latent, real)
    chances = writes.logits(latent).detach().softmax(2)
    for row in range(5):
        numbers = [number for number in real[row].argmax(1).tolist() if number != PADDING]
        expected = -sum(math.log(chances[row, slot, number]) for slot, number in enumerate(numbers))
        assert math.isclose(nll[row].item(), expected, rel_tol=1e-5)


def test_that_the_code_learns_from_the_words():
    writes, real = writer(), tiny_pairs(5, length=LENGTH)["text"]
    latent = torch.randn(5, 4, requires_grad=True)
    writes.nll(latent, real).sum().backward()
    assert latent.grad is not None
    assert torch.all(latent.grad.abs().sum(1) > 0)


# --------------------------------------------------------------------------
# Encoders of token ids that pool over the tokens of a text.


IDS = torch.tensor([[3, 5, 4, END, 0, 0], [END, 0, 0, 0, 0, 0], [4, 3, 5, 3, 4, END]])
POOLING = pytest.mark.parametrize("kind", ["bag-of-words", "transformer"])


def encoder(kind: str) -> TokenTextEncoder:
    torch.manual_seed(0)
    return TokenTextEncoder(words=6, length=6, token_dim=4, embedding_dim=8, kind=kind)


def test_that_the_pooling_is_that_of_a_transformer_layer():
    made, tokens = encoder("transformer").layers, torch.randn(3, 6, 4)
    assert isinstance(made, TransformerPooling)
    tokens[IDS == PADDING] = 0
    norm, wide, activation, narrow = made.feed_forward
    for one in (made.attention_norm, norm):
        assert isinstance(one, nn.LayerNorm)
        nn.init.normal_(one.weight)
        nn.init.normal_(one.bias)
    layer = nn.TransformerEncoderLayer(
        WIDTH, HEADS, 2 * WIDTH, 0.0, activation, batch_first=True, norm_first=True
    )
    for theirs, ours in (
        (layer.norm1, made.attention_norm),
        (layer.norm2, norm),
        (layer.linear1, wide),
        (layer.linear2, narrow),
        (layer.self_attn.out_proj, made.from_values),
    ):
        theirs.load_state_dict(ours.state_dict())
    layer.self_attn.in_proj_weight.data = made.to_qkv.weight.data
    layer.self_attn.in_proj_bias.data = made.to_qkv.bias.data
    hidden = layer(made.widen(tokens) + made.positions, src_key_padding_mask=IDS == PADDING)
    pooled = [
        torch.cat([own.mean(0), own.amax(0)])
        for own in (row[ids != PADDING] for row, ids in zip(hidden, IDS, strict=True))
    ]
    torch.testing.assert_close(made(tokens), made.to_features(torch.stack(pooled)))


def test_that_a_bag_of_words_scales_the_sum_by_the_root_of_the_number():
    made = encoder("bag-of-words")
    table, layers = made.embedding_table, made.layers
    assert isinstance(layers, BagOfWords)
    sums = [(table[3] + table[4] + table[5] + table[END]) / 2, table[END]]
    torch.testing.assert_close(made(IDS[:2]), layers.layers(torch.stack(sums)))


@POOLING
def test_that_padding_changes_nothing_and_order_does_where_it_is_read(kind):
    made = encoder(kind)
    found = made(IDS)
    assert found.shape == (3, 8)
    torch.testing.assert_close(made(IDS[:1, :4]), found[:1])
    torch.testing.assert_close(made(IDS[1:2, :1]), found[1:2])
    turned = made(IDS[:1, [1, 0, 2, 3, 4, 5]])
    assert torch.allclose(turned, found[:1]) == (kind == "bag-of-words")
    assert made(torch.zeros(1, 6, dtype=torch.long)).isfinite().all()


@POOLING
def test_that_ids_their_embeddings_and_relaxed_ones_are_encoded_alike(kind):
    made = encoder(kind)
    assert torch.equal(made(made.embed(IDS)), made(IDS))
    torch.manual_seed(0)
    writer = TwoLevelTextDecoder(words=6, length=6, token_dim=4, context_dim=8)
    relaxed = writer.relax(torch.randn(3, 8), IDS, made.embedding_table.detach())
    assert torch.equal(made(relaxed), made(IDS))
    made(relaxed).sum().backward()
    gradient = writer.project.weight.grad
    assert gradient is not None
    assert gradient.abs().sum() > 0
    # The row of padding stays 0, which is how it is recognised.
    assert made.embedding_table[PADDING].count_nonzero() == 0
    made(IDS).sum().backward()
    gradient = made.embedding_table.grad
    assert gradient is not None
    assert not gradient[PADDING].any()


@POOLING
def test_that_padding_has_no_gradient_and_tokens_have_two(kind):
    layers = encoder(kind).layers.double()
    tokens = torch.randn(3, 6, 4, dtype=torch.double)
    tokens[IDS == PADDING] = 0
    (slope,) = torch.autograd.grad(layers(tokens.requires_grad_()).sum(), tokens)
    assert torch.equal(slope.any(2), IDS != PADDING)
    whole = torch.randn(2, 3, 4, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradgradcheck(layers, whole)


@POOLING
def test_that_half_precision_leaves_padding_out(kind):
    made = encoder(kind)
    with torch.autocast("cpu", torch.bfloat16):
        found, short = made(IDS), made(IDS[:1, :4])
    torch.testing.assert_close(short, found[:1], rtol=0.05, atol=0.05)
    torch.testing.assert_close(found.float(), made(IDS), rtol=0.1, atol=0.1)
