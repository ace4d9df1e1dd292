import os
import socket
import tracemalloc
from itertools import islice

import pytest

from engine.errors import EntryError, SourceUnreadableError
from engine.importing.ledger import FileLedger, Reason
from engine.importing.sources import folder
from engine.importing.sources.archive import Limits
from engine.importing.sources.folder import FolderArchive


def write(folder, *names, content=b"abc"):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


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


def test_that_files_come_by_name_within_each_folder(tmp_path):
    write(tmp_path, "b.jpg", "a/z.jpg", "a/b/c.jpg", "c/d.txt")
    given, skipped = listed(FolderArchive(tmp_path))
    assert given == ["a/b/c.jpg", "a/z.jpg", "b.jpg", "c/d.txt"]
    assert not skipped


def test_that_sizes_are_told_and_content_is_read(tmp_path):
    write(tmp_path, "a.jpg", content=b"12345")
    with FolderArchive(tmp_path) as archive:
        assert [entry.size for entry in archive.entries(FileLedger())] == [5]
        assert archive.read("a.jpg", 5) == b"12345"
        with archive.open("a.jpg") as file:
            file.seek(3)
            assert (file.read(), file.tell()) == (b"45", 5)


@pytest.mark.parametrize("name", ["with space.jpg", "猫/🐱.jpg", "café.jpg", "a" * 240, "#1.jpg"])
def test_that_strange_names_are_found_and_read(tmp_path, name):
    write(tmp_path, name)
    archive = FolderArchive(tmp_path)
    assert listed(archive) == ([name], {})
    assert archive.read(name, 3) == b"abc"


@pytest.mark.skipif(os.name == "nt", reason="names are UTF-16 there")
def test_that_a_name_that_is_no_text_is_spelt_so_that_it_can_be_printed(tmp_path):
    write(tmp_path, os.fsdecode(b"caf\xe9.jpg"))
    archive = FolderArchive(tmp_path)
    assert listed(archive) == (["caf%E9.jpg"], {})
    assert archive.read("caf%E9.jpg", 3) == b"abc"


@pytest.mark.skipif(os.name == "nt", reason="names are UTF-16 there")
def test_that_two_names_with_one_spelling_do_not_become_one(tmp_path):
    write(tmp_path, os.fsdecode(b"caf\xe9.jpg"))
    write(tmp_path, "caf%E9.jpg", content=b"other")
    ledger = FileLedger()
    archive = FolderArchive(tmp_path)
    assert [entry.size for entry in archive.entries(ledger)] == [5]
    assert archive.read("caf%E9.jpg", 9) == b"other"


def test_that_hidden_and_empty_files_are_accounted_for(tmp_path):
    write(tmp_path, "._a.jpg", "Thumbs.db", "desktop.ini", "a.jpg")
    write(tmp_path, "__MACOSX/a.jpg", ".git/objects/1", ".git/objects/2")
    write(tmp_path, "b.jpg", content=b"")
    given, skipped = listed(FolderArchive(tmp_path))
    assert given == ["a.jpg"]
    assert skipped.pop("b.jpg") is Reason.EMPTY
    assert set(skipped) == {"._a.jpg", "Thumbs.db", "desktop.ini", "__MACOSX/", ".git/"}
    assert set(skipped.values()) == {Reason.HIDDEN}


def test_that_a_hidden_folder_may_be_the_source_itself(tmp_path):
    write(tmp_path / ".data", "a.jpg")
    assert listed(FolderArchive(tmp_path / ".data")) == (["a.jpg"], {})


