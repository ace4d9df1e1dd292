"""No byte of a checkpoint changes, and none goes missing, without being found out."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from engine.errors import CheckpointCorruptError
from engine.runs.checkpoint import read_tensors, verify_checkpoint
from engine.runs.folder import RunFolder
from tests.helpers.stored_runs import stored_run

FILES = ("manifest.json", "facts.json", "tensors.safetensors")
SAMPLED = 300


def places_in(name: str, size: int) -> list[int]:
    """Every place of a small file; of the tensors, their head and so many others."""
    if name != "tensors.safetensors":
        return list(range(size))
    chosen = np.random.default_rng(0).choice(size, min(SAMPLED, size), replace=False)
    return sorted({*range(80), *chosen.tolist()})


def ensure_found_out(run: RunFolder, newest: Path, older: Path) -> None:
    with pytest.raises(CheckpointCorruptError) as caught:
        verify_checkpoint(newest)
    found = run.newest_valid()
    assert found.path == older
    assert found.passed_over == (f"{newest.name}: {caught.value.reason}",)


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
    # The last byte belongs to another tensor than the one that is asked for.
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(CheckpointCorruptError, match="checksum"):
        read_tensors(run.latest_checkpoint(), "average.")


def test_that_a_run_whose_checkpoints_are_all_damaged_says_what_is_wrong_with_the_newest(tmp_path):
    run = stored_run(tmp_path / "run", 64, 128)
    for path in run.checkpoint_paths():
        (path / "facts.json").write_bytes(b"{}")
    with pytest.raises(CheckpointCorruptError) as caught:
        run.newest_valid()
    assert caught.value.path == run.latest_checkpoint()
