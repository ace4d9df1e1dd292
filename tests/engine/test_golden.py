"""Golden figures: 20 steps of every family, every example dataset and every kind of import.

They change only on purpose. ``python -m tests.engine.test_golden`` writes them again; whoever does
so says in the change why they had to move.
"""

import hashlib
import json
import math
import re
import sys
import tempfile
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch

import resources
from engine.cli.main import main as main_command
from engine.config.presets import PRESETS
from engine.control import RunControl
from engine.data.columns import ArrayColumn
from engine.data.manifest import read_manifest
from engine.data.starters import STARTERS
from engine.data.store import open_dataset
from engine.runs.folder import create_run_folder
from engine.starters.build import build_starter
from engine.train.lr_schedule import learning_rate
from engine.train.setup import set_up
from engine.train.state import update_ema
from tests.helpers.sources import SOURCES
from tests.helpers.tiny import tiny_config, tiny_dataset, unpaired_dataset

FIGURES = Path(__file__).parents[1] / "golden" / "figures.json"
STEPS, PARTS = 20, 8
REL_TOL, ABS_TOL = 1e-4, 2e-5
"""Processors round differently: after 20 steps the losses of an AVX2 and of an AVX-512 machine
differ by up to 5e-5, and a penalty of 0.016 by 1.3e-5.
"""
ROUNDED = frozenset({"spoken-digits", "notes", "road-scenes", "cell-cases"})
"""Example datasets whose bytes differ between processors: sines of an AVX2 and of an AVX-512
machine differ in the last digit, and after rounding one value in ten thousand of the sounds and
one in a million of the pixels by 1 or 2.
"""
COLOUR = PRESETS["cpu-colour"]
RUNS: dict[str, dict[str, Any]] = {
    "hybrid": {"family": "hybrid"},
    "hybrid, unpaired": {"family": "hybrid"},
    "hybrid, ada, r1-r2": {
        "family": "hybrid",
        "data__augmentation": "ada",
        "training__regularizer": "r1-r2",
        "training__adversarial_loss": "relativistic",
    },
    "hybrid, token ids": {"family": "hybrid", "networks__text_encoding": "token-ids"},
    "hybrid, transformer": {
        "family": "hybrid",
        "networks__text_encoding": "token-ids",
        "networks__text_encoder": "transformer",
    },
    "adversarial": {"family": "adversarial"},
    "adversarial, text first": {
        "family": "adversarial",
        "networks__generation_order": "text-first",
        "training__mismatched_pairs": "always",
    },
    "adversarial, wasserstein": {
        "family": "adversarial",
        "training__adversarial_loss": "wasserstein",
        "training__regularizer": "gradient-penalty",
        "training__d_steps": 2,
    },
    "mvae": {"family": "mvae"},
    "mopoe": {"family": "mopoe"},
    "mopoe, unpaired": {"family": "mopoe"},
    "joint-dense": {
        "family": "adversarial",
        "networks__architecture": "joint-dense",
        "training__regularizer": "none",
        "training__mismatched_pairs": "never",
        "training__ema_half_life": 0.0,
    },
    "joint-dense, saturating, r1": {
        "family": "adversarial",
        "networks__architecture": "joint-dense",
        "training__adversarial_loss": "saturating",
    },
    # The preset's architecture and rates on tiny networks.
    "preset cpu-colour": {
        "preset": "cpu-colour",
        "networks__architecture": COLOUR.networks.architecture,
        "networks__context_norm": COLOUR.networks.context_norm,
        "networks__output_filter": COLOUR.networks.output_filter,
        "training__learning_rate": COLOUR.training.learning_rate,
        "training__final_learning_rate": COLOUR.training.final_learning_rate,
        "training__text_learning_rate": COLOUR.training.text_learning_rate,
        "training__penalty_weight": COLOUR.training.penalty_weight,
    },
}


