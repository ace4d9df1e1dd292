import math
from collections import Counter

import numpy as np
import pytest

from engine.metrics.coherence import agreement, mode_figures
from engine.metrics.memory import Memory

RANDOM = np.random.default_rng(0)
TRAINING, HELD_OUT, NEW = RANDOM.normal(size=(3, 400, 8))


def test_that_a_copied_training_set_has_no_novelty():
    figures = Memory(TRAINING, HELD_OUT).figures(TRAINING[::2])
    assert figures["novelty"] == 0.0
    assert figures["memorisation"] == 1.0


def test_that_new_images_are_new():
    figures = Memory(TRAINING, HELD_OUT).figures(NEW)
    assert figures["novelty"] == 1.0
    assert figures["memorisation"] < 0.04


def test_that_images_beside_training_images_are_remembered():
    near = TRAINING[:100] + 0.02 * NEW[:100]
    half = np.concatenate([near, NEW[100:200]])
    assert Memory(TRAINING, HELD_OUT).figures(half)["memorisation"] == pytest.approx(0.5, abs=0.02)


def test_that_modes_are_counted():
    figures = mode_figures(["a"] * 6 + ["b"] * 3 + ["x"], Counter({"a": 50, "b": 25, "c": 25}))
    assert figures["covered_modes"] == pytest.approx(2 / 3)
    assert figures["smallest_share"] == 0.0
    expected = (
        0.6 * math.log(0.6 / (50 / 100.5))
        + 0.3 * math.log(0.3 / (25 / 100.5))
        + 0.1 * math.log(0.1 / (0.5 / 100.5))
    )
    assert figures["mode_kl"] == pytest.approx(expected)


def test_that_the_datas_own_shares_do_not_diverge():
    figures = mode_figures(["a"] * 50 + ["b"] * 50, Counter({"a": 500, "b": 500}))
    assert figures == {
        "covered_modes": 1.0,
        "smallest_share": 0.5,
        "mode_kl": pytest.approx(0, abs=1e-3),
    }


def test_that_agreement_needs_every_attribute_and_knowledge():
    one = np.array([[0, 1], [0, 1], [-1, -1]])
    other = np.array([[0, 1], [0, 2], [-1, -1]])
    assert agreement(one, other) == pytest.approx(1 / 3)
