import json

import pytest

from engine.cli.main import main
from engine.control import RunControl
from engine.errors import DatasetChangedError
from engine.events import Alert, AlertChanged, EvaluationCompleted, Phase, PhaseChanged
from engine.metrics.evaluate import EvaluationReport, evaluate_run
from engine.runs.folder import RunFolder
from engine.train import loop, monitor
from engine.train.run import train
from tests.helpers.tiny import tiny_config, tiny_dataset


@pytest.fixture
def run(tmp_path):
    data = tiny_dataset(tmp_path / "data", pairs=120)
    config = tiny_config(data, tmp_path / "run", images=32)
    config = config.with_values(reporting__evaluate_every_s=0.0)
    train(config, lambda _event: None, RunControl())
    return config.run


@pytest.mark.slow
def test_that_a_run_is_measured_and_the_report_stays_with_it(run, tmp_path):
    report = evaluate_run(run, cache=tmp_path / "cache", count=100)
    assert {"kid", "precision", "text_validity", "novelty"} <= set(report.metrics)
    assert report.about["images seen"] == 32
    assert "local features" in report.about["features"]
    kept = json.loads((run / "evaluation.json").read_text("utf-8"))
    assert kept["metrics"]["kid"] == pytest.approx(report.metrics["kid"], abs=1e-6)
    again = evaluate_run(run, cache=tmp_path / "cache", count=100)
    assert again.metrics == report.metrics


def test_that_a_changed_dataset_is_refused_unless_asked_for(run, tmp_path):
    other = tiny_dataset(tmp_path / "other", pairs=124)
    folder = RunFolder(run)
    folder.write_config(folder.read_config().with_values(dataset=other))
    with pytest.raises(DatasetChangedError):
        evaluate_run(run, cache=tmp_path / "cache", count=100)
    assert evaluate_run(run, cache=tmp_path / "cache", count=100, dataset=other).metrics


def test_that_the_command_prints_a_table_or_json(run, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("engine.metrics.extractor.default_cache", lambda: tmp_path / "cache")
    assert main(["evaluate", "--run", str(run), "--count", "100"]) == 0
    table = capsys.readouterr().out
    assert "kid" in table
    assert "Coherence" in table
    assert main(["evaluate", "--run", str(run), "--count", "100", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["about"]["family"] == "hybrid"
    assert main(["evaluate", "--run", str(tmp_path / "no")]) == 2
    assert "There is no run" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["evaluate", "--run", str(run), "--count", "5"])


def test_that_quality_is_measured_in_mid_run_and_the_best_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "default_cache", lambda: tmp_path / "cache")
    data = tiny_dataset(tmp_path / "data", pairs=120)
    config = tiny_config(data, tmp_path / "run", images=0).with_values(
        reporting__evaluate_every_s=0.01, reporting__eval_samples=100
    )
    control, events = RunControl(), []

    def emit(event):
        events.append(event)
        if isinstance(event, EvaluationCompleted):
            control.request_stop()

    train(config, emit, control)
    measured = next(event for event in events if isinstance(event, EvaluationCompleted))
    assert "kid" in measured.best
    folder = RunFolder(config.run)
    assert folder.chosen_checkpoint("kid") == folder.best_path("kid")
    phases = [event.phase for event in events if isinstance(event, PhaseChanged)]
    assert phases.index(Phase.EVALUATING) < phases.index(Phase.SAVING)
    assert '"EvaluationCompleted"' in folder.log_file.read_text("utf-8")


def test_that_a_grid_raises_an_alert_in_mid_run(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "default_cache", lambda: tmp_path / "cache")
    monkeypatch.setattr(monitor, "GRACE_IMAGES", 0)
    monkeypatch.setattr(monitor, "EVALUATION_GRACE_IMAGES", 0)
    monkeypatch.setattr("engine.metrics.texture.grid_ratio", lambda *_args: 43.0)
    data = tiny_dataset(tmp_path / "data", pairs=120)
    config = tiny_config(data, tmp_path / "run", images=0).with_values(
        reporting__evaluate_every_s=0.01, reporting__eval_samples=100
    )
    control, alerts = RunControl(), []

    def emit(event):
        if isinstance(event, EvaluationCompleted):
            assert event.metrics["grid"] == 43.0
            control.request_stop()
        if isinstance(event, AlertChanged) and event.alert is Alert.GRID:
            alerts.append(event)

    train(config, emit, control)
    (raised,) = alerts
    assert raised.is_raised
    assert raised.evidence == {"grid": 43.0}


def test_that_a_report_says_what_is_absent_and_why():
    report = EvaluationReport(
        metrics={"kid": 0.5, "kid_std": 0.1, "joint_coherence": 0.9},
        absent={"fid": "needs 640 items"},
        about={"run": "mine"},
    )
    text = report.to_text()
    assert "run: mine" in text
    assert "(std 0.1)" in text
    assert "(needs 640 items)" in text
    assert json.loads(report.to_json())["absent"] == {"fid": "needs 640 items"}
