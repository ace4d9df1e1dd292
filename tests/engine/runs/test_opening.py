"""Run folders that are made, left in any state, and opened again."""

import shutil

import pytest
from safetensors.torch import save_file

from engine.errors import (
    CheckpointCorruptError,
    CheckpointMissingError,
    ConfigError,
    FolderInUseError,
    RunMissingError,
)
from engine.events import CheckpointSaved
from engine.runs.checkpoint import write_checkpoint
from engine.runs.folder import RunFolder, create_run_folder, reopen_run_folder
from engine.runs.lock import RunLock
from engine.runs.log import RunLog
from tests.helpers.faulty_disk import FaultyDisk, PowerCut
from tests.helpers.stored_runs import facts_at, some_tensors, stored_run
from tests.helpers.tiny import tiny_config


def damage(run: RunFolder, images: int) -> None:
    (run.checkpoint_path(images) / "facts.json").write_bytes(b"{}")


def test_that_a_run_goes_on_from_its_newest_checkpoint(tmp_path):
    run = stored_run(tmp_path / "run", 64, 128)
    reopened = reopen_run_folder(run.read_config().with_values(minutes=7.0))
    assert reopened.folder == run
    assert reopened.checkpoint == run.checkpoint_path(128)
    assert reopened.passed_over == ()
    assert run.read_config().minutes == 7.0


def test_that_damaged_checkpoints_are_passed_over_told_and_set_aside(tmp_path):
    run = stored_run(tmp_path / "run", 64, 128, 192)
    damage(run, 128)
    damage(run, 192)
    reopened = reopen_run_folder(run.read_config())
    assert reopened.checkpoint == run.checkpoint_path(64)
    assert [text.partition(":")[0] for text in reopened.passed_over] == [
        "checkpoint-000000000192",
        "checkpoint-000000000128",
    ]
    # They are kept, and no longer in the row: what is saved now is the newest.
    names = {path.name for path in run.checkpoints.iterdir()}
    assert {"damaged-checkpoint-000000000128", "damaged-checkpoint-000000000192"} <= names
    write_checkpoint(run.checkpoint_path(96), some_tensors(), facts_at(96))
    assert run.latest_checkpoint() == run.checkpoint_path(96)
    assert reopen_run_folder(run.read_config()).passed_over == ()


def test_that_a_run_whose_checkpoints_are_all_damaged_never_begins_anew(tmp_path):
    run = stored_run(tmp_path / "run", 64, 128)
    for images in (64, 128):
        damage(run, images)
    before = sorted(run.path.rglob("*"))
    with pytest.raises(CheckpointCorruptError) as caught:
        reopen_run_folder(run.read_config())
    assert caught.value.path == run.checkpoint_path(128)
    assert sorted(run.path.rglob("*")) == before


def test_that_a_run_that_never_saved_begins_at_its_beginning(tmp_path):
    run = stored_run(tmp_path / "run")
    assert reopen_run_folder(run.read_config()).checkpoint is None
    shutil.rmtree(run.checkpoints)
    shutil.rmtree(run.samples)
    assert reopen_run_folder(run.read_config()).checkpoint is None
    (run.checkpoints / ".DS_Store").write_text("of a file browser")
    assert reopen_run_folder(run.read_config()).checkpoint is None
    assert run.samples.is_dir()


def test_that_a_run_whose_checkpoints_are_gone_does_not_begin_anew(tmp_path):
    run = stored_run(tmp_path / "run", 64)
    log = RunLog(run.log_file)
    log.record(CheckpointSaved(images_seen=64, path=run.checkpoint_path(64)))
    log.close()
    shutil.rmtree(run.checkpoints)
    with pytest.raises(CheckpointMissingError):
        reopen_run_folder(run.read_config())


def test_that_checkpoints_of_an_older_version_do_not_begin_anew(tmp_path):
    run = stored_run(tmp_path / "run")
    save_file(some_tensors(), run.checkpoints / "checkpoint-000000000064.safetensors")
    with pytest.raises(CheckpointCorruptError, match="older Diptych"):
        reopen_run_folder(run.read_config())


def test_that_a_refused_run_is_not_touched(tmp_path):
    run = stored_run(tmp_path / "run", 64)
    damage(run, 64)
    (run.checkpoints / ".checkpoint-000000000128.1.part").mkdir()
    before = sorted(run.path.rglob("*"))
    with pytest.raises(ConfigError, match="seed"):
        reopen_run_folder(run.read_config().with_values(seed=9))
    assert sorted(run.path.rglob("*")) == before


def test_that_only_a_run_can_be_reopened(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(RunMissingError):
        reopen_run_folder(tiny_config(tmp_path / "data", tmp_path / "folder"))
    assert list((tmp_path / "folder").iterdir()) == []


def test_that_a_folder_can_be_locked_before_the_run_is_made(tmp_path):
    config = tiny_config(tmp_path / "data", tmp_path / "run")
    config.run.mkdir()
    with RunLock(config.run):
        assert create_run_folder(config).read_config() == config


def test_that_a_run_killed_while_it_was_made_can_be_made_again_or_gone_on_with(tmp_path):
    config = tiny_config(tmp_path / "data", tmp_path / "counted")
    with pytest.MonkeyPatch.context() as patch:
        disk = FaultyDisk(patch, PowerCut, 10**9)
        create_run_folder(config)
    for at in range(len(disk.names)):
        config = tiny_config(tmp_path / "data", tmp_path / f"run-{at}")
        with pytest.MonkeyPatch.context() as patch:
            FaultyDisk(patch, PowerCut, at, is_over=True)
            with pytest.raises(PowerCut):
                create_run_folder(config)
        if RunFolder(config.run).config_file.exists():
            with pytest.raises(FolderInUseError):
                create_run_folder(config)
            assert reopen_run_folder(config).checkpoint is None
        else:
            create_run_folder(config)
        assert RunFolder(config.run).read_config() == config


def test_that_checkpoints_sort_by_images_whatever_their_number(tmp_path):
    run = stored_run(tmp_path / "run", 9 * 10**11, 10**12, 10**13, 64)
    (run.checkpoints / "checkpoint-64").mkdir()
    (run.checkpoints / "checkpoint-000000000999 copy").mkdir()
    (run.checkpoints / "checkpoint-000000000777").write_text("a file")
    images = [int(path.name.removeprefix("checkpoint-")) for path in run.checkpoint_paths()]
    assert images == [64, 9 * 10**11, 10**12, 10**13]