def test_that_links_are_neither_followed_nor_opened(tmp_path):
    write(tmp_path, "outside/secret.txt", "source/a.jpg")
    source = tmp_path / "source"
    (source / "b.jpg").symlink_to(tmp_path / "outside" / "secret.txt")
    (source / "out").symlink_to(tmp_path / "outside")
    (source / "round").symlink_to(source)
    (source / "nowhere").symlink_to("missing")
    archive = FolderArchive(source)
    given, skipped = listed(archive)
    assert given == ["a.jpg"]
    assert skipped == dict.fromkeys(("b.jpg", "out", "round", "nowhere"), Reason.LINK)
    for path in ("b.jpg", "out/secret.txt", "round/a.jpg"):
        assert refusal(archive.open, path) == Reason.LINK


def test_that_links_to_files_within_the_folder_are_followed(tmp_path):
    (tmp_path / "blobs").mkdir()
    (tmp_path / "snapshots" / "0f").mkdir(parents=True)
    (tmp_path / "blobs" / "aa").write_bytes(b"content")
    (tmp_path / "snapshots" / "0f" / "a.jpg").symlink_to("../../blobs/aa")
    archive, ledger = FolderArchive(tmp_path), FileLedger()
    sizes = {entry.path: entry.size for entry in archive.entries(ledger)}
    assert sizes == {"blobs/aa": 7, "snapshots/0f/a.jpg": 7}
    assert archive.read("snapshots/0f/a.jpg", 100) == b"content"
    snapshot = FolderArchive(tmp_path / "snapshots" / "0f")
    assert [entry.path for entry in snapshot.entries(FileLedger())] == ["a.jpg"]
    assert snapshot.read("a.jpg", 100) == b"content"
    # What has become a link since may lead anywhere.
    (tmp_path / "blobs" / "aa").unlink()
    (tmp_path / "blobs" / "aa").symlink_to("/etc/hostname")
    with pytest.raises(EntryError, match="elsewhere"):
        archive.read("snapshots/0f/a.jpg", 100)


