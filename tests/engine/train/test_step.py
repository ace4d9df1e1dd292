from pathlib import Path
from typing import Any
from unittest.mock import Mock

import torch
from torch.nn.functional import softplus

from engine.config.networks import NetworkConfig
from engine.config.run import RunConfig
from engine.config.training import TrainingConfig
from engine.nets.critic import PAIR
from engine.train.ema import update_average
from engine.train.state import TrainingState, build_state
from engine.train.step import AdversarialStep, _mismatch_loss, was_made
from tests.helpers.tiny import tiny_modalities, tiny_pairs

CPU = torch.device("cpu")


def state(seed: int = 0, **training: Any) -> TrainingState:
    config = RunConfig(
        dataset=Path(),
        run=Path(),
        seed=seed,
        networks=NetworkConfig(feature_dim=8),
        training=TrainingConfig(**training),
    )
    return build_state(tiny_modalities(), config, CPU)


def weights(made: TrainingState) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in made.tensors().items()}


def test_that_a_seed_decides_the_first_weights():
    one, same, other = weights(state(1)), weights(state(1)), weights(state(2))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


def test_that_building_leaves_the_global_randomness_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    state()
    assert torch.equal(torch.rand(3), expected)


def test_that_a_step_teaches_both_networks():
    made = state(penalty_interval=1)
    before = weights(made)
    report = AdversarialStep(made, TrainingConfig(penalty_interval=1), seed=1)(tiny_pairs(), 0)
    after = made.tensors()
    for part in ("generator", "critic"):
        changed = [
            name
            for name, old in before.items()
            if name.startswith(f"{part}.") and not torch.equal(old, after[name])
        ]
        assert len(changed) > 10, part
    assert set(report.losses) == {"generator", "critic", "penalty", "caption"}
    assert set(report.signals) == {"real_score", "fake_score"}
    assert not any(value.requires_grad for value in report.losses.values())


def test_that_a_step_follows_from_its_number_and_the_seed():
    def taken(seed: int, number: int) -> float:
        return (
            AdversarialStep(state(), TrainingConfig(), seed)(tiny_pairs(), number)
            .losses["generator"]
            .item()
        )

    assert taken(1, 4) == taken(1, 4)
    assert taken(1, 4) != taken(1, 5)
    assert taken(1, 4) != taken(2, 4)


def test_that_the_penalty_comes_every_so_many_steps():
    step = AdversarialStep(state(), TrainingConfig(penalty_interval=3), seed=1)
    has_penalty = ["penalty" in step(tiny_pairs(), number).losses for number in range(7)]
    assert has_penalty == [True, False, False, True, False, False, True]


def test_that_no_penalty_weight_means_no_penalty():
    step = AdversarialStep(state(), TrainingConfig(penalty_weight=0.0), seed=1)
    assert "penalty" not in step(tiny_pairs(), 0).losses


def test_that_the_critic_can_learn_again_after_the_generators_turn():
    made = state()
    AdversarialStep(made, TrainingConfig(), seed=1)(tiny_pairs(), 0)
    assert all(parameter.requires_grad for parameter in made.critic.parameters())


def test_that_only_made_items_count_as_fake():
    made = was_made(state().generator, torch.tensor([0, 1]))
    assert made["text"].tolist() == [True, False]
    assert made["image"].tolist() == [True, True]
    assert made[PAIR].tolist() == [True, True]


def test_that_the_same_caption_next_door_is_no_mismatch():
    made = state()
    real = tiny_pairs(6)
    real["text"][:3] = real["text"][0]
    seen = made.critic.features(real)
    loss = _mismatch_loss(made.critic, real, seen, step=0)
    logits = made.critic.judge_match({"text": seen["text"].roll(1, 0), "image": seen["image"]})
    differs = torch.tensor([True, False, False, False, True, True])
    torch.testing.assert_close(loss, softplus(logits)[differs].mean())


def test_that_equal_captions_everywhere_give_no_mismatch_at_all():
    made, real = state(), tiny_pairs(6)
    real["text"][:] = real["text"][0]
    assert _mismatch_loss(made.critic, real, made.critic.features(real), step=1).item() == 0.0


def test_that_the_critic_learns_to_tell_when_the_generator_stands_still():
    made = state(learning_rate=1e-2)
    config = TrainingConfig(learning_rate=1e-2, penalty_weight=0.0)
    made.generator_optimiser.step = Mock()
    step = AdversarialStep(made, config, seed=1)
    losses = [step(tiny_pairs(16), number).losses["critic"].item() for number in range(60)]
    assert sum(losses[-5:]) < 0.5 * sum(losses[:5])


def test_that_the_average_is_the_formula():
    network, average = torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)
    old, new = average.weight.clone(), network.weight.clone()
    update_average(average, network, images_seen=1_000_000, batch=50, half_life=100)
    kept = 0.5**0.5
    torch.testing.assert_close(average.weight, kept * old + (1 - kept) * new)


def test_that_an_early_average_stays_close():
    network, average = torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)
    old, new = average.weight.clone(), network.weight.clone()
    update_average(average, network, images_seen=100, batch=10, half_life=1e9)
    torch.testing.assert_close(average.weight, 0.5 * old + 0.5 * new)
    update_average(average, network, images_seen=100, batch=10, half_life=0)
    assert torch.equal(average.weight, network.weight)
