"""Several ranks learn what one process learns, and a failure of any ends the run on all."""

import os
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from engine import ranks
from engine.control import RunControl
from engine.events import RunEnded, RunEvent
from engine.losses.adversarial import masked_mean
from engine.train.run import train
from tests.helpers import rank_runs, rank_trials
from tests.helpers.tiny import tiny_config, tiny_dataset

TOLERANCE = 1e-10


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, float]]:
    return rank_trials.compare(tmp_path_factory.mktemp("trials"))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return rank_runs.found(tmp_path_factory.mktemp("runs"))


@pytest.mark.slow
@pytest.mark.parametrize("name", rank_trials.TRIALS)
def test_that_two_ranks_learn_what_one_process_learns(trials, name):
    found = trials[name]
    assert found["tensors"] < TOLERANCE
    assert found["reports"] < (1e-9 if "wasserstein" in name else TOLERANCE)
    assert found["running means"] < 1e-6
    assert found["share"] > 0.7


@pytest.mark.slow
@pytest.mark.parametrize("name", rank_trials.FORMULAS)
def test_that_an_exchange_gives_what_its_formula_gives_for_all_rows(trials, name):
    assert trials["formulas"][name] < 1e-12


@pytest.mark.slow
def test_that_a_checkpoint_does_not_depend_on_the_number_of_ranks(runs):
    chain = runs["chain"]
    assert [facts["outcome"] for facts in chain["facts"]] == ["finished"] * 3
    assert [facts["saved"] for facts in chain["facts"]] == [192, 384, 672]
    assert [facts["others"] for facts in chain["facts"]] == [["RunPaused"], [], ["SettingsChanged"]]
    assert chain["apart"]["names"] == ["checkpoint-000000000672"] * 2
    assert chain["apart"]["tensors"] == []
    assert chain["apart"]["all"] < TOLERANCE


@pytest.mark.slow
def test_that_a_killed_rank_ends_the_run_with_a_checkpoint_of_the_last_complete_step(runs):
    found = runs["faults"]
    assert found["facts"]["outcome"] == "failed"
    assert found["facts"]["error"] == (
        "The run in 2 processes has ended: process 2 was killed by signal 9. It is saved up to 576 "
        "images."
    )
    assert found["at kill"]["names"] == ["checkpoint-000000000576"] * 2
    assert found["at kill"]["all"] < TOLERANCE
    assert found["in the end"]["all"] < TOLERANCE


@pytest.mark.slow
def test_that_all_ranks_split_their_batches_when_one_runs_out_of_memory_in_a_step(runs):
    # The next test compares what they learn then.
    assert runs["faults"]["facts"]["parts"] == [2, 4]


@pytest.mark.slow
def test_that_a_rollback_reaches_all_ranks(runs):
    assert "RolledBack" in runs["faults"]["facts"]["others"]
    assert runs["faults"]["at kill"]["moments"] < TOLERANCE


def test_that_a_batch_that_ranks_cannot_share_is_refused_before_anything_is_written(
    tmp_path, problem_log
):
    config = tiny_config(tiny_dataset(tmp_path / "data"), tmp_path / "run")
    events: list[RunEvent] = []
    try:
        ranks.join(0, 3, None, None)
        train(config, events.append, RunControl())
    finally:
        ranks.leave()
    problem_log.expect("failed", logger="engine.train.run")
    assert isinstance(events[-1], RunEnded)
    assert str(events[-1].error) == (
        "training.batch_size: must be a multiple of 12 with 3 processes, or 0 to select it "
        "automatically, not 8"
    )
    assert not config.run.exists()


@pytest.mark.slow
def test_that_the_others_end_when_rank_0_is_killed(tmp_path):
    process = rank_runs.start(tmp_path, "die")
    told, _errors = process.communicate(timeout=rank_runs.PATIENCE_S)
    assert process.returncode == -9
    until_s = time.monotonic() + 30
    while _is_alive(int(told)) and time.monotonic() < until_s:
        time.sleep(0.1)
    assert not _is_alive(int(told))


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except OSError:
        try:
            os.kill(pid, 0)
        except OSError:
            return False
        return not Path("/proc/self").exists()
    return state != "Z"


def test_that_a_single_process_gets_back_what_it_gives():
    rows = torch.randn(6, 2)
    mask = torch.tensor([True, False, True, True, False, False])
    assert ranks.size() == 1
    for function in (ranks.own_rows, ranks.all_rows, ranks.total):
        assert function(rows) is rows
    assert torch.equal(ranks.previous_rows(rows), rows.roll(1, 0))
    assert torch.equal(ranks.mean(rows[:, 0]), rows[:, 0].mean())
    assert int(ranks.count_rows(mask)) == 3
    ranks.order("step")
    assert ranks.next_order() is None


def test_that_each_rank_has_its_rows_and_counts_those_of_all_before_the_others_are_connected():
    rows = torch.arange(12).view(6, 2)
    try:
        ranks.join(1, 3, None, None)
        assert ranks.rows_of_all(2) == 6
        assert ranks.own_rows(rows).tolist() == [[2, 3], [8, 9]]
        assert ranks.own_rows(rows.T, 1).tolist() == [[2, 8], [3, 9]]
        # Not connected: what the others have is taken to be the same.
        mask = torch.tensor([True, False])
        assert float(masked_mean(torch.tensor([6.0, 1.0]), mask)) == 2.0
        assert float(ranks.mean(torch.tensor([6.0, 3.0]))) == 1.5
        assert not ranks.any_rank(False)
    finally:
        ranks.leave()
    assert ranks.size() == 1
