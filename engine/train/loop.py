"""The loop over a prepared run: steps, and all that has to happen between them."""

from collections.abc import Mapping

from engine.data.store import open_dataset
from engine.errors import NonFiniteLossError
from engine.events import LossesReported, Outcome, Phase, PhaseChanged, RunPaused, StepsSkipped
from engine.metrics.evaluate import judge_for
from engine.metrics.extractor import default_cache, has_reader
from engine.runs.checkpoint import CheckpointFacts
from engine.sample.sampler import Sampler
from engine.train.checkpointing import facts_of
from engine.train.context import RunContext
from engine.train.device import is_out_of_memory
from engine.train.lr_schedule import learning_rate
from engine.train.periodic import KEPT_BEST, Judge, Previews, Quality
from engine.train.progress import Aside
from engine.train.rollback import WEIGHTS, Rescue
from engine.train.setup import PreparedRun, rehearse_steps
from engine.train.state import update_average
from engine.train.step import StepReport

LOOK_EVERY_S = 0.1
"""How often a run that stands still looks at what is wished."""


class Session:
    """Trains prepared networks until the run is over, or its memory shall be given back.

    Args:
        run: networks and data.
        context: of the run.
        position: what a checkpoint remembered; empty at the beginning.
    """

    def __init__(
        self, run: PreparedRun, context: RunContext, position: Mapping[str, object]
    ) -> None:
        self._run, self._context, self._control = run, context, context.control
        self._rescue = Rescue(run, context)
        sampler = Sampler(run.state.model, run.modalities, run.state.device)
        reporting, seed = context.config.reporting, run.config.seed
        self._previews = Previews(
            sampler, reporting, seed, lambda: context.place.folder, context.tell
        )
        self._quality = Quality(sampler, reporting, seed, self._find_judge, context.tell)
        self._quality.restore(position)
        if not has_reader(default_cache(), run.model.dataset_version):
            context.budget.expect_reader()
        self._checkpoint_due_s = 0.0

    def warm_up(self) -> None:
        """Take two steps on copies, with and without the penalty, and forget them.

        The first step compiles kernels and grows memory pools, which takes up to a second; done
        here, the window can say so and the clock does not count it.
        """
        while not self._control.is_stop_requested and not self._fits():
            self._rescue.split_batch()

    def _fits(self) -> bool:
        run = self._run
        try:
            rehearse_steps(run.state, run.config, run.batch, parts=run.step.parts)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            return False
        return True

    def train(self) -> Outcome | None:
        """Train; None when the run stands still and its memory is to be given back."""
        self._context.tell(PhaseChanged(phase=Phase.TRAINING))
        self._context.clock.start()
        self._quality.start(self._context.clock.elapsed_s)
        self._plan_checkpoint()
        while True:
            while not self._is_over():
                if not self._control.is_pause_requested:
                    self._go_on()
                elif self._stand_still():
                    return None
            self._report()
            # The last figures may have sent the run back.
            if self._is_over():
                return self._finish()

    def _is_over(self) -> bool:
        fraction = self._context.fraction
        return self._control.is_stop_requested or (fraction is not None and fraction >= 1)

    def _go_on(self) -> None:
        """Take one step, and do what is due or wished for."""
        context, clock = self._context, self._context.clock
        if self._control.take_sample_request():
            self._sample()
        if self._previews.is_due(clock.elapsed_s):
            self._preview()
        self._step()
        if context.meter.is_due:
            self._report()
        if self._control.take_checkpoint_request() or clock.elapsed_s >= self._checkpoint_due_s:
            self._save()
        if self._quality.is_due(clock.elapsed_s) or context.wants_evaluation:
            self._measure()

    def _step(self) -> None:
        context, state = self._context, self._run.state
        training = self._run.config.training
        rate = learning_rate(training, context.schedule.fraction(state.images_seen))
        state.set_learning_rate(rate * context.guard.rate_scale)
        report = self._learn()
        if report is None:
            self._rescue.split_batch()
            return
        context.meter.add(report, state.step)
        state.step += 1
        state.images_seen = context.clock.images_seen = state.step * training.batch_size
        update_average(
            state.average,
            state.generator,
            images_seen=state.images_seen,
            batch=training.batch_size,
            half_life=training.ema_images,
        )
        self._estimate_images()

    def _estimate_images(self) -> None:
        """Fix the schedule's estimate once the first part of training has been measured."""
        schedule, clock = self._context.schedule, self._context.clock
        if schedule.needs_estimate(clock.elapsed_s):
            images = self._context.budget.expected_images(clock.images_seen, clock.elapsed_s)
            if images is not None:
                schedule.set_estimate(images, clock.images_seen)

    def _learn(self) -> StepReport | None:
        """Learn from the next batch; None where it does not fit into memory.

        Not handled where it is caught: the error still holds the tensors that did not fit.
        """
        run, step = self._run, self._run.state.step
        try:
            return run.step(run.batch(step), step)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
        return None

    def _report(self) -> None:
        context, images_seen = self._context, self._context.clock.images_seen
        reading = context.meter.read()
        context.tell(
            LossesReported(
                progress=context.progress, losses=reading.losses, signals=reading.signals
            )
        )
        skipped, wrong = reading.skipped, reading.skipped.terms if reading.skipped else {}
        if skipped is not None:
            terms = tuple(sorted(wrong))
            context.tell(StepsSkipped(images_seen=images_seen, steps=skipped.steps, terms=terms))
        changes = context.monitor.update({**reading.losses, **wrong}, reading.signals, images_seen)
        for change in changes:
            context.tell(change)
        if context.guard.needs_rollback(skipped, self._run.state.step):
            self._rescue.roll_back(skipped)

    def _plan_checkpoint(self) -> None:
        reporting = self._context.config.reporting
        self._checkpoint_due_s = self._context.clock.elapsed_s + reporting.checkpoint_every_s

    def _save(self) -> None:
        if self._run.state.is_finite():
            with self._context.budget.during(Aside.CHECKPOINT):
                self._context.saver.save(self._run, self._facts())
            self._plan_checkpoint()
        else:
            self._rescue.roll_back(None)

    def _facts(self) -> CheckpointFacts:
        context = self._context
        positions = {
            **context.guard.state_dict(),
            **context.monitor.state_dict(),
            **self._quality.position(),
            **context.budget.position(),
            **context.schedule.state_dict(),
            "log_bytes": context.place.log_bytes,
        }
        return facts_of(self._run, elapsed_s=context.clock.elapsed_s, positions=positions)

    def _preview(self) -> None:
        with self._context.budget.during(Aside.PREVIEW):
            self._previews.show(self._context.progress)

    def _sample(self) -> None:
        self._context.tell(PhaseChanged(phase=Phase.SAMPLING))
        self._preview()
        self._context.tell(PhaseChanged(phase=Phase.TRAINING))

    def _measure(self) -> None:
        """Measure quality; the clock stands still, and the best checkpoints are kept apart."""
        context = self._context
        with context.clock.stopped():
            with context.budget.during(Aside.EVALUATION):
                best = self._quality.measure(context.clock.images_seen, context.clock.elapsed_s)
            for figure in KEPT_BEST:
                if figure in best:
                    context.saver.save_best(self._run, self._facts(), figure)

    def _find_judge(self) -> Judge:
        """Find or make what measures quality; the first time with a dataset it is trained."""
        run, context = self._run, self._context
        context.tell(PhaseChanged(phase=Phase.EVALUATING))
        try:
            with context.budget.paused():
                return judge_for(
                    open_dataset(run.config.dataset),
                    run.model,
                    run.config.networks.image_size,
                    default_cache(),
                    context.control,
                )
        finally:
            context.tell(PhaseChanged(phase=Phase.TRAINING))

    def _stand_still(self) -> bool:
        """Wait until the run shall go on or end; whether its memory shall be given back first."""
        context, control = self._context, self._control
        with context.clock.stopped():
            if not control.is_release_requested:
                context.tell(RunPaused(images_seen=context.clock.images_seen))
            while control.is_pause_requested and not control.is_stop_requested:
                if control.is_release_requested:
                    self._save_rest()
                    return not control.is_stop_requested
                self._answer_at_rest()
                context.place.hold()
                control.wait(LOOK_EVERY_S)
        if not control.is_stop_requested:
            context.tell(PhaseChanged(phase=Phase.TRAINING))
        return False

    def _answer_at_rest(self) -> None:
        if self._control.take_checkpoint_request():
            self._save_rest()
        if self._control.take_sample_request():
            self._previews.show(self._context.progress)

    def _save_rest(self) -> None:
        """Save what came after the last checkpoint.

        Raises:
            NonFiniteLossError: it is not worth it.
        """
        context, state = self._context, self._run.state
        if state.images_seen <= context.saver.images_saved:
            return
        if not state.is_finite():
            raise NonFiniteLossError(state.images_seen, (WEIGHTS,))
        context.saver.save(self._run, self._facts(), during=Phase.SAVING)

    def _finish(self) -> Outcome:
        context = self._context
        if context.clock.images_seen and not self._control.is_discard_requested:
            context.tell(PhaseChanged(phase=Phase.SAVING))
            self._save_rest()
            self._previews.show(context.progress)
        return Outcome.STOPPED if self._control.is_stop_requested else Outcome.FINISHED
