import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.cli.main import main
from engine.control import RunControl
from engine.data.image_files import resize
from engine.data.image_shape import square
from engine.data.store import open_dataset, write_dataset
from engine.errors import DatasetChangedError, EvaluatorMissingError, StoppedError
from engine.events import (
    Alert,
    AlertChanged,
    CheckpointSaved,
    EvaluationCompleted,
    EvaluationStarted,
    MetricsReported,
    Outcome,
    Phase,
    PhaseChanged,
    RunPaused,
)
from engine.metrics.evaluate import NearestImages, evaluate_run
from engine.metrics.extractor import FeatureExtractor
from engine.metrics.report import EvaluationReport
from engine.metrics.verdict import JudgedRun, RunFacts, facts_of, judge, judge_run, worded
from engine.runs.checkpoint import read_tensors
from engine.runs.checkpoint_files import read_metadata
from engine.runs.event_log import RunLog
from engine.runs.folder import RunFolder
from engine.train import loop, monitor
from engine.train.run import train
from tests.helpers.tiny import tiny_config, tiny_dataset


@pytest.fixture
def run(tmp_path):
    data = tiny_dataset(tmp_path / "data", pairs=120)
    config = tiny_config(data, tmp_path / "run", images=32)
    train(config, lambda _event: None, RunControl())
    return config.run


@pytest.mark.slow
def test_that_a_run_is_measured_and_the_report_stays_with_it(run, tmp_path):
    report = evaluate_run(run, cache=tmp_path / "cache", count=100)
    assert {"kid", "precision", "text_validity", "novelty"} <= set(report.metrics)
    assert report.about["images seen"] == 32
    assert "local features" in report.about["features"]
    kept = json.loads((run / "evaluation.json").read_text("utf-8"))
    assert kept["verdict"]["text"].startswith("Images ")
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
    assert "Smaller differences are not significant." in " ".join(table.split())
    assert "\nImages " in table
    assert "What would help most: train longer: this run has seen only 32 images." in table
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
    assert Phase.EVALUATING not in phases, "training continues meanwhile, and a stop is a stop"
    (began,) = [event for event in events if isinstance(event, EvaluationStarted)]
    assert began.images_seen == measured.images_seen
    # Other steps were taken while these weights were measured; the best are those that were.
    metadata = read_metadata(folder.best_path("kid"))
    assert metadata.images_seen == measured.images_seen < events[-1].images_seen
    assert metadata.loop_state["best"]["kid"] == -measured.metrics["kid"]
    assert '"EvaluationCompleted"' in folder.log_file.read_text("utf-8")


def evaluated_config(tmp_path, **values):
    data = tiny_dataset(tmp_path / "data", pairs=120)
    config = tiny_config(data, tmp_path / "run", images=400)
    return config.with_values(reporting__eval_samples=100, **values)


def test_that_the_last_weights_are_measured_when_a_short_run_is_over(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "default_cache", lambda: tmp_path / "cache")
    events = []
    train(evaluated_config(tmp_path, reporting__evaluate_every_s=60.0), events.append, RunControl())
    (measured,) = [event for event in events if isinstance(event, EvaluationCompleted)]
    assert measured.images_seen == events[-1].images_seen == 400
    phases = [event.phase for event in events if isinstance(event, PhaseChanged)]
    assert phases[-2:] == [Phase.SAVING, Phase.EVALUATING]
    saved = next(event for event in events if isinstance(event, CheckpointSaved))
    assert events.index(saved) < events.index(measured), "nothing is lost if it is killed there"
    assert judge_run(tmp_path / "run").verdict is not None


@pytest.mark.parametrize("is_paused", [False, True])
def test_that_an_evaluation_is_made_on_request(tmp_path, monkeypatch, *, is_paused):
    monkeypatch.setattr(loop, "default_cache", lambda: tmp_path / "cache")
    config = evaluated_config(tmp_path, reporting__evaluate_every_s=0.0, images=0)
    control, events = RunControl(), []

    def emit(event):
        events.append(event)
        if isinstance(event, MetricsReported) and is_paused:
            control.request_pause()
        if isinstance(event, RunPaused if is_paused else MetricsReported):
            control.request_evaluation()
        if isinstance(event, EvaluationCompleted):
            control.request_stop()

    train(config, emit, control)
    measured = [event for event in events if isinstance(event, EvaluationCompleted)]
    assert len(measured) == 1
    assert events[-1].outcome is Outcome.STOPPED
    if is_paused:
        assert measured[0].images_seen == events[-1].images_seen


