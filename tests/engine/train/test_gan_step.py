import copy
import itertools
from dataclasses import replace
from typing import Any, cast
from unittest.mock import Mock

import pytest
import torch
from torch import Tensor
from torch.nn.functional import softplus

from engine.config.networks import NetworkConfig
from engine.config.presets import PRESETS
from engine.config.sections import ADVERSARIAL_FAMILIES, ADVERSARIAL_LOSSES, REGULARIZERS
from engine.data.loader import Batch
from engine.data.seeds import mix_seed
from engine.losses.adversarial import MaskedLogits
from engine.losses.regularizers import squared_gradient_norm
from engine.nets.discriminator import PAIR, Discriminator
from engine.nets.joint_generator import LATENT
from engine.train import gan_losses
from engine.train.families import build_state, build_step
from engine.train.gan_losses import (
    discriminator_loss,
    fake_mask,
    generator_loss,
    mismatched_logits,
    penalty_inputs,
)
from engine.train.gan_step import GanStep
from engine.train.state import DISCRIMINATOR, GENERATOR, TrainingState
from engine.train.step import METRICS_EVERY, StepReport, complete_batch
from tests.helpers.tiny import tiny_modalities, tiny_pairs, tiny_state, tiny_step_config

OBJECTIVES = [
    pair
    for pair in itertools.product(ADVERSARIAL_LOSSES, REGULARIZERS)
    if pair != ("wasserstein", "none")  # the configuration refuses it
]
TEXTBOOK_NETWORKS = NetworkConfig(architecture="joint-dense", embedding_dim=8, latent_dim=4)


def step_of(
    state: TrainingState, family: str = "hybrid", seed: int = 1, **training: Any
) -> GanStep:
    config = tiny_step_config(family, **training)
    return GanStep(state, config.training, seed, modalities=tiny_modalities())


def weights(state: TrainingState, network: str) -> list[Tensor]:
    return [p.detach().clone() for p in state.networks[network].network.parameters()]


def discriminator_of(state: TrainingState) -> Discriminator:
    return cast("Discriminator", state.networks[DISCRIMINATOR].network)


def slopes(state: TrainingState) -> list[Tensor]:
    return [cast("Tensor", p.grad).clone() for p in discriminator_of(state).parameters()]


def changed(state: TrainingState, network: str, before: list[Tensor]) -> int:
    now = weights(state, network)
    return sum(not torch.equal(old, new) for old, new in zip(before, now, strict=True))


def test_that_a_step_teaches_both_players():
    state = tiny_state()
    before = {network: weights(state, network) for network in (GENERATOR, DISCRIMINATOR)}
    report = step_of(state, reg_interval=1)(complete_batch(tiny_pairs()), 0)
    assert all(changed(state, network, before[network]) > 10 for network in before)
    assert set(report.losses) == {"generator", "discriminator", "penalty", "text_nll"}
    assert not any(value.requires_grad for value in report.losses.values())
    assert not any(value.requires_grad for value in report.metrics.values())


@pytest.mark.parametrize("family", ADVERSARIAL_FAMILIES)
@pytest.mark.parametrize(("loss", "regularizer"), OBJECTIVES)
def test_that_every_objective_teaches_every_family(family, loss, regularizer):
    chosen = {"adversarial_loss": loss, "regularizer": regularizer, "reg_interval": 1}
    state = tiny_state(family, **chosen)
    before = {network: weights(state, network) for network in (GENERATOR, DISCRIMINATOR)}
    report = step_of(state, family, **chosen)(complete_batch(tiny_pairs()), 0)
    assert all(value.isfinite() for value in (report.losses | report.metrics).values())
    assert all(changed(state, network, before[network]) for network in before)
    assert ("penalty" in report.losses) == (regularizer in {"r1", "r1-r2", "gradient-penalty"})
    assert ("text_nll" in report.losses) == (family == "hybrid")


