"""A disk that fails at any call costs nothing that was there, and is said in words."""

import errno
import os

import pytest

from engine.disk import atomic_write
from engine.errors import DiskFullError, EngineError, FolderNotWritableError
from engine.runs.checkpoint import read_facts, read_tensors, verify_checkpoint, write_checkpoint
from engine.runs.folder import RunFolder
from engine.runs.keeping import Keeper
from tests.helpers.faulty_disk import CALLS, FAILING, FaultyDisk, PowerCut
from tests.helpers.stored_runs import content_of, facts_at, some_tensors, stored_run

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
    Keeper(run, run.read_config().reporting.__class__(checkpoints_kept=1)).prune()


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
        # The very last call makes the rename durable; by then the new state stands already.
        if disk.names[-1] == "sync_folder" and "rename" in disk.names:
            run.newest_valid()
        else:
            assert content_of(run.path) == before
        assert not [path for path in run.path.rglob("*") if path.name.endswith(".part")]


def test_that_a_full_disk_says_bytes_needed_and_free(tmp_path, monkeypatch):
    run = stored_run(tmp_path / "run")
    written = write_checkpoint(run.checkpoint_path(64), some_tensors(), facts_at(64))
    monkeypatch.setattr("engine.disk.free_bytes", lambda _folder: 1234)
    with pytest.raises(DiskFullError) as before:
        save_new(run)
    assert before.value.needed_bytes >= written
    assert before.value.free_bytes == 1234
    monkeypatch.setattr("engine.disk.free_bytes", lambda _folder: 10**12)
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
        # Whatever has the name of a checkpoint is one, before anybody has cleared up.
        for path in (*run.checkpoint_paths(), *run.best_paths()):
            verify_checkpoint(path)
        run.sweep()
        left = {path.name for path in run.path.rglob("*")}
        assert not [name for name in left if name.endswith(".part")]
        # Of what was there nothing is gone but what was to go.
        kept = {"checkpoint-000000000128", "best-kid"}
        kept |= set() if action is prune else {"checkpoint-000000000064"}
        assert kept <= left
        assert run.newest_valid().passed_over == ()
        assert verify_checkpoint(run.best_path("kid")).images_seen in {64, 128}
        run.read_config()


def test_that_an_interrupted_replacement_gives_the_old_one_back(tmp_path):
    """Between the two renames nothing has the name; sweeping gives it back."""
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
    for read in (verify_checkpoint, read_facts, lambda path: read_tensors(path, "")):
        with pytest.raises(EngineError, match="Input/output error"):
            read(path)


def test_that_an_interrupted_atomic_write_leaves_nothing(tmp_path, monkeypatch):
    FaultyDisk(monkeypatch, KeyboardInterrupt, 1)
    with pytest.raises(KeyboardInterrupt):
        atomic_write(tmp_path / "a", b"content")
    assert list(tmp_path.iterdir()) == []
