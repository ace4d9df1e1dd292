"""Progress of a run: budgets, throughput, remaining time and the training clock."""

import contextlib
import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.config.run import RunConfig
from engine.config.sections import ReportingConfig
from engine.events import Progress
from engine.train.periodic import previews_until

# --------------------------------------------------------------------------
# Durations of the periodic tasks.


AVERAGED = 3
"""The expected duration is the mean of this many."""


class TaskKind(StrEnum):
    """Kinds of periodic tasks whose durations are measured."""

    PREVIEW = "preview"
    CHECKPOINT = "checkpoint"
    EVALUATION = "evaluation"


class TaskDurations:
    """Measures and predicts the durations of periodic tasks.

    Previews and checkpoints count as training time and are measured by the training clock, which
    is stopped while the run waits. It is also stopped during the slices of evaluations, whose
    durations are added.

    Args:
        config: intervals.
        elapsed_s: reads the training clock.
    """

    def __init__(self, config: ReportingConfig, elapsed_s: Callable[[], float]) -> None:
        self._config, self._elapsed_s = config, elapsed_s
        self._took_s = {kind: deque[float](maxlen=AVERAGED) for kind in TaskKind}
        self.counted_s = 0.0
        """Training time spent on previews and checkpoints."""

    @contextlib.contextmanager
    def measure(self, kind: TaskKind) -> Iterator[None]:
        """Measure a preview or a checkpoint; a task that raises is not counted."""
        began_s = self._elapsed_s()
        yield
        took_s = max(self._elapsed_s() - began_s, 0.0)
        self.add(kind, took_s)
        self.counted_s += took_s

    def add(self, kind: TaskKind, took_s: float) -> None:
        """Add a measured duration."""
        self._took_s[kind].append(took_s)

    def use(self, config: ReportingConfig) -> None:
        """Use other intervals from now on."""
        self._config = config

    def is_known(self, kind: TaskKind) -> bool:
        """Whether the kind was ever measured."""
        return bool(self._took_s[kind])

    def expected_s(self, kind: TaskKind) -> float:
        """Return the expected duration of the next task; 0 if unknown."""
        took = self._took_s[kind]
        return sum(took) / len(took) if took else 0.0

    def training_s(self, steps_s: float, elapsed_s: float) -> float:
        """Return the training time of steps with the previews and checkpoints between them.

        Args:
            steps_s: duration of the steps alone.
            elapsed_s: current training time.
        """
        # Fixed-point iteration: each round adds the tasks within the time of the previous one.
        total_s = steps_s
        for _round in range(6):
            total_s = steps_s + self._counted_in(elapsed_s, elapsed_s + total_s)
        return total_s

    def steps_s(self, elapsed_s: float, end_s: float) -> float:
        """Return the seconds of steps between two training times."""
        return max(end_s - elapsed_s - self._counted_in(elapsed_s, end_s), 0.0)

    def evaluations(self, last_s: float, ready_s: float, end_s: float) -> int:
        """Return the number of remaining evaluations, with the one of the last weights.

        Args:
            last_s: training time of the last one, or of the start.
            ready_s: training time at which the evaluator is free.
            end_s: training time at the end.
        """
        every_s = self._config.evaluate_every_s
        if every_s <= 0:
            return 0
        # None begins in the last half interval.
        first_s = max(last_s + every_s, ready_s)
        return 1 + max(math.ceil((end_s - every_s / 2 - first_s) / every_s), 0)

    def finishing_s(self) -> float:
        """Return the time from the last step to the end: a checkpoint and a preview."""
        return self.expected_s(TaskKind.CHECKPOINT) + self.expected_s(TaskKind.PREVIEW)

    def state_dict(self) -> dict[str, float]:
        """Return what a checkpoint stores."""
        return {kind.value: self.expected_s(kind) for kind in TaskKind if self.is_known(kind)}

    def load_state_dict(self, table: Mapping[str, Any]) -> None:
        """Restore the durations; missing or invalid values are ignored."""
        for kind in TaskKind:
            value = table.get(kind.value)
            if isinstance(value, int | float) and 0 <= value < math.inf:
                self._took_s[kind].append(float(value))

    def _counted_in(self, start_s: float, end_s: float) -> float:
        every_s = self._config.preview_every_s
        preview_s = self.expected_s(TaskKind.PREVIEW)
        first, last = (previews_until(until_s, every_s, preview_s) for until_s in (start_s, end_s))
        checkpoints = (end_s - start_s) / self._config.checkpoint_every_s
        previews_s = (last - first) * preview_s
        return previews_s + checkpoints * self.expected_s(TaskKind.CHECKPOINT)


