import base64
import json

import pytest
from hypothesis import given

from engine.errors import ConfigError, SourceUnreadableError
from engine.importing.formats.format import ImportSpec
from engine.importing.ledger import Reason
from tests.helpers.mutations import mutated, picture
from tests.helpers.sources import best, fuzzed, proposed, scanned, survives

P = picture()
IMAGES = {"img/a.png": P, "img/b.png": P, "img/c.png": P}


def lines(*rows: object) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


CSV = IMAGES | {
    "captions.csv": b'image,caption,species\r\na.png,"a cat, ""black""\nand old",cat\r\n'
    b"b.png,dog,dog\r\na.png,again,cat\r\n"
}
JSONL = IMAGES | {
    "metadata.jsonl": lines(
        {"file_name": "img/a.png", "text": "one", "tags": ["x"]},
        {"file_name": "img/b.png", "text": "two", "tags": ["y"]},
    )
}
JSON = IMAGES | {
    "data.json": json.dumps(
        {
            "info": {"n": 1},
            "classes": ["x", "y"],
            "rows": [{"path": "a.png", "captions": ["1", "one"]}, {"path": "b", "captions": []}],
        }
    ).encode()
}
INSIDE = {
    "table.jsonl": lines(
        {"image": base64.b64encode(P).decode(), "text": "raw"},
        {"image": "data:image/png;base64," + base64.b64encode(P).decode(), "text": "uri"},
    )
}


def test_that_rows_of_one_image_make_one_item_and_quoted_cells_hold_anything():
    found = scanned(CSV, "table_file")
    assert found.texts == {
        "img/a.png": ('a cat, "black"\nand old', "again"),
        "img/b.png": ("dog",),
        "img/c.png": (),
    }
    assert found.item("img/a.png").extras == {"label": "cat"}
    assert found.load("img/b.png") == P


def test_that_columns_are_found_by_name():
    offer = proposed(CSV, "table_file")
    assert offer is not None
    assert offer.columns == ("image", "caption", "species")
    assert offer.reading == ImportSpec(
        format="table_file",
        table="captions.csv",
        image_column="image",
        text_columns=("caption",),
        label_column="species",
    )


@pytest.mark.parametrize("separator", ["\t", ";", "|", ","])
def test_that_the_separator_is_sniffed_and_a_header_may_be_missing(separator):
    rows = separator.join(["a.png", "a small cat"]) + "\n" + separator.join(["b.png", "dog"])
    found = scanned(IMAGES | {"t.csv": rows.encode()}, "table_file")
    assert found.texts["img/a.png"] == ("a small cat",)
    assert found.texts["img/b.png"] == ("dog",)


def test_that_several_caption_columns_give_several_captions():
    table = b"name,caption_1,caption_2\na.png,one,two\nb.png,three,\n"
    found = scanned(IMAGES | {"t.csv": table}, "table_file")
    assert found.texts["img/a.png"] == ("one", "two")
    assert found.texts["img/b.png"] == ("three",)


def test_that_marks_and_old_line_ends_do_not_matter():
    for table in (
        b"\xef\xbb\xbffile,text\r\na.png,one\r\nb.png,two\r\n",
        b"file,text\ra.png,one\rb.png,two\r",
        "file,text\na.png,one\nb.png,two\n".encode("utf-16"),
        b"file,te\0xt\na.png,o\0ne\nb.png,two",
    ):
        found = scanned(IMAGES | {"t.csv": table}, "table_file")
        assert found.texts["img/a.png"] == ("one",), table
        assert found.texts["img/b.png"] == ("two",), table


def test_that_a_quotation_mark_that_is_never_closed_costs_its_row_alone():
    rows = b"".join(b"b.png,text %d\n" % n for n in range(300))
    table = b'file,text\na.png,"open\n' + rows + b'c.png,"last'
    found = scanned(IMAGES | {"t.csv": table}, "table_file")
    assert len(found.texts["img/b.png"]) == 300
    assert found.texts["img/c.png"] == ("last",)
    assert found.skipped_items == {"t.csv#1": Reason.BAD_ROW}


