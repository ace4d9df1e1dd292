import math
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from engine.data.loader import Batch
from engine.data.tokenizers import END, PADDING, UNKNOWN, Vocabulary, encode_all
from engine.data.word_vectors import WordVectors
from engine.nets.discriminator import Discriminator
from engine.nets.generator import PairGenerator
from engine.nets.image import ImageModality
from engine.nets.protocols import Endpoint
from engine.nets.text import EMBEDDING_STD, TextModality
from engine.nets.token_text import (
    TokenTextEncoder,
    TokenTextModality,
    TwoLevelTextDecoder,
    inverse_transform_sample,
)
from engine.train.gan_losses import discriminator_loss, mismatched_logits
from engine.train.gan_step import GanStep
from engine.train.state import DISCRIMINATOR, GENERATOR, TrainingState
from engine.train.step import complete_batch
from tests.helpers.tiny import tiny_modalities, tiny_pairs, tiny_state, tiny_step_config

WORDS, LENGTH, CUTOFFS = 12, 4, (5, 8)
"""Five frequent tokens, with the special ones, and clusters of three and four."""


def decoder(cutoffs: tuple[int, ...] = CUTOFFS) -> TwoLevelTextDecoder:
    torch.manual_seed(0)
    made = TwoLevelTextDecoder(
        words=WORDS, length=LENGTH, token_dim=4, context_dim=8, cutoffs=cutoffs
    )
    for parameter in (made.bias, made.cluster_bias, made.cluster_weight):
        torch.nn.init.normal_(parameter, std=0.5)
    torch.nn.init.normal_(made.project.weight, std=0.7)
    return made


def sample(count: int, made: TwoLevelTextDecoder, scale: float = 1.0) -> Tensor:
    noise = made.draw_noise(count, torch.Generator().manual_seed(1))
    return made(scale * noise, torch.ones(1, 8).expand(count, -1))


@torch.no_grad()
def probabilities(made: TwoLevelTextDecoder, context: Tensor, *before: int) -> Tensor:
    """Probabilities of all tokens after some others, from the likelihood alone: [V]."""
    texts = torch.full((WORDS, LENGTH), PADDING)
    for slot, token in enumerate(before):
        texts[:, slot] = token
    texts[:, len(before)] = torch.arange(WORDS)
    contexts = context.expand(WORDS, -1)
    joint = (-made.nll_loss(contexts, texts) * (len(before) + 1)).exp()
    if before:
        texts[:, len(before)] = PADDING
        joint /= (-made.nll_loss(contexts, texts) * len(before)).exp()
    return joint.index_fill(0, torch.tensor(PADDING), 0.0)


def as_sampled(chances: Tensor) -> Tensor:
    without = chances.index_fill(0, torch.tensor(UNKNOWN), 0.0)
    return without / without.sum()


@pytest.mark.parametrize("before", [(), (3,), (9, 6)])
@pytest.mark.parametrize("cutoffs", [(), (5,), CUTOFFS])
def test_that_the_likelihood_sums_to_one_over_all_tokens(cutoffs, before):
    found = probabilities(decoder(cutoffs), torch.randn(1, 8), *before)
    assert (found[1:] > 0).all()
    torch.testing.assert_close(found.sum(), torch.tensor(1.0))


def test_that_the_likelihood_is_the_product_of_both_softmaxes():
    made, context = decoder(), torch.randn(1, 8)
    state = torch.tanh(made.start(context))[None]
    hidden, _ = made.gru(torch.zeros(1, 1, 4), state)
    query = made.project(hidden[0, 0])
    table, bias = made.embedding.weight, made.bias
    first = torch.cat([table[1:5] @ query + bias[1:5], made.cluster_weight @ query])
    first[4:] += made.cluster_bias
    second = (table[8:12] @ query + bias[8:12]).softmax(0)
    found = probabilities(made, context)
    torch.testing.assert_close(found[1:5], first.softmax(0)[:4])
    torch.testing.assert_close(found[8:], first.softmax(0)[5] * second)


