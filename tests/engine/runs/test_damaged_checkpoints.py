"""Malicious checkpoints are refused with a reason, and nothing blocks."""

import hashlib
import json
import os
import pickle
import struct
from pathlib import Path

import pytest
import torch

from engine.errors import CheckpointCorruptError
from engine.runs.checkpoint import read_tensors, write_checkpoint
from engine.runs.checkpoint_files import (
    FileEntry,
    manifest_from_json,
    manifest_to_json,
    read_metadata,
    verify_checkpoint,
)
from tests.helpers.run_folders import facts_at, some_tensors

FACTS = vars(facts_at(64))


class Trap:
    """Leaves a trace when it is unpickled."""

    def __reduce__(self):
        return (Path.touch, (Path("trap-was-sprung"),))


@pytest.fixture
def checkpoint(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_checkpoint(tmp_path / "c", some_tensors(), facts_at(64))
    return tmp_path / "c"


def reseal(checkpoint: Path) -> None:
    """Update the manifest to match the files, as an attacker would."""
    entries = {}
    for name in ("tensors.safetensors", "facts.json"):
        content = (checkpoint / name).read_bytes()
        entries[name] = FileEntry(len(content), hashlib.sha256(content).hexdigest())
    (checkpoint / "manifest.json").write_bytes(manifest_to_json(entries))


def ensure_refused(checkpoint: Path, reason: str) -> None:
    with pytest.raises(CheckpointCorruptError, match=reason) as caught:
        verify_checkpoint(checkpoint)
    assert caught.value.path == checkpoint
    with pytest.raises(CheckpointCorruptError):
        read(checkpoint)
    assert not Path("trap-was-sprung").exists()


def read(checkpoint: Path) -> None:
    read_metadata(checkpoint)
    read_tensors(checkpoint, "")


def safetensors(header: object, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(shape: object, offsets: object, dtype: object = "F32") -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


@pytest.mark.parametrize("protocol", range(2, 6))
def test_that_a_pickle_in_place_of_the_tensors_is_called_one(checkpoint, protocol):
    content = pickle.dumps({"w": Trap(), "more": "x" * 5000}, protocol)
    (checkpoint / "tensors.safetensors").write_bytes(content)
    reseal(checkpoint)
    ensure_refused(checkpoint, "pickle")


def test_that_an_archive_of_torch_is_called_a_pickle(checkpoint):
    torch.save({"w": torch.zeros(3)}, checkpoint / "tensors.safetensors")
    reseal(checkpoint)
    ensure_refused(checkpoint, "pickle")


@pytest.mark.parametrize("name", ["checkpoint.pt", "checkpoint-000000000064", "c.safetensors"])
def test_that_a_pickle_in_place_of_the_folder_is_called_one(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(pickle.dumps(Trap()))
    ensure_refused(tmp_path / name, "pickle")
    torch.save({"w": torch.zeros(3)}, tmp_path / name)
    ensure_refused(tmp_path / name, "pickle")


HEADERS = {
    "head would reach beyond": struct.pack("<Q", 10_000) + b"{}",
    "cut off": b"\x02\0\0",
    "and 16,000,000 are the most": struct.pack("<Q", 17_000_000) + b" " * 17_000_000,
    "invalid JSON": safetensors(b"{nonsense}"),
    "expected struct HashMetadata": safetensors([1, 2]),
    "recursion limit": safetensors(b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}"),
    "unknown variant `OBJECT`": safetensors({"w": entry([1], [0, 4], "OBJECT")}, b"1234"),
    "integer `-1`": safetensors({"x": entry([-1], [0, 4])}, b"1234"),
    "floating point `1.0`": safetensors({"y": entry([1.0], [0, 4])}, b"1234"),
    "boolean `true`": safetensors({"z": entry([True], [0, 4])}, b"1234"),
    "invalid length 3": safetensors({"v": entry([1], [0, 4, 8])}, b"1234"),
    "expected struct TensorInfo": safetensors({"u": "text"}, b"1234"),
    "strange entry for 'q'": safetensors({"q": entry([4], [0, 4], "F8_E4M3")}, b"1234"),
    "strange entry for 't'": safetensors({"t": entry([1] * 1000, [0, 4])}, b"1234"),
    "floating point `1e.300`": safetensors({"s": entry([10**300], [0, 4])}, b"1234"),
    "invalid shape, data type, or offset": safetensors({"w": entry([2**40], [0, 4])}, b"1234"),
    "invalid offset for tensor `r`": safetensors({"r": entry([1], [4, 0])}, b"1234"),
    "invalid offset for tensor `w`": safetensors({"w": entry([1], [4, 8])}, b"12345678"),
    "invalid offset for tensor `[ab]`": safetensors(
        {"a": entry([1], [0, 4]), "b": entry([1], [0, 4])}, b"1234"
    ),
    "file not fully covered": safetensors({"w": entry([1], [0, 4])}, b"12345678"),
}


@pytest.mark.parametrize("reason", HEADERS)
def test_that_a_strange_head_is_refused(checkpoint, reason):
    (checkpoint / "tensors.safetensors").write_bytes(HEADERS[reason])
    reseal(checkpoint)
    ensure_refused(checkpoint, reason)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (b"not json", "facts.json is not JSON"),
        (b"[]", "not a JSON object"),
        (b"\xff\xfe{}", "facts.json is not JSON"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "levels deep"),
        (b'{"loop_state": ' + b'{"a":' * 80 + b"1" + b"}" * 81, "levels deep"),
        (b'{"step": ' + b"9" * 5000 + b"}", "facts.json is not JSON"),
        (b" " * 8_000_001, "has no size|impossible size"),
        ({"step": -1}, "no usable 'step'"),
        ({"step": 10**16}, "no usable 'step'"),
        ({"step": True}, "no usable 'step'"),
        ({"images_seen": 1.5}, "no usable 'images_seen'"),
        ({"elapsed_s": float("nan")}, "no usable 'elapsed_s'"),
        ({"elapsed_s": float("inf")}, "no usable 'elapsed_s'"),
        ({"elapsed_s": 10**400}, "a number has 401 digits"),
        ({"elapsed_s": "1"}, "no usable 'elapsed_s'"),
        ({"config_hash": None}, "no usable 'config_hash'"),
        ({"versions": {"torch": 2}}, "no usable 'versions'"),
        ({"loop_state": []}, "no usable 'loop_state'"),
        ({"__class__": "os.system"}, "holds '__class__', which is none"),
    ],
)
def test_that_strange_facts_are_refused(checkpoint, facts, reason):
    content = facts if isinstance(facts, bytes) else json.dumps({**FACTS, **facts}).encode()
    (checkpoint / "facts.json").write_bytes(content)
    reseal(checkpoint)
    ensure_refused(checkpoint, reason)


def test_that_missing_facts_are_named(checkpoint):
    (checkpoint / "facts.json").write_text("{}")
    reseal(checkpoint)
    ensure_refused(checkpoint, "lacks 'step'")


GOOD = {"bytes": 5, "sha256": "0" * 64}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"format": "diptych-checkpoint-9"}, "a newer version"),
        ({"files": []}, "must list"),
        ({"files": {"tensors.safetensors": GOOD}}, "must list"),
        ({"files": {"tensors.safetensors": GOOD, "facts.json": GOOD, "/etc/passwd": GOOD}}, "list"),
        ({"files": {"tensors.safetensors": GOOD, "../facts.json": GOOD}}, "must list"),
        ({"files": {"tensors.safetensors": GOOD, "facts.json": 7}}, "no size and checksum"),
        *(
            ({"files": {"tensors.safetensors": GOOD, "facts.json": {**GOOD, **part}}}, reason)
            for part, reason in (
                ({"bytes": -1}, "impossible size"),
                ({"bytes": 1e3}, "impossible size"),
                ({"bytes": True}, "impossible size"),
                ({"bytes": 10**30}, "impossible size"),
                ({"sha256": 0}, "impossible checksum"),
                ({"sha256": "0" * 63}, "impossible checksum"),
                ({"sha256": "Z" * 64}, "impossible checksum"),
                ({"path": "/etc/passwd"}, "no size and checksum"),
            )
        ),
        ({"more": 1}, "does not fit its own checksum"),
        ({"sha256": "0" * 64}, "does not fit its own checksum"),
    ],
)
def test_that_a_strange_manifest_is_refused(checkpoint, change, reason):
    file = checkpoint / "manifest.json"
    file.write_text(json.dumps({**json.loads(file.read_bytes()), **change}))
    ensure_refused(checkpoint, reason)


