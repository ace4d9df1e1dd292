"""Runs with damaged folders are listed with their problems."""

import json
import os
import pickle
from pathlib import Path

import pytest
import torch

from engine.config.toml import config_to_toml
from engine.errors import (
    CheckpointCorruptError,
    ConfigError,
    FolderNotWritableError,
    RunLockedError,
    RunMissingError,
)
from engine.fs.lock import RunLock, holder_of
from engine.runs.event_log import RunLog
from engine.runs.event_reader import LogTail, read_events
from engine.runs.folder import RunFolder, reopen_run_folder
from engine.sample.load import load_run
from tests.helpers.fake_engine import losses
from tests.helpers.run_folders import content_of, listed, made_run, stored_run


def hurt_config(folder):
    (folder / "run.toml").write_text("dataset = [")


def hurt_config_deeply(folder):
    (folder / "run.toml").write_text("a = " + "[" * 20_000)


def lose_config(folder):
    (folder / "run.toml").unlink()


def link_config(folder):
    (folder / "run.toml").unlink()
    (folder / "run.toml").symlink_to("/etc/passwd")


def make_config_a_folder(folder):
    (folder / "run.toml").unlink()
    (folder / "run.toml").mkdir()


def make_config_no_text(folder):
    (folder / "run.toml").write_bytes(b"\xff\xfe\x00")


def hurt_notes(folder):
    (folder / "notes.json").write_text("{")


def make_log_a_folder(folder):
    (folder / "events.jsonl").unlink()
    (folder / "events.jsonl").mkdir()


def make_log_a_pipe(folder):
    (folder / "events.jsonl").unlink()
    os.mkfifo(folder / "events.jsonl")


@pytest.mark.parametrize(
    "hurt",
    [
        hurt_config,
        hurt_config_deeply,
        lose_config,
        link_config,
        make_config_a_folder,
        make_config_no_text,
        hurt_notes,
        make_log_a_folder,
        make_log_a_pipe,
    ],
)
def test_that_a_damaged_run_is_listed_with_what_is_wrong(runs, file, hurt):
    made_run(runs, "well")
    hurt(made_run(runs, "hurt"))
    found = {run.name: run for run in listed(runs, file)}
    assert found["well"].problem == ""
    assert found["hurt"].problem
    assert found["hurt"].size_bytes > 2000


# Malicious run folders are refused with a reason, and nothing blocks.


POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes or free links")
PARTS = ("run.toml", "model.json")


def read(run: RunFolder, name: str) -> object:
    return run.read_config() if name == "run.toml" else run.read_model()


@POSIX
@pytest.mark.parametrize("name", PARTS)
def test_that_a_link_out_of_the_run_is_refused(tmp_path, name):
    run = stored_run(tmp_path / "run")
    (run.path / name).rename(tmp_path / "elsewhere")
    (run.path / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="is a symbolic link"):
        read(run, name)


@POSIX
@pytest.mark.parametrize("name", PARTS)
def test_that_a_pipe_is_refused_and_nobody_waits_for_it(tmp_path, name):
    run = stored_run(tmp_path / "run")
    (run.path / name).unlink()
    os.mkfifo(run.path / name)
    with pytest.raises(ConfigError, match="is a pipe"):
        read(run, name)


@pytest.mark.parametrize("name", PARTS)
def test_that_a_folder_and_a_pickle_are_refused(tmp_path, name):
    run = stored_run(tmp_path / "run")
    (run.path / name).write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(ConfigError):
        read(run, name)
    (run.path / name).unlink()
    (run.path / name).mkdir()
    with pytest.raises(ConfigError, match="is a folder"):
        read(run, name)


@pytest.mark.parametrize("name", PARTS)
def test_that_a_huge_file_is_not_read(tmp_path, name):
    run = stored_run(tmp_path / "run")
    with (run.path / name).open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ConfigError, match="larger than"):
        read(run, name)


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 20_000,
        "a" + ".a" * 30_000 + " = 1",
        "[" + "a." * 30_000 + "a]",
        "a = " + "{b = " * 10_000,
        "a = " + "9" * 60_000,
        "seed = 1e999",
        "format = 2\nseed = " + "9" * 4000,
        "\0\0\0",
        '"""' * 9_999,
    ],
    ids=["lists", "dots", "table", "tables", "digits", "infinite", "huge", "nothing", "quotes"],
)
def test_that_a_bomb_in_the_configuration_is_refused(tmp_path, text):
    run = stored_run(tmp_path / "run")
    run.config_file.write_text(text)
    with pytest.raises(ConfigError):
        run.read_config()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"channels": 10**9}, r"columns.channels must be a whole number"),
        ({"channels": True}, r"columns.channels must be a whole number"),
        ({"length": 10**30}, r"columns.length must be a whole number"),
        ({"length": "3"}, r"columns.length must be a whole number"),
        ({"dataset": ["../.."]}, "dataset must be a text"),
        ({"tokenizer": "pickle"}, "is damaged"),
        ({"tokenizer": {"kind": "bpe", "model": "{}"}}, "is damaged"),
        ({"tokenizer": {"kind": "word", "units": [1, 2]}}, "is damaged"),
        ({"more": 1}, "is damaged"),
    ],
)
def test_that_strange_facts_of_the_model_are_refused(tmp_path, change, reason):
    run = stored_run(tmp_path / "run")
    table = json.loads(run.model_file.read_text("utf-8"))
    text, image = table["columns"]
    for name, value in change.items():
        owner = next((part for part in (text, image) if name in part), table)
        owner[name] = value
    run.model_file.write_text(json.dumps(table))
    with pytest.raises(ConfigError, match=reason):
        run.read_model()


