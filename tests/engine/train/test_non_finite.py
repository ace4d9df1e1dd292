import math
from collections.abc import Mapping

import pytest

from engine.events import Alarm
from engine.train.health import HealthWatch
from tests.helpers.signals import REPORT, WELL, said, watched


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", ["loss", "signal"])
def test_that_a_non_finite_figure_raises_at_once(value, place):
    losses, signals = {"critic": 4.0}, dict(WELL)
    if place == "loss":
        losses["critic"] = value
    else:
        signals["critic_gradient"] = value
    (raised,) = HealthWatch().see(losses, signals, 64)
    assert (raised.alarm, raised.is_raised, raised.images_seen) == (Alarm.NON_FINITE, True, 64)
    ((name, evidence),) = raised.evidence.items()
    assert name == ("critic" if place == "loss" else "critic_gradient")
    assert math.isnan(evidence) if math.isnan(value) else evidence == value


def test_that_non_finite_figures_are_told_once_and_clear_after_a_while():
    def curve(images: int) -> Mapping[str, float]:
        is_wrong = 50_000 <= images < 60_000 and images // 1_000 % 2 == 0
        return WELL | {"critic_gradient": math.nan} if is_wrong else WELL

    raised, cleared = watched(curve, images=100_000, every=1_000)
    assert (raised.is_raised, raised.images_seen) == (True, 50_000)
    assert (cleared.is_raised, cleared.images_seen) == (False, 68_000)


def test_that_a_non_finite_signal_does_not_spoil_its_smoothing():
    def curve(images: int) -> Mapping[str, float]:
        if images == 100 * REPORT:
            return WELL | {"image_diversity": math.nan}
        return WELL | {"image_diversity": 0.05 if images >= 50_000 else 1.0}

    changes = watched(curve, images=100_000)
    assert (Alarm.MODE_COLLAPSE, True) in said(changes)
