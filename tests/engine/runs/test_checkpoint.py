import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from engine.errors import CheckpointCorruptError, CheckpointMissingError, FolderNotWritableError
from engine.runs.checkpoint import read_tensors, write_checkpoint
from engine.runs.checkpoint_files import (
    CheckpointMetadata,
    copy_checkpoint,
    read_metadata,
    verify_checkpoint,
)
from engine.runs.folder import RunFolder
from tests.helpers.run_folders import content_of, facts_at, some_tensors, stored_run


def test_that_tensors_of_every_kind_read_as_written(tmp_path):
    tensors = some_tensors()
    write_checkpoint(tmp_path / "c", tensors, facts_at(64))
    read = read_tensors(tmp_path / "c", "")
    assert read.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert (read[name].dtype, read[name].shape) == (tensor.dtype, tensor.shape)
        assert torch.equal(read[name], tensor)


def test_that_other_programs_can_read_the_tensors(tmp_path):
    tensors = some_tensors()
    write_checkpoint(tmp_path / "c", tensors, facts_at(64))
    theirs = load_file(tmp_path / "c" / "tensors.safetensors")
    assert theirs.keys() == tensors.keys()
    assert all(torch.equal(theirs[name], tensors[name]) for name in tensors)


def test_that_the_manifest_tells_sizes_and_checksums(tmp_path):
    size = write_checkpoint(tmp_path / "c", some_tensors(), facts_at(64))
    manifest = json.loads((tmp_path / "c" / "manifest.json").read_bytes())
    assert manifest["format"] == "diptych-checkpoint-3"
    content = content_of(tmp_path / "c")
    assert size == sum(map(len, content.values()))
    del content["manifest.json"]
    assert manifest["files"] == {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in content.items()
    }


def test_that_facts_read_as_written(tmp_path):
    write_checkpoint(tmp_path / "c", some_tensors(), facts_at(64))
    assert read_metadata(tmp_path / "c") == verify_checkpoint(tmp_path / "c") == facts_at(64)


def test_that_facts_that_could_not_be_read_again_are_never_written(tmp_path):
    facts = CheckpointMetadata(step=-1, images_seen=0, elapsed_s=0.0, config_hash="")
    with pytest.raises(ValueError, match="step"):
        write_checkpoint(tmp_path / "c", some_tensors(), facts)
    assert list(tmp_path.iterdir()) == []


def test_that_a_checkpoint_takes_the_place_of_the_one_before(tmp_path):
    for seed in (1, 2):
        write_checkpoint(tmp_path / "best-kid", some_tensors(seed), facts_at(64 * seed))
    assert [path.name for path in tmp_path.iterdir()] == ["best-kid"]
    assert verify_checkpoint(tmp_path / "best-kid").images_seen == 128
    read = read_tensors(tmp_path / "best-kid", "ema.")
    assert torch.equal(read["w"], some_tensors(2)["ema.w"])


def test_that_a_copy_has_other_facts_and_the_same_tensors(tmp_path):
    write_checkpoint(tmp_path / "a", some_tensors(), facts_at(64))
    copy_checkpoint(tmp_path / "a", tmp_path / "b", facts_at(0))
    assert verify_checkpoint(tmp_path / "b") == facts_at(0)
    one, other = content_of(tmp_path / "a"), content_of(tmp_path / "b")
    assert one["tensors.safetensors"] == other["tensors.safetensors"]


def test_that_a_damaged_checkpoint_is_not_copied(tmp_path):
    write_checkpoint(tmp_path / "a", some_tensors(), facts_at(64))
    with (tmp_path / "a" / "tensors.safetensors").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\xff")
    with pytest.raises(CheckpointCorruptError, match="checksum"):
        copy_checkpoint(tmp_path / "a", tmp_path / "b", facts_at(0))
    assert not (tmp_path / "b").exists()


def test_that_a_run_folder_that_is_gone_does_not_come_back(tmp_path):
    folder = RunFolder(tmp_path / "gone")
    with pytest.raises(FolderNotWritableError):
        write_checkpoint(folder.checkpoint_path(64), some_tensors(), facts_at(64))
    assert not folder.path.exists()


