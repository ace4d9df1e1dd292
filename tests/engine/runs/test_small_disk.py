"""The same on real disks: one that is too small, one that is read-only, one that is gone."""

import os
import shutil
import subprocess

import pytest
import torch

from engine import disk
from engine.errors import DiskFullError, EngineError, FolderNotWritableError
from engine.runs.checkpoint import verify_checkpoint, write_checkpoint
from engine.runs.folder import reopen_run_folder
from engine.runs.log import RunLog
from engine.runs.log_reading import read_losses
from tests.helpers.fake_engine import losses
from tests.helpers.small_disk import small_disk as mounted
from tests.helpers.stored_runs import content_of, facts_at, some_tensors, stored_run

MEGABYTE = 1_000_000


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 2 MB, mounted for the test."""
    with mounted(tmp_path / "disk", megabytes=2) as place:
        yield place


def tensors_of(size: int) -> dict[str, torch.Tensor]:
    return {"average.w": torch.zeros(size, dtype=torch.uint8)}


def test_that_a_checkpoint_that_will_not_fit_is_refused_before_a_byte_is_written(small_disk):
    run = stored_run(small_disk / "run")
    before = content_of(run.path)
    with pytest.raises(DiskFullError) as caught:
        write_checkpoint(run.checkpoint_path(64), tensors_of(5 * MEGABYTE), facts_at(64))
    assert caught.value.needed_bytes >= 5 * MEGABYTE
    assert 0 < caught.value.free_bytes < 2.1 * MEGABYTE
    assert content_of(run.path) == before


def test_that_a_disk_that_fills_up_amid_a_checkpoint_keeps_the_others(small_disk, monkeypatch):
    monkeypatch.setattr(disk, "SPARE_BYTES", 0)
    run = stored_run(small_disk / "run")
    write_checkpoint(run.checkpoint_path(64), tensors_of(MEGABYTE), facts_at(64))
    before = content_of(run.path)
    # Somebody else takes the room between the look and the write.
    monkeypatch.setattr("engine.disk.free_bytes", lambda _folder: 10**9)
    with pytest.raises(DiskFullError) as caught:
        write_checkpoint(run.checkpoint_path(128), tensors_of(3 * MEGABYTE // 2), facts_at(128))
    assert caught.value.needed_bytes >= 3 * MEGABYTE // 2
    assert content_of(run.path) == before
    assert not [path for path in run.checkpoints.iterdir() if path.name.startswith(".")]
    assert run.newest_valid().path == run.checkpoint_path(64)
    # And with room again the same checkpoint is saved.
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
    monkeypatch.setattr(disk, "SPARE_BYTES", 0)
    run = stored_run(small_disk / "run", 64)
    before = content_of(run.path)
    subprocess.run(["/bin/mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(FolderNotWritableError, match="Read-only"):
        write_checkpoint(run.checkpoint_path(128), some_tensors(), facts_at(128))
    with pytest.raises(FolderNotWritableError, match="Read-only"):
        reopen_run_folder(run.read_config())
    assert content_of(run.path) == before
    # It can still be looked at.
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
    assert not run.path.exists()


def test_that_a_run_moved_to_another_folder_goes_on_logging_there(tmp_path):
    old, new = stored_run(tmp_path / "old", 64), stored_run(tmp_path / "new")
    log = RunLog(old.log_file)
    log.record(losses(100))
    shutil.rmtree(old.path)
    log.reopen(new.log_file)
    log.record(losses(5000))
    log.close()
    assert [report.progress.images_seen for report in read_losses(new.log_file)] == [5000]
    write_checkpoint(new.checkpoint_path(128), some_tensors(), facts_at(128))
    verify_checkpoint(new.checkpoint_path(128))
