from dataclasses import dataclass, field
from typing import Any, cast

from engine.config.sections import ReportingConfig
from engine.events import EvaluationCompleted, EvaluationFailed
from engine.metrics.evaluate import EvaluationReport
from engine.train.periodic import Evaluation


@dataclass
class FakeEvaluator:
    rounds: list[dict[str, float]]
    asked: list[tuple[int, int]] = field(default_factory=list)

    def measure(self, sampler: Any, *, count: int, seed: int) -> EvaluationReport:
        self.asked.append((count, seed))
        figures = self.rounds.pop(0)
        if not figures:
            raise RuntimeError("no figures")

        return EvaluationReport(metrics=figures)


def evaluation_of(evaluator: FakeEvaluator, **config: Any):
    events: list[object] = []
    found = []

    def find():
        found.append(evaluator)
        return evaluator

    config = {"evaluate_every_s": 10.0, "eval_samples": 200, **config}
    return (
        Evaluation(
            cast("Any", None), ReportingConfig(**config), 3, cast("Any", find), events.append
        ),
        events,
        found,
    )


def test_that_it_is_due_every_so_often():
    evaluation, _events, _found = evaluation_of(FakeEvaluator([{"kid": 1.0}]))
    evaluation.start(5.0)
    assert [evaluation.is_due(now) for now in (5.0, 14.9, 15.0)] == [False, False, True]
    evaluation.run(100, 16.0)
    assert [evaluation.is_due(now) for now in (25.9, 26.0)] == [False, True]


def test_that_no_interval_means_never():
    evaluation, _events, _found = evaluation_of(FakeEvaluator([]), evaluate_every_s=0.0)
    evaluation.start(0.0)
    assert not evaluation.is_due(1e9)


def test_that_the_evaluator_is_found_once_and_asked_for_the_same_pairs():
    evaluator = FakeEvaluator([{"kid": 1.0}, {"kid": 2.0}])
    evaluation, _events, found = evaluation_of(evaluator)
    evaluation.run(100, 10.0)
    evaluation.run(200, 20.0)
    assert len(found) == 1
    assert evaluator.asked[0] == evaluator.asked[1]
    assert evaluator.asked[0][0] == 200


def test_that_the_best_is_lowest_for_distances_and_highest_for_shares():
    rounds = [
        {"kid": 0.5, "joint_coherence": 0.2, "kid_std": 1.0, "joint_coherence_baseline": 0.1},
        {"kid": 0.4, "joint_coherence": 0.1, "kid_std": 2.0, "joint_coherence_baseline": 0.2},
        {"kid": 0.4, "joint_coherence": 0.3, "kid_std": 0.1, "joint_coherence_baseline": 0.0},
    ]
    evaluation, events, _found = evaluation_of(FakeEvaluator(rounds))
    best = [evaluation.run(number, 10.0 * number) for number in (1, 2, 3)]
    assert best == [{"kid", "joint_coherence"}, {"kid"}, {"joint_coherence"}]
    assert [event.best for event in events if isinstance(event, EvaluationCompleted)] == best


def test_that_the_best_grid_is_nearest_to_one_and_the_best_texture_lowest():
    rounds = [
        {"grid": 5.0, "texture": 3.0, "texture_32": 2.0, "match": 0.2, "match_upper_bound": 0.3},
        {"grid": 0.5, "texture": 4.0, "texture_32": 1.0, "match": 0.3, "match_upper_bound": 0.4},
        {"grid": 2.1, "texture": 1.0, "texture_32": 3.0, "match": 0.1, "match_upper_bound": 0.5},
        {"grid": 0.0, "texture": 1.0, "texture_32": 3.0, "match": 0.1, "match_upper_bound": 0.5},
    ]
    evaluation, _events, _found = evaluation_of(FakeEvaluator(rounds))
    best = [evaluation.run(number, 10.0 * number) for number in range(4)]
    assert best == [
        {"grid", "texture", "texture_32", "match"},
        {"grid", "texture_32", "match"},
        {"texture"},
        frozenset(),
    ]


def test_that_the_last_metrics_are_kept_unless_it_failed(problem_log):
    evaluation, _events, _found = evaluation_of(FakeEvaluator([{"grid": 2.0}, {}]))
    assert evaluation.metrics == {}
    evaluation.run(1, 10.0)
    assert evaluation.metrics == {"grid": 2.0}
    evaluation.run(2, 20.0)
    problem_log.expect("could not be measured")
    assert evaluation.metrics == {}


def test_that_a_failure_is_told_and_ends_nothing(problem_log):
    evaluation, events, _found = evaluation_of(FakeEvaluator([{}, {"kid": 1.0}]))
    assert evaluation.run(1, 10.0) == frozenset()
    problem_log.expect("could not be measured")
    assert isinstance(events[0], EvaluationFailed)
    assert evaluation.run(2, 20.0) == {"kid"}


def test_that_values_that_are_no_numbers_are_never_the_best():
    evaluation, _events, _found = evaluation_of(
        FakeEvaluator([{"kid": float("nan")}, {"kid": 1.0}])
    )
    assert evaluation.run(1, 10.0) == frozenset()
    assert evaluation.run(2, 20.0) == {"kid"}