def test_that_the_source_itself_may_be_a_link(tmp_path):
    write(tmp_path / "real", "a.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    archive = FolderArchive(tmp_path / "link")
    assert listed(archive) == (["a.jpg"], {})
    assert archive.read("a.jpg", 3) == b"abc"
    assert archive.source == tmp_path / "link"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
def test_that_pipes_and_sockets_are_skipped_and_do_not_hang(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe.jpg")
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as door:
        door.bind("socket.jpg")
        archive = FolderArchive(tmp_path)
        expected = dict.fromkeys(("pipe.jpg", "socket.jpg"), Reason.SPECIAL_FILE)
        assert listed(archive) == ([], expected)
        assert refusal(archive.read, "pipe.jpg", 9) == Reason.SPECIAL_FILE


def test_that_folders_are_entered_only_so_deep(tmp_path):
    write(tmp_path, "1/2/3/4.jpg", "1/2/a.jpg")
    given, skipped = listed(FolderArchive(tmp_path, Limits(depth=2)))
    assert given == ["1/2/a.jpg"]
    assert skipped == {"1/2/3/": Reason.TOO_LARGE}


@pytest.mark.skipif(os.name == "nt", reason="needs folders opened by handle")
def test_that_a_path_too_long_for_the_system_is_survived(tmp_path):
    handle = os.open(tmp_path, os.O_RDONLY)
    for _ in range(25):  # 25 x 200 letters: nobody can name the last in one piece
        os.mkdir("d" * 200, dir_fd=handle)
        inner = os.open("d" * 200, os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = inner
    os.close(handle)
    given, skipped = listed(FolderArchive(tmp_path))
    assert not given
    assert list(skipped.values()) == [Reason.UNREADABLE]


@pytest.mark.parametrize(
    "path",
    ["", ".", "..", "../a", "a/../../b", "/etc/passwd", "C:/a", "a\\..\\b", "a//b", "a\0b", "./a"],
)
def test_that_unsafe_paths_are_refused(tmp_path, path):
    write(tmp_path, "a/b")
    archive = FolderArchive(tmp_path / "a")
    assert refusal(archive.open, path) == Reason.UNSAFE_PATH
    assert refusal(archive.read, path, 9) == Reason.UNSAFE_PATH


@pytest.mark.parametrize("path", ["missing", "folder", "x" * 5_000, "\udce9", "a.jpg/b"])
def test_that_what_is_not_there_is_no_crash(tmp_path, path):
    write(tmp_path, "folder/a", "a.jpg")
    archive = FolderArchive(tmp_path)
    assert refusal(archive.read, path, 9) in {Reason.UNREADABLE, Reason.SPECIAL_FILE}


def test_that_a_file_larger_than_asked_for_is_refused(tmp_path):
    write(tmp_path, "a.jpg", content=b"12345")
    assert refusal(FolderArchive(tmp_path).read, "a.jpg", 4) == Reason.TOO_LARGE


def test_that_a_file_that_grows_while_it_is_read_is_bounded(tmp_path, monkeypatch):
    write(tmp_path, "a.jpg", content=b"12345")
    archive = FolderArchive(tmp_path)
    opened = archive._open
    monkeypatch.setattr(archive, "_open", lambda path: (opened(path)[0], 1))
    assert refusal(archive.read, "a.jpg", 4) == Reason.TOO_LARGE


def test_that_a_folder_that_may_not_be_read_is_accounted_for(tmp_path, monkeypatch):
    write(tmp_path, "a/1.jpg", "b/2.jpg")
    scandir = os.scandir

    def refuse(path):
        if str(path).rstrip("/").endswith("a"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(folder.os, "scandir", refuse)
    assert listed(FolderArchive(tmp_path)) == (["b/2.jpg"], {"a/": Reason.UNREADABLE})


def test_that_a_drive_that_is_pulled_ends_the_listing(tmp_path, monkeypatch):
    write(tmp_path / "drive", "a.jpg", "b.jpg")
    entries = FolderArchive(tmp_path / "drive").entries(FileLedger())
    assert next(entries).path == "a.jpg"
    (tmp_path / "drive").rename(tmp_path / "gone")
    with pytest.raises(SourceUnreadableError, match="drive"):
        next(entries)


def test_that_a_source_that_cannot_be_listed_says_so(tmp_path):
    with pytest.raises(SourceUnreadableError, match="missing"):
        FolderArchive(tmp_path / "missing")


def test_that_too_many_files_are_refused(tmp_path):
    write(tmp_path, "a/1", "a/2", "b/3", "b/4")
    assert len(listed(FolderArchive(tmp_path, Limits(entries=4)))[0]) == 4
    with pytest.raises(SourceUnreadableError, match="more than 3 files"):
        listed(FolderArchive(tmp_path, Limits(entries=3)))


def test_that_many_files_are_streamed_in_little_memory(tmp_path):
    for number in range(20):
        write(tmp_path, *(f"{number:02}/{n}.jpg" for n in range(100)))
    tracemalloc.start()
    try:
        count = sum(1 for _ in FolderArchive(tmp_path).entries(FileLedger()))
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 2_000
    # One folder's names at a time: 100 of 60 bytes, and nothing for each file seen.
    assert peak < 100_000


def test_that_listing_can_be_left_at_any_time(tmp_path):
    write(tmp_path, "a/1", "a/2", "b/3")
    ledger = FileLedger()
    assert len(list(islice(FolderArchive(tmp_path).entries(ledger), 2))) == 2
    assert ledger.files_found == 2


@pytest.mark.skipif(os.name == "nt", reason="permissions differ")
def test_that_a_read_only_source_works_and_stays_as_it_is(tmp_path):
    write(tmp_path, "a.jpg")
    (tmp_path / "a.jpg").chmod(0o444)
    tmp_path.chmod(0o555)
    try:
        before = tmp_path.stat().st_mtime_ns
        archive = FolderArchive(tmp_path)
        assert listed(archive) == (["a.jpg"], {})
        assert archive.read("a.jpg", 3) == b"abc"
        assert tmp_path.stat().st_mtime_ns == before
    finally:
        tmp_path.chmod(0o755)
