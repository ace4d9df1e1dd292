import torch

from engine.nets.blocks import MinibatchStdDev
from engine.nets.discriminator import PAIR, Discriminator
from tests.helpers.tiny import tiny_modalities, tiny_pairs


def discriminator() -> Discriminator:
    torch.manual_seed(0)
    return Discriminator(tiny_modalities(), 8)


def test_that_there_is_a_verdict_for_each_part_and_for_the_pair():
    logits = discriminator()(tiny_pairs())
    assert set(logits) == {"text", "image", PAIR}
    assert all(verdict.shape == (8,) for verdict in logits.values())


def test_that_each_verdict_begins_undecided():
    for verdict in discriminator()(tiny_pairs()).values():
        assert verdict.sigmoid().sub(0.5).abs().max() < 0.15


def test_that_a_part_is_judged_without_its_partner():
    judge, pairs = discriminator(), tiny_pairs()
    swapped = {"text": pairs["text"].roll(1, 0), "image": pairs["image"]}
    one, other = judge(pairs), judge(swapped)
    torch.testing.assert_close(one["image"], other["image"])
    assert not torch.allclose(one[PAIR], other[PAIR])


def test_that_the_match_is_the_formula():
    judge, pairs = discriminator(), tiny_pairs()
    seen = judge.features(pairs)
    text, image = seen["text"], seen["image"]
    expected = judge.joint_head(torch.cat([text, image, text * image], 1))[:, 0]
    torch.testing.assert_close(judge.joint_logit(seen), expected)


def test_that_deviation_is_that_of_its_group():
    features = torch.randn(8, 5, generator=torch.Generator().manual_seed(0))
    added = MinibatchStdDev(group=4)(features)
    assert added.shape == (8, 6)
    for row in range(8):
        group = features[row % 2 :: 2]
        expected = (group.var(0, correction=0) + 1e-8).sqrt().mean()
        torch.testing.assert_close(added[row, 5], expected)


def test_that_deviation_copes_with_any_batch():
    for count in (1, 3, 6):
        assert MinibatchStdDev()(torch.randn(count, 5)).shape == (count, 6)
    assert MinibatchStdDev()(torch.ones(4, 5))[:, 5].max() < 1e-3
