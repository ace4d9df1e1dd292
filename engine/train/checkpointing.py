"""What a checkpoint holds, and how a run takes it up again."""

import contextlib
import logging
import platform
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.config.run import RunConfig
from engine.config.toml import config_hash, config_to_toml
from engine.control import RunControl
from engine.errors import (
    CheckpointCorruptError,
    DiskFullError,
    EngineError,
    FolderInUseError,
    FolderNotWritableError,
    StoppedError,
)
from engine.events import CheckpointSaved, Emit, Phase, PhaseChanged, RunEvent, RunMoved, RunPaused
from engine.fs.lock import RunLock
from engine.runs.checkpoint import read_tensors, write_checkpoint
from engine.runs.checkpoint_files import CheckpointMetadata, read_metadata
from engine.runs.event_log import RunLog
from engine.runs.folder import (
    ModelMetadata,
    ReopenedRun,
    RunFolder,
    create_run_folder,
    reopen_run_folder,
    write_model,
)
from engine.runs.retention import RetentionPolicy
from engine.train.progress import Clock
from engine.train.setup import PreparedRun
from engine.version import installed_version

log = logging.getLogger(__name__)

RANDOMNESS = "randomness."
"""Prefix of the states of PyTorch's own random numbers; a run draws none of them, but who knows."""


def tensors_of(run: PreparedRun) -> dict[str, Tensor]:
    """Name every tensor that a checkpoint must hold."""
    named = run.state.tensors()
    named[f"{RANDOMNESS}cpu"] = torch.get_rng_state()
    if run.state.device.type == "cuda":
        named[f"{RANDOMNESS}cuda"] = torch.cuda.get_rng_state(run.state.device)
    return named


def facts_of(
    run: PreparedRun, *, elapsed_s: float, positions: Mapping[str, object]
) -> CheckpointMetadata:
    """Say what else it must remember.

    Args:
        run: as it stands.
        elapsed_s: of training.
        positions: of whatever keeps account beside the networks.
    """
    return CheckpointMetadata(
        step=run.state.step,
        images_seen=run.state.images_seen,
        elapsed_s=elapsed_s,
        config_hash=config_hash(run.config),
        config=config_to_toml(run.config),
        dataset_version=run.model.dataset_version,
        versions=_versions(),
        positions={"parts": run.step.num_micro_batches, **positions},
    )


def take_up(run: PreparedRun, checkpoint: Path) -> CheckpointMetadata:
    """Put a run's networks where a checkpoint left them.

    Raises:
        CheckpointCorruptError: it is damaged, or is not of such a run; nothing can be said of the
            networks afterwards.
    """
    facts, tensors = read_metadata(checkpoint), read_tensors(checkpoint, "")
    _note_other_versions(facts)
    try:
        run.state.restore(tensors, facts)
        _restore_randomness(tensors, run.state.device)
    except (ValueError, RuntimeError) as error:
        raise CheckpointCorruptError(checkpoint, str(error)) from error
    return facts


