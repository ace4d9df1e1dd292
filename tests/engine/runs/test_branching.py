import shutil

import pytest
import torch

from engine.cli.main import main
from engine.config.toml import config_from_toml, config_hash
from engine.control import RunControl
from engine.errors import (
    CheckpointCorruptError,
    CheckpointMissingError,
    ConfigError,
    FolderInUseError,
)
from engine.events import Outcome, RunEnded
from engine.runs.branching import find_checkpoint, make_branch
from engine.runs.checkpoint import read_tensors
from engine.runs.checkpoint_files import read_metadata
from engine.runs.folder import RunFolder
from engine.runs.listing import run_folders
from engine.runs.metadata import Origin, read_notes
from engine.train.run import resume, train
from tests.helpers.tiny import tiny_config, tiny_dataset


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A finished run of 64 images, shared by all tests; must not be changed."""
    place = tmp_path_factory.mktemp("trained")
    config = tiny_config(tiny_dataset(place / "data"), place / "source", images=64)
    config = config.with_values(reporting__evaluate_every_s=0.0)
    assert go(train, config).outcome is Outcome.FINISHED
    return RunFolder(config.run)


@pytest.fixture
def source(trained, tmp_path):
    shutil.copytree(trained.path, tmp_path / "source")
    return RunFolder(tmp_path / "source")


def go(way, config):
    events = []
    way(config, events.append, RunControl())
    return next(event for event in events if isinstance(event, RunEnded))


def branched(source, **values):
    return source.read_config().with_values(run=source.path.parent / "branch", **values)


@pytest.mark.slow
def test_that_a_branch_goes_on_with_other_settings(source):
    before = {p: p.read_bytes() for p in source.path.rglob("*") if p.is_file()}
    config = branched(source, images=96, training__beta2=0.5, seed=9)
    checkpoint = source.latest_checkpoint()
    branch = make_branch(source, checkpoint, config)
    assert branch.path == config.run
    assert branch.read_config() == config
    copied = branch.latest_checkpoint()
    assert copied.name == checkpoint.name
    one, other = read_tensors(checkpoint, ""), read_tensors(copied, "")
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)
    facts = read_metadata(copied)
    assert (facts.images_seen, facts.step) == (64, 8)
    assert facts.config_hash == config_hash(config) != read_metadata(checkpoint).config_hash
    assert config_from_toml(facts.config) == config
    origin = Origin(run="source", checkpoint=checkpoint.name, images_seen=64)
    assert read_notes(branch.path).origin == origin
    ended = go(resume, branch.read_config())
    assert (ended.outcome, ended.images_seen) == (Outcome.FINISHED, 96)
    after = read_tensors(branch.latest_checkpoint(), "")
    assert any(not torch.equal(one[name], after[name]) for name in one)
    assert {p: p.read_bytes() for p in source.path.rglob("*") if p.is_file()} == before


def test_that_a_branch_with_another_batch_counts_images_on(source):
    branch = make_branch(
        source, source.latest_checkpoint(), branched(source, images=96, training__batch_size=16)
    )
    assert read_metadata(branch.latest_checkpoint()).step == 4
    ended = go(resume, branch.read_config())
    assert (ended.outcome, ended.images_seen) == (Outcome.FINISHED, 96)


def test_that_a_batch_left_open_stays_what_it_was(source):
    config = branched(source, training__batch_size=0)
    branch = make_branch(source, source.latest_checkpoint(), config)
    assert branch.read_config().training.batch_size == 8


def test_that_a_branch_of_the_best_checkpoint_can_be_gone_on_with(source):
    source.latest_checkpoint().rename(source.best_path("kid"))
    branch = make_branch(source, find_checkpoint(source, "kid"), branched(source, images=80))
    origin = Origin(run="source", checkpoint="best-kid", images_seen=64)
    assert read_notes(branch.path).origin == origin
    assert go(resume, branch.read_config()).images_seen == 80


SHAPING = {
    "family": "mvae",
    "networks__embedding_dim": 16,
    "networks__latent_dim": 8,
    "networks__discriminator_norm": "batch",
    "networks__context_norm": "rms",
    "networks__text_conditioning": "every-token",
    "networks__sound_encoder": "rhythm",
    "data__tokenizer": "characters",
    "data__vocabulary_size": 99,
    "data__word_vectors": "vectors.txt",
    "data__augmentation": "ada",
    "training__regularizer": "spectral-norm",
}


@pytest.mark.parametrize("name", SHAPING)
def test_that_what_shapes_the_networks_cannot_differ(source, name):
    values = {name: SHAPING[name]}
    if name == "networks__discriminator_norm":
        values["training__regularizer"] = "none"
    config = branched(source, **values)
    with pytest.raises(ConfigError) as caught:
        make_branch(source, source.latest_checkpoint(), config)
    assert name.replace("__", ".") in {problem.field for problem in caught.value.problems}
    assert not config.run.exists()


def test_that_every_such_setting_is_named_at_once(source):
    config = branched(source, networks__token_dim=8, dataset=source.path, data__vocabulary_size=99)
    with pytest.raises(ConfigError) as caught:
        make_branch(source, source.latest_checkpoint(), config)
    names = {problem.field for problem in caught.value.problems}
    assert names == {"networks.token_dim", "dataset", "data.vocabulary_size"}


def test_that_a_damaged_checkpoint_makes_no_branch(source):
    checkpoint = source.latest_checkpoint()
    tensors = checkpoint / "tensors.safetensors"
    content = bytearray(tensors.read_bytes())
    content[-1] ^= 1
    tensors.write_bytes(content)
    with pytest.raises(CheckpointCorruptError):
        make_branch(source, checkpoint, branched(source))
    assert run_folders(source.path.parent) == [source.path]
    assert not [p for p in source.path.parent.iterdir() if p.name.endswith(".part")]


def test_that_a_taken_folder_is_left_alone(source):
    config = branched(source)
    config.run.mkdir()
    (config.run / "mine.txt").write_text("mine")
    for run in (config.run, source.path):
        with pytest.raises(FolderInUseError):
            make_branch(source, source.latest_checkpoint(), config.with_values(run=run))
    assert [path.name for path in config.run.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    "choice", ["fid", "best-fid", "checkpoint-1", "../x", "checkpoint-/../../x", ""]
)
def test_that_a_checkpoint_that_is_not_there_is_said(source, choice):
    with pytest.raises(CheckpointMissingError):
        find_checkpoint(source, choice)
    newest = source.latest_checkpoint()
    assert find_checkpoint(source, "newest") == find_checkpoint(source, newest.name) == newest


def test_that_the_command_line_branches_and_trains(source, tmp_path, capsys):
    name = source.latest_checkpoint().name
    line = f"branch {source.path} --run {tmp_path / 'b'} --checkpoint {name} --images 80 --seed 4"
    assert main(line.split()) == 0
    branch = RunFolder(tmp_path / "b")
    assert (branch.read_config().seed, branch.read_config().images) == (4, 80)
    assert branch.latest_checkpoint() == branch.checkpoint_path(80)
    assert "Run folder" in capsys.readouterr().out
    assert main([*line.split()[:2], "--run", str(tmp_path / "c"), "--token-dim", "8"]) == 2
    assert "networks.token_dim" in capsys.readouterr().err