# --------------------------------------------------------------------------
# Throughput of the steps, without the periodic tasks.


MIN_WINDOW_S = 10.0
WINDOW_FRACTION = 0.25
"""The window is this fraction of the run: long enough to be stable, short enough to adapt."""
KNOWN_WEIGHT_S = 5.0
"""Weight of a previously known throughput, in seconds of measurement."""
MAX_POINTS = 1024
"""Maximum number of points; beyond it every second one is dropped."""


class Throughput:
    """Images per second of the steps in a sliding window."""

    def __init__(self) -> None:
        self._points: deque[tuple[float, int]] = deque()
        self._known: float | None = None

    def start(self, steps_s: float, images_seen: int, *, known: float | None = None) -> None:
        """Reset the window.

        Args:
            steps_s: seconds of steps so far.
            images_seen: so far.
            known: throughput to start with.
        """
        self._known = known
        self._points.clear()
        if known:
            images = round(known * KNOWN_WEIGHT_S)
            self._points.append((steps_s - KNOWN_WEIGHT_S, images_seen - images))
        self._points.append((steps_s, images_seen))

    def update(self, steps_s: float, images_seen: int) -> None:
        """Add a measurement.

        Args:
            steps_s: seconds of steps so far.
            images_seen: so far; fewer than before after a rollback.
        """
        if not self._points or images_seen < self._points[-1][1]:
            self.start(steps_s, images_seen, known=self.images_per_s())
            return
        self._points.append((steps_s, images_seen))
        window_s = max(MIN_WINDOW_S, WINDOW_FRACTION * steps_s)
        while len(self._points) > 2 and steps_s - self._points[1][0] > window_s:
            self._points.popleft()
        if len(self._points) > MAX_POINTS:
            newest = self._points.pop()
            self._points = deque(list(self._points)[::2])
            self._points.append(newest)

    def images_per_s(self) -> float | None:
        """Return the throughput; ``None`` if unknown."""
        if len(self._points) < 2:
            return self._known
        (then_s, then_images), (now_s, now_images) = self._points[0], self._points[-1]
        if not (now_s > then_s and now_images > then_images):
            return self._known
        throughput = (now_images - then_images) / (now_s - then_s)
        return throughput if math.isfinite(throughput) else self._known


EVALUATION_SHARE = 0.5
"""Time for evaluations relative to that of the steps between their slices."""
RATE_WINDOW_S = 20.0
"""Window of the reported images per second, in training time."""
EARLY_FRACTION = 0.03
"""Fraction of a long run after which it is evaluated for the first time, to time an evaluation."""
EVALUATION_S, EVALUATED_PAIR_IMAGES = 5.0, 0.4
"""Duration of an evaluation before the first one: a constant for the metrics, and the cost of a
pair in images of training. Measured on digits, shapes and emoji of 32 and 64 px, one thread."""
_FORECAST, _THROUGHPUT = "forecast", "throughput"


@dataclass
class EvaluationWork:
    """Work of the evaluator that has begun."""

    preparing_s: float = 0.0
    """Expected until it is ready."""
    measuring_s: float | None = None
    """Spent on the evaluation under way; None if there is none."""
    is_off: bool = False
    """Whether the run cannot be evaluated."""


