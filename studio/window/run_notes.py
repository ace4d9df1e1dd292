"""Tells of what goes wrong in a run that goes on: in the run panel, and in the log."""

import logging

from PySide6.QtCore import QObject, Slot

from engine.events import (
    BatchChosen,
    BatchSplit,
    EvaluationFailed,
    HealthChanged,
    PreviewFailed,
    RolledBack,
    RunPaused,
    RunResumed,
    StepsSkipped,
)
from studio.errors.wording import explain
from studio.jobs.run_signals import RunSignals
from studio.models.health_text import Advice
from studio.models.trouble_text import (
    passed_over_text,
    rolled_back_text,
    skipped_text,
    split_text,
)
from studio.panels.run import RunPanel

_log = logging.getLogger(__name__)


class RunNotes(QObject):
    """Listens to a run and writes notes into its panel."""

    def __init__(self, panel: RunPanel, run: RunSignals) -> None:
        super().__init__(panel)
        self._notes = panel.notes
        run.preview_failed.connect(self._take_preview_failure)
        run.evaluation_failed.connect(self._take_evaluation_failure)
        run.health_changed.connect(self._take_health)
        run.batch_chosen.connect(self._take_batch)
        run.run_resumed.connect(self._take_resumed)
        run.run_paused.connect(self._take_paused)
        run.phase_changed.connect(self._go_on)
        run.steps_skipped.connect(self._take_skipped)
        run.rolled_back.connect(self._take_rolled_back)
        run.batch_split.connect(self._take_split)

    @Slot(object)
    def _take_preview_failure(self, event: PreviewFailed) -> None:
        _log.warning("A preview could not be made; training goes on: %s", event.error)

    @Slot(object)
    def _take_evaluation_failure(self, event: EvaluationFailed) -> None:
        _log.warning("Quality could not be measured; training goes on: %s", event.error)

    @Slot(object)
    def _take_health(self, event: HealthChanged) -> None:
        self._notes.show_health(event)
        evidence = ", ".join(f"{name} {value:.3g}" for name, value in event.evidence.items())
        state = "begins" if event.is_raised else "ends"
        _log.info("%s %s at %d images: %s", event.alarm, state, event.images_seen, evidence)

    @Slot(object)
    def _take_batch(self, event: BatchChosen) -> None:
        _log.info(
            "Batch size %d: %.0f images/s, %d MB of %d; %d was tried and not taken",
            event.batch_size,
            event.images_per_s,
            event.memory_bytes // 1_000_000,
            event.budget_bytes // 1_000_000,
            event.refused,
        )

    @Slot(object)
    def _take_resumed(self, event: RunResumed) -> None:
        _log.info("Resumed from %s at %d images", event.checkpoint, event.images_seen)
        for damaged in event.passed_over:
            _log.info("A damaged checkpoint was passed over: %s", damaged)
        self._notes.show_note(RunResumed, passed_over_text(event))

    @Slot(object)
    def _take_paused(self, event: RunPaused) -> None:
        if event.error is None:
            _log.info("Paused at %d images", event.images_seen)
        else:
            _log.info("The run cannot save: %s", event.error)
            words = explain(event.error)
            self._notes.show_note(RunPaused, Advice(words.happened, words.why))

    @Slot()
    def _go_on(self) -> None:
        self._notes.show_note(RunPaused, None)

    @Slot(object)
    def _take_skipped(self, event: StepsSkipped) -> None:
        _log.info("Steps %s skipped: %s not finite", event.steps, ", ".join(event.terms))
        self._notes.show_note(StepsSkipped, skipped_text(event))

    @Slot(object)
    def _take_rolled_back(self, event: RolledBack) -> None:
        _log.info(
            "Rolled back from %d to %d images; rates times %g",
            event.from_images_seen,
            event.images_seen,
            event.rate_scale,
        )
        self._notes.show_note(RolledBack, rolled_back_text(event))

    @Slot(object)
    def _take_split(self, event: BatchSplit) -> None:
        _log.info("Batch of %d learnt from in %d parts", event.batch_size, event.parts)
        self._notes.show_note(BatchSplit, split_text(event))