def test_that_deep_facts_of_the_model_are_refused(tmp_path):
    run = stored_run(tmp_path / "run")
    run.model_file.write_text('{"format":' * 50_000)
    with pytest.raises(ConfigError, match="levels deep"):
        run.read_model()


def test_that_a_file_in_place_of_the_run_is_no_run(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(RunMissingError):
        RunFolder(tmp_path / "file").read_config()
    with pytest.raises(RunMissingError):
        RunLock(tmp_path / "file")


@POSIX
def test_that_checkpoints_behind_a_link_are_refused_and_nothing_begins_anew(tmp_path):
    run = stored_run(tmp_path / "run", 64)
    run.checkpoints.rename(tmp_path / "elsewhere")
    run.checkpoints.symlink_to(tmp_path / "elsewhere")
    for look in (run.newest_valid, lambda: reopen_run_folder(run.read_config())):
        with pytest.raises(CheckpointCorruptError, match="symbolic link"):
            look()
    assert len(list((tmp_path / "elsewhere").iterdir())) == 1


@POSIX
def test_that_a_linked_checkpoint_is_passed_over_and_its_target_kept(tmp_path):
    run = stored_run(tmp_path / "run", 64)
    other = stored_run(tmp_path / "other", 128)
    run.checkpoint_path(128).symlink_to(other.checkpoint_path(128))
    found = run.newest_valid()
    assert found.path == run.checkpoint_path(64)
    assert found.skipped_checkpoints == (
        "checkpoint-000000000128: checkpoint-000000000128 is a symbolic link",
    )
    before = content_of(other.path)
    reopen_run_folder(run.read_config())
    assert content_of(other.path) == before


@POSIX
def test_that_what_a_link_points_to_is_never_written_or_removed(tmp_path):
    run = stored_run(tmp_path / "run", 64)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "file").write_text("mine")
    (run.checkpoints / ".checkpoint-000000000128.1.part").symlink_to(mine)
    (run.path / ".run.toml.1.part").symlink_to(mine / "file")
    run.samples.rmdir()
    run.samples.symlink_to(mine)
    (mine / ".x.1.part").write_text("mine")
    run.sweep()
    assert {path.name for path in mine.iterdir()} == {"file", ".x.1.part"}
    assert not list(run.checkpoints.glob(".*"))


@POSIX
@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_that_a_strange_lock_is_refused(tmp_path, kind):
    run = stored_run(tmp_path / "run")
    make_strange(run.lock_file, tmp_path / "mine", kind)
    with pytest.raises(FolderNotWritableError), RunLock(run.path):
        pass
    assert holder_of(run.path) is None
    assert not (tmp_path / "mine").exists() or (tmp_path / "mine").read_text() == "mine"


@POSIX
@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_that_a_strange_log_is_neither_read_nor_written(tmp_path, problem_log, kind):
    run = stored_run(tmp_path / "run")
    make_strange(run.log_file, tmp_path / "mine", kind)
    log = RunLog(run.log_file)
    log.record(losses(100))
    log.close()
    problem_log.expect("cannot be written")
    assert list(read_events(run.log_file)) == []
    problem_log.expect("cannot be read")
    assert LogTail(run.log_file).read_new() == []
    assert kind != "link" or (tmp_path / "mine").read_text() == "mine"


def make_strange(path: Path, target: Path, kind: str) -> None:
    if kind == "link":
        target.write_text("mine")
        path.symlink_to(target)
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"[" * 4000,
        b"\xff" * 100,
        b'{"pid": -1, "host": "x"}',
        b'{"pid": 1e9}',
        b"x" * 9999,
    ],
)
def test_that_a_strange_text_in_the_lock_is_a_dead_holder(tmp_path, content):
    run = stored_run(tmp_path / "run")
    run.lock_file.write_bytes(content)
    assert holder_of(run.path) is None
    with RunLock(run.path):
        holder = holder_of(run.path)
        assert holder is not None
        assert holder.is_us


def test_that_a_lock_whose_text_is_gone_still_holds(tmp_path):
    run = stored_run(tmp_path / "run")
    with RunLock(run.path):
        run.lock_file.write_bytes(b"")
        with pytest.raises(RunLockedError) as caught, RunLock(run.path):
            pass
    assert caught.value.pid == 0


def test_that_a_giant_is_refused_before_it_takes_memory(tmp_path):
    """The checkpoint is small, and the configuration describes hundreds of gigabytes."""
    run = stored_run(tmp_path / "run", 64)
    config = run.read_config().with_values(
        networks__embedding_dim=2048, networks__token_dim=1024, networks__generator_channels=512
    )
    run.config_file.write_text(config_to_toml(config))
    table = json.loads(run.model_file.read_text("utf-8"))
    table["columns"][0]["length"] = 65_536
    run.model_file.write_text(json.dumps(table))
    with pytest.raises(CheckpointCorruptError, match="do not fit"):
        load_run(run.path, torch.device("cpu"))
