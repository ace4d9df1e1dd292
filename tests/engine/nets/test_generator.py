import math

import torch

from engine.nets.generator import PairGenerator
from engine.nets.protocols import LikelihoodDecoder, lerp, slerp
from tests.helpers.tiny import tiny_modalities, tiny_pairs


def generator() -> PairGenerator:
    torch.manual_seed(0)
    return PairGenerator(tiny_modalities(), 8)


def noise(net: PairGenerator, count: int = 8) -> dict[str, torch.Tensor]:
    return net.draw_noise(count, torch.Generator().manual_seed(3))


def test_that_nothing_given_makes_whole_pairs():
    net = generator()
    pair = net(noise(net), {})
    assert pair["text"].shape == (8, 3, 6)
    assert pair["image"].shape == (8, 1, 8, 8)


def test_that_what_is_given_is_kept():
    net, real = generator().eval(), tiny_pairs()
    captioned = net(noise(net), {"image": real["image"]})
    assert torch.equal(captioned["image"], real["image"])
    drawn = net(noise(net), {"text": real["text"]})
    assert torch.equal(drawn["text"], real["text"])


def test_that_a_joint_image_is_drawn_for_the_imagined_text():
    net = generator().eval()
    draws = noise(net)
    joint = net(draws, {})
    again = net(draws, {"text": joint["text"]})
    torch.testing.assert_close(joint["image"], again["image"])


def test_that_given_images_decide_the_text():
    net, real = generator().eval(), tiny_pairs(64)
    draws = noise(net, 64)
    one = net(draws, {"image": real["image"]})["text"]
    other = net(draws, {"image": real["image"].flip(0)})["text"]
    blank = net(draws, {})["text"]
    assert not torch.equal(one, other)
    assert not torch.equal(one, blank)


def test_that_rehearsal_keeps_what_each_row_keeps():
    net, real = generator(), tiny_pairs()
    conditioning_mask = {
        "text": torch.tensor([False, True] * 4),
        "image": torch.zeros(8, dtype=torch.bool),
    }
    pair = net.generate_training_pairs(noise(net), real, conditioning_mask)
    assert torch.equal(pair["text"][1::2], real["text"][1::2])
    assert not torch.equal(pair["text"][0::2], real["text"][0::2])
    assert not torch.isclose(pair["image"], real["image"]).all(3).all(2).any()


def test_that_drawing_does_not_bend_the_words():
    net, real = generator(), tiny_pairs()
    pair = net.generate_training_pairs(
        noise(net), real, dict.fromkeys(real, torch.zeros(8, dtype=torch.bool))
    )
    pair["image"].sum().backward()
    assert all(p.grad is None for p in net.decoders["text"].parameters())
    assert any(p.grad is not None for p in net.context.encoders["text"].parameters())


def test_that_supervision_sees_the_partner_only_where_known():
    net, real = generator(), tiny_pairs()
    decoder = net.decoders["text"]
    assert isinstance(decoder, LikelihoodDecoder)
    assert not isinstance(net.decoders["image"], LikelihoodDecoder)
    is_observed = torch.tensor([True, False] * 4)
    known = decoder.nll_loss(net.context({"image": real["image"]}, 8), real["text"])
    blind = decoder.nll_loss(net.context({}, 8), real["text"])
    losses = net.nll_losses(real, {"image": is_observed, "text": is_observed})
    assert set(losses) == {"text"}
    torch.testing.assert_close(losses["text"], torch.where(is_observed, known, blind))


def test_that_codes_of_several_items_are_summed():
    net, real = generator().eval(), tiny_pairs()
    both = net.context(real, 8)
    parts = [net.context({name: item}, 8) for name, item in real.items()]
    torch.testing.assert_close(both, parts[0] + parts[1])


GENERATOR = torch.Generator().manual_seed(0)
START, END = torch.randn(2, 4, 16, generator=GENERATOR, dtype=torch.float64)


def test_that_a_blend_is_a_straight_line():
    t = torch.tensor([0.0, 0.25, 0.5, 1.0], dtype=torch.float64)
    expected = (1 - t[:, None]) * START + t[:, None] * END
    torch.testing.assert_close(lerp(START, END, t), expected)


def test_that_a_turn_ends_where_it_shall():
    for t, expected in ((0.0, START), (1.0, END)):
        torch.testing.assert_close(slerp(START, END, torch.full((4,), t)), expected)


def test_that_a_turn_keeps_to_the_sphere_and_to_its_angle():
    one = START / START.norm(dim=1, keepdim=True)
    other = END / END.norm(dim=1, keepdim=True)
    between = slerp(one, other, torch.full((4,), 0.3, dtype=torch.float64))
    torch.testing.assert_close(between.norm(dim=1), torch.ones(4, dtype=torch.float64))
    whole, part = (one * other).sum(1).acos(), (one * between).sum(1).acos()
    torch.testing.assert_close(part, 0.3 * whole)


def test_that_turning_towards_oneself_is_standing_still():
    still = slerp(START, START, torch.full((4,), 0.5))
    torch.testing.assert_close(still, START)
    assert math.isfinite(still.sum().item())
