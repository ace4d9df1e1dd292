"""The training loop: one function from a configuration to a run folder.

The studio's worker thread, the command line and a test all call ``train``; all leave the same
folder. It never raises: whatever happens is told by the one ``RunEnded`` at the end.
"""

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.config.codec import config_hash
from engine.config.run import RunConfig
from engine.control import RunControl
from engine.data.store import open_dataset
from engine.errors import CheckpointCorruptError, EngineError
from engine.events import (
    CheckpointSaved,
    Emit,
    LossesReported,
    Outcome,
    Phase,
    PhaseChanged,
    Progress,
    RunEnded,
    RunEvent,
)
from engine.metrics.cache import default_cache
from engine.metrics.evaluate import judge_for
from engine.runs.checkpoint import CheckpointFacts, read_facts, read_tensors, write_checkpoint
from engine.runs.folder import RunFolder, create_run_folder, reopen_run_folder
from engine.runs.keeping import Keeper
from engine.runs.lock import RunLock
from engine.runs.log import RunLog
from engine.sample.sampler import Sampler
from engine.train.asides import Aside
from engine.train.ema import update_average
from engine.train.health import HealthWatch
from engine.train.meter import Meter
from engine.train.prepare import PreparedRun, prepare, warm_up
from engine.train.previews import Previews
from engine.train.quality import KEPT_BEST, Judge, Quality
from engine.train.schedule import Budget, learning_rate

log = logging.getLogger(__name__)

Open = Callable[[contextlib.ExitStack], tuple[RunFolder, Path | None]]
"""Gives the folder to train in, and the checkpoint to go on from if there is one; the lock that
it takes is let go with the stack."""


def train(config: RunConfig, emit: Emit, control: RunControl) -> None:
    """Train a family's networks until the budget is spent or a stop comes.

    Args:
        config: decides everything; ``config.run`` must be a new or empty folder.
        emit: receives every event, on this thread; ``RunEnded`` is the last.
        control: asked between steps.
    """

    def create(stack: contextlib.ExitStack) -> tuple[RunFolder, Path | None]:
        folder = create_run_folder(config)
        stack.enter_context(RunLock(folder.path))
        return folder, None

    _conduct(config, emit, control, create)


def resume(config: RunConfig, emit: Emit, control: RunControl) -> None:
    """Go on with a run from its newest checkpoint, as if it had never been left.

    Args:
        config: the run's own; only how long it goes on and what it reports may differ.
        emit: receives every event, on this thread; ``RunEnded`` is the last.
        control: asked between steps.
    """

    def reopen(stack: contextlib.ExitStack) -> tuple[RunFolder, Path | None]:
        stack.enter_context(RunLock(config.run))
        reopened = reopen_run_folder(config)
        return reopened.folder, reopened.checkpoint

    _conduct(config, emit, control, reopen)


def _conduct(config: RunConfig, emit: Emit, control: RunControl, open_folder: Open) -> None:
    with contextlib.ExitStack() as stack:
        tell, clock = emit, _Clock()
        try:
            folder, checkpoint = open_folder(stack)
            run_log = stack.enter_context(contextlib.closing(RunLog(folder.log_file)))
            tell = _both(run_log.record, emit)
            training = _Training(config, folder, tell, control, clock)
            outcome, error = training.run(checkpoint), None
        except Exception as caught:
            outcome, error = Outcome.FAILED, caught
            log.log(_level(caught), "The run in %s failed.", config.run, exc_info=caught)
        tell(
            RunEnded(
                outcome=outcome,
                folder=config.run,
                images_seen=clock.images_seen,
                elapsed_s=clock.elapsed_s,
                error=error,
            )
        )


class _Clock:
    """Counts training time and images. Loading and warming up do not count."""

    def __init__(self) -> None:
        self.images_seen = 0
        self._before_s = 0.0
        self._started_s: float | None = None

    def start(self, before_s: float = 0.0) -> None:
        """Start to count; an earlier part of the run took ``before_s``."""
        self._before_s, self._started_s = before_s, time.monotonic()

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """Do not count what happens meanwhile."""
        before_s = self.elapsed_s
        yield
        self.start(before_s)

    @property
    def elapsed_s(self) -> float:
        if self._started_s is None:
            return self._before_s
        return self._before_s + time.monotonic() - self._started_s


