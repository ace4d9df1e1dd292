from typing import Any, cast

import pytest
import torch

from engine.data.tokenizers import END, PADDING, UNKNOWN
from engine.nets.joint_generator import SequentialBackboneGenerator, SharedBackboneGenerator
from engine.nets.protocols import Endpoint
from tests.helpers.tiny import tiny_modalities, tiny_pairs

BOTH = [SharedBackboneGenerator, SequentialBackboneGenerator]


def model(
    kind: type[SharedBackboneGenerator] = SharedBackboneGenerator,
) -> SharedBackboneGenerator:
    torch.manual_seed(0)
    return kind(tiny_modalities(), embedding_dim=8, latent_dim=4)


def noise(net: SharedBackboneGenerator, count: int = 8, seed: int = 1) -> dict[str, torch.Tensor]:
    return net.draw_noise(count, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("kind", BOTH)
def test_that_pairs_come_in_all_directions(kind):
    net, real = model(kind).eval(), tiny_pairs()
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


def test_that_one_after_the_other_nothing_but_the_shared_noise_is_random():
    net = model(SequentialBackboneGenerator).eval()
    torch.nn.init.normal_(cast("Any", net.branches["text"]).to_logits.weight)
    first, second = noise(net, 64), noise(net, 64, seed=2)
    one, same = net(first, {}), net({**second, "latent": first["latent"]}, {})
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert len(one["text"].argmax(2).unique(dim=0)) > 1


def test_that_one_after_the_other_the_image_is_the_one_drawn_for_the_text():
    net = model(SequentialBackboneGenerator).eval()
    torch.nn.init.normal_(cast("Any", net.branches["text"]).to_logits.weight)
    made = net(noise(net, 64), {})
    assert torch.equal(made["image"], net(noise(net, 64), {"text": made["text"]})["image"])
    made = model().eval()(noise(model(), 64), {})
    drawn = model().eval()(noise(model(), 64), {"text": made["text"]})
    assert not torch.equal(made["image"], drawn["image"])


def test_that_noise_reaches_the_image_past_a_backbone_without_variety():
    for kind, varies in zip(BOTH, (False, True), strict=True):
        net = model(kind).eval()
        for weight in net.backbone.parameters():
            torch.nn.init.zeros_(weight)
        made = net(noise(net, 64), {})
        assert (made["image"].std(0).max() > 0.01) == varies


def test_that_one_after_the_other_the_image_does_not_move_the_text():
    net, real = model(SequentialBackboneGenerator), tiny_pairs()
    weight = cast("torch.Tensor", cast("Any", net.branches["text"]).to_logits.weight)
    none = dict.fromkeys(real, torch.zeros(8, dtype=torch.bool))
    net.generate_training_pairs(noise(net), real, none)["image"].sum().backward()
    assert weight.grad is None
    net.generate_training_pairs(noise(net), real, none)["text"][:, 0, 3].sum().backward()
    assert weight.grad is not None
    assert weight.grad.abs().sum() > 0


def test_that_encodings_of_given_items_have_one_size_beside_the_noise():
    net, real = model(SequentialBackboneGenerator), tiny_pairs()
    for name in real:
        context = net.context({name: real[name]}, 8)
        torch.testing.assert_close(context.square().mean(1).sqrt(), torch.full((8,), 2.0))
    nothing = dict.fromkeys(real, torch.zeros(8, dtype=torch.bool))
    assert net.context(real, 8, nothing).abs().max() == 0


def test_that_what_is_given_decides_the_rest():
    net, real = model().eval(), tiny_pairs()
    one = net(noise(net), {"text": real["text"]})["image"]
    other = net(noise(net), {"text": real["text"].roll(1, 0)})["image"]
    assert not torch.equal(one, other)


def test_that_a_fake_pair_may_keep_anything_but_all():
    assert model().conditioning_patterns == ((), ("text",), ("image",))


@pytest.mark.parametrize("kind", BOTH)
def test_that_rehearsal_keeps_what_each_row_keeps_and_makes_the_rest_for_it(kind):
    net, real = model(kind).eval(), tiny_pairs()
    read = torch.tensor([False] * 6 + [True] * 2)
    conditioning_mask = {"text": torch.tensor([False, True] * 3 + [False] * 2), "image": read}
    pair = net.generate_training_pairs(noise(net), real, conditioning_mask)
    assert torch.equal(pair["text"][1:6:2], real["text"][1:6:2])
    assert torch.equal(pair["image"][6:], real["image"][6:])
    captions = net(noise(net), {"image": real["image"]})["text"]
    torch.testing.assert_close(pair["text"][6:], captions[6:])
    drawn = net(noise(net), {"text": real["text"]})["image"]
    generated = net(noise(net), {})["image"]
    torch.testing.assert_close(pair["image"][1:6:2], drawn[1:6:2])
    torch.testing.assert_close(pair["image"][0:6:2], generated[0:6:2])


def test_that_texts_for_images_become_the_probabilities_of_their_tokens():
    net, real = model(SequentialBackboneGenerator), tiny_pairs()
    branch = cast("Any", net.branches["text"])
    torch.nn.init.normal_(branch.to_logits.weight)
    read = torch.arange(8) >= 5
    mask = {"text": torch.arange(8) < 2, "image": read}
    drawn = noise(net)
    pair = net.generate_training_pairs(drawn, real, mask)
    soft = net.relax(pair, mask, {}, drawn)
    assert torch.equal(soft["image"], pair["image"])
    assert torch.equal(soft["text"][:5], pair["text"][:5])
    hidden = net.backbone(torch.cat([drawn["latent"], net.context({"image": real["image"]}, 8)], 1))
    logits = branch.logits(hidden)
    logits[:, :, [PADDING, UNKNOWN]] = -torch.inf
    ends = (pair["text"].argmax(2) == END).long()
    is_over = (ends.cumsum(1) > ends)[:, :, None]
    expected = torch.where(is_over, pair["text"], logits.softmax(2))[5:]
    torch.testing.assert_close(soft["text"][5:], expected)
    assert torch.equal(soft["text"].argmax(2), pair["text"].argmax(2))
    (soft["text"][5:] * torch.randn(3, *soft["text"].shape[1:])).sum().backward()
    encoder = net.context.encoders["image"]
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in encoder.parameters())
    assert torch.equal(net.relax(pair, mask, {})["text"], pair["text"])


def test_that_nothing_is_learned_by_likelihood():
    real = tiny_pairs()
    there = dict.fromkeys(real, torch.ones(8, dtype=torch.bool))
    assert model().nll_losses(real, there) == {}


@pytest.mark.parametrize("kind", BOTH)
def test_that_a_walk_begins_and_ends_at_its_ends(kind):
    net, real = model(kind).eval(), tiny_pairs()
    start = Endpoint(noise=noise(net), conditions={"text": real["text"]})
    end = Endpoint(noise={**noise(net), "latent": noise(net, seed=3)["latent"]}, conditions={})
    for t, ends in ((0.0, start), (1.0, end)):
        made = net.interpolate(start, end, torch.full((8,), t))
        torch.testing.assert_close(made["image"], net(ends.noise, ends.conditions)["image"])
