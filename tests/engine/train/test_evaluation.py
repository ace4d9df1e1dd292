from collections.abc import Callable
from typing import Any, cast

import pytest

from engine.config.sections import ReportingConfig
from engine.control import RunControl
from engine.events import EvaluationCompleted, EvaluationFailed, EvaluationStarted
from engine.metrics.report import EvaluationReport
from engine.runs.checkpoint import Snapshot
from engine.runs.checkpoint_files import CheckpointMetadata
from engine.train import evaluation as module
from engine.train.evaluation import Evaluated, Evaluation
from engine.train.progress import EvaluationWork

CHECKS = 5
"""Slices of the fakes, if a slice takes no time."""


class FakeEvaluator:
    def __init__(self, *rounds: dict[str, float]) -> None:
        self.rounds, self.asked = list(rounds), list[tuple[int, int]]()

    def measure(
        self, _sampler: object, *, count: int, seed: int, control: RunControl
    ) -> EvaluationReport:
        for _check in range(CHECKS):
            control.stop_if_asked()
        self.asked.append((count, seed))
        if not (figures := self.rounds.pop(0)):
            raise RuntimeError("no figures")
        return EvaluationReport(metrics=figures)


class Story:
    """An evaluation of a run that has seen a hundred images a second."""

    def __init__(
        self,
        *rounds: dict[str, float],
        prepare: Callable[[RunControl], object] | None = None,
        num_classifier_steps: int = 0,
        **config: Any,
    ) -> None:
        self.fake, self.events, self.work = FakeEvaluator(*rounds), list[object](), EvaluationWork()
        self.control, self.prepared, self.elapsed_s = RunControl(), 0, 0.0
        self._prepare = prepare
        self.evaluation = Evaluation(
            ReportingConfig(**{"evaluate_every_s": 10.0, "eval_samples": 200, **config}),
            3,
            prepare=cast("Any", self._find),
            take_snapshot=cast("Any", self._snapshot),
            emit=self.events.append,
            control=self.control,
            work=self.work,
            num_classifier_steps=num_classifier_steps,
        )

    def run(self, elapsed_s: float) -> Evaluated:
        """Evaluate at once."""
        self.elapsed_s = elapsed_s
        self.evaluation.request()
        while True:
            if self.evaluation.is_due(elapsed_s, None):
                self.evaluation.begin(elapsed_s)
            if evaluated := self.evaluation.advance(1e-9):
                return evaluated

    def slices(self) -> int:
        """Advance until there is nothing to do; return the number of slices."""
        count = 0
        while self.evaluation.is_under_way:
            self.evaluation.advance(1e-9)
            count += 1
        return count

    def completed(self) -> list[EvaluationCompleted]:
        return [event for event in self.events if isinstance(event, EvaluationCompleted)]

    def _find(self, control: RunControl) -> object:
        self.prepared += 1
        return self._prepare(control) if self._prepare else self.fake

    def _snapshot(self) -> tuple[Snapshot, None]:
        images = round(100 * self.elapsed_s)
        facts = CheckpointMetadata(
            step=images, images_seen=images, elapsed_s=self.elapsed_s, config_hash=""
        )
        return Snapshot(tensors={}, metadata=facts), None


def test_that_it_is_due_every_so_often_once_it_is_prepared():
    story = Story({"kid": 1.0})
    evaluation = story.evaluation
    evaluation.start(5.0)
    assert evaluation.is_under_way
    assert not evaluation.is_due(15.0, None)
    story.slices()
    assert [evaluation.is_due(now, None) for now in (5.0, 14.9, 15.0)] == [False, False, True]
    evaluation.begin(16.0)
    assert not evaluation.is_due(99.0, None)
    story.slices()
    assert [evaluation.is_due(now, None) for now in (25.9, 26.0)] == [False, True]


def test_that_none_begins_shortly_before_the_end():
    story = Story({"kid": 1.0})
    story.evaluation.start(0.0)
    story.slices()
    assert [story.evaluation.is_due(10.0, left_s) for left_s in (4.9, 5.0)] == [False, True]


def test_that_no_interval_means_only_on_request():
    story = Story({"kid": 1.0}, evaluate_every_s=0.0)
    story.evaluation.start(0.0)
    assert not story.evaluation.is_under_way
    assert not story.evaluation.is_due(1e9, None)
    assert story.run(20.0).metrics == {"kid": 1.0}
    assert not story.evaluation.is_requested


def test_that_it_works_in_slices_and_tells_what_is_spent():
    story = Story({"kid": 1.0})
    story.evaluation.start(0.0)
    story.slices()
    story.elapsed_s = 12.0
    story.evaluation.begin(12.0)
    assert story.events == [EvaluationStarted(images_seen=1200)]
    story.evaluation.advance(1e-9)
    assert story.work.measuring_s is not None
    story.elapsed_s = 14.0
    assert story.slices() == CHECKS
    (completed,) = story.completed()
    assert (completed.images_seen, completed.elapsed_s) == (1200, 12.0)
    assert story.work.measuring_s is None
    assert story.evaluation.measured_images == 1200


