"""Reading a log: events, curves without repeated points, and new events while it grows."""

import dataclasses
import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from engine.errors import DiskFullError, LoggedError
from engine.events import (
    Alert,
    AlertChanged,
    BatchSizeSelected,
    CheckpointSaved,
    DatasetVerified,
    EvaluationCompleted,
    EvaluationFailed,
    EvaluationStarted,
    LogRestored,
    MicroBatchingEnabled,
    Outcome,
    Phase,
    PhaseChanged,
    PreviewFailed,
    PreviewReady,
    ReportingFailed,
    RequestAnswered,
    RolledBack,
    RunEnded,
    RunEvent,
    RunPaused,
    RunRelocated,
    RunRequest,
    RunResumed,
    SettingsChanged,
    SettingsRejected,
    StepsSkipped,
    WeightsTransferred,
)
from engine.runs.event_log import RunLog
from engine.runs.event_reader import LogTail, has_saved, read_events, read_losses, read_quality
from tests.helpers.fake_engine import losses, prepared


def every_event(run: Path) -> list[RunEvent]:
    """One event of each kind, without the fields that cannot be compared."""
    return [
        prepared(run),
        PhaseChanged(phase=Phase.TRAINING),
        WeightsTransferred(
            run="earlier",
            checkpoint="checkpoint-000000000064",
            images_seen=64,
            tensors=3,
            all_tensors=4,
            words=1,
            all_words=2,
        ),
        losses(1000),
        EvaluationStarted(images_seen=1000),
        EvaluationCompleted(
            images_seen=1000, elapsed_s=1.0, metrics={"kid": 0.5}, best=frozenset({"kid"})
        ),
        AlertChanged(
            alert=Alert.MODE_COLLAPSE, is_raised=True, images_seen=5, evidence={"spread": 0.1}
        ),
        BatchSizeSelected(batch_size=64, images_per_s=10.0, memory_bytes=5, budget_bytes=9),
        CheckpointSaved(images_seen=64, path=run / "checkpoints" / "checkpoint-000000000064"),
        RunResumed(
            images_seen=2000, elapsed_s=2.0, checkpoint="c", skipped_checkpoints=("d: cut", "e: ü")
        ),
        RunPaused(images_seen=64, is_released=True),
        RunRelocated(folder=Path("/elsewhere/run")),
        StepsSkipped(images_seen=64, steps=(3, 4), terms=("discriminator",)),
        SettingsChanged(
            images_seen=64, step=8, field="training.learning_rate", old="0.001", new="0.0005"
        ),
        RequestAnswered(request=RunRequest.PAUSE, nonce="0" * 16, sender="process 5 on box"),
        RolledBack(images_seen=3000, from_images_seen=4000, rate_scale=0.5),
        DatasetVerified(damage=("images 0 to 9 in images.npy",)),
        LogRestored(bytes_restored=4_000),
        MicroBatchingEnabled(
            images_seen=1, batch_size=64, num_micro_batches=2, memory_bytes=1, budget_bytes=2
        ),
        RunEnded(outcome=Outcome.FINISHED, folder=run, images_seen=1, elapsed_s=0.5),
    ]


def log_of(path: Path, *events: RunEvent) -> Path:
    log = RunLog(path)
    for event in events:
        log.record(event)
    log.close()
    return path


def test_that_events_read_as_logged(tmp_path):
    events = every_event(tmp_path)
    assert list(read_events(log_of(tmp_path / "events.jsonl", *events))) == events


def test_that_a_run_that_was_moved_by_hand_names_its_files_where_they_are_now(tmp_path):
    log_of(tmp_path / "events.jsonl", *every_event(tmp_path))
    (tmp_path / "new").mkdir()
    (tmp_path / "events.jsonl").rename(tmp_path / "new" / "events.jsonl")
    assert list(read_events(tmp_path / "new" / "events.jsonl")) == every_event(tmp_path / "new")


def test_that_a_preview_comes_without_its_pictures(tmp_path):
    preview = PreviewReady(
        images_seen=5,
        elapsed_s=1.0,
        images=np.zeros((4, 8, 8, 3), np.uint8),
        texts=("a", "b", "c", "d"),
        path=tmp_path / "samples" / "preview-000000000005.png",
    )
    [read] = read_events(log_of(tmp_path / "events.jsonl", preview))
    assert isinstance(read, PreviewReady)
    assert (read.images_seen, read.path, read.texts) == (5, preview.path, ())
    assert read.images.shape == (0, 0, 0, 3)


