"""Training with three modalities, of which a row may lack any."""

from typing import cast

import pytest
import torch
from torch import Tensor

from engine.config.sections import FAMILIES
from engine.data.loader import Batch
from engine.nets.discriminator import PAIR, Discriminator
from engine.nets.generator import MAX_PATTERNS, PairGenerator, subset_patterns
from engine.nets.image import ImageModality
from engine.nets.protocols import LikelihoodDecoder, Modality, TrainableGenerator
from engine.train.families import build_step
from engine.train.gan_losses import fake_mask, judged_items, mismatched_logits, real_mask
from engine.train.pseudo_labels import nll_loss, reading_loss, redescription_loss
from engine.train.state import DISCRIMINATOR, TrainingState
from engine.train.step import complete_batch
from tests.helpers.tiny import tiny_modalities, tiny_pairs, tiny_state, tiny_step_config

NAMES = ("text", "image", "sketch")
EVERYWHERE: dict[str, torch.Tensor] = dict.fromkeys(NAMES, torch.ones(8, dtype=torch.bool))


def three_modalities() -> tuple[Modality, ...]:
    text, image = tiny_modalities()
    sketch = ImageModality(
        name="sketch",
        size=8,
        channels=1,
        latent_dim=4,
        generator_channels=4,
        discriminator_channels=4,
        embedding_dim=8,
    )
    return text, image, sketch


def three_state(family: str = "hybrid") -> TrainingState:
    return tiny_state(family, modalities=three_modalities())


def three_items(count: int = 8, seed: int = 0) -> dict[str, Tensor]:
    items = tiny_pairs(count, seed=seed)
    return items | {"sketch": tiny_pairs(count, seed=seed + 1)["image"]}


def incomplete_batch(present: dict[str, list[int]]) -> Batch:
    """Build a batch in which each modality has the listed rows."""
    items = three_items(8)
    rows = torch.arange(8)
    there = {name: torch.isin(rows, torch.tensor(present[name])) for name in items}
    return Batch(items=items, present=there)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_trains_on_rows_that_lack_any_modality(family):
    state = three_state(family)
    config = tiny_step_config(family)
    step = build_step(state, config, modalities=three_modalities())
    before = [p.detach().clone() for p in state.generator.parameters()]
    batch = incomplete_batch({"text": [0, 1, 2, 3], "image": [0, 4, 5, 6], "sketch": [0, 1, 4, 7]})
    report = step(batch, 0)
    assert all(value.isfinite() for value in (report.losses | report.metrics).values())
    changed = [
        not torch.equal(old, new)
        for old, new in zip(before, state.generator.parameters(), strict=True)
    ]
    assert sum(changed) > len(changed) / 2


@pytest.mark.parametrize("family", FAMILIES)
def test_the_content_of_a_missing_item_changes_no_weight(family):
    present = {"text": [0, 1, 2, 3], "image": [0, 4, 5, 6], "sketch": [0, 1, 4, 7]}
    weights: list[list[Tensor]] = []
    for filler in (0.0, 0.9):
        state = three_state(family)
        batch = incomplete_batch(present)
        for name in ("image", "sketch"):
            batch.items[name][~batch.present[name]] = filler
        build_step(state, tiny_step_config(family))(batch, 0)
        weights.append(
            [p.detach().clone() for n in state.networks.values() for p in n.network.parameters()]
        )
    for one, other in zip(*weights, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_a_quarter_of_the_rows_keeps_nothing_and_the_others_any_proper_subset():
    patterns = subset_patterns(NAMES)
    assert patterns.count(()) == len(patterns) / 4
    assert {frozenset(p) for p in patterns} == {
        frozenset(),
        *(frozenset({name}) for name in NAMES),
        *(frozenset(NAMES) - {name} for name in NAMES),
    }


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 20])
def test_the_number_of_patterns_is_limited(count):
    names = [f"m{number}" for number in range(count)]
    patterns = subset_patterns(names)
    kept = [pattern for pattern in patterns if pattern]
    assert len(kept) == len(set(kept)) == min(2**count - 2, max(MAX_PATTERNS, count))
    assert patterns[0] == ()
    if count > 1:
        assert {(name,) for name in names} <= set(kept)
    assert patterns == subset_patterns(names)


def test_a_generated_item_is_conditioned_on_the_later_items_that_its_row_keeps():
    generator = cast("PairGenerator", three_state().generator).eval()
    real = three_items()
    noise = generator.draw_noise(8, torch.Generator().manual_seed(3))
    rows = torch.arange(8)
    none = torch.zeros(8, dtype=torch.bool)
    mask = {"text": none, "image": none, "sketch": rows >= 4}
    with torch.no_grad():
        made = generator.generate_training_pairs(noise, real, mask)
        sketch_given = generator(noise, {"sketch": real["sketch"]})
        from_noise = generator(noise, {})
    for name in ("text", "image"):
        torch.testing.assert_close(made[name][4:], sketch_given[name][4:])
        torch.testing.assert_close(made[name][:4], from_noise[name][:4])
    torch.testing.assert_close(made["sketch"][4:], real["sketch"][4:])