def test_that_the_best_is_found_by_its_figure_alone(tmp_path):
    run = stored_run(tmp_path / "run", 64)
    write_checkpoint(run.best_path("kid"), some_tensors(), facts_at(64))
    assert run.chosen_checkpoint("kid") == run.best_path("kid")
    assert run.best_paths() == [run.best_path("kid")]
    for figure in ("fid", "../checkpoint", "", "kid/../kid"):
        with pytest.raises(CheckpointMissingError):
            run.chosen_checkpoint(figure)


# Every changed or missing byte of a checkpoint is detected.


FILES = ("manifest.json", "facts.json", "tensors.safetensors")
SAMPLED = 300


def places_in(name: str, size: int) -> list[int]:
    """Every position in a small file; of the tensors, the header and a sample of the others."""
    if name != "tensors.safetensors":
        return list(range(size))
    chosen = np.random.default_rng(0).choice(size, min(SAMPLED, size), replace=False)
    return sorted({*range(80), *chosen.tolist()})


def ensure_found_out(run: RunFolder, newest: Path, older: Path) -> None:
    with pytest.raises(CheckpointCorruptError) as caught:
        verify_checkpoint(newest)
    found = run.newest_valid()
    assert found.path == older
    assert found.skipped_checkpoints == (f"{newest.name}: {caught.value.reason}",)


@pytest.mark.parametrize("name", FILES)
def test_that_every_flipped_byte_is_found_out(tmp_path, name):
    run = stored_run(tmp_path / "run", 64, 128)
    older, newest = run.checkpoint_paths()
    file = newest / name
    whole = file.read_bytes()
    chance = np.random.default_rng(1)
    for place in places_in(name, len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(chance.integers(8))
        file.write_bytes(damaged)
        ensure_found_out(run, newest, older)
    file.write_bytes(whole)
    assert run.newest_valid().path == newest


@pytest.mark.parametrize("name", FILES)
def test_that_every_truncation_is_found_out(tmp_path, name):
    run = stored_run(tmp_path / "run", 64, 128)
    older, newest = run.checkpoint_paths()
    whole = (newest / name).read_bytes()
    for length in places_in(name, len(whole)):
        (newest / name).write_bytes(whole[:length])
        ensure_found_out(run, newest, older)


def test_that_the_two_tests_above_try_enough(tmp_path):
    run = stored_run(tmp_path / "run", 64)
    counts = [
        len(places_in(name, (run.latest_checkpoint() / name).stat().st_size)) for name in FILES
    ]
    assert sum(counts) >= 500
    assert counts[2] >= SAMPLED


@pytest.mark.parametrize("name", FILES)
def test_that_a_missing_or_longer_file_is_found_out(tmp_path, name):
    run = stored_run(tmp_path / "run", 64, 128)
    older, newest = run.checkpoint_paths()
    whole = (newest / name).read_bytes()
    for more in (b"\0", b" ", b"\n", whole):
        (newest / name).write_bytes(whole + more)
        ensure_found_out(run, newest, older)
    (newest / name).unlink()
    ensure_found_out(run, newest, older)


def test_that_files_of_two_checkpoints_do_not_make_one(tmp_path):
    run = stored_run(tmp_path / "run", 64, 128)
    older, newest = run.checkpoint_paths()
    for name in FILES:
        whole = (newest / name).read_bytes()
        shutil.copyfile(older / name, newest / name)
        ensure_found_out(run, newest, older)
        (newest / name).write_bytes(whole)


def test_that_tensors_are_never_used_unread(tmp_path):
    run = stored_run(tmp_path / "run", 64)
    file = run.latest_checkpoint() / "tensors.safetensors"
    whole = file.read_bytes()
    # The last byte belongs to another tensor than the one that is read.
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(CheckpointCorruptError, match="checksum"):
        read_tensors(run.latest_checkpoint(), "ema.")


def test_that_a_run_whose_checkpoints_are_all_damaged_says_what_is_wrong_with_the_newest(tmp_path):
    run = stored_run(tmp_path / "run", 64, 128)
    for path in run.checkpoint_paths():
        (path / "facts.json").write_bytes(b"{}")
    with pytest.raises(CheckpointCorruptError) as caught:
        run.newest_valid()
    assert caught.value.path == run.latest_checkpoint()
