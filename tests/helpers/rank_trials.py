"""Takes the same training steps in one process and on two ranks, in float64, and compares them.

``compare(folder)`` starts the ranks and returns by trial how far they are apart. Each trial takes
20 steps of a family; weights, moments, statistics and reports are compared.
"""

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from engine import ranks
from engine.control import RunControl
from engine.runs.folder import create_run_folder
from engine.train.setup import TrainingSetup, set_up
from engine.train.state import update_ema
from tests.helpers.columns import four_column_dataset
from tests.helpers.tiny import tiny_config, tiny_dataset, unpaired_dataset

RANKS, STEPS, BATCH = 2, 20, 16
PATIENCE_S = 300
NO_GRADIENT = 1e-12
"""A weight whose gradients are smaller has none but rounding errors, such as a bias before a batch
norm; Adam turns them into steps of any size."""


@dataclass(frozen=True)
class Trial:
    """What is trained."""

    family: str
    dataset: str = "whole"
    parts: int = 1
    values: Mapping[str, Any] = field(default_factory=dict)


DATASETS: dict[str, Callable[[Path], Path]] = {
    "whole": tiny_dataset,
    "missing": unpaired_dataset,
    "four": four_column_dataset,
}
LABELS = {"training__pseudo_label_threshold": 0.2}
ADA = {"data__augmentation": "ada"}
TRIALS = {
    "hybrid": Trial("hybrid"),
    "hybrid, missing, ada": Trial("hybrid", "missing", values=LABELS | ADA),
    "hybrid, missing, micro-batches": Trial("hybrid", "missing", 2, LABELS),
    "hybrid, token ids, relativistic, r1-r2": Trial(
        "hybrid",
        values={
            "networks__text_encoding": "token-ids",
            "training__adversarial_loss": "relativistic",
            "training__regularizer": "r1-r2",
        },
    ),
    "hybrid, hinge, batch norm, diffaugment": Trial(
        "hybrid",
        values={
            "training__adversarial_loss": "hinge",
            "training__regularizer": "spectral-norm",
            "networks__discriminator_norm": "batch",
            "data__augmentation": "diffaugment",
        },
    ),
    "hybrid, four columns": Trial(
        "hybrid",
        "four",
        values=LABELS | {"training__reading_weight": 0.1, "training__redescription_weight": 0.1},
    ),
    "hybrid, modulated": Trial("hybrid", values={"networks__architecture": "modulated"}),
    "adversarial, missing": Trial("adversarial", "missing", values=LABELS | ADA),
    "adversarial, four columns": Trial("adversarial", "four", values=ADA),
    "adversarial, text first": Trial(
        "adversarial",
        values={
            "networks__generation_order": "text-first",
            "training__mismatched_pairs": "always",
            "training__text_relaxation": "soft",
        },
    ),
    "adversarial, wasserstein": Trial(
        "adversarial",
        values={
            "training__adversarial_loss": "wasserstein",
            "training__regularizer": "gradient-penalty",
            "training__d_steps": 2,
        },
    ),
    "joint-dense": Trial(
        "adversarial",
        "missing",
        values={
            "networks__architecture": "joint-dense",
            "training__adversarial_loss": "saturating",
        },
    ),
    "mvae, missing": Trial("mvae", "missing", 2),
    "mvae, four columns": Trial("mvae", "four"),
    "mopoe, missing": Trial("mopoe", "missing"),
}


def compare(folder: Path) -> dict[str, dict[str, float]]:
    """Run all trials; return by trial the largest differences."""
    environment = {**os.environ, "GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.helpers.rank_trials", str(folder)]
    processes = [
        subprocess.Popen([*command, str(rank)], env=environment, cwd=Path(__file__).parents[2])
        for rank in range(RANKS)
    ]
    try:
        codes = [process.wait(PATIENCE_S) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    if any(codes):
        raise RuntimeError(f"the ranks ended with {codes}")
    return json.loads((folder / "found.json").read_text("utf-8"))


def main() -> None:
    """Take part as one rank; the first also takes the steps of a single process, before."""
    folder, rank = Path(sys.argv[1]), int(sys.argv[2])
    names = sys.argv[3:] or list(TRIALS)
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    # Conversions to float32 would hide differences below 1e-7.
    torch.Tensor.float = lambda tensor: tensor.to(  # pyright: ignore[reportAttributeAccessIssue]
        torch.float32 if tensor.dtype == torch.bool else torch.float64
    )
    alone = (
        {name: steps(TRIALS[name], folder / f"{name} alone") for name in names} if rank == 0 else {}
    )
    ranks.join(rank, RANKS)
    store = dist.FileStore(str(folder / "store"), RANKS)
    ranks.connect(store, torch.device("cpu"))
    found: dict[str, dict[str, float]] = {}
    for name in names:
        mine = steps(TRIALS[name], folder / f"{name} {rank}")
        if rank == 0:
            found[name] = differences(alone[name], mine)
    ranks.leave()
    if rank == 0:
        (folder / "found.json").write_text(json.dumps(found), "utf-8")


Steps = tuple[dict[str, Tensor], list[dict[str, Tensor]]]


def steps(trial: Trial, folder: Path) -> Steps:
    """Take steps; return the tensors after them, and the report of each."""
    config = tiny_config(DATASETS[trial.dataset](folder / "data"), folder / "run")
    config = config.with_values(
        family=trial.family,
        **{"training__batch_size": BATCH, "training__reg_interval": 4, **trial.values},
    )
    run = set_up(config, create_run_folder(config), lambda _event: None, RunControl())
    run.step.num_micro_batches = trial.parts
    reports = [take(run, step) for step in range(STEPS)]
    return {n: t.detach().clone() for n, t in run.state.tensors().items()}, reports


def take(run: TrainingSetup, step: int) -> dict[str, Tensor]:
    """Take one step as the training loop does."""
    training = run.settings.training
    report = run.step(run.batch(step), step)
    update_ema(
        run.state.ema,
        run.state.generator,
        images_seen=(step + 1) * training.batch_size,
        batch=training.batch_size,
        half_life=training.ema_half_life,
    )
    return {n: v.detach().clone() for t in (report.losses, report.metrics) for n, v in t.items()}


def differences(alone: Steps, several: Steps) -> dict[str, float]:
    """Return the largest absolute differences of tensors and of reports."""
    (one, ours), (other, theirs) = alone, several
    if one.keys() != other.keys() or [r.keys() for r in ours] != [r.keys() for r in theirs]:
        return {"tensors": math.inf, "reports": math.inf}
    return {
        "tensors": max(_apart(one[n], other[n]) for n in one if not _is_noise(n, one)),
        "moments": max(
            _apart(one[n], other[n]) for n in one if n.endswith(("exp_avg", "exp_avg_sq"))
        ),
        "reports": max(
            _apart(a[name], b[name]) for a, b in zip(ours, theirs, strict=True) for name in a
        ),
        "worst": max((_apart(one[n], other[n]), n) for n in one if not _is_noise(n, one))[1],
    }


def _apart(one: Tensor, other: Tensor) -> float:
    return float((one.double() - other.double()).abs().max()) if one.numel() else 0.0


def _is_noise(name: str, tensors: Mapping[str, Tensor]) -> bool:
    return False


if __name__ == "__main__":
    main()
