"""Print the events of a job on a terminal, with a status line that is updated in place."""

import contextlib
import signal
import sys
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from engine.cli.terminal import END_SIGNALS, OutputClosedError, lost_output, say, write
from engine.config.setting import option_of
from engine.control import RunControl
from engine.events import (
    ALERT_REMEDIES,
    AlertChanged,
    BatchSizeSelected,
    DatasetVerified,
    EvaluationCompleted,
    EvaluationFailed,
    GalleryEnded,
    GalleryEvent,
    GalleryProgressed,
    ImportEnded,
    ImportEvent,
    ImportProgressed,
    ImportStage,
    LogRestored,
    MetricsReported,
    MicroBatchingEnabled,
    Outcome,
    Phase,
    PhaseChanged,
    PreviewFailed,
    PromptsChecked,
    ReportingFailed,
    RequestAnswered,
    RolledBack,
    RunEnded,
    RunEvent,
    RunPaused,
    RunReady,
    RunRelocated,
    RunResumed,
    SettingsChanged,
    SettingsRejected,
    StepsSkipped,
    WeightsTransferred,
)
from engine.printable import printable

TERMINAL_EVERY_S = 0.5
FILE_EVERY_S = 10.0
BAR_WIDTH = 24
"""Characters of the progress bar of an import."""

_PHASES = {
    Phase.LOADING: "Loading the dataset ...",
    Phase.WARMING_UP: "Warming up ...",
    Phase.TRAINING: "Training. Ctrl+C stops and saves; a second Ctrl+C exits immediately.",
    Phase.SAMPLING: "Drawing a preview ...",
    Phase.EVALUATING: "Evaluating the last weights; everything is saved ...",
    Phase.SAVING: "Saving ...",
}
_STAGES = {
    ImportStage.LISTING: "Listing",
    ImportStage.SCANNING: "Scanning",
    ImportStage.DECODING: "Decoding",
    ImportStage.EXAMINING: "Examining",
    ImportStage.WRITING: "Writing",
}
Ended = TypeVar("Ended", RunEnded, GalleryEnded, ImportEnded)


class StatusLine:
    """Standard output; on a terminal, with a status line at the bottom.

    A job continues if nobody reads: neither method raises when the output cannot be written.
    """

    def __init__(self) -> None:
        self._is_terminal = sys.stdout.isatty()
        self._every_s = TERMINAL_EVERY_S if self._is_terminal else FILE_EVERY_S
        self._shown_s = float("-inf")
        self._width = 0

    def update(self, text: str) -> None:
        """Replace the status line; updates that come too often are skipped."""
        if time.monotonic() - self._shown_s < self._every_s:
            return
        self._shown_s = time.monotonic()
        if not self._is_terminal:
            say(text)
            return
        shown = printable(text)
        with contextlib.suppress(OutputClosedError):
            write("\r" + shown.ljust(self._width))
        self._width = len(shown)

    def print(self, text: str) -> None:
        """Print a permanent line."""
        if self._width:
            self._width = 0
            say("")
        say(text)


class _Printer(Generic[Ended]):
    """Callback that prints the events of a job and keeps the last one."""

    def __init__(self) -> None:
        self.ended: Ended | None = None
        self._line = StatusLine()

    def raise_failure(self) -> None:
        """Raise the error of a failed job."""
        if self.ended is not None and self.ended.outcome is Outcome.FAILED and self.ended.error:
            raise self.ended.error


class RunPrinter(_Printer[RunEnded]):
    """Print the events of a training run."""

    def __init__(self) -> None:
        super().__init__()
        self._has_raised = False

    def __call__(self, event: RunEvent) -> None:
        """Print one event.

        Raises:
            OutputClosedError: it cannot be printed; raised once. The run notes it in its log and
                continues.
        """
        self._print(event)
        lost = lost_output()
        if lost is not None and not self._has_raised:
            self._has_raised = True
            raise lost

    def _print(self, event: RunEvent) -> None:
        if isinstance(event, MetricsReported):
            self._line.update(_metrics_line(event))
            return
        if isinstance(event, RunEnded):
            self.ended = event
        if type(event) in _RUN_LINES:
            self._line.print(_RUN_LINES[type(event)](event))


