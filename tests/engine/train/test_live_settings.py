"""Settings change while a run trains, and the run stays exactly repeatable: bit for bit."""

import shlex
from typing import Any

import pytest
import torch

from engine.cli import train as train_command
from engine.cli.main import _parser
from engine.config.changes import settings_at, with_changes
from engine.config.presets import config_from_preset
from engine.control import RunControl
from engine.errors import ConfigError, DiskFullError
from engine.events import (
    MetricsReported,
    Outcome,
    RolledBack,
    RunEnded,
    RunPaused,
    SettingsChanged,
    SettingsRejected,
)
from engine.runs.branching import make_branch
from engine.runs.checkpoint import read_tensors
from engine.runs.checkpoint_files import read_metadata
from engine.runs.command import quoted, repeating_arguments
from engine.runs.event_reader import read_events
from engine.runs.folder import RunFolder
from engine.train.divergence import MAX_SKIPPED
from engine.train.run import resume, train
from tests.helpers.run_story import Poison, RunStory, images_of
from tests.helpers.tiny import tiny_config, tiny_dataset

IMAGES, BATCH = 72, 8
SAVED_AT, CHANGED_AT, CHANGED_AGAIN_AT = 16, 24, 48
KINDS: dict[str, tuple[dict[str, Any], dict[str, object], dict[str, object]]] = {
    "rates": (
        {},
        {"training.learning_rate": 3e-3, "training.text_learning_rate": 4e-3},
        {"training.learning_rate": 2e-4, "training.final_learning_rate": 0.0},
    ),
    "weights": (
        {},
        {"training.penalty_weight": 0.5, "training.text_nll_weight": 3.0},
        {"training.penalty_weight": 0.0, "training.ema_half_life": 16.0},
    ),
    "columns": (
        {},
        {"training.column_weights": "text=0.25, image=2"},
        {"training.column_weights": ""},
    ),
    "none, ada, diffaugment": (
        {"data__augmentation": "none"},
        {"data.augmentation": "ada"},
        {"data.augmentation": "diffaugment"},
    ),
    "ada, none, adversarial": (
        {"family": "adversarial", "data__augmentation": "ada"},
        {"data.augmentation": "none", "training.penalty_weight": 9.0},
        {"data.augmentation": "ada"},
    ),
    "mvae": (
        {"family": "mvae"},
        {"variational.kl_weight": 3.0, "variational.text_weight": 1.0},
        {"training.learning_rate": 5e-3},
    ),
    "mopoe": (
        {"family": "mopoe"},
        {"training.column_weights": "image=0.1"},
        {"variational.kl_weight": 0.0},
    ),
}
"""By name: values of the run, what changes first, and what later."""


class Killed(BaseException):
    """Ends a run as a signal would: nothing more is saved, and no end is reported."""


@pytest.fixture(autouse=True)
def reports_every_step(monkeypatch):
    monkeypatch.setattr("engine.train.metrics.INTERVAL_S", 0.0)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return tiny_dataset(tmp_path_factory.mktemp("live") / "data")


def config_of(dataset, run, **values):
    return tiny_config(dataset, run, images=IMAGES).with_values(
        training__reg_interval=4,
        reporting__evaluate_every_s=0.0,
        # Only the checkpoints that a test requests, however slow the machine is.
        reporting__checkpoint_every_s=3600.0,
        **values,
    )


class Changing:
    """Receives events; requests changes, a checkpoint or the end after some images."""

    def __init__(self, requests, *, saves_at=0, stops_at=0, dies_at=0):
        self.control, self.events, self._requests = RunControl(), [], dict(requests)
        self._saves_at, self._stops_at, self._dies_at = saves_at, stops_at, dies_at

    def __call__(self, event):
        self.events.append(event)
        if not isinstance(event, MetricsReported) or not event.progress.images_seen:
            return
        images = event.progress.images_seen
        if images == self._saves_at:
            self.control.request_checkpoint()
        if images in self._requests:
            self.control.request_changes(self._requests.pop(images))
        if images == self._stops_at:
            self.control.request_stop()
        if images == self._dies_at:
            raise Killed

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]


