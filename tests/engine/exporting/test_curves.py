import csv
import struct

import pytest

from engine.control import RunControl
from engine.errors import RunMissingError
from engine.events import EvaluationCompleted, MetricsReported, Progress, RunResumed
from engine.exporting.curves import export_curves
from engine.exporting.tensorboard import EventFile, masked_crc32c, record
from engine.runs.event_reader import read_losses
from engine.train.run import train
from tests.helpers.run_folders import made_run
from tests.helpers.tiny import tiny_config, tiny_dataset


def report(images: int, **losses: float) -> MetricsReported:
    progress = Progress(
        images_seen=images, elapsed_s=images / 10, remaining_s=None, fraction=None, images_per_s=9.5
    )
    return MetricsReported(progress=progress, losses=losses, metrics={"real_score": 0.75})


def test_the_checksum_is_crc32c():
    # The check value of CRC-32C, https://reveng.sourceforge.io/crc-catalogue/17plus.htm.
    crc = 0xE3069283
    masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) % 2**32
    assert masked_crc32c(b"123456789") == masked


def test_a_record_has_length_and_both_checksums():
    framed = record(b"event")
    length, check = struct.unpack("<QI", framed[:12])
    assert (length, check) == (5, masked_crc32c(struct.pack("<Q", 5)))
    assert framed[12:17] == b"event"
    assert struct.unpack("<I", framed[17:]) == (masked_crc32c(b"event"),)


def rows_of(path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_curves_of_a_run_are_tables(tmp_path):
    run = made_run(tmp_path / "runs", "one")
    assert export_curves(run, tmp_path / "curves") == 2
    (losses,) = rows_of(tmp_path / "curves" / "losses.csv")
    assert (losses["images_seen"], losses["discriminator"]) == ("6400", "1.0")
    (quality,) = rows_of(tmp_path / "curves" / "quality.csv")
    assert (quality["images_seen"], quality["kid"]) == ("3200", "0.05")


def test_where_there_is_no_run_nothing_is_exported(tmp_path):
    with pytest.raises(RunMissingError):
        export_curves(tmp_path / "none", tmp_path / "curves")
    assert not list(tmp_path.iterdir())


def scalars(folder) -> dict[str, list[tuple[int, float]]]:
    """Read event files by TensorBoard itself."""
    name = "tensorboard.backend.event_processing.event_accumulator"
    accumulator = pytest.importorskip(name, exc_type=ImportError)
    found = accumulator.EventAccumulator(str(folder), size_guidance={"scalars": 0})
    found.Reload()
    tags = found.Tags()["scalars"]
    return {tag: [(e.step, e.value) for e in found.Scalars(tag)] for tag in tags}


@pytest.mark.filterwarnings("ignore")
def test_tensorboard_reads_what_was_exported(tmp_path):
    run = made_run(tmp_path / "runs", "one")
    export_curves(run, tmp_path / "curves")
    found = scalars(tmp_path / "curves")
    assert found["loss/discriminator"] == [(6400, 1.0)]
    assert found["quality/kid"] == [(3200, pytest.approx(0.05))]
    assert found["training/images_per_s"] == [(6400, 100.0)]


@pytest.mark.filterwarnings("ignore")
def test_tensorboard_drops_what_a_resumed_run_repeats(tmp_path, problem_log):
    file = EventFile(tmp_path)
    for images in (100, 200, 300):
        file.record(report(images, generator=float(images)))
    file.record(RunResumed(images_seen=200, elapsed_s=20.0, checkpoint="c", skipped_checkpoints=()))
    file.record(report(250, generator=-1.0))
    file.record(EvaluationCompleted(images_seen=2**40, elapsed_s=30.0, metrics={"kid": 0.5}))
    file.close()
    found = scalars(tmp_path)
    assert found["loss/generator"] == [(100, 100.0), (200, 200.0), (250, -1.0)]
    problem_log.expect("Purging expired events", logger="tensorboard")
    assert found["quality/kid"] == [(2**40, 0.5)]


def test_a_run_writes_event_files_only_where_it_is_asked_to(tmp_path):
    data = tiny_dataset(tmp_path / "data")
    for name, is_on in (("plain", False), ("live", True)):
        config = tiny_config(data, tmp_path / name)
        values = {"images": 48, "minutes": 0, "reporting__tensorboard": is_on}
        train(config.with_values(**values), lambda _event: None, RunControl())
    assert not (tmp_path / "plain" / "tensorboard").exists()
    (file,) = (tmp_path / "live" / "tensorboard").iterdir()
    content = file.read_bytes()
    assert b"brain.Event:2" in content
    assert b"loss/generator" in content
    assert list(read_losses(tmp_path / "live" / "events.jsonl"))


def test_a_failing_disk_ends_the_file_and_not_the_run(tmp_path, problem_log):
    (tmp_path / "file").write_text("in the way")
    events = EventFile(tmp_path / "file")
    events.record(report(1, generator=1.0))
    events.close()
    problem_log.expect("No event file is written", logger="engine.exporting")
