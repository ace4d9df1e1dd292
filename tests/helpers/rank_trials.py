"""Takes the same training steps in one process and on two ranks, in float64, and compares them.

``compare(folder)`` starts the ranks and returns by trial how far they are apart. Each trial takes
some steps of a family; weights, moments, statistics and reports are compared.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from engine import ranks
from engine.control import RunControl
from engine.losses.adversarial import masked_mean
from engine.runs.folder import create_run_folder
from engine.train.batch_norm import use_rows_of_all_ranks
from engine.train.setup import TrainingSetup, set_up
from engine.train.state import GENERATOR
from tests.helpers.columns import four_column_dataset
from tests.helpers.float64 import use_float64
from tests.helpers.tiny import tiny_config, tiny_dataset, unpaired_dataset

RANKS, BATCH = 2, 16
STEPS = int(os.environ.get("DIPTYCH_TEST_STEPS", "5"))
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
    "hybrid, missing, streamed, micro-batches": Trial(
        "hybrid", "missing", 2, LABELS | {"data__storage": "streamed"}
    ),
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
    use_float64()
    alone = {n: steps(TRIALS[n], folder / f"{n} alone") for n in names if rank == 0}
    ranks.join(rank, RANKS, ranks.file_store(folder / "store", RANKS), None)
    ranks.connect(torch.device("cpu"), 0)
    found: dict[str, dict[str, float]] = {}
    found["formulas"] = {name: _largest(formula()) for name, formula in FORMULAS.items()}
    for name in names:
        mine = steps(TRIALS[name], folder / f"{name} {rank}")
        if rank == 0:
            found[name] = differences(alone[name], mine)
    ranks.leave()
    if rank == 0:
        (folder / "found.json").write_text(json.dumps(found), "utf-8")


# --------------------------------------------------------------------------
# What ranks exchange, against formulas on all rows.


def _largest(differences: Sequence[Tensor]) -> float:
    """Return the largest of the absolute differences that any rank has found."""
    own = torch.stack([difference.abs().max().to(torch.float64) for difference in differences])
    return float(ranks.stacked(own.max()).max())


def _rows(*shape: int) -> Tensor:
    """Draw the same rows on every rank."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def _previous_rows() -> list[Tensor]:
    rows, weights = _rows(8, 3).requires_grad_(), _rows(8, 4)[:, :3]
    own = ranks.own_rows(rows.detach()).requires_grad_()
    (gradient,) = torch.autograd.grad((rows.roll(1, 0) * weights).sum(), rows)
    taken = ranks.previous_rows(own)
    (own_gradient,) = torch.autograd.grad((taken * ranks.own_rows(weights)).sum(), own)
    masks = rows.detach() > 0
    return [
        taken.detach() - ranks.own_rows(rows.detach().roll(1, 0)),
        own_gradient - ranks.own_rows(gradient),
        (ranks.previous_rows(ranks.own_rows(masks)) != ranks.own_rows(masks.roll(1, 0))).float(),
    ]


def _all_rows() -> list[Tensor]:
    rows = _rows(6, 2)
    return [
        ranks.all_rows(ranks.own_rows(rows)) - rows,
        (ranks.all_rows(ranks.own_rows(rows > 0)) != (rows > 0)).float(),
    ]


def _masked_mean() -> list[Tensor]:
    values, masks = _rows(8, 2).unbind(1), (_rows(8, 3) > 0).unbind(1)
    own = [ranks.own_rows(mask) for mask in masks]
    ranks.count_together(own[:2])
    none = torch.zeros(4, dtype=torch.bool)
    return [
        *(
            ranks.total(masked_mean(ranks.own_rows(values[0]), mine)) - values[0][mask].mean()
            for mine, mask in zip(own, masks, strict=True)
        ),
        ranks.total(masked_mean(ranks.own_rows(values[0]), none)),
        ranks.total(ranks.mean(ranks.own_rows(values[1]))) - values[1].mean(),
    ]


def _add_up() -> list[Tensor]:
    given = [_rows(2, 3), _rows(4)[:0], _rows(5).to(torch.float32), torch.tensor(2.0)]
    summed = [tensor * (1 + ranks.rank()) for tensor in given]
    ranks.add_up(summed)
    factor = sum(range(1, RANKS + 1))
    return [
        (s - factor * g) for s, g in zip(summed, given, strict=True) if len(g.shape) != 1 or len(g)
    ]


def _broadcast() -> list[Tensor]:
    given = {"a": _rows(3, 2).T, "b": torch.tensor(7)}
    heard = ranks.broadcast_tensors(given if ranks.rank() == 0 else None)
    return [heard[name] - tensor for name, tensor in given.items()]


