"""Measure the real window from inside its process, for ``bench_window.py``.

window_probe.py paint             prints when the window was painted and what was imported
window_probe.py heartbeat DIR S   trains digits for S seconds and prints a timer's gaps
window_probe.py train DIR S       trains digits for S seconds, without that timer
window_probe.py stop DIR S        stops after S seconds and prints how long that took
window_probe.py flood DIR S       emits 10,000 events a second for S seconds; prints a timer's gaps
window_probe.py import DIR SOURCE imports SOURCE through the wizard and prints a timer's gaps
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget

BEAT_MS = 5
MAX_BEATS = 2_000_000
"""Of almost three hours."""
WARM_UP_S = 10.0
FLOOD_WARM_UP_S = 1.0
BURST_S = 0.01
BURST = 97
"""Loss reports in a burst, beside three events of importance: 10,000 events a second in all."""


class FirstPaint(QObject):
    """Calls back once the window's first paint is through."""

    def __init__(self, window: QWidget, then: Callable[[], None]) -> None:
        super().__init__(window)
        self._then = then
        self._is_over = False
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Watch for the paint event; the callback waits until it has been handled."""
        if event.type() == QEvent.Type.Paint and not self._is_over:
            self._is_over = True
            QTimer.singleShot(0, self._then)
        return super().eventFilter(watched, event)


class Heartbeat(QObject):
    """A timer in the GUI thread whose gaps show how long the window stood still."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        # Filled beforehand, so that what is measured beside it does not grow with it.
        self._beats_s = np.zeros(MAX_BEATS)
        self._beats_s[:] = np.nan
        self._count = 0
        timer = QTimer(self)
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.timeout.connect(self._beat)
        timer.start(BEAT_MS)

    @property
    def beats_s(self) -> np.ndarray:
        """When the timer beat."""
        return self._beats_s[: self._count]

    def _beat(self) -> None:
        if self._count < MAX_BEATS:
            self._beats_s[self._count] = time.perf_counter()
            self._count += 1

    def summary(self, warm_up_s: float = WARM_UP_S) -> dict[str, float]:
        """Percentiles of the gaps in milliseconds, the first seconds left out."""
        beats = self.beats_s
        gaps_ms = np.diff(beats[beats > beats[0] + warm_up_s]) * 1000
        p50, p99, largest = np.percentile(gaps_ms, (50, 99, 100))
        return {"p50": p50, "p99": p99, "max": largest, "beats": float(len(gaps_ms))}


def open_window() -> tuple[QApplication, Any]:
    """Build the studio as ``diptych`` does; the one place that knows how."""
    from studio.app import build_studio

    application = QApplication(sys.argv[:1])
    studio = build_studio(application)
    studio.window.show()
    return application, studio


def report_first_paint() -> None:
    """Print the time of the first paint, on the clock of the parent process."""
    application, studio = open_window()

    def report() -> None:
        found = {"painted_at": time.time(), "has_torch": "torch" in sys.modules}
        print(json.dumps(found), flush=True)
        application.exit()

    FirstPaint(studio.window, report)
    application.exec()


def close_after_run(studio: Any) -> None:
    """Close the window after the run, as a user does: work in other threads is waited for."""
    from engine.events import RunEnded

    def close(event: object) -> None:
        if isinstance(event, RunEnded):
            QTimer.singleShot(0, studio.closing.ask)

    studio.training.event_emitted.connect(close)


def train(run: Path, seconds: float, *, has_heartbeat: bool) -> None:
    """Train with the window open, and print the gaps between two beats if they are wanted."""
    from engine.config.presets import config_from_preset

    application, studio = open_window()
    config = config_from_preset("cpu-tiny", dataset=run.parent / "datasets" / "digits", run=run)
    close_after_run(studio)
    studio.training.start(config.with_values(device="cpu", minutes=seconds / 60, seed=1), "digits")
    heartbeat = Heartbeat(studio.window) if has_heartbeat else None
    application.exec()
    print(json.dumps(heartbeat.summary() if heartbeat else {}), flush=True)


def report_stop(run: Path, seconds: float) -> None:
    """Press Stop while training; print how long the run went on, and whether its state was kept."""
    import torch

    from engine.config.presets import config_from_preset
    from engine.events import RunEnded, RunReady
    from engine.runs.checkpoint_files import read_metadata
    from engine.runs.folder import RunFolder
    from engine.sample.load import load_run

    application, studio = open_window()
    pressed: list[float] = []

    def press() -> None:
        pressed.append(time.perf_counter())
        studio.window.actions_.stop.trigger()

    def follow(event: object) -> None:
        if isinstance(event, RunReady):
            QTimer.singleShot(int(seconds * 1000), press)
        elif isinstance(event, RunEnded):
            report(event)

    def report(ended: RunEnded) -> None:
        stop_s = time.perf_counter() - pressed[0]
        load_run(run, torch.device("cpu"))
        is_newest = (
            read_metadata(RunFolder(run).latest_checkpoint()).images_seen == ended.images_seen
        )
        print(json.dumps({"stop_s": stop_s, "is_newest": is_newest}), flush=True)
        QTimer.singleShot(0, studio.closing.ask)

    config = config_from_preset("cpu-tiny", dataset=run.parent / "datasets" / "digits", run=run)
    studio.training.event_emitted.connect(follow)
    studio.training.start(config.with_values(device="cpu", minutes=5.0, seed=1), "digits")
    application.exec()


