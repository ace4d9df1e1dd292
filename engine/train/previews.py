"""Grids of pairs from the same noise, again and again, so that one can watch them sharpen."""

import logging
import math
from collections.abc import Callable

from engine.config.reporting import ReportingConfig
from engine.data.loader import mix_seed
from engine.events import Emit, PreviewFailed, PreviewReady, Progress
from engine.runs.folder import RunFolder
from engine.sample.sampler import Sampler
from engine.sample.sheet import write_sheet

log = logging.getLogger(__name__)

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
