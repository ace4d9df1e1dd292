"""Two times N steps are N steps, a checkpoint, a new process and N steps: bit for bit."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from engine.config.presets import PRESETS
from engine.config.sections import ADVERSARIAL_FAMILIES, ADVERSARIAL_LOSSES, FAMILIES, REGULARIZERS
from engine.control import RunControl
from engine.events import MetricsReported, Outcome, RunEnded
from engine.runs.checkpoint import read_tensors
from engine.runs.checkpoint_files import read_metadata
from engine.runs.folder import RunFolder
from engine.train import metrics
from engine.train.run import train
from tests.helpers.columns import four_column_dataset
from tests.helpers.tiny import tiny_config, tiny_dataset

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
IMAGES, BATCH, LEFT_AT_STEP = 64, 8, 3
INTERVAL = 4
"""Of the penalty: the run is left in the middle of one."""
KINDS = {
    **{
        f"{family} {loss}": {
            "family": family,
            "training__adversarial_loss": loss,
            # A new run may not join the Wasserstein loss and R1.
            "training__regularizer": "gradient-penalty" if loss == "wasserstein" else "r1",
        }
        for family in ADVERSARIAL_FAMILIES
        for loss in ADVERSARIAL_LOSSES
    },
    **{
        f"hybrid {regularizer}": {"training__regularizer": regularizer}
        for regularizer in REGULARIZERS
        if regularizer != "r1"
    },
    "hybrid ada": {"data__augmentation": "ada"},
    "hybrid diffaugment": {"data__augmentation": "diffaugment"},
    "adversarial ada, two turns": {
        "family": "adversarial",
        "data__augmentation": "ada",
        "training__d_steps": 2,
    },
    "adversarial, text first": {
        "family": "adversarial",
        "networks__generation_order": "text-first",
        "training__text_relaxation": "soft",
    },
    **{
        f"{preset.name} preset": {
            "family": preset.family,
            "networks__architecture": preset.networks.architecture,
            **{
                f"training__{name}": getattr(preset.training, name)
                for name in (
                    *("adversarial_loss", "regularizer", "mismatched_pairs", "ema_half_life"),
                    *("learning_rate", "final_learning_rate", "beta1", "beta2"),
                )
            },
        }
        for preset in (PRESETS["textbook"], PRESETS["minimax-2014"])
    },
    "joint-dense, ada, mismatches": {
        "family": "adversarial",
        "networks__architecture": "joint-dense",
        "data__augmentation": "ada",
    },
    "hybrid wasserstein, all mismatches": {
        "training__adversarial_loss": "wasserstein",
        "training__regularizer": "gradient-penalty",
        "training__mismatched_pairs": "always",
        "training__penalty_scale": "spread",
    },
    "hybrid balanced": {"data__class_balance": 1.0},
    "hybrid token ids": {"networks__text_encoding": "token-ids"},
    "hybrid bag of words": {
        "networks__text_encoding": "token-ids",
        "networks__text_encoder": "bag-of-words",
    },
    "hybrid transformer": {
        "networks__text_encoding": "token-ids",
        "networks__text_encoder": "transformer",
    },
    "mvae": {"family": "mvae"},
    "mvae warming up": {"family": "mvae", "variational__kl_warmup_images": 40.0},
    "mopoe": {"family": "mopoe"},
    "hybrid modulated, text rate": {
        "networks__architecture": "modulated",
        "networks__output_filter": "low-pass",
        "training__text_learning_rate": 4e-3,
    },
    "mvae modulated": {"family": "mvae", "networks__architecture": "modulated"},
}
WIDE_KINDS = {
    "wide hybrid": {"data__augmentation": "ada"},
    "wide adversarial modulated": {
        "family": "adversarial",
        "networks__architecture": "modulated",
        "data__augmentation": "diffaugment",
    },
    "wide mvae dense": {"family": "mvae", "networks__architecture": "dense"},
    "wide mopoe": {"family": "mopoe"},
}
"""On images of 32 x 18 pixels."""
FOUR_COLUMN_KINDS = {
    "four columns, hybrid": {"data__augmentation": "ada"},
    "four columns, adversarial": {"family": "adversarial", "data__augmentation": "diffaugment"},
    "four columns, adversarial, text first": {
        "family": "adversarial",
        "networks__generation_order": "text-first",
    },
    "four columns, token ids": {"networks__text_encoding": "token-ids"},
    "four columns, modulated": {"networks__architecture": "modulated"},
    "four columns, mvae": {"family": "mvae"},
    "four columns, mopoe": {"family": "mopoe"},
}
"""On items with a picture, a text, a sound and a row, of which some lack two."""
KINDS |= WIDE_KINDS | FOUR_COLUMN_KINDS


def config_of(dataset: Path, run: Path, kind: str):
    config = tiny_config(dataset, run, images=IMAGES)
    # A slow machine must not save in between.
    return config.with_values(
        training__reg_interval=INTERVAL,
        reporting__evaluate_every_s=0.0,
        reporting__checkpoint_every_s=600.0,
        **KINDS[kind],
    )


def left_in_the_middle(config) -> None:
    control, events = RunControl(), []

    def emit(event):
        events.append(event)
        is_there = isinstance(event, MetricsReported)
        if is_there and event.progress.images_seen == LEFT_AT_STEP * BATCH:
            control.request_stop()

    train(config, emit, control)
    assert isinstance(events[-1], RunEnded)
    assert events[-1].outcome is Outcome.STOPPED, events[-1].error


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Train every kind straight and in two parts, the second parts in another process."""
    folder = tmp_path_factory.mktemp("runs")
    squares = tiny_dataset(folder / "data")
    wide = tiny_dataset(folder / "wide", size=18, width=32)
    four = four_column_dataset(folder / "four")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(metrics, "INTERVAL_S", 0.0)
        for kind in KINDS:
            dataset = wide if kind in WIDE_KINDS else four if kind in FOUR_COLUMN_KINDS else squares
            train(
                config_of(dataset, folder / "straight" / kind, kind), lambda _e: None, RunControl()
            )
            left_in_the_middle(config_of(dataset, folder / "broken" / kind, kind))
    broken = [str(folder / "broken" / kind) for kind in KINDS]
    command = [sys.executable, "-m", "tests.helpers.resume_runs", *broken]
    subprocess.run(command, cwd=ROOT, check=True)
    return folder


