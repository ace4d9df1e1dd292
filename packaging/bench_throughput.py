"""Benchmark training steps against plain PyTorch loops and between configurations.

    python packaging/bench_throughput.py [dcgan] [joint] [columns] [data] [ranks] [--repeats N]
        [--device cuda]

``dcgan``  PyTorch's DCGAN example (files in a folder, DataLoader with none or two processes,
           float32, NCHW, two backward passes for the discriminator) against this program's step on
           its own copy of the images, at identical networks: 64 px, 3 channels, batch 64. Ours runs
           in float32 and, where the processor has it, in bfloat16. Each has a process of its own,
           set up as its user's would be, and waits while the others have their turns.
``joint``  images and texts against images alone, digits with the ``cpu-tiny`` preset.
``columns``  spoken digits with the ``cpu-tiny`` preset and one thread: image and text against all
           three columns and against the sounds alone, whose step is what the networks of a sound
           cost by themselves. What the third column adds to a step is compared with that.
``data``   share of a step that goes into getting its batch.
``ranks``  two processes with one thread each against one process with two threads, and against one
           with one: digits with ``cpu-tiny``, emoji with ``cpu-colour`` and ``cpu-colour-64``.
           Needs two idle cores.

All contestants of a round take turns; the figures are medians over the rounds, and the ratios are
medians of each round's ratio.
"""

import argparse
import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import platformdirs
import torch
from dcgan_loops import BATCH, Run, stepping
from PIL import Image

import resources
from engine.config.presets import PRESETS, config_from_preset
from engine.control import RunControl
from engine.data.loader import DeviceLoader
from engine.data.store import TRAIN, open_dataset
from engine.runs.folder import create_run_folder
from engine.starters.build import build_starter
from engine.train.data import load_items
from engine.train.device import has_bf16
from engine.train.families import build_state, build_step
from engine.train.setup import TrainingSetup, set_up

CPU = torch.device("cpu")
COLUMN_SETS = ("image, text", "image, text, speech", "speech")
COLUMN_STEPS = 20
DCGAN_STEPS = 12
"""In a turn; loader processes fetch a few batches ahead while others have theirs."""
CONTESTANTS = {
    "plain, loader in process": "plain-0",
    "plain, two loader processes": "plain-2",
    "ours, float32": "ours-fp32",
    "ours, bfloat16": "ours-bf16",
}
RANK_STEPS = 32
"""So that each turn has as many lazy penalties."""
RANK_RUNS = (("digits", "cpu-tiny"), ("emoji", "cpu-colour"), ("emoji", "cpu-colour-64"))
RANK_CONTESTANTS = {
    "1 process, 2 threads": ("1", "2"),
    "2 processes, 1 thread each": ("2", "1"),
    "1 process, 1 thread": ("1", "1"),
}


def loops_of(starter: str, names: Sequence[Sequence[str]]) -> dict[str, Run]:
    """This program's step with the small preset, for several sets of a starter's columns."""
    run = prepared(starter)
    dataset = open_dataset(run.config.dataset)
    stored = load_items(dataset, run.model, dataset.rows(TRAIN), run.config.networks)
    loops: dict[str, Run] = {}
    for chosen in names:
        modalities = [m for m in run.modalities if m.name in chosen]
        loader = DeviceLoader({m.name: stored[m.name] for m in modalities}, BATCH, run.config.seed)
        state = build_state(modalities, run.config, CPU)
        step = build_step(state, run.config, modalities=modalities)
        loops[", ".join(chosen)] = stepping(step, modalities, loader, CPU)
    return loops


def print_share(rates: Mapping[str, Sequence[float]]) -> None:
    """Print what the sounds add to a step of images and texts, beside their own step."""
    two, three, own = ([1e3 * BATCH / rate for rate in rates[name]] for name in COLUMN_SETS)
    added = statistics.median(all_ms - two_ms for two_ms, all_ms in zip(two, three, strict=True))
    share = statistics.median(
        (all_ms - two_ms) / own_ms for two_ms, all_ms, own_ms in zip(two, three, own, strict=True)
    )
    print(
        f"The third column adds {added:.1f} ms to a step of {statistics.median(two):.1f} ms; a "
        f"step of its own takes {statistics.median(own):.1f} ms (ratio {share:.2f})."
    )


def data_share(repeats: int) -> float:
    """Median share of a step's time that goes into getting its batch."""
    run = prepared("digits")
    shares: list[float] = []
    for step in range(3 + 40 * repeats):
        start = time.perf_counter()
        batch = run.batch(step)
        middle = time.perf_counter()
        run.step(batch, step)
        if step >= 3:
            shares.append((middle - start) / (time.perf_counter() - start))
    return statistics.median(shares)


