"""Training loop: requests, steps, and the periodic tasks between them."""

import contextlib
import copy
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from engine import ranks
from engine.config.sections import ReportingConfig
from engine.control import RunControl
from engine.data.checksums import damage_text
from engine.data.reduction import reduce_dataset
from engine.data.store import open_dataset
from engine.errors import DatasetCorruptError, NonFiniteLossError, RankLostError
from engine.events import MetricsReported, Outcome, Phase, PhaseChanged, RunPaused, StepsSkipped
from engine.metrics.evaluate import Evaluator, build_evaluator, num_preparation_steps
from engine.metrics.extractor import MAX_SIDE, default_cache, has_classifier
from engine.nets.protocols import PairModel
from engine.runs.checkpoint import Snapshot
from engine.runs.checkpoint_files import CheckpointMetadata
from engine.sample.sampler import Sampler
from engine.train.checkpointing import checkpoint_metadata, take_snapshot
from engine.train.context import RunContext
from engine.train.device import is_out_of_memory
from engine.train.evaluation import KEPT_BEST, Evaluation
from engine.train.followers import share_run
from engine.train.live_settings import LiveSettings
from engine.train.lr_schedule import learning_rate
from engine.train.metrics import Skipped
from engine.train.orders import Order
from engine.train.periodic import PeriodicTask, Previews
from engine.train.progress import TaskKind
from engine.train.rollback import WEIGHTS, FaultHandler
from engine.train.setup import TrainingSetup, fits_into_memory
from engine.train.state import StepUndo
from engine.train.step import StepReport
from engine.train.verification import DatasetVerification

log = logging.getLogger(__name__)

POLL_EVERY_S = 0.1
"""How often a paused run checks for requests."""


