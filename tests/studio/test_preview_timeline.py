"""The previews of a run in order: paths, not pictures; the cursor holds still or follows."""

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.models.preview_timeline import PreviewTimeline, StepCursor, clock_text, step_text
from tests.helpers.guards import ProblemLog
from tests.helpers.run_folders import make_preview, shade_of, write_preview


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return tmp_path / "run"


SHEET_BYTES = 4 * 8 * 8 * 3


def steps_of(timeline: PreviewTimeline) -> list[int]:
    return [timeline.step_at(index).images_seen for index in range(len(timeline))]


def test_that_memory_is_bounded_however_many_previews_come(qtbot: QtBot, run: Path) -> None:
    timeline = PreviewTimeline(cache_bytes=3 * SHEET_BYTES)
    for images_seen in range(1, 101):
        write_preview(run, images_seen)
        timeline.add(make_preview(run, images_seen))
    assert len(timeline) == 100
    assert timeline.cached_bytes == 3 * SHEET_BYTES
    for index in range(100):
        assert timeline.sheet(index) is not None
    assert timeline.cached_bytes == 3 * SHEET_BYTES


def test_that_a_sheet_larger_than_the_bound_is_still_shown(qtbot: QtBot, run: Path) -> None:
    timeline = PreviewTimeline(cache_bytes=1)
    timeline.add(make_preview(run, 1))
    assert timeline.sheet(0) is not None


def test_that_the_sheet_looked_at_last_stays_in_memory(qtbot: QtBot, run: Path) -> None:
    timeline = PreviewTimeline(cache_bytes=2 * SHEET_BYTES)
    for images_seen in (1, 2):
        timeline.add(make_preview(run, images_seen))
    first = timeline.sheet(0)
    timeline.add(make_preview(run, 3))
    # Nothing is on disk, so only memory can give it.
    assert timeline.sheet(0) is first


def test_that_a_run_on_disk_is_read_in_order(qtbot: QtBot, run: Path) -> None:
    for images_seen in (300, 100, 200):
        write_preview(run, images_seen)
    timeline = PreviewTimeline()
    timeline.open_run(run)
    assert steps_of(timeline) == [100, 200, 300]
    sheet = timeline.sheet(1)
    assert sheet is not None
    assert sheet.images[2, 0, 0, 0] == shade_of(2, 200)
    assert sheet.texts == ("zero", "one", "two", "three")


def test_that_a_run_without_previews_is_empty(qtbot: QtBot, run: Path) -> None:
    timeline = PreviewTimeline()
    timeline.open_run(run)
    assert len(timeline) == 0


def test_that_a_damaged_sheet_is_passed_over_and_logged(
    qtbot: QtBot, run: Path, problem_log: ProblemLog
) -> None:
    for images_seen in (100, 200, 300):
        path = write_preview(run, images_seen)
        if images_seen == 200:
            path.write_bytes(path.read_bytes()[:40])
    timeline = PreviewTimeline()
    timeline.open_run(run)
    with qtbot.waitSignal(timeline.steps_changed):
        assert timeline.sheet(1) is None
    assert steps_of(timeline) == [100, 300]
    problem_log.expect("Skipping", logger="studio.models")


def test_that_a_file_without_a_number_is_passed_over(
    qtbot: QtBot, run: Path, problem_log: ProblemLog
) -> None:
    write_preview(run, 100).with_name("preview-best.png").write_bytes(b"")
    timeline = PreviewTimeline()
    timeline.open_run(run)
    assert steps_of(timeline) == [100]
    problem_log.expect("no number")


def test_that_the_same_preview_twice_counts_once(qtbot: QtBot, run: Path) -> None:
    timeline = PreviewTimeline()
    for images_seen in (1, 2, 2):
        timeline.add(make_preview(run, images_seen))
    assert steps_of(timeline) == [1, 2]


def test_that_a_preview_of_another_run_begins_anew(qtbot: QtBot, tmp_path: Path) -> None:
    timeline = PreviewTimeline()
    timeline.add(make_preview(tmp_path / "first", 5))
    timeline.add(make_preview(tmp_path / "second", 1))
    assert steps_of(timeline) == [1]


def test_that_a_cursor_at_the_end_follows_and_before_it_holds_still(
    qtbot: QtBot, run: Path
) -> None:
    timeline = PreviewTimeline()
    cursor = StepCursor(timeline)
    for images_seen in (1, 2, 3):
        timeline.add(make_preview(run, images_seen))
    assert (cursor.index, cursor.is_live) == (2, True)
    cursor.move_by(-1)
    timeline.add(make_preview(run, 4))
    assert (cursor.index, cursor.is_live) == (1, False)
    cursor.move_by(99)
    timeline.add(make_preview(run, 5))
    assert (cursor.index, cursor.is_live) == (4, True)
    cursor.move_to(-99)
    assert (cursor.index, cursor.is_live) == (0, False)


def test_that_a_cursor_in_an_empty_timeline_stands_nowhere(qtbot: QtBot, run: Path) -> None:
    timeline = PreviewTimeline()
    cursor = StepCursor(timeline)
    cursor.move_by(-1)
    assert (cursor.index, cursor.sheet()) == (-1, None)
    timeline.add(make_preview(run, 7))
    cursor.move_to(0)
    timeline.clear()
    assert (cursor.index, cursor.is_live) == (-1, True)


def test_that_a_cursor_passes_over_any_number_of_damaged_sheets(
    qtbot: QtBot, run: Path, problem_log: ProblemLog
) -> None:
    damaged = 1200
    good = write_preview(run, 0)
    for images_seen in range(1, damaged + 1):
        good.with_name(f"preview-{images_seen:012d}.png").write_bytes(b"no picture")
    timeline = PreviewTimeline()
    cursor = StepCursor(timeline)
    reader = StepCursor(timeline)
    # Two that read on every change: each must not drag the other ever deeper.
    cursor.moved.connect(cursor.sheet)
    reader.moved.connect(reader.sheet)
    timeline.open_run(run)
    sheet = cursor.sheet()
    assert sheet is not None
    assert sheet.images_seen == 0
    for _ in range(damaged):
        problem_log.expect("Skipping")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (24.9, "0:24"), (725, "12:05"), (11_220, "3:07:00"), (-1, "0:00")],
)
def test_that_times_read_as_on_a_clock(seconds: float, text: str) -> None:
    assert clock_text(seconds) == text


def test_that_a_step_outgrows_32_bits(qtbot: QtBot) -> None:
    assert "5000000000" in step_text(5_000_000_000, 24).replace(",", "")
