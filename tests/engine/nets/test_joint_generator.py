from typing import Any, cast

import torch

from engine.nets.joint_generator import SharedBackboneGenerator
from engine.nets.protocols import Endpoint
from tests.helpers.tiny import tiny_modalities, tiny_pairs


def model() -> SharedBackboneGenerator:
    torch.manual_seed(0)
    return SharedBackboneGenerator(tiny_modalities(), embedding_dim=8, latent_dim=4)


def noise(net: SharedBackboneGenerator, count: int = 8, seed: int = 1) -> dict[str, torch.Tensor]:
    return net.draw_noise(count, torch.Generator().manual_seed(seed))


def test_that_pairs_come_in_all_directions():
    net, real = model().eval(), tiny_pairs()
    for conditions in ({}, {"text": real["text"]}, {"image": real["image"]}):
        pair = net(noise(net), conditions)
        assert {name: item.shape for name, item in pair.items()} == {
            name: item.shape for name, item in real.items()
        }
        assert all(torch.equal(pair[name], conditions[name]) for name in conditions)


def test_that_texts_are_chosen_unit_by_unit_with_a_gradient():
    net = model()
    text = net(noise(net), {})["text"]
    assert torch.equal(text.sum(2), torch.ones(8, 3))
    assert set(text.detach().unique().tolist()) <= {0.0, 1.0}
    (text * torch.randn(text.shape)).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.backbone.parameters())


def test_that_all_branches_hang_on_the_same_noise():
    net = model().eval()
    torch.nn.init.normal_(cast("Any", net.branches["text"]).to_logits.weight)
    one = net(noise(net, 64), {})
    other = net({**noise(net, 64), "latent": noise(net, 64, seed=2)["latent"]}, {})
    assert not torch.equal(one["image"], other["image"])
    assert not torch.equal(one["text"], other["text"])


def test_that_what_is_given_decides_the_rest():
    net, real = model().eval(), tiny_pairs()
    one = net(noise(net), {"text": real["text"]})["image"]
    other = net(noise(net), {"text": real["text"].roll(1, 0)})["image"]
    assert not torch.equal(one, other)


def test_that_a_fake_pair_may_keep_anything_but_all():
    assert model().conditioning_patterns == ((), ("text",), ("image",))


def test_that_rehearsal_keeps_what_each_row_keeps_and_makes_the_rest_for_it():
    net, real = model().eval(), tiny_pairs()
    none = torch.zeros(8, dtype=torch.bool)
    conditioning_mask = {"text": torch.tensor([False, True] * 4), "image": none}
    pair = net.generate_training_pairs(noise(net), real, conditioning_mask)
    assert torch.equal(pair["text"][1::2], real["text"][1::2])
    drawn = net(noise(net), {"text": real["text"]})["image"]
    generated = net(noise(net), {})["image"]
    torch.testing.assert_close(pair["image"][1::2], drawn[1::2])
    torch.testing.assert_close(pair["image"][0::2], generated[0::2])


def test_that_nothing_is_learned_by_likelihood():
    real = tiny_pairs()
    there = dict.fromkeys(real, torch.ones(8, dtype=torch.bool))
    assert model().nll_losses(real, there) == {}


def test_that_a_walk_begins_and_ends_at_its_ends():
    net, real = model().eval(), tiny_pairs()
    start = Endpoint(noise=noise(net), conditions={"text": real["text"]})
    end = Endpoint(noise={**noise(net), "latent": noise(net, seed=3)["latent"]}, conditions={})
    for t, ends in ((0.0, start), (1.0, end)):
        made = net.interpolate(start, end, torch.full((8,), t))
        torch.testing.assert_close(made["image"], net(ends.noise, ends.conditions)["image"])