def losses_of_run(folder: Path, name: str) -> dict[str, list[float | None]]:
    """Take 20 steps on the CPU in fp32; give each loss by step, to 6 digits."""
    build = unpaired_dataset if name.endswith("unpaired") else tiny_dataset
    config = tiny_config(build(folder / "data"), folder / "run", images=8 * STEPS)
    config = config.with_values(training__precision="fp32", **RUNS[name])
    losses: list[dict[str, float]] = []
    control = RunControl()
    run = set_up(config, create_run_folder(config), lambda _event: None, control)
    training = run.config.training
    for step in range(STEPS):
        run.state.set_learning_rate(learning_rate(training, step / STEPS))
        report = run.step(run.batch(step), step)
        losses.append({name: float(value) for name, value in report.losses.items()})
        seen = (step + 1) * training.batch_size
        update_ema(
            run.state.ema,
            run.state.generator,
            images_seen=seen,
            batch=training.batch_size,
            half_life=training.ema_half_life,
        )
    names = sorted({name for row in losses for name in row})
    table: dict[str, list[float | None]] = {
        name: [rounded(row[name]) if name in row else None for row in losses] for name in names
    }
    for part, network in (("generator", run.state.generator), ("ema", run.state.ema)):
        weights = torch.cat([weight.detach().flatten() for weight in network.parameters()])
        table[f"{part} weights"] = [rounded(float(weights.abs().double().mean()))]
    return table


def rounded(value: float) -> float:
    """Keep six significant digits."""
    return float(f"{value:.6g}")


def starter_figures(folder: Path, name: str) -> dict[str, Any]:
    """Build an example dataset; give its content hash, or digest and figures in place of it.

    Of ``ROUNDED`` it is the digest of the records, and mean absolute values of eight parts of each
    array.
    """
    dataset = open_dataset(build_starter(name, resources.starters_folder(), folder))
    if name not in ROUNDED:
        return {"version": dataset.manifest.version}
    records = json.dumps(_to_six_digits([*dataset.records]), sort_keys=True)
    figures: dict[str, Any] = {"records": hashlib.sha256(records.encode()).hexdigest()[:16]}
    for column in dataset.columns.values():
        if isinstance(column, ArrayColumn):
            parts = np.array_split(np.asarray(column.values), PARTS)
            means = [rounded(float(np.abs(part.astype(np.float64)).mean())) for part in parts]
            figures[column.name] = [*column.values.shape, *means]
    return figures


def _to_six_digits(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _to_six_digits(item) for name, item in cast("Any", value).items()}
    if isinstance(value, list | tuple):
        return [_to_six_digits(item) for item in cast("Any", value)]
    return rounded(value) if isinstance(value, float) else value


def import_hash(folder: Path, kind: str) -> str:
    """Import a small source and give the dataset's content hash."""
    make, _format = SOURCES[kind]
    command = ["import", str(make(folder / "source")), "--dataset", str(folder / "dataset")]
    assert main_command(command) == 0
    return read_manifest(folder / "dataset").version


GOLDEN: dict[str, Any] = json.loads(FIGURES.read_text("utf-8")) if FIGURES.exists() else {}


@pytest.mark.parametrize("name", RUNS)
def test_that_twenty_steps_give_the_golden_losses(tmp_path, name):
    found, golden = losses_of_run(tmp_path, name), GOLDEN["losses"][name]
    assert found.keys() == golden.keys()
    for loss, values in golden.items():
        for step, (value, expected) in enumerate(zip(found[loss], values, strict=True)):
            place = f"{loss} at step {step}"
            if expected is None or value is None:
                assert value is expected, place
            else:
                assert math.isclose(value, expected, rel_tol=REL_TOL, abs_tol=ABS_TOL), place


@pytest.mark.parametrize("name", STARTERS)
def test_that_an_example_dataset_has_its_golden_figures(starters_folder, name):
    found, golden = starter_figures(starters_folder, name), GOLDEN["starters"][name]
    assert found.keys() == golden.keys()
    for exact in found.keys() & {"version", "records"}:
        assert found.pop(exact) == golden[exact]
    for column, values in found.items():
        assert values == pytest.approx(golden[column], rel=REL_TOL), column


@pytest.mark.parametrize("kind", SOURCES)
def test_that_an_import_has_its_golden_hash(tmp_path, kind):
    assert import_hash(tmp_path, kind) == GOLDEN["imports"][kind]


def main() -> None:
    """Write the figures as the code gives them now."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures = {
            "losses": {run: losses_of_run(folder / "losses" / run, run) for run in RUNS},
            "starters": {n: starter_figures(folder / "starters", n) for n in STARTERS},
            "imports": {kind: import_hash(folder / "imports" / kind, kind) for kind in SOURCES},
        }
    FIGURES.parent.mkdir(exist_ok=True)
    text = json.dumps(figures, indent=1, ensure_ascii=False)
    FIGURES.write_text(_one_line_lists(text) + "\n", "utf-8")
    sys.stdout.write(f"{FIGURES}\n")


def _one_line_lists(text: str) -> str:
    """Put each list of numbers onto one line."""
    return re.sub(r"\[[^\[\]]*\]", lambda found: " ".join(found[0].split()), text)


if __name__ == "__main__":
    main()