def test_that_paths_that_lead_out_and_addresses_are_bad_rows():
    names = ["../a.png", "/etc/a.png", "C:\\a.png", "https://x.org/a.png", "img/../../a.png"]
    table = "file,text\nimg/a.png,fine\n" + "".join(f"{name},bad\n" for name in names)
    reading = ImportSpec(format="table_file", table="t.csv", image_column="file")
    found = scanned(IMAGES | {"t.csv": table.encode()}, "table_file", reading)
    assert found.skipped_items == {f"t.csv#{n}": Reason.BAD_ROW for n in range(2, 7)}
    details = [skipped.detail for skipped in found.ledger.skipped_items()]
    assert "it is a web address; nothing is downloaded" in details[3]


def test_that_a_row_whose_image_is_missing_is_a_text_of_its_own():
    table = b"file,text\na.png,fine\ngone.png,words\ngone.png,\n"
    found = scanned(IMAGES | {"t.csv": table}, "table_file")
    assert found.item("t.csv#2").image is None
    assert found.item("t.csv#2").extras == {"missing_image": "gone.png"}
    assert found.skipped_items == {"t.csv#3": Reason.BAD_ROW}


def test_that_names_are_looked_for_beside_the_table_first_then_from_the_root_then_anywhere():
    files = {"x/a.png": P, "a.png": P, "y/b.png": P, "x/t.csv": b"file,text\na.png,1\nb.png,2\n"}
    assert scanned(files, "table_file").texts == {"x/a.png": ("1",), "y/b.png": ("2",), "a.png": ()}
    twice = {"p/a.png": P, "q/a.png": P, "z.png": P, "t.csv": b"file,text\na.png,1\nz.png,2\n"}
    assert scanned(twice, "table_file").item("t.csv#1").image is None


def test_that_json_lines_of_image_folder_are_read_in_all_splits():
    files = {
        "train/metadata.csv": b"file_name,text\na.png,one\n",
        "train/a.png": P,
        "test/metadata.jsonl": lines({"file_name": "a.png", "text": "two"}),
        "test/a.png": P,
    }
    found = scanned(files, "table_file")
    assert found.texts == {"test/a.png": ("two",), "train/a.png": ("one",)}
    assert found.item("train/a.png").extras == {"split": "train"}


def test_that_a_language_is_chosen_by_its_column():
    row = {"file_name": "img/a.png", "text": "cat", "text_zh": "猫", "group": "animals"}
    reading = ImportSpec(format="table_file", text_columns=("text_zh",))
    found = scanned(IMAGES | {"metadata.jsonl": lines(row)}, "table_file", reading)
    assert found.texts["img/a.png"] == ("猫",)
    assert found.item("img/a.png").extras == {"group": "animals"}


def test_that_the_list_of_an_object_is_the_table():
    found = scanned(JSON, "table_file")
    assert found.texts == {"img/a.png": ("1", "one"), "img/b.png": (), "img/c.png": ()}


def test_that_a_broken_json_gives_what_stands_before_the_break():
    whole = json.dumps([{"file": f"{n}.png", "text": "x" * 50} for n in range(9_000)]).encode()
    files = {f"{n}.png": P for n in range(3)} | {"t.json": whole[:-1_000]}
    found = scanned(files, "table_file")
    assert found.texts["1.png"] == ("x" * 50,)
    assert len(found.items) > 8_900
    assert list(found.skipped_items.values()) == [Reason.BAD_ROW]


