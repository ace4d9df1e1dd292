"""Curves that runs are compared by, read from logs as runs leave them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.control import RunControl
from engine.events import EvaluationCompleted
from engine.runs import curves
from engine.runs.curves import (
    CurveReader,
    Metric,
    MetricKind,
    best_values,
    read_summary,
)
from engine.runs.folder import RunFolder
from tests.helpers.run_folders import BEGUN_S, made_run, measured, run_lines, write_log

LOSS = Metric(MetricKind.LOSS, "discriminator")
KID = Metric(MetricKind.QUALITY, "kid")


def reported(images: int, value: float) -> dict[str, Any]:
    progress = {"images_seen": images, "elapsed_s": images / 10, "images_per_s": 10.0}
    return {
        "event": "MetricsReported",
        "time": BEGUN_S,
        "progress": {**progress, "remaining_s": None, "fraction": None},
        "losses": {"discriminator": value},
        "metrics": {"real_score": 0.5},
    }


def again(kind: str, images: int) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "RunResumed": {"elapsed_s": 1.0, "checkpoint": "checkpoint-000000000020"},
        "RolledBack": {"from_images_seen": 99, "rate_scale": 0.5},
    }
    return {"event": kind, "time": BEGUN_S, "images_seen": images, **fields[kind]}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return made_run(tmp_path / "runs", "one", training__batch_size=8)


def append(run: Path, lines: list[dict[str, Any]]) -> None:
    log = RunFolder(run).log_file
    before = log.read_bytes()
    write_log(run, lines)
    log.write_bytes(before + log.read_bytes())


def test_that_curves_have_images_seconds_and_values(run: Path):
    write_log(run, [reported(10, 3.0), reported(20, 2.0), measured(20, kid=0.5)])
    found = CurveReader(run).read()
    points = found.curves[LOSS]
    assert points.images.tolist() == [10, 20]
    assert points.seconds.tolist() == [1, 2]
    assert points.values.tolist() == [3, 2]
    assert found.curves[KID].values.tolist() == [0.5]
    assert found.curves[Metric(MetricKind.TRAINING, "real_score")].values.tolist() == [0.5, 0.5]
    assert found.summary.best == {"kid": 0.5}
    assert found.summary.config is not None
    assert found.summary.config.training.batch_size == 8


def test_that_a_log_that_grows_is_read_on_and_an_unchanged_one_is_not(run: Path):
    write_log(run, [reported(10, 3.0)])
    reader = CurveReader(run)
    first = reader.read()
    assert reader.read() is first
    append(run, [reported(20, 2.0)])
    second = reader.read()
    assert second is not first
    assert second.curves[LOSS].values.tolist() == [3, 2]
    assert first.curves[LOSS].values.tolist() == [3], "what was handed out never changes"


@pytest.mark.parametrize("kind", ["RunResumed", "RolledBack"])
def test_that_repeated_reports_replace_earlier_ones(run: Path, kind: str):
    lines = [reported(10, 3.0), reported(20, 2.0), reported(30, 9.0), measured(30, kid=9.0)]
    write_log(run, [*lines, again(kind, 20), reported(30, 1.0)])
    found = CurveReader(run).read()
    assert found.curves[LOSS].images.tolist() == [10, 20, 30]
    assert found.curves[LOSS].values.tolist() == [3, 2, 1]
    assert len(found.curves[KID].values) == 0
    assert found.summary.best == {}


def test_that_a_replaced_log_is_read_from_its_beginning(run: Path):
    write_log(run, [reported(10, 3.0), reported(20, 2.0)])
    reader = CurveReader(run)
    reader.read()
    log = RunFolder(run).log_file
    # The old file is kept, so that the new one cannot have its number.
    log.replace(log.with_suffix(".old"))
    write_log(run, [measured(7, kid=0.1)])
    assert {name: c.values.tolist() for name, c in reader.read().curves.items()} == {KID: [0.1]}


def test_that_weights_measured_again_count_once(run: Path):
    write_log(run, [measured(20, kid=0.5), measured(20, kid=0.7)])
    found = CurveReader(run).read()
    assert found.curves[KID].values.tolist() == [0.7]
    assert found.summary.best == {"kid": 0.7}


def test_that_a_long_curve_is_merged_in_pairs(run: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(curves, "MAX_POINTS", 8)
    write_log(run, [reported(10 * n, float(n)) for n in range(1, 20)])
    points = CurveReader(run).read().curves[LOSS]
    values = np.arange(1, 20)
    # Twice merged: every point is the mean of four reports, the last one of what is left.
    expected = [values[n : n + 4].mean() for n in range(0, 19, 4)]
    np.testing.assert_allclose(points.values, expected)
    np.testing.assert_allclose(points.images, 10 * np.array(expected))
    assert points.reports_per_point == 4


def test_that_non_finite_values_leave_a_gap(run: Path):
    write_log(run, [reported(10, 3.0), {**reported(20, 1.0), "losses": {"discriminator": None}}])
    assert CurveReader(run).read().curves[LOSS].images.tolist() == [10]


def test_that_a_stop_between_parts_is_taken_up_by_the_next_call(run: Path):
    write_log(run, [reported(10, 3.0), reported(20, 2.0)])
    control, reader = RunControl(), CurveReader(run)
    control.request_stop()
    reader.read(control)
    assert reader.read().curves[LOSS].values.tolist() == [3, 2]


def test_that_a_folder_without_a_run_has_no_curves(tmp_path: Path):
    found = CurveReader(tmp_path / "none").read()
    assert found.curves == {}
    assert found.summary.config is None


def test_that_the_best_figures_are_those_that_the_run_found_best():
    def evaluated(images: int, best: set[str], **metrics: float) -> EvaluationCompleted:
        return EvaluationCompleted(
            images_seen=images, elapsed_s=1.0, metrics=metrics, best=frozenset(best)
        )

    events = [
        evaluated(1, {"kid", "joint_coherence"}, kid=0.5, joint_coherence=0.2, kid_std=0.1),
        evaluated(2, {"joint_coherence"}, kid=0.9, joint_coherence=0.4, kid_std=0.3),
    ]
    # A figure without an order is the newest.
    assert best_values(events) == {"kid": 0.5, "joint_coherence": 0.4, "kid_std": 0.3}


def test_that_a_summary_says_the_same_as_the_curves(run: Path):
    write_log(run, [*run_lines(6400, None, kid=0.25), again("RunResumed", 6400)])
    assert read_summary(run) == CurveReader(run).read().summary