def test_that_a_manifest_has_one_way_of_being_written(checkpoint):
    content = (checkpoint / "manifest.json").read_bytes()
    assert manifest_to_json(manifest_from_json(content)) == content
    (checkpoint / "manifest.json").write_bytes(json.dumps(json.loads(content)).encode())
    ensure_refused(checkpoint, "does not fit its own checksum")


def test_that_a_huge_manifest_is_not_read(checkpoint):
    with (checkpoint / "manifest.json").open("wb") as file:
        file.truncate(1 << 40)
    ensure_refused(checkpoint, "larger than")


NAMES = ("manifest.json", "facts.json", "tensors.safetensors")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes and sockets in folders")
@pytest.mark.parametrize("name", NAMES)
def test_that_a_pipe_is_refused_and_nobody_waits_for_it(checkpoint, name):
    (checkpoint / name).unlink()
    os.mkfifo(checkpoint / name)
    ensure_refused(checkpoint, f"{name} is a pipe")


@pytest.mark.skipif(os.name == "nt", reason="Windows lets only some users make links")
@pytest.mark.parametrize("name", NAMES)
def test_that_a_link_is_refused_even_to_the_true_file(checkpoint, tmp_path, name):
    (checkpoint / name).rename(tmp_path / name)
    (checkpoint / name).symlink_to(tmp_path / name)
    ensure_refused(checkpoint, f"{name} is a symbolic link")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such devices")
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/random"])
def test_that_a_link_to_a_device_is_refused(checkpoint, device):
    (checkpoint / "facts.json").unlink()
    (checkpoint / "facts.json").symlink_to(device)
    ensure_refused(checkpoint, "symbolic link")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root makes devices")
def test_that_a_device_is_refused(checkpoint):
    (checkpoint / "facts.json").unlink()
    try:
        os.mknod(checkpoint / "facts.json", 0o20666, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("this machine does not let its root make devices")
    ensure_refused(checkpoint, "is a device")


@pytest.mark.parametrize("name", NAMES)
def test_that_a_folder_in_place_of_a_file_is_refused(checkpoint, name):
    (checkpoint / name).unlink()
    (checkpoint / name).mkdir()
    ensure_refused(checkpoint, f"{name} is a folder")


@pytest.mark.skipif(os.name == "nt", reason="Windows lets only some users make links")
def test_that_a_checkpoint_that_is_a_link_is_refused(checkpoint, tmp_path):
    (tmp_path / "link").symlink_to(checkpoint)
    ensure_refused(tmp_path / "link", "link is a symbolic link")


def test_that_a_file_and_nothing_are_no_checkpoints(tmp_path):
    (tmp_path / "file").write_bytes(b"{}")
    with pytest.raises(CheckpointCorruptError, match="checkpoints are folders"):
        verify_checkpoint(tmp_path / "file")
    with pytest.raises(CheckpointCorruptError, match="missing"):
        verify_checkpoint(tmp_path / "nothing")
