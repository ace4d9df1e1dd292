"""Retention policy for checkpoints, and the best metrics of a run."""

import contextlib
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.config.sections import ReportingConfig
from engine.fs.atomic import files, remove_if_there, staged_path
from engine.runs.event_codec import open_log
from engine.runs.event_reader import read_quality
from engine.runs.folder import RunFolder, bytes_in, images_in_name

log = logging.getLogger(__name__)

RANKED: dict[str, Callable[[float, float], float]] = {"kid": min, "joint_coherence": max}
"""Metrics whose best checkpoint is kept, with the function that selects the better value."""
_MAX_FIGURE = 1e9


class RetentionPolicy:
    """Remove the checkpoints of a run that its settings do not keep.

    Args:
        folder: the run folder.
        reporting: number of newest checkpoints, interval of milestones and total size to keep.
    """

    def __init__(self, folder: RunFolder, reporting: ReportingConfig) -> None:
        self._folder, self._reporting = folder, reporting

    def prune(self) -> None:
        """Remove checkpoints. Disk errors are only logged, as it runs again after each save."""
        paths = self._folder.checkpoint_paths()
        kept = {*paths[-self._reporting.keep_last :], *_last_written(paths)}
        kept.update(_milestones(paths, self._reporting.milestone_every))
        try:
            for path in paths:
                if path not in kept:
                    remove_checkpoint(path)
            self._keep_budget()
        except OSError as error:
            log.warning("An old checkpoint of %s cannot be removed: %s", self._folder.path, error)

    def _keep_budget(self) -> None:
        """Remove the oldest until the total size fits, but never the newest or the best."""
        budget = self._reporting.max_checkpoint_mb * 1e6
        if not budget:
            return
        paths = self._folder.checkpoint_paths()
        sizes = {path: bytes_in(path) for path in (*paths, *self._folder.best_paths())}
        total = sum(sizes.values())
        kept = {*paths[-1:], *_last_written(paths)}
        for path in paths:
            if total > budget and path not in kept:
                remove_checkpoint(path)
                total -= sizes[path]


def remove_checkpoint(path: Path) -> None:
    """Remove a checkpoint, renaming it first so that a partly deleted one is never listed.

    Raises:
        OSError: it cannot be removed.
    """
    going = staged_path(path)
    remove_if_there(going)
    files.rename(path, going)
    files.remove(going)


def _milestones(paths: Sequence[Path], every: int) -> list[Path]:
    """Return the first checkpoint at or after each multiple of a number of images."""
    picked, reached = [], 0
    for path in paths:
        multiple = images_in_name(path) // every if every else 0
        if multiple > reached:
            picked.append(path)
            reached = multiple
    return picked


def _last_written(paths: Sequence[Path]) -> set[Path]:
    """Return the last written checkpoint; after a rollback it may not have the most images."""
    written: dict[Path, float] = {}
    for path in paths:
        with contextlib.suppress(OSError):
            written[path] = path.lstat().st_mtime
    return {max(written, key=lambda path: written[path])} if written else set()


def best_metrics(log: Path) -> dict[str, float]:
    """Return the best value of each metric; metrics without a value are absent.

    Evaluations that were repeated after a rollback or resumption count once.

    Raises:
        MalformedFileError: the log is not a regular file.
        OSError: it cannot be read.
    """
    with open_log(log):
        pass  # Raise errors, which ``read_quality`` only logs.
    found: dict[str, float] = {}
    for point in read_quality(log):
        for name, better in RANKED.items():
            # KID is an unbiased estimate and may be slightly negative.
            value = point.metrics.get(name)
            if value is not None and abs(value) < _MAX_FIGURE:
                found[name] = better(found.get(name, value), value)
    return found