class GalleryPrinter(_Printer[GalleryEnded]):
    """Print the progress of a gallery."""

    def __call__(self, event: GalleryEvent) -> None:
        """Print one event."""
        match event:
            case PromptsChecked():
                self._line.print("\n".join(event.problems))
            case GalleryProgressed():
                self._line.update(f"{event.done:,} of {event.total:,} pairs")
            case GalleryEnded():
                self.ended = event
                self._line.print(f"Gallery {event.outcome}: {event.count:,} pairs.")


class ImportPrinter(_Printer[ImportEnded]):
    """Print the progress of an import."""

    def __call__(self, event: ImportEvent) -> None:
        """Print one event."""
        match event:
            case ImportProgressed():
                self._line.update(_import_line(event))
            case ImportEnded(outcome=Outcome.FINISHED):
                self.ended = event
                skipped = f"; skipped {event.skipped:,} files and items:" if event.skipped else "."
                self._line.print(f"Imported {event.imported:,} items{skipped}")
            case ImportEnded(outcome=Outcome.STOPPED):
                self.ended = event
                self._line.print("Import stopped. Run the same command again to continue.")
            case ImportEnded():
                self.ended = event
                self._line.print("Import failed.")

    def raise_failure(self) -> None:
        """Raise the error of a failed import; ``KeyboardInterrupt`` if it was stopped."""
        if self.ended is not None and self.ended.outcome is Outcome.STOPPED:
            raise KeyboardInterrupt
        super().raise_failure()


def stop_on_interrupt(control: RunControl) -> None:
    """Request a stop on SIGINT, SIGTERM and SIGHUP, so that all work is saved.

    A second SIGINT or SIGTERM ends the process immediately; what was saved before is intact. A
    terminal that closes may send SIGHUP twice, so it does not. A SIGHUP that is ignored, as under
    ``nohup``, remains ignored.
    """
    hang_up = getattr(signal, "SIGHUP", None)

    def stop(number: int, _frame: object) -> None:
        if number != hang_up:
            signal.signal(number, signal.SIG_DFL)
        control.request_stop()

    for number in END_SIGNALS:
        if number != hang_up or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stop)


def _import_line(event: ImportProgressed) -> str:
    stage = f"{_STAGES[event.stage]:<9}"
    filled = int(BAR_WIDTH * event.fraction)
    bar = "#" * filled + "." * (BAR_WIDTH - filled)
    total = f" of {event.total:,}" if event.total else ""
    rate = f" | {event.items_per_s:,.0f} items/s" if event.total and event.items_per_s else ""
    return f"[{bar}] {event.fraction:4.0%} | {stage} {event.done:>9,}{total}{rate}"


def _metrics_line(event: MetricsReported) -> str:
    progress, remaining = event.progress, ""
    losses = " ".join(f"{name} {value:.3f}" for name, value in sorted(event.losses.items()))
    if progress.remaining_s is not None:
        minutes, seconds = divmod(round(progress.remaining_s), 60)
        hours, minutes = divmod(minutes, 60)
        clock = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
        remaining = f" | {clock} left"
    return (
        f"{progress.images_seen:>9,} images | {progress.images_per_s:5.0f} images/s | "
        f"{losses}{remaining}"
    )


def _ready_line(event: RunReady) -> str:
    return (
        f"{event.dataset}: {event.pairs:,} pairs at {event.size_text} px on {event.device}; "
        f"generator {event.generator_parameters:,}, "
        f"discriminator {event.discriminator_parameters:,} parameters."
    )


def _transferred_line(event: WeightsTransferred) -> str:
    return (
        f"Starting from {event.run}, {event.checkpoint}, {event.images_seen:,} images: takes over "
        f"{event.tensors:,} of {event.all_tensors:,} tensors; {event.words:,} of "
        f"{event.all_words:,} words are known."
    )


def _evaluation_line(event: EvaluationCompleted) -> str:
    metrics = " ".join(f"{name} {value:.4g}" for name, value in sorted(event.metrics.items()))
    return f"Evaluation after {event.images_seen:,} images: {metrics}"


