import struct
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from engine.errors import EntryError, SourceUnreadableError
from engine.importing.ledger import FileLedger, Reason
from engine.importing.sources.archive import Limits
from engine.importing.sources.zip import ZipArchive
from tests.helpers.odd_archives import patched_directory, zipped


def make(path, files, packing=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", packing) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
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


def test_that_members_come_in_the_archives_order_and_again(tmp_path):
    path = make(tmp_path / "a.zip", {"b.jpg": b"12", "a/c.jpg": b"345"})
    with ZipArchive(path) as archive:
        assert listed(archive) == (["b.jpg", "a/c.jpg"], {})
        assert [entry.size for entry in archive.entries(FileLedger())] == [2, 3]
        assert archive.read("a/c.jpg", 3) == b"345"
        with archive.open("b.jpg") as file:
            assert file.read(1) + file.read() == b"12"


def test_that_several_threads_read_at_once(tmp_path):
    draws = np.random.default_rng(0)
    files = {f"{n}.bin": draws.bytes(50_000) for n in range(20)}
    with ZipArchive(make(tmp_path / "a.zip", files)) as archive, ThreadPoolExecutor(4) as pool:
        read = pool.map(lambda name: archive.read(name, 50_000), [*files] * 5)
        assert list(read) == [*files.values()] * 5


@pytest.mark.parametrize("path", ["../a.jpg", "/a.jpg", "missing", "", "a", "\0", "a.jpg/b"])
def test_that_strange_paths_are_refused(tmp_path, path):
    with ZipArchive(make(tmp_path / "a.zip", {"a.jpg": b"1", "a/b": b"2"})) as archive:
        assert refusal(archive.open, path) in {Reason.UNSAFE_PATH, Reason.UNREADABLE}


def test_that_a_refused_member_cannot_be_opened_either(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(patched_directory(zipped("a.jpg"), 8, b"\1\0"))
    with ZipArchive(path) as archive, pytest.raises(EntryError, match="password"):
        archive.open("a.jpg")


def test_that_a_hidden_member_can_be_opened_by_who_knows_it(tmp_path):
    with ZipArchive(make(tmp_path / "a.zip", {".words.txt": b"abc"})) as archive:
        assert archive.read(".words.txt", 3) == b"abc"


def test_that_a_member_larger_than_asked_for_is_refused(tmp_path):
    with ZipArchive(make(tmp_path / "a.zip", {"a.jpg": b"12345"})) as archive:
        assert refusal(archive.read, "a.jpg", 4) == Reason.TOO_LARGE


def test_that_an_archive_is_bounded_as_a_whole(tmp_path):
    path = make(tmp_path / "a.zip", {"a": b"12", "b": b"345", "c": b"6"}, zipfile.ZIP_STORED)
    with ZipArchive(path, Limits(unpacked_bytes=5)) as archive:
        assert listed(archive) == (["a", "b"], {"c": Reason.TOO_LARGE})


def test_that_too_many_members_are_refused(tmp_path):
    path = make(tmp_path / "a.zip", {"a": b"1", "b": b"2"})
    with pytest.raises(SourceUnreadableError, match="more than 1 files"):
        ZipArchive(path, Limits(entries=1))


def test_that_a_lie_about_the_size_ends_at_the_lie(tmp_path):
    """The list says 10 bytes of a member that unpacks to 5,000."""
    path = make(tmp_path / "a.zip", {"a.jpg": bytes(5_000)})
    lie = patched_directory(path.read_bytes(), 24, struct.pack("<L", 10))
    path.write_bytes(lie)
    with ZipArchive(path) as archive:
        assert [entry.size for entry in archive.entries(FileLedger())] == [10]
        assert refusal(archive.read, "a.jpg", 10_000) == Reason.DAMAGED


def test_that_a_member_shorter_than_it_claims_is_refused(tmp_path):
    path = make(tmp_path / "a.zip", {"a.jpg": bytes(5_000)})
    path.write_bytes(patched_directory(path.read_bytes(), 24, struct.pack("<L", 6_000)))
    with ZipArchive(path) as archive:
        assert refusal(archive.read, "a.jpg", 10_000) in {Reason.TRUNCATED, Reason.DAMAGED}


def test_that_scrambled_data_is_found_out_while_it_is_read(tmp_path):
    path = make(tmp_path / "a.zip", {"a.jpg": np.random.default_rng(0).bytes(9_000)})
    content = bytearray(path.read_bytes())
    content[500:600] = bytes(100)
    path.write_bytes(content)
    with ZipArchive(path) as archive, archive.open("a.jpg") as file:
        assert refusal(file.read) == Reason.DAMAGED


def test_that_a_closed_archive_refuses_in_the_usual_way(tmp_path):
    with ZipArchive(make(tmp_path / "a.zip", {"a.jpg": b"1"})) as archive:
        pass
    assert refusal(archive.read, "a.jpg", 9) == Reason.UNREADABLE


def test_that_the_name_beside_the_name_counts(tmp_path):
    name = "ночь.jpg"
    info = zipfile.ZipInfo("1234.jpg")
    field = b"\1\0\0\0\0" + name.encode()
    info.extra = struct.pack("<HH", 0x7075, len(field)) + field
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(info).replace(b"1234.jpg", "ночь.jpg".encode("cp866")))
    with ZipArchive(path) as archive:
        assert listed(archive) == ([name], {})


def test_that_archives_in_archives_stay_closed(tmp_path):
    path = make(tmp_path / "a.zip", {"inner.zip": zipped("a.jpg")})
    with ZipArchive(path) as archive:
        assert listed(archive) == (["inner.zip"], {})