def report_flood(run: Path, seconds: float) -> None:
    """Let an engine talk without end; print the gaps between beats, and what waited and was lost.

    A hundredth of a second brings 97 loss reports, two phases and an alert that comes or goes.
    """
    from engine.config.presets import config_from_preset
    from engine.events import AlertChanged, PhaseChanged
    from studio.app import build_studio
    from studio.jobs.engine_api import EngineApi

    told: dict[str, float] = {}

    def talk(config: Any, emit: Callable[[Any], None], control: Any) -> None:
        told.update(_talk(config.run, emit, control, seconds))

    application = QApplication(sys.argv[:1])
    studio = build_studio(application, work=EngineApi(train=talk))
    studio.window.show()
    heartbeat = Heartbeat(studio.window)
    waiting, heard = [0], [0]
    timer = QTimer(studio.window)
    timer.timeout.connect(lambda: waiting.append(studio.training.waiting_count))
    timer.start(BEAT_MS)

    def count(event: object) -> None:
        heard[0] += isinstance(event, PhaseChanged | AlertChanged)

    studio.training.event_emitted.connect(count)
    close_after_run(studio)
    config = config_from_preset("cpu-tiny", dataset=run.parent / "digits", run=run)
    studio.training.start(config)
    application.exec()
    answer = heartbeat.summary(FLOOD_WARM_UP_S)
    answer |= {"events_per_s": told["all"] / seconds, "waiting": float(max(waiting))}
    print(json.dumps({**answer, "lost": told["important"] - heard[0]}), flush=True)


def _talk(run: Path, emit: Callable[[Any], None], control: Any, seconds: float) -> dict[str, float]:
    from engine import events

    begun = time.perf_counter()
    bursts = 0
    while time.perf_counter() - begun < seconds:
        bursts += 1
        for number in range(BURST):
            emit(_losses(events, bursts * BURST + number))
        emit(events.PhaseChanged(phase=events.Phase.EVALUATING))
        emit(events.PhaseChanged(phase=events.Phase.TRAINING))
        alert, is_raised = events.Alert.OVERFITTING, bool(bursts % 2)
        emit(
            events.AlertChanged(
                alert=alert, is_raised=is_raised, images_seen=bursts, evidence={"gap": 1.0}
            )
        )
        control.wait(max(0.0, begun + bursts * BURST_S - time.perf_counter()))
    outcome = events.Outcome.FINISHED
    emit(events.RunEnded(outcome=outcome, folder=run, images_seen=bursts, elapsed_s=seconds))
    return {"all": bursts * (BURST + 3.0), "important": bursts * 3.0}


def _losses(events: Any, images_seen: int) -> Any:
    progress = events.Progress(
        images_seen=images_seen,
        elapsed_s=images_seen / 1000,
        remaining_s=60.0,
        fraction=0.5,
        images_per_s=1000.0,
    )
    losses = {"generator": 0.7, "discriminator": 0.9, "penalty": 0.01, "text_nll": 1.5}
    return events.MetricsReported(progress=progress, losses=losses, metrics={})


def import_through_wizard(source: Path) -> None:
    """Press Next and Import as soon as they may be pressed; print the gaps from start to end."""
    application, studio = open_window()
    studio.importing.open(source)
    wizard = studio.importing.wizard
    heartbeat = Heartbeat(studio.window)

    def go_on() -> None:
        if wizard.next.isEnabled() and not wizard.summary.is_locked:
            wizard.go_next()

    def report() -> None:
        print(json.dumps(heartbeat.summary(0.0)), flush=True)
        application.exit()

    timer = QTimer(wizard)
    timer.timeout.connect(go_on)
    timer.start(500)
    wizard.imported.connect(report)
    application.exec()


if __name__ == "__main__":
    if sys.argv[1] == "paint":
        report_first_paint()
    elif sys.argv[1] == "import":
        import_through_wizard(Path(sys.argv[3]))
    elif sys.argv[1] == "flood":
        report_flood(Path(sys.argv[2]), float(sys.argv[3]))
    elif sys.argv[1] == "stop":
        report_stop(Path(sys.argv[2]), float(sys.argv[3]))
    else:
        is_measured = sys.argv[1] == "heartbeat"
        train(Path(sys.argv[2]), float(sys.argv[3]), has_heartbeat=is_measured)