@pytest.mark.parametrize("releases", [False, True])
def test_that_the_last_evaluation_can_be_paused(tmp_path, monkeypatch, *, releases):
    monkeypatch.setattr(loop, "default_cache", lambda: tmp_path / "cache")
    control, events = RunControl(), []

    def emit(event):
        is_first = not any(isinstance(e, RunPaused) for e in events)
        if isinstance(event, EvaluationStarted) and is_first:
            control.request_pause(release=releases)
        if isinstance(event, RunPaused):
            control.request_resume()
        events.append(event)

    train(evaluated_config(tmp_path, reporting__evaluate_every_s=60.0), emit, control)
    assert any(isinstance(event, RunPaused) for event in events)
    (measured,) = [event for event in events if isinstance(event, EvaluationCompleted)]
    assert measured.images_seen == events[-1].images_seen == 400
    assert events[-1].outcome is Outcome.FINISHED


def test_that_evaluations_change_no_number_of_the_training(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "default_cache", lambda: tmp_path / "cache")
    tensors, config = [], evaluated_config(tmp_path)
    for name, every_s in (("with", 0.01), ("without", 0.0)):
        events = []
        changed = config.with_values(run=tmp_path / name, reporting__evaluate_every_s=every_s)
        train(changed, events.append, RunControl())
        measured = [event for event in events if isinstance(event, EvaluationCompleted)]
        assert bool(measured) == (name == "with")
        tensors.append(read_tensors(RunFolder(tmp_path / name).latest_checkpoint(), ""))
    one, other = tensors
    assert one.keys() == other.keys()
    assert not [key for key in one if not torch.equal(one[key], other[key])]


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
    assert "not significant" in " ".join(text.split()), "KID alone tells runs apart only roughly"


# What the figures say in one sentence, and what would help most.


FACTS = RunFacts(
    pairs=60_000,
    dataset_px=28,
    image_px=32,
    word_uses=6_000.0,
    classes=10,
    rarest=0.09,
    class_balance=0.0,
    preset="cpu-tiny",
    suitable_preset="cpu-tiny",
)
FINE = {
    "kid": 0.005,
    "kid_n": 1_000.0,
    "precision": 0.9,
    "coverage": 0.93,
    "grid": 1.1,
    "texture": 1.5,
    "joint_coherence": 0.98,
    "joint_coherence_baseline": 0.1,
    "joint_coherence_upper_bound": 0.99,
    "text_validity": 0.99,
    "covered_modes": 1.0,
    "memorisation": 0.01,
    "novelty": 1.0,
}
FREE = {"match": 0.35, "match_baseline": 0.01, "match_upper_bound": 0.36, "joint_coherence": None}


def verdict_of(changes=(), *, seen=300_000, history=(), **facts):
    metrics = {**FINE, **dict(changes)}
    known = {name: value for name, value in metrics.items() if value is not None}
    return judge(known, seen, history, replace(FACTS, **facts))


@pytest.mark.parametrize(
    ("changes", "facts", "reason", "remedy"),
    [
        ({}, {}, None, None),
        ({"memorisation": 0.2}, {}, "copies", "more_pictures"),
        ({"novelty": 0.9}, {}, "copies", "more_pictures"),
        ({"coverage": 0.5}, {"seen": 40_000}, "short_run", "train_longer"),
        ({"coverage": 0.5}, {"pairs": 900}, "few_pictures", "more_pictures"),
        ({"coverage": 0.5}, {}, None, None),
        ({"grid": 7.0}, {"suitable_preset": "cpu-colour"}, "grid", "another_preset"),
        ({"grid": 0.3}, {"suitable_preset": "cpu-colour"}, "grid", "another_preset"),
        ({"grid": 7.0}, {"seen": 40_000}, "short_run", "train_longer"),
        ({"precision": 0.2}, {"suitable_preset": "laptop"}, "realism", "another_preset"),
        ({"covered_modes": 0.8}, {"rarest": 0.001}, "classes_missing", "balance"),
        ({"covered_modes": 0.8}, {"rarest": 0.001, "class_balance": 1.0}, None, None),
        ({"covered_modes": 0.8}, {"rarest": 0.001, "classes": 200}, None, None),
        ({"covered_modes": 0.8}, {}, None, None),
        ({"joint_coherence": 0.4}, {"word_uses": 2.5}, "rare_words", "regular_words"),
        (FREE, {"word_uses": 2.5}, "rare_words", "regular_words"),
        (FREE, {"word_uses": 2.5, "seen": 40_000, "pairs": 900}, "rare_words", "regular_words"),
        ({"joint_coherence": 0.4}, {"pairs": 900}, "few_pictures", "more_pictures"),
        ({}, {"dataset_px": 128}, "small_images", "larger_images"),
        ({"coverage": 0.5}, {"dataset_px": 128}, None, None),
    ],
)
def test_that_each_shortcoming_has_its_remedy(changes, facts, reason, remedy):
    verdict = verdict_of(changes, **facts)
    assert verdict is not None
    assert (verdict.reason, verdict.remedy) == (reason, remedy)
    sentence, advice = worded(verdict)
    assert sentence.startswith("Images ")
    assert "{" not in sentence + advice
    assert ("What would help most" in advice) == (remedy is not None)