@pytest.mark.parametrize("kind", [EvaluationFailed, PreviewFailed, ReportingFailed])
def test_that_an_error_is_told_in_its_own_words(tmp_path, kind):
    error = DiskFullError(tmp_path, 5, 1)
    [read] = read_events(log_of(tmp_path / "events.jsonl", kind(error=error)))
    assert isinstance(read, EvaluationFailed | PreviewFailed | ReportingFailed)
    assert isinstance(read.error, LoggedError)
    assert (read.error.kind, str(read.error)) == ("DiskFullError", str(error))


def line(**table: object) -> bytes:
    return json.dumps(table).encode() + b"\n"


STRANGE = [
    b"\n",
    b"[]\n",
    b"null\n",
    b"\xff\xfe\n",
    b"[" * 100_000 + b"\n",
    b"x" * 3_000_000 + b"\n",
    b'{"event": "MetricsReported", "a": "' + b"x" * 1_500_000 + b'"}\n',
    line(event="os.system"),
    line(event=["PhaseChanged"]),
    line(event="PhaseChanged", phase="exploding"),
    line(event="PhaseChanged"),
    line(event="CheckpointSaved", images_seen=-5, path="c"),
    line(event="CheckpointSaved", images_seen=10**18, path="c"),
    line(event="CheckpointSaved", images_seen=True, path="c"),
    line(event="CheckpointSaved", images_seen=5, path=["c"]),
    line(event="StepsSkipped", images_seen=5, steps="no", terms=[]),
    line(event="RunEnded", outcome="finished", folder="x", images_seen=1, elapsed_s="long"),
    line(event="MetricsReported", progress=7, losses={}, metrics={}),
    b'{"event": "EvaluationCompleted", "images_seen": 1, "elapsed_s": '
    + b"9" * 400
    + b', "metrics": {}, "best": []}\n',
]


@pytest.mark.parametrize("strange", STRANGE, ids=lambda text: repr(text[:40]))
def test_that_a_strange_line_is_passed_over(tmp_path, strange):
    path = tmp_path / "events.jsonl"
    whole = log_of(path, losses(1000)).read_bytes()
    path.write_bytes(whole + strange + whole)
    assert list(read_events(path)) == [losses(1000), losses(1000)]
    assert list(read_losses(path)) == [losses(1000), losses(1000)]
    assert LogTail(path).read_new() == [losses(1000), losses(1000)]


