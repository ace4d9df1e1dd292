"""Measure the error of the remaining time that a run reports.

    python packaging/measure_eta.py --minutes 2 --evaluate-every-s 20
    python packaging/measure_eta.py --images 150000
    python packaging/measure_eta.py --run DIR

Training goes through the command line, as a user's would; the log in the run folder tells what was
said and when. ``--run`` reads a run that is over, and in which nobody paused.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

MOMENTS = (0.05, 0.1, 0.25, 0.5, 0.75)
"""Shares of the run."""
ALLOWED = 0.15


def main() -> None:
    """Measure what the arguments ask for, and print a table."""
    arguments = _parse()
    run = arguments.run or train(arguments)
    entries = [json.loads(line) for line in (run / "events.jsonl").open(encoding="utf-8")]
    end_s = next(entry["time"] for entry in reversed(entries) if entry["event"] == "RunEnded")
    print(f"{'share':>6} {'said':>9} {'came':>9} {'error':>7}")
    for share, said_s, at_s in said(entries):
        came_s = end_s - at_s
        error = (said_s - came_s) / came_s
        mark = "" if abs(error) <= ALLOWED else "  *"
        print(f"{share:>6.0%} {said_s:>7.1f} s {came_s:>7.1f} s {error:>+7.1%}{mark}")


def train(arguments: argparse.Namespace) -> Path:
    """Train a run on the digits; give its folder."""
    run = Path(tempfile.mkdtemp(prefix="eta-")) / "run"
    length = ["--images", f"{arguments.images}"] if arguments.images else []
    length = length or ["--minutes", f"{arguments.minutes:g}"]
    every = ["--evaluate-every-s", f"{arguments.evaluate_every_s:g}"]
    device = ["--device", arguments.device]
    options = ["--starter", "digits", *length, *every, *device, "--run", f"{run}"]
    command = [sys.executable, "-m", "studio", "train", *options, *arguments.rest]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return run


def said(entries: Sequence[dict[str, Any]]) -> Iterator[tuple[float, float, float]]:
    """Give the share, the time left that was said, and when, at each moment."""
    moments = list(MOMENTS)
    for entry in entries:
        progress = entry.get("progress") or {}
        if not moments or (progress.get("fraction") or 0.0) < moments[0]:
            continue
        moments.pop(0)
        yield progress["fraction"], progress["remaining_s"], entry["time"]


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=2.0, metavar="M")
    parser.add_argument("--images", type=int, default=0, metavar="N", help="instead of minutes")
    parser.add_argument("--evaluate-every-s", type=float, default=20.0, metavar="S")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--run", type=Path, metavar="DIR", help="a run that is over")
    parser.add_argument("rest", nargs="*", help="more for diptych train, after --")
    return parser.parse_args()


if __name__ == "__main__":
    main()
