"""Exported models: sampled by their own program, opened again, and refused where damaged."""

import ast
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from engine.config.sections import FAMILIES
from engine.control import RunControl
from engine.data.audio_files import read_audio
from engine.data.table_codec import Cells
from engine.data.waveform import Sounds
from engine.errors import (
    CheckpointCorruptError,
    CheckpointMissingError,
    ConfigError,
    FolderInUseError,
    RunMissingError,
    StoppedError,
)
from engine.events import RunEnded
from engine.exporting.model import export_model
from engine.runs.exported import is_exported
from engine.runs.listing import read_run, run_folders
from engine.runs.status import Status
from engine.sample.load import encode_texts, load_run
from engine.sample.sampler import Samples
from engine.train.run import resume, train
from tests.helpers.columns import four_column_dataset
from tests.helpers.run_folders import stored_run
from tests.helpers.stand_alone import pixels, sample
from tests.helpers.tiny import text_facts, tiny_config, tiny_dataset

CPU = torch.device("cpu")


def trained(folder: Path, data: Path, **values) -> Path:
    """Train a run for an instant."""
    config = tiny_config(data, folder / "run").with_values(images=16, minutes=0, **values)
    train(config, lambda _event: None, RunControl())
    return folder / "run"


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    return trained(folder, tiny_dataset(folder / "data", channels=3))


@pytest.fixture(scope="module")
def model(run) -> Path:
    return export_model(run, run.parent / "model")


def assert_same(lines: list[dict], folder: Path, expected: Samples) -> None:
    """Assert that what ``sample.py`` wrote is what the studio samples."""
    assert len(lines) == len(expected)
    for row, line in enumerate(lines):
        assert line.keys() == expected.columns.keys()
        for name, values in expected.columns.items():
            if isinstance(values, np.ndarray):
                shown = pixels(folder, line[name]).astype(int)
                assert np.abs(shown - values[row]).max() <= 1
            elif isinstance(values, Sounds):
                heard = read_audio(folder / line[name])
                assert heard.rate == values.rate
                assert np.abs(heard.samples - values.samples[row] / 32768).max() <= 2 / 32768
            elif isinstance(values, Cells):
                assert list(line[name]) == list(values.fields)
                assert list(line[name].values()) == pytest.approx(list(values.rows[row]))
            else:
                assert line[name] == values[row]


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_samples_all_kinds_of_columns_alone(tmp_path, family):
    data = four_column_dataset(tmp_path / "data")
    run = trained(tmp_path, data, family=family)
    folder = export_model(run, tmp_path / "model")
    lines = sample(folder, tmp_path / "samples", "--count=5", "--seed=7")
    (expected,) = load_run(run, CPU).sampler.from_noise(5, 7)
    assert_same(lines, tmp_path / "samples", expected)


@pytest.mark.slow
@pytest.mark.parametrize(
    "values",
    [
        {
            "data__tokenizer": "bpe",
            "networks__text_encoding": "token-ids",
            "networks__text_encoder": "transformer",
        },
        {"networks__text_encoding": "token-ids", "networks__architecture": "modulated"},
        {"networks__architecture": "dense", "data__tokenizer": "characters"},
        {"networks__architecture": "joint-dense", "family": "adversarial"},
    ],
    ids=["bpe", "modulated", "characters", "joint-dense"],
)
def test_every_architecture_and_tokenizer_samples_alone(tmp_path, values):
    run = trained(tmp_path, tiny_dataset(tmp_path / "data"), **values)
    folder = export_model(run, tmp_path / "model")
    lines = sample(folder, tmp_path / "samples", "--count=3")
    (expected,) = load_run(run, CPU).sampler.from_noise(3, 1)
    assert_same(lines, tmp_path / "samples", expected)


def test_given_texts_are_drawn_as_in_the_studio(tmp_path, run, model):
    lines = sample(model, tmp_path / "s", "--given", "text=dark", "--given", "text=grey")
    loaded = load_run(run, CPU)
    rows = encode_texts(["dark", "grey"], text_facts(loaded.model))
    (expected,) = loaded.sampler.complete_items({"text": rows}, 1)
    assert expected.texts == ("dark", "grey")
    assert_same(lines, tmp_path / "s", expected)


def test_an_exported_model_is_sampled_like_its_run(tmp_path, run, model):
    ours, theirs = (load_run(folder, CPU) for folder in (run, model))
    (expected,) = ours.sampler.from_noise(9, 3)
    (found,) = theirs.sampler.from_noise(9, 3)
    assert np.array_equal(found.images, expected.images)
    assert found.texts == expected.texts
    assert theirs.config_hash == ours.config_hash
    assert theirs.checkpoint.images_seen == ours.checkpoint.images_seen
    again = export_model(model, tmp_path / "again")
    weights = [folder / "model.safetensors" for folder in (model, again)]
    assert weights[0].read_bytes() == weights[1].read_bytes()


def test_the_list_of_runs_shows_an_exported_model(model):
    assert model in run_folders(model.parent)
    found = read_run(model)
    assert found.status is Status.EXPORTED
    assert not found.problem
    assert (found.images_seen, found.family, found.dataset) == (16, "hybrid", "data")


def test_an_exported_model_is_not_trained_further(model, problem_log):
    before = sorted(path.name for path in model.iterdir())
    config = load_run(model, CPU).config
    events = []
    resume(config.with_values(run=model, images=64), events.append, RunControl())
    (ended,) = [event for event in events if isinstance(event, RunEnded)]
    assert "is an exported model" in str(ended.error)
    problem_log.expect("failed", logger="engine.train")
    assert [n for n in sorted(p.name for p in model.iterdir()) if "lock" not in n] == before