class _Training:
    """One run from loading to the last checkpoint."""

    def __init__(
        self, config: RunConfig, folder: RunFolder, tell: Emit, control: RunControl, clock: _Clock
    ) -> None:
        self._config, self._folder, self._tell = config, folder, tell
        self._control, self._clock = control, clock
        self._budget = Budget(config, lambda: clock.elapsed_s)
        self._meter, self._health = Meter(), HealthWatch()
        self._images_saved = 0
        self._checkpoint_due_s = 0.0
        self._keeper = Keeper(folder, config.reporting)

    def run(self, checkpoint: Path | None) -> Outcome:
        self._tell(PhaseChanged(phase=Phase.LOADING))
        run = prepare(self._config, self._folder, self._tell)
        if checkpoint is not None:
            self._take_up(run, checkpoint)
        self._tell(run.announcement)
        self._tell(PhaseChanged(phase=Phase.WARMING_UP))
        if not self._control.is_stop_requested:
            warm_up(run)
        return self._train(run)

    def _train(self, run: PreparedRun) -> Outcome:
        sampler = Sampler(run.state.model, run.modalities, run.state.device)
        previews = Previews(
            sampler, self._config.reporting, self._config.seed, self._folder, self._tell
        )
        quality = Quality(
            sampler,
            self._config.reporting,
            self._config.seed,
            lambda: self._find_judge(run),
            self._tell,
        )
        self._tell(PhaseChanged(phase=Phase.TRAINING))
        self._clock.start(self._clock.elapsed_s)
        quality.start(self._clock.elapsed_s)
        self._plan_checkpoint()
        while not self._is_over():
            if previews.is_due(self._clock.elapsed_s):
                self._show(previews)
            self._step(run)
            self._report_if_due()
            self._save_if_due(run)
            if quality.is_due(self._clock.elapsed_s) or self._wants_evaluation():
                self._measure(run, quality)
        return self._finish(run, previews)

    def _show(self, previews: Previews) -> None:
        with self._budget.during(Aside.PREVIEW):
            previews.show(self._progress())

    def _wants_evaluation(self) -> bool:
        return self._budget.wants_evaluation(self._clock.images_seen, self._clock.elapsed_s)

    def _measure(self, run: PreparedRun, quality: Quality) -> None:
        """Measure quality; the clock stands still, and the best checkpoints are kept apart."""
        with self._clock.stopped(), self._budget.during(Aside.EVALUATION):
            best = quality.measure(self._clock.images_seen, self._clock.elapsed_s)
            for figure in KEPT_BEST:
                if figure in best:
                    self._write(run, self._folder.best_path(figure))

    def _find_judge(self, run: PreparedRun) -> Judge:
        """Find or make what measures quality; the first time with a dataset it is trained."""
        self._tell(PhaseChanged(phase=Phase.EVALUATING))
        try:
            with self._budget.paused():
                return judge_for(
                    open_dataset(run.config.dataset),
                    run.folder.read_model(),
                    run.config.networks.image_size,
                    default_cache(),
                    self._control,
                )
        finally:
            self._tell(PhaseChanged(phase=Phase.TRAINING))

    def _take_up(self, run: PreparedRun, checkpoint: Path) -> None:
        facts = read_facts(checkpoint)
        try:
            run.state.restore(read_tensors(checkpoint, ""), facts)
        except ValueError as error:
            raise CheckpointCorruptError(checkpoint, str(error)) from error
        self._images_saved = self._clock.images_seen = facts.images_seen
        self._clock.start(facts.elapsed_s)

    def _step(self, run: PreparedRun) -> None:
        state, training = run.state, run.config.training
        fraction = self._budget.fraction(self._clock.images_seen, self._clock.elapsed_s)
        state.set_learning_rate(learning_rate(training, fraction))
        self._meter.add(run.step(run.batch(state.step), state.step))
        state.step += 1
        state.images_seen = self._clock.images_seen = state.step * training.batch_size
        update_average(
            state.average,
            state.generator,
            images_seen=state.images_seen,
            batch=training.batch_size,
            half_life=training.ema_images,
        )

    def _report_if_due(self) -> None:
        if self._meter.is_due:
            self._report()

    def _report(self) -> None:
        losses, signals = self._meter.read(self._clock.images_seen)
        self._tell(LossesReported(progress=self._progress(), losses=losses, signals=signals))
        for change in self._health.see(losses, signals, self._clock.images_seen):
            self._tell(change)

    def _plan_checkpoint(self) -> None:
        self._checkpoint_due_s = self._clock.elapsed_s + self._config.reporting.checkpoint_every_s

    def _save_if_due(self, run: PreparedRun) -> None:
        is_due = self._clock.elapsed_s >= self._checkpoint_due_s
        if self._control.take_checkpoint_request() or is_due:
            with self._budget.during(Aside.CHECKPOINT):
                self._save(run)
            self._plan_checkpoint()

    def _finish(self, run: PreparedRun, previews: Previews) -> Outcome:
        is_stopped = self._control.is_stop_requested
        if self._clock.images_seen:
            # The last figures are read first: they tell whether the weights are worth saving.
            self._report()
            self._tell(PhaseChanged(phase=Phase.SAVING))
            if self._clock.images_seen > self._images_saved:
                self._save(run)
            previews.show(self._progress())
        return Outcome.STOPPED if is_stopped else Outcome.FINISHED

    def _save(self, run: PreparedRun) -> None:
        images_seen = run.state.images_seen
        path = self._folder.checkpoint_path(images_seen)
        self._write(run, path)
        self._images_saved = images_seen
        self._keeper.prune()
        self._tell(CheckpointSaved(images_seen=images_seen, path=path))

    def _write(self, run: PreparedRun, path: Path) -> None:
        facts = CheckpointFacts(
            step=run.state.step,
            images_seen=run.state.images_seen,
            elapsed_s=self._clock.elapsed_s,
            config_hash=config_hash(run.config),
        )
        write_checkpoint(path, run.state.tensors(), facts)

    def _is_over(self) -> bool:
        fraction = self._budget.fraction(self._clock.images_seen, self._clock.elapsed_s)
        return self._control.is_stop_requested or (fraction is not None and fraction >= 1)

    def _progress(self) -> Progress:
        return self._budget.progress(self._clock.images_seen, self._clock.elapsed_s)


def _both(first: Emit, second: Emit) -> Emit:
    def tell(event: RunEvent) -> None:
        first(event)
        second(event)

    return tell


def _level(error: Exception) -> int:
    """An error that has a name of its own is a fact; any other is a bug."""
    return logging.WARNING if isinstance(error, EngineError) else logging.ERROR
