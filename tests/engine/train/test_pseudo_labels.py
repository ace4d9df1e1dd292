from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import Mock

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from engine.augment.pipeline import Augmenter
from engine.data.loader import Batch, Items, Masks
from engine.data.tokenizers import UNKNOWN
from engine.nets.discriminator import PAIR, Discriminator
from engine.nets.protocols import TrainableGenerator
from engine.train import gan_step
from engine.train.gan_losses import mismatched_logits, real_mask
from engine.train.gan_step import GanStep
from engine.train.pseudo_labels import nll_loss, pseudo_label
from engine.train.state import DISCRIMINATOR
from engine.train.step import complete_batch
from tests.helpers.tiny import tiny_modalities, tiny_pairs, tiny_state, tiny_step_config

TEXT_THERE = torch.tensor([1, 0, 0, 0, 1, 0]) > 0
IMAGE_THERE = torch.tensor([1, 1, 1, 1, 0, 0]) > 0
PRESENT = {"text": TEXT_THERE, "image": IMAGE_THERE}


def model_that_says(texts: Tensor, probabilities: list[float]) -> TrainableGenerator:
    said = {"text": (texts, torch.tensor(probabilities))}
    return cast(
        "TrainableGenerator", SimpleNamespace(predict_with_confidence=lambda _items, _known: said)
    )


def test_that_only_what_the_model_is_sure_of_is_filled_in():
    items, said = tiny_pairs(6), tiny_pairs(6)["text"].roll(1, 0)
    model = model_that_says(said, [1.0, 0.95, 0.94, 0.99, 1.0, 1.0])
    completed = pseudo_label(model, Batch(items=items, present=PRESENT), threshold=0.95)
    assert completed.pseudo["text"].tolist() == [False, True, False, True, False, False]
    assert completed.present["text"].tolist() == [True, True, False, True, True, False]
    assert torch.equal(completed.present["image"], IMAGE_THERE)
    for row in range(6):
        source = said if row in {1, 3} else items["text"]
        assert torch.equal(completed.items["text"][row], source[row])
    assert completed.items["image"] is items["image"]


def test_that_nothing_is_read_off_nothing():
    # The last row has neither image nor text: however sure the model is, there is nothing to read.
    model = model_that_says(tiny_pairs(6)["text"], [1.0] * 6)
    batch = Batch(items=tiny_pairs(6), present=PRESENT)
    assert not pseudo_label(model, batch, threshold=0.0).pseudo["text"][5]


def test_that_the_generator_says_how_likely_its_text_is():
    state, items = tiny_state(), tiny_pairs(6)
    generator = cast("Any", state.generator)
    everything = {name: torch.ones(6, dtype=torch.bool) for name in items}
    with torch.no_grad():
        texts, probabilities = generator.predict_with_confidence(items, everything)["text"]
        decoder, context = (
            generator.decoder("text"),
            generator.context({"image": items["image"]}, 6),
        )
        # The same from the network's own parts, one word after another.
        hidden, likelihood = decoder.begin(context), torch.ones(6)
        word, is_open = torch.zeros(6, decoder.words), torch.ones(6, dtype=torch.bool)
        for slot in range(decoder.length):
            out, hidden = decoder.gru(decoder.embedding(word)[:, None], hidden)
            chances = decoder.to_logits(out[:, 0]).softmax(1)
            allowed = chances.clone()
            allowed[:, [0, UNKNOWN]] = 0
            chosen = allowed.argmax(1)
            expected = torch.where(is_open, chosen, 0)
            assert torch.equal(texts[:, slot].argmax(1), expected)
            chance = chances.gather(1, chosen[:, None])[:, 0]
            likelihood = torch.where(is_open, likelihood * chance, likelihood)
            word, is_open = texts[:, slot], is_open & (chosen != 1)
    torch.testing.assert_close(probabilities, likelihood)


def test_that_equal_words_never_count_as_a_mismatch():
    state, items = tiny_state(), tiny_pairs(64)
    everything = {name: torch.ones(64, dtype=torch.bool) for name in items}
    generator = cast("Any", state.generator)
    # Contexts of all sizes, so that some probabilities round when they are summed with the choice.
    items["image"] *= torch.linspace(0.1, 8, 64)[:, None, None, None]
    with torch.no_grad():
        texts, _ = generator.predict_with_confidence(items, everything)["text"]
    plain = functional.one_hot(texts.argmax(2), texts.shape[2]).to(texts)
    assert torch.equal(texts, plain)
    # Predicted and real texts in turns: neighbours of equal words must not be mismatches.
    mixed = torch.where((torch.arange(64) % 2 == 0)[:, None, None], texts, plain)
    batch = complete_batch({"text": mixed, "image": items["image"]})
    discriminator = cast("Discriminator", state.networks[DISCRIMINATOR].network)
    found = mismatched_logits(discriminator, discriminator.features(batch.items), batch, 0)
    numbers = plain.argmax(2)
    is_equal = (numbers == numbers.roll(1, 0)).all(1)
    assert is_equal.any()
    assert not found.mask[is_equal].any()


def test_that_a_purely_adversarial_generator_is_never_sure():
    assert (
        cast("Any", tiny_state("adversarial").generator).predict_with_confidence(tiny_pairs(), {})
        == {}
    )


