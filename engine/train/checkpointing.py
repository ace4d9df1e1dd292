"""Checkpoints of a run: what they hold, loading and writing them, and the run directory."""

import contextlib
import logging
import os
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
    ConfigError,
    DiskFullError,
    EngineError,
    FolderInUseError,
    FolderNotWritableError,
    Problem,
    RunMissingError,
    StoppedError,
)
from engine.events import (
    CheckpointSaved,
    Emit,
    Phase,
    PhaseChanged,
    ReportingFailed,
    RequestAnswered,
    RunEvent,
    RunPaused,
    RunRelocated,
)
from engine.exporting.tensorboard import FOLDER, EventFile
from engine.fs.lock import RunLock
from engine.runs.checkpoint import Snapshot, read_tensors, write_checkpoint
from engine.runs.checkpoint_files import CheckpointMetadata, read_metadata
from engine.runs.event_log import RunLog
from engine.runs.folder import (
    ResumableRun,
    RunFolder,
    create_run_folder,
    reopen_run_folder,
    write_model,
)
from engine.runs.metadata import ModelMetadata
from engine.runs.requests import RequestInbox, carry_out
from engine.runs.retention import RetentionPolicy
from engine.train.device import rng_state, set_rng_state
from engine.train.progress import TrainingClock
from engine.train.setup import TrainingSetup
from engine.version import installed_version

log = logging.getLogger(__name__)

RNG_PREFIX = "rng."
"""Prefix of the states of PyTorch's global generators, which training does not draw from."""


def tensors_of(run: TrainingSetup) -> dict[str, Tensor]:
    """Return every tensor that a checkpoint must hold, by name."""
    named = run.state.tensors()
    named[f"{RNG_PREFIX}cpu"] = torch.get_rng_state()
    state = rng_state(run.state.device)
    if state is not None:
        named[f"{RNG_PREFIX}{run.state.device.type}"] = state
    return named


def take_snapshot(run: TrainingSetup, metadata: CheckpointMetadata, prefix: str = "") -> Snapshot:
    """Copy the current state of a run, or the tensors whose names begin with a prefix."""
    named = {name: value for name, value in tensors_of(run).items() if name.startswith(prefix)}
    tensors = {name: value.detach().to("cpu", copy=True) for name, value in named.items()}
    return Snapshot(tensors=tensors, metadata=metadata)


def checkpoint_metadata(
    run: TrainingSetup, *, elapsed_s: float, loop_state: Mapping[str, object]
) -> CheckpointMetadata:
    """Collect what a checkpoint stores beside its tensors.

    Args:
        run: in its current state.
        elapsed_s: seconds of training.
        loop_state: ``state_dict`` of everything in the loop that has one.
    """
    return CheckpointMetadata(
        step=run.state.step,
        images_seen=run.state.images_seen,
        elapsed_s=elapsed_s,
        config_hash=config_hash(run.config),
        config=config_to_toml(run.config),
        dataset_version=run.model.dataset_version,
        versions=_versions(),
        loop_state={"num_micro_batches": run.step.num_micro_batches, **loop_state},
    )


def load_checkpoint(run: TrainingSetup, checkpoint: Path) -> CheckpointMetadata:
    """Load a checkpoint into the networks and optimizers of a run.

    Raises:
        CheckpointCorruptError: the checkpoint is damaged or of other networks; the state of the
            run's networks is then undefined.
    """
    metadata, tensors = read_metadata(checkpoint), read_tensors(checkpoint, "")
    current = _versions()
    others = {
        name: version
        for name, version in metadata.versions.items()
        if name in current and version != current[name]
    }
    if others:
        # The run may then continue slightly differently.
        log.info("The checkpoint was saved with other versions: %s", others)
    try:
        run.state.restore(tensors, metadata)
        if f"{RNG_PREFIX}cpu" in tensors:
            torch.set_rng_state(tensors[f"{RNG_PREFIX}cpu"])
        of_device = f"{RNG_PREFIX}{run.state.device.type}"
        if of_device in tensors:
            set_rng_state(run.state.device, tensors[of_device])
    except (ValueError, TypeError, RuntimeError) as error:
        raise CheckpointCorruptError(checkpoint, str(error)) from error
    return metadata


