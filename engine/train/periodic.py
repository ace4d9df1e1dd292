"""Periodic tasks of the training loop: evaluation and previews."""

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.config.sections import ReportingConfig
from engine.data.loader import mix_seed
from engine.errors import StoppedError
from engine.events import (
    Emit,
    EvaluationCompleted,
    EvaluationFailed,
    PreviewFailed,
    PreviewReady,
    Progress,
)
from engine.metrics.evaluate import Evaluator
from engine.runs.folder import RunFolder
from engine.runs.retention import RANKED
from engine.sample.preview_sheet import write_sheet
from engine.sample.sampler import Sampler

log = logging.getLogger(__name__)

LOWER_IS_BETTER = frozenset(
    {"kid", "fid", "copied_share", "memorisation", "self_bleu", "mode_kl", "texture"}
)
LOWER_IS_BETTER_PREFIX = "texture_"
ONE_IS_BEST = frozenset({"grid"})
NO_RANK = ("_std", "_baseline", "_upper_bound", "_n", "known_bigrams")
"""Suffixes of metrics without a best value: they qualify others, or are best near their bound."""
KEPT_BEST = tuple(RANKED)
"""Metrics whose best checkpoint is kept."""
EVALUATION_STREAM = 0xE7A1
"""Random stream of the evaluation's noise, independent of the training's for any seed."""


@dataclass(frozen=True)
class PeriodicTask:
    """Task that the training loop runs between two steps whenever it is due."""

    name: str
    is_due: Callable[[], bool]
    run: Callable[[], None]
    """Also sets when the task is due again."""


class Evaluation:
    """Evaluates the EMA weights at an interval and remembers the best value of each metric.

    Args:
        sampler: draws from the EMA weights.
        config: interval and number of samples.
        seed: of the run; every evaluation uses the same noise.
        get_evaluator: called at the first evaluation; may train the evaluator, for minutes.
        emit: receives the results.
    """

    def __init__(
        self,
        sampler: Sampler,
        config: ReportingConfig,
        seed: int,
        get_evaluator: Callable[[], Evaluator],
        emit: Emit,
    ) -> None:
        self._sampler, self._config = sampler, config
        self._seed = mix_seed(seed, EVALUATION_STREAM)
        self._get_evaluator, self._emit = get_evaluator, emit
        self._evaluator: Evaluator | None = None
        self.metrics: Mapping[str, float] = {}
        """Of the last evaluation; empty if it failed."""
        self._best: dict[str, float] = {}
        self._due_s = 0.0

    def start(self, elapsed_s: float) -> None:
        """Make the next evaluation due after one interval."""
        self._due_s = elapsed_s + self._config.evaluate_every_s

    def is_due(self, elapsed_s: float) -> bool:
        """Whether the interval has passed."""
        return self._config.evaluate_every_s > 0 and elapsed_s >= self._due_s

    def run(self, images_seen: int, elapsed_s: float) -> frozenset[str]:
        """Evaluate; return the metrics that are the best so far. A failure never ends a run."""
        self.start(elapsed_s)
        self.metrics = {}
        try:
            if self._evaluator is None:
                self._evaluator = self._get_evaluator()
            report = self._evaluator.measure(
                self._sampler, count=self._config.eval_samples, seed=self._seed
            )
        except StoppedError:
            return frozenset()
        except Exception as error:
            log.exception("Quality could not be measured after %d images.", images_seen)
            self._emit(EvaluationFailed(error=error))
            return frozenset()
        metrics = self.metrics = dict(report.metrics)
        best = frozenset(name for name, value in metrics.items() if self._beats(name, value))
        self._emit(
            EvaluationCompleted(
                images_seen=images_seen, elapsed_s=elapsed_s, metrics=metrics, best=best
            )
        )
        return best

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

    def _beats(self, name: str, value: float) -> bool:
        if name.endswith(NO_RANK):
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


# --------------------------------------------------------------------------
# Previews: sample sheets drawn from the same noise throughout a run.


FIRST_INTERVAL_S = 2.0
SHARE_OF_ELAPSED = 0.1
"""The interval grows with the elapsed time, up to ``preview_every_s``."""
NOISE_STREAM = 0x5EED
"""Random stream of the previews' noise, independent of the training's for any seed."""


class Previews:
    """Draws, writes and reports previews.

    Args:
        sampler: draws from the EMA weights.
        config: interval and number of pairs.
        seed: of the run; every preview uses the same noise.
        folder: returns the run folder, which may change during the run.
        emit: receives each preview.
    """

    def __init__(
        self,
        sampler: Sampler,
        config: ReportingConfig,
        seed: int,
        folder: Callable[[], RunFolder],
        emit: Emit,
    ) -> None:
        self._sampler, self._config, self._folder, self._emit = sampler, config, folder, emit
        self._noise = sampler.draw_noise(config.preview_count, mix_seed(seed, NOISE_STREAM))
        self._due_s = 0.0

    def is_due(self, elapsed_s: float) -> bool:
        """Whether the interval has passed since the last preview."""
        return elapsed_s >= self._due_s

    def show(self, progress: Progress) -> None:
        """Draw, write and report a preview. A failure is reported and never ends a run."""
        wait_s = max(FIRST_INTERVAL_S, SHARE_OF_ELAPSED * progress.elapsed_s)
        self._due_s = progress.elapsed_s + min(wait_s, self._config.preview_every_s)
        try:
            self._emit(self._draw(progress))
        except Exception as error:
            log.exception("A preview failed after %d images.", progress.images_seen)
            self._emit(PreviewFailed(error=error))

    def _draw(self, progress: Progress) -> PreviewReady:
        pairs = self._sampler.complete(self._noise, {})
        images, texts = pairs.images, pairs.texts
        images_seen, elapsed_s = progress.images_seen, progress.elapsed_s
        path = self._folder().preview_path(images_seen)
        write_sheet(path, images, texts, images_seen=images_seen, elapsed_s=elapsed_s)
        return PreviewReady(
            images_seen=images_seen, elapsed_s=elapsed_s, images=images, texts=texts, path=path
        )


def previews_until(elapsed_s: float, longest_s: float) -> float:
    """Estimate the number of previews from the start of a run to a training time.

    Args:
        elapsed_s: training time.
        longest_s: longest interval.
    """
    shortest_s = min(FIRST_INTERVAL_S, longest_s)
    grows_from_s, grows_to_s = shortest_s / SHARE_OF_ELAPSED, longest_s / SHARE_OF_ELAPSED
    count = min(elapsed_s, grows_from_s) / shortest_s
    if elapsed_s > grows_from_s:
        # The times of the previews form a geometric series.
        growth = min(elapsed_s, grows_to_s) / grows_from_s
        count += math.log(growth) / math.log1p(SHARE_OF_ELAPSED)
    return count + max(elapsed_s - grows_to_s, 0.0) / longest_s
