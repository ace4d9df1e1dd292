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


def test_that_paths_that_lead_out_and_addresses_are_bad_rows_if_no_image_fits():
    names = ["../x.png", "/etc/x.png", "C:\\x.png", "https://x.org/x.png", "img/../../x.png"]
    table = "file,text\nimg/a.png,fine\n" + "".join(f"{name},bad\n" for name in names)
    reading = ImportSpec(format="table_file", table="t.csv", image_column="file")
    found = scanned(IMAGES | {"t.csv": table.encode()}, "table_file", reading)
    reasons = dict.fromkeys((2, 3, 4, 6), Reason.BAD_ROW) | {5: Reason.WEB_ADDRESS}
    assert found.skipped_items == {f"t.csv#{n}": reason for n, reason in reasons.items()}
    details = [skipped.detail for skipped in found.ledger.skipped_items()]
    assert any("it is a web address; nothing is downloaded" in detail for detail in details)


@pytest.mark.parametrize(
    "name",
    [
        "IMG/CAF\u00c9 1.JPG",
        "img/cafe\u0301 1.jpg",
        "img\\caf\u00e9 1.jpg",
        "/home/someone/set/img/caf\u00e9 1.jpg",
        "C:\\set\\img\\caf\u00e9 1.jpg",
        "file:///img/caf%C3%A9%201.jpg",
        "../img/caf\u00e9 1.jpg",
        "caf\u00e9 1",
        "caf\u00e9 1.png",
        "img/caf\u00e9 1.jpg#3",
        "/data/local-files/?d=img/caf\u00e9 1.jpg",
        "/data/upload/2/0a1b2c3d-caf\u00e9 1.jpg",
        "https://x.org/set/caf%C3%A9%201.jpg?size=2",
    ],
)
def test_that_names_meet_however_they_are_written(name):
    files = {"img/caf\u00e9 1.jpg": P, "other/b.jpg": P}
    table = json.dumps([{"file_name": name, "text": "a small cafe"}]).encode()
    found = scanned(files | {"lists/t.json": table}, "table_file")
    assert found.texts["img/caf\u00e9 1.jpg"] == ("a small cafe",)


def test_that_of_equal_names_the_one_in_the_same_folders_is_meant():
    files = {"p/a/1.png": P, "q/a/1.png": P, "r/1.png": P}
    rows = [{"file_name": "/set/Q/a/1.png", "text": "of q"}, {"file_name": "1.png", "text": "any"}]
    found = scanned(files | {"lists/t.jsonl": lines(*rows)}, "table_file")
    assert found.texts["q/a/1.png"] == ("of q",)
    assert found.item("lists/t.jsonl#2").image is None


def test_that_numbers_name_images_with_or_without_zeros():
    files = {"img/0007.png": P, "img/12.png": P}
    rows = lines({"id": 7, "text": "a kite"}, {"id": 12, "text": "a barn"})
    found = scanned(files | {"t.jsonl": rows}, "table_file")
    assert found.texts == {"img/0007.png": ("a kite",), "img/12.png": ("a barn",)}


@pytest.mark.parametrize(
    "table",
    [
        {"a.png": "red cat", "b.png": "blue dog"},
        {"a": ["red cat"], "b": ["blue dog"]},
        {"a.png": {"caption": "red cat"}, "b.png": {"caption": "blue dog", "seed": 3}},
        [["img/a.png", "red cat"], ["img/b.png", "blue dog"]],
        {"file_name": ["a.png", "b.png"], "caption": ["red cat", "blue dog"]},
        {"file_name": {"0": "a.png", "1": "b.png"}, "caption": {"0": "red cat", "1": "blue dog"}},
        {"version": 2, "labels": [["a.png", "red cat"], ["b.png", "blue dog"]]},
        {"items": [{"data": {"image": "a.png", "caption": "red cat"}}]},
        [{"images": ["a.png"], "messages": [{"role": "assistant", "content": "red cat"}]}],
        [{"image": {"path": "a.png"}, "caption": "red cat"}],
    ],
)
def test_that_json_may_have_any_usual_shape(table):
    found = scanned(IMAGES | {"t.json": json.dumps(table).encode()}, "table_file")
    assert found.texts["img/a.png"] == ("red cat",)
    assert "img/b.png" not in found.texts or found.texts["img/b.png"] in ((), ("blue dog",))


