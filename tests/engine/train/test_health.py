import itertools
import math

import numpy as np
import pytest

from engine.events import Alarm
from engine.train.health import GRACE_IMAGES, PATIENCE_IMAGES, HealthWatch

HEALTHY = {
    "real_score": 0.9,
    "fake_score": 0.1,
    "image_diversity": 0.95,
    "unique_texts": 1.0,
    "token_entropy": 1.0,
    "overfit_gap": 0.05,
}
EVERY = 320
"""Images between two reports."""


def watched(signals_at, until: int, watch: HealthWatch | None = None, start: int = 0):
    watch = watch or HealthWatch()
    changes = []
    for images in range(start + EVERY, until, EVERY):
        changes += watch.see({"critic": 1.0}, signals_at(images), images)
    return changes


def test_that_a_healthy_run_is_silent():
    random = np.random.default_rng(0)

    def noisy(_images):
        # As jittery as the reports of a real run on digits.
        return {
            "real_score": float(np.clip(random.normal(0.9, 0.05), 0, 1)),
            "fake_score": float(np.clip(random.normal(0.1, 0.05), 0, 1)),
            "image_diversity": random.normal(0.95, 0.1),
            "unique_texts": random.normal(1.0, 0.2),
            "token_entropy": random.normal(1.0, 0.05),
            "overfit_gap": random.normal(0.05, 0.4),
        }

    assert watched(noisy, 500_000) == []


@pytest.mark.parametrize(
    ("alarm", "signal", "bad"),
    [
        (Alarm.MODE_COLLAPSE, "image_diversity", 0.05),
        (Alarm.MODE_COLLAPSE, "unique_texts", 0.1),
        (Alarm.MODE_COLLAPSE, "token_entropy", 0.1),
        (Alarm.OVERFITTING, "overfit_gap", 0.9),
    ],
)
def test_that_trouble_is_noticed_and_its_end_too(alarm, signal, bad):
    def sick(images):
        return {**HEALTHY, signal: bad if 50_000 <= images < 150_000 else HEALTHY[signal]}

    begun, ended = watched(sick, 300_000)
    assert (begun.alarm, begun.is_raised) == (alarm, True)
    assert 50_000 + PATIENCE_IMAGES <= begun.images_seen < 85_000
    assert list(begun.evidence) == [signal]
    assert (ended.alarm, ended.is_raised) == (alarm, False)
    assert 150_000 + PATIENCE_IMAGES <= ended.images_seen < 185_000


def test_that_a_critic_that_is_never_wrong_is_noticed():
    def losing(images):
        scores = {"real_score": 0.999, "fake_score": 0.001} if images > 40_000 else {}
        return {**HEALTHY, **scores}

    (begun,) = watched(losing, 200_000)
    assert begun.alarm is Alarm.CRITIC_WINNING
    assert begun.evidence["score_margin"] > 0.98


def test_that_odd_beginnings_are_forgiven():
    def odd(images):
        return {**HEALTHY, "image_diversity": 0.05 if images < GRACE_IMAGES else 0.95}

    assert watched(odd, 100_000) == []


def test_that_short_spells_are_forgiven():
    def spells(images):
        return {**HEALTHY, "image_diversity": 0.1 if images % 50_000 < 6_000 else 0.95}

    assert watched(spells, 400_000) == []


def test_that_what_is_no_number_is_said_at_once():
    watch = HealthWatch()
    assert watch.see({"critic": 1.0}, {}, 64) == []
    (begun,) = watch.see({"critic": math.nan}, {}, 128)
    assert (begun.alarm, begun.is_raised) == (Alarm.NON_FINITE, True)
    assert watch.see({"critic": math.inf}, {}, 192) == []
    (ended,) = watch.see({"critic": 1.0}, {}, 256)
    assert (ended.alarm, ended.is_raised) == (Alarm.NON_FINITE, False)


def test_that_signals_may_be_missing():
    for names in itertools.combinations(HEALTHY, 2):
        assert watched(lambda _images, n=names: {k: HEALTHY[k] for k in n}, 60_000) == []
    assert watched(lambda _images: {}, 60_000) == []
