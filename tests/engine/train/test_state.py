import pytest
import torch

from engine.config.sections import FAMILIES
from engine.errors import RankLostError
from engine.runs.checkpoint_files import CheckpointMetadata
from engine.train.families import build_step
from engine.train.state import DISCRIMINATOR, GENERATOR, StepUndo, TrainingState, update_ema
from engine.train.step import complete_batch
from tests.helpers.tiny import (
    tiny_modalities,
    tiny_pairs,
    tiny_state,
    tiny_step_config,
)


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


@pytest.mark.parametrize("taken", [0, 2])
@pytest.mark.parametrize("family", FAMILIES)
def test_that_a_step_that_fails_before_its_last_exchange_is_undone(monkeypatch, family, taken):
    state = tiny_state(family)
    step = build_step(state, tiny_step_config(family), modalities=tiny_modalities())
    for number in range(taken):
        step(complete_batch(tiny_pairs(seed=number)), number)
    undo, before, exchanged = StepUndo(state), weights(state), list[int]()
    undo.remember()

    def fail_at_the_last(_optimizer: object, *_shares: object) -> None:
        exchanged.append(len(exchanged))
        if len(exchanged) == len(state.networks):
            raise RankLostError(2)

    for module in ("gan_step", "vae_step"):
        monkeypatch.setattr(f"engine.train.{module}.add_up", fail_at_the_last)
    with pytest.raises(RankLostError):
        step(complete_batch(tiny_pairs(seed=taken)), taken)
    assert not all(torch.equal(before[n], t) for n, t in weights(state).items() if n in before)
    undo.restore()
    after = weights(state)
    assert after.keys() == before.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


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
    # The generator's text decoder has a group of its own.
    assert rates == [0.125, 0.125, 0.125]
    assert made.generator is made.networks[GENERATOR].network


def text_names(made: TrainingState) -> set[str]:
    prefixes = ("decoders.text.", "context.encoders.image.", "context.unconditional")
    return {n for n, _w in made.generator.named_parameters() if n.startswith(prefixes)}


def test_that_the_text_decoder_and_its_encoder_have_a_rate_of_their_own():
    made = tiny_state(learning_rate=1e-3, text_learning_rate=4e-3)
    made.set_learning_rate(0.5)
    names = {weight: name for name, weight in made.generator.named_parameters()}
    rates: dict[str, float] = {}
    for group in made.networks[GENERATOR].optimizer.param_groups:
        rates |= {names[weight]: group["lr"] for weight in group["params"]}
    assert rates.keys() == set(names.values())
    assert {name for name, rate in rates.items() if rate == 2.0} == text_names(made)
    assert {rate for name, rate in rates.items() if name not in text_names(made)} == {0.5}
    (group,) = made.networks[DISCRIMINATOR].optimizer.param_groups
    assert group["lr"] == 0.5


@pytest.mark.parametrize("family", ["adversarial", "mvae"])
def test_that_a_family_without_a_text_decoder_of_its_own_has_one_rate(family):
    made = tiny_state(family, learning_rate=1e-3, text_learning_rate=4e-3)
    for trained in made.networks.values():
        assert [group["lr"] for group in trained.optimizer.param_groups] == [1e-3]


def test_that_an_equal_text_rate_changes_no_step():
    results = []
    for text_rate in (0.0, 1e-3):
        made = tiny_state(learning_rate=1e-3, text_learning_rate=text_rate)
        step = build_step(made, tiny_step_config(), modalities=tiny_modalities())
        for number in range(3):
            step(complete_batch(tiny_pairs(seed=number)), number)
        results.append(weights(made))
    one, other = results
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize(("before", "after"), [(0.0, 4e-3), (4e-3, 0.0)])
def test_that_moments_keep_their_weights_when_the_groups_change(before, after):
    made, other = tiny_state(text_learning_rate=before), tiny_state(text_learning_rate=after)
    step = build_step(made, tiny_step_config(), modalities=tiny_modalities())
    step(complete_batch(tiny_pairs()), 0)
    saved = weights(made)
    other.restore(saved, CheckpointMetadata(step=1, images_seen=8, elapsed_s=1, config_hash=""))
    for network, trained in made.networks.items():
        restored = other.networks[network]
        for one, same in zip(
            trained.network.parameters(), restored.network.parameters(), strict=True
        ):
            moments, found = trained.optimizer.state[one], restored.optimizer.state[same]
            assert moments.keys() == found.keys() == {"step", "exp_avg", "exp_avg_sq"}
            assert all(torch.equal(moments[key], found[key]) for key in moments)
    after_restoring = weights(other)
    assert all(torch.equal(after_restoring[name], saved[name]) for name in saved)


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