@pytest.mark.parametrize(
    ("metric", "before", "after", "reason"),
    [
        ("coverage", 0.48, 0.56, "coverage_rises"),
        ("coverage", 0.54, 0.56, None),
        ("coverage", 0.84, 0.93, None),
        ("joint_coherence", 0.4, 0.5, "coherence_rises"),
        ("joint_coherence", 0.47, 0.5, None),
    ],
)
def test_that_a_figure_that_still_rises_asks_for_more_training(metric, before, after, reason):
    history = [
        (images, {metric: value})
        for images, value in [(100_000, 0.1), (220_000, before), (260_000, 0.9), (300_000, after)]
    ]
    verdict = verdict_of({metric: after}, history=history)
    assert verdict is not None
    assert verdict.reason == reason
    if reason == "coverage_rises":
        assert worded(verdict)[1] == (
            "What would help most: train longer: coverage was still rising (0.48 after 220,000 "
            "images, 0.56 after 300,000)."
        )


def test_that_copies_are_not_cured_by_more_training():
    history = [(200_000, {"coverage": 0.4}), (300_000, {"coverage": 0.5})]
    verdict = verdict_of({"coverage": 0.5, "memorisation": 0.3}, history=history)
    assert verdict is not None
    assert verdict.reason == "copies"


@pytest.mark.parametrize("kid", [-0.01, 0.0, 0.05, 9.0, None])
def test_that_kid_decides_nothing(kid):
    for changes in ({}, {"coverage": 0.5}, FREE):
        assert verdict_of({**changes, "kid": kid}) == verdict_of(changes)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {},
            (
                "Images match their captions as real ones do (99 % of the upper bound) and cover "
                "the variety of the training images (93 %)."
            ),
        ),
        (
            {"coverage": 0.56},
            (
                "Images match their captions as real ones do (99 % of the upper bound), but cover "
                "only 56 % of the variety of the training images."
            ),
        ),
        (
            {**FREE, "coverage": 0.56, "texture": 4.9},
            (
                "Images match their captions as far as the evaluator can tell (it recognises only "
                "36 % of real ones), but lack the texture of real images (distance 4.9, other real "
                "images have 1) and cover only 56 % of the variety of the training images."
            ),
        ),
        (
            {"joint_coherence": 0.3, "grid": 0.2},
            (
                "Images rarely match their captions (30 % of the upper bound) and are blurred "
                "(grid 0.2, real images have 1)."
            ),
        ),
        (
            {"joint_coherence": None, "precision": 0.31},
            "Images mostly resemble no real image (only 31 % do).",
        ),
        # The evaluator cannot tell even real pairs from others.
        (
            {**FREE, "match_upper_bound": 0.015, "match": 0.02},
            "Images cover the variety of the training images (93 %).",
        ),
    ],
)
def test_that_one_sentence_sums_up_the_figures(changes, sentence):
    verdict = verdict_of(changes)
    assert verdict is not None
    assert worded(verdict)[0] == sentence


def test_that_presets_have_their_names_on_the_command_line_and_titles_in_the_window():
    verdict = verdict_of({"grid": 8.0}, suitable_preset="cpu-colour")
    assert verdict is not None
    assert "“cpu-colour” suits this dataset better than “cpu-tiny”" in worded(verdict)[1]
    assert "“Colour, for the CPU” suits" in worded(verdict, str)[1]


def test_that_nothing_measured_is_no_verdict():
    assert judge({"kid": 0.1}, 100, [], FACTS) is None
    assert judge({"coverage": float("nan")}, 100, [], FACTS) is None