def test_that_few_words_need_one_softmax():
    made = TwoLevelTextDecoder(words=300, length=LENGTH, token_dim=4, context_dim=8)
    assert (made.frequent, made.ranges) == (300, ())
    made = TwoLevelTextDecoder(words=8_000, length=LENGTH, token_dim=4, context_dim=8)
    assert (made.frequent, made.ranges) == (256, ((256, 1_024), (1_024, 3_072), (3_072, 8_000)))


def test_that_samples_follow_the_likelihood():
    made, count = decoder(), 40_000
    texts = sample(count, made)
    shares = texts[:, 0].bincount(minlength=WORDS) / count
    expected = as_sampled(probabilities(made, torch.ones(1, 8)))
    torch.testing.assert_close(shares, expected, atol=4 * 0.5 / math.sqrt(count), rtol=0)
    second = texts[texts[:, 0] == 9][:, 1]
    shares = second.bincount(minlength=WORDS) / len(second)
    expected = as_sampled(probabilities(made, torch.ones(1, 8), 9))
    torch.testing.assert_close(shares, expected, atol=4 * 0.5 / math.sqrt(len(second)), rtol=0)


def test_that_truncated_noise_samples_at_a_temperature():
    made, count = decoder(), 40_000
    texts = sample(count, made, scale=0.5)
    shares = texts[:, 0].bincount(minlength=WORDS) / count
    squared = as_sampled(probabilities(made, torch.ones(1, 8))).square()
    expected = squared / squared.sum()
    torch.testing.assert_close(shares, expected, atol=4 * 0.5 / math.sqrt(count), rtol=0)


def test_that_no_noise_gives_the_likeliest_tokens():
    made, context = decoder(), torch.randn(20, 8)
    texts, _confidence = made.predict_with_confidence(context)
    assert torch.equal(made(torch.zeros(20, LENGTH, 3), context), texts)


def test_that_a_uniform_number_of_zero_chooses_no_blocked_token():
    logits = torch.tensor([[-1e9, 0.3, -1e9, 1.0]])
    assert inverse_transform_sample(logits, torch.tensor([[0.0]])).item() == 1
    assert inverse_transform_sample(logits, torch.tensor([[1.0]])).item() == 3


def test_that_after_the_end_comes_padding_and_nowhere_else():
    texts = sample(500, decoder())
    ended = torch.zeros(500, dtype=torch.bool)
    for slot in range(LENGTH):
        assert torch.all((texts[:, slot] == PADDING) == ended)
        ended |= texts[:, slot] == END
    assert ended.any()
    assert not (texts == UNKNOWN).any()


def test_that_the_same_noise_writes_the_same_words():
    assert torch.equal(sample(50, decoder()), sample(50, decoder()))


def test_that_a_prediction_is_the_likeliest_token_of_all_and_knows_its_probability():
    made, contexts = decoder(), 2 * torch.randn(50, 8)
    with torch.no_grad():
        # A likely cluster of three even tokens, each less likely than some frequent one.
        made.cluster_bias[0] = 1.0
    texts, confidence = made.predict_with_confidence(contexts)
    for row, context in enumerate(contexts):
        before: list[int] = []
        likelihood = 1.0
        for slot in range(LENGTH):
            chances = probabilities(made, context[None], *before)
            token = int(as_sampled(chances).argmax())
            assert texts[row, slot] == token
            likelihood *= float(chances[token])
            before.append(token)
            if token == END:
                break
        assert math.isclose(confidence[row].item(), likelihood, rel_tol=1e-4)
        assert (texts[row, len(before) :] == PADDING).all()


def gradients(made: TwoLevelTextDecoder, embedded: Tensor) -> list[Tensor]:
    torch.manual_seed(3)
    loss = (embedded * torch.randn(embedded.shape)).sum()
    weights = [made.start.weight, made.gru.weight_hh_l0, made.project.weight, made.bias]
    return list(torch.autograd.grad(loss, weights))


