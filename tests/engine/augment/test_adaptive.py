import math

import pytest
import torch

from engine.augment.pipeline import MAX_PROBABILITY, SIGNS_NEEDED, Augmenter
from engine.augment.transforms import MODES, Transform

EVERYTHING = frozenset(Transform)


def pictures(count: int = 6, side: int = 8, channels: int = 3) -> torch.Tensor:
    generator = torch.Generator().manual_seed(9)
    return torch.rand(count, channels, side, side, generator=generator) * 2 - 1


def adaptive(probability: float = 0.0, **about) -> Augmenter:
    made = Augmenter("ada", **about)
    made.probability.fill_(probability)
    return made


def signs(mean: float, count: int = SIGNS_NEEDED) -> torch.Tensor:
    positive = round(count * (1 + mean) / 2)
    return torch.cat([torch.ones(positive), -torch.ones(count - positive)])


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_that_none_gives_the_images_back():
    images = pictures()
    assert Augmenter("none")(images, rng()) is images


def test_that_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="none, diffaugment, ada"):
        Augmenter("auto")


@pytest.mark.parametrize("mode", ["diffaugment", "ada"])
def test_that_the_generators_state_decides(mode):
    augmenter = Augmenter(mode)
    augmenter.probability.fill_(1.0)
    one, same = augmenter(pictures(), rng(1)), augmenter(pictures(), rng(1))
    assert torch.equal(one, same)
    assert not torch.equal(one, augmenter(pictures(), rng(2)))


def test_that_the_global_randomness_is_left_alone():
    before = torch.random.get_rng_state()
    adaptive(1.0)(pictures(), rng())
    assert torch.equal(torch.random.get_rng_state(), before)


def test_that_ada_starts_with_nothing_and_diffaugment_with_all():
    images = pictures()
    assert torch.equal(Augmenter("ada")(images, rng()), images)
    assert Augmenter("diffaugment").probability == 1
    changed = Augmenter("diffaugment")(images, rng()) != images
    assert changed.flatten(1).any(1).all()


@pytest.mark.parametrize("mode", MODES)
def test_that_what_is_forbidden_does_not_happen(mode):
    augmenter = Augmenter(mode, blocked=EVERYTHING)
    augmenter.probability.fill_(1.0)
    assert torch.equal(augmenter(pictures(), rng()), pictures())


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("channels", [1, 3])
def test_that_shape_precision_and_layout_are_kept(mode, channels):
    images = pictures(channels=channels).contiguous(memory_format=torch.channels_last)
    augmenter = Augmenter(mode)
    augmenter.probability.fill_(0.5)
    made = augmenter(images, rng())
    assert made.shape == images.shape
    assert made.dtype == images.dtype
    assert made.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("mode", ["diffaugment", "ada"])
def test_that_gradients_of_both_orders_are_right(mode):
    augmenter = Augmenter(mode)
    augmenter.probability.fill_(0.8)
    images = pictures(count=3, side=4).double().requires_grad_()

    def change(given: torch.Tensor) -> torch.Tensor:
        return augmenter(given, rng(3))

    assert torch.autograd.gradcheck(change, (images,))
    assert torch.autograd.gradgradcheck(change, (images,))


def test_that_a_penalty_on_the_images_reaches_the_discriminator_through_it():
    discriminator = torch.nn.Conv2d(3, 1, 3)
    images = pictures().requires_grad_()
    scores = discriminator(adaptive(0.8)(images, rng())).square().sum()
    (gradient,) = torch.autograd.grad(scores, images, create_graph=True)
    gradient.square().sum().backward()
    assert discriminator.weight.grad is not None
    assert discriminator.weight.grad.abs().min() > 0


@pytest.mark.parametrize(("mean", "direction"), [(0.9, 1), (0.61, 1), (0.5, -1), (-1.0, -1)])
def test_that_the_probability_moves_towards_the_target(mean, direction):
    augmenter = adaptive(0.3)
    augmenter.update(signs(mean), images=512)
    expected = 0.3 + direction * 512 / 500_000
    assert math.isclose(augmenter.probability.item(), expected, rel_tol=1e-6)


def test_that_the_probability_stands_still_on_target():
    augmenter = adaptive(0.3, target=0.5)
    augmenter.update(signs(0.5), images=512)
    assert math.isclose(augmenter.probability.item(), 0.3, rel_tol=1e-6)


def test_that_it_waits_for_enough_signs():
    augmenter = adaptive(0.3, ada_ramp_images=1_000)
    for _ in range(3):
        augmenter.update(signs(1.0, 64), images=16)
        assert math.isclose(augmenter.probability.item(), 0.3, rel_tol=1e-6)
    # One batch that disagrees does not outvote three, and all four batches' images count.
    augmenter.update(signs(0.5, 64), images=16)
    assert math.isclose(augmenter.probability.item(), 0.3 + 64 / 1_000, rel_tol=1e-6)
    augmenter.update(signs(-1.0, 64), images=16)
    assert math.isclose(augmenter.probability.item(), 0.3 + 64 / 1_000, rel_tol=1e-6)


def test_that_it_could_rise_from_nothing_to_all_in_the_images_given():
    augmenter = adaptive(ada_ramp_images=2_560)
    for _ in range(int(2_560 * MAX_PROBABILITY / 256)):
        assert augmenter.probability < MAX_PROBABILITY
        augmenter.update(signs(1.0), images=256)
    assert math.isclose(augmenter.probability.item(), MAX_PROBABILITY, rel_tol=1e-5)


def test_that_the_probability_stays_between_nothing_and_its_highest():
    augmenter = adaptive(ada_ramp_images=256)
    augmenter.update(signs(-1.0), images=256)
    assert augmenter.probability == 0
    augmenter.update(signs(1.0), images=256)
    assert math.isclose(augmenter.probability.item(), MAX_PROBABILITY, rel_tol=1e-6)
    augmenter.update(signs(-1.0), images=64)
    assert math.isclose(augmenter.probability.item(), MAX_PROBABILITY - 0.25, rel_tol=1e-6)


@pytest.mark.parametrize(("mode", "probability"), [("none", 0.0), ("diffaugment", 1.0)])
def test_that_only_ada_learns(mode, probability):
    augmenter = Augmenter(mode)
    augmenter.update(signs(1.0), images=100_000)
    assert augmenter.probability == probability


def test_that_a_checkpoint_keeps_the_probability_and_what_it_waits_for():
    kept = adaptive(0.3, ada_ramp_images=1_000)
    kept.update(signs(1.0, 200), images=200)
    resumed = adaptive(ada_ramp_images=1_000)
    resumed.load_state_dict(kept.state_dict())
    for augmenter in (kept, resumed):
        augmenter.update(signs(1.0, 56), images=56)
    assert resumed.probability == kept.probability
    assert math.isclose(resumed.probability.item(), 0.3 + 0.256, rel_tol=1e-6)


def test_that_nothing_is_read_back_from_the_device():
    # A meta tensor has no values: whoever asked for one would raise.
    augmenter = adaptive().to("meta")
    augmenter.update(torch.empty(64, device="meta"), images=64)
    images = torch.empty(4, 3, 8, 8, device="meta")
    assert augmenter(images, rng()).shape == images.shape
    assert Augmenter("diffaugment").to("meta")(images, rng()).shape == images.shape
