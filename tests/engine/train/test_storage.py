"""Tests of runs whose data are read from the disk while they train."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.control import RunControl
from engine.data.array_file import ArrayFile
from engine.data.loader import StreamedLoader
from engine.data.order import BlockOrder, FreeOrder
from engine.data.reduction import open_training_dataset
from engine.data.store import TRAIN, open_dataset
from engine.errors import DatasetCorruptError
from engine.events import DatasetVerified, Outcome, RunEnded
from engine.modalities.registry import build_modalities
from engine.runs.checkpoint import read_tensors
from engine.runs.checkpoint_files import read_metadata
from engine.runs.folder import RunFolder, create_run_folder
from engine.train import data as training_data
from engine.train import setup, verification
from engine.train.data import load_training_data, model_metadata
from engine.train.run import resume, train
from engine.train.setup import set_up
from engine.train.storage import fits_in_memory, free_bytes, stored_bytes, streamed_items
from tests.helpers.columns import four_column_dataset
from tests.helpers.tiny import tiny_config, tiny_dataset, unpaired_dataset

CPU = torch.device("cpu")
ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(training_data, "BlockOrder", partial(BlockOrder, block=2, window=3))


@pytest.fixture
def dataset(tmp_path):
    return tiny_dataset(tmp_path / "data", channels=3)


def loaders(config, batch=8, ahead=4):
    """Return a resident loader, and a streamed one with the same order."""
    stored = open_training_dataset(config)
    metadata, config = model_metadata(config, stored)
    modalities = build_modalities(metadata.columns, config.networks)
    resident = load_training_data(config, stored, metadata, modalities, CPU)
    source = streamed_items(stored, metadata, stored.rows(TRAIN), config.networks)
    order = FreeOrder(resident.count, batch, config.seed, resident.weights)
    streamed = StreamedLoader(source, order, config.seed, CPU, ahead=ahead)
    return resident.loader(batch), streamed


def assert_equal(one, other):
    assert one.is_complete == other.is_complete
    for name, items in one.items.items():
        assert torch.equal(items, other.items[name]), name
        assert torch.equal(one.present[name], other.present[name]), name


DATASETS = {
    "pairs": tiny_dataset,
    "resized": partial(tiny_dataset, size=12),
    "wide": partial(tiny_dataset, size=18, width=32, channels=3),
    "incomplete": unpaired_dataset,
    "four columns": four_column_dataset,
}


@pytest.mark.parametrize("kind", DATASETS)
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"data__class_balance": 1.0, "data__max_items": 14},
        {"data__complete_fraction": 0.3, "data__imbalance_factor": 3.0},
    ],
)
def test_that_streamed_batches_are_those_in_memory(tmp_path, kind, settings):
    config = tiny_config(DATASETS[kind](tmp_path / "data"), tmp_path / "run")
    resident, streamed = loaders(config.with_values(**settings))
    for step in range(9):
        assert_equal(resident.batch(step), streamed.batch(step))
    # After a rollback, and for a rehearsal.
    for step in (3, 4, 3, 0):
        assert_equal(resident.batch(step), streamed.batch(step))
    streamed.close()


def test_that_reading_ahead_changes_nothing(tmp_path):
    config = tiny_config(four_column_dataset(tmp_path / "data"), tmp_path / "run")
    (_, ahead), (_, alone) = loaders(config), loaders(config, ahead=0)
    for step in (0, 1, 2, 7, 8, 1):
        assert_equal(ahead.batch(step), alone.batch(step))
    ahead.close()


def test_that_a_batch_in_which_everybody_lacks_a_column_has_a_substitute(tmp_path):
    config = tiny_config(unpaired_dataset(tmp_path / "data"), tmp_path / "run")
    config = config.with_values(data__paired_fraction=0.0)
    resident, streamed = loaders(config, batch=2)
    batches = [streamed.batch(step) for step in range(40)]
    assert any(not batch.present[name].any() for batch in batches for name in batch.present)
    for step, batch in enumerate(batches):
        assert_equal(resident.batch(step), batch)
    streamed.close()


def test_that_a_loader_that_nobody_has_stops_its_thread(tmp_path, dataset):
    _resident, streamed = loaders(tiny_config(dataset, tmp_path / "run"))
    streamed.batch(0)
    ahead = streamed._ahead_of
    assert ahead is not None
    thread = ahead._thread
    del ahead
    del streamed
    assert not thread.is_alive()


# --------------------------------------------------------------------------
# The choice.


def not_measured() -> int:
    raise AssertionError("what the networks take does not matter")


def test_that_data_that_fit_are_resident():
    gpu, free = torch.device("cuda"), 1_000
    assert fits_in_memory(10**9, 0, CPU, not_measured)
    assert fits_in_memory(60, free, CPU, not_measured)
    assert fits_in_memory(125, free, gpu, not_measured)
    assert not fits_in_memory(801, free, gpu, not_measured)
    assert not fits_in_memory(401, free, CPU, not_measured)
    assert fits_in_memory(300, free, CPU, lambda: 200)
    assert not fits_in_memory(300, free, CPU, lambda: 201)


def test_that_the_free_memory_is_known_on_linux():
    assert (free_bytes(CPU) > 2**20) == sys.platform.startswith("linux")


@pytest.mark.parametrize("kind", DATASETS)
def test_that_the_size_is_that_of_the_loaded_data(tmp_path, kind):
    config = tiny_config(DATASETS[kind](tmp_path / "data"), tmp_path / "run")
    stored = open_dataset(config.dataset)
    metadata, config = model_metadata(config, stored)
    modalities = build_modalities(metadata.columns, config.networks)
    data = load_training_data(config, stored, metadata, modalities, CPU)
    assert isinstance(data.stored, dict)
    loaded = sum(part.rows.nbytes for part in data.stored.values())
    found = stored_bytes(stored, metadata, config.networks)
    # Sounds that only held-out items have are counted too.
    assert loaded <= found <= 1.5 * loaded


@pytest.mark.parametrize(
    ("free", "chosen"), [(10**12, "resident"), (400_000, "streamed"), (10_000, "streamed")]
)
def test_that_the_choice_is_recorded(tmp_path, dataset, monkeypatch, free, chosen):
    monkeypatch.setattr(setup, "free_bytes", lambda _device: free)
    monkeypatch.setattr(setup.DeviceMemory, "peak", lambda _memory: 300_000)
    config = tiny_config(dataset, tmp_path / "run")
    create_run_folder(config)
    folder = RunFolder(config.run)
    run = set_up(config, folder, lambda _event: None, RunControl())
    assert run.config.data.storage == folder.read_config().data.storage == chosen
    assert isinstance(run.loader, StreamedLoader) == (chosen == "streamed")
    in_blocks = run.data.is_in_blocks
    assert in_blocks == (chosen == "streamed")


def test_that_a_resident_run_keeps_its_order_where_memory_is_short(tmp_path, dataset, monkeypatch):
    config = tiny_config(dataset, tmp_path / "run").with_values(data__storage="resident")
    create_run_folder(config)
    there = set_up(config, RunFolder(config.run), lambda _event: None, RunControl())
    monkeypatch.setattr(setup, "free_bytes", lambda _device: 10_000)
    here = set_up(config, RunFolder(config.run), lambda _event: None, RunControl())
    assert isinstance(here.loader, StreamedLoader)
    for step in range(4):
        assert_equal(there.batch(step), here.batch(step))
    here.loader.close()


def test_that_a_run_from_before_there_was_a_choice_keeps_its_order(tmp_path, dataset, monkeypatch):
    monkeypatch.setattr(setup, "free_bytes", lambda _device: 10_000)
    config = tiny_config(dataset, tmp_path / "run")
    create_run_folder(config)
    run = set_up(config, RunFolder(config.run), lambda _event: None, RunControl(), is_restored=True)
    assert run.config.data.storage == "resident"
    assert isinstance(run.loader, StreamedLoader)


# --------------------------------------------------------------------------
# Whole runs.


def finish(config, *, begin=train):
    events = []
    begin(config, events.append, RunControl())
    ended = events[-1]
    assert isinstance(ended, RunEnded)
    return ended, events


def tensors(run):
    return read_tensors(RunFolder(run).newest_valid().path, "")


RESUME = """
import sys
from pathlib import Path
from functools import partial
from engine.control import RunControl
from engine.data.order import BlockOrder
from engine.runs.folder import RunFolder
from engine.train import data
from engine.train.run import resume
data.BlockOrder = partial(BlockOrder, block=2, window=3)
config = RunFolder(Path(sys.argv[1])).read_config()
events = []
resume(config.with_values(images=64), events.append, RunControl())
assert events[-1].error is None, events[-1].error
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("pairs", {"data__class_balance": 1.0}),
        ("four columns", {"data__augmentation": "ada"}),
        ("incomplete", {"family": "mvae"}),
    ],
)
def test_that_a_streamed_run_resumes_exactly(tmp_path, kind, settings):
    data = DATASETS[kind](tmp_path / "data")
    settings |= {"data__storage": "streamed", "reporting__checkpoint_every_s": 600.0}
    straight = tiny_config(data, tmp_path / "straight", images=64).with_values(**settings)
    halved = tiny_config(data, tmp_path / "halved", images=24).with_values(**settings)
    # The learning rate follows the budget.
    straight, halved = (
        config.with_values(training__final_learning_rate=config.training.learning_rate)
        for config in (straight, halved)
    )
    for config in (straight, halved):
        assert finish(config)[0].outcome is Outcome.FINISHED
    assert read_metadata(RunFolder(halved.run).newest_valid().path).images_seen == 24
    subprocess.run([sys.executable, "-c", RESUME, str(halved.run)], cwd=ROOT, check=True)
    expected, found = tensors(straight.run), tensors(halved.run)
    assert expected.keys() == found.keys()
    assert not [name for name in expected if not torch.equal(expected[name], found[name])]


