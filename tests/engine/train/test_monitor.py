import json
import math
from collections.abc import Mapping
from typing import cast

import numpy as np
import pytest

from engine.events import Alert
from engine.train.monitor import GRACE_IMAGES, GRADIENT_SHARE, RULES, STALE_IMAGES, HealthMonitor
from tests.helpers.metric_curves import REPORT, WELL, noisy, said, turning, watched


@pytest.mark.parametrize("seed", range(3))
def test_that_a_healthy_run_is_silent(seed):
    def curve(images: int) -> Mapping[str, float]:
        # As in real runs: odd at first, then scores that rise slowly from a third to a half,
        # a gradient that falls to a third, and a diversity that comes up to 1.
        early = math.exp(-images / 8_000)
        late = min(images / 1_500_000, 1.0)
        return WELL | {
            "real_score": 0.35 + 0.12 * late + 0.1 * early,
            "fake_score": 0.35 + 0.13 * late + 0.1 * early,
            "generator_gradient": 0.5 - 0.3 * late + early,
            "image_diversity": 1.0 - 0.5 * early,
            "unique_texts": 1.0 + 2.0 * early,
            "token_entropy": 0.85 + 0.3 * early,
            "overfit_gap": 0.4,
        }

    assert watched(noisy(curve, seed), images=1_500_000, every=1_000) == []


def test_that_a_discriminator_that_is_often_right_is_no_alert():
    sure = turning(0, real_score=0.95, fake_score=0.05, real_sign=0.97)
    assert watched(noisy(sure), images=300_000) == []


def test_that_a_wild_quotient_is_no_alert():
    # The discriminator cannot tell real from fake, so the gap is a division by almost nothing.
    rng = np.random.default_rng(0)
    assert watched(lambda _: WELL | {"overfit_gap": rng.normal(0, 10)}, images=300_000) == []


@pytest.mark.parametrize(
    ("alert", "within", "bad"),
    [
        (Alert.MODE_COLLAPSE, 20_000, {"image_diversity": 0.05}),
        (Alert.MODE_COLLAPSE, 20_000, {"unique_texts": 0.1}),
        (Alert.MODE_COLLAPSE, 20_000, {"token_entropy": 0.1}),
        (Alert.DISCRIMINATOR_WINNING, 40_000, {"real_score": 0.999, "fake_score": 0.001}),
        (Alert.DISCRIMINATOR_WINNING, 30_000, {"generator_gradient": 1e-4, "fake_score": 0.02}),
        (Alert.OVERFITTING, 20_000, {"overfit_gap": 1.5, "real_sign": 0.9}),
    ],
)
def test_that_each_failure_raises_its_alert_in_time(alert, within, bad):
    failed_at = 100_000
    (raised,) = watched(turning(failed_at, **bad), images=300_000)
    assert (raised.alert, raised.is_raised) == (alert, True)
    assert failed_at + 10_000 <= raised.images_seen <= failed_at + within
    assert set(raised.evidence) == {
        GRADIENT_SHARE if name == "generator_gradient" else name for name in bad
    }


@pytest.mark.parametrize("seed", range(3))
def test_that_noise_does_not_hide_a_slow_collapse(seed):
    def curve(images: int) -> Mapping[str, float]:
        return WELL | {"image_diversity": max(0.1, 1.0 - images / 100_000)}

    (raised,) = watched(noisy(curve, seed), images=200_000)
    assert raised.alert is Alert.MODE_COLLAPSE
    # Below a quarter from 75,000 on.
    assert 80_000 <= raised.images_seen <= 105_000


@pytest.mark.parametrize(
    "bad",
    [
        {"image_diversity": 0.05},
        {"real_score": 0.999, "fake_score": 0.001},
        {"generator_gradient": 1e-4, "fake_score": 0.02},
        {"overfit_gap": 1.5, "real_sign": 0.9},
    ],
)
def test_that_an_alert_is_raised_once_and_cleared_once(bad):
    def curve(images: int) -> Mapping[str, float]:
        return WELL | bad if 100_000 <= images < 200_000 else WELL

    raised, cleared = watched(curve, images=400_000)
    assert raised.is_raised
    assert not cleared.is_raised
    assert raised.alert is cleared.alert
    assert 200_000 < cleared.images_seen < 245_000
    assert set(cleared.evidence) == set(raised.evidence)


