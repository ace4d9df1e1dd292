"""Benchmark the Compare panel: curves of twelve runs, parallel coordinates of 200.

    python packaging/bench_compare.py [--runs N] [--points N] [--rows N] [--repeats N]

Runs on Qt's offscreen platform with one thread. ``redraw`` replaces all points and paints; ``bold``
highlights another run and paints; ``brush`` moves a brush and paints. ``read`` parses a log of so
many reports, as the worker thread does. Medians of wall-clock time and of the process's CPU time,
which is not affected by other processes.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["QT_QPA_PLATFORM"] = "offscreen"

import numpy as np
from PySide6.QtWidgets import QApplication, QWidget

from engine.events import MetricsReported, Progress
from engine.runs.curves import CurveReader
from engine.runs.event_codec import line_of
from engine.runs.folder import RunFolder
from studio.widgets.overlay_plot import Overlay, OverlayPlot
from studio.widgets.parallel_axes import ParallelAxes, ParallelAxis, ParallelRow

AXES = 8
PLOT, WIDE = (640, 400), (960, 400)
"""Sizes of the widgets in pixels: half of the dock and all of it, in a window of 1280 x 800."""


def main() -> None:
    """Print a table of medians."""
    parser = argparse.ArgumentParser(description="Measures how quick the Compare panel is.")
    parser.add_argument("--runs", type=int, default=12)
    parser.add_argument("--points", type=int, default=2000)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=31)
    arguments = parser.parse_args()
    application = QApplication([])
    random = np.random.default_rng(0)
    print(f"{'':<34}{'wall ms':>9}{'CPU ms':>9}")
    bench_curves(random, arguments.runs, arguments.points, arguments.repeats)
    bench_parallel(random, arguments.rows, arguments.repeats)
    bench_reading(arguments.points, arguments.repeats)
    application.processEvents()


def bench_curves(random: np.random.Generator, runs: int, points: int, repeats: int) -> None:
    """Time a plot of one metric, with lines and with bands."""
    plot = OverlayPlot("images seen", "{0} images")
    x = 64 * np.arange(1, points + 1, dtype=np.float64)

    def overlays(*, has_band: bool) -> list[Overlay]:
        curves = random.normal(size=(runs, points)).cumsum(axis=1) / 40
        return [
            Overlay(f"{n}", f"run {n}", n, x, y, (y - 0.3, y + 0.3) if has_band else None)
            for n, y in enumerate(curves)
        ]

    drawn = [overlays(has_band=False) for _time in range(repeats)]
    banded = [overlays(has_band=True)[: max(1, runs // 3)] for _time in range(repeats)]
    show(plot, PLOT)
    title = f"{runs} runs x {points:,} points"
    report(f"{title}, redraw", plot, repeats, lambda n: plot.show_overlays(drawn[n]))
    report(f"{title}, bold", plot, repeats, lambda n: plot.emphasise(f"{n % runs}"))
    plot.emphasise("")
    title = f"{len(banded[0])} bands x {points:,} points"
    report(f"{title}, redraw", plot, repeats, lambda n: plot.show_overlays(banded[n]))


def bench_parallel(random: np.random.Generator, rows: int, repeats: int) -> None:
    """Time parallel coordinates."""
    widget = ParallelAxes()
    named = [ParallelRow(label=f"run {row}") for row in range(rows)]
    ticks = tuple((n / 4, f"{n}") for n in range(5))
    tables = [random.random((AXES, rows)) for _time in range(repeats)]
    columns = [
        [
            ParallelAxis(name=f"{n}", label=f"axis {n}", positions=values, ticks=ticks)
            for n, values in enumerate(table)
        ]
        for table in tables
    ]
    show(widget, WIDE)
    title = f"{rows} runs x {AXES} axes"
    report(f"{title}, redraw", widget, repeats, lambda n: widget.show_rows(columns[n], named))
    share = 1.0 / repeats
    report(
        f"{title}, brush", widget, repeats, lambda n: widget.brush("3", 0.1, 0.5 + n * share / 2)
    )
    report(f"{title}, bold", widget, repeats, lambda n: widget.emphasise(n % rows))


def bench_reading(points: int, repeats: int) -> None:
    """Time reading a log, from its beginning and when it has gained a report."""
    with tempfile.TemporaryDirectory(prefix="diptych-bench-") as folder:
        log = RunFolder(Path(folder)).log_file
        log.write_bytes(b"".join(_report(number) for number in range(1, points + 1)))
        few = max(3, repeats // 6)
        report(f"{points:,} reports, read", None, few, lambda _n: CurveReader(Path(folder)).read())
        reader = CurveReader(Path(folder))
        reader.read()

        def follow(number: int) -> None:
            with log.open("ab") as file:
                file.write(_report(points + number + 1))
            reader.read()

        report("one more report, read", None, repeats, follow)


def show(widget: QWidget, size: tuple[int, int]) -> None:
    """Show a widget as large as in the window."""
    widget.resize(*size)
    widget.show()
    QApplication.processEvents()


def report(
    title: str, widget: QWidget | None, repeats: int, change: Callable[[int], object]
) -> None:
    """Print the medians of changing a widget and painting it."""
    walls, processors = [], []
    for number in range(repeats):
        wall, processor = time.perf_counter(), time.process_time()
        change(number)
        if widget is not None:
            widget.repaint()
            QApplication.processEvents()
        walls.append(1000 * (time.perf_counter() - wall))
        processors.append(1000 * (time.process_time() - processor))
    middle = statistics.median
    print(f"{title:<34}{middle(walls):>9.1f}{middle(processors):>9.1f}", flush=True)


def _report(number: int) -> bytes:
    progress = Progress(
        images_seen=64 * number,
        elapsed_s=0.5 * number,
        remaining_s=None,
        fraction=None,
        images_per_s=128.0,
    )
    losses = {"generator": 1.0 / number, "discriminator": 0.7, "penalty": 0.1, "text_nll": 2.0}
    metrics = {"real_score": 0.6, "fake_score": 0.4}
    return line_of(MetricsReported(progress=progress, losses=losses, metrics=metrics))


if __name__ == "__main__":
    main()
