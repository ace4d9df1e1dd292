"""Benchmark the window: start-up, GUI latency while training, and the cost to training.

    python packaging/bench_window.py [start-up] [heartbeat] [stop] [throughput] [import] [flood]

Start-up is the time from the start of the process to the first paint of the real window, with a
warm file cache. The heartbeat is a 5 ms precise timer in the GUI thread while digits train in
their QThread. Stop is the time from the click to the end of the run, whose checkpoint is then
loaded. Throughput compares the same training with and without the window, in turns. Import beats
while the wizard checks and imports 5,000 JPEG files, from its first page to its last. Flood beats
while an engine that only talks emits 10,000 events a second; none but loss reports may be lost.
Windows open on Qt's offscreen platform. Nothing else should run on the machine meanwhile.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench_import import make_pictures

from engine.runs.event_reader import read_losses
from engine.runs.folder import RunFolder

PROBE = Path(__file__).with_name("window_probe.py")
REPEATS = 5
WARM_UP_S = 10.0
"""Left out of every rate: loading, warming up and the first previews."""
HEARTBEAT_S = 60.0
IMPORTED = 5_000
FLOOD_S = 20.0


def main() -> None:
    """Measure what was asked for, everything by default."""
    parser = argparse.ArgumentParser(description="Measures how quick the window is.")
    parser.add_argument("what", nargs="*", metavar="WHAT", help=f"any of {', '.join(BENCHES)}")
    parser.add_argument("--seconds", type=float, default=40.0, help="of each throughput run")
    arguments = parser.parse_args()
    for name in arguments.what or BENCHES:
        if name not in BENCHES:
            parser.error(f"there is no bench called {name}")
        with tempfile.TemporaryDirectory(prefix="diptych-bench-") as folder:
            BENCHES[name](Path(folder), arguments.seconds)


def bench_start_up(folder: Path, _seconds: float) -> None:
    """Print the time to the first paint."""
    probe(folder, "paint")  # warms the file cache
    found = []
    for _ in range(REPEATS):
        started_at = time.time()
        answer = probe(folder, "paint")
        found.append(answer["painted_at"] - started_at)
        if answer["has_torch"]:
            sys.exit("torch was imported before the first paint")
    print(f"Start-up: first paint after {_spread(found, 's')}; torch not imported", flush=True)


def bench_heartbeat(folder: Path, _seconds: float) -> None:
    """Print the gaps between beats while digits train."""
    answer = probe(folder, "heartbeat", str(folder / "run"), str(WARM_UP_S + HEARTBEAT_S))
    figures = ", ".join(f"{name} {answer[name]:.1f} ms" for name in ("p50", "p99", "max"))
    print(f"Heartbeat: {figures} over {answer['beats']:,.0f} beats", flush=True)


def bench_stop(folder: Path, _seconds: float) -> None:
    """Print how long a run takes to end once Stop is pressed."""
    found = []
    for turn in range(REPEATS):
        # Not always at the same distance from a report or a preview.
        answer = probe(folder, "stop", str(folder / f"stop-{turn}"), str(4.0 + 0.7 * turn))
        if not answer["is_newest"]:
            sys.exit("the checkpoint is older than the end of the run")
        found.append(answer["stop_s"])
    print(f"Stop: {_spread(found, 's')} until the run had ended; its checkpoint loads", flush=True)


def bench_throughput(folder: Path, seconds: float) -> None:
    """Print the training rate with and without the window, measured in turns."""
    train = ["--starter", "digits", "--preset", "cpu-tiny", "--device", "cpu", "--seed", "1"]
    length = ["--minutes", f"{seconds / 60}", "--datasets", f"{folder / 'datasets'}"]
    rates: dict[str, list[float]] = {"headless": [], "windowed": []}
    for turn in range(REPEATS):
        # The order changes, so that neither side always runs on the cooler processor.
        for name in ("headless", "windowed") if turn % 2 == 0 else ("windowed", "headless"):
            run = folder / f"{name}-{turn}"
            if name == "headless":
                python("-m", "studio", "train", *train, *length, "--run", f"{run}", home=folder)
            else:
                probe(folder, "train", str(run), str(seconds))
            rates[name].append(rate(run))
        print(f"  turn {turn + 1}: {rates['headless'][-1]:.0f} and {rates['windowed'][-1]:.0f}")
    pairs = zip(rates["windowed"], rates["headless"], strict=True)
    ratio = statistics.median(windowed / headless for windowed, headless in pairs)
    for name, found in rates.items():
        print(f"Throughput {name}: {_spread(found, 'images/s')}")
    print(f"Throughput ratio: {ratio:.3f} (median of the turns)", flush=True)


def bench_import(folder: Path, _seconds: float) -> None:
    """Print the gaps between beats while pictures are imported."""
    source = folder / "pictures"
    source.mkdir()
    make_pictures(source, IMPORTED)
    answer = probe(folder, "import", str(folder), str(source))
    figures = ", ".join(f"{name} {answer[name]:.1f} ms" for name in ("p50", "p99", "max"))
    print(f"Import: {figures} over {answer['beats']:,.0f} beats", flush=True)


def bench_flood(folder: Path, _seconds: float) -> None:
    """Print the gaps between beats in a flood of events, and how many waited at most."""
    answer = probe(folder, "flood", str(folder / "run"), str(FLOOD_S))
    figures = ", ".join(f"{name} {answer[name]:.1f} ms" for name in ("p50", "p99", "max"))
    if answer["lost"]:
        sys.exit(f"{answer['lost']:.0f} events of importance were lost")
    print(f"Flood: {figures} over {answer['beats']:,.0f} beats")
    print(f"       {answer['events_per_s']:,.0f} events/s; {answer['waiting']:.0f} waited at most")


BENCHES = {
    "start-up": bench_start_up,
    "heartbeat": bench_heartbeat,
    "stop": bench_stop,
    "throughput": bench_throughput,
    "import": bench_import,
    "flood": bench_flood,
}


def rate(run: Path) -> float:
    """Images a second of a run, its first seconds left out."""
    steps = [report.progress for report in read_losses(RunFolder(run).log_file)]
    late = [step for step in steps if step.elapsed_s >= WARM_UP_S]
    seen = late[-1].images_seen - late[0].images_seen
    return seen / (late[-1].elapsed_s - late[0].elapsed_s)


def probe(home: Path, *arguments: str) -> dict[str, Any]:
    """Run the probe; its last line is its answer."""
    return json.loads(python(str(PROBE), *arguments, home=home).splitlines()[-1])


def python(*arguments: str, home: Path) -> str:
    """Run a Python with its own settings, and give what it prints.

    Raises:
        subprocess.CalledProcessError: it failed; its error stands on stderr.
    """
    variables = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DOCUMENTS_DIR": str(home / "documents"),
    }
    command = [sys.executable, *arguments]
    done = subprocess.run(command, check=True, env=variables, stdout=subprocess.PIPE, text=True)
    return done.stdout


def _spread(values: Sequence[float], unit: str) -> str:
    low, middle, high = min(values), statistics.median(values), max(values)
    digits = 2 if high < 10 else 0
    return f"{middle:.{digits}f} {unit} (median; {low:.{digits}f} to {high:.{digits}f})"


if __name__ == "__main__":
    main()