@pytest.mark.parametrize("regularizer", REGULARIZERS)
def test_that_every_regularizer_suits_one_network_for_whole_pairs(regularizer):
    config = replace(
        tiny_step_config("adversarial", regularizer=regularizer, reg_interval=1),
        networks=TEXTBOOK_NETWORKS,
    )
    state = build_state(tiny_modalities(), config, torch.device("cpu"))
    before = {network: weights(state, network) for network in (GENERATOR, DISCRIMINATOR)}
    step = GanStep(
        state, config.training, 1, modalities=tiny_modalities(), validation=tiny_pairs(4, seed=7)
    )
    report = step(missing(0.7), 0)
    assert all(value.isfinite() for value in (report.losses | report.metrics).values())
    assert all(changed(state, network, before[network]) for network in before)


def test_that_the_discriminators_turn_leaves_the_generator_alone():
    state = tiny_state()
    state.networks[GENERATOR].optimizer.step = Mock()
    before = {network: weights(state, network) for network in (GENERATOR, DISCRIMINATOR)}
    step_of(state)(complete_batch(tiny_pairs()), 0)
    assert changed(state, GENERATOR, before[GENERATOR]) == 0
    assert changed(state, DISCRIMINATOR, before[DISCRIMINATOR]) > 10


def test_that_the_generators_turn_leaves_the_discriminator_alone():
    state = tiny_state()
    state.networks[DISCRIMINATOR].optimizer.step = Mock()
    before = {network: weights(state, network) for network in (GENERATOR, DISCRIMINATOR)}
    state.networks[DISCRIMINATOR].optimizer.zero_grad()
    step_of(state)(complete_batch(tiny_pairs()), 0)
    after_discriminators_turn = slopes(state)
    assert changed(state, DISCRIMINATOR, before[DISCRIMINATOR]) == 0
    assert changed(state, GENERATOR, before[GENERATOR]) > 10
    # The discriminator's gradients are those of its own turn: the generator's added nothing.
    alone = tiny_state()
    alone.networks[DISCRIMINATOR].optimizer.step = Mock()
    step_of(alone, d_steps=2)(complete_batch(tiny_pairs()), 0)
    own = slopes(alone)
    assert all(torch.equal(a, b) for a, b in zip(after_discriminators_turn, own, strict=True))


def test_that_the_discriminator_can_learn_again_after_the_generators_turn():
    state = tiny_state()
    step_of(state)(complete_batch(tiny_pairs()), 0)
    assert all(p.requires_grad for p in state.networks[DISCRIMINATOR].network.parameters())


def test_that_the_generator_waits_for_the_discriminators_steps():
    state = tiny_state()
    step = step_of(state, d_steps=3)
    has_moved = [
        "generator" in step(complete_batch(tiny_pairs()), number).losses for number in range(6)
    ]
    assert has_moved == [False, False, True, False, False, True]


def test_that_a_step_follows_from_its_number_and_the_seed():
    def taken(seed: int, number: int) -> float:
        return (
            step_of(tiny_state(), seed=seed)(complete_batch(tiny_pairs()), number)
            .losses["generator"]
            .item()
        )

    assert taken(1, 4) == taken(1, 4)
    assert taken(1, 4) != taken(1, 5)
    assert taken(1, 4) != taken(2, 4)


