"""Measures quality now and then while a run trains, and remembers the best."""

import logging
import math
from collections.abc import Callable, Mapping
from typing import Protocol

from engine.config.sections import ReportingConfig
from engine.data.loader import mix_seed
from engine.errors import StoppedError
from engine.events import (
    Emit,
    EvaluationFailed,
    PreviewFailed,
    PreviewReady,
    Progress,
    QualityMeasured,
)
from engine.runs.folder import RunFolder
from engine.runs.retention import RANKED
from engine.sample.preview_sheet import write_sheet
from engine.sample.sampler import Sampler

log = logging.getLogger(__name__)

LOWER_IS_BETTER = frozenset({"kid", "fid", "copied_share", "memorisation", "self_bleu", "mode_kl"})
NO_RANK = ("_std", "_chance", "_ceiling", "_floor", "_n")
"""Endings of figures that explain others and are neither good nor bad."""
KEPT_BEST = tuple(RANKED)
"""Figures whose best checkpoint is kept."""
EVALUATION_STREAM = 0xE7A1
"""Keeps the evaluation's noise apart from the training's, whatever the seed."""


class Measured(Protocol):
    """What a judge says of a sampler."""

    @property
    def figures(self) -> Mapping[str, float]:
        """Figures by name."""
        ...


class Judge(Protocol):
    """Measures how good samples are."""

    def measure(self, sampler: Sampler, *, count: int, seed: int) -> Measured:
        """Draw ``count`` pairs and measure them."""
        ...


class Quality:
    """Measures a run's running average whenever it is due.

    Args:
        sampler: draws from the running average.
        config: how often, and how many pairs.
        seed: of the run; every measurement uses the same noise.
        find_judge: finds or makes the judge, at the first measurement; it may take a while.
        tell: receives what was measured.
    """

    def __init__(
        self,
        sampler: Sampler,
        config: ReportingConfig,
        seed: int,
        find_judge: Callable[[], Judge],
        tell: Emit,
    ) -> None:
        self._sampler, self._config = sampler, config
        self._seed = mix_seed(seed, EVALUATION_STREAM)
        self._find_judge, self._tell = find_judge, tell
        self._judge: Judge | None = None
        self._best: dict[str, float] = {}
        self._due_s = 0.0

    def start(self, elapsed_s: float) -> None:
        """Wait a whole interval from here on."""
        self._due_s = elapsed_s + self._config.evaluate_every_s

    def is_due(self, elapsed_s: float) -> bool:
        """Whether it is time to measure."""
        return self._config.evaluate_every_s > 0 and elapsed_s >= self._due_s

    def measure(self, images_seen: int, elapsed_s: float) -> frozenset[str]:
        """Measure; give the figures that are the best so far. A failure never ends a run."""
        self.start(elapsed_s)
        try:
            if self._judge is None:
                self._judge = self._find_judge()
            report = self._judge.measure(
                self._sampler, count=self._config.evaluate_count, seed=self._seed
            )
        except StoppedError:
            return frozenset()
        except Exception as error:
            log.exception("Quality could not be measured after %d images.", images_seen)
            self._tell(EvaluationFailed(error=error))
            return frozenset()
        best = frozenset(name for name, value in report.figures.items() if self._beats(name, value))
        self._tell(
            QualityMeasured(
                images_seen=images_seen,
                elapsed_s=elapsed_s,
                figures=dict(report.figures),
                best=best,
            )
        )
        return best

    def position(self) -> dict[str, object]:
        """Give what a checkpoint must remember."""
        return {"best": dict(self._best)}

    def restore(self, position: Mapping[str, object]) -> None:
        """Take up what a checkpoint remembers."""
        best = position.get("best")
        if isinstance(best, Mapping):
            self._best = {str(name): float(rank) for name, rank in best.items()}

    def _beats(self, name: str, value: float) -> bool:
        if name.endswith(NO_RANK):
            return False
        rank = -value if name in LOWER_IS_BETTER else value
        if not rank > self._best.get(name, float("-inf")):
            return False
        self._best[name] = rank
        return True


# --------------------------------------------------------------------------
# Grids of pairs from the same noise, again and again, so that one can watch them sharpen.


FIRST_INTERVAL_S = 2.0
SHARE_OF_ELAPSED = 0.1
"""The wait grows with the run, up to what the configuration says."""
NOISE_STREAM = 0x5EED
"""Keeps the previews' noise apart from the training's, whatever the seed."""


class Previews:
    """Draws, writes and reports a preview whenever one is due.

    Args:
        sampler: draws from the running average.
        config: how often, and how many pairs.
        seed: of the run; every preview uses the same noise.
        folder: says where the run lives, which may change.
        emit: receives what was drawn.
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
        """Whether the last one is old enough."""
        return elapsed_s >= self._due_s

    def show(self, progress: Progress) -> None:
        """Show a preview. A failure is reported and never ends a run."""
        wait_s = max(FIRST_INTERVAL_S, SHARE_OF_ELAPSED * progress.elapsed_s)
        self._due_s = progress.elapsed_s + min(wait_s, self._config.preview_every_s)
        try:
            self._emit(self._draw(progress))
        except Exception as error:
            log.exception("A preview failed after %d images.", progress.images_seen)
            self._emit(PreviewFailed(error=error))

    def _draw(self, progress: Progress) -> PreviewReady:
        pairs = self._sampler.complete(self._noise, {})
        path = self._folder().preview_path(progress.images_seen)
        write_sheet(
            path,
            pairs.images,
            pairs.texts,
            images_seen=progress.images_seen,
            elapsed_s=progress.elapsed_s,
        )
        return PreviewReady(
            images_seen=progress.images_seen,
            elapsed_s=progress.elapsed_s,
            images=pairs.images,
            texts=pairs.texts,
            path=path,
        )


def previews_until(elapsed_s: float, longest_s: float) -> float:
    """How many previews come within some training time from the start of a run, about.

    Args:
        elapsed_s: the training time.
        longest_s: the longest wait between two.
    """
    shortest_s = min(FIRST_INTERVAL_S, longest_s)
    grows_from_s, grows_to_s = shortest_s / SHARE_OF_ELAPSED, longest_s / SHARE_OF_ELAPSED
    count = min(elapsed_s, grows_from_s) / shortest_s
    if elapsed_s > grows_from_s:
        # Each comes at so many times the time of the one before.
        growth = min(elapsed_s, grows_to_s) / grows_from_s
        count += math.log(growth) / math.log1p(SHARE_OF_ELAPSED)
    return count + max(elapsed_s - grows_to_s, 0.0) / longest_s
