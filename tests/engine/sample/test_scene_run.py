"""The run that a scene is from is found by its settings, by its name, or not at all."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.config.toml import config_hash
from engine.runs.checkpoint import write_checkpoint
from engine.runs.folder import RunFolder, create_run_folder, write_model
from engine.runs.metadata import ModelMetadata
from engine.sample.scene import Noise, Scene
from engine.sample.scene_file import SavedScene
from engine.sample.scene_run import SceneRun, find_run, is_from
from tests.helpers.run_folders import facts_at, some_tensors
from tests.helpers.tiny import tiny_config, tiny_facts


def make_run(folder: Path, seed: int, *images: int, dataset: str = "tiny") -> RunFolder:
    run = create_run_folder(tiny_config(folder.parent / "data", folder, seed=seed))
    write_model(
        run, ModelMetadata(dataset=dataset, dataset_version="ff00", columns=tiny_facts().columns)
    )
    for count in images:
        write_checkpoint(run.checkpoint_path(count), some_tensors(), facts_at(count))
    return run


def saved_by(run: RunFolder, images_seen: int) -> SavedScene:
    return SavedScene(
        scene=Scene(noise=Noise.from_seed(1)),
        run=run.path.name,
        dataset="tiny",
        config_hash=config_hash(run.read_config()),
        checkpoint="newest",
        images_seen=images_seen,
    )


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    make_run(tmp_path / "runs" / "first", 1, 100)
    make_run(tmp_path / "runs" / "second", 2, 100, 200)
    damaged = make_run(tmp_path / "runs" / "a-damaged-one", 3)
    damaged.config_file.write_text("no TOML = = 1")
    return tmp_path / "runs"


def test_that_a_run_is_found_with_the_weights_of_the_scene(runs: Path):
    second = RunFolder(runs / "second")
    found = find_run(saved_by(second, 100), [runs])
    assert found == SceneRun(
        folder=second.path, checkpoint="checkpoint-000000000100", has_weights=True
    )
    # After retention has deleted them, the newest are the nearest.
    gone = find_run(saved_by(second, 150), [runs])
    assert gone == SceneRun(folder=second.path, checkpoint="newest", has_weights=False)


def test_that_the_best_checkpoint_counts_by_what_it_has_seen(runs: Path):
    second = RunFolder(runs / "second")
    write_checkpoint(second.best_path("kid"), some_tensors(), facts_at(150))
    found = find_run(saved_by(second, 150), [runs])
    assert found is not None
    assert (found.checkpoint, found.has_weights) == ("best-kid", True)


def test_that_a_renamed_run_is_known_by_its_settings(runs: Path):
    saved = saved_by(RunFolder(runs / "second"), 200)
    (runs / "second").rename(runs / "other")
    # Another run has the name now: settings count more than a name.
    make_run(runs / "second", 4, 200)
    found = find_run(saved, [runs])
    assert found is not None
    assert found.folder == runs / "other"
    assert is_from(saved, runs / "other")
    assert not is_from(saved, runs / "first")


def test_that_a_run_whose_settings_have_changed_is_known_by_its_name(runs: Path):
    saved = replace(saved_by(RunFolder(runs / "second"), 200), config_hash="0" * 12)
    found = find_run(saved, [runs])
    assert found is not None
    assert found.folder == runs / "second"


def test_that_a_run_with_the_same_settings_on_another_dataset_is_another(runs: Path):
    saved = replace(saved_by(RunFolder(runs / "second"), 200), dataset="other")
    assert find_run(saved, [runs]) is None
    assert not is_from(saved, runs / "second")
    make_run(runs / "third", 2, 200, dataset="other")
    found = find_run(saved, [runs])
    assert found is not None
    assert found.folder == runs / "third"


def test_that_a_run_elsewhere_is_found_last_and_a_missing_one_never(runs: Path, tmp_path: Path):
    saved = saved_by(RunFolder(runs / "second"), 200)
    copy = make_run(tmp_path / "elsewhere" / "second", 2)
    places = [tmp_path / "nowhere", copy.path.parent, runs]
    found = find_run(saved, places)
    assert found is not None
    assert found.folder == copy.path
    assert find_run(replace(saved, run="third", config_hash="0" * 12), places) is None