def run_with(config, requests, way=train, **options):
    emit = Changing(requests, **options)
    way(config, emit, emit.control)
    (ended,) = emit.of(RunEnded)
    assert ended.outcome is not Outcome.FAILED, ended.error
    return emit


def final_tensors(run):
    return read_tensors(RunFolder(run).latest_checkpoint(), "")


def assert_equal(one, other):
    one, other = final_tensors(one), final_tensors(other)
    assert one.keys() == other.keys()
    assert [name for name in one if not torch.equal(one[name], other[name])] == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_run_with_live_changes_is_repeated_and_resumed_bit_for_bit(tmp_path, dataset, kind):
    values, first, second = KINDS[kind]
    requests = {CHANGED_AT: first, CHANGED_AGAIN_AT: second}
    live = config_of(dataset, tmp_path / "live", **values)
    emit = run_with(live, requests)
    changed = emit.of(SettingsChanged)
    assert {(e.images_seen, e.step, e.field) for e in changed} == {
        (images, images // BATCH, name) for images, names in requests.items() for name in names
    }
    plain = config_of(dataset, tmp_path / "plain", **values)
    run_with(plain, {})
    ours, theirs = final_tensors(live.run), final_tensors(plain.run)
    assert any(n not in theirs or not torch.equal(t, theirs[n]) for n, t in ours.items())
    # The command that the run prints, read as the command line does.
    line = shlex.split(quoted(repeating_arguments(live.run)))[1:]
    parsed = _parser(None).parse_args(line)
    again = config_from_preset(parsed.preset, dataset=parsed.dataset, run=parsed.run)
    again = again.with_values(**train_command.chosen(parsed))
    assert again.changes == RunFolder(live.run).read_config().changes
    repeated = run_with(again, {})
    assert again.run != live.run
    assert repeated.of(SettingsChanged) == changed
    assert_equal(live.run, again.run)
    # Killed between the change and the next checkpoint: the change is made again.
    killed = config_of(dataset, tmp_path / "killed", **values)
    emit = Changing(requests, saves_at=SAVED_AT, dies_at=CHANGED_AT + BATCH)
    with pytest.raises(Killed):
        train(killed, emit, emit.control)
    assert [p.name for p in RunFolder(killed.run).checkpoint_paths()] == [
        f"checkpoint-{SAVED_AT:012}"
    ]
    # The caller need not know of the change.
    rest = run_with(killed, {CHANGED_AGAIN_AT: second}, resume)
    assert {e.images_seen for e in rest.of(SettingsChanged)} == {CHANGED_AT, CHANGED_AGAIN_AT}
    assert_equal(live.run, killed.run)
    # Stopped between the two changes: the first one is part of what is resumed.
    stopped = config_of(dataset, tmp_path / "stopped", **values)
    run_with(stopped, requests, stops_at=CHANGED_AT + BATCH)
    rest = run_with(RunFolder(stopped.run).read_config(), {CHANGED_AGAIN_AT: second}, resume)
    assert {e.images_seen for e in rest.of(SettingsChanged)} == {CHANGED_AGAIN_AT}
    assert_equal(live.run, stopped.run)


@pytest.mark.slow
def test_a_memory_that_is_released_in_a_pause_keeps_a_change(tmp_path, dataset):
    requests = {CHANGED_AT: {"training.learning_rate": 5e-3}}
    live = config_of(dataset, tmp_path / "live")
    run_with(live, requests)
    paused = config_of(dataset, tmp_path / "paused")
    control = RunControl()

    def emit(event):
        if isinstance(event, MetricsReported) and event.progress.images_seen == CHANGED_AT:
            control.request_changes(requests[CHANGED_AT])
        if isinstance(event, MetricsReported) and event.progress.images_seen == CHANGED_AT + BATCH:
            control.request_pause(release=True)
        if isinstance(event, RunPaused) and event.is_released:
            control.request_resume()

    train(paused, emit, control)
    assert_equal(live.run, paused.run)


@pytest.mark.slow
def test_a_change_in_a_pause_counts_from_there_and_its_undoing_leaves_nothing(tmp_path, dataset):
    config = config_of(dataset, tmp_path / "run")
    control, events = RunControl(), []

    def emit(event):
        events.append(event)
        if images_of(event) == CHANGED_AT and not control.is_pause_requested:
            control.request_pause()
        match event:
            case RunPaused():
                control.request_changes({"training.penalty_weight": 7.0})
                control.request_changes({"training.penalty_weight": config.training.penalty_weight})
                control.request_changes({"training.text_nll_weight": 2.0})
            case SettingsChanged(field="training.text_nll_weight"):
                control.request_resume()
            case _:
                pass

    train(config, emit, control)
    changed = [e for e in events if isinstance(e, SettingsChanged)]
    assert [(e.images_seen, e.field, e.old, e.new) for e in changed] == [
        (CHANGED_AT, "training.penalty_weight", "2.0", "7.0"),
        (CHANGED_AT, "training.penalty_weight", "7.0", "2.0"),
        (CHANGED_AT, "training.text_nll_weight", "1.0", "2.0"),
    ]
    stored = RunFolder(config.run).read_config().changes
    assert [str(change) for change in stored] == [f"{CHANGED_AT} training.text_nll_weight=2.0"]
    assert [
        e for e in read_events(RunFolder(config.run).log_file) if isinstance(e, SettingsChanged)
    ] == (changed)


@pytest.mark.slow
@pytest.mark.parametrize("saved_at", [SAVED_AT, 0])
@pytest.mark.parametrize("augmentation", ["auto", "ada"])
def test_a_rollback_returns_to_the_settings_of_its_state_and_repeats_the_change(
    tmp_path, monkeypatch, dataset, saved_at, augmentation
):
    # Warming up takes the first steps as well, on a copy.
    monkeypatch.setattr("engine.train.loop.TrainingLoop.warm_up", lambda _loop: None)
    bad = range(10, 10 + MAX_SKIPPED)
    rates = []
    for name in ("live", "listed"):
        with pytest.MonkeyPatch.context() as patch:
            Poison(
                patch,
                "discriminator",
                lambda poison, step: step in bad and poison.taken.count(step) == 1,
            )
            config = config_of(dataset, tmp_path / name, data__augmentation="none").with_values(
                images=200
            )
            values = {"training.learning_rate": 2e-3}
            if augmentation != "auto":
                values |= {"data.augmentation": augmentation}
            if name == "listed":
                config = with_changes(config, CHANGED_AT, values)
            requests = {CHANGED_AT: values} if name == "live" else {}
            emit = run_with(config, requests, saves_at=saved_at)
        (back,) = emit.of(RolledBack)
        assert (back.images_seen, back.rate_scale) == (saved_at, 0.5)
        changed = emit.of(SettingsChanged)
        # Before the rollback and after it.
        assert [e.images_seen for e in changed] == [CHANGED_AT] * 2 * len(values)
        facts = read_metadata(RunFolder(config.run).latest_checkpoint())
        rates.append((facts.loop_state["rate_scale"], facts.config_hash))
    assert rates[0] == rates[1]
    assert_equal(tmp_path / "live", tmp_path / "listed")


def test_a_value_that_is_refused_changes_nothing_and_is_explained(tmp_path):
    story = RunStory(tmp_path, images=80)
    refused = [
        {"training.learning_rate": 1e-5},
        {"training.beta1": 0.5},
        {"variational.kl_weight": 2.0},
        {"training.column_weights": "smell=2"},
        {"training.penalty_weight": float("nan")},
        {"no.setting": 1},
    ]

    def answer(event):
        if images_of(event) == 16:
            for values in refused:
                story.control.request_changes(values)

    assert story.tell(answer).outcome is Outcome.FINISHED
    assert not story.of(SettingsChanged)
    said = [str(event.error) for event in story.of(SettingsRejected)]
    expected = (
        "training.final_learning_rate: must not exceed the learning rate, after 16 images",
        "training.beta1: cannot change while a run trains, after 16 images",
        "variational.kl_weight: is not used by the family hybrid, after 16 images",
        "training.column_weights: name no column of the dataset: 'smell' (it has text, image)",
        "training.penalty_weight: must be a number below 1e+300, after 16 images",
        "no.setting: cannot change while a run trains, after 16 images",
    )
    assert said == list(expected)
    assert story.folder.read_config().changes == ()


def test_a_change_that_cannot_be_stored_is_not_made(tmp_path, monkeypatch):
    story = RunStory(tmp_path, images=48)
    write_config = RunFolder.write_config

    def refuse(folder, config):
        if config.changes:
            raise DiskFullError(folder.path, 100, 10)
        write_config(folder, config)

    monkeypatch.setattr(RunFolder, "write_config", refuse)

    def answer(event):
        if images_of(event) == 16:
            story.control.request_changes({"training.penalty_weight": 7.0})

    assert story.tell(answer).outcome is Outcome.FINISHED
    (event,) = story.of(SettingsRejected)
    assert isinstance(event.error, DiskFullError)
    assert not story.of(SettingsChanged)
    assert RunFolder(story.config.run).read_config().changes == ()


def test_intervals_change_live(tmp_path):
    story = RunStory(tmp_path, images=160, reporting__preview_every_s=3600.0)

    def answer(event):
        if images_of(event) == 80:
            story.control.request_changes({"reporting.keep_last": 1})

    assert story.tell(answer).outcome is Outcome.FINISHED
    assert [(e.field, e.old, e.new) for e in story.of(SettingsChanged)] == [
        ("reporting.keep_last", "3", "1")
    ]


def test_a_resumed_run_may_get_further_changes_but_none_in_its_past(tmp_path, dataset, problem_log):
    config = config_of(dataset, tmp_path / "run")
    run_with(config, {CHANGED_AT: {"training.penalty_weight": 5.0}}, stops_at=32)
    stored = RunFolder(config.run).read_config()
    early = with_changes(stored, 8, {"training.penalty_weight": 4.0})
    events = []
    resume(early, events.append, RunControl())
    problem_log.expect("failed")
    assert isinstance(events[-1].error, ConfigError)
    assert "cannot change after 8 images: the run has seen 32" in str(events[-1].error)
    later = with_changes(stored, 40, {"training.penalty_weight": 4.0})
    emit = run_with(later, {}, resume)
    assert [(e.images_seen, e.old, e.new) for e in emit.of(SettingsChanged)] == [(40, "5.0", "4.0")]
    changes = RunFolder(config.run).read_config().changes
    assert [change.images for change in changes] == [CHANGED_AT, 40]


def test_a_setting_of_reporting_that_a_run_is_resumed_with_replaces_its_changes(tmp_path, dataset):
    config = config_of(dataset, tmp_path / "run")
    run_with(config, {CHANGED_AT: {"reporting.keep_last": 2}}, stops_at=32)
    other = RunFolder(config.run).read_config().with_values(reporting__keep_last=9)
    run_with(other, {}, resume)
    stored = RunFolder(config.run).read_config()
    assert settings_at(stored, IMAGES).reporting.keep_last == 9


@pytest.mark.slow
def test_a_branch_starts_with_the_settings_at_its_checkpoint(tmp_path, dataset):
    source = config_of(dataset, tmp_path / "source", data__augmentation="none")
    values = {"training.learning_rate": 4e-3, "data.augmentation": "ada"}
    run_with(source, {CHANGED_AT: values}, saves_at=32)
    (checkpoint, _last) = RunFolder(source.run).checkpoint_paths()
    stored = RunFolder(source.run).read_config()
    branch = settings_at(stored, 32).with_values(run=tmp_path / "branch")
    make_branch(RunFolder(source.run), checkpoint, branch)
    run_with(branch, {40: {"training.penalty_weight": 3.0}}, resume)
    words = repeating_arguments(branch.run)
    at = words.index("--at")
    assert words[at : at + 3] == ["--at", "40", "penalty-weight=3.0"]
    assert "--learning-rate" not in words
    run_with(
        with_changes(stored, 40, {"training.penalty_weight": 3.0}).with_values(
            run=tmp_path / "straight"
        ),
        {},
    )
    assert_equal(tmp_path / "straight", branch.run)
