from dataclasses import dataclass, field
from typing import Any, cast

from engine.config.sections import ReportingConfig
from engine.events import EvaluationFailed, QualityMeasured
from engine.metrics.evaluate import EvaluationReport
from engine.train.periodic import Quality


@dataclass
class FakeJudge:
    rounds: list[dict[str, float]]
    asked: list[tuple[int, int]] = field(default_factory=list)

    def measure(self, sampler: Any, *, count: int, seed: int) -> EvaluationReport:
        self.asked.append((count, seed))
        figures = self.rounds.pop(0)
        if not figures:
            raise RuntimeError("no figures")

        return EvaluationReport(figures=figures)


def quality_of(judge: FakeJudge, **config: Any):
    events: list[object] = []
    found = []

    def find():
        found.append(judge)
        return judge

    config = {"evaluate_every_s": 10.0, "evaluate_count": 200, **config}
    return (
        Quality(cast("Any", None), ReportingConfig(**config), 3, find, events.append),
        events,
        found,
    )


def test_that_it_is_due_every_so_often():
    quality, _events, _found = quality_of(FakeJudge([{"kid": 1.0}]))
    quality.start(5.0)
    assert [quality.is_due(now) for now in (5.0, 14.9, 15.0)] == [False, False, True]
    quality.measure(100, 16.0)
    assert [quality.is_due(now) for now in (25.9, 26.0)] == [False, True]


def test_that_no_interval_means_never():
    quality, _events, _found = quality_of(FakeJudge([]), evaluate_every_s=0.0)
    quality.start(0.0)
    assert not quality.is_due(1e9)


def test_that_the_judge_is_found_once_and_asked_for_the_same_pairs():
    judge = FakeJudge([{"kid": 1.0}, {"kid": 2.0}])
    quality, _events, found = quality_of(judge)
    quality.measure(100, 10.0)
    quality.measure(200, 20.0)
    assert len(found) == 1
    assert judge.asked[0] == judge.asked[1]
    assert judge.asked[0][0] == 200


def test_that_the_best_is_lowest_for_distances_and_highest_for_shares():
    rounds = [
        {"kid": 0.5, "joint_coherence": 0.2, "kid_std": 1.0, "joint_coherence_chance": 0.1},
        {"kid": 0.4, "joint_coherence": 0.1, "kid_std": 2.0, "joint_coherence_chance": 0.2},
        {"kid": 0.4, "joint_coherence": 0.3, "kid_std": 0.1, "joint_coherence_chance": 0.0},
    ]
    quality, events, _found = quality_of(FakeJudge(rounds))
    best = [quality.measure(number, 10.0 * number) for number in (1, 2, 3)]
    assert best == [{"kid", "joint_coherence"}, {"kid"}, {"joint_coherence"}]
    assert [event.best for event in events if isinstance(event, QualityMeasured)] == best


def test_that_a_failure_is_told_and_ends_nothing(problem_log):
    quality, events, _found = quality_of(FakeJudge([{}, {"kid": 1.0}]))
    assert quality.measure(1, 10.0) == frozenset()
    problem_log.expect("could not be measured")
    assert isinstance(events[0], EvaluationFailed)
    assert quality.measure(2, 20.0) == {"kid"}


def test_that_values_that_are_no_numbers_are_never_the_best():
    quality, _events, _found = quality_of(FakeJudge([{"kid": float("nan")}, {"kid": 1.0}]))
    assert quality.measure(1, 10.0) == frozenset()
    assert quality.measure(2, 20.0) == {"kid"}
