import numpy as np
import pytest

from engine.sample.sampler import Samples
from engine.train.periodic import preview_intervals, preview_metrics, previews_until

RANDOM = np.random.default_rng(0)


def pairs(images: np.ndarray, *texts: str) -> Samples:
    return Samples(columns={"text": texts, "image": images.astype(np.uint8)})


def noise(spread: int, count: int = 4) -> np.ndarray:
    return 128 + spread * RANDOM.standard_normal((count, 8, 8, 3))


def test_that_the_spread_of_a_preview_is_relative_to_real_pairs():
    real = pairs(noise(20), "a", "b", "c", "a")
    made = pairs(noise(10), "a", "a", "b", "a")
    found = preview_metrics(made, real)
    assert found["preview_image_spread"] == pytest.approx(0.5, rel=0.2)
    assert found["preview_text_spread"] == pytest.approx(1 / 2)


def test_that_images_and_texts_that_are_all_the_same_have_none():
    real = pairs(noise(20), "a", "b", "c", "a")
    white = pairs(np.full((64, 8, 8, 3), 255), *["a"] * 64)
    expected = {"preview_image_spread": 0.0, "preview_text_spread": 0.0}
    assert preview_metrics(white, real) == expected


def test_that_what_does_not_vary_in_real_pairs_is_left_out():
    real = pairs(np.zeros((2, 8, 8, 3)), "a", "a")
    assert preview_metrics(pairs(noise(20, 2), "a", "b"), real) == {}
    assert preview_metrics(pairs(noise(20, 1), "a"), pairs(noise(20, 1), "a")) == {}


def test_that_slow_previews_are_rarer():
    assert preview_intervals(15, took_s=0.02) == (2, 15)
    assert preview_intervals(15, took_s=0.5) == (10, 15)
    assert preview_intervals(15, took_s=2) == (40, 40)
    assert preview_intervals(1, took_s=0) == (1, 1)
    # Previews of two seconds, each 40 s after the last one.
    assert previews_until(400, 15, took_s=2) == pytest.approx(10)
