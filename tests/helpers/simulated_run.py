"""A training run in made-up time, to hold forecasts against what then happens.

It knows the run's rhythm: previews after 2 s and then a tenth of the time (slow ones after twenty
times what they take), checkpoints
and evaluations at fixed intervals. Evaluations, in slices of half a step's time, and pauses stop
the clock of training; the last weights are evaluated when it is over.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.config.run import RunConfig
from engine.config.sections import ReportingConfig
from engine.train.progress import EVALUATION_SHARE, ProgressEstimator, TaskKind

BATCH = 64
REPORT_EVERY_S = 0.25
MOMENTS = (0.05, 0.1, 0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Forecast:
    """What was said at one moment, and what came."""

    fraction: float
    said_s: float
    came_s: float

    @property
    def error(self) -> float:
        """Relative error of what was said."""
        return abs(self.said_s - self.came_s) / self.came_s


@dataclass(kw_only=True)
class SimulatedRun:
    """One run whose steps and interruptions take as long as a test says."""

    minutes: float = 0.0
    images: int = 0
    images_per_s: Callable[[float], float] = lambda _elapsed_s: 1000.0
    """Of the steps alone, by training time."""
    preview_s: float = 0.0
    checkpoint_s: float = 0.0
    evaluation_s: float = 0.0
    judge_s: float = 0.0
    """Preparing the evaluator, from the first step on."""
    evaluate_every_s: float = 60.0
    pauses: Mapping[float, float] = field(default_factory=dict[float, float])
    """Seconds, by the share of the run at which somebody pauses it."""
    full_disk_s: float = 0.0
    """How long the second checkpoint waits for room."""
    begins_at: tuple[int, float] = (0, 0.0)
    """Images and training time of an earlier part."""
    remembered: Mapping[str, object] = field(default_factory=dict[str, object])

    def __post_init__(self) -> None:
        self.now_s = 5000.0
        self.paused_s = 0.0
        self.images_seen, self.elapsed_s = self.begins_at
        reporting = ReportingConfig(evaluate_every_s=self.evaluate_every_s)
        config = RunConfig(
            dataset=Path(),
            run=Path(),
            minutes=self.minutes,
            images=self.images,
            reporting=reporting,
        )
        self.estimator = ProgressEstimator(config, lambda: self.elapsed_s)
        self.estimator.load_state_dict(self.remembered)
        self._work = self.estimator.evaluation
        self._work.preparing_s = self.judge_s
        self._waits = sorted(self.pauses.items())

    def forecasts(self) -> list[Forecast]:
        """Run to the end; give what was said at 5, 10, 25, 50 and 75 %."""
        said = list(self._said())
        end_s = self._active_s
        return [Forecast(share, left_s, end_s - at_s) for share, left_s, at_s in said]

    @property
    def _active_s(self) -> float:
        return self.now_s - self.paused_s

    def _said(self) -> Iterator[tuple[float, float, float]]:
        due = {"preview": self.elapsed_s, "save": self.elapsed_s + 60, "report": self.elapsed_s}
        due["evaluate"] = self.elapsed_s + self.evaluate_every_s
        moments = [share for share in MOMENTS if share > self._share()]
        while self._share() < 1:
            self._rest_if_due(due)
            self._take_step()
            if self.elapsed_s >= due["report"]:
                due["report"] = self.elapsed_s + REPORT_EVERY_S
                progress = self.estimator.progress(self.images_seen, self.elapsed_s)
                if moments and self._share() >= moments[0]:
                    assert progress.remaining_s is not None
                    yield moments.pop(0), progress.remaining_s, self._active_s
        self._spend(self.checkpoint_s + self.preview_s)
        if self.evaluate_every_s:
            self.now_s += self._work.preparing_s + self.evaluation_s

    def _rest_if_due(self, due: dict[str, float]) -> None:
        if self.elapsed_s >= due["preview"]:
            wait_s = max(min(max(2.0, 0.1 * self.elapsed_s), 15.0), 20 * self.preview_s)
            due["preview"] = self.elapsed_s + wait_s
            with self.estimator.measure(TaskKind.PREVIEW):
                self._spend(self.preview_s)
        if self.elapsed_s >= due["save"]:
            with self.estimator.measure(TaskKind.CHECKPOINT):
                if due["save"] > 100 and self.full_disk_s:
                    self._wait(self.full_disk_s)
                    self.full_disk_s = 0.0
                self._spend(self.checkpoint_s)
            due["save"] = self.elapsed_s + 60
        is_free = self._work.measuring_s is None and not self._work.preparing_s
        if self.evaluate_every_s and is_free and self._is_evaluation_due(due["evaluate"]):
            due["evaluate"] = self.elapsed_s + self.evaluate_every_s
            self._work.measuring_s = 0.0
            self.estimator.begin_evaluation()
        while self._waits and self._share() >= self._waits[0][0]:
            self._wait(self._waits.pop(0)[1])

    def _is_evaluation_due(self, due_s: float) -> bool:
        left_s = self.estimator.training_left_s(self.images_seen, self.elapsed_s) or 0.0
        is_due = self.elapsed_s >= due_s and left_s >= self.evaluate_every_s / 2
        return is_due or self.estimator.wants_evaluation(self.images_seen, self.elapsed_s)

    def _evaluate_for(self, seconds: float) -> None:
        work = self._work
        if work.preparing_s:
            took_s = min(work.preparing_s, seconds)
            work.preparing_s -= took_s
            self.now_s += took_s
        elif work.measuring_s is not None:
            took_s = min(self.evaluation_s - work.measuring_s, seconds)
            work.measuring_s += took_s
            self.now_s += took_s
            if work.measuring_s >= self.evaluation_s:
                work.measuring_s = None
                self.estimator.end_evaluation(self.evaluation_s)

    def _wait(self, seconds: float) -> None:
        self.now_s += seconds
        self.paused_s += seconds

    def _take_step(self) -> None:
        self.images_seen += BATCH
        step_s = BATCH / self.images_per_s(self.elapsed_s)
        self._spend(step_s)
        self._evaluate_for(EVALUATION_SHARE * step_s)

    def _spend(self, seconds: float) -> None:
        self.now_s += seconds
        self.elapsed_s += seconds

    def _share(self) -> float:
        shares = [0.0]
        if self.minutes:
            shares.append(self.elapsed_s / (60 * self.minutes))
        if self.images:
            shares.append(self.images_seen / self.images)
        return max(shares)