@pytest.mark.parametrize(("cutoffs", "first"), [((), END), ((5,), 5)])
def test_that_relaxed_texts_have_the_full_straight_through_gradient(cutoffs, first):
    # Exact without clusters, and where all tokens are from the only cluster.
    made, context, table = decoder(cutoffs), torch.randn(30, 8), torch.randn(WORDS, 6)
    texts = torch.randint(first, WORDS, (30, LENGTH))
    embedded = made.relax(context, texts, table)
    assert torch.equal(embedded, table[texts])
    query, _target, _cluster, _is_token = made._teacher_forced(context, texts)
    expected = made._log_probabilities(query).exp() @ table
    full = table[texts] + (expected - expected.detach()).view(30, LENGTH, 6)
    for found, wanted in zip(gradients(made, embedded), gradients(made, full), strict=True):
        assert wanted.abs().sum() > 0
        torch.testing.assert_close(found, wanted)


def test_that_the_mean_of_other_clusters_is_a_close_approximation():
    made, context, table = decoder(), torch.randn(200, 8), torch.randn(WORDS, 6)
    texts = made(made.draw_noise(200, torch.Generator().manual_seed(1)), context)
    embedded = made.relax(context, texts, table)
    query, _target, _cluster, is_token = made._teacher_forced(context, texts)
    expected = made._log_probabilities(query).exp() @ table
    full = table[texts].masked_scatter(
        is_token[:, :, None].expand(-1, -1, 6), table[texts][is_token] + expected
    )
    flat = [
        torch.cat([gradient.flatten() for gradient in gradients(made, relaxed)])
        for relaxed in (embedded, full)
    ]
    assert torch.cosine_similarity(flat[0], flat[1], dim=0) > 0.9


def test_that_every_weight_of_the_decoder_learns_and_padding_does_not():
    made, table = decoder(), torch.randn(WORDS, 6)
    texts = torch.tensor([[3, 6, 9, END], [10, 4, END, PADDING]])
    embedded = made.relax(torch.randn(2, 8), texts, table)
    assert torch.equal(embedded[1, 3], table[PADDING])
    (embedded[:, :3] * torch.randn(2, 3, 6)).sum().backward()
    for name, parameter in made.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


# --------------------------------------------------------------------------
# The encoder.


def encoder() -> TokenTextEncoder:
    torch.manual_seed(0)
    return TokenTextEncoder(words=WORDS, length=LENGTH, token_dim=4, embedding_dim=8)


TEXTS = torch.tensor([[3, 6, 9, END], [10, 4, END, PADDING], [7, END, PADDING, PADDING]])


def test_that_ids_and_their_embeddings_are_encoded_alike():
    made = encoder()
    assert made(TEXTS).shape == (3, 8)
    assert torch.equal(made(TEXTS), made(made.embed(TEXTS)))
    assert torch.equal(made.embed(TEXTS), made.embedding_table[TEXTS])


def test_that_an_encoder_is_differentiable_twice():
    made = encoder().double()
    # Without padding: a finite difference turns it into a token.
    tokens = made.embed(TEXTS[:1]).detach().requires_grad_()
    assert torch.autograd.gradgradcheck(made.layers, tokens)


# --------------------------------------------------------------------------
# The modality, and a training step with it.

NAMES = tuple(f"w{number}" for number in range(WORDS - 3))


def modalities() -> tuple[TokenTextModality, ImageModality]:
    text = TokenTextModality(
        tokenizer=Vocabulary(NAMES), length=LENGTH, token_dim=4, embedding_dim=8, cutoffs=CUTOFFS
    )
    return text, tiny_modalities()[1]


def pairs(count: int = 8) -> dict[str, Tensor]:
    texts = torch.full((count, LENGTH), PADDING)
    texts[:, 0] = 3 + torch.arange(count) % len(NAMES)
    texts[:, 1] = END
    return {"text": texts, "image": tiny_pairs(count)["image"]}


def state_of(**training: Any) -> TrainingState:
    return tiny_state(modalities=modalities(), **training)


def step_of(state: TrainingState, **training: Any) -> GanStep:
    config = tiny_step_config(**training)
    return GanStep(state, config.training, 1, modalities=modalities(), validation=pairs(4))


def discriminator_of(state: TrainingState) -> Discriminator:
    return cast("Discriminator", state.networks[DISCRIMINATOR].network)


def test_that_captions_survive_reading_and_showing():
    text, _image = modalities()
    stored = torch.from_numpy(encode_all(text.tokenizer, ["w1 w8", "w3"], LENGTH))
    assert text.preprocess(stored.int()).dtype == torch.long
    assert list(text.postprocess(text.preprocess(stored))) == ["w1 w8", "w3"]