@pytest.mark.parametrize("kind", KINDS)
def test_that_a_run_in_two_processes_equals_one_in_one(runs, kind):
    broken = RunFolder(runs / "broken" / kind)
    first, last = broken.checkpoint_paths()
    assert read_metadata(first).step % INTERVAL == LEFT_AT_STEP % INTERVAL != 0
    one = read_tensors(RunFolder(runs / "straight" / kind).latest_checkpoint(), "")
    other = read_tensors(last, "")
    assert one.keys() == other.keys()
    assert [name for name in one if not torch.equal(one[name], other[name])] == []


def test_that_every_family_and_every_objective_is_among_them():
    loss = "training__adversarial_loss"
    kinds = {(k.get("family", "hybrid"), k.get(loss)) for k in KINDS.values()}
    losses = {(family, loss) for family in ADVERSARIAL_FAMILIES for loss in ADVERSARIAL_LOSSES}
    assert losses <= kinds
    assert set(FAMILIES) == {family for family, _loss in kinds}


def test_that_an_augmentation_that_adapts_is_in_the_middle_of_it(runs):
    (first, _last) = RunFolder(runs / "broken" / "hybrid ada").checkpoint_paths()
    tensors = read_tensors(first, "augmenter.image.")
    assert tensors["sign_count"] > 0
    assert tensors["pending_images"] == LEFT_AT_STEP * BATCH
