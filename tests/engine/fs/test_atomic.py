import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import DiskFullError, FolderNotWritableError
from engine.fs import atomic


def test_that_an_atomic_write_leaves_the_content_and_nothing_else(tmp_path):
    atomic.atomic_write(tmp_path / "a.bin", b"one")
    atomic.atomic_write(tmp_path / "a.bin", b"two")
    assert (tmp_path / "a.bin").read_bytes() == b"two"
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]


def test_that_a_failed_write_keeps_the_old_file_and_says_what_is_missing(tmp_path, monkeypatch):
    atomic.atomic_write(tmp_path / "a.bin", b"old")

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFullError) as caught:
        atomic.atomic_write(tmp_path / "a.bin", b"new content")
    assert caught.value.needed_bytes == len(b"new content")
    assert (tmp_path / "a.bin").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot tell whether a process is alive")
def test_that_what_killed_processes_left_is_removed(tmp_path):
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        dead.wait()
    left = [f".pets.{dead.pid}.part", f".pets.{os.getpid()}.part"]
    kept = [f".pets.{os.getppid()}.part", f".pets-2.{dead.pid}.part", f".pets.{dead.pid}.old.part"]
    for name in left + kept:
        (tmp_path / name).mkdir()
    atomic.remove_abandoned(tmp_path / "pets")
    assert {path.name for path in tmp_path.iterdir()} == set(kept)


def test_that_room_is_checked_before_a_write(tmp_path):
    atomic.check_free_space(tmp_path, 1)
    with pytest.raises(DiskFullError):
        atomic.check_free_space(tmp_path, 10**18)


def test_that_free_space_is_known_for_a_folder_that_is_not_there_yet(tmp_path):
    assert atomic.free_bytes(tmp_path / "a" / "b") > 0


def test_that_a_folder_that_cannot_be_made_is_reported(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FolderNotWritableError) as caught:
        atomic.ensure_writable(tmp_path / "file" / "run")
    assert caught.value.folder == tmp_path / "file" / "run"


def test_that_a_quota_counts_as_a_full_disk():
    error = atomic.wrap_os_error(OSError(errno.EDQUOT, "Quota exceeded"), Path("/"), 5)
    assert isinstance(error, DiskFullError)