def _versions() -> dict[str, str]:
    return {
        "diptych": installed_version(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }


def _note_other_versions(facts: CheckpointMetadata) -> None:
    """Say when the run may go on a little differently than it would have where it was left."""
    others = {
        name: known
        for name, known in facts.versions.items()
        if name in _versions() and known != _versions()[name]
    }
    if others:
        log.info("The checkpoint was saved with other versions: %s", others)


def _restore_randomness(tensors: Mapping[str, Tensor], device: torch.device) -> None:
    if f"{RANDOMNESS}cpu" in tensors:
        torch.set_rng_state(tensors[f"{RANDOMNESS}cpu"])
    if device.type == "cuda" and f"{RANDOMNESS}cuda" in tensors:
        torch.cuda.set_rng_state(tensors[f"{RANDOMNESS}cuda"], device)


# --------------------------------------------------------------------------
# Where a run lives: its folder, its lock and its log. It may move while the run goes on.


TOUCH_EVERY_S = 5.0
TAKEN_ALONG = ("events.jsonl", "notes.json")
"""Files that a run takes along when it moves; what it has saved stays where it is, and safe."""


class Place:
    """A run's folder, locked and with an open log from ``create`` or ``reopen`` on.

    Args:
        folder: of the run.
        emit: receives every event after the log.
    """

    def __init__(self, folder: Path, emit: Emit) -> None:
        self.folder = RunFolder(folder)
        self._emit = emit
        self._held = contextlib.ExitStack()
        self._lock: RunLock | None = None
        self._touched_s = float("-inf")
        self._log: RunLog | None = None

    def create(self, config: RunConfig) -> None:
        """Make the folder of a new run.

        Raises:
            FolderInUseError, FolderNotWritableError, DiskFullError: it cannot be made.
        """
        create_run_folder(config)
        self._lock_folder()
        self._open_log()

    def reopen(self, config: RunConfig) -> ReopenedRun:
        """Find where a run was left.

        Raises:
            RunMissingError: there is no run.
            RunLockedError: another process holds it.
            CheckpointCorruptError: none of its checkpoints can be used.
            ConfigError: a setting that matters differs from the run's.
        """
        self.folder.read_config()
        self._lock_folder()
        found = reopen_run_folder(config)
        self._open_log()
        return found

    @property
    def log_bytes(self) -> int:
        """Length of the log so far."""
        with contextlib.suppress(OSError):
            return self.folder.log_file.stat().st_size
        return 0

    def tell(self, event: RunEvent) -> None:
        """Log an event, and pass it on."""
        if self._log is not None:
            self._log.record(event)
        self.hold()
        self._emit(event)

    def hold(self) -> None:
        """Show other machines that the run is held; to be called again and again."""
        now_s = time.monotonic()
        if self._lock is not None and now_s - self._touched_s > TOUCH_EVERY_S:
            self._lock.touch()
            self._touched_s = now_s

    def move(self, target: Path, config: RunConfig, model: ModelMetadata) -> None:
        """Go on in another folder.

        Args:
            target: a new or empty folder; in one that holds something the run gets a folder.
            config: of the run.
            model: of the run.

        Raises:
            FolderInUseError, FolderNotWritableError, DiskFullError: the run stays where it is.
        """
        before = self.folder
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            if any(target.iterdir()):
                target = target / before.path.name
        after = create_run_folder(config.with_values(run=target))
        write_model(after, model)
        _take_along(before, after)
        if self._lock is not None:
            self._lock.release()
        self.folder = after
        self._lock_folder()
        if self._log is not None:
            # What the old disk would not take goes along.
            self._log.reopen(after.log_file)
        log.warning("The run in %s goes on in %s.", before.path, after.path)
        self.tell(RunMoved(folder=after.path))

    def close(self) -> None:
        """Let go of log and lock."""
        self._held.close()
        self._log = self._lock = None

    def _lock_folder(self) -> None:
        self._lock = self._held.enter_context(RunLock(self.folder.path))

    def _open_log(self) -> None:
        self._log = self._held.enter_context(contextlib.closing(RunLog(self.folder.log_file)))


def _take_along(before: RunFolder, after: RunFolder) -> None:
    """Copy what a run cannot do without; a disk that gives nothing more must not end it."""
    for name in TAKEN_ALONG:
        try:
            shutil.copyfile(before.path / name, after.path / name)
        except FileNotFoundError:
            continue
        except OSError as error:
            log.warning("%s stays behind in %s: %s", name, before.path, error)


# --------------------------------------------------------------------------
# Saves a run's checkpoints, and does not give up when the disk does.


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
        self, run: PreparedRun, facts: CheckpointMetadata, *, during: Phase = Phase.TRAINING
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
        RetentionPolicy(self._place.folder, run.config.reporting).prune()
        self._place.tell(CheckpointSaved(images_seen=facts.images_seen, path=path))

    def save_best(self, run: PreparedRun, facts: CheckpointMetadata, figure: str) -> None:
        """Save what is the best by a figure; raises what ``save`` does."""
        self._write(run, facts, lambda folder: folder.best_path(figure), Phase.TRAINING)

    def _write(
        self,
        run: PreparedRun,
        facts: CheckpointMetadata,
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


def _attempt(path: Path, run: PreparedRun, facts: CheckpointMetadata) -> EngineError | None:
    """Write a checkpoint, or say what is in the way."""
    try:
        write_checkpoint(path, tensors_of(run), facts)
    except (DiskFullError, FolderNotWritableError) as error:
        return error
    return None
