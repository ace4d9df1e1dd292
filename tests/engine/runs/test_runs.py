import json

import pytest
import torch
from safetensors.torch import save_file

from engine.data.vocabulary import Vocabulary
from engine.disk import files
from engine.errors import (
    CheckpointCorruptError,
    CheckpointMissingError,
    ConfigError,
    FolderInUseError,
    FolderNotWritableError,
    RunMissingError,
)
from engine.events import LossesReported, Outcome, Phase, PhaseChanged, Progress, RunEnded
from engine.runs.checkpoint import CheckpointFacts, read_facts, read_tensors, write_checkpoint
from engine.runs.folder import ModelFacts, RunFolder, create_run_folder, write_model
from engine.runs.log import RunLog, read_losses
from engine.runs.manifest import TENSORS
from tests.helpers.tiny import tiny_config

FACTS = CheckpointFacts(step=3, images_seen=192, elapsed_s=1.5, config_hash="abc")


def report(elapsed_s: float, generator: float = 1.0) -> LossesReported:
    progress = Progress(
        images_seen=int(elapsed_s * 100),
        elapsed_s=elapsed_s,
        remaining_s=None,
        fraction=None,
        images_per_s=100.0,
    )
    return LossesReported(progress=progress, losses={"generator": generator}, signals={"x": 0.5})


def test_that_a_run_folder_keeps_its_configuration(tmp_path):
    config = tiny_config(tmp_path / "data", tmp_path / "run")
    folder = create_run_folder(config)
    assert RunFolder(folder.path).read_config() == config


def test_that_a_used_folder_is_left_alone(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine.txt").write_text("mine")
    with pytest.raises(FolderInUseError):
        create_run_folder(tiny_config(tmp_path / "data", tmp_path / "run"))
    assert (tmp_path / "run" / "mine.txt").read_text() == "mine"


def test_that_a_folder_that_cannot_be_made_is_reported(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FolderNotWritableError):
        create_run_folder(tiny_config(tmp_path / "data", tmp_path / "file" / "run"))


def test_that_the_models_facts_read_as_written(tmp_path):
    facts = ModelFacts(
        dataset="tiny",
        dataset_version="ff",
        channels=1,
        text_length=3,
        tokenizer=Vocabulary(["a", "字"]),
    )
    write_model(RunFolder(tmp_path), facts)
    assert RunFolder(tmp_path).read_model() == facts


def test_that_what_is_missing_is_named(tmp_path):
    folder = RunFolder(tmp_path)
    for read in (folder.read_config, folder.read_model):
        with pytest.raises(RunMissingError):
            read()
    with pytest.raises(CheckpointMissingError):
        folder.latest_checkpoint()


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 9}', '{"format": 1, "words": 3}'])
def test_that_damaged_facts_are_refused(tmp_path, text):
    (tmp_path / "model.json").write_text(text)
    with pytest.raises(ConfigError):
        RunFolder(tmp_path).read_model()


def test_that_the_newest_checkpoint_is_found(tmp_path):
    folder = RunFolder(tmp_path)
    folder.checkpoints.mkdir()
    for images in (64, 1_000_000, 900):
        write_checkpoint(folder.checkpoint_path(images), {"a": torch.zeros(1)}, FACTS)
    assert folder.latest_checkpoint() == folder.checkpoint_path(1_000_000)


def test_that_a_checkpoint_reads_as_written(tmp_path):
    tensors = {"average.w": torch.randn(2, 3), "critic.w": torch.arange(4)}
    write_checkpoint(tmp_path / "c", tensors, FACTS)
    assert read_facts(tmp_path / "c") == FACTS
    read = read_tensors(tmp_path / "c", "average.")
    assert set(read) == {"w"}
    assert torch.equal(read["w"], tensors["average.w"])


def test_that_channels_last_weights_keep_their_values(tmp_path):
    weight = torch.randn(4, 3, 2, 2).to(memory_format=torch.channels_last)
    write_checkpoint(tmp_path / "c", {"a.w": weight}, FACTS)
    assert torch.equal(read_tensors(tmp_path / "c", "a.")["w"], weight)


def test_that_a_damaged_checkpoint_is_refused(tmp_path):
    path = tmp_path / "c"
    write_checkpoint(path, {"a.w": torch.zeros(100)}, FACTS)
    whole = (path / TENSORS).read_bytes()
    for content in (b"", b"\x80\x04 a pickle", whole[:60], whole[:-10]):
        (path / TENSORS).write_bytes(content)
        with pytest.raises(CheckpointCorruptError):
            read_facts(path)
        with pytest.raises(CheckpointCorruptError):
            read_tensors(path, "a.")


def test_that_a_checkpoint_of_an_older_version_is_called_so(tmp_path):
    path = tmp_path / "checkpoint-000000000064.safetensors"
    save_file({"w": torch.zeros(1)}, path)
    with pytest.raises(CheckpointCorruptError, match="older Diptych"):
        read_facts(path)


def test_that_a_checkpoint_lacks_what_nobody_put_in(tmp_path):
    write_checkpoint(tmp_path / "c", {"a.w": torch.zeros(1)}, FACTS)
    with pytest.raises(CheckpointCorruptError, match="no tensor"):
        read_tensors(tmp_path / "c", "average.")


def test_that_the_log_keeps_one_loss_report_a_second(tmp_path):
    log = RunLog(tmp_path / "events.jsonl")
    for tenth in range(31):
        log.record(report(tenth / 10))
    log.close()
    seconds = [entry.progress.elapsed_s for entry in read_losses(tmp_path / "events.jsonl")]
    assert seconds == [0.0, 1.0, 2.0, 3.0]


def test_that_losses_read_as_logged(tmp_path):
    log = RunLog(tmp_path / "events.jsonl")
    log.record(PhaseChanged(phase=Phase.TRAINING))
    log.record(report(2.0, generator=1.25))
    log.record(
        RunEnded(
            outcome=Outcome.FAILED,
            folder=tmp_path,
            images_seen=5,
            elapsed_s=1.0,
            error=ValueError("why"),
        )
    )
    log.close()
    assert list(read_losses(tmp_path / "events.jsonl")) == [report(2.0, generator=1.25)]
    last = json.loads((tmp_path / "events.jsonl").read_text().splitlines()[-1])
    assert last["error"] == "ValueError: why"
    assert last["outcome"] == "failed"


def test_that_torn_and_strange_lines_are_passed_over(tmp_path):
    log = RunLog(tmp_path / "events.jsonl")
    log.record(report(0.0))
    log.close()
    with (tmp_path / "events.jsonl").open("ab") as file:
        file.write(b'[]\n{"event": "LossesReported"}\n\xff\xfe\n{"event": "LossesRep')
    assert len(list(read_losses(tmp_path / "events.jsonl"))) == 1
    assert list(read_losses(tmp_path / "nothing.jsonl")) == []


def test_that_a_log_on_a_full_disk_does_not_end_the_run(tmp_path, problem_log, monkeypatch):
    log = RunLog(tmp_path / "events.jsonl")

    def full(_file, _content) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write", full)
    log.record(report(0.0))
    problem_log.expect("cannot be written")
    monkeypatch.undo()
    log.record(report(5.0))
    log.close()
    assert len(list(read_losses(tmp_path / "events.jsonl"))) == 2
