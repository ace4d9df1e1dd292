"""Tells a run's events on a terminal: one line that renews itself, or a line now and then."""

import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from engine.control import RunControl
from engine.events import (
    AlertChanged,
    BatchSizeSelected,
    EvaluationCompleted,
    EvaluationFailed,
    GalleryEnded,
    GalleryEvent,
    GalleryProgressed,
    MetricsReported,
    MicroBatchingEnabled,
    Outcome,
    Phase,
    PhaseChanged,
    PreviewFailed,
    RolledBack,
    RunEnded,
    RunEvent,
    RunPaused,
    RunReady,
    RunRelocated,
    RunResumed,
    StepsSkipped,
)

TERMINAL_EVERY_S = 0.5
FILE_EVERY_S = 10.0

_PHASES = {
    Phase.LOADING: "Loading the dataset ...",
    Phase.WARMING_UP: "Warming up ...",
    Phase.TRAINING: "Training. Ctrl+C stops and saves; a second one leaves at once.",
    Phase.SAMPLING: "Drawing a preview ...",
    Phase.EVALUATING: "Preparing the evaluator ...",
    Phase.SAVING: "Saving ...",
}


class RunTeller:
    """Prints a training run. Keeps its end, and the losses for a chart."""

    def __init__(self) -> None:
        self.ended: RunEnded | None = None
        self._line = RenewedLine()

    def __call__(self, event: RunEvent) -> None:
        """Print one event."""
        if isinstance(event, MetricsReported):
            self._line.renew(_losses_line(event))
            return
        if isinstance(event, RunEnded):
            self.ended = event
        line = _line(event)
        if line:
            self._line.say(line)

    def raise_failure(self) -> None:
        """Raise what ended the run, if something did."""
        if self.ended is not None:
            _raise(self.ended)


def _line(event: RunEvent) -> str:
    tellers: dict[type[RunEvent], Callable[[Any], str]] = {
        PhaseChanged: lambda e: _PHASES[e.phase],
        RunReady: _prepared_line,
        PreviewFailed: lambda e: f"A preview failed: {e.error}",
        EvaluationCompleted: _quality_line,
        EvaluationFailed: lambda e: f"Quality could not be measured: {e.error}",
        AlertChanged: _health_line,
        BatchSizeSelected: _batch_line,
        RunResumed: _resumed_line,
        RunPaused: _paused_line,
        RunRelocated: lambda e: f"The run goes on in {e.folder}.",
        StepsSkipped: _skipped_line,
        RolledBack: _rolled_back_line,
        MicroBatchingEnabled: _split_line,
        RunEnded: lambda e: f"Run {e.outcome} after {e.images_seen:,} images.",
    }
    return tellers[type(event)](event) if type(event) in tellers else ""


class GalleryTeller:
    """Prints a gallery's progress and keeps its end."""

    def __init__(self) -> None:
        self.ended: GalleryEnded | None = None
        self._line = RenewedLine()

    def __call__(self, event: GalleryEvent) -> None:
        """Print one event."""
        match event:
            case GalleryProgressed():
                self._line.renew(f"{event.done:,} of {event.total:,} pairs")
            case GalleryEnded():
                self.ended = event
                self._line.say(f"Gallery {event.outcome}: {event.count:,} pairs.")

    def raise_failure(self) -> None:
        """Raise what ended the gallery, if something did."""
        if self.ended is not None:
            _raise(self.ended)