def test_that_diversity_is_that_of_one_hot_texts():
    text, _image = modalities()
    one_hot = TextModality(tokenizer=text.tokenizer, length=LENGTH, token_dim=4, embedding_dim=8)
    made, real = TEXTS[[0, 0, 1, 2]], TEXTS[[0, 1, 1, 2]]
    found = text.diversity_metrics(made, real)
    expected = one_hot.diversity_metrics(one_hot.preprocess(made), one_hot.preprocess(real))
    assert found.keys() == expected.keys()
    for name, value in found.items():
        torch.testing.assert_close(value, expected[name])


def test_that_known_words_start_from_their_vectors():
    values = np.array([[3.0, 0.0, 1.0, 2.0], [-3.0, 1.0, 0.0, 1.0]], dtype=np.float32)
    vectors = WordVectors(words=("w2", "w7"), values=values, skipped_lines=0)
    text = replace(modalities()[0], vectors=vectors)
    centred = torch.from_numpy(values - values.mean(0))
    expected = centred * EMBEDDING_STD / centred.std()
    for network in (text.build_decoder(), text.build_encoder(), text.build_backbone()):
        table = network.embedding.weight.detach()
        torch.testing.assert_close(table[[5, 10]], expected)


def test_that_only_rows_without_a_text_are_sampled(monkeypatch):
    torch.manual_seed(0)
    net, real = PairGenerator(modalities(), 8), pairs()
    mask = {
        "text": torch.tensor([False, True, True, False] * 2),
        "image": torch.zeros(8, dtype=torch.bool),
    }
    text_decoder, counts = cast("Any", net.decoders["text"]), []
    original = text_decoder._decode
    monkeypatch.setattr(
        text_decoder, "_decode", lambda c, choose: (counts.append(len(c)), original(c, choose))[1]
    )
    noise = net.draw_noise(8, torch.Generator().manual_seed(3))
    pair = net.generate_training_pairs(noise, real, mask)
    assert counts == [4]
    assert torch.equal(pair["text"][mask["text"]], real["text"][mask["text"]])
    assert not pair["text"].is_floating_point()
    table = torch.randn(WORDS, 4)
    relaxed = net.relax(pair, mask, {"text": table})
    assert torch.equal(relaxed["text"], table[pair["text"]])
    assert relaxed["image"] is pair["image"]
    relaxed["text"][mask["text"]].sum().backward(retain_graph=True)
    assert not any(p.grad is not None and p.grad.any() for p in text_decoder.parameters())
    (relaxed["text"] * torch.randn(8, LENGTH, 4)).sum().backward()
    assert text_decoder.project.weight.grad.abs().sum() > 0


def test_that_given_and_interpolated_texts_pass_through_the_generator():
    torch.manual_seed(0)
    net, real = PairGenerator(modalities(), 8).eval(), pairs()
    noise = net.draw_noise(8, torch.Generator().manual_seed(3))
    assert torch.equal(net(noise, {"text": real["text"]})["text"], real["text"])
    joint = net(noise, {})
    torch.testing.assert_close(net(noise, {"text": joint["text"]})["image"], joint["image"])
    end = net.draw_noise(8, torch.Generator().manual_seed(4))
    between = net.interpolate(
        Endpoint(noise=noise, conditions={"text": real["text"]}),
        Endpoint(noise=end, conditions={}),
        torch.linspace(0, 1, 8),
    )
    assert between["text"].shape == (8, LENGTH)
    assert between["image"].shape == joint["image"].shape


