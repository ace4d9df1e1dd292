import dataclasses
import math
from typing import Any, cast

import numpy as np
import pytest
import torch

from engine.config.toml import config_hash
from engine.control import RunControl
from engine.data.store import open_dataset
from engine.data.tokenizers import Vocabulary
from engine.errors import (
    ConfigError,
    DatasetMissingError,
    DeviceUnavailableError,
    FolderInUseError,
    MemoryExhaustedError,
    StoppedError,
)
from engine.events import (
    CheckpointSaved,
    MetricsReported,
    Outcome,
    Phase,
    PhaseChanged,
    PreviewFailed,
    PreviewReady,
    RunEnded,
    RunReady,
)
from engine.modalities.registry import build_modalities
from engine.runs.checkpoint import read_tensors
from engine.runs.checkpoint_files import read_metadata
from engine.runs.event_reader import read_losses
from engine.runs.folder import RunFolder
from engine.sample.load import load_run
from engine.sample.preview_sheet import read_sheet
from engine.train import periodic, setup
from engine.train.data import load_training_data, model_metadata
from engine.train.loop import TrainingLoop
from engine.train.run import resume, train
from engine.train.setup import PROBE_ITEMS, measure_throughput
from tests.helpers.tiny import text_facts, tiny_config, tiny_dataset, unpaired_dataset


@pytest.fixture
def dataset(tmp_path):
    return tiny_dataset(tmp_path / "data")


def events_of(config, control=None, react=None):
    events = []

    def emit(event):
        events.append(event)
        if react:
            react(event)

    train(config, emit, control or RunControl())
    return events


def of(events, kind):
    return [event for event in events if isinstance(event, kind)]


def test_that_a_run_tells_its_story_in_order(tmp_path, dataset):
    events = events_of(tiny_config(dataset, tmp_path / "run"))
    phases = [event.phase for event in of(events, PhaseChanged)]
    assert phases == [Phase.LOADING, Phase.WARMING_UP, Phase.TRAINING, Phase.SAVING]
    assert len(of(events, RunReady)) == len(of(events, RunEnded)) == 1
    assert isinstance(events[-1], RunEnded)
    assert events[-1].outcome is Outcome.FINISHED
    assert events[-1].images_seen == 64


def test_that_a_run_leaves_what_others_can_read(tmp_path, dataset):
    config = tiny_config(dataset, tmp_path / "run")
    events = events_of(config)
    folder = RunFolder(tmp_path / "run")
    resolved = {"training__precision": "fp32", "data__storage": "resident"}
    assert folder.read_config() == config.with_values(**resolved)
    assert cast("Vocabulary", text_facts(folder.read_model()).tokenizer).units == (
        "dark",
        "grey",
        "light",
    )
    assert read_metadata(folder.latest_checkpoint()).config_hash == config_hash(
        folder.read_config()
    )
    assert len(list(read_losses(folder.log_file))) >= 1
    last = of(events, PreviewReady)[-1]
    sheet = read_sheet(last.path)
    assert sheet.texts == last.texts
    assert np.array_equal(sheet.images, last.images)


@pytest.mark.parametrize(
    ("native", "bf16_rate", "precision"),
    [(True, 1.2, "bf16"), (True, 1.05, "fp32"), (False, 2.0, "fp32")],
)
def test_that_bf16_is_taken_where_steps_with_it_are_clearly_faster(
    tmp_path, dataset, monkeypatch, native, bf16_rate, precision
):
    probed = []

    def rate(config, *_args, **_kwargs):
        probed.append((config.training.precision, config.training.batch_size))
        return bf16_rate if config.training.precision == "bf16" else 1.0

    monkeypatch.setattr(setup, "has_bf16", lambda _device: native)
    monkeypatch.setattr(setup, "_training_speed", rate)
    config = tiny_config(dataset, tmp_path / "run", images=16)
    config = config.with_values(training__precision="auto")
    assert of(events_of(config), RunEnded)[-1].outcome is Outcome.FINISHED
    size = config.training.batch_size
    assert probed == ([("fp32", size), ("bf16", size)] if native else [])
    assert RunFolder(tmp_path / "run").read_config().training.precision == precision
    resume(RunFolder(config.run).read_config().with_values(images=32), lambda _: None, RunControl())
    assert len(probed) == 2 * native, "a resumed run keeps its precision"


@pytest.mark.parametrize(("family", "scale"), [("adversarial", "spread"), ("hybrid", "none")])
def test_that_the_family_decides_the_scale_of_the_penalty(tmp_path, dataset, family, scale):
    config = tiny_config(dataset, tmp_path / "run", images=16)
    events_of(config.with_values(family=family, training__penalty_scale="auto"))
    assert RunFolder(tmp_path / "run").read_config().training.penalty_scale == scale


