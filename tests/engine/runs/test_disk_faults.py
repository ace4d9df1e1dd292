"""A disk error in any call loses no existing data, and raises an engine error."""

import errno
import os
import shutil
import subprocess

import pytest
import torch

from engine.control import RunControl
from engine.errors import DiskFullError, EngineError, FolderNotWritableError
from engine.events import MetricsReported, Outcome, RunPaused
from engine.fs import atomic
from engine.fs.atomic import FileSystem, atomic_write
from engine.runs.checkpoint import read_tensors, write_checkpoint
from engine.runs.checkpoint_files import read_metadata, verify_checkpoint
from engine.runs.event_log import RunLog
from engine.runs.event_reader import read_losses
from engine.runs.folder import RunFolder, reopen_run_folder
from engine.runs.retention import RetentionPolicy
from engine.train import metrics
from engine.train.run import train
from tests.helpers.columns import four_column_dataset
from tests.helpers.disks import CALLS, FAILING, FaultyDisk, PowerCut
from tests.helpers.disks import small_disk as mounted
from tests.helpers.fake_engine import losses
from tests.helpers.run_folders import content_of, facts_at, some_tensors, stored_run
from tests.helpers.tiny import tiny_config

ERRORS = {
    errno.ENOSPC: DiskFullError,
    errno.EIO: FolderNotWritableError,
    errno.EROFS: FolderNotWritableError,
}


def failing(code: int):
    return lambda: OSError(code, os.strerror(code))


def save_new(run: RunFolder) -> None:
    write_checkpoint(run.checkpoint_path(192), some_tensors(192), facts_at(192))


def save_again(run: RunFolder) -> None:
    write_checkpoint(run.checkpoint_path(128), some_tensors(9), facts_at(128))


def save_best(run: RunFolder) -> None:
    write_checkpoint(run.best_path("kid"), some_tensors(9), facts_at(128))


def prune(run: RunFolder) -> None:
    RetentionPolicy(run, run.read_config().reporting.__class__(keep_last=1)).prune()


def write_settings(run: RunFolder) -> None:
    run.write_config(run.read_config().with_values(minutes=7.0))


def run_with_best(folder) -> RunFolder:
    run = stored_run(folder, 64, 128)
    write_checkpoint(run.best_path("kid"), some_tensors(1), facts_at(64))
    return run


def calls_of(action, folder, calls) -> int:
    """Count the calls of an action that succeeds."""
    run = run_with_best(folder)
    with pytest.MonkeyPatch.context() as patch:
        disk = FaultyDisk(patch, PowerCut, 10**9, calls=calls)
        action(run)
    return len(disk.names)


@pytest.mark.parametrize("code", ERRORS, ids=errno.errorcode.get)
@pytest.mark.parametrize("action", [save_new, save_again, save_best, write_settings])
def test_that_a_failing_disk_loses_nothing_and_is_named(tmp_path, action, code):
    count = calls_of(action, tmp_path / "counted", FAILING)
    assert count >= 4
    for at in range(count):
        run = run_with_best(tmp_path / f"run-{at}")
        before = content_of(run.path)
        with pytest.MonkeyPatch.context() as patch:
            disk = FaultyDisk(patch, failing(code), at, calls=FAILING)
            with pytest.raises(EngineError) as caught:
                action(run)
        assert disk.has_failed
        assert type(caught.value) is ERRORS[code]
        # The last call makes the rename durable; the new state is already in place.
        if disk.names[-1] == "sync_folder" and "rename" in disk.names:
            run.newest_valid()
        else:
            assert content_of(run.path) == before
        assert not [path for path in run.path.rglob("*") if path.name.endswith(".part")]


def test_that_a_full_disk_says_bytes_needed_and_free(tmp_path, monkeypatch):
    run = stored_run(tmp_path / "run")
    written = write_checkpoint(run.checkpoint_path(64), some_tensors(), facts_at(64))
    monkeypatch.setattr("engine.fs.atomic.free_bytes", lambda _folder: 1234)
    with pytest.raises(DiskFullError) as before:
        save_new(run)
    assert before.value.needed_bytes >= written
    assert before.value.free_bytes == 1234
    monkeypatch.setattr("engine.fs.atomic.free_bytes", lambda _folder: 10**12)
    FaultyDisk(monkeypatch, failing(errno.ENOSPC), 3)
    with pytest.raises(DiskFullError) as amid:
        save_new(run)
    assert amid.value.needed_bytes >= written


@pytest.mark.parametrize("action", [save_new, save_again, save_best, prune, write_settings])
def test_that_a_kill_at_any_call_leaves_whole_checkpoints_alone(tmp_path, action):
    for at in range(calls_of(action, tmp_path / "counted", CALLS)):
        run = run_with_best(tmp_path / f"run-{at}")
        with pytest.MonkeyPatch.context() as patch:
            FaultyDisk(patch, PowerCut, at, is_over=True)
            with pytest.raises(PowerCut):
                action(run)
        # Anything with the name of a checkpoint is a complete one, even before the cleanup.
        for path in (*run.checkpoint_paths(), *run.best_paths()):
            verify_checkpoint(path)
        run.sweep()
        left = {path.name for path in run.path.rglob("*")}
        assert not [name for name in left if name.endswith(".part")]
        # Only the checkpoints that were to be removed are missing.
        kept = {"checkpoint-000000000128", "best-kid"}
        kept |= set() if action is prune else {"checkpoint-000000000064"}
        assert kept <= left
        assert run.newest_valid().skipped_checkpoints == ()
        assert verify_checkpoint(run.best_path("kid")).images_seen in {64, 128}
        run.read_config()