def test_nothing_names_the_users_folders(run, model):
    place = str(run.parent)
    for path in model.rglob("*"):
        # Python itself caches what another test has run there.
        if path.is_file() and path.suffix != ".pyc":
            assert place.encode() not in path.read_bytes()


def test_the_card_has_the_layout_of_the_hub(model):
    card = (model / "README.md").read_text(encoding="utf-8")
    _empty, header, text = card.split("---\n", 2)
    facts = yaml.safe_load(header)
    assert facts["library_name"] == "diptych"
    assert facts["pipeline_tag"] == "text-to-image"
    assert facts["license_name"] == "CC0"
    assert "Licence: CC0." in text
    for link in re.findall(r"!\[.*?\]\((.*?)\)", text):
        assert (model / link).is_file()
    for title in ("Use", "Data and licence", "Figures", "Limits", "Training"):
        assert f"\n## {title}\n" in text
    assert f"seed {load_run(model, CPU).config.seed}" in text


def test_the_code_is_the_engines_own(model):
    """Every function and class of the folder is one of the engine's, with the same body."""
    for path in (model / "networks").rglob("*.py"):
        place = path.relative_to(model / "networks")
        if place.name == "__init__.py":
            continue
        original = ast.parse((Path("engine") / place).read_text(encoding="utf-8"))
        theirs = {node.name: node for node in original.body if hasattr(node, "name")}
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                same = ast.dump(theirs[node.name]).replace("module='engine.", "module='networks.")
                assert ast.dump(node) == same
    assert len((model / "sample.py").read_text(encoding="utf-8").splitlines()) < 70
    assert (model / "LICENSE.txt").read_bytes() == Path("LICENSE").read_bytes()


def test_the_licence_of_an_example_dataset_comes_along(tmp_path, starters_folder):
    from engine.starters.build import build_starter

    licences = Path("resources/starters")
    data = build_starter("ring", licences, starters_folder)
    run = trained(tmp_path, data)
    folder = export_model(run, tmp_path / "model", licences=licences)
    text = (licences / "ring" / "LICENSE.txt").read_bytes()
    assert (folder / "DATASET_LICENSE.txt").read_bytes() == text


def test_a_folder_with_files_is_left_alone(tmp_path, run):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FolderInUseError):
        export_model(run, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_stopped_export_leaves_nothing(tmp_path, run):
    control = RunControl()
    with pytest.raises(StoppedError):
        export_model(
            run, tmp_path / "m", report=lambda _d, _t: control.request_stop(), control=control
        )
    assert not list(tmp_path.iterdir())


def test_a_run_without_a_checkpoint_has_nothing_to_export(tmp_path):
    stored = stored_run(tmp_path / "run")
    with pytest.raises(CheckpointMissingError):
        export_model(stored.path, tmp_path / "model")
    assert not (tmp_path / "model").exists()


# An exported folder comes from anywhere.


def damaged(model: Path, folder: Path, name: str, content: bytes) -> Path:
    shutil.copytree(model, folder)
    (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("config.json", b"[]", "is not a JSON object"),
        ("config.json", b"{}", "an older|a newer|its format is not 1"),
        ("config.json", b'{"format": 1}', "is missing"),
        ("config.json", b"[" * 100_000, "64 levels deep"),
        ("config.json", b" " * 9_000_000, "larger"),
        ("vocabulary.json", b'{"text": 3}', "columns"),
        ("vocabulary.json", b'{"text": {"tokenizer": {"kind": "word", "units": 3}}}', "columns"),
    ],
)
def test_a_damaged_description_is_refused(tmp_path, model, name, content, reason):
    folder = damaged(model, tmp_path / "m", name, content)
    with pytest.raises(ConfigError, match=reason):
        load_run(folder, CPU)
    assert read_run(folder).problem


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04" + bytes(90), "is a pickle"),
        (bytes(4), "cut off"),
        (b"\xff" * 8, "cut off"),
        ((2).to_bytes(8, "little") + b"{}", "do not fit the run's networks"),
    ],
)
def test_damaged_weights_are_refused(tmp_path, model, content, reason):
    folder = damaged(model, tmp_path / "m", "model.safetensors", content)
    with pytest.raises(CheckpointCorruptError, match=reason):
        load_run(folder, CPU)


def test_networks_of_another_size_are_refused_before_they_are_built(tmp_path, model):
    table = json.loads((model / "config.json").read_bytes())
    table["settings"]["networks"]["generator_channels"] = 512
    folder = damaged(model, tmp_path / "m", "config.json", json.dumps(table).encode())
    with pytest.raises(CheckpointCorruptError, match="do not fit"):
        load_run(folder, CPU)


def test_links_are_not_followed(tmp_path, model):
    folder = tmp_path / "m"
    shutil.copytree(model, folder)
    for name, error in (
        ("config.json", ConfigError),
        ("model.safetensors", (CheckpointCorruptError, ConfigError)),
    ):
        (folder / name).unlink()
        (folder / name).symlink_to(model / name)
        with pytest.raises(error):
            load_run(folder, CPU)


def test_a_folder_without_weights_is_no_model(tmp_path, model):
    shutil.copytree(model, tmp_path / "m")
    (tmp_path / "m" / "model.safetensors").unlink()
    assert not is_exported(tmp_path / "m")
    with pytest.raises(RunMissingError):
        load_run(tmp_path / "m", CPU)