class TrainingLoop:
    """Trains until the budget is used, a stop is requested, or the memory is to be released.

    Args:
        run: networks and data.
        context: of the run.
        loop_state: of the checkpoint that was loaded; empty for a new run.
    """

    def __init__(
        self, run: TrainingSetup, context: RunContext, loop_state: Mapping[str, object]
    ) -> None:
        self._run, self._context, self._control = run, context, context.control
        self._faults = FaultHandler(run, context)
        self._undo = StepUndo(run.state) if ranks.size() > 1 else None
        sampler = Sampler(run.state.model, run.modalities, run.state.device)
        reporting, seed = run.settings.reporting, run.config.seed
        self._previews = Previews(
            sampler,
            reporting,
            seed,
            lambda: context.directory.folder,
            context.emit,
            run.real_samples,
        )
        is_cached = has_classifier(default_cache(), run.model.dataset_version)
        self._evaluation = Evaluation(
            reporting,
            seed,
            prepare=self._build_evaluator,
            take_snapshot=self._take_snapshot,
            emit=context.emit,
            control=self._control,
            work=context.estimator.evaluation,
            num_classifier_steps=(
                0 if is_cached else num_preparation_steps(run.model, run.announcement.pairs)
            ),
            classifier_pixels=min(run.config.networks.image_size, MAX_SIDE) ** 2,
        )
        self._evaluation.load_state_dict(loop_state)
        self._saved_s = 0.0
        """Training time at the last checkpoint, or at the start."""
        self._live = LiveSettings(run, context, self._use_reporting)
        self._verification = DatasetVerification(run.config.dataset)
        self._phase = Phase.TRAINING
        clock = context.clock
        self.tasks = (
            PeriodicTask("report", lambda: context.meter.is_due, self._report),
            PeriodicTask("verification", lambda: self._verification.is_done, self._verify),
            PeriodicTask("checkpoint", self._is_checkpoint_due, self._save),
            PeriodicTask(
                "evaluation",
                lambda: self._is_evaluation_due() and not self._is_over(),
                self._begin_evaluation,
            ),
            PeriodicTask(
                "slice of an evaluation",
                lambda: self._evaluation.is_slice_due() and not self._is_over(),
                self._advance_evaluation,
            ),
            PeriodicTask(
                "preview",
                # A run that is over draws its last preview after its last checkpoint.
                lambda: self._previews.is_due(clock.elapsed_s) and not self._is_over(),
                self._preview,
            ),
        )
        """Run in this order after each step, as far as they are due."""

    def warm_up(self) -> None:
        """Take two steps on copies, with and without the penalty.

        The first step compiles kernels and allocates memory pools, which takes up to a second.
        Here it is reported as a phase of its own and does not count as training time.
        """
        run = self._run
        while not self._control.is_stop_requested:
            ranks.order(Order.WARM_UP, num_micro_batches=run.step.num_micro_batches)
            if fits_into_memory(run):
                return
            self._faults.split_batch()

    def train(self) -> Outcome | None:
        """Train; return None when the run is paused and its memory is to be released."""
        with contextlib.nullcontext() if self._run.is_verified else self._verification:
            try:
                return self._train()
            except RankLostError:
                # The state is that of the last complete step.
                self._enter(Phase.SAVING)
                self._save_unsaved()
                raise

    def _train(self) -> Outcome | None:
        control, clock = self._control, self._context.clock
        self._enter(Phase.TRAINING)
        clock.start()
        self._evaluation.start(clock.elapsed_s)
        self._saved_s = clock.elapsed_s
        if not self._is_over() and not control.is_pause_requested:
            self._preview()
        if self._train_until_over():
            return None
        if clock.images_seen and not control.is_discard_requested:
            self._enter(Phase.SAVING)
            self._save_unsaved()
            self._show_preview()
            if self._evaluate_last_weights():
                return None
        return Outcome.STOPPED if control.is_stop_requested else Outcome.FINISHED

    def _train_until_over(self) -> bool:
        """Train; return whether the run is paused and its memory is to be released."""
        while True:
            while not self._is_over():
                if not self._control.is_pause_requested:
                    self._run_iteration()
                elif self._wait_while_paused():
                    return True
            self._report()
            # The last report may have caused a rollback.
            if self._is_over():
                return False

    def close(self) -> None:
        """Abandon an unfinished evaluation, and stop reading data."""
        self._evaluation.close()
        self._run.loader.close()

    def _is_over(self) -> bool:
        fraction = self._context.fraction
        return self._control.is_stop_requested or (fraction is not None and fraction >= 1)

    def _run_iteration(self) -> None:
        if self._control.take_sample_request():
            self._enter(Phase.SAMPLING)
            self._preview()
            self._enter(Phase.TRAINING)
        if self._control.take_checkpoint_request():
            self._save()
        if self._control.take_evaluation_request():
            self._evaluation.request()
        self._hand_out_state()
        self._live.update()
        self._step()
        for task in self.tasks:
            if task.is_due():
                task.run()

    def _step(self) -> None:
        context, state = self._context, self._run.state
        training = self._run.settings.training
        rate = learning_rate(training, context.schedule.fraction(state.images_seen))
        rate *= context.guard.rate_scale
        state.set_learning_rate(rate)
        ranks.order(
            Order.STEP, learning_rate=rate, num_micro_batches=self._run.step.num_micro_batches
        )
        report = self._try_step()
        if report is None:
            self._faults.split_batch()
            share_run(self._run)
            return
        context.meter.add(report, state.step)
        state.finish_step(training)
        context.clock.images_seen = state.images_seen
        schedule, clock = context.schedule, context.clock
        if schedule.needs_estimate(clock.elapsed_s):
            # The first part of training has been measured.
            images = context.estimator.expected_images(clock.images_seen, clock.elapsed_s)
            if images is not None:
                schedule.set_estimate(images, clock.images_seen)

    def _try_step(self) -> StepReport | None:
        """Take a step; return None if it does not fit into the memory of every rank.

        The caller then splits the batch, when the exception no longer references its tensors.
        """
        run, step = self._run, self._run.state.step
        # In a single process, a step that did not fit is repeated as it is.
        if self._undo is not None:
            self._undo.remember()
        try:
            return run.step(run.batch(step), step)
        except DatasetCorruptError:
            # The data are gone, but not what was learned from them.
            self._enter(Phase.SAVING)
            self._save_unsaved()
            raise
        except Exception as error:
            if self._undo is not None:
                ranks.disconnect()
                self._undo.restore()
            is_lack = isinstance(error, RankLostError) and error.is_out_of_memory
            if not is_lack and not is_out_of_memory(error):
                raise
        return None

    def _report(self) -> None:
        context, images_seen = self._context, self._context.clock.images_seen
        snapshot = context.meter.read()
        losses, metrics, skipped = snapshot.losses, snapshot.metrics, snapshot.skipped
        context.emit(MetricsReported(progress=context.progress, losses=losses, metrics=metrics))
        if skipped is not None:
            terms = tuple(sorted(skipped.terms))
            context.emit(StepsSkipped(images_seen=images_seen, steps=skipped.steps, terms=terms))
            losses = {**losses, **skipped.terms}
        for change in context.monitor.update(losses, metrics, images_seen):
            context.emit(change)
        if context.guard.needs_rollback(skipped, self._run.state.step):
            self._roll_back(skipped)

    def _roll_back(self, skipped: Skipped | None) -> None:
        # What is being measured is no longer a state of this run.
        self._evaluation.abandon()
        self._faults.roll_back(skipped)
        self._live.settle()

    def _use_reporting(self, reporting: ReportingConfig) -> None:
        self._previews.use(reporting)
        self._evaluation.use(reporting)

    def _is_checkpoint_due(self) -> bool:
        every_s = self._run.settings.reporting.checkpoint_every_s
        return self._context.clock.elapsed_s >= self._saved_s + every_s

    def _save(self) -> None:
        if self._run.state.is_finite():
            with self._context.estimator.measure(TaskKind.CHECKPOINT):
                self._context.writer.save(self._run, self._metadata())
            self._saved_s = self._context.clock.elapsed_s
        else:
            self._roll_back(None)

    def _metadata(self) -> CheckpointMetadata:
        context = self._context
        loop_state = {
            **context.guard.state_dict(),
            **context.monitor.state_dict(),
            **context.estimator.state_dict(),
            **context.schedule.state_dict(),
            **self._evaluation.state_dict(),
            "log_bytes": context.directory.log_bytes,
        }
        return checkpoint_metadata(
            self._run, elapsed_s=context.clock.elapsed_s, loop_state=loop_state
        )

    def _verify(self) -> None:
        result = self._verification.take_result()
        if result is None:
            return
        self._context.emit(result)
        if result.damage and self._run.is_restored:
            # Going on would not repeat what the run would have done.
            raise DatasetCorruptError(self._run.config.dataset, damage_text(result.damage))

    def _preview(self) -> None:
        with self._context.estimator.measure(TaskKind.PREVIEW):
            self._show_preview()

    def _show_preview(self) -> None:
        context = self._context
        metrics = self._previews.show(context.progress)
        for change in context.monitor.add_preview(metrics, context.clock.images_seen):
            context.emit(change)

    def _is_evaluation_due(self) -> bool:
        clock, estimator = self._context.clock, self._context.estimator
        seen, elapsed_s = clock.images_seen, clock.elapsed_s
        is_early = self._evaluation.is_ready and estimator.wants_evaluation(seen, elapsed_s)
        left_s = estimator.training_left_s(seen, elapsed_s)
        return is_early or self._evaluation.is_due(elapsed_s, left_s)

    def _begin_evaluation(self) -> None:
        with self._context.clock.stopped():
            self._evaluation.begin(self._context.clock.elapsed_s)
            if self._evaluation.is_measuring:
                self._context.estimator.begin_evaluation()

    def _advance_evaluation(self, seconds: float = 0.0) -> None:
        """Evaluate for a slice with the training clock stopped; save checkpoints that are best.

        Args:
            seconds: duration of the slice, by default the evaluation's share.
        """
        context = self._context
        with context.clock.stopped():
            evaluated = self._evaluation.advance(seconds)
            if evaluated is None:
                return
            context.estimator.end_evaluation(evaluated.took_s)
            context.monitor.add_evaluation(evaluated.metrics, context.clock.images_seen)
            # Later checkpoints know that this one was the best.
            state = {**evaluated.snapshot.metadata.loop_state, **self._evaluation.state_dict()}
            snapshot = replace(
                evaluated.snapshot, metadata=replace(evaluated.snapshot.metadata, loop_state=state)
            )
            for metric in KEPT_BEST:
                if metric in evaluated.best:
                    context.writer.save_best(self._run, snapshot, metric, during=self._phase)

    def _evaluate_last_weights(self) -> bool:
        """Measure the final weights, unless they have been measured or the run was stopped.

        Returns:
            Whether the run is paused and its memory is to be released first.
        """
        context, control = self._context, self._control
        if self._evaluation.measured_images != context.clock.images_seen:
            self._evaluation.abandon()
        while self._wants_last_evaluation():
            self._enter(Phase.EVALUATING)
            self._evaluation.request()
            while not control.is_pause_requested and self._continue_evaluation():
                context.directory.heartbeat()
            if not control.is_pause_requested:
                break
            # Nothing continues in a pause that was not requested then.
            self._evaluation.is_requested = False
            if self._wait_while_paused():
                return True
        return False

    def _wants_last_evaluation(self) -> bool:
        is_measured = self._evaluation.measured_images == self._context.clock.images_seen
        is_wanted = self._evaluation.is_enabled and not is_measured
        return is_wanted and not self._control.is_stop_requested

    def _continue_evaluation(self) -> bool:
        """Work on a requested evaluation without training; return whether any of it is left."""
        if self._evaluation.is_due(self._context.clock.elapsed_s, None):
            self._begin_evaluation()
        if not self._evaluation.is_under_way:
            return False
        self._advance_evaluation(POLL_EVERY_S)
        return True

    def _build_evaluator(self, control: RunControl) -> Evaluator:
        run = self._run
        dataset = open_dataset(run.config.dataset)
        return build_evaluator(
            dataset,
            run.model,
            run.config.networks,
            default_cache(),
            control,
            trained_on=reduce_dataset(dataset, run.config.data),
        )

    def _take_snapshot(self) -> tuple[Snapshot, Sampler]:
        run = self._run
        model = cast("PairModel", copy.deepcopy(run.state.ema))
        sampler = Sampler(model, run.modalities, run.state.device)
        return take_snapshot(run, self._metadata()), sampler

    def _wait_while_paused(self) -> bool:
        """Wait for the end of a pause; return whether the memory is to be released first."""
        context, control = self._context, self._control
        with context.clock.stopped():
            if not control.is_release_requested:
                context.emit(RunPaused(images_seen=context.clock.images_seen))
            while control.is_pause_requested and not control.is_stop_requested:
                if control.is_release_requested:
                    self._save_unsaved()
                    return not control.is_stop_requested
                if not self._serve_paused():
                    control.wait(POLL_EVERY_S)
        if not control.is_stop_requested:
            self._enter(Phase.TRAINING)
        return False

    def _serve_paused(self) -> bool:
        """Do what is requested during a pause; return whether an evaluation is under way."""
        context, control = self._context, self._control
        context.directory.heartbeat()
        self._live.update()
        if control.take_checkpoint_request():
            self._save_unsaved()
        if control.take_sample_request():
            self._show_preview()
        if control.take_evaluation_request():
            self._evaluation.request()
        self._hand_out_state()
        return self._evaluation.is_requested and self._continue_evaluation()

    def _hand_out_state(self) -> None:
        """Copy the state for whoever requested it; nothing is written."""
        requests = self._control.take_state_requests()
        if requests:
            metadata = self._metadata()
            copies = {
                prefix: take_snapshot(self._run, metadata, prefix)
                for prefix in {request.prefix for request in requests}
            }
            for request in requests:
                request.receive(copies[request.prefix])

    def _enter(self, phase: Phase) -> None:
        self._phase = phase
        self._context.emit(PhaseChanged(phase=phase))

    def _save_unsaved(self) -> None:
        """Save unless nothing was trained since the last checkpoint.

        Raises:
            NonFiniteLossError: the weights are not finite.
        """
        context, state = self._context, self._run.state
        if state.images_seen <= context.writer.images_saved:
            return
        if not state.is_finite():
            raise NonFiniteLossError(state.images_seen, (WEIGHTS,))
        context.writer.save(self._run, self._metadata(), during=Phase.SAVING)