def test_that_the_precision_probe_leaves_the_run_as_it_is(tmp_path, dataset, monkeypatch):
    tensors = []
    for native in (False, True):
        monkeypatch.setattr(setup, "has_bf16", lambda _device, native=native: native)
        monkeypatch.setattr(setup, "MIN_BF16_SPEEDUP", 1e9)
        run = tmp_path / str(native)
        events_of(tiny_config(dataset, run).with_values(training__precision="auto"))
        tensors.append(read_tensors(RunFolder(run).latest_checkpoint(), "generator."))
    assert all(torch.equal(tensors[0][name], tensors[1][name]) for name in tensors[0])


def test_that_equal_configurations_give_equal_weights(tmp_path, dataset):
    tensors = []
    for name in ("a", "b"):
        events_of(tiny_config(dataset, tmp_path / name))
        tensors.append(read_tensors(RunFolder(tmp_path / name).latest_checkpoint(), "generator."))
    assert all(torch.equal(tensors[0][name], tensors[1][name]) for name in tensors[0])


def test_that_previews_show_the_same_noise_and_change_as_the_run_goes_on(tmp_path, dataset):
    previews_seen = of(events_of(tiny_config(dataset, tmp_path / "run", images=400)), PreviewReady)
    assert previews_seen[0].images_seen == 0
    assert previews_seen[-1].images_seen == 400
    assert previews_seen[0].images.shape == (4, 32, 32, 3)
    assert not np.array_equal(previews_seen[0].images, previews_seen[-1].images)


def test_that_a_stop_ends_the_run_within_one_batch_and_saves(tmp_path, dataset):
    control = RunControl()
    seen = []

    def stop(event):
        if isinstance(event, MetricsReported) and not control.is_stop_requested:
            seen.append(event.progress.images_seen)
            control.request_stop()

    config = tiny_config(dataset, tmp_path / "run", images=10**9)
    ended = events_of(config, control, stop)[-1]
    assert ended.outcome is Outcome.STOPPED
    assert ended.images_seen <= seen[0] + 8
    run = load_run(config.run, torch.device("cpu"))
    assert run.checkpoint.images_seen == ended.images_seen


def test_that_a_stop_while_loading_ends_the_run_without_a_checkpoint(tmp_path, dataset):
    control = RunControl()
    control.request_stop()
    events = events_of(tiny_config(dataset, tmp_path / "run"), control)
    assert events[-1].outcome is Outcome.STOPPED
    assert events[-1].images_seen == 0
    assert not of(events, CheckpointSaved)


def test_that_a_checkpoint_comes_when_asked_for(tmp_path, dataset):
    control = RunControl()
    asked = []

    def ask(event):
        if isinstance(event, MetricsReported) and not asked:
            asked.append(event.progress.images_seen)
            control.request_checkpoint()

    saved = of(
        events_of(tiny_config(dataset, tmp_path / "run", images=400), control, ask),
        CheckpointSaved,
    )
    assert asked[0] <= saved[0].images_seen <= asked[0] + 8
    assert saved[-1].images_seen == 400


@pytest.mark.slow
def test_that_only_the_latest_checkpoints_are_kept(tmp_path, dataset, monkeypatch):
    monkeypatch.setattr("engine.train.metrics.INTERVAL_S", 0.0)
    control = RunControl()

    def ask(event):
        if isinstance(event, MetricsReported):
            control.request_checkpoint()

    config = tiny_config(dataset, tmp_path / "run", images=64)
    saved = of(events_of(config, control, ask), CheckpointSaved)
    kept = RunFolder(config.run).checkpoint_paths()
    assert len(saved) > 3
    assert kept == [event.path for event in saved[-3:]]


def failure(config, kind, problem_log):
    ended = events_of(config)[-1]
    assert ended.outcome is Outcome.FAILED
    assert isinstance(ended.error, kind)
    problem_log.expect("failed")
    return ended


def test_that_an_older_run_of_wasserstein_and_r1_resumes_but_no_new_one_starts(
    tmp_path, dataset, problem_log, monkeypatch
):
    config = tiny_config(dataset, tmp_path / "run", images=16)
    config = config.with_values(training__adversarial_loss="wasserstein")
    failure(config, ConfigError, problem_log)
    assert not config.run.exists()
    monkeypatch.setattr("engine.train.run.check_new_run", lambda _config: None)
    assert events_of(config)[-1].outcome is Outcome.FINISHED
    monkeypatch.undo()
    longer = RunFolder(config.run).read_config().with_values(images=32)
    events: list[Any] = []
    resume(longer, events.append, RunControl())
    assert (events[-1].outcome, events[-1].images_seen) == (Outcome.FINISHED, 32)


def test_that_a_missing_dataset_fails_the_run(tmp_path, problem_log):
    failure(tiny_config(tmp_path / "no", tmp_path / "run"), DatasetMissingError, problem_log)