class ProgressEstimator:
    """Estimates progress and remaining time; with two budgets the nearer one counts.

    The remaining time is wall-clock time, with all remaining previews, checkpoints and evaluations
    and without pauses. The loop measures its previews and checkpoints::

        with estimator.measure(TaskKind.PREVIEW):
            ...

    Args:
        config: of the run.
        clock_s: reads the training clock.
    """

    def __init__(self, config: RunConfig, clock_s: Callable[[], float] = lambda: 0.0) -> None:
        self._seconds = config.minutes * 60 or None
        self._images = config.images or None
        self._evaluates_every_s = config.reporting.evaluate_every_s
        self._evaluated_count = config.reporting.eval_samples
        self.evaluation = EvaluationWork()
        """Kept up to date by the evaluation."""
        self._recent: deque[tuple[float, int]] = deque([(0.0, 0)])
        self._throughput = Throughput()
        self._durations = TaskDurations(config.reporting, clock_s)
        self._known_throughput: float | None = None
        self._elapsed_s = 0.0
        self._evaluated_s: float | None = None

    def use(self, config: ReportingConfig) -> None:
        """Use other intervals from now on."""
        self._evaluates_every_s = config.evaluate_every_s
        self._durations.use(config)

    def progress(self, images_seen: int, elapsed_s: float) -> Progress:
        """Return the progress."""
        self._update(images_seen, elapsed_s)
        return Progress(
            images_seen=images_seen,
            elapsed_s=elapsed_s,
            remaining_s=self._remaining_s(images_seen, elapsed_s),
            fraction=self.fraction(images_seen, elapsed_s),
            images_per_s=self._images_per_s(images_seen, elapsed_s),
        )

    def fraction(self, images_seen: int, elapsed_s: float) -> float | None:
        """Return the used fraction of the budget, 0 to 1; ``None`` without a budget."""
        used = ((elapsed_s, self._seconds), (images_seen, self._images))
        fractions = [count / budget for count, budget in used if budget]
        return min(max(fractions), 1.0) if fractions else None

    def measure(self, kind: TaskKind) -> contextlib.AbstractContextManager[None]:
        """Return a context that measures a preview or a checkpoint."""
        return self._durations.measure(kind)

    def begin_evaluation(self) -> None:
        """Count the interval to the next evaluation from now."""
        self._evaluated_s = self._elapsed_s

    def end_evaluation(self, took_s: float) -> None:
        """Add the duration of an evaluation, of all its slices."""
        self._durations.add(TaskKind.EVALUATION, took_s)

    def expected_images(self, images_seen: int, elapsed_s: float) -> int | None:
        """Estimate the images seen at the end of the budget in minutes.

        Counts the previews and checkpoints to come; None without such a budget, or while the
        throughput is unknown.
        """
        self._update(images_seen, elapsed_s)
        throughput = self._throughput.images_per_s()
        if not self._seconds or not throughput:
            return None
        steps_s = self._durations.steps_s(elapsed_s, self._seconds)
        return images_seen + round(throughput * steps_s)

    def wants_evaluation(self, images_seen: int, elapsed_s: float) -> bool:
        """Whether to evaluate early, to measure the duration of an evaluation."""
        fraction = self.fraction(images_seen, elapsed_s)
        if (
            self._durations.is_known(TaskKind.EVALUATION)
            or not fraction
            or fraction < EARLY_FRACTION
        ):
            return False
        return 0 < self._evaluates_every_s < elapsed_s / fraction - elapsed_s

    def state_dict(self) -> dict[str, object]:
        """Return what a checkpoint stores: throughput and durations for the first estimate."""
        throughput, durations = self._throughput.images_per_s(), self._durations.state_dict()
        return {_FORECAST: durations | ({_THROUGHPUT: throughput} if throughput else {})}

    def load_state_dict(self, state: Mapping[str, object]) -> None:
        """Restore what a checkpoint stores; missing or invalid values are ignored."""
        table = state.get(_FORECAST)
        if not isinstance(table, Mapping):
            return
        self._durations.load_state_dict(table)
        throughput = table.get(_THROUGHPUT)
        if isinstance(throughput, int | float) and 0 < throughput < math.inf:
            self._known_throughput = float(throughput)

    def _update(self, images_seen: int, elapsed_s: float) -> None:
        steps_s = elapsed_s - self._durations.counted_s
        if self._evaluated_s is None:
            self._evaluated_s = elapsed_s
            known = self._known_throughput or (images_seen / elapsed_s if elapsed_s else None)
            self._throughput.start(steps_s, images_seen, known=known)
        self._elapsed_s = elapsed_s
        self._throughput.update(steps_s, images_seen)

    def _images_per_s(self, images_seen: int, elapsed_s: float) -> float:
        if images_seen < self._recent[-1][1]:
            # After a rollback the earlier points do not apply.
            self._recent.clear()
        self._recent.append((elapsed_s, images_seen))
        while len(self._recent) > 2 and elapsed_s - self._recent[1][0] > RATE_WINDOW_S:
            self._recent.popleft()
        then_s, then_images = self._recent[0]
        return (images_seen - then_images) / (elapsed_s - then_s) if elapsed_s > then_s else 0.0

    def _remaining_s(self, images_seen: int, elapsed_s: float) -> float | None:
        training_s = self.training_left_s(images_seen, elapsed_s)
        if training_s is None:
            return None
        training_s = max(training_s, 0.0)
        evaluations_s = self._evaluations_s(elapsed_s, elapsed_s + training_s)
        return training_s + evaluations_s + self._durations.finishing_s()

    def _evaluations_s(self, elapsed_s: float, end_s: float) -> float:
        """Return the time of the evaluator from now on."""
        work, each_s = self.evaluation, self._evaluation_s()
        if work.is_off:
            return 0.0
        begun_s = work.preparing_s
        if work.measuring_s is not None:
            begun_s += max(each_s - work.measuring_s, 0.0)
        last_s, ready_s = self._evaluated_s or 0.0, elapsed_s + begun_s / EVALUATION_SHARE
        return begun_s + each_s * self._durations.evaluations(last_s, ready_s, end_s)

    def _evaluation_s(self) -> float:
        """Return the expected duration of an evaluation; before the first one, a guess."""
        if self._durations.is_known(TaskKind.EVALUATION):
            return self._durations.expected_s(TaskKind.EVALUATION)
        throughput = self._throughput.images_per_s()
        if not throughput:
            return EVALUATION_S
        return EVALUATION_S + EVALUATED_PAIR_IMAGES * self._evaluated_count / throughput

    def training_left_s(self, images_seen: int, elapsed_s: float) -> float | None:
        """Return the training time until the budget is used; None if that is unknown."""
        left: list[float] = []
        if self._seconds:
            left.append(self._seconds - elapsed_s)
        throughput = self._throughput.images_per_s()
        if self._images and throughput:
            steps_s = max(self._images - images_seen, 0) / throughput
            left.append(self._durations.training_s(steps_s, elapsed_s))
        return min(left) if left else None


# --------------------------------------------------------------------------
# The training clock.


class TrainingClock:
    """Counts images and training time; loading, warm-up, pauses and evaluations do not count."""

    def __init__(self) -> None:
        self.images_seen = 0
        self._before_s = 0.0
        self._started_s: float | None = None

    @property
    def elapsed_s(self) -> float:
        """Seconds of training, including those before the run was resumed."""
        if self._started_s is None:
            return self._before_s
        return self._before_s + time.monotonic() - self._started_s

    def start(self) -> None:
        """Start or continue."""
        if self._started_s is None:
            self._started_s = time.monotonic()

    def stop(self) -> None:
        """Stop."""
        self._before_s, self._started_s = self.elapsed_s, None

    def set(self, images_seen: int, elapsed_s: float) -> None:
        """Set images and seconds, as stored in a checkpoint."""
        is_going = self._started_s is not None
        self.images_seen, self._before_s = images_seen, elapsed_s
        self._started_s = time.monotonic() if is_going else None

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """Return a context with the clock stopped."""
        was_going = self._started_s is not None
        self.stop()
        try:
            yield
        finally:
            if was_going:
                self.start()