def test_that_a_passing_failure_is_no_alert():
    def curve(images: int) -> Mapping[str, float]:
        return WELL | {"image_diversity": 0.05} if 100_000 <= images < 107_000 else WELL

    assert watched(curve, images=200_000) == []


def test_that_half_a_failure_is_no_alert():
    for bad in (
        {"real_score": 0.999},
        {"fake_score": 0.001},
        {"generator_gradient": 1e-4},
        {"overfit_gap": 1.5},
        {"real_sign": 0.9},
    ):
        assert watched(turning(50_000, **bad), images=200_000) == [], bad


def test_that_a_metric_about_its_threshold_does_not_flap():
    def curve(images: int) -> Mapping[str, float]:
        return WELL | {"image_diversity": 0.25 + 0.1 * math.sin(images / 15_000)}

    assert said(watched(noisy(curve), images=1_000_000)) == [(Alert.MODE_COLLAPSE, True)]


def test_that_a_second_failure_is_a_second_alert():
    def curve(images: int) -> Mapping[str, float]:
        is_bad = images // 100_000 in (1, 3)
        return WELL | {"image_diversity": 0.05} if is_bad else WELL

    changes = watched(curve, images=500_000)
    assert [change.is_raised for change in changes] == [True, False, True, False]


def test_that_one_rule_that_clears_does_not_end_an_alert_that_another_keeps():
    def curve(images: int) -> Mapping[str, float]:
        diversity = 0.05 if 50_000 <= images < 100_000 else 1.0
        texts = 0.05 if 60_000 <= images < 200_000 else 1.0
        return WELL | {"image_diversity": diversity, "unique_texts": texts}

    raised, cleared = watched(curve, images=300_000)
    assert set(raised.evidence) == {"image_diversity"}
    assert cleared.images_seen > 200_000
    assert set(cleared.evidence) == {"unique_texts"}


def test_that_the_beginning_does_not_count():
    def curve(images: int) -> Mapping[str, float]:
        return WELL | {"image_diversity": 0.0} if images < GRACE_IMAGES else WELL

    assert watched(curve, images=60_000) == []
    (raised,) = watched(turning(0, image_diversity=0.0), images=60_000)
    assert raised.images_seen >= GRACE_IMAGES + 10_000


def test_that_the_number_of_reports_does_not_matter():
    def raised_at(every: int) -> int:
        (raised,) = watched(turning(100_000, image_diversity=0.05), images=200_000, every=every)
        return raised.images_seen

    assert abs(raised_at(64) - raised_at(2_000)) <= 4_000


def test_that_a_run_without_a_discriminator_is_watched_too():
    def curve(images: int) -> Mapping[str, float]:
        return {"image_diversity": 0.05 if images >= 50_000 else 1.0}

    assert said(watched(curve, images=100_000)) == [(Alert.MODE_COLLAPSE, True)]
    assert watched(lambda _: {}, images=100_000) == []


def test_that_a_metric_may_be_absent_from_most_reports():
    def curve(images: int) -> Mapping[str, float]:
        bad = WELL | {"image_diversity": 0.05}
        return bad if images % (8 * REPORT) == 0 else {"real_score": 0.35}

    assert said(watched(curve, images=60_000)) == [(Alert.MODE_COLLAPSE, True)]


def test_that_a_metric_that_is_no_longer_reported_raises_nothing():
    last = GRACE_IMAGES + 4_000
    assert STALE_IMAGES < 6_000

    def curve(images: int) -> Mapping[str, float]:
        return {"image_diversity": 0.05} if images <= last else {}

    assert watched(curve, images=100_000) == []


def test_that_a_vanished_gradient_never_becomes_the_usual_one():
    (raised,) = watched(
        turning(60_000, generator_gradient=1e-4, fake_score=0.01), images=1_000_000, every=1_000
    )
    assert raised.is_raised


def test_that_a_gradient_of_zero_counts_as_vanished():
    changes = watched(turning(60_000, generator_gradient=0.0, fake_score=0.01), images=200_000)
    assert said(changes) == [(Alert.DISCRIMINATOR_WINNING, True)]


def test_that_a_gradient_that_was_never_there_tells_nothing():
    never = turning(0, generator_gradient=0.0, fake_score=0.01)
    assert watched(never, images=200_000) == []