@pytest.mark.parametrize(("sureness", "pairs"), [(0.0, 4), (1.0, 1)])
def test_that_what_is_filled_in_makes_real_pairs_but_no_real_texts(monkeypatch, sureness, pairs):
    seen: list[dict[str, Tensor]] = []

    def keep(discriminator: Any, real: Batch, *rest: Any, **options: Any) -> Any:
        seen.append(dict(real_mask(real)))
        return original(discriminator, real, *rest, **options)

    original = gan_step.discriminator_loss
    monkeypatch.setattr(gan_step, "discriminator_loss", keep)
    config = tiny_step_config(pseudo_label_threshold=sureness)
    step = GanStep(tiny_state(), config.training, 1, modalities=tiny_modalities())
    step(Batch(items=tiny_pairs(6), present=PRESENT), 0)
    assert seen[0][PAIR].sum() == pairs
    assert torch.equal(seen[0]["text"], TEXT_THERE)


def test_that_whole_batches_ask_nobody(monkeypatch):
    monkeypatch.setattr("engine.train.gan_step.pseudo_label", lambda *_: pytest.fail("was asked"))
    step = GanStep(tiny_state(), tiny_step_config().training, 1)
    there = {name: torch.ones(8, dtype=torch.bool) for name in ("text", "image")}
    step(Batch(items=tiny_pairs(), present=there, is_complete=True), 0)


NOTHING = torch.zeros(4, dtype=torch.bool)
ALL = torch.ones(4, dtype=torch.bool)


class Negative:
    """Turns images into their negatives: an augmentation that is easy to detect."""

    def __call__(self, images: Tensor, _generator: torch.Generator) -> Tensor:
        return -images


def asked(
    completed: Batch, fake: Items, kept: Masks, *, augments_all: bool = False
) -> tuple[dict[str, Tensor], Masks]:
    """Give what the decoders were shown, and what of it they were told."""
    generator = Mock()
    generator.nll_losses.return_value = {}
    strong_augment = cast("dict[str, Augmenter]", {"image": Negative()})
    rng = torch.Generator().manual_seed(0)
    loss = nll_loss(
        generator, completed, fake, kept, strong_augment, rng, augments_all=augments_all
    )
    assert loss is None
    return generator.nll_losses.call_args.args


def test_that_a_text_alone_is_read_off_what_was_drawn_for_it():
    real = tiny_pairs(4)
    fake = {"text": real["text"], "image": tiny_pairs(4, seed=9)["image"].requires_grad_()}
    present = {"text": ALL, "image": torch.tensor([1, 0, 1, 0]) > 0}
    kept = {"text": torch.tensor([1, 1, 0, 0]) > 0, "image": NOTHING}
    seen, known = asked(Batch(items=real, present=present), fake, kept)
    assert torch.equal(seen["image"][[0, 2]], real["image"][[0, 2]])
    assert torch.equal(seen["image"][[1, 3]], fake["image"][[1, 3]])
    assert not seen["image"].requires_grad
    # Nothing was drawn for the last row's text, so there is nothing to read it off.
    assert not known["image"][3]


def test_that_a_pseudo_label_is_learned_from_a_strongly_augmented_image():
    real = tiny_pairs(4)
    filled = {"text": torch.tensor([0, 1, 0, 1]) > 0}
    completed = Batch(items=real, present={"text": ALL, "image": ALL}, pseudo=filled)
    seen, known = asked(completed, real, {"text": NOTHING, "image": NOTHING})
    assert torch.equal(seen["image"][[1, 3]], -real["image"][[1, 3]])
    assert torch.equal(seen["image"][[0, 2]], real["image"][[0, 2]])
    assert torch.equal(seen["text"], real["text"])
    # Such a label always has its image in sight: it says nothing of texts by themselves.
    assert known["image"][[1, 3]].all()


def test_that_texts_of_a_small_set_are_learned_from_augmented_images():
    real = tiny_pairs(4)
    whole = Batch(items=real, present={"text": ALL, "image": ALL}, is_complete=True)
    kept = {"text": NOTHING, "image": NOTHING}
    seen, _known = asked(whole, real, kept, augments_all=True)
    assert torch.equal(seen["image"], -real["image"])
    seen, _known = asked(whole, real, kept)
    assert torch.equal(seen["image"], real["image"])


@pytest.mark.parametrize("is_small", [True, False])
def test_that_a_step_augments_what_it_captions_where_it_augments_images(monkeypatch, is_small):
    seen: list[Tensor] = []
    there = {name: torch.ones(8, dtype=torch.bool) for name in ("text", "image")}
    state, pairs = tiny_state(), tiny_pairs()
    learn = cast("Any", state.generator).nll_losses
    monkeypatch.setattr(
        state.generator,
        "nll_losses",
        lambda items, visible, **others: (
            seen.append(items["image"]) or learn(items, visible, **others)
        ),
    )
    step = GanStep(
        state,
        tiny_step_config().training,
        1,
        augmenters={"image": Augmenter("diffaugment")} if is_small else {},
        strong_augment=cast("dict[str, Augmenter]", {"image": Negative()}),
    )
    step(Batch(items=pairs, present=there, is_complete=True), 0)
    assert torch.equal(seen[0], -pairs["image"] if is_small else pairs["image"])


def test_that_only_present_items_are_learned():
    losses = {"text": torch.tensor([1.0, 2.0, 40.0, 50.0])}
    generator = Mock(likelihood_weights={"text": 1.0})
    generator.nll_losses.return_value = losses
    present = {"text": torch.tensor([1, 1, 0, 0]) > 0, "image": ALL}
    completed = Batch(items=tiny_pairs(4), present=present)
    kept: Any = {"text": NOTHING, "image": NOTHING}
    loss = nll_loss(generator, completed, tiny_pairs(4), kept, {}, torch.Generator())
    assert cast("Tensor", loss).item() == pytest.approx(1.5)