def test_that_cells_without_a_value_are_no_captions():
    words = ["a cat", "nan", "None", "NULL", "n/a", "-"]
    rows = "".join(f"{n}.png,{word}\n" for n, word in enumerate(words))
    files = {f"{n}.png": P for n in range(6)} | {"t.csv": f"file,caption\n{rows}".encode()}
    found = scanned(files, "table_file")
    assert [found.texts[f"{n}.png"] for n in range(6)] == [("a cat",), *[()] * 5]


@pytest.mark.parametrize("header", ["file_name,caption\n", ""])
def test_that_all_behind_the_first_comma_is_the_caption(header):
    table = f"{header}a.png,red, small cat\nb.png,blue, big, wet dog\nc.png,owl\n"
    found = scanned(IMAGES | {"t.csv": table.encode()}, "table_file")
    assert found.texts["img/a.png"] == ("red, small cat",)
    assert found.texts["img/b.png"] == ("blue, big, wet dog",)
    assert found.texts["img/c.png"] == ("owl",)


@pytest.mark.parametrize(
    "table",
    [
        b"3\nEyeglasses Old_Hat Young \na.png  1 -1  1\nb.png -1  1 -1\nc.png -1 -1 -1\n",
        b"image_id,Eyeglasses,Old_Hat,Young\na.png,1,0,1\nb.png,0,1,0\nc.png,0,0,0\n",
    ],
)
def test_that_the_names_of_attributes_that_hold_make_a_caption(table):
    suffix = "csv" if b"," in table else "txt"
    found = scanned(IMAGES | {f"list_attr.{suffix}": table}, "table_file")
    assert found.texts == {
        "img/a.png": ("Eyeglasses, Young",),
        "img/b.png": ("Old Hat",),
        "img/c.png": (),
    }


def test_that_numbers_and_names_of_splits_are_no_captions():
    rows = [{"file_name": f"{n}.png", "score": n / 7, "set": "train", "n": n} for n in range(4)]
    files = {f"{n}.png": P for n in range(4)}
    offer = proposed(files | {"metadata.jsonl": lines(*rows)}, "table_file")
    assert offer is not None
    assert not offer.reading.text_columns


def test_that_a_row_whose_image_is_missing_is_a_text_of_its_own():
    table = b"file,text\na.png,fine\ngone.png,words\ngone.png,\n"
    found = scanned(IMAGES | {"t.csv": table}, "table_file")
    assert found.item("t.csv#2").image is None
    assert found.item("t.csv#2").extras == {"missing_image": "gone.png"}
    assert found.skipped_items == {"t.csv#3": Reason.BAD_ROW}


def test_that_names_are_looked_for_beside_the_table_first_then_from_the_root_then_anywhere():
    files = {
        "x/a.png": P,
        "a.png": P,
        "y/b.png": P,
        "x/t.csv": b"file,text\na.png,one\nb.png,two\n",
    }
    assert scanned(files, "table_file").texts == {
        "x/a.png": ("one",),
        "y/b.png": ("two",),
        "a.png": (),
    }
    twice = {"p/a.png": P, "q/a.png": P, "z.png": P, "t.csv": b"file,text\na.png,one\nz.png,two\n"}
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
    whole = json.dumps([{"file": f"{n}.png", "text": "word " * 10} for n in range(9_000)]).encode()
    files = {f"{n}.png": P for n in range(3)} | {"t.json": whole[:-1_000]}
    found = scanned(files, "table_file")
    assert found.texts["1.png"] == ("word " * 9 + "word",)
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
    picked = {"a.csv": b"file,text\nx.png,one\n", "b.csv": b"file,text\nx.png,two\n", "x.png": P}
    assert scanned(picked, "table_file", selected_entry="b.csv").texts["x.png"] == ("two",)


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