@pytest.mark.parametrize("is_truncated", [False, True])
def test_that_a_run_whose_data_are_gone_is_saved(
    tmp_path, dataset, monkeypatch, problem_log, is_truncated
):
    config = tiny_config(dataset, tmp_path / "run", images=10**6)
    read, reads = ArrayFile.read, []

    def read_or_fail(file, rows, out=None):
        reads.append(rows)
        if len(reads) == 20 and is_truncated:
            os.truncate(dataset / "images.npy", 200)
        if len(reads) >= 20 and not is_truncated:
            monkeypatch.setattr(os, "preadv", fail)
        return read(file, rows, out)

    def fail(*_arguments):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(ArrayFile, "read", read_or_fail)
    # Each step is then the last that was saved.
    ended, _events = finish(config.with_values(data__storage="streamed"))
    problem_log.expect("The run in", logger="engine.train.run")
    assert ended.outcome is Outcome.FAILED
    assert isinstance(ended.error, DatasetCorruptError)
    assert str(ended.error).count(".") == str(ended.error).count("images.npy") + 1
    assert ended.images_seen > 0
    assert ended.images_saved == ended.images_seen
    assert read_metadata(RunFolder(config.run).newest_valid().path).images_seen > 0


def test_that_changed_content_ends_a_resumed_streamed_run(
    tmp_path, dataset, monkeypatch, problem_log
):
    monkeypatch.setattr(verification, "BYTES_PER_S", 10**12)
    config = tiny_config(dataset, tmp_path / "run", images=24)
    config = config.with_values(data__storage="streamed")
    assert finish(config)[0].error is None
    with (dataset / "images.npy").open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last[0] ^ 1]))
    ended, events = finish(
        RunFolder(config.run).read_config().with_values(images=10**6), begin=resume
    )
    problem_log.expect("The run in", logger="engine.train.run")
    assert any(isinstance(event, DatasetVerified) and event.damage for event in events)
    assert isinstance(ended.error, DatasetCorruptError)
    assert "it has changed since it was written" in str(ended.error)


def test_that_streamed_data_are_in_memory_once_at_most(tmp_path, dataset):
    config = tiny_config(dataset, tmp_path / "run").with_values(data__storage="streamed")
    create_run_folder(config)
    run = set_up(config, RunFolder(config.run), lambda _event: None, RunControl())
    assert not isinstance(run.data.stored, dict)
    assert isinstance(run.loader, StreamedLoader)
    rows = np.concatenate([run.loader.rows(step).numpy() for step in range(9)])
    assert sorted(rows[:18]) == list(range(18))