@pytest.mark.parametrize("loss", ["non-saturating", "saturating"])
def test_that_a_step_of_the_textbook_is_the_loop_of_introductions(loss):
    training = replace(PRESETS["textbook"].training, adversarial_loss=loss, precision="fp32")
    config = replace(tiny_step_config("adversarial"), training=training, networks=TEXTBOOK_NETWORKS)
    state = build_state(tiny_modalities(), config, torch.device("cpu"))
    step = GanStep(state, training, seed=1, modalities=tiny_modalities())
    generator = cast("Any", copy.deepcopy(state.generator))
    discriminator = copy.deepcopy(discriminator_of(state))
    of_generator = torch.optim.Adam(generator.parameters(), lr=1e-4)
    of_discriminator = torch.optim.Adam(discriminator.parameters(), lr=1e-4)
    entropy, real = torch.nn.BCEWithLogitsLoss(), tiny_pairs()
    ones, zeros = torch.ones(8), torch.zeros(8)
    for number in range(3):
        step(complete_batch(real), number)
        z = torch.randn(8, 4, generator=torch.Generator().manual_seed(mix_seed(1, number)))
        fake = generator({LATENT: z}, {})
        of_discriminator.zero_grad()
        constant = {name: item.detach() for name, item in fake.items()}
        verdicts = discriminator(real)[PAIR], discriminator(constant)[PAIR]
        (entropy(verdicts[0], ones) + entropy(verdicts[1], zeros)).backward()
        of_discriminator.step()
        of_generator.zero_grad()
        verdict = discriminator(fake)[PAIR]
        goal = entropy(verdict, ones) if loss == "non-saturating" else -entropy(verdict, zeros)
        goal.backward()
        of_generator.step()
    for name, network in ((GENERATOR, generator), (DISCRIMINATOR, discriminator)):
        for found, expected in zip(weights(state, name), network.parameters(), strict=True):
            torch.testing.assert_close(found, expected.detach())


@pytest.mark.parametrize("family", ADVERSARIAL_FAMILIES)
def test_that_a_column_weighs_in_the_losses_of_its_items_alone(family):
    state, real = tiny_state(family), missing(0.7)
    config = tiny_step_config(family, penalty_weight=0.0, mismatched_pairs="never").training
    generator, discriminator = cast("Any", state.generator), discriminator_of(state)
    for head in (*discriminator.unimodal_heads.values(), discriminator.joint_head):
        torch.nn.init.normal_(cast("Any", head)[-1].weight)
    kept = {name: torch.arange(8) % 4 == place for place, name in enumerate(real.items)}
    noise = generator.draw_noise(8, torch.Generator().manual_seed(3))
    fake = generator.generate_training_pairs(noise, real.items, kept)
    about: dict[str, Any] = {"config": config, "augment": dict}

    def both(column_weights):
        rng = torch.Generator().manual_seed(5)
        first = discriminator_loss(
            discriminator, real, fake, kept, step=1, rng=rng, column_weights=column_weights, **about
        )
        loss, losses = generator_loss(
            generator,
            discriminator,
            real,
            fake,
            kept,
            strong_augment={},
            augments_all=False,
            rng=rng,
            column_weights=column_weights,
            **about,
        )
        return *first, loss, losses

    chosen = {"image": 0.25, "text": 3.0}
    loss, _, of_real, of_fake, whole, losses = both(chosen)
    weight = {**chosen, PAIR: 1.0}
    expected = sum(
        weight[head]
        * (
            softplus(-of_real[head].logits)[of_real[head].mask].mean()
            + softplus(of_fake[head].logits)[of_fake[head].mask].mean()
        )
        for head in weight
    )
    torch.testing.assert_close(loss, expected)
    verdicts = {h: softplus(-v.logits)[v.mask].mean() for h, v in of_fake.items()}
    torch.testing.assert_close(
        losses["generator"], torch.stack([weight[h] * verdicts[h] for h in weight]).sum().detach()
    )
    plain = both({})[-1]
    torch.testing.assert_close(
        plain["generator"] - losses["generator"],
        (0.75 * verdicts["image"] - 2 * verdicts["text"]).detach(),
    )
    if family == "hybrid":
        torch.testing.assert_close(losses["text_nll"], 3 * plain["text_nll"])
        torch.testing.assert_close(whole.detach(), losses["generator"] + losses["text_nll"])


