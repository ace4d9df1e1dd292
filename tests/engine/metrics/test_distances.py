import math
from collections import Counter

import numpy as np
import pytest

from engine.metrics.coherence import agreement, mode_metrics
from engine.metrics.distances import (
    Likeness,
    MemorisationMetrics,
    frechet_distance,
    is_enough,
    kernel_distance,
    manifold_metrics,
    nearest_items,
    squared_discrepancy,
    squared_distances,
)


def sample(seed: int, count: int = 60, size: int = 4, shift: float = 0.0, scale: float = 1.0):
    return shift + scale * np.random.default_rng(seed).normal(size=(count, size))


def test_that_the_discrepancy_is_the_sum_over_all_pairs():
    one, other = sample(0, 7), sample(1, 5, shift=0.5)

    def k(a, b):
        return (a @ b / 4 + 1) ** 3

    among_one = sum(k(a, b) for i, a in enumerate(one) for j, b in enumerate(one) if i != j) / 42
    among_other = (
        sum(k(a, b) for i, a in enumerate(other) for j, b in enumerate(other) if i != j) / 20
    )
    across = sum(k(a, b) for a in one for b in other) / 35
    expected = among_one + among_other - 2 * across
    assert squared_discrepancy(one, other) == pytest.approx(expected)


@pytest.mark.slow
def test_that_real_against_real_is_about_nothing():
    distance, spread = kernel_distance(sample(0, 4000), sample(1, 4000), seed=0)
    assert abs(distance) < 0.02
    assert spread < 0.1
    moved, _spread = kernel_distance(sample(0, 4000), sample(1, 4000, shift=1.0), seed=0)
    assert moved > 1.0


@pytest.mark.slow
def test_that_the_kernel_distance_follows_its_seed():
    one, other = sample(0, 1500), sample(1, 1500)
    first = kernel_distance(one, other, 3)
    assert first == kernel_distance(one, other, 3)
    assert first != kernel_distance(one, other, 4)


def test_that_the_frechet_distance_of_diagonal_gaussians_is_exact():
    one = sample(0, 200, size=3)
    # Whitened, so that means and covariances are known to the last digit.
    one = (one - one.mean(0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(one, rowvar=False))).T
    scale, shift = np.array([1.0, 2.0, 0.5]), np.array([0.0, 1.0, -2.0])
    expected = (shift**2).sum() + ((1 - scale) ** 2).sum()
    assert frechet_distance(one, one * scale + shift) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(one, one) == pytest.approx(0.0, abs=1e-9)


def test_that_the_frechet_distance_copes_with_covariances_that_do_not_commute():
    random = np.random.default_rng(5)
    one, other = sample(0, 300, 3) @ random.normal(size=(3, 3)), sample(1, 300, 3)
    first, second = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    values = np.linalg.eigvals(first @ second)
    expected = (
        ((one.mean(0) - other.mean(0)) ** 2).sum()
        + np.trace(first)
        + np.trace(second)
        - 2 * np.sqrt(values.real.clip(0)).sum()
    )
    assert frechet_distance(one, other) == pytest.approx(expected, rel=1e-6)


def test_that_few_items_are_not_enough():
    assert is_enough(640, 64)
    assert not is_enough(639, 64)


def test_that_manifold_metrics_are_what_counting_gives():
    real, made = sample(0, 30, 2), sample(1, 25, 2, shift=0.7)

    def radius(items, i):
        return sorted(np.linalg.norm(items[i] - other) for other in items)[5]

    def inside(item, items, i):
        return np.linalg.norm(item - items[i]) < radius(items, i)

    hits = np.array([[inside(m, real, i) for m in made] for i in range(30)])
    back = np.array([[inside(r, made, i) for r in real] for i in range(25)])
    metrics = manifold_metrics(real, made)
    assert metrics["precision"] == pytest.approx(hits.any(0).mean())
    assert metrics["recall"] == pytest.approx(back.any(0).mean())
    assert metrics["density"] == pytest.approx(hits.sum() / (5 * 25))
    assert metrics["coverage"] == pytest.approx(hits.any(1).mean())


def test_that_a_collapsed_model_is_precise_and_covers_nothing():
    real = sample(0, 200)
    metrics = manifold_metrics(real, real[:1] + 1e-3 * sample(1, 200))
    assert metrics["precision"] > 0.95
    assert metrics["recall"] < 0.1
    assert metrics["coverage"] < 0.2