def _alert_line(event: AlertChanged) -> str:
    alert = event.alert.value.replace("_", " ")
    if not event.is_raised:
        return f"After {event.images_seen:,} images: {alert} cleared."
    evidence = ", ".join(f"{name} {value:.3g}" for name, value in sorted(event.evidence.items()))
    signs = f"After {event.images_seen:,} images: signs of {alert} ({evidence})."
    return f"{signs} {ALERT_REMEDIES[event.alert]}"


def _batch_line(event: BatchSizeSelected) -> str:
    memory = f", {event.memory_bytes / 1e6:,.0f} MB" if event.memory_bytes else ""
    limit = f" of {event.budget_bytes / 1e6:,.0f} MB" if memory and event.budget_bytes else ""
    refused = f"; {event.refused} was tried and rejected" if event.refused else ""
    rate = f"{event.images_per_s:,.0f} images/s"
    return f"Batch size {event.batch_size}: {rate}{memory}{limit}{refused}."


def _resumed_line(event: RunResumed) -> str:
    damaged = "".join(f" Skipped a damaged checkpoint: {one}." for one in event.skipped_checkpoints)
    return f"Resuming from {event.checkpoint}, {event.images_seen:,} images.{damaged}"


def _paused_line(event: RunPaused) -> str:
    if event.error is None:
        return f"Paused after {event.images_seen:,} images."
    return (
        f"Training is waiting after {event.images_seen:,} images, because it cannot save. "
        f"{event.error} It retries automatically; Ctrl+C exits without saving."
    )


def _answered_line(event: RequestAnswered) -> str:
    if event.refusal:
        return f"The request '{event.request}' of {event.sender} is refused: {event.refusal}."
    return f"{event.sender[:1].upper()}{event.sender[1:]} requests: {event.request}."


def _changed_line(event: SettingsChanged) -> str:
    return (
        f"After {event.images_seen:,} images: {option_of(event.field)} is {event.new or 'empty'}, "
        f"no longer {event.old or 'empty'}."
    )


def _skipped_line(event: StepsSkipped) -> str:
    steps = f"{len(event.steps)} steps, starting at step {event.steps[0]:,}"
    return f"Skipped {steps}: not finite: {', '.join(event.terms)}. The weights are unchanged."


def _rolled_back_line(event: RolledBack) -> str:
    return (
        f"Rolled back from {event.from_images_seen:,} to {event.images_seen:,} images; learning "
        f"rates are multiplied by {event.rate_scale:g}."
    )


def _micro_batches_line(event: MicroBatchingEnabled) -> str:
    used = f" ({event.memory_bytes / 1e6:,.0f} MB were in use)" if event.memory_bytes else ""
    return (
        f"Out of memory{used}: each batch of {event.batch_size} is now split into "
        f"{event.num_micro_batches} micro-batches."
    )


def _verified_line(event: DatasetVerified) -> str:
    if not event.damage:
        return "The dataset is intact: its content matches its checksums."
    damage = "; ".join(event.damage)
    return f"The dataset has changed since it was written: {damage}. Training continues with it."


_RUN_LINES: dict[type[RunEvent], Callable[[Any], str]] = {
    PhaseChanged: lambda e: _PHASES[e.phase],
    RunReady: _ready_line,
    WeightsTransferred: _transferred_line,
    PreviewFailed: lambda e: f"A preview failed: {e.error}",
    EvaluationCompleted: _evaluation_line,
    EvaluationFailed: lambda e: f"Evaluation failed: {e.error}",
    AlertChanged: _alert_line,
    BatchSizeSelected: _batch_line,
    RunResumed: _resumed_line,
    RunPaused: _paused_line,
    RunRelocated: lambda e: f"The run continues in {e.folder}.",
    SettingsChanged: _changed_line,
    RequestAnswered: _answered_line,
    SettingsRejected: lambda e: f"Settings are not changed: {e.error}",
    StepsSkipped: _skipped_line,
    RolledBack: _rolled_back_line,
    MicroBatchingEnabled: _micro_batches_line,
    DatasetVerified: _verified_line,
    LogRestored: lambda e: f"The log was deleted; its {e.bytes_restored:,} bytes are restored.",
    ReportingFailed: lambda e: f"Reports were lost: {e.error}",
    RunEnded: lambda e: f"Run {e.outcome} after {e.images_seen:,} images.",
}