def stop_on_interrupt(control: RunControl) -> None:
    """Let Ctrl+C, and a polite kill, end the job as the Stop button does: with all work saved.

    A second one leaves at once; what was saved before is safe.
    """

    def stop(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        control.request_stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


class RenewedLine:
    """Standard output, with one renewable line at the bottom when it is a terminal."""

    def __init__(self) -> None:
        self._is_terminal = sys.stdout.isatty()
        self._every_s = TERMINAL_EVERY_S if self._is_terminal else FILE_EVERY_S
        self._shown_s = float("-inf")
        self._width = 0

    def renew(self, text: str) -> None:
        """Show a line that the next one replaces; the more frequent ones are passed over."""
        if time.monotonic() - self._shown_s < self._every_s:
            return
        self._shown_s = time.monotonic()
        if not self._is_terminal:
            print(text, flush=True)
            return
        print("\r" + text.ljust(self._width), end="", flush=True)
        self._width = len(text)

    def say(self, text: str) -> None:
        """Print a line that stays."""
        if self._width:
            print()
            self._width = 0
        print(text, flush=True)


def _raise(ended: RunEnded | GalleryEnded) -> None:
    if ended.outcome is Outcome.FAILED and ended.error is not None:
        raise ended.error


def _prepared_line(event: RunReady) -> str:
    return (
        f"{event.dataset}: {event.pairs:,} pairs at {event.image_size} px on {event.device}; "
        f"generator {event.generator_parameters:,}, "
        f"discriminator {event.discriminator_parameters:,} parameters."
    )


def _losses_line(event: MetricsReported) -> str:
    progress = event.progress
    losses = " ".join(f"{name} {value:.3f}" for name, value in sorted(event.losses.items()))
    left = "" if progress.remaining_s is None else f" | {_clock(progress.remaining_s)} left"
    return (
        f"{progress.images_seen:>9,} images | {progress.images_per_s:5.0f} images/s | "
        f"{losses}{left}"
    )


def _quality_line(event: EvaluationCompleted) -> str:
    metrics = " ".join(f"{name} {value:.4g}" for name, value in sorted(event.metrics.items()))
    return f"Quality after {event.images_seen:,} images: {metrics}"


def _health_line(event: AlertChanged) -> str:
    alert = event.alert.value.replace("_", " ")
    if not event.is_raised:
        return f"After {event.images_seen:,} images no more sign of {alert}."
    evidence = ", ".join(f"{name} {value:.3g}" for name, value in sorted(event.evidence.items()))
    return f"After {event.images_seen:,} images signs of {alert}: {evidence}."


def _batch_line(event: BatchSizeSelected) -> str:
    memory = f", {event.memory_bytes / 1e6:,.0f} MB" if event.memory_bytes else ""
    limit = f" of {event.budget_bytes / 1e6:,.0f} MB" if memory and event.budget_bytes else ""
    refused = f"; {event.refused} was tried and not taken" if event.refused else ""
    rate = f"{event.images_per_s:,.0f} images/s"
    return f"Batch size {event.batch_size}: {rate}{memory}{limit}{refused}."


def _resumed_line(event: RunResumed) -> str:
    damaged = "".join(f" Passed over, because damaged: {one}." for one in event.skipped_checkpoints)
    return f"Going on from {event.checkpoint}, {event.images_seen:,} images.{damaged}"


def _paused_line(event: RunPaused) -> str:
    if event.error is None:
        return f"Paused after {event.images_seen:,} images."
    return (
        f"Training waits after {event.images_seen:,} images, because it cannot save. {event.error} "
        "It tries again by itself; Ctrl+C gives up what is not saved."
    )


def _skipped_line(event: StepsSkipped) -> str:
    steps = f"{len(event.steps)} steps from {event.steps[0]:,} on"
    terms = ", ".join(event.terms)
    return f"Skipped {steps}: no longer finite were {terms}. The weights are as before."


def _rolled_back_line(event: RolledBack) -> str:
    return (
        f"Went back from {event.from_images_seen:,} to {event.images_seen:,} images, with "
        f"{event.rate_scale:g} of the learning rate."
    )


def _split_line(event: MicroBatchingEnabled) -> str:
    needed = f" ({event.memory_bytes / 1e6:,.0f} MB were taken)" if event.memory_bytes else ""
    return (
        f"Memory ran out{needed}: each batch of {event.batch_size} is learnt from in "
        f"{event.num_micro_batches} parts from here on."
    )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