def test_that_a_run_passes_the_weights_of_its_columns_to_its_step():
    config = tiny_step_config("hybrid", column_weights="text=0, image=0")
    state = tiny_state()
    report = build_step(state, config)(complete_batch(tiny_pairs()), 1)
    assert report.losses["text_nll"] == 0
    plain = build_step(tiny_state(), tiny_step_config("hybrid"))(complete_batch(tiny_pairs()), 1)
    assert 0 < report.losses["generator"] < plain.losses["generator"]


def test_that_the_penalty_comes_every_so_many_steps():
    step = step_of(tiny_state(), reg_interval=3)
    has_penalty = [
        "penalty" in step(complete_batch(tiny_pairs()), number).losses for number in range(7)
    ]
    assert has_penalty == [True, False, False, True, False, False, True]


def test_that_no_penalty_weight_means_no_penalty():
    step = step_of(tiny_state(), penalty_weight=0.0)
    assert "penalty" not in step(complete_batch(tiny_pairs()), 0).losses


def test_that_health_is_looked_at_now_and_then():
    step = step_of(tiny_state())
    validation = tiny_pairs(4, seed=7)
    step = GanStep(
        tiny_state(),
        tiny_step_config().training,
        1,
        modalities=tiny_modalities(),
        validation=validation,
    )
    often = set(step(complete_batch(tiny_pairs()), 1).metrics)
    assert often == {"real_score", "fake_score", "real_sign"}
    assert set(step(complete_batch(tiny_pairs()), METRICS_EVERY).metrics) - often == {
        "discriminator_gradient",
        "generator_gradient",
        "overfit_gap",
        "image_diversity",
        "unique_texts",
        "token_entropy",
    }


def missing(hidden: float, number: int = 8) -> Batch:
    """Make pairs of which two have no image and two no text; noise lies under the masks."""
    pairs = tiny_pairs(number)
    there = {name: torch.ones(number, dtype=torch.bool) for name in pairs}
    there["image"][[1, 4]] = False
    there["text"][[2, 7]] = False
    items = {
        name: torch.where(
            there[name].view(-1, *[1] * (item.dim() - 1)), item, torch.full_like(item, hidden)
        )
        for name, item in pairs.items()
    }
    return Batch(items=items, present=there)


def figures(report: StepReport) -> dict[str, float]:
    return {name: value.item() for name, value in (report.losses | report.metrics).items()}


