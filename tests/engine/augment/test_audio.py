"""Changes of spectrograms, each alone, told by its effect."""

import math

import pytest
import torch

from engine.augment.audio import (
    EQUALISER_DB,
    FADE,
    MAX_GAIN_DB,
    AudioAugmenter,
    equalise,
    mask_bands,
    mask_frames,
    shift_in_time,
)
from engine.augment.pipeline import Augmenter
from engine.augment.transforms import RandomDraws

COUNT, BANDS, FRAMES = 200, 8, 16
PER_DB = 2 / 60


def sounds(count: int = COUNT) -> torch.Tensor:
    generator = torch.Generator().manual_seed(9)
    return torch.rand(count, 1, BANDS, FRAMES, generator=generator, dtype=torch.float64) * 2 - 1


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def draws_for(items: torch.Tensor, probability: float = 1.0) -> RandomDraws:
    return RandomDraws(items, rng(), probability=torch.tensor(probability))


def test_that_a_shift_moves_frames_and_lets_silence_in():
    items = sounds()
    made = shift_in_time(items, draws_for(items))
    padded = torch.nn.functional.pad(items, (2, 2), value=-1.0)
    options = torch.stack([padded[..., start : start + FRAMES] for start in range(5)])
    matches = (options - made).abs().flatten(2).amax(2) < 1e-12
    assert (matches.sum(0) == 1).all()
    assert (matches.sum(1) > 10).all()


def test_that_gain_is_the_same_for_all_frames_and_leaves_silence():
    items = sounds()
    items[:, :, :, 0] = -1
    made = equalise(items, draws_for(items), per_db=PER_DB)
    assert torch.equal(made[..., 0], items[..., 0])
    loud = items > FADE - 1
    gains = torch.where(loud, (made - items) / PER_DB, math.nan)
    for row in gains[:, 0].flatten(0, 1):
        known = row[~row.isnan()]
        assert not len(known) or known.max() - known.min() < 1e-9
    assert gains.nan_to_num().abs().max() <= MAX_GAIN_DB + sum(EQUALISER_DB)
    assert gains.nan_to_num().abs().max() > MAX_GAIN_DB / 2


def test_that_the_equaliser_is_three_cosines_over_the_bands():
    items = torch.ones(COUNT, 1, BANDS, 2, dtype=torch.float64)
    curves = (equalise(items, draws_for(items), per_db=PER_DB) - items)[:, 0, :, 0] / PER_DB
    centres = (torch.arange(BANDS, dtype=torch.float64) + 0.5) / BANDS
    basis = torch.stack([torch.cos(math.pi * number * centres) for number in range(BANDS)])
    # The cosines are orthogonal, so each amplitude is a projection.
    amplitudes = curves @ basis.T / basis.square().sum(1)
    limits = torch.tensor((MAX_GAIN_DB, *EQUALISER_DB, *[1e-9] * (BANDS - 4)))
    assert (amplitudes.abs() <= limits).all()
    assert (amplitudes.abs().amax(0) >= 0.8 * limits)[:4].all()


def test_that_louder_stays_louder_under_any_gain():
    levels = torch.linspace(-1, 1, 201, dtype=torch.float64).expand(COUNT, 1, BANDS, -1)
    made = equalise(levels, draws_for(levels), per_db=PER_DB)
    assert (made.diff(dim=3) > 0).all()


@pytest.mark.parametrize(("mask", "dim", "longest"), [(mask_frames, 3, 2), (mask_bands, 2, 1)])
def test_that_masks_silence_neighbours_along_their_axis_alone(mask, dim, longest):
    items = sounds() + 2
    made = mask(items, draws_for(items))
    masked = made != items
    assert (made[masked] == -1).all()
    along = masked.all(dim=5 - dim)[:, 0]
    assert torch.equal(along, masked.any(dim=5 - dim)[:, 0])
    lengths = along.sum(1)
    assert set(lengths.tolist()) == set(range(longest + 1))
    edges = along.int().diff(dim=1, prepend=torch.zeros(COUNT, 1), append=torch.zeros(COUNT, 1))
    assert (edges.abs().sum(1) <= 2).all()
    assert along.any(0).all()


def test_that_the_whole_never_mirrors_a_sound():
    rising = torch.full((COUNT, 1, BANDS, FRAMES), -1.0)
    rising[:, :, 5:, 12:] = 0.5
    made = AudioAugmenter("diffaugment")(rising, rng())
    assert (made[:, :, :4, :8] == -1).all()


@pytest.mark.parametrize("mode", ["diffaugment", "ada"])
def test_that_the_generators_state_decides(mode):
    augmenter = AudioAugmenter(mode)
    augmenter.probability.fill_(1.0)
    one, same = augmenter(sounds(4), rng(1)), augmenter(sounds(4), rng(1))
    assert torch.equal(one, same)
    assert not torch.equal(one, augmenter(sounds(4), rng(2)))


def test_that_as_much_is_drawn_whatever_is_applied():
    states = []
    for probability in (0.0, 0.5, 1.0):
        augmenter, generator = AudioAugmenter("ada"), rng(1)
        augmenter.probability.fill_(probability)
        augmenter(sounds(4), generator)
        states.append(generator.get_state())
    assert all(torch.equal(states[0], state) for state in states)


def test_that_nothing_changes_where_nothing_applies():
    items = sounds(4).float()
    assert AudioAugmenter("none")(items, rng()) is items
    assert torch.equal(AudioAugmenter("ada")(items, rng()), items)


def test_that_a_probability_changes_that_fraction_of_the_sounds():
    items = torch.ones(COUNT, 1, BANDS, 2)
    made = equalise(items, draws_for(items, 0.3), per_db=PER_DB)
    is_changed = (made != items).flatten(1).any(1).double().mean()
    # Gain and equaliser are drawn apart.
    assert float(is_changed) == pytest.approx(1 - 0.7**2, abs=0.1)


def test_that_gradients_of_any_order_pass():
    augmenter = AudioAugmenter("diffaugment")
    items = (0.8 * sounds(2)).requires_grad_()
    made = augmenter(items, rng(3))
    (first,) = torch.autograd.grad(made.square().sum(), items, create_graph=True)
    assert first.isfinite().all()
    (second,) = torch.autograd.grad(first.square().sum(), items)
    assert second.isfinite().all()
    assert second.abs().sum() > 0
    step = 1e-6
    direction = torch.rand(items.shape, generator=rng(4), dtype=torch.float64)
    with torch.no_grad():
        ahead, behind = (
            augmenter(items + sign * step * direction, rng(3)).square().sum() for sign in (1, -1)
        )
    slope = float((first.detach() * direction).sum())
    assert slope == pytest.approx(float((ahead - behind) / (2 * step)), rel=1e-4)


def test_that_steps_and_checkpoints_take_it_for_an_augmenter():
    augmenter = AudioAugmenter("ada", ada_ramp_images=1_000)
    assert isinstance(augmenter, Augmenter)
    augmenter.update(torch.ones(256), 256)
    assert float(augmenter.probability) == pytest.approx(0.256)
    assert "probability" in augmenter.state_dict()
