"""Measure what is not known of a device, in about 20 minutes, and print rows for measurements.md.

    python packaging/measure_device.py [--device auto] [--preset NAME ...] [--only WHAT ...]
    python packaging/measure_device.py --short

``speed``      images per second of each preset on an example dataset, in fp32 and bf16.
``plain``      the step beside PyTorch's DCGAN example with equal networks, in turns.
``memory``     the batch that each preset chooses, its peak and what the device has.
``launches``   kernels that a step launches (operators, on a CPU), and waits for a value.
``resume``     whether a run that was stopped and resumed ends bit for bit as one that was not.
``heartbeat``  delays of the window's timer while it trains.

Each measurement that fails or does not apply is printed as *not measured*, with the reason. The
short form uses tiny networks, to try the script on a CPU; its figures mean nothing else.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
import torch
from dcgan_loops import BATCH, our_loop, plain_loop
from PIL import Image
from torch.profiler import ProfilerActivity, profile

import resources
from engine.config.presets import PRESETS, config_from_preset
from engine.config.run import RunConfig
from engine.control import RunControl
from engine.data.store import open_dataset
from engine.events import BatchSizeSelected, Outcome, RunEnded, RunEvent
from engine.runs.checkpoint import read_tensors
from engine.runs.folder import RunFolder, create_run_folder
from engine.starters.build import build_starter
from engine.train.device import (
    CPU,
    describe,
    find_device,
    has_bf16,
    limitations,
    peak_memory,
    total_memory,
)
from engine.train.run import resume, train
from engine.train.setup import TrainingSetup, measure_throughput, set_up

STARTERS: Mapping[int, str] = {1: "digits", 3: "emoji"}
"""Example dataset by channels of the images that a preset is meant for."""
TINY: Mapping[str, object] = {
    "networks__latent_dim": 4,
    "networks__generator_channels": 4,
    "networks__discriminator_channels": 4,
    "networks__embedding_dim": 8,
    "networks__token_dim": 4,
    "training__batch_size": 8,
}
WAITS = ("aten::_local_scalar_dense", "aten::nonzero")
"""Operators that wait for the device."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to measure."""

    device: str
    presets: tuple[str, ...]
    is_short: bool
    folder: Path
    """For runs that are thrown away."""

    def config(self, preset: str) -> RunConfig:
        """Return the configuration of a preset on an example dataset."""
        datasets = platformdirs.user_cache_path("diptych", appauthor=False) / "datasets"
        name = STARTERS[1 if preset == "cpu-tiny" else 3]
        dataset = build_starter(name, resources.starters_folder(), datasets)
        config = config_from_preset(preset, dataset=dataset, run=self.folder / "run")
        return config.with_values(device=self.device, **(TINY if self.is_short else {}))


Rows = Iterator[tuple[str, str]]
"""What was measured, and the figure."""


def measure_speed(plan: Plan) -> Rows:
    """Images per second of each preset and precision."""
    device = find_device(plan.device)
    for preset in plan.presets:
        config = plan.config(preset)
        for precision in ("fp32", "bf16"):
            title = f"{preset}, {precision}, images/s"
            if precision == "bf16" and not has_bf16(device):
                yield title, "not measured: the device does not multiply bf16"
                continue
            chosen = config.with_values(training__precision=precision)
            yield title, f"{measure_throughput(chosen, RunControl()):,.1f}"


def measure_plain(plan: Plan) -> Rows:
    """Images per second of the DCGAN example and of this program's step, alternating."""
    device = find_device(plan.device)
    rounds, steps = (1, 2) if plan.is_short else (7, 50)
    files = plan.folder / "files"
    files.mkdir()
    images = np.array(open_dataset(plan.config("laptop").dataset).images)
    for row, image in enumerate(images[: 4 * BATCH] if plan.is_short else images):
        Image.fromarray(image).save(files / f"{row:05}.png")
    loops = {
        "plain, loader in process": plain_loop(files, device, 0),
        "ours, fp32": our_loop(files, device, "fp32"),
    }
    if has_bf16(device):
        loops["ours, bf16"] = our_loop(files, device, "bf16")
    rates: dict[str, list[float]] = {name: [] for name in loops}
    for take in loops.values():
        take(2)
    for _round in range(rounds):
        for name, take in loops.items():
            start = time.perf_counter()
            take(steps)
            rates[name].append(steps * BATCH / (time.perf_counter() - start))
    for name, found in rates.items():
        yield f"DCGAN, 64 px, batch {BATCH}, {name}, images/s", f"{np.median(found):,.1f}"
    for name in list(loops)[1:]:
        ratios = np.array(rates[name]) / np.array(rates["plain, loader in process"])
        yield f"the same, {name}, over plain", f"{np.median(ratios):.2f}"


