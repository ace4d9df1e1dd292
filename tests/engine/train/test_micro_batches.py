from typing import Any, cast

import pytest
import torch

from engine.data.seeds import mix_seed
from engine.nets.vae import MultimodalVae
from engine.train import gan_step, vae_step
from engine.train.families import build_step
from engine.train.state import DISCRIMINATOR, GENERATOR
from engine.train.step import Batch, complete_batch, split_batch
from engine.train.vae_step import mvae_bound, mvae_subsets
from tests.helpers.tiny import tiny_modalities, tiny_pairs, tiny_state, tiny_step_config


def gradients(monkeypatch, family: str, parts: int, batch: Batch) -> dict[str, torch.Tensor]:
    """Take one step and give the gradients that it would move the networks along."""
    state = tiny_state(family)
    config = tiny_step_config(family, penalty_weight=0.0)
    step = cast("Any", build_step(state, config, modalities=tiny_modalities()))
    step.num_micro_batches = parts
    gathered: dict[str, torch.Tensor] = {}

    def keep(optimizer: Any) -> torch.Tensor:
        name = next(n for n, p in state.networks.items() if p.optimizer is optimizer)
        weights = state.networks[name].network.parameters()
        gathered[name] = torch.cat([w.grad.flatten() for w in weights if w.grad is not None])
        return torch.zeros(())

    for module in (gan_step, vae_step):
        monkeypatch.setattr(module, "step_if_finite", keep)
    step(batch, 0)
    return gathered


def test_that_a_batch_is_cut_into_equal_parts_with_its_masks():
    batch = Batch(
        items={"text": torch.arange(8), "image": torch.arange(16).view(8, 2)},
        present={"text": torch.arange(8) < 3, "image": torch.ones(8, dtype=torch.bool)},
    )
    shares = split_batch(batch, 4)
    assert [share.items["text"].tolist() for share in shares] == [[0, 1], [2, 3], [4, 5], [6, 7]]
    assert shares[1].items["image"].tolist() == [[4, 5], [6, 7]]
    assert [share.present["text"].tolist() for share in shares[:2]] == [[True] * 2, [True, False]]


def test_that_a_variational_gradient_is_the_mean_of_its_shares(monkeypatch):
    batch = complete_batch(tiny_pairs(8))
    found = gradients(monkeypatch, "mvae", 2, batch)[GENERATOR]
    model = cast("MultimodalVae", tiny_state("mvae").generator)
    config = tiny_step_config("mvae")
    rng = torch.Generator().manual_seed(mix_seed(config.seed, 0))
    subsets = mvae_subsets(model.modality_order, 0, 0)
    weights = cast("Any", build_step(tiny_state("mvae"), config)).weights(0)
    for half in (slice(0, 4), slice(4, 8)):
        items = {name: item[half] for name, item in batch.items.items()}
        bound = mvae_bound(model, items, {}, subsets, weights, rng)
        (bound.loss.sum() / 8).backward()
    expected = torch.cat([w.grad.flatten() for w in model.parameters() if w.grad is not None])
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("family", ["hybrid", "adversarial"])
def test_that_players_learn_much_the_same_from_shares(monkeypatch, family):
    batch = complete_batch(tiny_pairs(64))
    one = gradients(monkeypatch, family, 1, batch)
    four = gradients(monkeypatch, family, 4, batch)
    assert one.keys() == four.keys() == {DISCRIMINATOR, GENERATOR}
    for network, gradient in one.items():
        # Other noise, and deviations within a share: like, but not the same.
        likeness = torch.cosine_similarity(gradient, four[network], dim=0)
        assert likeness > 0.8, network


@pytest.mark.parametrize("family", ["hybrid", "adversarial", "mvae", "mopoe"])
def test_that_a_step_in_shares_reports_the_same_figures_and_repeats_itself(family):
    found = []
    for parts in (1, 2, 2):
        state = tiny_state(family)
        step = build_step(state, tiny_step_config(family), modalities=tiny_modalities())
        step.num_micro_batches = parts
        reports = [step(complete_batch(tiny_pairs(16, seed=number)), number) for number in range(2)]
        found.append((reports, state.tensors()))
    names = [[(r.losses.keys(), r.metrics.keys(), r.skipped.keys()) for r in f[0]] for f in found]
    assert names[0] == names[1]
    assert all(torch.equal(found[1][1][name], found[2][1][name]) for name in found[1][1])
