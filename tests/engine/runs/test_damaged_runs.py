"""Runs whose folders are damaged are listed with what is wrong."""

import os

import pytest

from tests.helpers.run_folders import listed, made_run


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