def test_that_facts_about_words_and_classes_are_counted(tmp_path):
    images = np.zeros((6, 8, 16, 3), dtype=np.uint8)
    texts = ["red cat", "red cat", "red dog", "Red  Dog", "blue dog", "red cat"]
    records = [
        {"text": text, "split": "held_out" if row == 5 else "train"}
        for row, text in enumerate(texts)
    ]
    write_dataset(
        tmp_path / "d", name="d", title="", images=images, records=records, licence="", source=""
    )
    config = tiny_config(tmp_path / "d", tmp_path / "run")
    facts = facts_of(config, open_dataset(tmp_path / "d"))
    assert (facts.pairs, facts.classes, facts.dataset_px, facts.image_px) == (5, 3, 16, 32)
    assert facts.word_uses == pytest.approx((4 + 2 + 3 + 1) / 4)
    assert facts.rarest == pytest.approx(1 / 5)
    assert facts.suitable_preset == "cpu-colour"


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b'{"about": 3}', b'{"about": {"images seen": "x"}, "metrics": {}}'],
)
def test_that_a_damaged_report_is_no_verdict(run, content):
    (run / "evaluation.json").write_bytes(content)
    assert judge_run(run) == JudgedRun(folder=run)


def test_that_the_newest_evaluation_is_judged_and_a_changed_dataset_is_not(run, tmp_path):
    version = RunFolder(run).read_model().dataset_version
    log = RunLog(RunFolder(run).log_file)
    for images, coverage in ((16, 0.3), (32, 0.5)):
        metrics = {"coverage": coverage}
        log.record(EvaluationCompleted(images_seen=images, elapsed_s=1.0, metrics=metrics))
    log.close()
    judged = judge_run(run)
    assert judged.report is None
    assert judged.verdict is not None
    assert judged.verdict.reason == "coverage_rises"
    report = {
        "about": {"images seen": 40, "dataset version": version},
        "metrics": {"coverage": 0.95},
    }
    (run / "evaluation.json").write_text(json.dumps(report), "utf-8")
    verdict = judge_run(run).verdict
    assert verdict is not None
    assert verdict.claims == ("varied",)
    other = tiny_dataset(tmp_path / "other", pairs=124)
    folder = RunFolder(run)
    folder.write_config(folder.read_config().with_values(dataset=other))
    assert judge_run(run).verdict is None


def test_that_a_stop_is_seen_while_images_are_loaded(tmp_path):
    dataset = open_dataset(tiny_dataset(tmp_path / "data", pairs=80))
    control, rows = RunControl(), dataset.complete_rows("train")
    extractor = FeatureExtractor(dataset, square(16), tmp_path / "cache", control)
    loaded = extractor.images_of(rows)
    assert np.array_equal(loaded, resize(dataset.images_of(rows), square(16)))
    control.request_stop()
    with pytest.raises(StoppedError):
        extractor.images_of(rows)


# The training image that is nearest to a generated one.


def test_that_the_nearest_training_image_is_that_of_brute_force(tmp_path):
    dataset = open_dataset(tiny_dataset(tmp_path / "data", pairs=80))
    cache = tmp_path / "cache"
    with pytest.raises(EvaluatorMissingError):
        NearestImages(dataset, square(32), cache, RunControl(), may_train=False)
    control = RunControl()
    search = NearestImages(dataset, square(32), cache, control, may_train=True)
    control.request_stop()
    rows = dataset.complete_rows("train")
    copy = np.repeat(dataset.images_of(rows[7:8])[0], 3, axis=2)
    found = search.find(copy)
    assert np.array_equal(found.image, copy)
    assert (found.text, found.likeness) == (dataset.texts[rows[7]], "copy")
    assert found.distance == pytest.approx(0.0, abs=1e-3)
    assert found.closer_than == 1.0
    extractor = FeatureExtractor(dataset, square(32), cache, None)
    training = extractor.features_of(rows)
    validation = extractor.features_of(dataset.complete_rows("held_out"))
    usual = np.linalg.norm(validation[:, None] - training[None], axis=2).min(1)
    made = np.random.default_rng(3).integers(0, 255, (32, 32, 3), dtype=np.uint8)
    features, _said = extractor.extract(made[None])
    distances = np.linalg.norm(training - features, axis=1)
    found = search.find(made)
    assert found.text == dataset.texts[rows[distances.argmin()]]
    assert np.array_equal(found.image[..., :1], dataset.images_of(rows[[distances.argmin()]])[0])
    assert found.distance == pytest.approx(distances.min())
    assert found.closer_than == pytest.approx((usual > distances.min()).mean())
    assert found.is_validated
    again = NearestImages(dataset, square(32), cache, RunControl(), may_train=False)
    assert again.find(made).distance == found.distance
