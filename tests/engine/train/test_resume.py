import contextlib
import json
import shutil
from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.config.sections import FAMILIES
from engine.control import RunControl
from engine.errors import (
    CheckpointCorruptError,
    CheckpointMissingError,
    ConfigError,
    EngineError,
)
from engine.events import MetricsReported, Outcome, RunEnded
from engine.runs.checkpoint import read_tensors, write_checkpoint
from engine.runs.checkpoint_files import read_metadata
from engine.runs.folder import RunFolder
from engine.train.run import resume, train
from engine.train.transfer import preview_transfer
from tests.helpers.columns import four_column_dataset
from tests.helpers.kill_train import differences, kill_train, preset_config
from tests.helpers.mutations import mutated
from tests.helpers.sources import fuzzed
from tests.helpers.tiny import tiny_config, tiny_dataset


@pytest.fixture
def dataset(tmp_path):
    return tiny_dataset(tmp_path / "data")


class StopAfter(RunControl):
    """Asks to stop once the loop has looked so many times."""

    def __init__(self, looks):
        super().__init__()
        self._looks = looks

    @property
    def is_stop_requested(self):
        self._looks -= 1
        return self._looks < 0


def config_of(dataset, run, family="hybrid", **values):
    config = tiny_config(dataset, run, images=96)
    return config.with_values(family=family, reporting__evaluate_every_s=0.0, **values)


def ended(events):
    return next(event for event in events if isinstance(event, RunEnded))


def go(way, config, control=None):
    events = []
    way(config, events.append, control or RunControl())
    return events


def newest(run):
    return read_tensors(RunFolder(run).latest_checkpoint(), "")


@pytest.mark.parametrize("family", FAMILIES)
def test_that_a_resumed_run_equals_one_that_was_never_left(tmp_path, dataset, family):
    straight = config_of(dataset, tmp_path / "straight", family)
    assert ended(go(train, straight)).outcome is Outcome.FINISHED
    broken = config_of(dataset, tmp_path / "broken", family)
    first = ended(go(train, broken, StopAfter(6)))
    assert first.outcome is Outcome.STOPPED
    assert 0 < first.images_seen < 96
    events = go(resume, RunFolder(broken.run).read_config())
    assert ended(events).outcome is Outcome.FINISHED
    one, other = newest(straight.run), newest(broken.run)
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.slow
def test_that_a_run_that_starts_from_another_resumes_exactly(tmp_path, dataset):
    earlier = config_of(dataset, tmp_path / "earlier").with_values(images=16)
    go(train, earlier)
    other = tiny_dataset(tmp_path / "other", pairs=20)
    values = {"init_from": str(earlier.run), "seed": 4, "networks__image_size": 64}
    straight = config_of(other, tmp_path / "straight", **values)
    assert ended(go(train, straight)).outcome is Outcome.FINISHED
    broken = config_of(other, tmp_path / "broken", **values)
    # Left before its first checkpoint, while the earlier run goes on; then left once more.
    stopped = ended(go(train, broken, StopAfter(0)))
    assert (stopped.outcome, stopped.images_saved) == (Outcome.STOPPED, 0)
    go(resume, RunFolder(earlier.run).read_config().with_values(images=32))
    assert RunFolder(earlier.run).latest_checkpoint().name.endswith("32")
    again = ended(go(resume, RunFolder(broken.run).read_config(), StopAfter(6)))
    assert 0 < again.images_saved < 96
    # From here on, the run needs nothing of the earlier one.
    shutil.rmtree(earlier.run)
    assert ended(go(resume, RunFolder(broken.run).read_config())).outcome is Outcome.FINISHED
    one, two = newest(straight.run), newest(broken.run)
    assert one.keys() == two.keys()
    assert [name for name in one if not torch.equal(one[name], two[name])] == []


@pytest.fixture(scope="module")
def earlier_run(tmp_path_factory):
    """A finished run and its files by name, without log and samples."""
    folder = tmp_path_factory.mktemp("earlier")
    config = config_of(tiny_dataset(folder / "data"), folder / "run").with_values(images=16)
    go(train, config)
    files = {path.relative_to(config.run): path for path in config.run.rglob("*")}
    kept = {name.as_posix(): path for name, path in files.items() if path.is_file()}
    kept = {n: p for n, p in kept.items() if not n.startswith(("samples", "events"))}
    return config, {name: path.read_bytes() for name, path in kept.items()}


@pytest.mark.slow
@fuzzed
@given(data=st.data())
def test_that_a_damaged_earlier_run_is_used_whole_or_refused(tmp_path_factory, earlier_run, data):
    config, files = earlier_run
    folder = tmp_path_factory.mktemp("damaged")
    files = data.draw(mutated(files))
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    # Any other exception fails the test.
    with contextlib.suppress(EngineError):
        found = preview_transfer(config.with_values(init_from=str(folder), run=folder / "new"))
        assert found is not None
        assert found.images_seen == 16
        assert 0 < found.tensors <= found.all_tensors
    now = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert now == {folder / name: content for name, content in files.items()}


