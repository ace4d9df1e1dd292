import io
import json
import tarfile

import pytest
from hypothesis import given

from engine.cli.main import main
from engine.data.store import open_dataset
from engine.errors import ConfigError, EntryError
from engine.importing.formats.format import ImageRef, ImportSpec
from engine.importing.formats.registry import FORMATS
from engine.importing.ledger import Reason
from tests.helpers.mutations import mutated, picture
from tests.helpers.sounds import tone_file
from tests.helpers.sources import best, fuzzed, scanned, survives

P, Q = picture(1), picture(2)


def shard(files: dict[str, bytes], kind: int = tarfile.GNU_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=kind) as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


SAMPLES = {
    "000001.jpg": P,
    "000001.txt": b"a cat\n",
    "000002.json": b'{"caption": "a dog", "width": 8}',
    "000002.png": Q,
    "sub/000003.jpg": P,
    "sub/000003.cls": b"7",
    "000004.txt": b"words alone",
}
FILES = {"train-000.tar": shard(SAMPLES), "README.md": b"x"}


def test_that_members_of_one_name_make_a_sample():
    found = scanned(FILES, "webdataset")
    assert found.texts == {
        "train-000.tar#000001": ("a cat",),
        "train-000.tar#000002": ("a dog",),
        "train-000.tar#sub/000003": ("7",),
        "train-000.tar#000004": ("words alone",),
    }
    assert found.load("train-000.tar#000002") == Q
    assert found.item("train-000.tar#000004").image is None
    assert found.item("train-000.tar#sub/000003").extras == {"split": "train", "label": "7"}
    assert found.skipped_files == {"README.md": Reason.NOT_USED}


