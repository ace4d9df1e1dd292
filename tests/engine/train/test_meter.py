import pytest
import torch

from engine.errors import NonFiniteLossError
from engine.train.meter import INTERVAL_S, Meter
from engine.train.step import StepReport


def report(signals: dict[str, float] | None = None, **losses: float) -> StepReport:
    def tensors(table: dict[str, float]) -> dict[str, torch.Tensor]:
        return {name: torch.tensor(value) for name, value in table.items()}

    return StepReport(losses=tensors(losses), signals=tensors(signals or {}))


def test_that_means_are_over_the_steps_that_reported():
    meter = Meter()
    meter.add(report(critic=1.0, penalty=4.0))
    meter.add(report(critic=3.0, signals={"real_score": 0.5}))
    losses, signals = meter.read(128)
    assert losses == {"critic": 2.0, "penalty": 4.0}
    assert signals == {"real_score": 0.5}


def test_that_reading_starts_over():
    meter = Meter()
    meter.add(report(critic=1.0))
    meter.read(64)
    assert meter.read(64) == ({}, {})


def test_that_it_is_due_about_ten_times_a_second():
    now = [100.0]
    meter = Meter(clock=lambda: now[0])
    assert not meter.is_due
    now[0] += INTERVAL_S
    assert meter.is_due
    meter.read(0)
    assert not meter.is_due


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_that_a_non_finite_loss_is_named(value):
    meter = Meter()
    meter.add(report(critic=1.0, generator=value))
    with pytest.raises(NonFiniteLossError) as caught:
        meter.read(640)
    assert caught.value.losses == ("generator",)
    assert caught.value.images_seen == 640
