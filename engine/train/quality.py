"""Measures quality now and then while a run trains, and remembers the best."""

import logging
from collections.abc import Callable, Mapping
from typing import Protocol

from engine.config.reporting import ReportingConfig
from engine.data.loader import mix_seed
from engine.errors import StoppedError
from engine.events import Emit, EvaluationFailed, QualityMeasured
from engine.runs.best import RANKED
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
