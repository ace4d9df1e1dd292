import os

import pytest

from engine.config.sections import ReportingConfig
from engine.runs.checkpoint import write_checkpoint
from engine.runs.retention import RetentionPolicy, bytes_in
from tests.helpers.run_folders import facts_at, some_tensors, stored_run


def kept(run, **values) -> list[int]:
    RetentionPolicy(run, ReportingConfig(**values)).prune()
    return [int(path.name.removeprefix("checkpoint-")) for path in run.checkpoint_paths()]


def test_that_so_many_of_the_newest_are_kept(tmp_path):
    run = stored_run(tmp_path / "run", 64, 128, 192, 256, 320)
    assert kept(run, keep_last=3) == [192, 256, 320]
    assert kept(run, keep_last=9) == [192, 256, 320]
    assert kept(run, keep_last=1) == [320]
    assert {path.name for path in run.checkpoints.iterdir()} == {"checkpoint-000000000320"}


def test_that_the_first_at_or_after_each_multiple_is_kept_for_good(tmp_path):
    run = stored_run(tmp_path / "run", 50, 100, 150, 220, 290, 410, 480, 510)
    assert kept(run, keep_last=1, milestone_every=100) == [100, 220, 410, 510]


def test_that_pruning_after_each_save_keeps_the_same_milestones(tmp_path):
    run = stored_run(tmp_path / "run")
    left = []
    for images in range(30, 600, 30):
        write_checkpoint(run.checkpoint_path(images), some_tensors(), facts_at(images))
        left = kept(run, keep_last=2, milestone_every=100)
    assert left == [120, 210, 300, 420, 510, 540, 570]


def test_that_the_best_is_always_kept(tmp_path):
    run = stored_run(tmp_path / "run", 64, 128)
    write_checkpoint(run.best_path("kid"), some_tensors(), facts_at(64))
    assert kept(run, keep_last=1, max_checkpoint_mb=0.001) == [128]
    assert run.best_paths() == [run.best_path("kid")]


@pytest.mark.parametrize("fits", [1, 2, 3, 4])
def test_that_the_oldest_go_until_all_fit_into_the_budget(tmp_path, fits):
    run = stored_run(tmp_path / "run", 64, 128, 192, 256)
    each = max(bytes_in(path) for path in run.checkpoint_paths())
    left = kept(run, keep_last=9, milestone_every=1, max_checkpoint_mb=(fits + 0.1) * each / 1e6)
    assert left == [64, 128, 192, 256][-fits:]


def test_that_the_best_counts_into_the_budget(tmp_path):
    run = stored_run(tmp_path / "run", 64, 128, 192)
    write_checkpoint(run.best_path("kid"), some_tensors(), facts_at(64))
    each = max(bytes_in(path) for path in run.checkpoint_paths())
    assert kept(run, keep_last=9, max_checkpoint_mb=2.1 * each / 1e6) == [192]


def test_that_what_was_just_saved_is_kept_though_others_have_more_images(tmp_path):
    """After a rollback, the newest checkpoint by name is a leftover from before it."""
    run = stored_run(tmp_path / "run", 64, 500, 600)
    for path in run.checkpoint_paths():
        os.utime(path, (1, 1))
    write_checkpoint(run.checkpoint_path(128), some_tensors(), facts_at(128))
    assert kept(run, keep_last=1) == [128, 600]
