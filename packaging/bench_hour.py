"""Train in the real window for an hour; measure memory and GUI latency.

    python packaging/bench_hour.py [--minutes 60] [--preset cpu-tiny]

Trains digits in the real window, with previews, checkpoints and evaluations as a user has them. A
5 ms timer in the GUI thread tells how long the window stood still; every ten seconds the resident
memory and the events that wait for the window are noted. The slope of the memory is a least-squares
line after the first ten minutes. Nothing else should run on the machine meanwhile.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import QTimer
from window_probe import Heartbeat, open_window

from engine.events import RunEnded

SAMPLE_EVERY_MS = 10_000
SETTLING_S = 600.0


def resident_mb() -> float:
    """Memory of this process that is in main memory; Linux alone tells."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def slope_mb_per_h(samples: np.ndarray) -> float:
    """Fit a line through memory after the settling: samples [N, 2] of seconds and megabytes."""
    later = samples[samples[:, 0] > min(SETTLING_S, samples[-1, 0] / 2)]
    return float(np.polyfit(later[:, 0] / 3600, later[:, 1], 1)[0])


def main() -> None:
    """Train in the window, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--preset", default="cpu-tiny")
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory(prefix="diptych-hour-") as folder:
        measure(Path(folder), arguments.preset, arguments.minutes)


def measure(folder: Path, preset: str, minutes: float) -> None:
    """Train for so long, and print the figures."""
    from engine.config.presets import config_from_preset

    application, studio = open_window()
    run = folder / "runs" / "hour"
    config = config_from_preset(preset, dataset=folder / "datasets" / "digits", run=run)
    heartbeat, samples, started_s = Heartbeat(studio.window), [], time.monotonic()

    def sample() -> None:
        elapsed_s = time.monotonic() - started_s
        samples.append((elapsed_s, resident_mb(), studio.training.waiting_count))
        if len(samples) % 30 == 0:
            print(f"{elapsed_s / 60:5.0f} min: {samples[-1][1]:,.0f} MB", flush=True)

    timer = QTimer(studio.window, interval=SAMPLE_EVERY_MS)
    timer.timeout.connect(sample)
    timer.start()
    ends = []
    studio.training.event_emitted.connect(
        lambda event: ends.append(event) if isinstance(event, RunEnded) else None
    )
    studio.training.event_emitted.connect(
        lambda event: (
            QTimer.singleShot(0, studio.closing.ask) if isinstance(event, RunEnded) else None
        )
    )
    studio.training.start(config.with_values(device="cpu", minutes=minutes, seed=1), "digits")
    application.exec()
    found, beats = np.array(samples), heartbeat.summary()
    later = found[found[:, 0] > min(SETTLING_S, found[-1, 0] / 2)]
    print(f"Run {ends[0].outcome}: {ends[0].images_seen:,} images")
    print(f"Memory: {later[0, 1]:,.0f} to {later[-1, 1]:,.0f} MB after the settling, at most")
    print(f"        {found[:, 1].max():,.0f} MB; slope {slope_mb_per_h(found[:, :2]):+.1f} MB/h")
    print(
        f"Heartbeat: p50 {beats['p50']:.1f} ms, p99 {beats['p99']:.1f} ms, max {beats['max']:.0f} "
        f"ms over {beats['beats']:,.0f} beats"
    )
    print(f"Events waiting for the window: at most {found[:, 2].max():.0f}")
    sys.exit(ends[0].error is not None)


if __name__ == "__main__":
    main()
