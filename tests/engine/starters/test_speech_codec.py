import numpy as np
import pytest

from engine.starters import speech_codec
from engine.starters.speech_codec import COEFFICIENTS, decode, encode

STEP = 0.01


def two_clips():
    rng = np.random.default_rng(2)
    time_s = np.arange(3_001) / 8_000
    vowel = sum(np.sin(2 * np.pi * k * 140 * time_s) / k for k in (1, 2, 3, 5)) * 0.3
    return [vowel, 0.2 * rng.normal(size=1_000)]


def test_that_decoded_clips_are_nearly_the_encoded_ones():
    clips = two_clips()
    levels, counts = encode(clips, STEP)
    decoded = decode(levels, counts, STEP, samples=4_000)
    for clip, wave in zip(clips, decoded, strict=True):
        noise = wave[: len(clip)] - clip
        assert np.square(clip).mean() > 10**2.5 * np.square(noise).mean()
        assert np.abs(wave[len(clip) + 3 * COEFFICIENTS :]).max(initial=0) == 0
    assert counts.tolist() == [-(-3_001 // 128) + 1, -(-1_000 // 128) + 1]


def test_that_the_transform_is_orthonormal_with_its_neighbours():
    # The conditions of Princen & Bradley for perfect reconstruction.
    basis = speech_codec._basis()
    assert np.allclose(basis.T @ basis, np.eye(COEFFICIENTS))
    assert np.allclose(basis[COEFFICIENTS:].T @ basis[:COEFFICIENTS], 0)


def test_that_longer_clips_are_cut_and_coarser_steps_lose_more():
    clips = two_clips()
    fine, coarse = (decode(*encode(clips, step), step, samples=500) for step in (0.01, 0.1))
    assert fine.shape == coarse.shape == (2, 500)
    losses = [np.abs(wave[1] - clips[1][:500]).mean() for wave in (fine, coarse)]
    assert losses[1] > 2 * losses[0]


def test_that_what_cannot_be_encoded_or_decoded_is_refused():
    levels, counts = encode(two_clips(), STEP)
    with pytest.raises(ValueError, match="above 127"):
        encode(two_clips(), 1e-5)
    with pytest.raises(ValueError, match="do not fit"):
        decode(levels[:, 1:], counts, STEP, samples=10)
    with pytest.raises(ValueError, match="do not fit"):
        decode(levels, counts * np.array([0, 1], np.int16), STEP, samples=10)