def test_that_every_alert_has_rules_with_room_between_their_thresholds():
    assert {rule.alert for rule in RULES} == set(Alert) - {Alert.NON_FINITE}
    for rule in RULES:
        for threshold in rule.thresholds:
            between = (threshold.raise_at + threshold.clear_at) / 2
            assert threshold.raise_at != threshold.clear_at
            assert not threshold.is_triggered(between)
            assert not threshold.is_cleared(between)


def evaluated(*evaluations, every=1_000, until=200_000, monitor=None):
    """Watch a healthy run with evaluations: images seen and grid of each."""
    monitor, changes = monitor or HealthMonitor(), []
    for images in range(0, until, every):
        for seen, grid in evaluations:
            if seen == images:
                monitor.add_evaluation({"grid": grid, "kid": 0.1}, images)
        changes += monitor.update({}, WELL, images)
    return [(change.alert, change.is_raised, change.images_seen) for change in changes]


def test_that_images_like_real_ones_raise_nothing():
    assert evaluated((30_000, 1.3), (60_000, 0.7), (90_000, 4.5)) == []


def test_that_a_fine_grid_is_told_at_once_and_until_it_is_gone():
    assert evaluated((30_000, 43.0), (60_000, 4.5), (90_000, 1.6)) == [
        (Alert.GRID, True, 30_000),
        (Alert.GRID, False, 90_000),
    ]


def test_that_blur_is_told_when_it_does_not_vanish():
    assert evaluated((30_000, 0.3), (50_000, 0.9)) == []
    assert evaluated((30_000, 0.3), (50_000, 0.4), (80_000, 0.9)) == [
        (Alert.BLUR, True, 60_000),
        (Alert.BLUR, False, 110_000),
    ]


def test_that_early_and_broken_evaluations_do_not_count():
    assert evaluated((0, 90.0), (19_000, 90.0)) == []
    assert evaluated((30_000, math.nan), (40_000, math.inf)) == []
    monitor = HealthMonitor()
    monitor.add_evaluation({"kid": 0.1}, 30_000)
    assert monitor.update({}, WELL, 31_000) == []


def test_that_an_evaluation_is_remembered_by_a_checkpoint_and_forgotten_by_a_rollback():
    monitor = HealthMonitor()
    monitor.add_evaluation({"grid": 43.0}, 30_000)
    (raised,) = reloaded(monitor).update({}, WELL, 31_000)
    assert raised.evidence == {"grid": 43.0}
    monitor.rewind(25_000)
    assert monitor.update({}, WELL, 26_000) == []


CHANCE = {"joint_coherence_baseline": 0.1, "joint_coherence_upper_bound": 0.99}


@pytest.mark.parametrize(
    ("alert", "within", "bad"),
    [
        (Alert.MODE_COLLAPSE, 1_000, {"covered_modes": 0.4, "covered_modes_upper_bound": 1.0}),
        (Alert.MODE_COLLAPSE, 21_000, {"recall": 0.01}),
        (Alert.INCOHERENT, 21_000, {"joint_coherence": 0.11, **CHANCE}),
        (
            Alert.INCOHERENT,
            21_000,
            {"match": 0.01, "match_baseline": 0.01, "match_upper_bound": 0.36},
        ),
    ],
)
def test_that_figures_of_an_evaluation_raise_alerts(alert, within, bad):
    monitor = HealthMonitor()
    monitor.add_evaluation(bad, 30_000)
    (raised,) = watched(lambda _images: WELL, images=90_000, start=30_000, monitor=monitor)
    assert (raised.alert, raised.is_raised) == (alert, True)
    assert raised.images_seen <= 30_000 + within
    good = dict.fromkeys(bad, 0.0) | {"covered_modes": 1.0, "recall": 0.5, "joint_coherence": 0.9}
    good |= {**CHANCE, "covered_modes_upper_bound": 1.0}
    monitor.add_evaluation(good, 90_000)
    (cleared,) = watched(lambda _images: WELL, images=150_000, start=90_000, monitor=monitor)
    assert (cleared.alert, cleared.is_raised) == (alert, False)


@pytest.mark.parametrize(
    "figures",
    [
        # A thousand samples cannot cover all the names of emoji.
        {"covered_modes": 0.3, "covered_modes_upper_bound": 0.42},
        {"recall": 0.05},
        {"joint_coherence": 0.3, **CHANCE},
        # The evaluator cannot tell real pairs from others.
        {"match": 0.01, "match_baseline": 0.01, "match_upper_bound": 0.015},
        {"joint_coherence": 0.1},
    ],
)
def test_that_figures_that_may_be_healthy_raise_none(figures):
    monitor = HealthMonitor()
    monitor.add_evaluation(figures, 30_000)
    assert watched(lambda _images: WELL, images=90_000, start=30_000, monitor=monitor) == []