def test_that_a_path_in_a_log_stays_in_the_run(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_bytes(line(event="CheckpointSaved", images_seen=5, path="../../etc/passwd"))
    [read] = read_events(path)
    assert isinstance(read, CheckpointSaved)
    assert read.path == tmp_path / "checkpoints" / "passwd"


def test_that_an_endless_line_takes_little_memory(tmp_path):
    path = tmp_path / "events.jsonl"
    with path.open("wb") as file:
        for _piece in range(40):
            file.write(b"x" * 1_000_000)
    tracemalloc.start()
    assert list(read_events(path)) == []
    assert LogTail(path).read_new() == []
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000


def quality(images_seen: int) -> EvaluationCompleted:
    return EvaluationCompleted(images_seen=images_seen, elapsed_s=1.0, metrics={"kid": 0.5})


def resumed(images_seen: int) -> RunResumed:
    return RunResumed(images_seen=images_seen, elapsed_s=1.0, checkpoint="c")


def test_that_what_was_done_again_makes_no_double_points(tmp_path):
    path = log_of(
        tmp_path / "events.jsonl",
        *(losses(1000 * number) for number in range(1, 9)),
        quality(3500),
        quality(7500),
        resumed(5000),
        *(losses(1000 * number + 500) for number in range(5, 9)),
        # It was reset further back than the first time, so points of both are dropped.
        resumed(4000),
        *(losses(1000 * number + 100) for number in range(4, 8)),
        quality(7600),
        RolledBack(images_seen=6000, from_images_seen=7100, rate_scale=0.5),
        losses(8200),
    )
    images = [report.progress.images_seen for report in read_losses(path)]
    assert images == [1000, 2000, 3000, 4000, 4100, 5100, 8200]
    assert [point.images_seen for point in read_quality(path)] == [3500]


def test_that_a_run_that_never_went_back_keeps_all_points(tmp_path):
    path = log_of(tmp_path / "events.jsonl", *(losses(1000 * number) for number in range(1, 9)))
    assert len(list(read_losses(path))) == 8
    assert list(read_quality(path)) == []


def test_that_a_tail_gives_whole_lines_once(tmp_path):
    path = tmp_path / "events.jsonl"
    whole = log_of(path, *(losses(1000 * number) for number in range(1, 4))).read_bytes()
    path.unlink()
    tail, read = LogTail(path), []
    assert tail.read_new() == []
    with path.open("ab", buffering=0) as file:
        for start in range(0, len(whole), 7):
            file.write(whole[start : start + 7])
            read += tail.read_new()
            assert len(read) == whole[: start + 7].count(b"\n")
    assert read == [losses(1000), losses(2000), losses(3000)]
    assert tail.read_new() == []


def test_that_a_tail_survives_repair_truncation_and_replacement(tmp_path, monkeypatch):
    monkeypatch.setattr("engine.runs.event_reader.MAX_SHORT_S", 0.0)
    path = tmp_path / "events.jsonl"
    whole = log_of(path, losses(1000)).read_bytes()
    tail = LogTail(path)
    path.write_bytes(whole + b'{"event": "Loss')
    assert tail.read_new() == [losses(1000)]
    log_of(path, losses(2000))
    assert tail.read_new() == [losses(2000)]
    path.write_bytes(whole)
    assert tail.read_new() == [losses(1000)]
    log_of(tmp_path / "other", *(losses(1000 * number) for number in range(5, 9)))
    (tmp_path / "other").replace(path)
    assert tail.read_new() == [losses(1000 * number) for number in range(5, 9)]
    path.unlink()
    assert tail.read_new() == []


def test_that_a_tail_stands_what_a_synchronised_folder_does(tmp_path):
    path, copy = tmp_path / "events.jsonl", tmp_path / "copy"
    whole = log_of(copy, *(losses(1000 * number) for number in range(1, 5))).read_bytes()
    lines = whole.splitlines(keepends=True)

    def arrive(content: bytes) -> None:
        # Such programs write a new file beside the old one and rename it.
        copy.write_bytes(content)
        copy.replace(path)

    tail = LogTail(path)
    arrive(b"".join(lines[:2]))
    assert tail.read_new() == [losses(1000), losses(2000)]
    arrive(b"".join(lines[:3]))
    assert tail.read_new() == [losses(3000)]
    # Some write the file in place, so that it is short or empty for a moment.
    for size in (0, 10, len(lines[0]), len(whole) // 2):
        path.write_bytes(whole[:size])
        assert tail.read_new() == []
    path.unlink()
    assert tail.read_new() == []
    arrive(whole)
    assert tail.read_new() == [losses(4000)]
    # Another run in the same place is read from its start, even if its log is longer.
    other = log_of(tmp_path / "other", *(losses(1000 * number) for number in range(5, 13)))
    other.replace(path)
    assert len(tail.read_new()) == 8


def test_that_a_tail_reads_a_long_log_in_parts(tmp_path, monkeypatch):
    monkeypatch.setattr("engine.runs.event_reader._MAX_NEW_BYTES", 2000)
    path = log_of(tmp_path / "events.jsonl", *(losses(1000 * number) for number in range(1, 40)))
    tail, parts = LogTail(path), []
    while events := tail.read_new():
        parts.append(len(events))
    assert sum(parts) == 39
    assert len(parts) > 2


def test_that_a_log_tells_whether_a_checkpoint_was_ever_saved(tmp_path):
    assert not has_saved(tmp_path / "none")
    assert not has_saved(log_of(tmp_path / "a", losses(1000)))
    saved = CheckpointSaved(images_seen=5, path=tmp_path / "c")
    assert has_saved(log_of(tmp_path / "b", losses(1000), saved))


def test_that_every_kind_of_event_is_tried_above(tmp_path):
    import typing

    tried = {type(event) for event in every_event(tmp_path)}
    tried |= {PreviewReady, EvaluationFailed, PreviewFailed, ReportingFailed, SettingsRejected}
    assert tried == set(typing.get_args(RunEvent))
    assert all(dataclasses.is_dataclass(kind) for kind in tried)
