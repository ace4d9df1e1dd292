"""The diagnostic report includes no personal data, also for damaged runs."""

import errno
import json
import logging
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from engine.cli.main import main
from engine.config.run import RunConfig
from engine.data.facts import TableFacts
from engine.data.table_fields import CategoricalField, NumericField
from engine.diagnostics import machine
from engine.diagnostics.report import LOG_BYTES, write_report
from engine.diagnostics.scrub import Scrubber
from engine.errors import DiskFullError, FolderNotWritableError
from engine.fs import atomic
from engine.runs.folder import RunFolder, create_run_folder, write_model
from tests.helpers.tiny import tiny_facts

PRIVATE = ("dodgson", "rabbithole", "hunter2", "liddell", "white rabbit")
"""User, host, password, a mail address, and a home folder with a space in its name."""


@pytest.fixture
def scrubber() -> Scrubber:
    return Scrubber(["/data/people/dodgson"], ["dodgson"], ["rabbithole"])


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with personal data in all files."""
    config = RunConfig(dataset=Path("/home/dodgson/datasets/tiny"), run=tmp_path / "run")
    folder = create_run_folder(config)
    write_model(folder, tiny_facts())
    lines = [
        {"event": "PhaseChanged", "phase": "loading"},
        {"event": "RunEnded", "error": "OSError: C:\\Users\\White Rabbit\\runs is gone"},
        {"event": "RunEnded", "error": "password=hunter2 for liddell@example.org on RABBITHOLE"},
    ]
    folder.log_file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder.samples / "preview-of-dodgson.png").write_bytes(b"x")
    return folder.path


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "studio.log.1").write_text("INFO older line\n")
    text = (
        "INFO Run /data/people/dodgson/runs/one started on rabbithole.local\n"
        "ERROR C:\\Users\\dodgson\\AppData and c:/users/Dodgson and HF_TOKEN=hunter2\n"
        "INFO the newest line\n"
    )
    (folder / "studio.log").write_text(text)
    return folder


def read(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_that_a_report_holds_what_helps(
    run: Path, logs: Path, tmp_path: Path, scrubber: Scrubber, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    members = read(write_report(tmp_path / "r.zip", run=run, logs=logs, scrubber=scrubber))
    facts = json.loads(members["machine.json"])
    assert facts["versions"]["torch"].startswith("2.")
    assert {"Python", "system", "numpy", "pillow", "diptych-studio"} <= facts["versions"].keys()
    assert facts["hardware"]["cpu_count"] == os.cpu_count()
    assert facts["hardware"]["memory_bytes"] > 10**8
    assert facts["hardware"]["torch"]["threads"] == 1
    assert facts["free_bytes"]["run"] > 0
    assert facts["environment"]["OMP_NUM_THREADS"] == "1"
    assert 'family = "hybrid"' in members["run/run.toml"]
    assert '"phase": "loading"' in members["run/events.jsonl"]
    assert json.loads(members["run/files.json"])["run.toml"] > 0
    log = members["studio.log"]
    assert log.index("older line") < log.index("the newest line")


def test_that_a_report_tells_nothing_private(
    run: Path, logs: Path, tmp_path: Path, scrubber: Scrubber, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SOME_PASSWORD", "hunter2")
    monkeypatch.setenv("LANG", "hunter2@liddell.org")
    path = write_report(tmp_path / "r.zip", run=run, logs=logs, scrubber=scrubber)
    for name, text in read(path).items():
        found = [word for word in PRIVATE if word in (name + text).lower()]
        assert not found, name
    assert "SOME_PASSWORD" not in read(path)["machine.json"]


def test_that_the_texts_of_a_dataset_stay_at_home(run: Path, tmp_path: Path):
    facts = json.loads(read(write_report(tmp_path / "r.zip", run=run))["run/model.json"])
    assert facts["dataset"] == "tiny"
    text, image = facts["columns"]
    assert (text["kind"], text["length"]) == ("text", 3)
    assert "grey" not in json.dumps(facts)
    assert text["tokenizer"] == {"kind": "word", "units": "list of 3"}
    assert (image["kind"], image["channels"]) == ("image", 1)


def test_that_the_cells_of_a_dataset_stay_at_home(run: Path, tmp_path: Path):
    field = CategoricalField(name="diagnosis", values=("benign", "malignant"))
    number = NumericField(name="age", quantiles=(17.0, 93.0))
    model = replace(tiny_facts(), columns={"patients": TableFacts(fields=(field, number))})
    write_model(RunFolder(run), model)
    facts = json.loads(read(write_report(tmp_path / "r.zip", run=run))["run/model.json"])
    assert facts["columns"] == [{"name": "patients", "kind": "table", "fields": "list of 2"}]


def test_that_a_long_log_is_cut_to_whole_lines(run: Path, tmp_path: Path):
    line = json.dumps({"event": "MetricsReported", "losses": {"discriminator": 0.5}})
    RunFolder(run).log_file.write_text(f"{line}\n" * 100_000)
    text = read(write_report(tmp_path / "r.zip", run=run))["run/events.jsonl"]
    assert len(text) <= LOG_BYTES + 1
    assert set(text.splitlines()) == {line}
    assert (tmp_path / "r.zip").stat().st_size < 100_000


def ruin_config(run: Path) -> None:
    (run / "run.toml").write_bytes(b"\xff\xfe not [toml")


def ruin_model(run: Path) -> None:
    (run / "model.json").write_text("[" * 5000)


def ruin_log(run: Path) -> None:
    (run / "events.jsonl").unlink()
    (run / "events.jsonl").mkdir()


def link_away(run: Path) -> None:
    for name in ("run.toml", "model.json", "events.jsonl"):
        (run / name).unlink()
        (run / name).symlink_to(run.parent / "outside")


def make_pipe(run: Path) -> None:
    (run / "events.jsonl").unlink()
    os.mkfifo(run / "events.jsonl")


def empty(run: Path) -> None:
    for name in ("run.toml", "model.json", "events.jsonl"):
        (run / name).unlink()


@pytest.mark.parametrize("ruin", [ruin_config, ruin_model, ruin_log, link_away, make_pipe, empty])
def test_that_a_damaged_run_still_gives_a_report(run: Path, tmp_path: Path, ruin):
    (tmp_path / "outside").write_text("what lies outside the run")
    ruin(run)
    members = read(write_report(tmp_path / "r.zip", run=run))
    assert members.keys() >= {"run/run.toml", "run/model.json", "run/events.jsonl", "machine.json"}
    assert "outside the run" not in "".join(members.values())


def test_that_a_run_that_is_gone_still_gives_a_report(tmp_path: Path):
    members = read(write_report(tmp_path / "r.zip", run=tmp_path / "gone", logs=tmp_path / "none"))
    assert "It cannot be read" in members["run/run.toml"]
    assert "not there" in members["run/files.json"]
    assert members["studio.log"] == ""


def test_that_a_broken_torch_is_told_and_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def fail() -> bool:
        raise RuntimeError("CUDA error: the driver is gone")

    monkeypatch.setattr("torch.accelerator.is_available", fail)
    facts = json.loads(read(write_report(tmp_path / "r.zip"))["machine.json"])
    assert "driver is gone" in facts["hardware"]["torch"]["error"]


def test_that_the_drivers_own_tool_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'NVIDIA Something, 550.1, 8192 MiB'\n")
    tool.chmod(0o755)
    monkeypatch.setattr("shutil.which", lambda _name: str(tool))
    assert machine.hardware()["gpus_of_the_driver"] == ["NVIDIA Something, 550.1, 8192 MiB"]


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", fail)


@pytest.mark.usefixtures("full_disk")
def test_that_a_full_disk_leaves_no_half_report(tmp_path: Path):
    target = tmp_path / "reports" / "r.zip"
    with pytest.raises(DiskFullError):
        write_report(target)
    assert list(target.parent.iterdir()) == []


def test_that_a_folder_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(FolderNotWritableError):
        write_report(tmp_path / "file" / "r.zip")


def test_that_the_command_writes_a_report(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    logging.getLogger("test").info("nothing")
    target = tmp_path / "new" / "r.zip"
    assert main(["report", "--output", str(target), "--run", str(run)]) == 0
    assert str(target) in capsys.readouterr().out
    assert "run/run.toml" in read(target)
