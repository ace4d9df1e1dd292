"""Benchmark training on more data than fit into memory: start, memory, speed, exact resume, kills.

    python packaging/bench_streaming.py [start] [speed] [resume] [kills] [--items N] [--folder DIR]

A dataset of N pairs, 64 px pictures in colour with captions of Zipf's law, is written first: 12.5
kB each, so 12.5 GB for a million. Without ``--folder`` it is removed in the end.

``start``   in a process of its own: opening, the first step, and the resident memory at its end
            (RssAnon is what is no file) and at its highest (VmHWM).
``speed``   4 times 10 steps, resident and streamed in turn, on 20,000 pairs, at 64 px.
``resume``  stops after 640 images, resumes to 1,280, and compares all tensors with a run that was
            not stopped.
``kills``   twenty kill -9 (``tests/helpers/kill_train.py``), compared with a run without any.

Runs have the preset ``cpu-tiny``, whose 32 px the pictures are resized to batch by batch, a batch
of 64, one thread and float32; the kills have the narrowest networks.
"""

import argparse
import contextlib
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "packaging")]

from bench_dataset import captions  # noqa: E402

from engine.config.presets import config_from_preset  # noqa: E402
from engine.config.run import RunConfig  # noqa: E402
from engine.control import RunControl  # noqa: E402
from engine.data.column_info import image_column, text_column  # noqa: E402
from engine.data.manifest import Record  # noqa: E402
from engine.data.store import open_dataset  # noqa: E402
from engine.data.writer import DatasetWriter  # noqa: E402
from engine.events import Phase, PhaseChanged, RunEnded, RunEvent  # noqa: E402

SIDE, BATCH, STEPS, ROUNDS, SPEED_ITEMS, KILLS = 64, 64, 10, 4, 20_000, 20
POOL = 1_009
"""Pictures of noise, of which each item has one with a mark of its own."""


def build(folder: Path, count: int) -> None:
    """Write the dataset."""
    random = np.random.default_rng(0)
    pool = random.integers(0, 256, (POOL, SIDE, SIDE, 3), dtype=np.uint8)
    columns = (image_column((count, SIDE, SIDE, 3)), text_column())
    with DatasetWriter(folder, columns) as writer:
        for start in range(0, count, POOL):
            items = np.arange(start, min(start + POOL, count))
            pictures = pool[: len(items)].copy()
            pictures[:, 0, :16, 0] = items[:, None] >> np.arange(16) & 255
            writer.add_values("image", pictures)
        for item, text in enumerate(captions(count, random)):
            record: Record = {"text": text, "split": "held_out" if item % 20 == 0 else "train"}
            writer.add_record(record)
        writer.publish(writer.manifest(name="big", title="Big", licence="", source=""))


def config_of(dataset: Path, run: Path, storage: str, *, images: int) -> RunConfig:
    """Configure a run without evaluations whose previews and checkpoints do not disturb."""
    config = config_from_preset("cpu-tiny", dataset=dataset, run=run)
    return config.with_values(
        device="cpu",
        images=images,
        minutes=0.0,
        training__batch_size=BATCH,
        training__precision="fp32",
        data__storage=storage,
        reporting__preview_every_s=3600.0,
        reporting__checkpoint_every_s=86_400.0,
        reporting__evaluate_every_s=0.0,
    )


def resident_mb() -> dict[str, float]:
    """Return the resident set and its parts, in megabytes."""
    text = Path("/proc/self/status").read_text()
    found = re.findall(r"(VmRSS|RssAnon|RssFile|VmHWM):\s+(\d+) kB", text)
    return {f"{name} MB": round(int(size) / 1e3) for name, size in found}


def started(dataset: Path, storage: str, images: int) -> dict[str, float]:
    """Open the dataset and train in this process; return what it took."""
    import torch

    from engine.train.run import train

    torch.set_num_threads(1)
    # The first optimizer imports a further part of torch.
    torch.optim.Adam([torch.zeros(1, requires_grad=True)])
    figures: dict[str, float] = {}
    with clocked(figures, "open"):
        open_dataset(dataset)
    times_s: dict[Phase, tuple[float, float]] = {}

    def note(event: RunEvent) -> None:
        if isinstance(event, PhaseChanged):
            times_s[event.phase] = time.process_time(), time.perf_counter()
            if event.phase is Phase.SAVING:
                figures.update(resident_mb())
        elif isinstance(event, RunEnded) and event.error:
            raise event.error

    with tempfile.TemporaryDirectory(dir=dataset.parent) as made:
        train(config_of(dataset, Path(made) / "run", storage, images=images), note, RunControl())
    for name, start, end in (
        ("set-up", Phase.LOADING, Phase.WARMING_UP),
        ("steps on copies", Phase.WARMING_UP, Phase.TRAINING),
        ("preview and step", Phase.TRAINING, Phase.SAVING),
    ):
        for place, clock in enumerate(("CPU s", "wall s")):
            figures[f"{name}, {clock}"] = round(times_s[end][place] - times_s[start][place], 3)
    return figures


