import math

import pytest
import torch

from engine.train.metrics import (
    INTERVAL_S,
    MetricAccumulator,
    MetricsSnapshot,
)
from engine.train.step import StepReport


def tensors(table: dict[str, float]) -> dict[str, torch.Tensor]:
    return {name: torch.tensor(value) for name, value in table.items()}


def report(
    metrics: dict[str, float] | None = None,
    skipped: dict[str, float] | None = None,
    **losses: float,
) -> StepReport:
    return StepReport(
        losses=tensors(losses), metrics=tensors(metrics or {}), skipped=tensors(skipped or {})
    )


def test_that_means_are_over_the_steps_that_reported():
    meter = MetricAccumulator()
    meter.add(report(discriminator=1.0, penalty=4.0), 0)
    meter.add(report(discriminator=3.0, metrics={"real_score": 0.5}), 1)
    snapshot = meter.read()
    assert snapshot.losses == {"discriminator": 2.0, "penalty": 4.0}
    assert snapshot.metrics == {"real_score": 0.5}
    assert snapshot.skipped is None


def test_that_reading_starts_over():
    meter = MetricAccumulator()
    meter.add(report(discriminator=1.0), 0)
    meter.read()
    assert meter.read() == MetricsSnapshot()


def test_that_what_is_forgotten_is_not_read():
    meter = MetricAccumulator()
    meter.add(report(discriminator=1.0), 0)
    meter.clear()
    assert meter.read() == MetricsSnapshot()


def test_that_it_is_due_a_few_times_a_second():
    now = [100.0]
    meter = MetricAccumulator(clock=lambda: now[0])
    assert not meter.is_due
    now[0] += INTERVAL_S
    assert meter.is_due
    meter.read()
    assert not meter.is_due


def test_that_numbers_of_any_kind_are_read_with_their_own_names():
    meter = MetricAccumulator()
    half = StepReport(
        losses={"discriminator": torch.tensor(0.5, dtype=torch.bfloat16)},
        metrics={"count": torch.tensor(3)},
    )
    meter.add(half, 0)
    snapshot = meter.read()
    assert (snapshot.losses, snapshot.metrics) == ({"discriminator": 0.5}, {"count": 3.0})


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_that_a_skipped_step_is_told_with_its_terms_and_stays_out_of_the_means(value):
    meter = MetricAccumulator()
    for step, generator in ((7, 1.0), (8, value), (9, 3.0)):
        skipped = {"discriminator": 0.0, "generator": float(not math.isfinite(generator))}
        meter.add(report(discriminator=1.0, generator=generator, skipped=skipped), step)
    snapshot = meter.read()
    assert snapshot.losses == {"discriminator": 1.0, "generator": 2.0}
    assert snapshot.skipped is not None
    assert snapshot.skipped.steps == (8,)
    assert list(snapshot.skipped.terms) == ["generator"]
    assert not math.isfinite(snapshot.skipped.terms["generator"])


def test_that_a_gradient_alone_can_be_what_was_wrong():
    meter = MetricAccumulator()
    meter.add(report(discriminator=1.0, skipped={"discriminator": 1.0, "generator": 0.0}), 3)
    snapshot = meter.read()
    assert snapshot.skipped is not None
    assert snapshot.skipped.terms == {"discriminator_gradient": math.inf}
    assert snapshot.losses == {"discriminator": 1.0}