def _versions() -> dict[str, str]:
    return {
        "diptych": installed_version(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }


# --------------------------------------------------------------------------
# The run directory: folder, lock and log. It may move during the run.


HEARTBEAT_EVERY_S = 5.0
MOVED_FILES = ("events.jsonl", "notes.json")
"""Files that are copied when a run moves; its checkpoints stay in the old folder."""


class RunDirectory:
    """Folder of a run, locked and with an open log after ``create`` or ``reopen``.

    Args:
        folder: of the run.
        emit: receives every event after it was logged.
        control: receives the requests of other processes.
    """

    def __init__(self, folder: Path, emit: Emit, control: RunControl) -> None:
        self.folder = RunFolder(folder)
        self._emit, self._control = emit, control
        self._inbox = RequestInbox()
        self._resources = contextlib.ExitStack()
        self._lock: RunLock | None = None
        self._heartbeat_s = float("-inf")
        self._log: RunLog | None = None
        self._events: EventFile | None = None
        self._is_receiver_failing = False

    def create(self, config: RunConfig) -> None:
        """Create and lock the folder of a new run.

        Raises:
            FolderInUseError, FolderNotWritableError, DiskFullError: it cannot be created.
        """
        create_run_folder(config)
        self._lock_folder()
        # An earlier start in this folder may have been killed.
        self.folder.sweep()
        self._open_log(config)

    def reopen(self, config: RunConfig) -> ResumableRun:
        """Lock the folder of an existing run and find its newest valid checkpoint.

        Raises:
            RunMissingError: there is no run.
            RunLockedError: another process trains in the folder.
            CheckpointCorruptError: none of its checkpoints can be used.
            ConfigError: a setting that must not change differs from the run's.
        """
        if self.folder.is_exported:
            reason = "is an exported model, which is sampled and not trained further"
            raise ConfigError([Problem("run", reason)])
        # The lock must not create a file where there is no run.
        if not os.path.lexists(self.folder.config_file):
            raise RunMissingError(self.folder.path)
        self._lock_folder()
        reopened = reopen_run_folder(config)
        self._open_log(config)
        return reopened

    @property
    def log_bytes(self) -> int:
        """Current length of the log."""
        with contextlib.suppress(OSError):
            return self.folder.log_file.stat().st_size
        return 0

    def emit(self, event: RunEvent) -> None:
        """Log an event and pass it on; a receiver that raises does not end the run."""
        restored = self._log.record(event) if self._log is not None else None
        if self._events is not None:
            self._events.record(event)
        self._pass_on(event)
        if restored is not None:
            self._pass_on(restored)
        self.heartbeat()

    def _pass_on(self, event: RunEvent) -> None:
        try:
            self._emit(event)
        except Exception as error:
            if not self._is_receiver_failing:
                log.warning("Events cannot be reported: %s", error, exc_info=True)
                if self._log is not None:
                    self._log.record(ReportingFailed(error=error))
            self._is_receiver_failing = True
        else:
            self._is_receiver_failing = False

    def heartbeat(self) -> None:
        """Renew the lock for other machines and serve their requests; call this regularly."""
        now_s = time.monotonic()
        if self._lock is None:
            return
        if now_s - self._heartbeat_s > HEARTBEAT_EVERY_S:
            self._lock.touch()
            self._heartbeat_s = now_s
        for request, refusal in self._inbox.read_new(self.folder.path):
            log.info("Request of %s: %s %s", request.sender, request.request, refusal)
            if not refusal:
                carry_out(request.request, self._control)
            self.emit(
                RequestAnswered(
                    request=request.request,
                    nonce=request.nonce,
                    sender=request.sender,
                    refusal=refusal,
                )
            )

    def move(self, target: Path, config: RunConfig, model: ModelMetadata) -> None:
        """Continue in another folder.

        Args:
            target: a new or empty folder; in any other, a subfolder is created for the run.
            config: of the run.
            model: of the run.

        Raises:
            FolderInUseError, FolderNotWritableError, DiskFullError: the run does not move.
        """
        before = self.folder
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            if any(target.iterdir()):
                target = target / before.path.name
        after = create_run_folder(config.with_values(run=target))
        write_model(after, model)
        _copy_files(before, after)
        if self._lock is not None:
            self._lock.release()
        self.folder = after
        self._lock_folder()
        if self._log is not None:
            # Also writes the events that the old disk refused.
            self._log.reopen(after.log_file)
        self._open_events(config)
        log.warning("The run in %s continues in %s.", before.path, after.path)
        self.emit(RunRelocated(folder=after.path))

    def close(self) -> None:
        """Close the log and release the lock."""
        if self._lock is not None:
            self._inbox.clear(self.folder.path)
        self._resources.close()
        self._log = self._lock = self._events = None

    def _lock_folder(self) -> None:
        self._lock = self._resources.enter_context(RunLock(self.folder.path, self._inbox.session))

    def _open_log(self, config: RunConfig) -> None:
        self._log = self._resources.enter_context(contextlib.closing(RunLog(self.folder.log_file)))
        self._open_events(config)

    def _open_events(self, config: RunConfig) -> None:
        if config.reporting.tensorboard:
            events = EventFile(self.folder.path / FOLDER)
            self._events = self._resources.enter_context(contextlib.closing(events))


def _copy_files(before: RunFolder, after: RunFolder) -> None:
    """Copy the files that move with a run; a failing old disk only logs a warning."""
    for name in MOVED_FILES:
        try:
            shutil.copyfile(before.path / name, after.path / name)
        except FileNotFoundError:
            continue
        except OSError as error:
            log.warning("%s remains in %s: %s", name, before.path, error)


# --------------------------------------------------------------------------
# Writing checkpoints, with retries while the disk refuses.


RETRY_S = 10.0
"""Time until an automatic retry."""
POLL_EVERY_S = 0.1


class CheckpointWriter:
    """Writes checkpoints into the run directory and waits while they cannot be written.

    Args:
        directory: of the run; moves if the user chooses another folder.
        control: checked while waiting.
        clock: of the run; stopped while waiting.
    """

    def __init__(self, directory: RunDirectory, control: RunControl, clock: TrainingClock) -> None:
        self._directory, self._control, self._clock = directory, control, clock
        self.images_saved = 0
        """Images seen at the newest checkpoint."""

    def save(
        self, run: TrainingSetup, metadata: CheckpointMetadata, *, during: Phase = Phase.TRAINING
    ) -> None:
        """Save a checkpoint and remove old ones.

        Args:
            run: in its current state.
            metadata: stored beside its tensors.
            during: phase to announce again after waiting.

        Raises:
            DiskFullError, FolderNotWritableError: it could not be written, and a stop was
                requested meanwhile.
            StoppedError: a stop was requested that discards what is not saved.
        """
        path = self._write(
            run,
            tensors_of(run),
            metadata,
            lambda folder: folder.checkpoint_path(metadata.images_seen),
            during,
        )
        self.images_saved = metadata.images_seen
        RetentionPolicy(self._directory.folder, run.settings.reporting).prune()
        self._directory.emit(CheckpointSaved(images_seen=metadata.images_seen, path=path))

    def save_best(
        self, run: TrainingSetup, snapshot: Snapshot, metric: str, *, during: Phase
    ) -> None:
        """Save the best checkpoint by a metric; raises what ``save`` does."""
        self._write(
            run,
            snapshot.tensors,
            snapshot.metadata,
            lambda folder: folder.best_path(metric),
            during,
        )

    def _write(
        self,
        run: TrainingSetup,
        tensors: Mapping[str, Tensor],
        metadata: CheckpointMetadata,
        path_in: Callable[[RunFolder], Path],
        during: Phase,
    ) -> Path:
        had_stop, has_waited, should_report = self._control.is_stop_requested, False, True
        while True:
            path = path_in(self._directory.folder)
            try:
                write_checkpoint(path, tensors, metadata)
            except (DiskFullError, FolderNotWritableError) as error:
                problem = error
            else:
                if has_waited:
                    self._directory.emit(PhaseChanged(phase=during))
                return path
            if should_report:
                log.warning("A checkpoint could not be saved: %s", problem)
                self._directory.emit(RunPaused(images_seen=self._clock.images_seen, error=problem))
            has_waited = True
            with self._clock.stopped():
                should_report = self._wait_for_retry(run, problem, had_stop=had_stop)

    def _wait_for_retry(self, run: TrainingSetup, problem: EngineError, *, had_stop: bool) -> bool:
        """Wait until the next attempt is due or requested.

        Returns:
            Whether it was requested, so that another failure is to be reported.

        Raises:
            EngineError: the problem, when a stop was requested after it occurred.
            StoppedError: a stop was requested that discards what is not saved.
        """
        due_s = time.monotonic() + RETRY_S
        while not self._control.take_retry_request():
            if self._control.is_discard_requested:
                raise StoppedError
            # A stop requested before the problem occurred still wants the checkpoint.
            if self._control.is_stop_requested and not had_stop:
                raise problem
            if time.monotonic() >= due_s:
                return False
            self._directory.heartbeat()
            self._control.wait(POLL_EVERY_S)
        target = self._control.take_folder()
        if target is not None:
            try:
                self._directory.move(target, run.config, run.model)
            except (FolderInUseError, DiskFullError, FolderNotWritableError) as error:
                # The next attempt uses the old folder again.
                log.warning("The run cannot move to %s: %s", target, error)
                self._directory.emit(RunPaused(images_seen=self._clock.images_seen, error=error))
        return True
