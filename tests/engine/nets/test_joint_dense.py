import math
from typing import Any, cast

import pytest
import torch
from torch import nn

from engine.data.tokenizers import END, PADDING, UNKNOWN
from engine.nets.discriminator import PAIR
from engine.nets.joint_dense import CANDIDATES, JointDenseDiscriminator, JointDenseGenerator
from engine.nets.joint_generator import LATENT
from engine.nets.protocols import Endpoint
from tests.helpers.tiny import tiny_modalities, tiny_pairs

TEXT, IMAGE = (3, 6), (1, 8, 8)
"""Shapes of the items of ``tiny_modalities``: three words behind the special tokens."""
SIZE = math.prod(TEXT) + math.prod(IMAGE)


def generator() -> JointDenseGenerator:
    torch.manual_seed(0)
    net = JointDenseGenerator(tiny_modalities(), embedding_dim=8, latent_dim=4)
    # By PyTorch's initial weights every pair has the same words.
    nn.init.normal_(cast("Any", net.layers[2]).weight)
    return net.eval()


def noise(count: int = 16, seed: int = 1) -> dict[str, torch.Tensor]:
    return generator().draw_noise(count, torch.Generator().manual_seed(seed))


def shapes_of(network: nn.Module) -> list[tuple[int, ...]]:
    return [tuple(weight.shape) for weight in network.parameters()]


def test_that_each_network_has_one_hidden_layer():
    assert shapes_of(generator()) == [(8, 4), (8,), (SIZE, 8), (SIZE,)]
    judge = JointDenseDiscriminator(tiny_modalities(), 8)
    assert shapes_of(judge) == [(8, SIZE), (8,), (1, 8), (1,)]


def test_that_what_depends_on_the_vocabulary_is_named():
    judge = JointDenseDiscriminator(tiny_modalities(), 8)
    for network in (generator(), judge):
        for name, axis in network.text_axes().items():
            assert network.get_parameter(name).shape[axis.dim] == SIZE


def test_that_pairs_are_the_formula():
    net, z = generator(), noise()[LATENT]
    first, second = cast("Any", net.layers[0]), cast("Any", net.layers[2])
    hidden = (z @ first.weight.T + first.bias).clamp(min=0)
    outputs = hidden @ second.weight.T + second.bias
    made = net({LATENT: z}, {})
    torch.testing.assert_close(
        made["image"], outputs[:, math.prod(TEXT) :].reshape(-1, *IMAGE).tanh()
    )
    logits = outputs[:, : math.prod(TEXT)].reshape(-1, *TEXT)
    logits[:, :, [PADDING, UNKNOWN]] = -torch.inf
    for row, chosen in zip(made["text"].argmax(2).tolist(), logits.argmax(2).tolist(), strict=True):
        end = chosen.index(END) if END in chosen else len(chosen)
        assert row[: end + 1] == chosen[: end + 1]
        assert set(row[end + 1 :]) <= {PADDING}


def test_that_a_verdict_on_a_pair_is_the_formula():
    torch.manual_seed(0)
    judge, pairs = JointDenseDiscriminator(tiny_modalities(), 8), tiny_pairs()
    first = cast("Any", judge.backbones[PAIR])[0]
    x = torch.cat([pairs["text"].reshape(8, -1), pairs["image"].reshape(8, -1)], 1)
    hidden = (x @ first.weight.T + first.bias).clamp(min=0)
    expected = hidden @ judge.joint_head.weight[0] + judge.joint_head.bias
    logits = judge({"image": pairs["image"], "text": pairs["text"]})
    assert list(logits) == [PAIR]
    torch.testing.assert_close(logits[PAIR], expected)


def test_that_texts_are_one_hot_with_a_gradient():
    net = generator()
    text = net(noise(), {})["text"]
    assert set(text.detach().unique().tolist()) <= {0.0, 1.0}
    (text * torch.randn(text.shape)).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.layers.parameters())


def test_that_training_pairs_come_from_the_noise_alone():
    net, real = generator(), tiny_pairs(16)
    none = dict.fromkeys(real, torch.zeros(16, dtype=torch.bool))
    assert net.conditioning_patterns == ((),)
    one = net.generate_training_pairs(noise(), real, none)
    other = net(noise(), {})
    assert all(torch.equal(one[name], other[name]) for name in real)


def distance(made: torch.Tensor, given: torch.Tensor) -> torch.Tensor:
    return (made - given).square().flatten(1).mean(1)


@pytest.mark.parametrize("name", ["text", "image"])
def test_that_a_given_item_selects_the_nearest_of_many_pairs(name):
    net, real = generator(), tiny_pairs(16)
    other = {"text": "image", "image": "text"}[name]
    pair = net(noise(), {name: real[name]})
    assert torch.equal(pair[name], real[name])
    z = noise()[LATENT]
    candidates = [net({LATENT: z[:, order]}, {}) for order in net.permutations]
    assert len(candidates) == CANDIDATES
    assert torch.equal(candidates[0][other], net(noise(), {})[other])
    chosen = torch.stack([distance(c[name], real[name]) for c in candidates]).argmin(0)
    for row, number in enumerate(chosen.tolist()):
        torch.testing.assert_close(pair[other][row], candidates[number][other][row])
    assert chosen.unique().numel() > 1


def test_that_what_a_row_gets_does_not_depend_on_its_batch():
    net, real = generator(), tiny_pairs(16)
    whole = net(noise(), {"text": real["text"]})["image"]
    part = net({LATENT: noise()[LATENT][5:7]}, {"text": real["text"][5:7]})["image"]
    torch.testing.assert_close(part, whole[5:7])


def test_that_candidates_are_rearrangements_of_the_noise():
    for order in generator().permutations:
        assert sorted(order.tolist()) == [0, 1, 2, 3]
    assert len(generator().permutations.unique(dim=0)) > 10
    assert "permutations" not in generator().state_dict()


def test_that_a_walk_begins_and_ends_at_its_ends():
    net, real = generator(), tiny_pairs(16)
    start = Endpoint(noise=noise(), conditions={"text": real["text"]})
    end = Endpoint(noise=noise(seed=3), conditions={})
    for t, ends in ((0.0, start), (1.0, end)):
        made = net.interpolate(start, end, torch.full((16,), t))
        torch.testing.assert_close(
            made["image"], net(ends.noise, ends.conditions)["image"], atol=1e-4, rtol=1e-4
        )


def test_that_what_bf16_generates_can_be_judged_in_full_precision():
    torch.manual_seed(0)
    discriminator = JointDenseDiscriminator(tiny_modalities(), embedding_dim=8)
    with torch.autocast("cpu", torch.bfloat16):
        made = generator()(noise(), {})
    assert {item.dtype for item in made.values()} == {torch.float32}
    assert discriminator(discriminator.embed(made))[PAIR].dtype is torch.float32