def test_that_distances_are_euclids():
    one, other = sample(0, 9), sample(1, 7)
    expected = np.linalg.norm(one[:, None] - other[None], axis=2)
    np.testing.assert_allclose(squared_distances(one, other), expected**2, atol=1e-9)
    indices, distances = nearest_items(one, other, block=4)
    assert indices.tolist() == expected.argmin(1).tolist()
    np.testing.assert_allclose(distances, expected.min(1))


def test_that_an_item_is_not_its_own_neighbour():
    items = sample(0, 11)
    among = np.linalg.norm(items[:, None] - items[None], axis=2)
    np.fill_diagonal(among, np.inf)
    indices, distances = nearest_items(items, items, block=4, skips_itself=True)
    assert indices.tolist() == among.argmin(1).tolist()
    np.testing.assert_allclose(distances, among.min(1))


RANDOM = np.random.default_rng(0)
TRAINING, VALIDATION, NEW = RANDOM.normal(size=(3, 400, 8))


def test_that_a_copied_training_set_has_no_novelty():
    metrics = MemorisationMetrics(TRAINING, VALIDATION).metrics(TRAINING[::2])
    assert metrics["novelty"] == 0.0
    assert metrics["memorisation"] == 1.0


def test_that_new_images_are_new():
    metrics = MemorisationMetrics(TRAINING, VALIDATION).metrics(NEW)
    assert metrics["novelty"] == 1.0
    assert metrics["memorisation"] < 0.04


def test_that_without_validation_images_the_training_images_are_the_measure():
    alone = MemorisationMetrics(TRAINING, None)
    assert alone.metrics(TRAINING[::2])["novelty"] == 0.0
    assert alone.metrics(NEW)["novelty"] == 1.0
    assert alone.metrics(NEW)["memorisation"] < 0.06
    among = np.linalg.norm(TRAINING[:, None] - TRAINING[None], axis=2)
    np.fill_diagonal(among, np.inf)
    assert alone.closer_than(1.5) == pytest.approx((among.min(1) > 1.5).mean())


def test_that_the_likeness_of_one_image_is_what_the_metrics_count():
    memory = MemorisationMetrics(TRAINING, VALIDATION)
    made = np.concatenate([TRAINING[:50], TRAINING[50:90] + 0.2 * NEW[:40], NEW[100:]])
    indices, distances = memory.nearest(made)
    assert indices[:50].tolist() == list(range(50))
    kinds = [memory.likeness(distance) for distance in distances]
    metrics = memory.metrics(made)
    assert 1 - metrics["novelty"] == pytest.approx(np.mean([k is Likeness.COPY for k in kinds]))
    assert metrics["memorisation"] == pytest.approx(np.mean([k is not Likeness.NEW for k in kinds]))
    assert {*kinds} == {*Likeness}


def test_that_images_beside_training_images_are_remembered():
    near = TRAINING[:100] + 0.02 * NEW[:100]
    half = np.concatenate([near, NEW[100:200]])
    assert MemorisationMetrics(TRAINING, VALIDATION).metrics(half)["memorisation"] == pytest.approx(
        0.5, abs=0.02
    )


def test_that_modes_are_counted():
    metrics = mode_metrics(["a"] * 6 + ["b"] * 3 + ["x"], Counter({"a": 50, "b": 25, "c": 25}))
    # Ten real pairs lack the second or third kind in .75^10 of all cases.
    expected = 1 - (0.5**10 + 2 * 0.75**10) / 3
    assert metrics["covered_modes_upper_bound"] == pytest.approx(expected)
    assert metrics["covered_modes"] == pytest.approx(2 / 3)
    assert metrics["smallest_share"] == 0.0
    expected = (
        0.6 * math.log(0.6 / (50 / 100.5))
        + 0.3 * math.log(0.3 / (25 / 100.5))
        + 0.1 * math.log(0.1 / (0.5 / 100.5))
    )
    assert metrics["mode_kl"] == pytest.approx(expected)


def test_that_the_datas_own_shares_do_not_diverge():
    metrics = mode_metrics(["a"] * 50 + ["b"] * 50, Counter({"a": 500, "b": 500}))
    assert metrics == {
        "covered_modes": 1.0,
        "covered_modes_upper_bound": pytest.approx(1.0),
        "smallest_share": 0.5,
        "mode_kl": pytest.approx(0, abs=1e-3),
    }


def test_that_agreement_needs_every_attribute_and_knowledge():
    one = np.array([[0, 1], [0, 1], [-1, -1]])
    other = np.array([[0, 1], [0, 2], [-1, -1]])
    assert agreement(one, other) == pytest.approx(1 / 3)
