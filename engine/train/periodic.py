"""Periodic tasks of the training loop, and the previews."""

import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.config.sections import ReportingConfig
from engine.data.seeds import mix_seed
from engine.data.waveform import Sounds
from engine.errors import EngineError
from engine.events import (
    Emit,
    PreviewFailed,
    PreviewReady,
    Progress,
)
from engine.runs.folder import RunFolder
from engine.sample.preview_sheet import write_sheet
from engine.sample.preview_sounds import write_sounds
from engine.sample.sampler import Sampler, Samples
from engine.sample.scene_sources import PREVIEW_STREAM
from engine.sample.tiles import captions, tiles

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PeriodicTask:
    """Task that the training loop runs between two steps whenever it is due."""

    name: str
    is_due: Callable[[], bool]
    run: Callable[[], None]
    """Also sets when the task is due again."""


# --------------------------------------------------------------------------
# Previews: sample sheets drawn from the same noise throughout a run.


FIRST_INTERVAL_S = 2.0
SHARE_OF_ELAPSED = 0.1
"""The interval grows with the elapsed time, up to ``preview_every_s``."""
MAX_SHARE_OF_TIME = 0.05
"""Of the training time that previews may take: after a slow one the interval is longer."""


class Previews:
    """Draws, writes and reports previews.

    Args:
        sampler: draws from the EMA weights.
        config: interval and number of pairs.
        seed: of the run; every preview uses the same noise.
        folder: returns the run folder, which may change during the run.
        emit: receives each preview.
        real: real items that the previews are compared with, if there are any.
    """

    def __init__(
        self,
        sampler: Sampler,
        config: ReportingConfig,
        seed: int,
        folder: Callable[[], RunFolder],
        emit: Emit,
        real: Samples | None,
    ) -> None:
        self._sampler, self._config, self._folder, self._emit = sampler, config, folder, emit
        self._real = real
        self._noise = sampler.draw_noise(config.preview_count, mix_seed(seed, PREVIEW_STREAM))
        self._shown_s: float | None = None
        """Training time at the last preview, or None before the first."""
        self._took_s = 0.0

    def use(self, config: ReportingConfig) -> None:
        """Use another interval from the last preview on."""
        self._config = config

    def is_due(self, elapsed_s: float) -> bool:
        """Whether the interval has passed since the last preview."""
        if self._shown_s is None:
            return True
        shortest_s, longest_s = preview_intervals(self._config.preview_every_s, self._took_s)
        wait_s = max(shortest_s, SHARE_OF_ELAPSED * self._shown_s)
        return elapsed_s >= self._shown_s + min(wait_s, longest_s)

    def show(self, progress: Progress) -> Mapping[str, float]:
        """Draw, write and report a preview. A failure is reported and never ends a run.

        Returns:
            Its ``preview_metrics``; none if it failed.
        """
        started_s = time.monotonic()
        try:
            samples = self._sampler.complete(self._noise, {})
            self._emit(self._save(samples, progress))
            return preview_metrics(samples, self._real)
        except Exception as error:
            log.exception("A preview failed after %d images.", progress.images_seen)
            self._emit(PreviewFailed(error=error))
            return {}
        finally:
            self._took_s = time.monotonic() - started_s
            self._shown_s = progress.elapsed_s

    def _save(self, samples: Samples, progress: Progress) -> PreviewReady:
        images, texts = tiles(samples), captions(samples)
        images_seen, elapsed_s = progress.images_seen, progress.elapsed_s
        path = self._folder().preview_path(images_seen)
        write_sheet(path, images, texts, images_seen=images_seen, elapsed_s=elapsed_s)
        return PreviewReady(
            images_seen=images_seen,
            elapsed_s=elapsed_s,
            images=images,
            texts=texts,
            path=path,
            sounds=self._save_sounds(path, samples),
        )

    def _save_sounds(self, sheet: Path, samples: Samples) -> Mapping[str, Path]:
        """Write the sounds beside the sheet; the preview is shown without them if that fails."""
        columns = samples.columns.items()
        sounds = {name: column for name, column in columns if isinstance(column, Sounds)}
        try:
            return write_sounds(sheet, sounds)
        except EngineError as error:
            log.warning("The sounds of a preview were not written: %s", error)
            self._emit(PreviewFailed(error=error))
            return {}


def preview_metrics(made: Samples, real: Samples | None) -> dict[str, float]:
    """Measure how much the items of a preview differ, relative to real ones.

    Returns:
        ``preview_image_spread``: ratio of the mean standard deviation of a pixel over the images;
            ``preview_text_spread``: ratio of the numbers of texts that differ from the first one.
            What does not vary in the real items is left out.
    """
    count = 0 if real is None else min(len(made), len(real))
    if real is None or count < 2:
        return {}
    spreads = [float(tiles(samples)[:count].std(0).mean()) for samples in (made, real)]
    others = [len(set(samples.texts[:count])) - 1 for samples in (made, real)]
    names = ("preview_image_spread", "preview_text_spread")
    ratios = zip(names, (spreads, others), strict=True)
    return {name: ours / theirs for name, (ours, theirs) in ratios if theirs > 0}


def preview_intervals(every_s: float, took_s: float) -> tuple[float, float]:
    """Return the shortest and the longest interval between previews, in seconds.

    Args:
        every_s: ``preview_every_s``.
        took_s: duration of a preview.
    """
    least_s = took_s / MAX_SHARE_OF_TIME
    return max(min(FIRST_INTERVAL_S, every_s), least_s), max(every_s, least_s)


def previews_until(elapsed_s: float, every_s: float, took_s: float = 0.0) -> float:
    """Estimate the number of previews from the start of a run to a training time.

    Args:
        elapsed_s: training time.
        every_s: ``preview_every_s``.
        took_s: duration of a preview.
    """
    shortest_s, longest_s = preview_intervals(every_s, took_s)
    grows_from_s, grows_to_s = shortest_s / SHARE_OF_ELAPSED, longest_s / SHARE_OF_ELAPSED
    count = min(elapsed_s, grows_from_s) / shortest_s
    if elapsed_s > grows_from_s:
        # The times of the previews form a geometric series.
        growth = min(elapsed_s, grows_to_s) / grows_from_s
        count += math.log(growth) / math.log1p(SHARE_OF_ELAPSED)
    return count + max(elapsed_s - grows_to_s, 0.0) / longest_s