def test_that_a_slice_waits_until_training_has_had_its_share(monkeypatch: pytest.MonkeyPatch):
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    story = Story({"kid": 1.0})
    asked: list[float] = []

    class Call:
        num_checks, spent_s = 1, 0.0

        def advance(self, seconds: float) -> bool:
            asked.append(seconds)
            now[0] += seconds + 1.0
            return False

    story.evaluation._preparing = cast("Any", Call())
    # A step took four seconds, so half of that is allowed; it becomes a second more.
    now[0] = 104.0
    assert story.evaluation.is_slice_due()
    story.evaluation.advance()
    assert asked == [2.0]
    for slice_s in (module.SLICE_S, module.SLICE_S):
        # Short steps follow: the second is made up for, and slices do not grow.
        now[0] += 2.0 + 2 * module.SLICE_S - 0.01
        assert not story.evaluation.is_slice_due()
        now[0] += 0.02
        assert story.evaluation.is_slice_due()
        story.evaluation.advance()
        assert asked[-1] == pytest.approx(slice_s, abs=0.01)


def test_that_the_preparation_is_foreseen_by_its_steps():
    def prepare(control: RunControl) -> FakeEvaluator:
        for _step in range(100):
            control.stop_if_asked()
        return FakeEvaluator()

    story = Story(prepare=prepare, num_classifier_steps=100)
    story.evaluation.start(0.0)
    assert story.work.preparing_s == pytest.approx(100 * 1_024 * module.CLASSIFIER_STEP_S)
    for _slice in range(51):
        story.evaluation.advance(1e-9)
    call = story.evaluation._preparing
    assert call is not None
    assert 0 < story.work.preparing_s < 2 * call.spent_s
    story.slices()
    assert story.work.preparing_s == 0.0
    assert story.evaluation.is_ready


def test_that_a_failed_preparation_is_told_and_tried_again_later(problem_log: Any):
    def prepare(_control: RunControl) -> object:
        raise RuntimeError("no dataset")

    story = Story(prepare=prepare)
    story.evaluation.start(0.0)
    story.slices()
    problem_log.expect("could not be prepared")
    assert isinstance(story.events[0], EvaluationFailed)
    assert [story.evaluation.is_due(now, None) for now in (10.0, 20.0)] == [False, True]
    story.evaluation.begin(20.0)
    story.slices()
    problem_log.expect("could not be prepared")
    assert story.prepared == 2


def test_that_an_abandoned_evaluation_leaves_nothing():
    story = Story({"kid": 1.0}, {"kid": 2.0})
    story.evaluation.start(0.0)
    story.slices()
    story.evaluation.begin(10.0)
    story.evaluation.advance(1e-9)
    story.evaluation.abandon()
    assert not story.evaluation.is_under_way
    assert story.work.measuring_s is None
    assert not story.completed()
    assert story.run(30.0).metrics == {"kid": 1.0}


def test_that_a_stop_ends_whatever_is_under_way():
    story = Story({"kid": 1.0})
    story.evaluation.start(0.0)
    story.slices()
    story.evaluation.begin(10.0)
    story.evaluation.advance(1e-9)
    story.control.request_stop()
    story.slices()
    assert not story.completed()
    story.evaluation.close()


def test_that_the_evaluator_is_prepared_once_and_asked_for_the_same_pairs():
    story = Story({"kid": 1.0}, {"kid": 2.0})
    story.run(10.0)
    story.run(20.0)
    assert story.prepared == 1
    assert story.fake.asked[0] == story.fake.asked[1]
    assert story.fake.asked[0][0] == 200


def test_that_the_best_is_lowest_for_distances_and_highest_for_shares():
    rounds = [
        {"kid": 0.5, "joint_coherence": 0.2, "kid_std": 1.0, "joint_coherence_baseline": 0.1},
        {"kid": 0.4, "joint_coherence": 0.1, "kid_std": 2.0, "joint_coherence_baseline": 0.2},
        {"kid": 0.4, "joint_coherence": 0.3, "kid_std": 0.1, "joint_coherence_baseline": 0.0},
    ]
    story = Story(*rounds)
    best = [story.run(10.0 * number).best for number in (1, 2, 3)]
    assert best == [{"kid", "joint_coherence"}, {"kid"}, {"joint_coherence"}]
    assert [event.best for event in story.completed()] == best


def test_that_the_best_grid_is_nearest_to_one_and_the_best_texture_lowest():
    rounds = [
        {"grid": 5.0, "texture": 3.0, "texture_32": 2.0, "match": 0.2, "match_upper_bound": 0.3},
        {"grid": 0.5, "texture": 4.0, "texture_32": 1.0, "match": 0.3, "match_upper_bound": 0.4},
        {"grid": 2.1, "texture": 1.0, "texture_32": 3.0, "match": 0.1, "match_upper_bound": 0.5},
        {"grid": 0.0, "texture": 1.0, "texture_32": 3.0, "match": 0.1, "match_upper_bound": 0.5},
    ]
    story = Story(*rounds)
    best = [story.run(10.0 * number).best for number in range(4)]
    assert best == [
        {"grid", "texture", "texture_32", "match"},
        {"grid", "texture_32", "match"},
        {"texture"},
        frozenset(),
    ]


def test_that_a_failure_is_told_and_ends_nothing(problem_log: Any):
    story = Story({}, {"kid": 1.0})
    failed = story.run(10.0)
    assert (failed.best, failed.metrics) == (frozenset(), {})
    problem_log.expect("could not be measured")
    assert isinstance(story.events[1], EvaluationFailed)
    assert story.run(20.0).best == {"kid"}


def test_that_values_that_are_no_numbers_are_never_the_best():
    story = Story({"kid": float("nan")}, {"kid": 1.0})
    assert story.run(10.0).best == frozenset()
    assert story.run(20.0).best == {"kid"}
