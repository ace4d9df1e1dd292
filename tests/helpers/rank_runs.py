"""Trains runs in several processes, in float64, and makes some of the processes fail.

``found(folder)`` runs all of it in a process of its own. Each run takes seven steps; what it saves
is compared with what a single process saves.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import torch

from engine.cli import processes
from engine.config.changes import SettingChange
from engine.config.run import RunConfig
from engine.control import RunControl
from engine.events import (
    MetricsReported,
    MicroBatchingEnabled,
    RolledBack,
    RunEnded,
    RunEvent,
    RunPaused,
    SettingsChanged,
)
from engine.runs.checkpoint import read_tensors
from engine.runs.folder import RunFolder
from engine.train import metrics
from engine.train.gan_step import GanStep
from engine.train.run import resume, train
from tests.helpers.float64 import use_float64
from tests.helpers.tiny import tiny_config, unpaired_dataset

BATCH, STEPS = 96, 7
PATIENCE_S = 300
FAULT = "DIPTYCH_TEST_FAULT"
"""What happens to which rank in the middle of which step, such as ``memory 1 2, kill 0 4``.

``split`` is a lack of memory at its beginning. Steps 0 and 1 are also taken on copies before
training.
"""
ROOT = Path(__file__).parents[2]


@dataclass
class Ended:
    """How a run ended."""

    control: RunControl = field(default_factory=RunControl)
    wants: str = ""
    """``pause``: once, with its memory released; ``save``: after each of the first five steps."""
    events: list[RunEvent] = field(default_factory=list)

    def __call__(self, event: RunEvent) -> None:
        """Keep an event, and request what is wanted after a step."""
        self.events.append(event)
        if isinstance(event, MetricsReported) and self.wants == "save":
            if event.progress.images_seen <= 5 * BATCH:
                self.control.request_checkpoint()
        elif isinstance(event, MetricsReported) and self.wants == "pause":
            self.wants = ""
            self.control.request_pause(release=True)
        elif isinstance(event, RunPaused) and event.is_released:
            self.control.request_resume()

    def facts(self) -> dict[str, Any]:
        """Return outcome, error, images and micro-batches."""
        ended = self.events[-1]
        assert isinstance(ended, RunEnded)
        parts = [e.num_micro_batches for e in self.events if isinstance(e, MicroBatchingEnabled)]
        return {
            "outcome": ended.outcome.value,
            "error": str(ended.error or ""),
            "saved": ended.images_saved,
            "parts": parts,
            "others": [
                type(event).__name__
                for event in self.events
                if isinstance(event, RunPaused | RolledBack | SettingsChanged)
            ],
        }


def found(folder: Path) -> dict[str, Any]:
    """Run everything; return what was found."""
    start(folder).communicate(timeout=PATIENCE_S)
    return json.loads((folder / "found.json").read_text("utf-8"))


def start(folder: Path, *words: str) -> "subprocess.Popen[str]":
    """Start this module in a process of its own."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.helpers.rank_runs", str(folder), *words]
    return subprocess.Popen(command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE)


def main() -> None:
    """Be rank 0, or one of the processes that it starts."""
    use_float64()
    metrics.INTERVAL_S = 0.0
    processes.MODULE = "tests.helpers.rank_runs"
    words = sys.argv[1:]
    if len(words) == 4:
        install_faults(int(words[2]))
        sys.exit(processes.main(words))
    folder = Path(words[0])
    dataset = unpaired_dataset(folder / "data")
    if words[1:] == ["die"]:
        die(config_for(dataset, folder / "dead"))
    told = {
        "chain": chain(dataset, folder),
        "faults": faults(dataset, folder),
    }
    (folder / "found.json").write_text(json.dumps(told), "utf-8")


def config_for(dataset: Path, run: Path, steps: int = STEPS) -> RunConfig:
    """Configure a run whose learning rate does not depend on its length."""
    config = tiny_config(dataset, run, images=BATCH * steps)
    return config.with_values(
        training__batch_size=BATCH,
        training__final_learning_rate=config.training.learning_rate,
        data__augmentation="ada",
        changes=(
            SettingChange(images=BATCH, field="training.penalty_weight", text="0.5"),
            SettingChange(images=5 * BATCH, field="data.augmentation", text="diffaugment"),
        ),
        reporting__checkpoint_every_s=3600.0,
        reporting__preview_every_s=3600.0,
    )


