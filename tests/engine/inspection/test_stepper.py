"""Steps on a copy are the steps of the run, whole or in halves, bit for bit."""

from pathlib import Path

import pytest
import torch

from engine.control import RunControl
from engine.errors import DatasetChangedError
from engine.events import MetricsReported
from engine.inspection.networks import read_snapshot
from engine.inspection.results import Measure, Part
from engine.inspection.stepper import Stepper
from engine.runs.checkpoint import Snapshot, read_tensors
from engine.runs.checkpoint_files import read_metadata
from engine.runs.folder import RunFolder
from engine.train import metrics
from engine.train.run import train
from tests.helpers.columns import four_column_dataset
from tests.helpers.tiny import tiny_config, tiny_dataset

BATCH, SAVED_AT, STEPS = 8, 3, 6
KINDS = {
    "hybrid": {},
    "hybrid, ada": {"data__augmentation": "ada"},
    "hybrid, spectral norm": {"training__regularizer": "spectral-norm"},
    "adversarial, ada, generator in every second step": {
        "family": "adversarial",
        "data__augmentation": "ada",
        "training__d_steps": 2,
    },
    "modulated": {"networks__architecture": "modulated"},
    "joint-dense": {"family": "adversarial", "networks__architecture": "joint-dense"},
    "mvae": {"family": "mvae"},
    "few items, some without a text": {"data__max_items": 12, "data__complete_fraction": 0.5},
    "four columns": {"data__augmentation": "ada"},
}
GANS = [kind for kind in KINDS if kind != "mvae"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train every kind for six steps, with a checkpoint after the third."""
    folder = tmp_path_factory.mktemp("runs")
    plain, four = tiny_dataset(folder / "data"), four_column_dataset(folder / "four")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(metrics, "INTERVAL_S", 0.0)
        for kind, changes in KINDS.items():
            config = tiny_config(
                four if kind == "four columns" else plain, folder / kind, images=STEPS * BATCH
            )
            _train(config.with_values(reporting__checkpoint_every_s=600.0, **changes))
    return folder


def _train(config) -> None:
    control = RunControl()

    def emit(event: object) -> None:
        is_there = isinstance(event, MetricsReported)
        if is_there and event.progress.images_seen == SAVED_AT * BATCH:
            control.request_checkpoint()

    train(config, emit, control)


def first_snapshot(run: Path) -> Snapshot:
    path, _last = RunFolder(run).checkpoint_paths()
    return Snapshot(tensors=read_tensors(path, ""), metadata=read_metadata(path))


def stepper(run: Path) -> Stepper:
    return Stepper(run, first_snapshot(run), RunControl())


def differing(copied: Stepper, run: Path) -> list[str]:
    """Name the tensors of a copy that differ from those of the run's last checkpoint."""
    last = read_tensors(RunFolder(run).latest_checkpoint(), "")
    return [
        name for name, tensor in copied.tensors().items() if not torch.equal(tensor, last[name])
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_that_whole_steps_are_those_of_the_run(runs: Path, kind: str):
    copied = stepper(runs / kind)
    assert differing(copied, runs / kind), "it starts from the third step"
    views = [copied.take(Part.WHOLE) for _step in range(SAVED_AT, STEPS)]
    assert differing(copied, runs / kind) == []
    assert [view.number for view in views] == [3, 4, 5]
    assert views[-1].images_seen == STEPS * BATCH
    assert all(view.is_exact for view in views)


@pytest.mark.parametrize("kind", GANS)
def test_that_two_halves_are_a_step_of_the_run(runs: Path, kind: str):
    copied = stepper(runs / kind)
    trains_generator = copied.take(Part.DISCRIMINATOR).trains_generator
    for number in range(SAVED_AT, STEPS):
        if number > SAVED_AT:
            trains_generator = copied.take(Part.DISCRIMINATOR).trains_generator
        if trains_generator:
            assert copied.take(Part.GENERATOR).is_exact
    assert differing(copied, runs / kind) == []


@pytest.mark.parametrize("part", [Part.DISCRIMINATOR, Part.GENERATOR])
def test_that_a_half_changes_its_network_alone(runs: Path, part: Part):
    copied = stepper(runs / "hybrid, ada")
    before = {name: tensor.clone() for name, tensor in copied.tensors().items()}
    view = copied.take(part)
    other = {Part.DISCRIMINATOR: "generator.", Part.GENERATOR: "discriminator."}[part]
    after = copied.tensors()
    assert all(torch.equal(before[n], after[n]) for n in before if n.startswith(other))
    assert [*view.changes] == [part.value]
    weights = [n for n in before if n.startswith(f"{part.value}.") and "running" not in n]
    moved = sum(
        float((after[n] - before[n]).square().sum())
        for n in weights
        if before[n].is_floating_point()
    )
    assert view.changes[part.value].norm == pytest.approx(moved**0.5, rel=1e-4)
    assert view.before.generated_logits != view.after.generated_logits
    if part is Part.DISCRIMINATOR:
        assert (view.before.tiles == view.after.tiles).all()
        assert view.max_change == 0
    else:
        assert view.max_change > 0
        assert view.tile_change.max() == 255


def test_that_other_orders_are_not_the_runs(runs: Path):
    copied = stepper(runs / "hybrid")
    assert copied.take(Part.DISCRIMINATOR).is_exact
    view = copied.take(Part.DISCRIMINATOR)
    assert not view.is_exact, "a discriminator's half twice"
    assert view.number == SAVED_AT + 1, "on the next batch"
    assert not copied.take(Part.GENERATOR).is_exact, "once left, the run is not met again"
    again = stepper(runs / "hybrid")
    assert not again.take(Part.GENERATOR).is_exact, "a generator's half alone"


def test_that_the_copy_leaves_the_run_as_it_is(runs: Path):
    run = runs / "hybrid"
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
    snapshot = read_snapshot(run)
    kept = {name: tensor.clone() for name, tensor in snapshot.tensors.items()}
    Stepper(run, snapshot, RunControl()).take(Part.WHOLE)
    assert {path: path.stat().st_mtime_ns for path in run.rglob("*")} == before
    assert all(torch.equal(tensor, snapshot.tensors[name]) for name, tensor in kept.items())


def test_that_a_family_without_a_discriminator_takes_whole_steps(runs: Path):
    copied = stepper(runs / "mvae")
    view = copied.take(Part.WHOLE)
    assert not view.has_discriminator
    assert view.measure is Measure.NATS
    assert [*view.changes] == ["generator"]
    assert view.before.losses == {}
    with pytest.raises(ValueError, match="whole steps"):
        copied.take(Part.DISCRIMINATOR)


def test_that_a_changed_dataset_is_refused(runs: Path, tmp_path: Path):
    other = tiny_dataset(tmp_path / "other", pairs=32)
    run = RunFolder(runs / "hybrid")
    config = run.read_config()
    run.write_config(config.with_values(dataset=other))
    try:
        with pytest.raises(DatasetChangedError):
            stepper(runs / "hybrid")
    finally:
        run.write_config(config)
