"""Give the command line damaged and hostile files of every kind it reads: ``make fuzz``.

    python packaging/fuzz_files.py [KIND ...] [--mutations 300] [--seed 0] [--real 5]

Each mutation of a file is read by the real command line: ``refused`` in one line, or ``taken``.
Anything else is a fault: a traceback or several lines, a command that hangs, more than 1 GB of
memory. A worker process reads one mutation after another, because starting Python and importing
torch takes longer than reading; ``--real`` more of each kind have a process of their own.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.helpers.damaged_files import (  # noqa: E402
    FATES,
    HANG,
    KINDS,
    MEMORY,
    TRACEBACK,
    Outcome,
    build_base,
    build_shared,
    check_base,
    judge,
    make_case,
    read_here,
)

TIMEOUT_S = 30.0


def read_apart(arguments: Sequence[str]) -> Outcome:
    """Run a command in a process of its own."""
    command = [sys.executable, "-m", "studio", *arguments]
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Outcome(HANG, " ".join(arguments))
    return judge(done.returncode, done.stderr.decode("utf-8", "replace"))


def work(name: str, base: Path, first: int, last: int, seed: int) -> None:
    """Read mutations, and print the number of each before, and its outcome after."""
    told = sys.stdout
    for number in range(first, last):
        print(f"{number}", file=told, flush=True)
        outcome = read_here(make_case(name, base, base.with_name("case"), number, seed))
        print(json.dumps([outcome.fate, outcome.detail]), file=told, flush=True)


def read_all(name: str, base: Path, count: int, seed: int) -> list[Outcome]:
    """Read mutations of a kind in worker processes; one that hangs or dies is replaced."""
    outcomes: list[Outcome] = []
    while len(outcomes) < count:
        span = [str(len(outcomes)), str(count)]
        command = [sys.executable, __file__, name, "--worker", str(base), *span]
        with subprocess.Popen(
            [*command, "--seed", str(seed)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as worker:
            outcomes += _watch(worker)
    return outcomes


def _watch(worker: "subprocess.Popen[str]") -> Iterator[Outcome]:
    if worker.stdout is None:
        return
    number = ""
    # Starting takes a moment longer than reading.
    timer = threading.Timer(TIMEOUT_S, worker.kill)
    timer.start()
    for line in worker.stdout:
        timer.cancel()
        timer = threading.Timer(TIMEOUT_S, worker.kill)
        timer.start()
        if line.startswith("["):
            number = ""
            yield Outcome(*json.loads(line))
        else:
            number = line.strip()
    timer.cancel()
    code = worker.wait()
    if number:
        is_killed = code == -signal.SIGKILL
        yield Outcome(HANG if is_killed else TRACEBACK, f"the process ended with {code}")


def main() -> int:
    """Read mutations of the kinds asked for, and print a tally; 1 if there was a fault."""
    parser = argparse.ArgumentParser(description="Damaged files for the command line.")
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--mutations", type=int, default=300, metavar="N", help="of each kind")
    parser.add_argument("--real", type=int, default=5, metavar="N", help="more, as processes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--worker", nargs=3, metavar=("BASE", "FIRST", "LAST"))
    arguments = parser.parse_args()
    if arguments.worker:
        base, first, last = arguments.worker
        work(arguments.kinds[0], Path(base), int(first), int(last), arguments.seed)
        return 0
    with tempfile.TemporaryDirectory(prefix="diptych-fuzz-") as folder:
        tally = fuzz(arguments.kinds or list(KINDS), Path(folder), arguments)
    return int(any(tally[fate] for fate in (TRACEBACK, HANG, MEMORY)))


def fuzz(kinds: Sequence[str], folder: Path, arguments: argparse.Namespace) -> Counter[str]:
    """Read mutations of several kinds; print and return the tally."""
    shared, total = folder / "shared", Counter[str]()
    build_shared(shared)
    print(f"{'':<20}{'tried':>8}" + "".join(f"{fate:>11}" for fate in FATES), flush=True)
    for name in kinds:
        base = folder / name.replace(" ", "-") / "base"
        build_base(name, base, shared)
        check_base(name, base)
        outcomes = read_all(name, base, arguments.mutations, arguments.seed)
        for number in range(arguments.mutations, arguments.mutations + arguments.real):
            case = base.with_name("case")
            outcomes.append(read_apart(make_case(name, base, case, number, arguments.seed)))
        counts = Counter(outcome.fate for outcome in outcomes)
        _print_row(name, counts)
        for number, outcome in enumerate(outcomes):
            if outcome.detail:
                print(f"    {name} {number}: {outcome.fate}: {outcome.detail}", flush=True)
        total += counts
        shutil.rmtree(base.parent)
    _print_row("all", total)
    return total


def _print_row(name: str, counts: Counter[str]) -> None:
    figures = "".join(f"{counts[fate]:>11,}" for fate in FATES)
    print(f"{name:<20}{counts.total():>8,}{figures}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