def run_in(
    count: int, config: RunConfig, fault: str = "", *, run: Any = train, wants: str = ""
) -> dict[str, Any]:
    """Train or resume in so many processes."""
    os.environ[FAULT] = fault
    if run is resume:
        # With what was decided when it began.
        config = (
            RunFolder(config.run).read_config().with_values(run=config.run, images=config.images)
        )
    ended = Ended(wants=wants)
    with processes.several_processes(count):
        undo = install_faults(0)
        run(config, ended, ended.control)
        undo()
    return ended.facts()


def chain(dataset: Path, folder: Path) -> dict[str, Any]:
    """Train in 2 processes, resume in 1, then in 3; compare with 1 process throughout.

    Settings change during the run, and the first part of it is paused.
    """
    run_in(1, config_for(dataset, folder / "alone"))
    config = config_for(dataset, folder / "chain")
    facts = [
        run_in(2, config_for(dataset, folder / "chain", 2), wants="pause"),
        run_in(1, config_for(dataset, folder / "chain", 4), run=resume),
        run_in(3, config, run=resume),
    ]
    return {"facts": facts, "apart": apart(folder / "alone", folder / "chain")}


def faults(dataset: Path, folder: Path) -> dict[str, Any]:
    """Let a run in 2 processes suffer all that may happen to one; compare with one process.

    One process and then the other run out of memory in the middle of a step, a batch statistic
    becomes NaN, so that a checkpoint is loaded, and a process is killed. Then the run is resumed.
    """
    one, several = folder / "one", folder / "several"
    suffered = "memory 1 2, memory 0 3, nan 0 4, kill 1 6"
    facts = run_in(2, config_for(dataset, several), suffered, wants="save")
    run_in(1, config_for(dataset, one, 6), "split 0 2, split 0 3, nan 0 4", wants="save")
    at_kill = apart(one, several)
    for run in (one, several):
        run_in(1, config_for(dataset, run), run=resume)
    return {"facts": facts, "at kill": at_kill, "in the end": apart(one, several)}


def die(config: RunConfig) -> None:
    """Print the process ids of the other ranks, and be killed in the middle of a step."""
    started: list[int] = []
    popen = subprocess.Popen

    def note(*arguments: Any, **options: Any) -> Any:
        process = popen(*arguments, **options)
        started.append(process.pid)
        return process

    processes.subprocess.Popen = note  # pyright: ignore[reportAttributeAccessIssue]
    os.environ[FAULT] = "kill 0 2"
    with processes.several_processes(2):
        sys.stdout.write(f"{started[0]}\n")
        sys.stdout.flush()
        install_faults(0)
        train(config, Ended(), RunControl())


def install_faults(rank: int) -> Callable[[], None]:
    """Let this rank fail as ``FAULT`` says, each time once; return how to undo it."""
    faults = [fault.split() for fault in os.environ.get(FAULT, "").split(",") if fault]
    due = {int(step): kind for kind, where, step in faults if where == str(rank)}
    steps = cast("Any", GanStep)
    update, call = steps._update_generator, steps.__call__

    def fail_between(step: Any, micro_batches: Any, number: int) -> Any:
        kind = due.pop(number) if due.get(number, "split") != "split" else ""
        if kind in {"kill", "memory"}:
            fail(kind)
        report = update(step, micro_batches, number)
        if kind == "nan":
            next(step._state.generator.buffers()).fill_(torch.nan)
        return report

    def fail_before(step: Any, batch: Any, number: int) -> Any:
        if due.get(number) == "split":
            fail(due.pop(number))
        return call(step, batch, number)

    def undo() -> None:
        steps._update_generator, steps.__call__ = update, call

    steps._update_generator, steps.__call__ = fail_between, fail_before
    return undo


def fail(kind: str) -> None:
    """Be killed, or run out of memory."""
    if kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    raise torch.OutOfMemoryError("out of memory")


def apart(one: Path, other: Path) -> dict[str, Any]:
    """Compare the newest checkpoints of two runs: their names, and the largest difference.

    Moments are compared: weights that have no gradient, such as biases before a batch norm, are
    moved by rounding errors.
    """
    paths = [RunFolder(folder).newest_valid().path for folder in (one, other)]
    first, second = (read_tensors(path, "") for path in paths)
    moments = [name for name in first if name.endswith("exp_avg") and first[name].numel()]
    return {
        "names": [path.name for path in paths],
        "tensors": sorted(first.keys() ^ second.keys()),
        "moments": max(float((first[n] - second[n]).abs().max()) for n in moments),
        "all": max(
            float((first[n].double() - second[n].double()).abs().max())
            for n in first
            if first[n].numel() and not n.startswith("rng.")
        ),
    }


if __name__ == "__main__":
    main()