def measure_dcgan(device: str, repeats: int) -> dict[str, list[float]]:
    """Let the example and this program train DCGAN by turns, each in a process of its own."""
    kinds = dict(CONTESTANTS)
    if not has_bf16(torch.device(device)):
        del kinds["ours, bfloat16"]
    with tempfile.TemporaryDirectory() as made, contextlib.ExitStack() as stack:
        for row, image in enumerate(_emoji()):
            Image.fromarray(image).save(Path(made) / f"{row:05}.png")
        contestants = {
            name: stack.enter_context(contestant("dcgan_contestant.py", kind, made, device))
            for name, kind in kinds.items()
        }
        return measure(contestants, repeats, steps=DCGAN_STEPS)


def measure_ranks(starter: str, preset: str, repeats: int) -> dict[str, list[float]]:
    """Let one and two processes train on a starter by turns."""
    with contextlib.ExitStack() as stack:
        contestants = {
            name: stack.enter_context(contestant("rank_contestant.py", starter, preset, *numbers))
            for name, numbers in RANK_CONTESTANTS.items()
        }
        batch_size = PRESETS[preset].training.batch_size
        return measure(contestants, repeats, steps=RANK_STEPS, batch_size=batch_size)


@contextlib.contextmanager
def contestant(script: str, *arguments: str) -> Iterator[Run]:
    """Start a process that takes steps when it is told to."""
    command = [sys.executable, str(Path(__file__).with_name(script)), *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        asked, answers = process.stdin, process.stdout
        if asked is None or answers is None:
            raise RuntimeError("a contestant has no pipes")

        def take(steps: int) -> None:
            print(steps, file=asked, flush=True)
            if not answers.readline():
                raise RuntimeError(f"the contestant {' '.join(arguments)} died")

        yield take
        asked.close()


def measure(
    contestants: Mapping[str, Run], repeats: int, *, steps: int, batch_size: int = BATCH
) -> dict[str, list[float]]:
    """Let all take turns; give images per second, by name and round."""
    rates: dict[str, list[float]] = {name: [] for name in contestants}
    for run in contestants.values():
        run(2)
    for _round in range(repeats):
        for name, run in contestants.items():
            start = time.perf_counter()
            run(steps)
            rates[name].append(steps * batch_size / (time.perf_counter() - start))
    return rates


def print_rates(title: str, rates: Mapping[str, Sequence[float]], against: str) -> None:
    """Print a table: medians, and the median of each round's ratio to one contestant."""
    print(f"\n{title}\n{'contestant':>28}  {'images/s':>9}  {'ratio':>6}")
    for name, found in rates.items():
        ratio = statistics.median(a / b for a, b in zip(found, rates[against], strict=True))
        print(f"{name:>28}  {statistics.median(found):9.1f}  {ratio:6.2f}", flush=True)


def prepared(starter: str) -> TrainingSetup:
    """Prepare a run on a starter, in a folder that is thrown away."""
    datasets = platformdirs.user_cache_path("diptych", appauthor=False) / "datasets"
    dataset = build_starter(starter, resources.starters_folder(), datasets)
    with tempfile.TemporaryDirectory() as made:
        config = config_from_preset("cpu-tiny", dataset=dataset, run=Path(made) / "run")
        config = config.with_values(device="cpu")
        return set_up(config, create_run_folder(config), lambda _event: None, RunControl())


def _emoji() -> np.ndarray:
    datasets = platformdirs.user_cache_path("diptych", appauthor=False) / "datasets"
    return np.array(
        open_dataset(build_starter("emoji", resources.starters_folder(), datasets)).images
    )


def main() -> None:
    """Measure what the arguments ask for."""
    arguments = _parse()
    chosen = arguments.what or ["dcgan", "joint", "columns", "data", "ranks"]
    if "dcgan" in chosen:
        rates = measure_dcgan(arguments.device, arguments.repeats)
        plain = max(list(rates)[:2], key=lambda name: statistics.median(rates[name]))
        print_rates("DCGAN, 64 px, against the faster plain loop", rates, plain)
    if "joint" in chosen:
        loops = loops_of("digits", [("image",), ("text", "image")])
        rates = measure(loops, arguments.repeats, steps=40)
        print_rates("Digits, against images alone", rates, "image")
    if "columns" in chosen:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        loops = loops_of("spoken-digits", [name.split(", ") for name in COLUMN_SETS])
        rates = measure(loops, arguments.repeats, steps=COLUMN_STEPS)
        print_rates("Spoken digits, one thread, against two columns", rates, COLUMN_SETS[0])
        print_share(rates)
        torch.set_num_threads(threads)
    if "ranks" in chosen:
        for starter, preset in RANK_RUNS:
            rates = measure_ranks(starter, preset, arguments.repeats)
            title = f"{starter}, {preset}, against one process with two threads"
            print_rates(title, rates, next(iter(rates)))
    if "data" in chosen:
        print(f"\nGetting a batch takes {data_share(arguments.repeats):.2%} of a step.")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures how fast training is.")
    parser.add_argument("what", nargs="*", metavar="WHAT")
    parser.add_argument("--repeats", type=int, default=7, metavar="N", help="rounds (default 7)")
    parser.add_argument("--device", default="cpu", help="for dcgan (default cpu)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