def test_an_absent_item_is_invisible_to_the_pair_head():
    state = three_state()
    discriminator = cast("Discriminator", state.networks[DISCRIMINATOR].network)
    features = discriminator.features(three_items())
    present = {name: torch.ones(8, dtype=torch.bool) for name in NAMES}
    present["image"] = torch.arange(8) < 5
    other = features | {"image": torch.rand(8, 8)}
    one = discriminator.joint_logit(features, present)
    two = discriminator.joint_logit(other, present)
    assert torch.equal(one[5:], two[5:])
    assert not torch.isclose(one[:5], two[:5]).any()


def test_the_stand_in_for_an_absent_item_is_learned():
    state = three_state()
    discriminator = cast("Discriminator", state.networks[DISCRIMINATOR].network)
    batch = incomplete_batch({"text": [0, 1, 2], "image": [0, 1, 4], "sketch": [0, 4, 5]})
    build_step(state, tiny_step_config())(batch, 0)
    # Row 1 lacks its sketch, row 4 its text; no pair lacks its image.
    learned = {name: bool(vector.detach().any()) for name, vector in discriminator.absent.items()}
    assert learned == {"text": True, "sketch": True, "image": False}


def test_a_pair_is_judged_by_what_its_real_row_has():
    batch = incomplete_batch({"text": [0, 1, 2], "image": [0, 1], "sketch": [0, 3]})
    assert real_mask(batch)[PAIR].tolist() == [True, True] + [False] * 6
    judged = judged_items(batch)
    assert judged["sketch"].tolist() == [True, False] + [True] * 6
    kept = {name: torch.zeros(8, dtype=torch.bool) for name in NAMES}
    kept["text"][:2] = True
    kept["image"][1] = True
    # Row 1 keeps all that is judged of it: it is no fake.
    assert fake_mask(kept, judged)[PAIR].tolist() == [True, False] + [True] * 6


def test_only_rows_with_the_same_items_and_another_meaning_are_mismatched():
    state = three_state()
    discriminator = cast("Discriminator", state.networks[DISCRIMINATOR].network)
    batch = incomplete_batch(
        {"text": [0, 1, 2, 3, 4, 5, 6, 7], "image": [0, 1, 2, 3, 6, 7], "sketch": [0, 1, 2, 3, 5]}
    )
    batch.items["text"][:2] = batch.items["text"][0]
    features = discriminator.features(batch.items)
    # Text, image and sketch are exchanged in turn.
    by_step = [
        mismatched_logits(discriminator, features, batch, step).mask.tolist() for step in range(3)
    ]
    # Row 1 has the text of row 0; row 4 is no pair; rows 0, 5 and 6 lack other items than the row
    # before them.
    assert by_step[0] == [False, False, True, True, False, False, False, True]
    assert by_step[1] == [False, False, True, True, False, False, False, True]
    assert by_step[2] == [False, False, True, True, False, False, False, False]


def test_texts_are_also_predicted_from_each_partner_alone(monkeypatch):
    state = three_state()
    generator = cast("PairGenerator", state.generator)
    seen: list[dict[str, Tensor]] = []
    original = PairGenerator.nll_losses

    def watch(self: PairGenerator, real: dict[str, Tensor], observed: dict[str, Tensor], **others):
        seen.extend([observed, others["preceding"]])
        return original(self, real, observed, **others)

    monkeypatch.setattr(PairGenerator, "nll_losses", watch)
    items = three_items(400)
    batch = complete_batch(items)
    kept = {name: torch.zeros(400, dtype=torch.bool) for name in NAMES}
    nll_loss(generator, batch, items, kept, {}, torch.Generator().manual_seed(0))
    image, sketch = seen[0]["image"], seen[0]["sketch"]
    shares = [
        float(rows.float().mean())
        for rows in (image & sketch, image & ~sketch, sketch & ~image, ~image & ~sketch)
    ]
    # Half of the rows are conditioned at all, and each partner is shown in 0.6 of these.
    assert shares == pytest.approx([0.18, 0.12, 0.12, 0.58], abs=0.06)
    assert seen[1]["image"].float().mean().item() == pytest.approx(0.8, abs=0.06)


