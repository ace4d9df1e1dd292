"""The import's form, words and jobs without the wizard around them."""

import threading
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.control import RunControl
from engine.errors import ConfigError, SourceUnreadableError, StoppedError
from engine.events import ImportProgressed, ImportStage, Outcome
from engine.importing.empty_import import Cause, CauseKind
from engine.importing.formats.registry import FORMATS
from engine.importing.ledger import Reason
from engine.importing.plan import OFFERED, Fix, Issue
from studio.jobs.task import CancellingJob, TaskEnded, Tell
from studio.models.import_form import FixHistory, ImportForm, free_name
from studio.models.import_text import (
    ENCODINGS,
    cause_sentences,
    encoding_words,
    format_words,
    progress_words,
    reason_words,
)
from studio.models.issue_text import (
    issue_sentence,
    issue_title,
    repair_text,
    severity,
    severity_words,
)
from studio.widgets.bar_plot import joined_bars
from studio.widgets.icons import icon


def test_that_everything_the_engine_may_say_has_words():
    assert all(format_words(name)[1] for name in FORMATS)
    assert all(reason_words(reason) for reason in Reason)
    for issue in Issue:
        assert issue_title(issue)
        assert issue_sentence(issue)
        assert severity_words(issue)
        assert not icon(severity(issue)).isNull()
        words = [repair_text(issue, fix) for fix in OFFERED[issue]]
        assert len(set(words)) == len(words)


def test_that_every_encoding_offered_is_one_that_python_knows():
    for name in filter(None, ENCODINGS):
        "a".encode(name)
        assert encoding_words(name)


@pytest.mark.parametrize("has_other_formats", [False, True])
@pytest.mark.parametrize("count", [0, 1, 3, 9])
def test_that_there_are_always_three_different_reasons(count: int, has_other_formats: bool):
    reasons = [Cause(kind=cause, count=2) for cause in list(CauseKind)[:count]]
    sentences = cause_sentences(reasons, has_other_formats=has_other_formats)
    assert len(set(sentences)) == 3


def test_that_progress_tells_speed_and_time_left():
    event = ImportProgressed(stage=ImportStage.DECODING, done=400, total=1000, items_per_s=5.0)
    assert progress_words(event) == (
        "Reading the files  ·  400 of 1,000  ·  5 a second  ·  2 minute(s) left"
    )
    listing = ImportProgressed(stage=ImportStage.LISTING, done=1234, total=0)
    assert progress_words(listing) == "Listing the files  ·  1,234"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("cats.zip", "cats"),
        ("cats.tar.gz", "cats"),
        ("a:b?.csv", "a-b"),
        ("con.zip", "dataset"),
        ("...", "dataset"),
        ("猫 🐈.zip", "猫 🐈"),
        ("x" * 300 + ".zip", "x" * 60),
    ],
)
def test_that_a_dataset_is_named_after_its_source(tmp_path: Path, source: str, name: str):
    assert free_name(tmp_path, Path("/none") / source) == name


def test_that_a_folder_keeps_the_dots_of_its_name(tmp_path: Path):
    (tmp_path / "v1.5").mkdir()
    assert free_name(tmp_path / "datasets", tmp_path / "v1.5") == "v1.5"


def test_that_a_form_without_a_source_makes_no_plan(tmp_path: Path):
    with pytest.raises(ConfigError):
        ImportForm(tmp_path).plan()


def test_that_repairs_are_undone_and_redone_step_by_step():
    history = FixHistory()
    history.undo()
    history.choose(Issue.LEAK, Fix.SKIP)
    history.choose(Issue.LEAK, Fix.SKIP)
    history.choose(Issue.NO_TEXT, Fix.KEEP)
    history.undo()
    assert history.fixes == {Issue.LEAK: Fix.SKIP}
    history.redo()
    assert history.fixes == {Issue.LEAK: Fix.SKIP, Issue.NO_TEXT: Fix.KEEP}
    history.undo()
    history.undo()
    assert not history.can_undo
    history.choose(Issue.LEAK, Fix.KEEP)
    assert not history.can_redo
    assert history.fixes == {Issue.LEAK: Fix.KEEP}


