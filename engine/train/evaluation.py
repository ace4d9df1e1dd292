"""Evaluations during a run: prepared and measured in slices between the steps of training."""

import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.config.sections import ReportingConfig
from engine.control import RunControl
from engine.data.seeds import mix_seed
from engine.errors import EvaluationUnavailableError, StoppedError
from engine.events import Emit, EvaluationCompleted, EvaluationFailed, EvaluationStarted
from engine.metrics.evaluate import Evaluator
from engine.metrics.report import EvaluationReport
from engine.runs.checkpoint import Snapshot
from engine.runs.retention import RANKED
from engine.sample.sampler import Sampler
from engine.train.progress import EVALUATION_SHARE, EvaluationWork
from engine.train.time_slicing import TimeSlicedCall

log = logging.getLogger(__name__)

LOWER_IS_BETTER = frozenset(
    {"kid", "fid", "copied_share", "memorisation", "self_bleu", "mode_kl", "texture"}
)
LOWER_IS_BETTER_PREFIX = (
    "texture_",
    "field_distance/",
    "correlation_difference/",
    "missing_difference/",
    "record_memorisation/",
    "sound_kid/",
    "sound_memorisation/",
)
ONE_IS_BEST = frozenset({"grid"})
NO_RANK = ("_std", "_baseline", "_upper_bound", "_n", "known_bigrams")
"""Suffixes of metrics without a best value: they qualify others, or are best near their bound."""
NO_RANK_PREFIX = "nearest_record/"
"""Of metrics that are best near their baseline."""
KEPT_BEST = tuple(RANKED)
"""Metrics whose best checkpoint is kept."""
EVALUATION_STREAM = 0xE7A1
"""Random stream of the evaluation's noise, independent of the training's for any seed."""

SLICE_S = 0.1
"""Shortest slice."""
CLASSIFIER_STEP_S = 3.5e-5
"""Guess at a training step of the evaluator's classifier for each of its pixels, until it is
measured: 35 ms at 32 px, 140 ms at 64 px, one thread."""
MIN_TIMED_STEPS = 3
"""Steps after which the measured duration counts."""


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """An evaluation that has ended."""

    snapshot: Snapshot
    metrics: Mapping[str, float]
    """Empty if it failed."""
    best: frozenset[str]
    """Metrics whose value is the best so far."""
    took_s: float