def test_that_images_and_time_go_on_counting(tmp_path, dataset):
    config = config_of(dataset, tmp_path / "run")
    first = ended(go(train, config, StopAfter(6)))
    events = go(resume, RunFolder(config.run).read_config())
    reports = [event for event in events if isinstance(event, MetricsReported)]
    assert reports[0].progress.images_seen > first.images_seen
    assert ended(events).elapsed_s > first.elapsed_s
    facts = read_metadata(RunFolder(config.run).latest_checkpoint())
    assert (facts.images_seen, facts.step) == (96, 12)


def test_that_a_new_total_makes_a_finished_run_longer(tmp_path, dataset):
    config = config_of(dataset, tmp_path / "run")
    go(train, config)
    longer = RunFolder(config.run).read_config().with_values(images=128)
    assert ended(go(resume, longer)).images_seen == 128
    assert RunFolder(config.run).read_config().images == 128


@pytest.mark.parametrize("new_images", [96, 128])
def test_that_the_configuration_is_read_once_and_written_once(
    tmp_path, dataset, monkeypatch, new_images
):
    config = config_of(dataset, tmp_path / "run")
    go(train, config, StopAfter(6))
    config = RunFolder(config.run).read_config().with_values(images=new_images)
    calls = []
    for name in ("read_config", "write_config"):
        original = getattr(RunFolder, name)

        def count(folder, *args, name=name, original=original):
            calls.append(name)
            return original(folder, *args)

        monkeypatch.setattr(RunFolder, name, count)
    assert ended(go(resume, config)).outcome is Outcome.FINISHED
    assert calls == ["read_config", "write_config"]
    assert RunFolder(config.run).read_config() == config


def test_that_a_setting_that_matters_cannot_change(tmp_path, dataset, problem_log):
    config = config_of(dataset, tmp_path / "run")
    go(train, config)
    before = newest(config.run)
    changed = RunFolder(config.run).read_config().with_values(seed=7, training__beta2=0.5)
    error = ended(go(resume, changed)).error
    problem_log.expect("failed")
    assert isinstance(error, ConfigError)
    assert {problem.field for problem in error.problems} == {"seed", "training.beta2"}
    after = newest(config.run)
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_that_another_dataset_is_refused(tmp_path, dataset, problem_log):
    config = config_of(dataset, tmp_path / "run")
    go(train, config)
    other = tiny_dataset(tmp_path / "other", pairs=28)
    moved = RunFolder(config.run).read_config().with_values(dataset=other)
    error = ended(go(resume, moved)).error
    problem_log.expect("failed")
    assert isinstance(error, ConfigError)
    assert [problem.field for problem in error.problems] == ["dataset"]


def test_that_nothing_to_resume_is_said(tmp_path, dataset, problem_log):
    config = config_of(dataset, tmp_path / "run")
    go(train, config)
    shutil.rmtree(RunFolder(config.run).latest_checkpoint())
    error = ended(go(resume, RunFolder(config.run).read_config())).error
    problem_log.expect("failed")
    assert isinstance(error, CheckpointMissingError)


def test_that_a_checkpoint_that_does_not_fit_starts_nothing_from_scratch(
    tmp_path, dataset, problem_log
):
    config = config_of(dataset, tmp_path / "run")
    go(train, config)
    path = RunFolder(config.run).latest_checkpoint()
    tensors, facts = newest(config.run), read_metadata(path)
    name = next(name for name in tensors if name.startswith("discriminator."))
    write_checkpoint(path, {**tensors, name: torch.zeros(3)}, facts)
    error = ended(go(resume, RunFolder(config.run).read_config())).error
    problem_log.expect("failed")
    assert isinstance(error, CheckpointCorruptError)
    assert RunFolder(config.run).checkpoint_paths() == [path]


def test_that_the_log_goes_on(tmp_path, dataset):
    config = config_of(dataset, tmp_path / "run")
    go(train, config, StopAfter(6))
    go(resume, RunFolder(config.run).read_config())
    lines = (config.run / "events.jsonl").read_text("utf-8").splitlines()
    kinds = [json.loads(line)["event"] for line in lines]
    assert kinds.count("RunReady") == kinds.count("RunEnded") == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("build", "kills", "storage"),
    [
        (tiny_dataset, 6, "auto"),
        (four_column_dataset, 2, "auto"),
        (partial(tiny_dataset, pairs=600, size=8), 2, "streamed"),
    ],
    ids=["pairs", "four columns", "streamed"],
)
def test_that_a_run_survives_kills_at_any_moment_and_loses_nothing_that_was_saved(
    tmp_path, build, kills, storage
):
    dataset = build(tmp_path / "data")
    killed, straight = (
        preset_config("cpu-tiny", dataset, tmp_path / name).with_values(data__storage=storage)
        for name in ("killed", "straight")
    )
    report = kill_train(killed, kills=kills, seed=5)
    assert report.kills == kills
    assert report.complaints == []
    assert report.in_saves > 0
    assert differences(killed, straight) == []
