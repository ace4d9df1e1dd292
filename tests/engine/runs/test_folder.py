import json
import shutil

import pytest
import torch
from safetensors.torch import save_file

from engine.data.facts import AudioFacts, ImageFacts, TextFacts
from engine.data.tokenizers import Vocabulary
from engine.errors import (
    CheckpointCorruptError,
    CheckpointMissingError,
    ConfigError,
    FolderInUseError,
    FolderNotWritableError,
    RunMissingError,
)
from engine.events import (
    CheckpointSaved,
    MetricsReported,
    Outcome,
    Phase,
    PhaseChanged,
    Progress,
    RunEnded,
)
from engine.fs.atomic import files
from engine.fs.lock import RunLock
from engine.runs.checkpoint import read_tensors, write_checkpoint
from engine.runs.checkpoint_files import TENSORS, CheckpointMetadata, read_metadata
from engine.runs.event_log import RunLog
from engine.runs.event_reader import read_losses
from engine.runs.folder import RunFolder, create_run_folder, reopen_run_folder, write_model
from engine.runs.metadata import ModelMetadata
from tests.helpers.disks import FaultyDisk, PowerCut
from tests.helpers.run_folders import facts_at, some_tensors, stored_run
from tests.helpers.tiny import WORDS, tiny_config, tiny_facts

FACTS = CheckpointMetadata(step=3, images_seen=192, elapsed_s=1.5, config_hash="abc")


def report(elapsed_s: float, generator: float = 1.0) -> MetricsReported:
    progress = Progress(
        images_seen=int(elapsed_s * 100),
        elapsed_s=elapsed_s,
        remaining_s=None,
        fraction=None,
        images_per_s=100.0,
    )
    return MetricsReported(progress=progress, losses={"generator": generator}, metrics={"x": 0.5})


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
    facts = ModelMetadata(
        dataset="tiny",
        dataset_version="ff",
        columns={
            "text": TextFacts(tokenizer=Vocabulary(["a", "字"]), length=3),
            "photo": ImageFacts(channels=1, height=48, width=64),
            "speech": AudioFacts(rate=8_000, samples=6_400),
        },
    )
    write_model(RunFolder(tmp_path), facts)
    read = RunFolder(tmp_path).read_model()
    assert read == facts
    assert list(read.columns) == ["text", "photo", "speech"]
    assert facts.image_shape(32) == (24, 32)


def test_that_facts_of_older_versions_are_those_of_squares(tmp_path):
    folder = RunFolder(tmp_path)
    table = {
        "format": 3,
        "dataset": "tiny",
        "dataset_version": "0" * 16,
        "channels": 1,
        "text_length": 3,
        "tokenizer": Vocabulary(WORDS).to_table(),
    }
    folder.model_file.write_text(json.dumps(table))
    assert folder.read_model() == tiny_facts()
    assert folder.read_model().image_shape(32) == (32, 32)
    table |= {"image_height": 48, "image_width": 64, "value_range": [0, 4095], "band": 2}
    folder.model_file.write_text(json.dumps(table))
    assert folder.read_model().image == ImageFacts(
        channels=1, height=48, width=64, value_range=(0.0, 4095.0), band=2
    )
    folder.model_file.write_text(json.dumps(table | {"image_height": 0}))
    with pytest.raises(ConfigError, match="height"):
        folder.read_model()


@pytest.mark.parametrize(
    "columns",
    [
        [],
        "text",
        [{"name": "text"}],
        [{"name": "text", "kind": "smell"}],
        [{"name": "image", "kind": "image", "channels": 1}] * 2,
        [{"name": "image", "kind": "image"}],
    ],
)
def test_damaged_columns_are_refused(tmp_path, columns):
    folder = RunFolder(tmp_path)
    table = {"format": 4, "dataset": "tiny", "dataset_version": "0", "columns": columns}
    folder.model_file.write_text(json.dumps(table))
    with pytest.raises(ConfigError, match="columns"):
        folder.read_model()


def test_that_what_is_missing_is_named(tmp_path):
    folder = RunFolder(tmp_path)
    for read in (folder.read_config, folder.read_model):
        with pytest.raises(RunMissingError):
            read()
    with pytest.raises(CheckpointMissingError):
        folder.latest_checkpoint()


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 9}', '{"format": 3, "words": 3}'])
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
    tensors = {"ema.w": torch.randn(2, 3), "discriminator.w": torch.arange(4)}
    write_checkpoint(tmp_path / "c", tensors, FACTS)
    assert read_metadata(tmp_path / "c") == FACTS
    read = read_tensors(tmp_path / "c", "ema.")
    assert set(read) == {"w"}
    assert torch.equal(read["w"], tensors["ema.w"])


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
            read_metadata(path)
        with pytest.raises(CheckpointCorruptError):
            read_tensors(path, "a.")


def test_that_a_checkpoint_of_an_older_version_is_called_so(tmp_path):
    path = tmp_path / "checkpoint-000000000064.safetensors"
    save_file({"w": torch.zeros(1)}, path)
    with pytest.raises(CheckpointCorruptError, match="older Diptych"):
        read_metadata(path)


def test_that_a_checkpoint_lacks_what_nobody_put_in(tmp_path):
    write_checkpoint(tmp_path / "c", {"a.w": torch.zeros(1)}, FACTS)
    with pytest.raises(CheckpointCorruptError, match="no tensor"):
        read_tensors(tmp_path / "c", "ema.")


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
        file.write(b'[]\n{"event": "MetricsReported"}\n\xff\xfe\n{"event": "MetricsRep')
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


# Creating run folders, and reopening them in any state.


def damage(run: RunFolder, images: int) -> None:
    (run.checkpoint_path(images) / "facts.json").write_bytes(b"{}")


def test_that_a_run_goes_on_from_its_newest_checkpoint(tmp_path):
    run = stored_run(tmp_path / "run", 64, 128)
    reopened = reopen_run_folder(run.read_config().with_values(minutes=7.0)).checkpoint
    assert reopened
    assert reopened.path == run.checkpoint_path(128)
    assert reopened.skipped_checkpoints == ()
    assert run.read_config().minutes == 7.0


def test_that_damaged_checkpoints_are_passed_over_told_and_set_aside(tmp_path):
    run = stored_run(tmp_path / "run", 64, 128, 192)
    damage(run, 128)
    damage(run, 192)
    reopened = reopen_run_folder(run.read_config()).checkpoint
    assert reopened
    assert reopened.path == run.checkpoint_path(64)
    assert [text.partition(":")[0] for text in reopened.skipped_checkpoints] == [
        "checkpoint-000000000192",
        "checkpoint-000000000128",
    ]
    # They are kept, but no longer listed: what is saved now is the newest.
    names = {path.name for path in run.checkpoints.iterdir()}
    assert {"damaged-checkpoint-000000000128", "damaged-checkpoint-000000000192"} <= names
    write_checkpoint(run.checkpoint_path(96), some_tensors(), facts_at(96))
    assert run.latest_checkpoint() == run.checkpoint_path(96)
    again = reopen_run_folder(run.read_config()).checkpoint
    assert again
    assert again.skipped_checkpoints == ()


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