def measure_memory(plan: Plan) -> Rows:
    """The batch that each preset would choose by itself."""
    device = find_device(plan.device)
    total = total_memory(device)
    yield "memory of the device", _size(total) if total else "not measured: unknown"
    for preset in plan.presets:
        told: list[RunEvent] = []
        config = plan.config(preset).with_values(
            training__batch_size=0, run=plan.folder / f"memory-{preset}"
        )
        set_up(config, create_run_folder(config), told.append, RunControl())
        title = f"{preset}, batch chosen by measurement"
        for event in told:
            if isinstance(event, BatchSizeSelected):
                figures = f"{event.batch_size} (peak {_size(event.memory_bytes)}"
                figures += f" of {_size(event.budget_bytes)})"
                yield title, f"{figures}, {event.images_per_s:,.1f} images/s"
                break
        else:
            yield title, "not measured: the preset names a batch size"


def measure_launches(plan: Plan) -> Rows:
    """Kernels of one step, with and without the penalty."""
    for preset in plan.presets:
        run = _prepared(plan, preset)
        interval = run.config.training.reg_interval
        for number in range(2):
            run.step(run.batch(number), number)
        for name, number in (("with penalty", interval), ("without", interval + 1)):
            launched, waits = _launches(run, number)
            if run.state.device.type == CPU:
                # Its kernels read values, without waiting for anything.
                yield f"{preset}, operators of a step, {name}", f"{launched:,}"
            else:
                yield f"{preset}, kernels of a step, {name}", f"{launched:,} ({waits} waits)"
    yield "CUDA graphs", "not measured: the program does not use them"


def measure_resume(plan: Plan) -> Rows:
    """Train with and without a stop in the middle, and compare the last checkpoints."""
    steps = 4 if plan.is_short else 40
    for preset in plan.presets:
        base = plan.config(preset)
        size = base.training.batch_size or 16
        base = base.with_values(
            minutes=0.0,
            images=2 * steps * size,
            training__batch_size=size,
            training__precision="fp32",
            reporting__evaluate_every_s=0.0,
        )
        whole = base.with_values(run=plan.folder / f"whole-{preset}")
        parts = base.with_values(run=plan.folder / f"parts-{preset}")
        again = base.with_values(run=plan.folder / f"again-{preset}")
        _finish(train, whole)
        _finish(train, again)
        _finish(train, parts, _StopsAfter(steps))
        stored = RunFolder(parts.run).read_config().with_values(run=parts.run)
        _finish(resume, stored)
        yield f"{preset}, stopped and resumed, largest difference", _difference(whole, parts)
        yield f"{preset}, the same run twice, largest difference", _difference(whole, again)


def measure_heartbeat(plan: Plan) -> Rows:
    """Delays of a 5 ms timer in the window while digits train."""
    if plan.is_short:
        yield "heartbeat of the window", "not measured in the short form"
        return
    script = Path(__file__).with_name("bench_window.py")
    command = [sys.executable, str(script), "heartbeat"]
    found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    for line in found.stdout.splitlines():
        yield "heartbeat of the window", line.strip()


MEASUREMENTS: Mapping[str, Callable[[Plan], Rows]] = {
    "speed": measure_speed,
    "plain": measure_plain,
    "memory": measure_memory,
    "launches": measure_launches,
    "resume": measure_resume,
    "heartbeat": measure_heartbeat,
}


