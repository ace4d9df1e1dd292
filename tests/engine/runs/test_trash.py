import os

import pytest

from engine.errors import (
    ConfigError,
    FolderInUseError,
    FolderNotWritableError,
    RunLockedError,
    RunMissingError,
)
from engine.fs.lock import RunLock
from engine.runs.folder import RunFolder, bytes_in
from engine.runs.trash import (
    delete_run,
    empty_trash,
    rename_run,
    restore_run,
    trash_bytes,
    trashed_runs,
)
from tests.helpers.run_folders import made_run


def contents(folder):
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "run.lock"
    }


def test_that_a_deleted_run_comes_back_whole(tmp_path):
    run = made_run(tmp_path, "cats")
    before = contents(run)
    trashed = delete_run(run)
    assert not run.exists()
    assert trashed_runs(tmp_path) == [trashed]
    assert restore_run(trashed) == run
    assert contents(run) == before
    assert trashed_runs(tmp_path) == []


def test_that_two_deleted_runs_of_one_name_come_back_both(tmp_path):
    first = delete_run(made_run(tmp_path, "cats", seen=100))
    second = delete_run(made_run(tmp_path, "cats", seen=200))
    assert restore_run(second).name == "cats"
    assert restore_run(first).name == "cats-2"
    assert RunFolder(tmp_path / "cats-2").read_config().run == tmp_path / "cats-2"


def test_that_emptying_deletes_for_good_and_says_how_much(tmp_path):
    trashed = delete_run(made_run(tmp_path, "cats"))
    kept = made_run(tmp_path, "dogs")
    size = bytes_in(trashed.place)
    assert size > 2000
    assert trash_bytes(tmp_path) == size
    assert empty_trash(tmp_path) == size
    assert empty_trash(tmp_path) == 0
    assert contents(kept)
    with pytest.raises(RunMissingError):
        restore_run(trashed)


def test_that_a_trash_that_leads_elsewhere_loses_the_link_alone(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    runs = tmp_path / "runs"
    runs.mkdir()
    (runs / ".trash").symlink_to(tmp_path / "mine")
    empty_trash(runs)
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"
    assert not os.path.lexists(runs / ".trash")


def test_that_links_within_a_run_are_deleted_and_not_followed(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    run = made_run(tmp_path / "runs", "cats")
    (run / "samples" / "out").symlink_to(tmp_path / "mine")
    delete_run(run)
    empty_trash(tmp_path / "runs")
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"


def test_that_a_run_that_is_held_is_neither_deleted_nor_renamed(tmp_path):
    run = made_run(tmp_path, "cats")
    before = contents(run)
    with RunLock(run):
        with pytest.raises(RunLockedError) as caught:
            delete_run(run)
        with pytest.raises(RunLockedError):
            rename_run(run, "dogs")
    assert caught.value.pid == os.getpid()
    assert contents(run) == before
    assert delete_run(run)


def test_that_a_renamed_run_knows_its_new_place(tmp_path):
    run = made_run(tmp_path, "cats")
    target = rename_run(run, "black cats")
    assert target == tmp_path / "black cats"
    assert not run.exists()
    assert RunFolder(target).read_config().run == target


def test_that_a_damaged_run_can_be_renamed_and_deleted(tmp_path):
    run = made_run(tmp_path, "cats")
    (run / "run.toml").write_text("no toml [")
    target = rename_run(run, "dogs")
    assert (target / "run.toml").read_text() == "no toml ["
    assert restore_run(delete_run(target)) == target


@pytest.mark.parametrize("name", ["", " cats", "a/b", "..", ".", "con", "a\0b", "x" * 101, "a:b"])
def test_that_a_name_that_no_folder_can_have_is_refused(tmp_path, name):
    run = made_run(tmp_path, "cats")
    with pytest.raises(ConfigError):
        rename_run(run, name)
    assert run.is_dir()


def test_that_a_taken_name_is_refused(tmp_path):
    run, other = made_run(tmp_path, "cats"), made_run(tmp_path, "dogs")
    before = contents(other)
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("dogs", "link"):
        with pytest.raises(FolderInUseError):
            rename_run(run, name)
    assert contents(other) == before
    assert rename_run(run, "cats") == run


def test_that_what_is_not_there_is_said(tmp_path):
    with pytest.raises(RunMissingError):
        delete_run(tmp_path / "cats")
    with pytest.raises(RunMissingError):
        rename_run(tmp_path / "cats", "dogs")


def test_that_a_trash_that_cannot_be_made_leaves_the_run(tmp_path):
    run = made_run(tmp_path, "cats")
    (tmp_path / ".trash").write_text("in the way")
    with pytest.raises(FolderNotWritableError):
        delete_run(run)
    assert contents(run)