def test_that_an_interrupted_replacement_gives_the_old_one_back(tmp_path):
    """Between the two renames no folder has the name; the cleanup restores it."""
    run = run_with_best(tmp_path / "run")
    with pytest.MonkeyPatch.context() as patch:
        disk = FaultyDisk(patch, PowerCut, 10**9)
        save_again(run)
    second = [number for number, name in enumerate(disk.names) if name == "rename"][1]
    run = run_with_best(tmp_path / "other")
    before = content_of(run.path)
    with pytest.MonkeyPatch.context() as patch:
        FaultyDisk(patch, PowerCut, second, is_over=True)
        with pytest.raises(PowerCut):
            save_again(run)
    assert run.checkpoint_path(128) not in run.checkpoint_paths()
    run.sweep()
    assert content_of(run.path) == before


def test_that_sweeping_leaves_other_peoples_files_alone(tmp_path):
    run = stored_run(tmp_path / "run", 64)
    mine = [".film.mp4.part", "half.part", ".x.old.part", ".12.part", ".hidden"]
    for name in mine:
        (run.path / name).write_text("mine")
    (run.checkpoints / ".checkpoint-000000000128.4711.part").mkdir()
    (run.path / ".run.toml.4711.part").write_text("half")
    run.sweep()
    names = {path.name for path in run.path.iterdir()}
    assert names == {*mine, "run.toml", "model.json", "checkpoints", "samples"}
    assert [path.name for path in run.checkpoints.iterdir()] == ["checkpoint-000000000064"]


def test_that_an_old_checkpoint_that_cannot_be_removed_ends_no_run(
    tmp_path, monkeypatch, problem_log
):
    run = stored_run(tmp_path / "run", 64, 128)
    FaultyDisk(monkeypatch, failing(errno.EIO), 0, calls=("rename",))
    prune(run)
    problem_log.expect("cannot be removed")
    assert len(run.checkpoint_paths()) == 2


def test_that_reading_from_a_failing_disk_is_a_damaged_checkpoint(tmp_path, monkeypatch):
    run = stored_run(tmp_path / "run", 64)
    path = run.latest_checkpoint()

    def fail(*_arguments):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "open", fail)
    for read in (verify_checkpoint, read_metadata, lambda path: read_tensors(path, "")):
        with pytest.raises(EngineError, match="Input/output error"):
            read(path)


def test_that_an_interrupted_atomic_write_leaves_nothing(tmp_path, monkeypatch):
    FaultyDisk(monkeypatch, KeyboardInterrupt, 1)
    with pytest.raises(KeyboardInterrupt):
        atomic_write(tmp_path / "a", b"content")
    assert list(tmp_path.iterdir()) == []


def test_that_a_run_on_four_columns_waits_for_room_and_loses_nothing(
    tmp_path, monkeypatch, problem_log
):
    data = four_column_dataset(tmp_path / "data")
    straight, config = (
        tiny_config(data, tmp_path / name, images=48).with_values(
            reporting__preview_every_s=3600.0, reporting__checkpoint_every_s=3600.0
        )
        for name in ("straight", "full")
    )
    train(straight, lambda _event: None, RunControl())
    control, events, is_full = RunControl(), [], False

    def write(file, content):
        if is_full and "checkpoint-" in str(file.name):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        FileSystem().write(file, content)

    def emit(event):
        nonlocal is_full
        events.append(event)
        if isinstance(event, MetricsReported) and event.progress.images_seen == 24:
            is_full = True
            control.request_checkpoint()
        if isinstance(event, RunPaused):
            assert isinstance(event.error, DiskFullError)
            is_full = False
            control.request_resume()

    monkeypatch.setattr(metrics, "INTERVAL_S", 0.0)
    monkeypatch.setattr(atomic.files, "write", write)
    train(config, emit, control)
    problem_log.expect("could not be saved")
    assert events[-1].outcome is Outcome.FINISHED
    assert len([event for event in events if isinstance(event, RunPaused)]) == 1
    folders = RunFolder(straight.run), RunFolder(config.run)
    expected, found = (read_tensors(folder.newest_valid().path, "") for folder in folders)
    assert set(expected) == set(found)
    assert all(found[name].equal(expected[name]) for name in expected)
    samples, others = (sorted(p.name for p in (f.path / "samples").iterdir()) for f in folders)
    assert samples == others
    assert [name for name in samples if name.endswith(".tone.wav")]


# The same on real disks: too small, read-only, disconnected.