def _prepared(plan: Plan, preset: str) -> TrainingSetup:
    config = plan.config(preset).with_values(
        training__precision="fp32", run=plan.folder / f"launches-{preset}"
    )
    return set_up(config, create_run_folder(config), lambda _event: None, RunControl())


def _launches(run: TrainingSetup, number: int) -> tuple[int, int]:
    """Count what a step launches, and how often it waits for a value."""
    batch = run.batch(number)
    activities = [ProfilerActivity.CPU]
    is_cpu = run.state.device.type == CPU
    if not is_cpu:
        activities.append(
            ProfilerActivity.XPU if run.state.device.type == "xpu" else ProfilerActivity.CUDA
        )
    with profile(activities=activities) as profiler:
        run.step(batch, number)
    events: list[Any] = list(profiler.events() or [])
    operators = [event for event in events if event.name.startswith("aten::")]
    kernels = [event for event in events if event.device_type.name != "CPU"]
    waits = sum(event.name in WAITS for event in operators)
    return len(operators if is_cpu else kernels), waits


class _StopsAfter(RunControl):
    """Stops a run after so many steps."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self._left = steps

    def take_sample_request(self) -> bool:
        """Count a step; the loop asks before each."""
        if self._left == 0:
            self.request_stop()
        self._left -= 1
        return False


def _finish(run: Callable[..., None], config: RunConfig, control: RunControl | None = None) -> None:
    """Train to the end, or until the control stops it.

    Raises:
        RuntimeError: the run failed.
    """
    told: list[RunEvent] = []
    run(config, told.append, control or RunControl())
    ended = told[-1]
    if not isinstance(ended, RunEnded) or ended.outcome is Outcome.FAILED:
        raise RuntimeError(f"the run failed: {ended}")


def _difference(one: RunConfig, other: RunConfig) -> str:
    """Compare the weights and moments of two runs."""
    first, second = (
        read_tensors(RunFolder(config.run).newest_valid().path, "") for config in (one, other)
    )
    if first.keys() != second.keys():
        return "not measured: the checkpoints hold other tensors"
    if all(torch.equal(first[name], second[name]) for name in first):
        return "0, bit for bit"
    largest = max(
        float((first[name].double() - second[name].double()).abs().max())
        for name in first
        if first[name].numel() and first[name].is_floating_point()
    )
    return f"{largest:.1e}"


def _size(count: int) -> str:
    return f"{count / 2**30:.2f} GiB" if count else "unknown"


def _rows(plan: Plan, names: list[str]) -> Rows:
    """Measure one after another; a failure is a row, too."""
    device = find_device(plan.device)
    yield "device", f"{describe(device)}, PyTorch {torch.__version__}"
    for sentence in limitations(device):
        yield "note", sentence
    for name in names:
        try:
            yield from MEASUREMENTS[name](plan)
        except Exception as error:  # noqa: BLE001 - the other measurements continue
            yield name, f"not measured: {type(error).__name__}: {str(error)[:200]}"
    if device.type != CPU:
        yield "peak of this process on the device", _size(peak_memory(device))


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--device", default="auto", help="as of diptych train (default: auto)")
    parser.add_argument("--preset", nargs="+", choices=list(PRESETS), help="default: all")
    parser.add_argument("--only", nargs="+", choices=list(MEASUREMENTS), help="default: all")
    parser.add_argument("--short", action="store_true", help="tiny networks, to try the script")
    arguments = parser.parse_args()
    presets = arguments.preset or (["cpu-tiny"] if arguments.short else list(PRESETS))
    began_s = time.monotonic()
    print("| question | figure |\n|---|---|", flush=True)
    with tempfile.TemporaryDirectory(prefix="diptych-device-") as folder:
        plan = Plan(
            device=arguments.device,
            presets=tuple(presets),
            is_short=arguments.short,
            folder=Path(folder),
        )
        for question, figure in _rows(plan, arguments.only or list(MEASUREMENTS)):
            print(f"| {question} | {figure.replace('|', '/')} |", flush=True)
    print(f"\nTook {(time.monotonic() - began_s) / 60:.1f} min.")


if __name__ == "__main__":
    main()