def _batch_norm(counts: Sequence[int], *, is_affine: bool) -> list[Tensor]:
    """Compare with PyTorch's batch norm of all rows, of which rank r has ``counts[r]``."""
    rows = _rows(sum(counts), 3, 4, 4).requires_grad_()
    weights = _rows(sum(counts), 3, 4, 4).flip(0)
    whole, own = (nn.BatchNorm2d(3, affine=is_affine) for _ in range(2))
    if is_affine:
        for norm in (whole, own):
            norm.weight.data = torch.tensor([1.0, -2.0, 0.5])
    use_rows_of_all_ranks(own)
    place = slice(sum(counts[: ranks.rank()]), sum(counts[: ranks.rank() + 1]))
    mine = rows.detach()[place].clone().requires_grad_()
    expected, made = whole(rows), own(mine)
    (expected * weights).sum().backward()
    (made * weights[place]).sum().backward()
    own_gradients = [weight.grad for weight in own.parameters() if weight.grad is not None]
    ranks.add_up(own_gradients)
    gradients = [weight.grad for weight in whole.parameters() if weight.grad is not None]
    of_rows = (mine.grad if mine.grad is not None else mine, rows.grad)
    assert of_rows[1] is not None
    differences = [
        torch.cat([(made - expected[place]).detach().flatten(), torch.zeros(1)]),
        torch.cat([(of_rows[0] - of_rows[1][place]).flatten(), torch.zeros(1)]),
        *(one - other for one, other in zip(own_gradients, gradients, strict=True)),
    ]
    statistics = zip(own.buffers(), whole.buffers(), strict=True)
    return differences + [(one - other).double() for one, other in statistics]


FORMULAS: dict[str, Callable[[], Sequence[Tensor]]] = {
    "previous rows": _previous_rows,
    "all rows": _all_rows,
    "masked mean": _masked_mean,
    "add up": _add_up,
    "broadcast": _broadcast,
    "batch norm": lambda: _batch_norm([4, 4], is_affine=True),
    "batch norm, uneven": lambda: _batch_norm([5, 2], is_affine=False),
    "batch norm, no rows": lambda: _batch_norm([6, 0], is_affine=True),
}


# --------------------------------------------------------------------------
# Training steps.


@dataclass(frozen=True, kw_only=True)
class Steps:
    """What the steps of a trial led to."""

    tensors: Mapping[str, Tensor]
    reports: Sequence[Mapping[str, Tensor]]
    without_gradient: frozenset[str]
    """Names of weights."""


def steps(trial: Trial, folder: Path) -> Steps:
    """Take the steps of a trial in a run folder of its own."""
    config = tiny_config(DATASETS[trial.dataset](folder / "data"), folder / "run")
    config = config.with_values(
        family=trial.family,
        **{"training__batch_size": BATCH, "training__reg_interval": 4, **trial.values},
    )
    run = set_up(config, create_run_folder(config), lambda _event: None, RunControl())
    run.step.num_micro_batches = trial.parts
    reports = [take(run, step) for step in range(STEPS)]
    run.loader.close()
    return Steps(
        tensors={n: t.detach().clone() for n, t in run.state.tensors().items()},
        reports=reports,
        without_gradient=frozenset(_without_gradient(run)),
    )


def take(run: TrainingSetup, step: int) -> dict[str, Tensor]:
    """Take one step as the training loop does."""
    report = run.step(run.batch(step), step)
    run.state.finish_step(run.settings.training)
    return {n: v.detach().clone() for t in (report.losses, report.metrics) for n, v in t.items()}


def _without_gradient(run: TrainingSetup) -> Iterator[str]:
    for prefix, trained in run.state.networks.items():
        for name, weight in trained.network.named_parameters():
            moments = trained.optimizer.state.get(weight, {})
            largest = [float(m.max()) for n, m in moments.items() if n == "exp_avg_sq" and len(m)]
            if not largest or largest[0] < NO_GRADIENT**2:
                yield f"{prefix}.{name}"
                if prefix == GENERATOR:
                    yield f"ema.{name}"


def differences(one: Steps, other: Steps) -> dict[str, float]:
    """Return the largest absolute differences of tensors and of reports.

    The running mean of a batch norm moves with the bias before it, so it counts for itself.
    """
    if one.tensors.keys() != other.tensors.keys():
        raise RuntimeError(f"other tensors: {one.tensors.keys() ^ other.tensors.keys()}")
    apart = {name: _apart(tensor, other.tensors[name]) for name, tensor in one.tensors.items()}
    means = {name for name in apart if name.endswith("running_mean")}
    counted = apart.keys() - one.without_gradient - means
    worst = max(counted, key=lambda name: apart[name])
    if apart[worst] > 1e-10:
        sys.stderr.write(f"{worst}: {apart[worst]:.1e}\n")
    reports = [
        _apart(first[name], second[name])
        for first, second in zip(one.reports, other.reports, strict=True)
        for name in first.keys() | second.keys()
    ]
    return {
        "tensors": apart[worst],
        "running means": max((apart[name] for name in means), default=0.0),
        "reports": max(reports),
        "share": len(counted) / len(apart),
    }


def _apart(one: Tensor, other: Tensor) -> float:
    return float((one.double() - other.double()).abs().max()) if one.numel() else 0.0


if __name__ == "__main__":
    main()