@pytest.mark.parametrize("sureness", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("family", ADVERSARIAL_FAMILIES)
def test_that_what_lies_under_a_mask_changes_nothing(family, sureness):
    seen = []
    for hidden in (0.0, 0.7, -50.0):
        state = tiny_state(family)
        step = step_of(state, family, reg_interval=1, pseudo_label_threshold=sureness)
        report = step(missing(hidden), 0)
        seen.append((figures(report), weights(state, GENERATOR), weights(state, DISCRIMINATOR)))
    for other in seen[1:]:
        assert other[0] == seen[0][0]
        for network in (1, 2):
            pairs = zip(other[network], seen[0][network], strict=True)
            assert all(torch.equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("missing_everywhere", ["image", "text"])
def test_that_items_of_one_kind_alone_teach_what_they_can(missing_everywhere):
    state, pairs = tiny_state(), tiny_pairs()
    there = {name: torch.ones(8, dtype=torch.bool) for name in pairs}
    there[missing_everywhere][:] = False
    discriminator = state.networks[DISCRIMINATOR].network
    before = {name: p.detach().clone() for name, p in discriminator.named_parameters()}
    report = step_of(state, penalty_weight=0.0)(Batch(items=pairs, present=there), 0)
    assert all(value.isfinite() for value in report.losses.values())
    moved = {
        name
        for name, p in discriminator.named_parameters()
        if not torch.equal(p.detach(), before[name])
    }
    other = "text" if missing_everywhere == "image" else "image"
    assert any(name.startswith(f"unimodal_heads.{other}") for name in moved)


def test_that_a_rare_verdict_is_held_back_as_much_as_a_frequent_one():
    # Linear heads with orthogonal slopes: each adds its own squared slope, however few rows it has.
    items = torch.randn(8, 4, requires_grad=True)
    often, rarely = torch.tensor([2.0, 1.0, 0.0, 0.0]), torch.tensor([0.0, 0.0, 3.0, 1.0])
    heads = {
        "often": MaskedLogits(items @ often, torch.ones(8, dtype=torch.bool)),
        "rarely": MaskedLogits(items @ rarely, torch.arange(8) < 2),
        "never": MaskedLogits(items @ rarely, torch.zeros(8, dtype=torch.bool)),
    }
    given = penalty_inputs(Mock(), {"item": items}, heads, {}, heads, torch.Generator())
    norms = squared_gradient_norm(given.real, given.real_logits)
    assert norms.mean().item() == pytest.approx(5.0 + 10.0)


def test_that_a_scaled_penalty_forgives_what_one_word_changes():
    # Images of 0 and 10 in 256 pixels: far apart. So texts, one or two words apart, count little.
    state, real = tiny_state(), tiny_pairs()
    real["image"] = torch.zeros_like(real["image"])
    real["image"][::2] = 10
    kept = {name: torch.zeros(len(item), dtype=torch.bool) for name, item in real.items()}
    discriminator = discriminator_of(state)

    def penalty_of(scale: str) -> float:
        config = tiny_step_config(penalty_scale=scale).training
        losses = gan_losses.discriminator_loss(
            discriminator,
            complete_batch(real),
            real,
            kept,
            config=config,
            step=0,
            augment=dict,
            rng=torch.Generator(),
        )[1]
        return float(losses["penalty"]) / config.penalty_weight

    shown = {name: item.clone().requires_grad_() for name, item in real.items()}
    logits = torch.stack(list(discriminator(shown).values())).sum()
    slopes = torch.autograd.grad(logits, list(shown.values()))
    parts = {n: s.square().sum() / len(s) / 2 for n, s in zip(shown, slopes, strict=True)}
    texts = real["text"].flatten(1)
    words = float((texts - texts.roll(1, 0)).square().sum(1).mean())
    pixels = 100 * real["image"][0].numel()
    assert penalty_of("none") == pytest.approx(float(parts["image"] + parts["text"]), rel=1e-4)
    expected = float(parts["image"] + parts["text"] * words / pixels)
    assert penalty_of("spread") == pytest.approx(expected, rel=1e-4)


def mismatches(state: TrainingState, real: dict[str, Tensor], step: int):
    discriminator = discriminator_of(state)
    seen = discriminator.features(real)
    return mismatched_logits(discriminator, seen, complete_batch(real), step), seen


def test_that_the_same_caption_next_door_is_no_mismatch():
    state, real = tiny_state(), tiny_pairs(6)
    real["text"][:3] = real["text"][0]
    found, seen = mismatches(state, real, step=0)
    discriminator = discriminator_of(state)
    logits = discriminator.joint_logit({"text": seen["text"].roll(1, 0), "image": seen["image"]})
    assert found.mask.tolist() == [True, False, False, False, True, True]
    torch.testing.assert_close(softplus(found.logits), softplus(logits))


def test_that_an_unbounded_loss_sees_as_many_fakes_as_real_items(monkeypatch):
    # With -D(x) for each real and D(x) for each fake, two kinds of fakes would let the
    # discriminator lower its loss without end by calling everything fake a little more.
    seen = Mock(wraps=gan_losses.mismatched_logits)
    monkeypatch.setattr(gan_losses, "mismatched_logits", seen)
    wasserstein: dict[str, Any] = {
        "adversarial_loss": "wasserstein",
        "regularizer": "gradient-penalty",
    }
    step_of(tiny_state(**wasserstein), **wasserstein)(complete_batch(tiny_pairs()), 0)
    assert not seen.called
    step_of(tiny_state())(complete_batch(tiny_pairs()), 0)
    assert seen.called


def test_that_an_unbounded_loss_may_count_mismatches_against_real_pairs():
    state, real = tiny_state(), tiny_pairs(6)
    real["text"][:3] = real["text"][0]
    discriminator = discriminator_of(state)
    kept = {name: torch.zeros(6, dtype=torch.bool) for name in real}
    fake = {name: item.roll(2, 0) for name, item in real.items()}

    def loss_of(**training: Any) -> Tensor:
        training = {"adversarial_loss": "wasserstein", "regularizer": "gradient-penalty"} | training
        return gan_losses.discriminator_loss(
            discriminator,
            complete_batch(real),
            fake,
            kept,
            config=tiny_step_config(**training).training,
            step=1,  # without the penalty
            augment=dict,
            rng=torch.Generator(),
        )[0]

    seen = discriminator.features(real)
    wrong = discriminator.joint_logit({"text": seen["text"], "image": seen["image"].roll(1, 0)})
    right, fakes = discriminator(real), discriminator(fake)
    differs = torch.tensor([True, False, False, False, True, True])
    plain = torch.stack([fakes[head].mean() - right[head].mean() for head in right]).sum()
    expected = plain + (wrong - right[PAIR])[differs].mean()
    torch.testing.assert_close(loss_of(), plain)
    torch.testing.assert_close(loss_of(mismatched_pairs="always"), expected)
    # Calling every pair a little more fake gains nothing.
    with torch.no_grad():
        cast("Any", discriminator.joint_head)[-1].bias -= 5
    torch.testing.assert_close(loss_of(mismatched_pairs="always"), expected)


def test_that_an_incomplete_neighbour_makes_no_mismatch():
    state, real = tiny_state(), tiny_pairs(6)
    has_image = torch.tensor([True, True, False, True, True, True])
    batch = Batch(items=real, present={"text": torch.ones(6, dtype=torch.bool), "image": has_image})
    discriminator = discriminator_of(state)
    found = mismatched_logits(discriminator, discriminator.features(real), batch, 0)
    assert found.mask.tolist() == [True, True, False, False, True, True]


def test_that_equal_captions_everywhere_give_no_mismatch_at_all():
    state, real = tiny_state(), tiny_pairs(6)
    real["text"][:] = real["text"][0]
    found, _seen = mismatches(state, real, step=1)
    assert not found.mask.any()


@pytest.mark.parametrize("family", ADVERSARIAL_FAMILIES)
def test_that_fake_pairs_follow_each_pattern_in_equal_shares(family):
    step = step_of(tiny_state(family), family)
    present = {name: torch.ones(6, dtype=torch.bool) for name in ("text", "image")}
    kept = step._draw_kept(present)
    text, image = kept["text"].tolist(), kept["image"].tolist()
    if family == "hybrid":
        assert (text, image) == ([False] * 3 + [True] * 3, [False] * 6)
    else:
        assert text == [False, False, True, True, False, False]
        assert image == [False, False, False, False, True, True]
    judged = {name: torch.ones_like(rows) for name, rows in kept.items()}
    made = fake_mask(kept, judged)
    assert made[PAIR].all()
    assert made["text"].tolist() == [not real for real in text]


def test_that_the_discriminator_learns_to_tell_when_the_generator_stands_still():
    state = tiny_state(learning_rate=1e-2)
    state.networks[GENERATOR].optimizer.step = Mock()
    step = step_of(state, learning_rate=1e-2, penalty_weight=0.0)
    losses = [
        step(complete_batch(tiny_pairs(16)), n).losses["discriminator"].item() for n in range(60)
    ]
    assert sum(losses[-5:]) < 0.5 * sum(losses[:5])


def test_that_an_image_alone_can_be_learned():
    image = tiny_modalities()[1]
    config = tiny_step_config()
    state = tiny_state(modalities=(image,))
    step = GanStep(state, config.training, 1, modalities=(image,))
    report = step(complete_batch({"image": tiny_pairs()["image"]}), 0)
    assert set(report.losses) == {"discriminator", "generator", "penalty"}