@pytest.mark.parametrize("name", ["preview_image_spread", "preview_text_spread"])
def test_that_a_preview_that_hardly_varies_is_told_at_once(name):
    monitor = HealthMonitor()
    fine = {"preview_image_spread": 0.9, "preview_text_spread": 1.0}
    assert monitor.add_preview(fine | {name: 0.0}, 900) == []
    assert monitor.add_preview(fine, 2_000) == []
    (raised,) = monitor.add_preview(fine | {name: 0.0}, 3_000)
    assert (raised.alert, raised.is_raised, raised.evidence) == (
        Alert.MODE_COLLAPSE,
        True,
        {name: 0.0},
    )
    assert monitor.add_preview(fine | {name: 0.0}, 4_000) == []
    (cleared,) = reloaded(monitor).add_preview(fine, 5_000)
    assert (cleared.is_raised, cleared.evidence) == (False, {name: fine[name]})


def test_that_a_run_that_went_back_is_watched_anew_and_keeps_its_alerts():
    monitor = HealthMonitor()
    collapsed = WELL | {"image_diversity": 0.05}
    raised = [c for n in range(60) for c in monitor.update({}, collapsed, 10_000 + n * 1_000)]
    assert [(c.alert, c.is_raised) for c in raised] == [(Alert.MODE_COLLAPSE, True)]
    monitor.rewind(20_000)
    # Nothing of the later past is left in what is smoothed, and it takes its time to clear.
    changes = [c for n in range(30) for c in monitor.update({}, WELL, 20_000 + n * 1_000)]
    assert [(c.alert, c.is_raised) for c in changes] == [(Alert.MODE_COLLAPSE, False)]
    assert 30_000 <= changes[0].images_seen <= 35_000
    assert changes[0].evidence["image_diversity"] == pytest.approx(WELL["image_diversity"])


def reloaded(monitor: HealthMonitor) -> HealthMonitor:
    """Pass the state through JSON, as a checkpoint does."""
    other = HealthMonitor()
    other.load_state_dict(json.loads(json.dumps(monitor.state_dict())))
    return other


@pytest.mark.parametrize(
    "bad",
    [
        {"image_diversity": 0.05},
        {"unique_texts": 0.1},
        {"real_score": 0.999, "fake_score": 0.001},
        {"generator_gradient": 1e-4, "fake_score": 0.02},
        {"overfit_gap": 1.5, "real_sign": 0.9},
        {"discriminator_gradient": math.nan},
    ],
)
@pytest.mark.parametrize("saved_at", [50_000, 105_000, 150_000, 205_000, 300_000])
def test_that_a_resumed_run_raises_and_clears_what_the_uninterrupted_one_does(bad, saved_at):
    def curve(images: int) -> Mapping[str, float]:
        return WELL | bad if 100_000 <= images < 200_000 else WELL

    every = 1_000
    straight = watched(curve, images=400_000, every=every)
    assert [change.is_raised for change in straight] == [True, False]
    monitor = HealthMonitor()
    parts = watched(curve, images=saved_at, every=every, monitor=monitor)
    monitor = reloaded(monitor)
    parts += watched(curve, images=400_000, every=every, monitor=monitor, start=saved_at)
    assert repr(parts) == repr(straight)


@pytest.mark.parametrize(
    "table",
    [
        None,
        3,
        {"smoothed": 3, "gradient_samples": 4, "rules": 5, "non_finite": 6},
        {
            "smoothed": {"image_diversity": ["x", 3], "real_score": [math.nan, 1], "y": [1]},
            "gradient_samples": [0.0, "x"],
            "gradient_due_images": None,
            "rules": {"mode_collapse+image_diversity": ["raised", 3], "unknown": [True, None]},
            "non_finite": [True],
        },
    ],
)
def test_that_invalid_state_counts_as_none(table):
    monitor = HealthMonitor()
    monitor.load_state_dict({"health": table})
    assert monitor.state_dict() == HealthMonitor().state_dict()


def test_that_every_rule_has_a_name_of_its_own_in_the_state():
    rules = cast("dict[str, dict[str, object]]", HealthMonitor().state_dict())["health"]["rules"]
    assert len(cast("dict[str, object]", rules)) == len(RULES)
