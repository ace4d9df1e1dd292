"""A step that is not finite changes nothing, is told, and is got over."""

import math
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch

from engine.control import RunControl
from engine.errors import NonFiniteLossError
from engine.events import (
    Alert,
    AlertChanged,
    MetricsReported,
    Outcome,
    RolledBack,
    RunEnded,
    StepsSkipped,
)
from engine.runs.checkpoint import read_tensors
from engine.runs.checkpoint_files import read_metadata, verify_checkpoint
from engine.runs.folder import RunFolder
from engine.train.divergence import MAX_ROLLBACKS, MAX_SKIPPED
from engine.train.families import build_step
from engine.train.monitor import HealthMonitor
from engine.train.run import resume, train
from engine.train.state import DISCRIMINATOR, GENERATOR, TrainingState
from engine.train.step import complete_batch
from tests.helpers.metric_curves import REPORT, WELL, said, watched
from tests.helpers.run_story import ADVERSARIAL_TERMS, VARIATIONAL_TERMS, Poison, images_of
from tests.helpers.tiny import (
    tiny_config,
    tiny_dataset,
    tiny_modalities,
    tiny_pairs,
    tiny_state,
    tiny_step_config,
)

BAD = 4
TERMS = [
    *[("hybrid", term) for term in ADVERSARIAL_TERMS],
    *[(family, term) for family in ("mvae", "mopoe") for term in VARIATIONAL_TERMS],
]
VICTIMS = {"discriminator": DISCRIMINATOR, "penalty": DISCRIMINATOR}
"""Whose loss a term belongs to; all others are the generator's."""


def network_tensors(state: TrainingState, network: str) -> dict[str, torch.Tensor]:
    """Weights and moments; statistics of batches are not learnt, and follow every batch."""
    weights = {
        f"{network}.{name}" for name, _w in state.networks[network].network.named_parameters()
    }
    return {
        name: tensor.clone()
        for name, tensor in state.tensors().items()
        if name in weights or name.startswith(f"{network}_optimizer.")
    }