@pytest.mark.parametrize("kind", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
def test_that_long_and_foreign_names_are_read(kind):
    name = "猫" * 12 if kind == tarfile.USTAR_FORMAT else "猫" * 70
    found = scanned({"s.tar": shard({f"{name}.png": P, f"{name}.txt": b"cat"}, kind)}, "webdataset")
    assert found.texts == {f"s.tar#{name}": ("cat",)}
    assert found.load(f"s.tar#{name}") == P


def test_that_columns_and_words_are_chosen():
    members = {"1.png": P, "1.txt": b"3", "1.json": b'{"caption": "x", "tags": ["a", "b"]}'}
    tags = ImportSpec(format="webdataset", text_columns=("json.tags",))
    assert scanned({"s.tar": shard(members)}, "webdataset", tags).texts == {"s.tar#1": ("a, b",)}
    words = ImportSpec(format="webdataset", words=(("3", "three"),))
    assert scanned({"s.tar": shard(members)}, "webdataset", words).texts == {"s.tar#1": ("three",)}


@pytest.mark.parametrize(
    ("image", "text"),
    [("img", "cap"), ("input.png", "outputs.txt"), ("jpg", "prompt"), ("picture", "words")],
)
def test_that_parts_may_have_any_names(image, text):
    members = {f"1.{image}": P, f"1.{text}": b"a red kite", "1.npy": b"\x93NUMPY\0\1"}
    found = scanned({"s.tar": shard(members)}, "webdataset")
    assert found.texts == {"s.tar#1": ("a red kite",)}
    assert found.load("s.tar#1") == P
    assert found.skipped_items == {"s.tar#1.npy": Reason.NOT_USED}


def test_that_names_with_dots_are_split_where_that_makes_pairs():
    members = {}
    for n in range(3):
        members |= {f"photo.v1.{n:04d}.png": P, f"photo.v1.{n:04d}.txt": b"kite %c" % (97 + n)}
    found = scanned({"s.tar": shard(members)}, "webdataset")
    assert found.texts["s.tar#photo.v1.0001"] == ("kite b",)
    assert len(found.items) == 3


def test_that_braces_name_shards():
    files = {f"s-{n:03}.tar": shard({"1.png": P, "1.txt": b"x"}) for n in range(4)}
    found = scanned(files, "webdataset", ImportSpec(format="webdataset", table="s-{001..002}.tar"))
    assert list(found.texts) == ["s-001.tar#1", "s-002.tar#1"]
    assert set(found.skipped_files) == {"s-000.tar", "s-003.tar"}
    with pytest.raises(ConfigError):
        scanned(files, "webdataset", ImportSpec(format="webdataset", table="s-{7..9999999999}.tar"))


def test_that_links_are_no_images_and_a_second_image_is_named():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        link = tarfile.TarInfo("evil.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
        for name in ("1.a.png", "1.b.png"):
            info = tarfile.TarInfo(name)
            info.size = len(P)
            tar.addfile(info, io.BytesIO(P))
    found = scanned({"s.tar": buffer.getvalue()}, "webdataset")
    assert list(found.texts) == ["s.tar#1"]
    assert found.skipped_items == {"s.tar#1.b.png": Reason.NOT_USED}


def test_that_a_shard_that_breaks_off_gives_what_stands_before():
    whole = shard({"1.png": P, "1.txt": b"x", "2.png": Q, "2.txt": b"y"})
    cut = whole[: 512 * 6] + b"garbage" * 100
    found = scanned({"s.tar": cut, "t.tar": b"no tar at all" * 99}, "webdataset")
    assert "s.tar#1" in found.texts
    assert found.skipped_items["s.tar#end"] == Reason.DAMAGED
    assert found.skipped_files == {"t.tar": Reason.DAMAGED}
    for part in (7, 10**9, 512):
        with pytest.raises(EntryError):
            FORMATS["webdataset"].load(found.archive, ImageRef(path="t.tar", part=part))


def test_that_it_is_the_likeliest_where_shards_hold_images():
    assert best(FILES) == "webdataset"
    assert best({"x.tar": shard({"notes.md": b"x"})}) == ""


@fuzzed
@given(mutated(FILES))
def test_that_damaged_shards_are_survived(files):
    survives(files, "webdataset", ImportSpec(format="webdataset"))


SPOKEN = {
    "000001.wav": tone_file(1),
    "000001.txt": b"a tone",
    "000002.speech.wav": tone_file(2),
    "000002.music.wav": tone_file(3),
    "000002.jpg": P,
    "000003.sound": tone_file(4),
    "000004.jpg": Q,
    "000004.txt": b"no tone",
}


def test_that_sounds_are_columns_of_their_samples():
    files = {"a.tar": shard(SPOKEN)}
    assert best(files) == "webdataset"
    found = scanned(files, "webdataset")
    sounds = {item.key.rpartition("#")[2]: sorted(item.sounds) for item in found.items}
    assert sounds == {
        "000001": ["audio"],
        "000002": ["music", "speech"],
        "000003": ["sound"],
        "000004": [],
    }
    ref = found.item("a.tar#000002").sounds["music"]
    loaded = FORMATS["webdataset"].load(found.archive, ImageRef(path=ref.path, part=ref.part))
    assert loaded == tone_file(3)
    chosen = ImportSpec(format="webdataset", audio_columns=("speech.wav",))
    found = scanned(files, "webdataset", chosen)
    assert sorted(found.item("a.tar#000002").sounds) == ["speech"]


def test_that_sounds_alone_make_samples_also_at_the_last_dot():
    files = {
        f"voice.v1.{n}.{part}": content
        for n in range(4)
        for part, content in (("wav", tone_file(n)), ("txt", b"word"))
    }
    found = scanned({"a.tar": shard(files)}, "webdataset")
    assert [item.key for item in found.items] == [f"a.tar#voice.v1.{n}" for n in range(4)]
    assert all(list(item.sounds) == ["audio"] and item.texts for item in found.items)


def test_that_sounds_of_shards_are_imported(tmp_path):
    broken = {**SPOKEN, "000005.wav": b"nothing", "000006.wav": b"RIFF", "000006.txt": b"broken"}
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.tar").write_bytes(shard(broken))
    command = ["import", str(tmp_path / "in"), "--dataset", str(tmp_path / "out"), "--size", "32"]
    assert main([*command, "--fix", "no_text=keep"]) == 0
    columns = open_dataset(tmp_path / "out").columns
    counts = {name: int(column.present.sum()) for name, column in columns.items()}
    assert counts["audio"] == counts["speech"] == counts["music"] == counts["sound"] == 1
    report = json.loads((tmp_path / "out/report.json").read_text())
    reasons = {one["path"]: one["reason"] for one in report["skipped_items"]}
    assert reasons["a.tar#000005"] == "not_audio"
    found = report["counts"]
    assert found["items_found"] == found["items_imported"] + found["items_skipped"]


@fuzzed
@given(mutated({"a.tar": shard(SPOKEN)}))
def test_that_damaged_shards_of_sounds_are_survived(files):
    survives(files, "webdataset", ImportSpec(format="webdataset"))
