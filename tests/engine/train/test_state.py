import pytest
import torch

from engine.config.sections import FAMILIES
from engine.runs.checkpoint_files import CheckpointMetadata
from engine.train.families import build_step
from engine.train.state import GENERATOR, TrainingState, update_ema
from engine.train.step import complete_batch
from tests.helpers.tiny import tiny_modalities, tiny_pairs, tiny_state, tiny_step_config


def weights(made: TrainingState) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in made.tensors().items()}


@pytest.mark.parametrize("family", FAMILIES)
def test_that_a_seed_decides_the_first_weights(family):
    one, same = weights(tiny_state(family, 1)), weights(tiny_state(family, 1))
    other = weights(tiny_state(family, 2))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


def test_that_building_leaves_the_global_randomness_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    tiny_state()
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("family", FAMILIES)
def test_that_a_restored_state_goes_on_bit_for_bit(family):
    config = tiny_step_config(family)
    straight = tiny_state(family)
    step = build_step(straight, config, modalities=tiny_modalities())
    for number in range(3):
        step(complete_batch(tiny_pairs(seed=number)), number)
    saved = weights(straight)
    for number in range(3, 6):
        step(complete_batch(tiny_pairs(seed=number)), number)

    restored = tiny_state(family, 9)
    restored.restore(saved, CheckpointMetadata(step=3, images_seen=24, elapsed_s=1, config_hash=""))
    step = build_step(restored, config, modalities=tiny_modalities())
    for number in range(restored.step, 6):
        step(complete_batch(tiny_pairs(seed=number)), number)
    assert restored.images_seen == 24
    after, expected = weights(restored), weights(straight)
    assert after.keys() == expected.keys()
    assert all(torch.equal(after[name], expected[name]) for name in expected)


def test_that_tensors_of_another_network_are_refused():
    made = tiny_state()
    saved = weights(made)
    facts = CheckpointMetadata(step=1, images_seen=8, elapsed_s=1, config_hash="")
    name = next(name for name in saved if name.startswith("generator."))
    with pytest.raises(ValueError, match="tensors of generator do not fit"):
        made.restore({**saved, name: torch.zeros(7, 7)}, facts)
    strange = {**saved, "generator_optimizer.9999.exp_avg": torch.zeros(1)}
    with pytest.raises(ValueError, match="unknown weights"):
        made.restore(strange, facts)


def test_that_all_optimizers_take_the_rate():
    made = tiny_state()
    made.set_learning_rate(0.125)
    rates = [g["lr"] for trained in made.networks.values() for g in trained.optimizer.param_groups]
    assert rates == [0.125, 0.125]
    assert made.generator is made.networks[GENERATOR].network


def test_that_the_average_is_the_formula():
    network, ema = torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)
    old, new = ema.weight.clone(), network.weight.clone()
    update_ema(ema, network, images_seen=1_000_000, batch=50, half_life=100)
    kept = 0.5**0.5
    torch.testing.assert_close(ema.weight, kept * old + (1 - kept) * new)


def test_that_an_early_average_stays_close():
    network, ema = torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)
    old, new = ema.weight.clone(), network.weight.clone()
    update_ema(ema, network, images_seen=100, batch=10, half_life=1e9)
    torch.testing.assert_close(ema.weight, 0.5 * old + 0.5 * new)
    update_ema(ema, network, images_seen=100, batch=10, half_life=0)
    assert torch.equal(ema.weight, network.weight)