@contextlib.contextmanager
def clocked(figures: dict[str, float], name: str) -> Iterator[None]:
    """Note how long a block takes."""
    start_s = time.process_time(), time.perf_counter()
    yield
    figures[f"{name}, CPU s"] = round(time.process_time() - start_s[0], 3)
    figures[f"{name}, wall s"] = round(time.perf_counter() - start_s[1], 3)


def measure_start(dataset: Path) -> bool:
    """Print the start of a streamed run: one step."""
    print("streamed, one step:", json.dumps(_apart(dataset, "streamed", BATCH)), flush=True)
    return True


def measure_speed(dataset: Path) -> bool:
    """Print images per second of CPU and of wall time, resident and streamed, alternating."""
    import torch

    from engine.runs.folder import RunFolder, create_run_folder
    from engine.train.setup import TrainingSetup, set_up

    torch.set_num_threads(1)
    small = dataset.parent / "small"
    if not small.exists():
        build(small, SPEED_ITEMS)
    runs: dict[str, TrainingSetup] = {}
    for storage in ("resident", "streamed"):
        run = Path(tempfile.mkdtemp(dir=dataset.parent)) / "run"
        config = config_of(small, run, storage, images=10**9)
        config = config.with_values(networks__image_size=SIDE)
        create_run_folder(config)
        runs[storage] = set_up(config, RunFolder(run), lambda _event: None, RunControl())
    for start in range(0, ROUNDS * STEPS, STEPS):
        for storage, run in runs.items():
            # The first one compiles kernels, and fills the batches that are read ahead.
            run.step(run.batch(start), start)
            figures: dict[str, float] = {}
            with clocked(figures, "images per"):
                for step in range(start + 1, start + STEPS):
                    run.step(run.batch(step), step)
            rates = {name: (STEPS - 1) * BATCH / seconds for name, seconds in figures.items()}
            print(storage, {name: round(rate, 1) for name, rate in rates.items()}, flush=True)
    for run in runs.values():
        run.loader.close()
    return True


def measure_resume(dataset: Path) -> bool:
    """Compare a run that was stopped and resumed with one that was not."""
    from engine.runs.checkpoint import read_tensors
    from tests.helpers.kill_train import run_until

    one, other = (
        config_of(dataset, dataset.parent / name, "streamed", images=10**9)
        for name in ("stopped", "straight")
    )
    run_until(one, 10 * BATCH)
    paths = [run_until(config, 20 * BATCH) for config in (one, other)]
    found, expected = (read_tensors(path, "") for path in paths)
    wrong = [name for name in expected if not expected[name].equal(found[name])]
    print(f"resume at {[path.name for path in paths]}: {len(wrong)} of {len(expected)} differ")
    return not wrong and paths[0].name == paths[1].name


def measure_kills(dataset: Path) -> bool:
    """Kill a run again and again, and compare it with one that was not killed."""
    from tests.helpers import kill_train as helper
    from tests.helpers.kill_train import differences, kill_train, preset_config

    # Setting up a million items takes seconds, and more on a busy machine.
    helper.PATIENCE_S = 900.0
    killed, straight = (
        preset_config("cpu-tiny", dataset, dataset.parent / name).with_values(
            data__storage="streamed"
        )
        for name in ("killed", "not-killed")
    )
    report = kill_train(killed, KILLS)
    wrong = differences(killed, straight)
    print(f"{report}; tensors that differ in the end: {len(wrong)}", flush=True)
    return not report.complaints and not wrong


def _apart(dataset: Path, storage: str, images: int) -> dict[str, float]:
    """Measure in a process of its own."""
    command = [sys.executable, __file__, "--measure", str(dataset), storage, str(images)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


PARTS = {
    "start": measure_start,
    "speed": measure_speed,
    "resume": measure_resume,
    "kills": measure_kills,
}


def main() -> int:
    """Write the dataset and measure what is asked for, everything by default; 1 if it fails."""
    parser = argparse.ArgumentParser(description="Training on data that are read from the disk.")
    parser.add_argument("what", nargs="*", metavar="WHAT", help=f"any of {', '.join(PARTS)}")
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="keep the dataset in this folder")
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        folder, storage, images = arguments.measure
        print(json.dumps(started(Path(folder), storage, int(images))))
        return 0
    with contextlib.ExitStack() as stack:
        folder = arguments.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        dataset = folder / "big"
        if not dataset.exists():
            build(dataset, arguments.items)
        results = [PARTS[name](dataset) for name in arguments.what or PARTS]
    return int(not all(results))


if __name__ == "__main__":
    sys.exit(main())