def test_that_bars_hold_every_count_once_and_a_long_tail_takes_one():
    counts = [(value, 10) for value in range(1, 60)] + [(100_000, 1)]
    bars = joined_bars(counts, 48)
    assert len(bars) <= 48
    assert sum(count for _low, _high, count in bars) == 591
    assert bars[0][0] == 1
    assert bars[-1][1] == 100_000
    assert joined_bars([], 48) == []


class Asked:
    """A job whose looks end when they are told to."""

    def __init__(self, qtbot: QtBot, *, finishes: bool = False) -> None:
        self.qtbot, self.job = qtbot, CancellingJob("test", finishes=finishes)
        self.ended: list[TaskEnded] = []
        self.go_on = threading.Event()
        self.started = threading.Event()
        self.job.ended.connect(self.ended.append)

    def slow(self, _tell: Tell, control: RunControl) -> str:
        self.started.set()
        while not self.go_on.wait(0.002):
            if control.is_stop_requested:
                raise StoppedError
        return "slow"

    def start_slow(self) -> None:
        self.job.request(self.slow)
        self.qtbot.waitUntil(self.started.is_set)

    def wait(self) -> TaskEnded:
        self.qtbot.waitUntil(lambda: bool(self.ended))
        return self.ended[-1]


@pytest.fixture
def asked(qtbot: QtBot) -> Asked:
    return Asked(qtbot)


def test_that_a_newer_request_supersedes_an_older(asked: Asked):
    asked.start_slow()
    asked.job.request(lambda _tell, _control: "second")
    asked.job.request(lambda _tell, _control: "third")
    assert asked.job.is_running
    assert asked.wait().result == "third"
    assert len(asked.ended) == 1
    assert not asked.job.is_running


def test_that_a_job_for_previews_finishes_one_and_then_takes_the_newest(qtbot: QtBot):
    asked = Asked(qtbot, finishes=True)
    asked.start_slow()
    asked.job.request(lambda _tell, _control: "second")
    asked.job.request(lambda _tell, _control: "third")
    asked.go_on.set()
    qtbot.waitUntil(lambda: len(asked.ended) == 2)
    assert [ended.result for ended in asked.ended] == ["slow", "third"]
    assert not asked.job.is_running
    asked.go_on.clear()
    asked.started.clear()
    asked.start_slow()
    asked.job.request(lambda _tell, _control: "fifth")
    asked.job.forget()
    qtbot.waitUntil(lambda: not asked.job._thread.is_running)
    assert len(asked.ended) == 2


def test_that_a_cancelled_request_says_so_even_if_it_was_done(asked: Asked):
    asked.start_slow()
    asked.go_on.set()
    asked.job.cancel()
    assert asked.wait().outcome is Outcome.STOPPED
    assert len(asked.ended) == 1


def test_that_cancelling_a_queued_request_ends_both(asked: Asked):
    asked.start_slow()
    asked.job.request(lambda _tell, _control: "second")
    asked.job.cancel()
    assert asked.wait().outcome is Outcome.STOPPED
    asked.job.request(lambda _tell, _control: "again")
    asked.qtbot.waitUntil(lambda: asked.ended[-1].result == "again")


def test_that_a_forgotten_request_is_never_heard_of(asked: Asked):
    asked.start_slow()
    asked.job.forget()
    assert not asked.job.is_running
    assert asked.job.wait(5_000)
    asked.qtbot.waitUntil(lambda: not asked.job._thread.is_running)
    assert asked.ended == []


def test_that_a_source_that_fails_is_an_answer_and_no_fault(asked: Asked):
    error = SourceUnreadableError(Path("x"), "gone")

    def fail(_tell: Tell, _control: RunControl) -> None:
        raise error

    asked.job.request(fail)
    ended = asked.wait()
    assert (ended.outcome, ended.error) == (Outcome.FAILED, error)
