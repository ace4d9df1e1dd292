"""Nothing that goes wrong goes unnoticed, whoever raised it."""

import gc
import sys
import threading

import pytest
from PySide6.QtCore import QTimer, qCritical, qDebug, qWarning
from pytestqt.qtbot import QtBot

from studio.errors.excepthooks import excepthooks
from studio.errors.reporter import ErrorReporter
from tests.helpers.problem_log import ProblemLog


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