class Evaluation:
    """Evaluates the EMA weights at an interval and remembers the best value of each metric.

    The evaluator is prepared first, which may train its classifier for a minute. Then each
    evaluation measures a copy of the weights. Both are done in slices, so that training continues
    meanwhile. A failure is reported and never ends a run.

    Args:
        config: interval and number of samples.
        seed: of the run; every evaluation uses the same noise.
        prepare: builds the evaluator.
        take_snapshot: copies the state of the run, and returns a sampler of the copy.
        emit: receives what happens.
        control: of the run.
        work: is kept up to date.
        num_classifier_steps: training steps that ``prepare`` takes.
        classifier_pixels: of an image that the classifier sees.
    """

    def __init__(
        self,
        config: ReportingConfig,
        seed: int,
        *,
        prepare: Callable[[RunControl], Evaluator],
        take_snapshot: Callable[[], tuple[Snapshot, Sampler]],
        emit: Emit,
        control: RunControl,
        work: EvaluationWork,
        num_classifier_steps: int = 0,
        classifier_pixels: int = 1_024,
    ) -> None:
        self._config, self._seed = config, mix_seed(seed, EVALUATION_STREAM)
        self._prepare, self._take_snapshot = prepare, take_snapshot
        self._emit, self._control, self._work = emit, control, work
        work.is_off = False
        self._num_classifier_steps = num_classifier_steps
        self._classifier_step_s = CLASSIFIER_STEP_S * classifier_pixels
        self._evaluator: Evaluator | None = None
        self._preparing: TimeSlicedCall[Evaluator] | None = None
        self._timed_from = (0, 0.0)
        """Checks and seconds of the preparation at its first check."""
        self._measuring: TimeSlicedCall[EvaluationReport] | None = None
        self._snapshot: Snapshot | None = None
        self.is_requested = False
        """Whether an evaluation was requested and has not ended."""
        self._best: dict[str, float] = {}
        self._began_s = 0.0
        """Training time at the start of the last evaluation, or of the run."""
        self._slice_ended_s, self._overshoot_s = time.monotonic(), 0.0
        self.measured_images = -1
        """Images seen at the last evaluation."""

    @property
    def is_enabled(self) -> bool:
        """Whether the run is evaluated at an interval and at its end."""
        return self._config.evaluate_every_s > 0 and not self._work.is_off

    @property
    def is_under_way(self) -> bool:
        """Whether there is work for the next slice."""
        return self._preparing is not None or self._measuring is not None

    @property
    def is_ready(self) -> bool:
        """Whether the evaluator is prepared and free."""
        return self._evaluator is not None and self._measuring is None

    @property
    def is_measuring(self) -> bool:
        """Whether an evaluation is under way."""
        return self._measuring is not None

    def use(self, config: ReportingConfig) -> None:
        """Use another interval from the last evaluation on."""
        self._config = config

    def start(self, elapsed_s: float) -> None:
        """Begin to prepare the evaluator; the first evaluation is due after one interval."""
        self._began_s = elapsed_s
        if self.is_enabled:
            self._begin_preparing()

    def request(self) -> None:
        """Make an evaluation due now."""
        self.is_requested = True

    def is_due(self, elapsed_s: float, left_s: float | None) -> bool:
        """Whether to begin an evaluation; never while there is other work.

        Args:
            elapsed_s: training time.
            left_s: until the end of the run, whose own evaluation is better than one shortly
                before; None if there is no limit.
        """
        if self.is_under_way or self.is_requested or not self.is_enabled:
            return self.is_requested and not self.is_under_way
        every_s = self._config.evaluate_every_s
        is_near_end = left_s is not None and left_s < every_s / 2
        return elapsed_s >= self._began_s + every_s and not is_near_end

    def begin(self, elapsed_s: float) -> None:
        """Begin to measure the current weights, or to prepare the evaluator if it is not ready."""
        evaluator = self._evaluator
        if evaluator is None:
            self._begin_preparing()
            return
        self._began_s = elapsed_s
        self._snapshot, sampler = self._take_snapshot()
        count, seed = self._config.eval_samples, self._seed
        self._measuring = TimeSlicedCall(
            lambda control: evaluator.measure(sampler, count=count, seed=seed, control=control),
            self._control,
        )
        self._work.measuring_s = 0.0
        self._emit(EvaluationStarted(images_seen=self._snapshot.metadata.images_seen))

    def is_slice_due(self) -> bool:
        """Whether training has had its share of the time since the last slice."""
        return self.is_under_way and self._allowed_s() >= SLICE_S

    def advance(self, seconds: float = 0.0) -> Evaluated | None:
        """Work for a slice; return the evaluation that ends in it.

        Args:
            seconds: duration of the slice, by default what is allowed.
        """
        began_s = time.monotonic()
        seconds = seconds or max(self._allowed_s(), SLICE_S)
        evaluated = None
        if self._preparing is not None:
            self._advance_preparing(self._preparing, seconds)
        elif self._measuring is not None:
            evaluated = self._advance_measuring(self._measuring, seconds)
        self._slice_ended_s = time.monotonic()
        self._overshoot_s = max(self._slice_ended_s - began_s - seconds, 0.0)
        return evaluated

    def abandon(self) -> None:
        """End the evaluation under way without a result."""
        if self._measuring is not None:
            self._measuring.cancel()
        self._measuring = self._snapshot = self._work.measuring_s = None

    def close(self) -> None:
        """Abandon all work."""
        self.abandon()
        if self._preparing is not None:
            self._preparing.cancel()
        self._preparing = None

    def state_dict(self) -> dict[str, object]:
        """Return what a checkpoint stores."""
        return {"best": dict(self._best)}

    def load_state_dict(self, state: Mapping[str, object]) -> None:
        """Restore what a checkpoint stores; missing or invalid values are ignored."""
        best = state.get("best")
        if isinstance(best, Mapping):
            self._best = {
                str(name): float(rank)
                for name, rank in best.items()
                if isinstance(rank, int | float) and math.isfinite(rank)
            }

    def _allowed_s(self) -> float:
        """Return the duration of a slice now: a share of the time since the last one.

        What that one took too long is taken off, or slices would grow from one to the next.
        """
        since_s = time.monotonic() - self._slice_ended_s
        return EVALUATION_SHARE * since_s - self._overshoot_s

    def _begin_preparing(self) -> None:
        if self._evaluator is None and self._preparing is None:
            self._preparing = TimeSlicedCall(self._prepare, self._control)
            self._timed_from = (0, 0.0)
            self._work.preparing_s = self._num_classifier_steps * self._classifier_step_s

    def _advance_preparing(self, call: TimeSlicedCall[Evaluator], seconds: float) -> None:
        if not call.advance(seconds):
            self._expect_preparing(call)
            return
        self._preparing, self._work.preparing_s = None, 0.0
        try:
            self._evaluator = call.result()
        except StoppedError:
            return
        except Exception as error:
            is_expected = isinstance(error, EvaluationUnavailableError)
            level = logging.INFO if is_expected else logging.ERROR
            log.log(level, "The evaluator could not be prepared.", exc_info=not is_expected)
            self._emit(EvaluationFailed(error=error))
            self._work.is_off |= is_expected
            self._began_s += self._config.evaluate_every_s
            self.is_requested = False

    def _expect_preparing(self, call: TimeSlicedCall[Evaluator]) -> None:
        """Estimate the rest by the classifier's steps so far, without the loading before them."""
        checks, spent_s = call.num_checks, call.spent_s
        if checks and not self._timed_from[0]:
            self._timed_from = checks, spent_s
        steps = checks - self._timed_from[0]
        each_s = self._classifier_step_s
        if steps >= MIN_TIMED_STEPS:
            each_s = (spent_s - self._timed_from[1]) / steps
        self._work.preparing_s = each_s * max(self._num_classifier_steps - checks, 0)

    def _advance_measuring(
        self, call: TimeSlicedCall[EvaluationReport], seconds: float
    ) -> Evaluated | None:
        has_ended = call.advance(seconds)
        self._work.measuring_s = call.spent_s
        snapshot = self._snapshot
        if not has_ended or snapshot is None:
            return None
        self._measuring = self._snapshot = self._work.measuring_s = None
        self.is_requested = False
        seen, elapsed_s = snapshot.metadata.images_seen, snapshot.metadata.elapsed_s
        metrics: Mapping[str, float] = {}
        best = frozenset[str]()
        try:
            metrics = dict(call.result().metrics)
        except StoppedError:
            return None
        except Exception as error:
            log.exception("Quality could not be measured after %d images.", seen)
            self._emit(EvaluationFailed(error=error))
        else:
            best = frozenset(name for name, value in metrics.items() if self._beats(name, value))
            self.measured_images = seen
            self._emit(
                EvaluationCompleted(
                    images_seen=seen, elapsed_s=elapsed_s, metrics=metrics, best=best
                )
            )
        return Evaluated(snapshot=snapshot, metrics=metrics, best=best, took_s=call.spent_s)

    def _beats(self, name: str, value: float) -> bool:
        if name.endswith(NO_RANK) or name.startswith(NO_RANK_PREFIX):
            return False
        rank = _rank(name, value)
        if not rank > self._best.get(name, float("-inf")):
            return False
        self._best[name] = rank
        return True


def _rank(name: str, value: float) -> float:
    """Return a number that is the higher the better."""
    if name in ONE_IS_BEST:
        return -abs(math.log(value)) if value > 0 else -math.inf
    is_lower_better = name in LOWER_IS_BETTER or name.startswith(LOWER_IS_BETTER_PREFIX)
    return -value if is_lower_better else value
