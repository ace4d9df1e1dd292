"""The fraction of an import that is shown, against the share of its time that has passed."""

from itertools import pairwise

import pytest

from engine.control import RunControl
from engine.events import ImportEnded, ImportStage, Outcome
from engine.importing.build import import_dataset
from engine.importing.formats.format import FileEntries, FileListing
from engine.importing.progress import _ITEM_S, ProgressReporter
from engine.importing.sources.archive import FileEntry
from tests.helpers.sources import sidecar_folder, sidecar_plan

ITEMS = 40_000
STEPS = 200
"""Reports of a stage."""


class Clock:
    now_s = 0.0

    def __call__(self):
        return self.now_s


def listing_of(count):
    entries = FileEntries(FileEntry(path=f"{n}.png", size=1) for n in range(count))
    return FileListing(entries=entries, suffixes={".png": count})


def shown_and_passed(slowness):
    """Simulate an import that is slower than usual by a factor a stage."""
    clock, shown, at_s = Clock(), [], []

    def keep(event):
        shown.append(event.fraction)
        at_s.append(clock.now_s)

    tell = ProgressReporter(keep, clock=clock)
    tell(ImportStage.LISTING, 0, 0)
    tell.expect(listing_of(ITEMS))
    for stage in list(ImportStage)[1:]:
        total = 0 if stage is ImportStage.SCANNING else ITEMS
        for step in range(STEPS + 1):
            tell(stage, ITEMS * step // STEPS, total)
            clock.now_s += slowness(stage) * _ITEM_S[stage] * ITEMS / STEPS
    return shown, [seconds / clock.now_s for seconds in at_s]


@pytest.mark.parametrize("factor", [1.0, 4.0])
def test_that_the_fraction_is_that_of_the_time(factor):
    shown, passed = shown_and_passed(lambda _stage: factor)
    assert shown == sorted(shown)
    assert shown[-1] == pytest.approx(1.0, abs=0.02)
    assert max(abs(one - other) for one, other in zip(shown, passed, strict=True)) <= 0.1


def test_that_a_slow_stage_corrects_what_is_expected():
    shown, passed = shown_and_passed(lambda s: 10.0 if s is ImportStage.DECODING else 1.0)
    assert shown == sorted(shown)
    late = [(one, other) for one, other in zip(shown, passed, strict=True) if other > 0.2]
    assert max(abs(one - other) for one, other in late) <= 0.1


def test_that_reports_within_a_stage_are_limited():
    clock, events = Clock(), []
    tell = ProgressReporter(events.append, clock=clock)
    for done in range(101):
        tell(ImportStage.DECODING, done, 100)
        clock.now_s += 0.01
    assert len(events) <= 12
    assert (events[0].done, events[-1].done) == (0, 100)


def test_that_the_size_of_a_source_is_unknown_at_first():
    events = []
    tell = ProgressReporter(events.append)
    tell(ImportStage.LISTING, 5, 0)
    assert events[0].fraction == 0.0


def test_that_rows_are_counted_where_no_file_is_an_image():
    tell = ProgressReporter((events := []).append)
    table = FileListing(
        entries=FileEntries([FileEntry(path="a.parquet", size=9), FileEntry(path="b.png", size=1)]),
        suffixes={".parquet": 1, ".png": 1},
    )
    tell.expect(table, lambda: 1_000)
    tell(ImportStage.SCANNING, 0, 0)
    usual_s = 1_000 * sum(_ITEM_S.values())
    assert tell._left_s(ImportStage.SCANNING, 0, 0, 0.0, 0.0) == pytest.approx(usual_s)
    assert 0 <= events[0].fraction < 0.1


def test_that_a_real_import_reports_every_stage_and_never_goes_back(tmp_path):
    events, plan = (
        [],
        sidecar_plan(sidecar_folder(tmp_path / "source", count=30), tmp_path / "data"),
    )
    import_dataset(plan, events.append, RunControl())
    *told, ended = events
    assert isinstance(ended, ImportEnded)
    assert ended.outcome is Outcome.FINISHED
    assert list(dict.fromkeys(event.stage for event in told)) == list(ImportStage)
    assert all(one.fraction <= other.fraction for one, other in pairwise(told))
    assert told[-1].fraction > 0.9
    assert told[-1].done == told[-1].total == 30
