"""Saves a run's checkpoints, and does not give up when the disk does."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

from engine.control import RunControl
from engine.errors import (
    DiskFullError,
    EngineError,
    FolderInUseError,
    FolderNotWritableError,
    StoppedError,
)
from engine.events import CheckpointSaved, Phase, PhaseChanged, RunPaused
from engine.runs.checkpoint import CheckpointFacts, write_checkpoint
from engine.runs.folder import RunFolder
from engine.runs.keeping import Keeper
from engine.train.checkpointing import tensors_of
from engine.train.clock import Clock
from engine.train.place import Place
from engine.train.prepare import PreparedRun

log = logging.getLogger(__name__)

RETRY_S = 10.0
"""A disk that was full is tried again after this long, if nobody says anything."""
LOOK_EVERY_S = 0.1


class Saver:
    """Writes checkpoints into a run's place, which may change on the way.

    Args:
        place: of the run.
        control: asked while nothing can be saved.
        clock: of the run; it stands still meanwhile.
    """

    def __init__(self, place: Place, control: RunControl, clock: Clock) -> None:
        self._place, self._control, self._clock = place, control, clock
        self.images_saved = 0
        """Images seen at the newest checkpoint."""

    def save(
        self, run: PreparedRun, facts: CheckpointFacts, *, during: Phase = Phase.TRAINING
    ) -> None:
        """Save a checkpoint, and let go of old ones.

        Args:
            run: as it stands.
            facts: what to remember beside its tensors.
            during: the phase that goes on when it had to wait.

        Raises:
            DiskFullError, FolderNotWritableError: it could not be written, and whoever was asked
                gave up.
        """
        path = self._write(
            run, facts, lambda folder: folder.checkpoint_path(facts.images_seen), during
        )
        self.images_saved = facts.images_seen
        Keeper(self._place.folder, run.config.reporting).prune()
        self._place.tell(CheckpointSaved(images_seen=facts.images_seen, path=path))

    def save_best(self, run: PreparedRun, facts: CheckpointFacts, figure: str) -> None:
        """Save what is the best by a figure; raises what ``save`` does."""
        self._write(run, facts, lambda folder: folder.best_path(figure), Phase.TRAINING)

    def _write(
        self,
        run: PreparedRun,
        facts: CheckpointFacts,
        path_in: Callable[[RunFolder], Path],
        during: Phase,
    ) -> Path:
        had_stop, has_waited, is_news = self._control.is_stop_requested, False, True
        while True:
            path = path_in(self._place.folder)
            problem = _attempt(path, run, facts)
            if problem is None:
                if has_waited:
                    self._place.tell(PhaseChanged(phase=during))
                return path
            if is_news:
                log.warning("A checkpoint could not be saved: %s", problem)
                self._place.tell(RunPaused(images_seen=self._clock.images_seen, error=problem))
            has_waited = True
            with self._clock.stopped():
                is_news = self._stand_by(run, problem, had_stop=had_stop)

    def _stand_by(self, run: PreparedRun, problem: EngineError, *, had_stop: bool) -> bool:
        """Wait until another attempt is worth it.

        Returns:
            Whether somebody asked for it, and wants to know how it went.

        Raises:
            EngineError: the problem, when somebody wants an end.
            StoppedError: what is not saved is to be discarded.
        """
        due_s = time.monotonic() + RETRY_S
        while not self._control.take_retry_request():
            if self._control.is_discard_requested:
                raise StoppedError
            # Who asked for a stop before knew nothing of this; who does now wants an end.
            if self._control.is_stop_requested and not had_stop:
                raise problem
            if time.monotonic() >= due_s:
                return False
            self._place.hold()
            self._control.wait(LOOK_EVERY_S)
        target = self._control.take_folder()
        if target is not None:
            self._move(run, target)
        return True

    def _move(self, run: PreparedRun, target: Path) -> None:
        try:
            self._place.move(target, run.config, run.model)
        except (FolderInUseError, DiskFullError, FolderNotWritableError) as error:
            # The next attempt fails again and says so; this is why it is made in the old folder.
            log.warning("The run cannot go on in %s: %s", target, error)
            self._place.tell(RunPaused(images_seen=self._clock.images_seen, error=error))


def _attempt(path: Path, run: PreparedRun, facts: CheckpointFacts) -> EngineError | None:
    """Write a checkpoint, or say what is in the way."""
    try:
        write_checkpoint(path, tensors_of(run), facts)
    except (DiskFullError, FolderNotWritableError) as error:
        return error
    return None