def test_what_precedes_an_item_conditions_its_likelihood_and_what_follows_does_not():
    text, image, sketch = three_modalities()
    torch.manual_seed(0)
    generator = PairGenerator((image, text, sketch), embedding_dim=8)
    real = three_items()
    none: dict[str, Tensor] = {name: torch.zeros(8, dtype=torch.bool) for name in NAMES}
    rows = torch.arange(8) < 5
    some: dict[str, Tensor] = dict.fromkeys(NAMES, rows)

    def losses(preceding: dict[str, Tensor] | None, changed: str) -> Tensor:
        items = real | {changed: -real[changed]} if changed else real
        with torch.no_grad():
            return generator.nll_losses(items, none, preceding)["text"]

    without, following = losses(None, ""), losses(some, "")
    assert torch.equal(losses(None, "image"), without)
    assert (following != without).tolist() == rows.tolist()
    assert (losses(some, "image") != following).tolist() == rows.tolist()
    assert torch.equal(losses(some, "sketch"), following)


def test_what_images_tell_of_their_text_moves_the_images_alone():
    torch.manual_seed(0)
    generator = PairGenerator(three_modalities(), embedding_dim=8)
    pair = three_items()
    image = pair["image"].requires_grad_()
    losses = generator.redescription_losses(pair, EVERYWHERE)
    assert losses.keys() == {"image", "sketch"}
    decoder = cast("LikelihoodDecoder", generator.decoders["text"])
    for name in losses:
        expected = decoder.nll_loss(generator.context.encode(name, pair[name]), pair["text"])
        torch.testing.assert_close(losses[name], expected)
    losses["image"].sum().backward()
    assert image.grad is not None
    assert (image.grad.flatten(1).abs().sum(1) > 0).all()
    assert all(weight.grad is None for weight in generator.parameters())
    assert all(weight.requires_grad for weight in generator.parameters())


def test_only_generated_items_count_in_the_redescription_loss():
    torch.manual_seed(0)
    generator = PairGenerator(three_modalities(), embedding_dim=8)
    fake, rows = three_items(), torch.arange(8)
    kept = {"text": rows < 2, "image": rows < 6, "sketch": rows >= 0}
    losses = generator.redescription_losses(fake, EVERYWHERE)
    loss = redescription_loss(generator, fake, kept, {"image": 3.0})
    assert loss is not None
    torch.testing.assert_close(loss, 3 * losses["image"][6:].mean())
    assert (
        redescription_loss(
            cast("TrainableGenerator", three_state("adversarial").generator), fake, kept
        )
        is None
    )


def test_reading_real_items_alone_moves_what_reads_them():
    torch.manual_seed(0)
    generator = PairGenerator(three_modalities(), embedding_dim=8)
    real = three_items()
    losses = generator.reading_losses(real)
    assert {name: [*told] for name, told in losses.items()} == {
        "image": ["text"],
        "sketch": ["text"],
    }
    decoder = cast("LikelihoodDecoder", generator.decoders["text"])
    expected = decoder.nll_loss(generator.context.encode("image", real["image"]), real["text"])
    torch.testing.assert_close(losses["image"]["text"], expected)
    losses["image"]["text"].sum().backward()
    moved = {
        name.split(".")[2] if name.startswith("context.encoders") else name.split(".")[1]
        for name, weight in generator.named_parameters()
        if weight.grad is not None and weight.grad.any()
    }
    assert moved == {"image", "text"}


def test_only_rows_that_have_both_items_count_in_the_reading_loss():
    torch.manual_seed(0)
    generator = PairGenerator(three_modalities(), embedding_dim=8)
    items, rows = three_items(), torch.arange(8)
    present = {"text": rows < 6, "image": rows > 1, "sketch": rows < 0}
    losses = generator.reading_losses(items)
    loss = reading_loss(generator, Batch(items=items, present=present), {"text": 3.0})
    assert loss is not None
    torch.testing.assert_close(loss, 3 * losses["image"]["text"][2:6].mean())
    other = cast("TrainableGenerator", three_state("adversarial").generator)
    assert reading_loss(other, Batch(items=items, present=present)) is None


@pytest.mark.parametrize("term", ["reading", "redescription"])
def test_the_weights_decide_about_the_terms_of_three_columns(term):
    def losses(weight: float, modalities: tuple[Modality, ...]) -> dict[str, Tensor]:
        state = tiny_state("hybrid", modalities=modalities)
        config = tiny_step_config("hybrid").with_values(**{f"training__{term}_weight": weight})
        items = three_items() if len(modalities) > 2 else tiny_pairs(8)
        return dict(
            build_step(state, config, modalities=modalities)(complete_batch(items), 0).losses
        )

    without, with_it = losses(0.0, three_modalities()), losses(0.5, three_modalities())
    assert with_it.keys() - without.keys() == {term}
    assert with_it[term] > 0
    assert term not in losses(0.5, tiny_modalities())


def test_micro_batches_of_incomplete_rows_give_finite_gradients():
    state = three_state()
    step = build_step(state, tiny_step_config())
    step.num_micro_batches = 4
    batch = incomplete_batch({"text": [0, 1, 2, 3], "image": [0, 4, 5, 6], "sketch": [0, 1, 4, 7]})
    report = step(batch, 0)
    assert all(value.isfinite() for value in report.losses.values())
    assert not any(report.skipped.values())