def test_that_r1_is_taken_at_the_embeddings():
    state, real = state_of(), complete_batch(pairs())
    discriminator, weight = discriminator_of(state), 3.0
    config = tiny_step_config(penalty_weight=weight, reg_interval=4).training
    kept = dict.fromkeys(real.items, torch.zeros(8, dtype=torch.bool))
    fake = {name: item.roll(1, 0) for name, item in real.items.items()}
    loss, losses, _real, _fake = discriminator_loss(
        discriminator,
        real,
        fake,
        kept,
        config=config,
        step=0,
        augment=dict,
        rng=torch.Generator(),
    )
    table = cast("Any", discriminator.backbones["text"]).embedding.weight
    words = functional.embedding(real.items["text"], table).detach().requires_grad_()
    image = real.items["image"].clone().requires_grad_()
    heads = discriminator({"text": words, "image": image})
    total = torch.stack(list(heads.values())).sum()
    slopes = torch.autograd.grad(total, [words, image])
    squared = torch.stack([slope.square().flatten(1).sum(1) for slope in slopes]).sum(0)
    torch.testing.assert_close(losses["penalty"], weight * squared.mean() / 2)
    loss.backward()
    assert table.grad.abs().sum() > 0
    assert not table.grad[PADDING].any()


@pytest.mark.parametrize("regularizer", ["r1-r2", "gradient-penalty", "spectral-norm", "none"])
def test_that_every_regularizer_takes_token_ids(regularizer):
    state = state_of(regularizer=regularizer)
    report = step_of(state, regularizer=regularizer)(complete_batch(pairs()), 0)
    assert all(value.isfinite() for value in (report.losses | report.metrics).values())
    assert {"unique_texts", "overfit_gap"} <= report.metrics.keys()


def test_that_the_discriminators_gradient_reaches_the_text_decoder():
    state = state_of()
    before = {
        name: p.detach().clone()
        for name, p in cast("Any", state.generator).decoders["text"].named_parameters()
    }
    step_of(state, text_nll_weight=0.0)(complete_batch(pairs()), 0)
    for name, p in cast("Any", state.generator).decoders["text"].named_parameters():
        # The learned context is still 0, so the weight that it is multiplied by has no gradient.
        assert torch.equal(p.detach(), before[name]) == (name == "start.weight"), name


def test_that_parts_of_a_batch_add_up_to_finite_steps():
    step = step_of(state_of())
    step.num_micro_batches = 2
    report = step(complete_batch(pairs()), 0)
    assert all(value.isfinite() for value in report.losses.values())


def missing(hidden: int) -> Batch:
    """Make pairs of which two have no image and two no text."""
    items = pairs()
    there = {name: torch.ones(8, dtype=torch.bool) for name in items}
    there["image"][[1, 4]] = False
    there["text"][[2, 7]] = False
    items["text"] = items["text"].where(there["text"][:, None], hidden)
    return Batch(items=items, present=there)


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_that_what_lies_under_a_mask_changes_nothing(threshold):
    seen = []
    for hidden in (4, 11):
        state = state_of()
        step = step_of(state, pseudo_label_threshold=threshold)
        report = step(missing(hidden), 0)
        weights = [p.detach() for p in state.networks[GENERATOR].network.parameters()]
        seen.append((report.losses, weights))
    assert seen[0][0] == seen[1][0]
    assert all(torch.equal(a, b) for a, b in zip(seen[0][1], seen[1][1], strict=True))


def test_that_equal_words_are_no_mismatch():
    state, items = state_of(), pairs(6)
    everything = {name: torch.ones(6, dtype=torch.bool) for name in items}
    model = cast("Any", state.generator)
    texts, confidence = model.predict_with_confidence(items, everything)["text"]
    assert texts.dtype == torch.long
    assert ((confidence > 0) & (confidence <= 1)).all()
    items["text"][:3] = items["text"][0]
    discriminator = discriminator_of(state)
    found = mismatched_logits(
        discriminator, discriminator.features(items), complete_batch(items), 0
    )
    assert found.mask.tolist() == [True, False, False, True, True, True]


@pytest.mark.parametrize("kind", ["forward", "nll_loss", "relax"])
def test_that_half_precision_leaves_the_decoder_alone(kind):
    made, context, table = decoder(), torch.randn(3, 8), torch.randn(WORDS, 6)
    noise = made.draw_noise(3, torch.Generator().manual_seed(1))

    def result() -> Tensor:
        if kind == "forward":
            return made(noise, context)
        return (
            made.nll_loss(context, TEXTS)
            if kind == "nll_loss"
            else made.relax(context, TEXTS, table)
        )

    plain = result()
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(result(), plain)