def test_that_a_missing_gpu_fails_the_run(tmp_path, dataset, problem_log, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    config = tiny_config(dataset, tmp_path / "run").with_values(device="cuda")
    failure(config, DeviceUnavailableError, problem_log)


def test_that_a_used_run_folder_is_left_alone(tmp_path, dataset, problem_log):
    config = tiny_config(dataset, tmp_path / "run")
    events_of(config)
    before = sorted(path.name for path in config.run.rglob("*"))
    failure(config, FolderInUseError, problem_log)
    assert sorted(path.name for path in config.run.rglob("*")) == before


def test_that_a_failed_preview_does_not_end_the_run(tmp_path, dataset, problem_log, monkeypatch):
    def fail(*_args, **_kwargs):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(periodic, "write_sheet", fail)
    events = events_of(tiny_config(dataset, tmp_path / "run"))
    assert events[-1].outcome is Outcome.FINISHED
    assert isinstance(of(events, PreviewFailed)[0].error, OSError)
    while problem_log.unexpected:
        problem_log.expect("A preview failed")


def test_that_images_are_resized_and_colours_kept(tmp_path):
    dataset = tiny_dataset(tmp_path / "data", size=16, channels=3)
    events = events_of(tiny_config(dataset, tmp_path / "run"))
    assert of(events, PreviewReady)[-1].images.shape == (4, 32, 32, 3)


def test_that_the_loop_runs_its_due_tasks_in_order_after_each_step(tmp_path, dataset, monkeypatch):
    ran = []
    init = TrainingLoop.__init__

    def recorded(task):
        def run():
            ran.append((task.name, loops[0]._context.clock.images_seen))

        return dataclasses.replace(task, is_due=lambda: "evaluation" not in task.name, run=run)

    def replace_tasks(loop, *args):
        init(loop, *args)
        loop.tasks = tuple(recorded(task) for task in loop.tasks)
        loops.append(loop)

    loops = []
    monkeypatch.setattr(TrainingLoop, "__init__", replace_tasks)
    events_of(tiny_config(dataset, tmp_path / "run", images=16))
    names = ("report", "verification", "checkpoint", "preview")
    assert ran == [(name, images) for images in (8, 16) for name in names]


def test_that_the_speed_is_measured_on_the_real_networks_and_nothing_is_written(
    tmp_path, dataset, monkeypatch
):
    monkeypatch.setattr("engine.train.setup.PROBE_S", 0.05)
    config = tiny_config(dataset, tmp_path / "run")
    files = sorted(tmp_path.rglob("*"))
    for family in ("hybrid", "mopoe"):
        speed = measure_throughput(config.with_values(family=family), RunControl())
        assert math.isfinite(speed)
        assert speed > 0
    unpaired = config.with_values(dataset=unpaired_dataset(tmp_path / "half"))
    files = sorted(tmp_path.rglob("*"))
    assert measure_throughput(unpaired, RunControl()) > 0
    assert sorted(tmp_path.rglob("*")) == files


def test_that_the_speed_of_a_batch_to_be_selected_is_measured(tmp_path, dataset, monkeypatch):
    monkeypatch.setattr("engine.train.setup.PROBE_S", 0.05)
    monkeypatch.setattr("engine.train.batch_size.CANDIDATES", (4, 8))
    config = tiny_config(dataset, tmp_path / "run").with_values(training__batch_size=0)
    assert measure_throughput(config, RunControl()) > 0


def test_that_measuring_the_speed_can_be_stopped(tmp_path, dataset):
    control = RunControl()
    control.request_stop()
    with pytest.raises(StoppedError):
        measure_throughput(tiny_config(dataset, tmp_path / "run"), control)


def test_that_a_batch_too_large_to_measure_is_said_so(tmp_path, dataset, monkeypatch):
    def full(*_arguments: object, **_values: object) -> None:
        raise torch.OutOfMemoryError

    monkeypatch.setattr("engine.train.setup.build_step", full)
    with pytest.raises(MemoryExhaustedError, match="A batch of 8"):
        measure_throughput(tiny_config(dataset, tmp_path / "run"), RunControl())


def test_that_a_measurement_loads_a_part_of_the_data_and_augments_as_the_whole(tmp_path):
    folder = tiny_dataset(tmp_path / "large", pairs=2 * PROBE_ITEMS, size=32)
    dataset = open_dataset(folder)
    config = tiny_config(folder, tmp_path / "run")
    metadata, _config = model_metadata(config, dataset)
    modalities = build_modalities(metadata.columns, config.networks)
    cpu = torch.device("cpu")
    whole = load_training_data(config, dataset, metadata, modalities, cpu)
    part = load_training_data(config, dataset, metadata, modalities, cpu, max_items=40)
    assert isinstance(whole.stored, dict)
    assert isinstance(part.stored, dict)
    assert len(part.stored["image"].rows) == len(part.stored["text"].rows) == 40
    assert part.count == whole.count == len(whole.stored["image"].rows)
    assert part.augmenters.keys() == whole.augmenters.keys()
    # Each image keeps its own text.
    shades = part.stored["image"].rows.float().mean((1, 2, 3))
    words = [
        text_facts(metadata).tokenizer.decode(row.tolist()) for row in part.stored["text"].rows
    ]
    expected = {"dark": 40, "light": 215, "grey": 128}
    assert all(abs(s - expected[w]) < 20 for s, w in zip(shades.tolist(), words, strict=True))
