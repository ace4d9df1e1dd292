"""Every error has words: what happened, why, what to do."""

import gc
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer, qCritical, qDebug, qWarning
from pytestqt.qtbot import QtBot

from engine import errors
from engine.runs.folder import RunFolder
from studio.errors.reporter import ErrorReporter, excepthooks
from studio.errors.wording import _WORDINGS, explain
from tests.helpers.guards import ProblemLog

PLACE = Path("/data/x")


class OutOfMemoryError(RuntimeError):
    """Named as torch's is, which the studio must not import."""


EXAMPLES: dict[BaseException, str] = {
    errors.ConfigError([errors.Problem("seed", "must be at least 0")]): "seed: must be at least 0",
    errors.DatasetMissingError(PLACE): "/data/x",
    errors.DatasetCorruptError(PLACE, "no images"): "no images",
    errors.FolderNotWritableError(PLACE, "read-only"): "read-only",
    errors.FolderInUseError(PLACE): "nothing is ever overwritten",
    errors.DiskFullError(PLACE, 5_000_000, 1_000): "needs 4.77 MiB more",
    errors.RunMissingError(PLACE): "/data/x",
    errors.CheckpointMissingError(PLACE): "/data/x",
    errors.CheckpointCorruptError(PLACE, "cut short"): "cut short",
    errors.RunLockedError(PLACE, 4711, "box"): "Process 4711 on box holds /data/x",
    errors.RunNotControllableError(PLACE, "no process trains it"): "/data/x: no process trains",
    errors.ImportLockedError(PLACE, 4711, "box"): "Process 4711 on box is writing /data/x",
    errors.LoggedError("ValueError", "the log's own words"): "the log's own words",
    errors.DeviceUnavailableError("cuda", "no driver"): "'cuda': no driver",
    errors.DeviceLostError("cuda", "it fell off the bus", 6_400): "saved up to 6,400 images",
    errors.MemoryExhaustedError(64, 7 * 2**30, 8 * 2**30): "7.00 GiB of 8.00 GiB were taken",
    errors.RankLostError(2, "process 2 was killed by signal 9", 6_400): "killed by signal 9",
    errors.NonFiniteLossError(12_000, ["discriminator", "generator"]): "discriminator, generator",
    errors.ImagesUnreadableError(PLACE, "no pictures"): "no pictures",
    errors.SoundsUnreadableError(PLACE, "no recordings"): "no recordings",
    errors.EvaluationUnavailableError(PLACE): str(PLACE),
    errors.SceneInvalidError("its noise is too long"): "noise is too long",
    errors.SheetCorruptError(PLACE, "cut short"): "cut short",
    errors.TextsUnreadableError(PLACE, "not UTF-8"): "not UTF-8",
    errors.UnknownWordsError(["zebra", "gnu"]): "zebra, gnu",
    errors.CellsInvalidError("sky", "has no value 'red'"): "sky: has no value 'red'",
    errors.VectorsUnreadableError(PLACE, "no vectors"): "no vectors",
    errors.DatasetChangedError(PLACE, "aaa", "bbb"): "version bbb",
    errors.SourceUnreadableError(PLACE, "no archive"): "/data/x: no archive",
    errors.NothingToImportError(PLACE, ["It holds no file."]): "It holds no file.",
    errors.FilesSkippedError(PLACE, 3, "a.jpg", "damaged"): "beginning with a.jpg (damaged)",
    errors.EntryError("a/b.jpg", "damaged", "no header"): "a/b.jpg: no header",
    errors.PatternInvalidError("(", "no end"): "(: no end",
    errors.EditRefusedError("all would be gone"): "all would be gone",
    errors.EvaluatorMissingError("emoji"): "'emoji'",
    errors.EncoderMissingError("MP4", "ffmpeg on the PATH"): "MP4 needs ffmpeg on the PATH",
    errors.FilmFailedError(PLACE, "there are no frames"): "/data/x: there are no frames",
    errors.OnnxMismatchError("draw", "image differs by 1"): "draw: image differs by 1",
    errors.StoppedError(): "user requested it",
    errors.EngineError("the engine's own sentence"): "the engine's own sentence",
    MemoryError(): "less free memory",
    OutOfMemoryError("CUDA out of memory"): "less free memory",
    PermissionError(13, "Permission denied", "/data/x"): "/data/x: Permission denied",
    OSError("no name"): "no name",
    KeyError("bug"): "KeyError: 'bug'",
}


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_that_an_error_is_explained(error: BaseException):
    words = explain(error)
    assert EXAMPLES[error] in words.why
    for text in (words.happened, words.hint):
        assert text[0].isupper()
        assert text.endswith(".")


def test_that_no_error_of_the_engine_lacks_words():
    own = {
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.EngineError)
    }
    assert own <= set(_WORDINGS)
    assert own <= {type(error) for error in EXAMPLES}


def test_that_what_was_not_measured_or_saved_is_not_made_up():
    lost = explain(errors.DeviceLostError("cuda", "gone", 0))
    assert "had not saved a checkpoint yet" in lost.why
    unmeasured = explain(errors.MemoryExhaustedError(64, 0, 0))
    assert unmeasured.why == "A batch of 64 does not fit, even in micro-batches."
    assert "a batch of 32" in unmeasured.hint


def test_that_only_faults_of_the_program_ask_for_a_report():
    for error in EXAMPLES:
        asks = "Please report it" in explain(error).hint
        assert asks == isinstance(error, KeyError)


def test_that_the_reporter_logs_and_tells(qtbot, problem_log: ProblemLog):
    reporter = ErrorReporter()
    with pytest.raises(errors.RunMissingError) as raised:
        RunFolder(PLACE).read_config()
    with qtbot.waitSignal(reporter.error_reported) as told:
        reporter.report(raised.value)
    [report] = told.args
    assert report.explanation == explain(errors.RunMissingError(PLACE))
    assert "test_errors.py" in report.details
    problem_log.expect("RunMissingError")


# Nothing that goes wrong goes unnoticed, whoever raised it.


@pytest.fixture
def reporter(qtbot: QtBot) -> ErrorReporter:
    return ErrorReporter()


def explode() -> None:
    raise ValueError("boom")


@pytest.mark.qt_no_exception_capture
def test_that_an_error_in_a_slot_is_reported(qtbot, reporter, problem_log: ProblemLog):
    with excepthooks(reporter), qtbot.waitSignal(reporter.error_reported) as told:
        QTimer.singleShot(0, explode)
    assert "boom" in told.args[0].details
    problem_log.expect("ValueError: boom")


def test_that_an_error_in_a_thread_is_reported(qtbot, reporter, problem_log: ProblemLog):
    with excepthooks(reporter), qtbot.waitSignal(reporter.error_reported):
        thread = threading.Thread(target=explode)
        thread.start()
        thread.join()
    problem_log.expect("ValueError: boom")


def test_that_an_error_while_deleting_is_logged(reporter, problem_log: ProblemLog):
    class Grumpy:
        def __del__(self) -> None:
            explode()

    with excepthooks(reporter):
        grumpy = Grumpy()
        del grumpy
        gc.collect()
    problem_log.expect("Ignored in", logger="studio.errors")


def test_that_qt_speaks_through_the_log(reporter, problem_log: ProblemLog):
    with excepthooks(reporter):
        qDebug("only whispered")
        qWarning("a warning of Qt's")
        qCritical("an error of Qt's")
    problem_log.expect("a warning of Qt's", logger="qt")
    problem_log.expect("an error of Qt's", logger="qt")


def test_that_the_hooks_are_put_back(reporter):
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    with excepthooks(reporter):
        assert sys.excepthook is not before[0]
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == before
