import gzip
import os
import struct
import tarfile

import pytest

from engine.errors import SourceUnreadableError
from engine.importing.ledger import FileLedger
from engine.importing.sources.entries import (
    clean_path,
    decode_name,
    guess_name_encoding,
    is_hidden,
    is_safe,
    printable,
)
from engine.importing.sources.folder import FolderArchive
from engine.importing.sources.opening import open_archive
from engine.importing.sources.tar import TarArchive
from engine.importing.sources.zip import ZipArchive
from tests.helpers.odd_archives import tarred, zipped

IDX = struct.pack(">BBBBI", 0, 0, 8, 1, 3) + b"123"


def test_that_a_folder_is_opened(tmp_path):
    with open_archive(tmp_path) as archive:
        assert isinstance(archive, FolderArchive)
        assert (archive.source, archive.selected_entry) == (tmp_path, "")


@pytest.mark.parametrize("name", ["a.zip", "A.ZIP", "download"])
def test_that_a_zip_is_opened_whatever_it_is_called(tmp_path, name):
    (tmp_path / name).write_bytes(zipped("a.jpg"))
    with open_archive(tmp_path / name) as archive:
        assert isinstance(archive, ZipArchive)
        assert (archive.source, archive.selected_entry) == (tmp_path / name, "")


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("a.tar", "w"),
        ("a.tar.gz", "w:gz"),
        ("a.TGZ", "w:gz"),
        ("a.tar.bz2", "w:bz2"),
        ("a.tar.xz", "w:xz"),
        ("download", "w"),
    ],
)
def test_that_a_tar_is_opened(tmp_path, name, mode):
    with tarfile.open(tmp_path / name, mode):
        pass
    (tmp_path / "download").write_bytes(tarred("a.jpg"))
    with open_archive(tmp_path / name) as archive:
        assert isinstance(archive, TarArchive)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("words.csv", b"file,text\n"),
        ("words.TSV", b"file\ttext\n"),
        ("words.json", b"{}"),
        ("words.jsonl", b"{}"),
        ("words.parquet", b"PAR1"),
        ("train-images-idx3-ubyte", IDX),
        ("train-images-idx3-ubyte.gz", gzip.compress(IDX, mtime=0)),
    ],
)
def test_that_a_table_stands_for_its_folder(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    (tmp_path / "a.jpg").write_bytes(b"123")
    with open_archive(tmp_path / name) as archive:
        assert (archive.source, archive.selected_entry) == (tmp_path / name, name)
        assert {entry.path for entry in archive.entries(FileLedger())} == {name, "a.jpg"}
        assert archive.read(archive.selected_entry, 999) == content


@pytest.mark.skipif(os.name == "nt", reason="names are UTF-16 there")
def test_that_a_table_whose_name_is_no_text_can_be_read(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.csv")
    path.write_bytes(b"file,text\n")
    with open_archive(path) as archive:
        assert archive.selected_entry == "caf%E9.csv"
        assert archive.read(archive.selected_entry, 99) == b"file,text\n"
        assert [entry.path for entry in archive.entries(FileLedger())] == [archive.selected_entry]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.zip", b"no archive", "list of files is damaged"),
        ("a.tar", b"no archive", "no tar"),
        ("a.rar", b"Rar!", "only ZIP and tar"),
        ("a.jpg", b"\xff\xd8\xff", "a single image; choose the folder"),
        ("a.gz", b"\x1f\x8bno gzip", "neither a folder"),
        ("empty", b"", "neither a folder"),
    ],
)
def test_that_anything_else_is_refused_with_a_reason(tmp_path, name, content, reason):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceUnreadableError, match=reason):
        open_archive(tmp_path / name)


@pytest.mark.parametrize("name", ["missing", "x" * 5_000, "a\0b"])
def test_that_a_source_that_is_not_there_is_refused(tmp_path, name):
    with pytest.raises(SourceUnreadableError):
        open_archive(tmp_path / name)


def test_that_a_link_to_nowhere_is_told_apart(tmp_path):
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(SourceUnreadableError, match="leads nowhere"):
        open_archive(tmp_path / "link")


def test_that_links_to_archives_are_followed(tmp_path):
    (tmp_path / "real.zip").write_bytes(zipped("a.jpg"))
    (tmp_path / "link.zip").symlink_to(tmp_path / "real.zip")
    with open_archive(tmp_path / "link.zip") as archive:
        assert archive.read("a.jpg", 1_000_000)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a/b.jpg", "a/b.jpg"),
        ("./a//b.jpg", "a/b.jpg"),
        ("a\\b.jpg", "a/b.jpg"),
        ("a/...jpg", "a/...jpg"),
        ("..", None),
        ("a/..", None),
        ("a\\..\\b", None),
        ("/a", None),
        ("\\a", None),
        ("c:a", None),
        ("a\0", None),
        ("", None),
        ("./", None),
    ],
)
def test_that_names_are_cleaned_or_refused(name, expected):
    assert clean_path(name) == expected
    assert is_safe(name) == (expected == name)


@pytest.mark.parametrize("path", ["._a.jpg", "b/.DS_Store", "THUMBS.DB", "__MACOSX/a/b.jpg"])
def test_that_the_systems_files_are_hidden(path):
    assert is_hidden(path)


@pytest.mark.parametrize("path", ["a._.jpg", "thumbs.db.jpg", "a/thumbs.dbx", "macosx/a.jpg"])
def test_that_other_files_are_not(path):
    assert not is_hidden(path)


@pytest.mark.parametrize("name", ["\udce9", "a\ud83d", "x\0y", "plain", "猫"])
def test_that_every_name_can_be_saved(name):
    assert printable(name).encode().decode() == printable(name)
    assert "\0" not in printable(name)


@pytest.mark.parametrize(
    ("names", "encoding"),
    [
        (["红苹果.jpg", "小猫 在 睡觉.png", "北京的早晨.jpg"], "gbk"),
        (["赤いりんご.jpg", "ねこ.png", "東京タワー.jpg"], "cp932"),
        (["紅蘋果.jpg", "小貓在睡覺.png", "臺北的早晨.jpg"], "big5"),
        (["crème brûlée.jpg", "Ärger über Öl.png"], "cp437"),
        (["红苹果.jpg", "naïve.jpg", "ночь.jpg"], "utf-8"),
    ],
)
def test_that_an_archives_encoding_is_found(names, encoding):
    raw = [name.encode(encoding) for name in names]
    assert guess_name_encoding(raw, "cp437") == encoding
    assert [decode_name(name, encoding) for name in raw] == names


def test_that_plain_names_need_no_guess():
    assert guess_name_encoding([b"a.jpg"], "cp437") == "utf-8"
    assert decode_name(b"\xff.jpg", "utf-8") == "%FF.jpg"