def test_that_images_within_the_table_are_read_from_their_place():
    found = scanned(INSIDE, "table_file")
    assert found.texts == {"table.jsonl#1": ("raw",), "table.jsonl#2": ("uri",)}
    assert found.load("table.jsonl#1") == P
    assert found.load("table.jsonl#2") == P
    code = base64.b64encode(P)
    rows = (
        b"[\n" + json.dumps({"t": "é", "image": code.decode()}).replace("/", "\\/").encode() + b"]"
    )
    files = {"t.json": rows, "t.csv": b"text,image\nx," + code + b'\ny,"' + code + b'"\n'}
    for path, content in files.items():
        inside = scanned({path: content}, "table_file")
        assert [inside.load(item.key) for item in inside.items] == [P] * len(inside.items)
        assert inside.items


def test_that_malformed_rows_are_named_and_the_others_read():
    table = (
        JSONL["metadata.jsonl"]
        + b'{"file_name": \n[1]\n'
        + lines({"file_name": ["a"], "text": "x"}, {"file_name": "c.png", "text": "y" * 1_000_001})
    )
    found = scanned(JSONL | {"metadata.jsonl": table}, "table_file")
    assert found.texts == {"img/a.png": ("one",), "img/b.png": ("two",), "img/c.png": ()}
    assert list(found.skipped_items.values()) == [Reason.BAD_ROW] * 3 + [Reason.TOO_LARGE]


def test_that_what_the_mapping_names_has_to_be_there():
    for reading in (
        ImportSpec(format="table_file", table="none.csv"),
        ImportSpec(format="table_file", table="captions.csv", image_column="x"),
        ImportSpec(format="table_file", table="captions.csv", text_columns=("caption", "x")),
        ImportSpec(format="table_file", table="captions.csv", encoding="klingon"),
        ImportSpec(format="table_file", table="captions.csv", encoding="zlib"),
        ImportSpec(format="table_file", table="img/a.png"),
    ):
        with pytest.raises(ConfigError):
            scanned(CSV, "table_file", reading)


def test_that_deep_nesting_and_endless_values_are_no_table():
    for content in (
        b"[" * 100_000,
        b'{"a": [[' * 50_000,
        b'["' + b"x" * 9_000_000,
        b"[1, 2]",
        b"7",
    ):
        assert proposed(IMAGES | {"t.json": content}, "table_file") is None


def test_that_a_table_with_images_is_the_likeliest():
    for files in (CSV, JSONL, JSON, INSIDE):
        assert best(files) == "table_file"
    assert best(IMAGES | {"prices.csv": b"item,price\nscrew,1\n"}) == "file_names"
    picked = {"a.csv": b"file,text\nx.png,1\n", "b.csv": b"file,text\nx.png,2\n", "x.png": P}
    assert scanned(picked, "table_file", selected_entry="b.csv").texts["x.png"] == ("2",)


def test_that_a_row_in_another_encoding_is_bad_and_the_others_are_not():
    table = "file,text\na.png,grün\nb.png,".encode() + b"\xff\xff\n"
    reading = ImportSpec(format="table_file", table="t.csv", encoding="utf-8")
    found = scanned(IMAGES | {"t.csv": table}, "table_file", reading)
    assert found.texts["img/a.png"] == ("grün",)
    assert found.skipped_items == {"t.csv#2": Reason.BAD_ENCODING}


def test_that_a_table_that_cannot_be_read_on_ends_the_scan(monkeypatch):
    class Broken:
        def read(self, _size):
            raise OSError("pulled out")

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    monkeypatch.setattr("tests.helpers.sources.io.BytesIO", lambda _content: Broken())
    with pytest.raises(SourceUnreadableError, match="pulled out"):
        scanned(CSV, "table_file", ImportSpec(format="table_file", table="captions.csv"))


@pytest.mark.parametrize(
    "files", [CSV, JSONL, JSON, INSIDE], ids=["csv", "jsonl", "json", "inside"]
)
def test_that_damaged_tables_are_survived(files):
    offer = proposed(files, "table_file")
    assert offer is not None
    table = offer.tables[0]

    @fuzzed
    @given(mutated(files, table))
    def check(damaged):
        survives(damaged, "table_file", offer.reading)

    check()
