"""One signal for each event of a run, whoever runs it."""

from PySide6.QtCore import QObject, Signal, Slot

from engine.events import (
    BatchChosen,
    BatchSplit,
    CheckpointSaved,
    EvaluationFailed,
    HealthChanged,
    LossesReported,
    PhaseChanged,
    PreviewFailed,
    PreviewReady,
    QualityMeasured,
    RolledBack,
    RunEnded,
    RunEvent,
    RunMoved,
    RunPaused,
    RunPrepared,
    RunResumed,
    StepsSkipped,
)

SIGNALS: dict[type[RunEvent], str] = {
    PhaseChanged: "phase_changed",
    RunPrepared: "run_prepared",
    LossesReported: "losses_reported",
    PreviewReady: "preview_ready",
    PreviewFailed: "preview_failed",
    QualityMeasured: "quality_measured",
    EvaluationFailed: "evaluation_failed",
    HealthChanged: "health_changed",
    BatchChosen: "batch_chosen",
    CheckpointSaved: "checkpoint_saved",
    RunResumed: "run_resumed",
    RunPaused: "run_paused",
    RunMoved: "run_moved",
    StepsSkipped: "steps_skipped",
    RolledBack: "rolled_back",
    BatchSplit: "batch_split",
    RunEnded: "run_ended",
}
"""Which signal carries which event; by name, since a signal kept in a table keeps its object
alive."""


class RunSignals(QObject):
    """What a job tells of a run: one that trains here, or one that another process trains."""

    run_started = Signal(object)
    """Carries the configuration of a run that begins, goes on, or is seen to go on."""
    phase_changed = Signal(object)
    run_prepared = Signal(object)
    losses_reported = Signal(object)
    preview_ready = Signal(object)
    preview_failed = Signal(object)
    quality_measured = Signal(object)
    evaluation_failed = Signal(object)
    health_changed = Signal(object)
    batch_chosen = Signal(object)
    checkpoint_saved = Signal(object)
    run_resumed = Signal(object)
    run_paused = Signal(object)
    run_moved = Signal(object)
    steps_skipped = Signal(object)
    rolled_back = Signal(object)
    batch_split = Signal(object)
    run_ended = Signal(object)

    @Slot(object)
    def _take(self, event: RunEvent) -> None:
        getattr(self, SIGNALS[type(event)]).emit(event)
