"""Three columns: networks run on the rows that need them, with the result of running on all."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn

from engine.config.networks import NORMS
from engine.data.loader import Batch
from engine.nets import blocks, discriminator, generator
from engine.nets.discriminator import Discriminator
from engine.nets.generator import PairGenerator
from engine.nets.image import ImageModality
from engine.nets.protocols import Modality
from engine.train.families import build_step
from engine.train.gan_losses import discriminator_loss, generator_loss
from engine.train.state import DISCRIMINATOR
from engine.train.step import complete_batch
from tests.helpers.tiny import tiny_modalities, tiny_pairs, tiny_state, tiny_step_config

ROWS = 64
"""Eight of each conditioning pattern."""


def modalities(count: int = 3) -> tuple[Modality, ...]:
    text, image = tiny_modalities()
    return (text, replace(image, name="sketch"), image) if count == 3 else (text, image)


def batch(count: int = 3) -> Batch:
    items = tiny_pairs(ROWS)
    sketches = {"sketch": tiny_pairs(ROWS, seed=1)["image"]} if count == 3 else {}
    return complete_batch(items | sketches)


def rows_seen(networks: Mapping[str, nn.Module]) -> dict[str, list[int]]:
    """Note how many rows each network is run on from now on."""
    seen: dict[str, list[int]] = {name: [] for name in networks}

    def note(name: str) -> Any:
        return lambda _network, inputs: seen[name].append(len(inputs[0]))

    for name, network in networks.items():
        network.register_forward_pre_hook(note(name))
    return seen


def children(network: nn.Module) -> dict[str, nn.Module]:
    return dict(network.named_children())


def run_on_all(network: Any, _mask: Tensor, *inputs: Tensor) -> Tensor:
    return network(*inputs)


@pytest.mark.parametrize("count", [0, 1, 8, 9, 16])
def test_the_rows_of_a_mask_have_the_values_that_the_whole_batch_gives_them(count):
    torch.manual_seed(0)
    network, items = nn.Linear(3, 2), torch.randn(16, 3)
    mask = torch.zeros(16, dtype=torch.bool)
    mask[torch.randperm(16)[:count]] = True
    seen = rows_seen({"it": network})
    made = blocks.run_on_rows(network, mask, items)
    torch.testing.assert_close(made[mask], network(items)[mask])
    assert made.isfinite().all()
    assert seen["it"][0] == (16 if count > 8 else 8)


def losses_and_gradients(
    monkeypatch, *, whole: bool, step: int, regularizer: str, augment: Any = dict
) -> list[Tensor]:
    """Return both losses of a step, and the gradients of all weights of both networks."""
    if whole:
        for module in (generator, discriminator):
            monkeypatch.setattr(module, "run_on_rows", run_on_all)
    state, real = tiny_state("hybrid", modalities=modalities()), batch()
    config = tiny_step_config(
        regularizer=regularizer, penalty_weight=2.0, reg_interval=4, redescription_weight=0.5
    ).training
    nets = cast("Any", state.generator), cast("Any", state.networks[DISCRIMINATOR].network)
    torch.manual_seed(0)
    for head in (*nets[1].unimodal_heads.values(), nets[1].joint_head):
        nn.init.normal_(head[-1].weight)
    rng = torch.Generator().manual_seed(3)
    step_taker = cast("Any", build_step(state, tiny_step_config()))
    kept = step_taker._draw_kept(real.present)
    fake = nets[0].generate_training_pairs(nets[0].draw_noise(ROWS, rng), real.items, kept)
    on_real, _losses, _real, _fake = discriminator_loss(
        nets[1], real, fake, kept, config=config, step=step, augment=augment, rng=rng
    )
    on_real.backward()
    found = [on_real.detach(), *(cast("Tensor", p.grad) for p in nets[1].parameters())]
    nets[1].requires_grad_(requires_grad=False)
    on_fake, _losses = generator_loss(
        *nets,
        real,
        fake,
        kept,
        config=config,
        augment=augment,
        strong_augment={},
        augments_all=False,
        rng=rng,
    )
    on_fake.backward()
    return [*found, on_fake.detach(), *(cast("Tensor", p.grad) for p in nets[0].parameters())]


@pytest.mark.parametrize("step", [0, 1])
@pytest.mark.parametrize("regularizer", ["r1", "r1-r2", "gradient-penalty"])
def test_leaving_rows_out_changes_neither_a_loss_nor_a_gradient(monkeypatch, step, regularizer):
    parts = losses_and_gradients(monkeypatch, whole=False, step=step, regularizer=regularizer)
    whole = losses_and_gradients(monkeypatch, whole=True, step=step, regularizer=regularizer)
    assert len(parts) == len(whole)
    for one, other in zip(parts, whole, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5)


def test_every_network_runs_on_the_rows_that_need_it_alone():
    state = tiny_state("hybrid", modalities=modalities())
    config = tiny_step_config(regularizer="none", redescription_weight=0.5)
    nets = cast("PairGenerator", state.generator)
    judge = cast("Discriminator", state.networks[DISCRIMINATOR].network)
    decoders = rows_seen({n: d for n, d in children(nets.decoders).items() if n != "text"})
    backbones = rows_seen(children(judge.backbones))
    encoders = rows_seen(children(nets.context.encoders))
    build_step(state, config)(batch(), 1)
    # Three of eight patterns keep a column.
    assert decoders == {"sketch": [40], "image": [40]}
    # The real items; of the generated pairs what they do not keep; for the generator both.
    assert all(counts == [64, 40, 24, 40] for counts in backbones.values())
    assert encoders["text"] == [64]
    # What pairs keep, what a likelihood is conditioned on, and what is redescribed.
    assert encoders["image"][0] == 24
    assert encoders["image"][-1] == 40
    assert encoders["sketch"][:2] == [24, 40]
    assert encoders["sketch"][-1] == 40
    assert all(8 <= rows <= 32 for rows in (encoders["image"][1], encoders["sketch"][2]))


def test_items_that_are_augmented_are_judged_in_both_pairs():
    state, real = tiny_state("hybrid", modalities=modalities()), batch()
    judge = cast("Any", state.networks[DISCRIMINATOR].network)
    kept = {name: torch.arange(ROWS) < 32 for name in real.items}
    seen = rows_seen(children(judge.backbones))

    def brighten(items: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {**items, "image": items["image"] + 0.1}

    discriminator_loss(
        judge,
        real,
        real.items,
        kept,
        config=tiny_step_config(regularizer="none").training,
        step=1,
        augment=brighten,
        rng=torch.Generator(),
    )
    assert seen == {"text": [64, 32], "sketch": [64, 32], "image": [64, 64]}


def test_two_columns_are_computed_whole():
    state = tiny_state("hybrid", modalities=modalities(2))
    judge = cast("Discriminator", state.networks[DISCRIMINATOR].network)
    seen = rows_seen(children(judge.backbones))
    build_step(state, tiny_step_config(regularizer="none"))(batch(2), 1)
    assert all(set(counts) == {ROWS} for counts in seen.values())


@pytest.mark.parametrize("norm", NORMS)
def test_a_backbone_with_batch_norm_leaves_no_row_out(norm):
    columns = [
        replace(cast("ImageModality", one), size=16, discriminator_norm=norm)
        for one in modalities()[1:]
    ]
    judge = Discriminator([modalities()[0], *columns], embedding_dim=8)
    assert judge.computes_rows_apart == (norm == "none")
    seen = rows_seen(children(judge.backbones))
    judge.features(
        {"sketch": torch.zeros(ROWS, columns[0].channels, 16, 16)},
        {"sketch": torch.arange(ROWS) < 32},
    )
    assert seen["sketch"] == [32 if norm == "none" else ROWS]