def differs(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return any(not torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize(("family", "term"), TERMS)
def test_that_weights_and_moments_stay_bit_for_bit_as_they_were(monkeypatch, family, term, value):
    Poison(monkeypatch, term, lambda _poison, step: step == BAD, value)
    state = tiny_state(family)
    config = tiny_step_config(family, reg_interval=2)
    step = build_step(state, config, modalities=tiny_modalities())
    for number in range(BAD):
        step(complete_batch(tiny_pairs(seed=number)), number)
    before = {network: network_tensors(state, network) for network in state.networks}
    report = step(complete_batch(tiny_pairs(seed=BAD)), BAD)
    victim = VICTIMS.get(term, GENERATOR)
    for network, tensors in before.items():
        is_victim = network == victim
        assert differs(tensors, network_tensors(state, network)) is not is_victim
        assert bool(report.skipped[network]) is is_victim
    step(complete_batch(tiny_pairs(seed=BAD + 1)), BAD + 1)
    assert differs(before[victim], network_tensors(state, victim))
    assert state.is_finite()


def test_that_an_adaptive_augmentation_learns_nothing_from_it():
    step = cast("Any", build_step(tiny_state(), tiny_step_config()))
    seen = []

    class Listener:
        def update(self, signs, images):
            seen.append((signs.tolist(), images))

    step._augmenters = {"image": Listener()}
    logits = torch.tensor([math.nan, math.inf, -2.0])
    logits_of_head = SimpleNamespace(logits=logits)
    step._adapt_augmentation({"image": logits_of_head})
    assert seen == [([0.0, 1.0, -1.0], 3)]


def run_poisoned(tmp_path, monkeypatch, term, is_bad, *, images=640, control=None, react=None):
    family = "hybrid" if term in ADVERSARIAL_TERMS else "mvae"
    poison = Poison(monkeypatch, term, is_bad)
    # Warming up takes the first steps as well, on a copy.
    monkeypatch.setattr("engine.train.loop.TrainingLoop.warm_up", lambda _loop: None)
    monkeypatch.setattr("engine.train.metrics.INTERVAL_S", 0.0)
    config = tiny_config(tiny_dataset(tmp_path / "data"), tmp_path / "run", images=images)
    config = config.with_values(
        family=family,
        reporting__evaluate_every_s=0.0,
        # Only the checkpoints that a test requests, however slow the machine is.
        reporting__checkpoint_every_s=3600.0,
    )
    events = []

    def emit(event):
        events.append(event)
        if react:
            react(event)

    train(config, emit, control or RunControl())
    return events, poison, RunFolder(config.run)


def of(events, kind):
    return [event for event in events if isinstance(event, kind)]


@pytest.mark.slow
@pytest.mark.parametrize("term", [*ADVERSARIAL_TERMS, *VARIATIONAL_TERMS])
def test_that_a_run_tells_of_it_by_step_and_term_and_goes_on(tmp_path, monkeypatch, term):
    events, _poison, folder = run_poisoned(
        tmp_path, monkeypatch, term, lambda _poison, step: step == 6
    )
    (told,) = of(events, StepsSkipped)
    assert told.steps == (6,)
    assert term in told.terms
    assert [(e.alert, e.is_raised) for e in of(events, AlertChanged)] == [(Alert.NON_FINITE, True)]
    assert events[-1].outcome is Outcome.FINISHED
    assert events[-1].images_seen == 640
    tensors = read_tensors(folder.newest_valid().path, "")
    assert all(t.isfinite().all() for t in tensors.values() if t.is_floating_point())


def first_time(steps):
    """Spoil steps when they are taken for the first time."""
    return lambda poison, step: step in steps and poison.taken.count(step) == 1


@pytest.mark.slow
def test_that_a_run_goes_back_with_a_lower_rate_when_it_happens_again_and_again(
    tmp_path, monkeypatch
):
    is_bad = first_time(range(20, 20 + MAX_SKIPPED))
    events, poison, folder = run_poisoned(tmp_path, monkeypatch, "discriminator", is_bad)
    (back,) = of(events, RolledBack)
    # Nothing was saved yet, so it begins again with the first weights.
    assert (back.images_seen, back.rate_scale) == (0, 0.5)
    assert back.from_images_seen == (20 + MAX_SKIPPED) * 8
    assert events[-1].outcome is Outcome.FINISHED
    assert events[-1].images_seen == 640
    assert read_metadata(folder.newest_valid().path).loop_state["rate_scale"] == 0.5
    assert poison.taken.count(0) == 2


@pytest.mark.slow
def test_that_it_goes_back_to_the_checkpoint_before_the_trouble(tmp_path, monkeypatch):
    control, wanted = RunControl(), {80, 24 * 8}

    def react(event):
        # One before the trouble, and one in its middle, which must not survive it.
        if isinstance(event, MetricsReported) and event.progress.images_seen in wanted:
            wanted.remove(event.progress.images_seen)
            control.request_checkpoint()

    is_bad = first_time(range(20, 20 + MAX_SKIPPED))
    events, _poison, folder = run_poisoned(
        tmp_path, monkeypatch, "discriminator", is_bad, control=control, react=react
    )
    (back,) = of(events, RolledBack)
    assert back.images_seen == 80
    assert events[-1].outcome is Outcome.FINISHED
    names = [path.name for path in folder.checkpoint_paths()]
    assert names == ["checkpoint-000000000080", "checkpoint-000000000640"]


@pytest.mark.slow
def test_that_what_cannot_be_removed_does_not_end_the_run(tmp_path, monkeypatch, problem_log):
    control, wanted = RunControl(), {80, 24 * 8}

    def react(event):
        if isinstance(event, MetricsReported) and event.progress.images_seen in wanted:
            wanted.remove(event.progress.images_seen)
            control.request_checkpoint()

    def refuse(_path):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("engine.train.rollback.remove_checkpoint", refuse)
    is_bad = first_time(range(20, 20 + MAX_SKIPPED))
    events, _poison, _folder = run_poisoned(
        tmp_path, monkeypatch, "discriminator", is_bad, control=control, react=react
    )
    problem_log.expect("cannot be removed")
    assert [event.images_seen for event in of(events, RolledBack)] == [80]
    assert events[-1].outcome is Outcome.FINISHED


@pytest.mark.slow
def test_that_a_run_that_cannot_be_mended_fails_and_keeps_what_was_good(
    tmp_path, monkeypatch, problem_log
):
    events, _poison, folder = run_poisoned(
        tmp_path, monkeypatch, "generator", lambda _poison, step: step >= 5, images=10**6
    )
    problem_log.expect("failed")
    assert len(of(events, RolledBack)) == MAX_ROLLBACKS
    ended = events[-1]
    assert isinstance(ended, RunEnded)
    assert ended.outcome is Outcome.FAILED
    assert isinstance(ended.error, NonFiniteLossError)
    assert "generator" in ended.error.losses
    for path in folder.checkpoint_paths():
        verify_checkpoint(path)


def test_that_a_series_of_rollbacks_continues_when_the_run_is_resumed(
    tmp_path, monkeypatch, problem_log
):
    control, rolled_back = RunControl(), []

    def stop_after_the_second(event):
        if isinstance(event, RolledBack):
            rolled_back.append(event)
        if len(rolled_back) == 2 and images_of(event) == 16:
            control.request_stop()

    events, _poison, folder = run_poisoned(
        tmp_path,
        monkeypatch,
        "generator",
        lambda _poison, step: step >= 5,
        images=10**6,
        control=control,
        react=stop_after_the_second,
    )
    assert (events[-1].outcome, events[-1].images_saved) == (Outcome.STOPPED, 16)
    resumed = []
    resume(folder.read_config(), resumed.append, RunControl())
    problem_log.expect("failed")
    backs = of(resumed, RolledBack)
    assert len(backs) == MAX_ROLLBACKS - 2
    assert [back.rate_scale for back in backs] == [0.125, 0.0625, 0.03125]
    assert isinstance(resumed[-1].error, NonFiniteLossError)


def test_that_an_alert_raised_before_a_stop_is_not_raised_again_and_clears_in_time(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("engine.train.monitor.RECOVERY_IMAGES", 80)
    changes = []
    for name, stop_at in (("straight", None), ("broken", 80)):
        control = RunControl()

        def stop(event, control=control, stop_at=stop_at):
            if images_of(event) == stop_at:
                control.request_stop()

        events, _poison, folder = run_poisoned(
            tmp_path / name,
            monkeypatch,
            "discriminator",
            lambda _poison, step: step == 6,
            control=control,
            react=stop,
        )
        if stop_at:
            assert events[-1].images_seen == stop_at
            resume(folder.read_config(), events.append, RunControl())
        assert events[-1].outcome is Outcome.FINISHED
        changes.append([(c.is_raised, c.images_seen) for c in of(events, AlertChanged)])
    assert changes[0] == changes[1] == [(True, 56), (False, 136)]


def test_that_spoilt_statistics_are_not_saved(tmp_path, monkeypatch):
    spoilt = []

    def spoil(state):
        spoilt.append(True)
        return len(spoilt) != 1

    monkeypatch.setattr(TrainingState, "is_finite", spoil)
    # Reported at once, so that the checkpoint is asked for before the run is over.
    monkeypatch.setattr("engine.train.metrics.INTERVAL_S", 0.0)
    control = RunControl()
    config = tiny_config(tiny_dataset(tmp_path / "data"), tmp_path / "run", images=160)
    events = []

    def emit(event):
        events.append(event)
        if isinstance(event, MetricsReported) and not spoilt:
            control.request_checkpoint()

    train(config.with_values(reporting__evaluate_every_s=0.0), emit, control)
    (back,) = of(events, RolledBack)
    assert back.images_seen == 0
    assert events[-1].outcome is Outcome.FINISHED


def test_that_a_run_whose_last_state_is_spoilt_fails_and_saves_none_of_it(
    tmp_path, monkeypatch, problem_log
):
    monkeypatch.setattr(TrainingState, "is_finite", lambda _state: False)
    events = []
    config = tiny_config(tiny_dataset(tmp_path / "data"), tmp_path / "run", images=64)
    train(config.with_values(reporting__evaluate_every_s=0.0), events.append, RunControl())
    problem_log.expect("failed")
    assert isinstance(events[-1].error, NonFiniteLossError)
    assert not RunFolder(config.run).checkpoint_paths()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", ["loss", "signal"])
def test_that_a_non_finite_figure_raises_at_once(value, place):
    losses, metrics = {"discriminator": 4.0}, dict(WELL)
    if place == "loss":
        losses["discriminator"] = value
    else:
        metrics["discriminator_gradient"] = value
    (raised,) = HealthMonitor().update(losses, metrics, 64)
    assert (raised.alert, raised.is_raised, raised.images_seen) == (Alert.NON_FINITE, True, 64)
    ((name, evidence),) = raised.evidence.items()
    assert name == ("discriminator" if place == "loss" else "discriminator_gradient")
    assert math.isnan(evidence) if math.isnan(value) else evidence == value


def test_that_non_finite_figures_are_told_once_and_clear_after_a_while():
    def curve(images: int) -> Mapping[str, float]:
        is_wrong = 50_000 <= images < 60_000 and images // 1_000 % 2 == 0
        return WELL | {"discriminator_gradient": math.nan} if is_wrong else WELL

    raised, cleared = watched(curve, images=100_000, every=1_000)
    assert (raised.is_raised, raised.images_seen) == (True, 50_000)
    assert (cleared.is_raised, cleared.images_seen) == (False, 68_000)


def test_that_a_non_finite_signal_does_not_spoil_its_smoothing():
    def curve(images: int) -> Mapping[str, float]:
        if images == 100 * REPORT:
            return WELL | {"image_diversity": math.nan}
        return WELL | {"image_diversity": 0.05 if images >= 50_000 else 1.0}

    changes = watched(curve, images=100_000)
    assert (Alert.MODE_COLLAPSE, True) in said(changes)
