import gzip
import io
import lzma
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from engine.control import RunControl
from engine.errors import EntryError, SourceUnreadableError, StoppedError
from engine.importing.ledger import FileLedger, Reason
from engine.importing.sources import tar
from engine.importing.sources.archive import Limits
from engine.importing.sources.tar import TarArchive


def make(path, files, mode: Any = "w", form=tarfile.GNU_FORMAT):
    with tarfile.open(path, mode, format=form) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def listed(archive):
    ledger = FileLedger()
    given = [entry.path for entry in archive.entries(ledger)]
    skipped = {skip.path: skip.reason for skip in ledger.skipped_files()}
    assert ledger.files_found == len(given) + len(skipped)
    return given, skipped


def refusal(call, *args):
    with pytest.raises(EntryError) as caught:
        call(*args)
    return caught.value.reason


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_that_every_kind_of_tar_is_read(tmp_path, mode, form):
    files = {"b.jpg": b"12", "a/猫.jpg": b"345", "a/" + "x" * 90 + ".jpg": b"6"}
    with TarArchive(make(tmp_path / "a.tar", files, mode, form)) as archive:
        assert listed(archive) == ([*files], {})
        assert {name: archive.read(name, 9) for name in files} == files


def test_that_several_threads_read_at_once(tmp_path):
    draws = np.random.default_rng(0)
    files = {f"{n}.bin": draws.bytes(50_000) for n in range(20)}
    with TarArchive(make(tmp_path / "a.tar", files)) as archive, ThreadPoolExecutor(4) as pool:
        read = pool.map(lambda name: archive.read(name, 50_000), [*files] * 5)
        assert list(read) == [*files.values()] * 5


def test_that_systems_without_pread_read_the_same(tmp_path, monkeypatch):
    path = make(tmp_path / "a.tar", {"a": b"12345", "b": b"678"})
    monkeypatch.delattr("os.pread")
    with TarArchive(path) as archive, archive.open("a") as file:
        assert file.read(2) == b"12"
        assert archive.read("b", 3) == b"678"
        assert file.read() == b"345"


def test_that_a_member_can_be_read_anywhere(tmp_path):
    path = make(tmp_path / "a.tar", {"a": b"12345", "b": b"678"})
    with TarArchive(path) as archive, archive.open("a") as file:
        assert file.seek(-2, 2) == 3
        assert file.read() == b"45"
        assert file.seek(1) == 1
        assert file.read(1) == b"2"


def test_that_the_temporary_file_is_gone_afterwards(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    (tmp_path / "temp").mkdir()
    path = make(tmp_path / "a.tgz", {"a": b"12345"}, "w:gz")
    with TarArchive(path) as archive:
        assert archive.read("a", 5) == b"12345"
    assert not list((tmp_path / "temp").iterdir())
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(SourceUnreadableError):
        TarArchive(path)
    assert not list((tmp_path / "temp").iterdir())


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_that_a_bomb_is_refused_after_the_first_piece_too_many(tmp_path, monkeypatch, mode):
    monkeypatch.setattr(tar, "_HARMLESS_BYTES", 1_000_000)
    path = make(tmp_path / "a.tar", {"a": bytes(20_000_000)}, mode)
    ratio = 10_000_000 // path.stat().st_size
    with pytest.raises(SourceUnreadableError, match="unpacks to more than"):
        TarArchive(path, Limits(ratio=ratio))
    with TarArchive(path, Limits(ratio=ratio * 3)) as archive:
        assert listed(archive) == (["a"], {})


def test_that_a_compressed_archive_is_bounded_as_a_whole(tmp_path):
    path = make(tmp_path / "a.tgz", {"a": bytes(5_000_000)}, "w:gz")
    with pytest.raises(SourceUnreadableError, match="more than 1,000,000 bytes"):
        TarArchive(path, Limits(unpacked_bytes=1_000_000))


def test_that_a_full_disk_is_told(tmp_path, monkeypatch):
    class FullDisk(io.BytesIO):
        def write(self, _content):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", FullDisk)
    path = make(tmp_path / "a.tgz", {"a": b"12345"}, "w:gz")
    with pytest.raises(SourceUnreadableError, match="No space left"):
        TarArchive(path)


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_that_opening_can_be_stopped(tmp_path, mode):
    control = RunControl()
    control.request_stop()
    path = make(tmp_path / "a.tar", {"a": b"12345"}, mode)
    with pytest.raises(StoppedError):
        TarArchive(path, control=control)


def test_that_too_many_members_are_refused(tmp_path):
    path = make(tmp_path / "a.tar", {"a": b"1", "b": b"2"})
    with pytest.raises(SourceUnreadableError, match="more than 1 files"):
        TarArchive(path, Limits(entries=1))


def test_that_an_archive_that_shrinks_is_found_out(tmp_path):
    path = make(tmp_path / "a.tar", {"a": bytes(100_000)})
    with TarArchive(path) as archive:
        with path.open("r+b") as file:
            file.truncate(50_000)
        assert refusal(archive.read, "a", 100_000) == Reason.TRUNCATED


def test_that_a_closed_archive_refuses_in_the_usual_way(tmp_path):
    with TarArchive(make(tmp_path / "a.tar", {"a": b"1"})) as archive:
        pass
    assert refusal(archive.read, "a", 9) == Reason.UNREADABLE


def test_that_a_sparse_file_is_refused(tmp_path):
    """Its bytes do not lie in one piece (GNU tar, "Old GNU Format": 386 first hole, 483 size)."""
    make(tmp_path / "a.tar", {"a": bytes(512)})
    content = bytearray((tmp_path / "a.tar").read_bytes())
    content[156:157] = b"S"
    content[386:410] = b"00000000000\x0000000001000\0"
    content[483:495] = b"00000002000\0"
    content[148:156] = b" " * 8
    content[148:155] = b"%06o\0" % sum(content[:512])
    (tmp_path / "a.tar").write_bytes(content)
    with TarArchive(tmp_path / "a.tar") as archive:
        assert listed(archive) == ([], {"a": Reason.UNREADABLE})


def test_that_headers_for_all_files_cannot_fill_the_memory(tmp_path):
    path = tmp_path / "a.tar"
    many = {f"DIPTYCH.{n}": "x" for n in range(1_500)}
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT, pax_headers=many) as archive:
        archive.addfile(tarfile.TarInfo("a"))
    with pytest.raises(SourceUnreadableError, match="too many headers"):
        TarArchive(path)


def test_that_xz_with_padding_and_several_streams_is_read_whole():
    content = np.random.default_rng(0).bytes(3_000_000)
    parts = [lzma.compress(content[n : n + 1_000_000]) for n in range(0, 3_000_000, 1_000_000)]
    packed = io.BytesIO(parts[0] + bytes(8) + parts[1] + parts[2] + bytes(4))
    assert b"".join(tar._xz_chunks(packed)) == content


def test_that_gzip_in_several_members_is_read_whole(tmp_path):
    plain = make(tmp_path / "a.tar", {"a": bytes(30_000)}).read_bytes()
    path = tmp_path / "b.tar.gz"
    path.write_bytes(gzip.compress(plain[:9_000]) + gzip.compress(plain[9_000:]))
    with TarArchive(path) as archive:
        assert archive.read("a", 30_000) == bytes(30_000)