MEGABYTE = 1_000_000


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 2 MB, mounted for the test."""
    with mounted(tmp_path / "disk", megabytes=2) as place:
        yield place


def tensors_of(size: int) -> dict[str, torch.Tensor]:
    return {"ema.w": torch.zeros(size, dtype=torch.uint8)}


def test_that_a_checkpoint_that_will_not_fit_is_refused_before_a_byte_is_written(small_disk):
    run = stored_run(small_disk / "run")
    before = content_of(run.path)
    with pytest.raises(DiskFullError) as caught:
        write_checkpoint(run.checkpoint_path(64), tensors_of(5 * MEGABYTE), facts_at(64))
    assert caught.value.needed_bytes >= 5 * MEGABYTE
    assert 0 < caught.value.free_bytes < 2.1 * MEGABYTE
    assert content_of(run.path) == before


def test_that_a_disk_that_fills_up_amid_a_checkpoint_keeps_the_others(small_disk, monkeypatch):
    monkeypatch.setattr(atomic, "SPARE_BYTES", 0)
    run = stored_run(small_disk / "run")
    write_checkpoint(run.checkpoint_path(64), tensors_of(MEGABYTE), facts_at(64))
    before = content_of(run.path)
    # Another program fills the disk between the check and the write.
    monkeypatch.setattr("engine.fs.atomic.free_bytes", lambda _folder: 10**9)
    with pytest.raises(DiskFullError) as caught:
        write_checkpoint(run.checkpoint_path(128), tensors_of(3 * MEGABYTE // 2), facts_at(128))
    assert caught.value.needed_bytes >= 3 * MEGABYTE // 2
    assert content_of(run.path) == before
    assert not [path for path in run.checkpoints.iterdir() if path.name.startswith(".")]
    assert run.newest_valid().path == run.checkpoint_path(64)
    # With enough space the same checkpoint is saved.
    write_checkpoint(run.checkpoint_path(128), tensors_of(MEGABYTE // 4), facts_at(128))
    assert run.newest_valid().path == run.checkpoint_path(128)


def test_that_a_log_on_a_full_disk_waits_for_room(small_disk, problem_log):
    run = stored_run(small_disk / "run")
    log = RunLog(run.log_file)
    log.record(losses(100))
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file:
        while os.statvfs(small_disk).f_bavail:
            file.write(b"x" * 4096)
    for number in range(2, 300):
        log.record(losses(number * 1000))
    problem_log.expect("cannot be written")
    filler.unlink()
    log.record(losses(1_000_000))
    log.close()
    read = [report.progress.images_seen for report in read_losses(run.log_file)]
    assert read == [100, *(number * 1000 for number in range(2, 300)), 1_000_000]


def test_that_a_read_only_folder_is_named_and_nothing_in_it_changes(small_disk, monkeypatch):
    monkeypatch.setattr(atomic, "SPARE_BYTES", 0)
    run = stored_run(small_disk / "run", 64)
    before = content_of(run.path)
    subprocess.run(["/bin/mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(FolderNotWritableError, match="Read-only"):
        write_checkpoint(run.checkpoint_path(128), some_tensors(), facts_at(128))
    with pytest.raises(FolderNotWritableError, match="Read-only"):
        reopen_run_folder(run.read_config())
    assert content_of(run.path) == before
    # It can still be read.
    assert run.newest_valid().path == run.checkpoint_path(64)


def test_that_a_folder_that_may_not_be_written_is_named(tmp_path):
    if os.name == "nt" or os.geteuid() == 0:
        pytest.skip("root may write everywhere, and Windows knows no such mode")
    run = stored_run(tmp_path / "run", 64)
    run.checkpoints.chmod(0o500)
    try:
        with pytest.raises(FolderNotWritableError):
            write_checkpoint(run.checkpoint_path(128), some_tensors(), facts_at(128))
    finally:
        run.checkpoints.chmod(0o700)


def test_that_a_folder_deleted_in_mid_run_is_named(tmp_path, problem_log):
    run = stored_run(tmp_path / "run", 64)
    log = RunLog(run.log_file)
    log.record(losses(100))
    shutil.rmtree(run.path)
    with pytest.raises(EngineError, match="No such file"):
        write_checkpoint(run.checkpoint_path(128), some_tensors(), facts_at(128))
    log.record(losses(5000))
    log.close()
    problem_log.expect("cannot be written")
    assert not run.path.exists()


def test_that_a_run_moved_to_another_folder_goes_on_logging_there(tmp_path, problem_log):
    old, new = stored_run(tmp_path / "old", 64), stored_run(tmp_path / "new")
    log = RunLog(old.log_file)
    log.record(losses(100))
    shutil.rmtree(old.path)
    log.reopen(new.log_file)
    problem_log.expect("cannot be written")
    log.record(losses(5000))
    log.close()
    assert [report.progress.images_seen for report in read_losses(new.log_file)] == [5000]
    write_checkpoint(new.checkpoint_path(128), some_tensors(), facts_at(128))
    verify_checkpoint(new.checkpoint_path(128))
