import json
from collections.abc import Sequence

import pytest
from hypothesis import given

from engine.errors import ConfigError, SourceUnreadableError
from engine.importing.formats.format import ImportSpec
from engine.importing.ledger import Reason
from tests.helpers.mutations import mutated, picture
from tests.helpers.sources import best, fuzzed, proposed, scanned, survives

P = picture()
TABLE = "annotations/captions_train2017.json"


def captions(images: Sequence[object], annotations: Sequence[object]) -> bytes:
    # In COCO's own files the annotations may stand on either side of the images.
    content = {"info": {"year": 2017}, "annotations": annotations, "images": images}
    return json.dumps(content).encode()


FILES = {
    "train2017/1.jpg": P,
    "train2017/2.jpg": P,
    "val2017/1.jpg": P,
    TABLE: captions(
        [{"id": 1, "file_name": "1.jpg"}, {"id": 2, "file_name": "2.jpg"}],
        [
            {"image_id": 1, "caption": "a cat "},
            {"image_id": 2, "caption": "a dog"},
            {"image_id": 1, "caption": "an animal"},
        ],
    ),
    "LICENSE": b"CC BY",
}
PLAIN = ImportSpec(format="coco", table=TABLE)


def test_that_an_image_has_all_its_captions_and_is_found_in_the_folder_that_the_file_names():
    found = scanned(FILES, "coco")
    assert found.texts == {
        "train2017/1.jpg": ("a cat", "an animal"),
        "train2017/2.jpg": ("a dog",),
        "val2017/1.jpg": (),
    }
    assert found.item("train2017/1.jpg").extras == {"split": "train"}
    assert found.skipped_files == {"LICENSE": Reason.NOT_USED}
    assert found.load("train2017/2.jpg") == P


def test_that_both_splits_are_read():
    val = captions(
        [{"id": 1, "file_name": "1.jpg"}], [{"image_id": 1, "caption": "for validation"}]
    )
    found = scanned(FILES | {"annotations/captions_val2017.json": val}, "coco")
    assert found.texts["val2017/1.jpg"] == ("for validation",)
    assert found.texts["train2017/1.jpg"] == ("a cat", "an animal")
    assert found.item("val2017/1.jpg").extras == {"split": "validation"}


def test_that_what_is_malformed_or_missing_is_named():
    table = captions(
        [
            {"id": 1, "file_name": "1.jpg"},
            {"id": 2, "file_name": "gone.jpg"},
            {"id": 3},
            7,
            {"id": 4, "file_name": "../x.jpg"},
            {"id": 5, "file_name": "lost.jpg"},
        ],
        [{"image_id": 2, "caption": "words"}, {"image_id": 1}, None, {"caption": "x"}],
    )
    found = scanned({"1.jpg": P, "captions.json": table}, "coco")
    assert found.texts == {"captions.json#images/2": ("words",), "1.jpg": ()}
    assert found.item("captions.json#images/2").image is None
    assert set(found.skipped_items) == {
        "captions.json#images/3",
        "captions.json#images/4",
        "captions.json#images/5",
        "captions.json#annotations/2",
        "captions.json#annotations/3",
        "captions.json#annotations/4",
    }


def test_that_a_large_file_that_breaks_off_gives_what_it_has():
    images = [{"id": n, "file_name": f"{n}.jpg"} for n in range(5_000)]
    annotations = [{"image_id": n, "caption": f"number {n}"} for n in range(5_000)]
    table = captions(images, annotations)[:-20_000]
    files = {f"{n}.jpg": P for n in range(5_000)} | {"captions.json": table}
    found = scanned(files, "coco", ImportSpec(format="coco", table="captions.json"))
    assert found.texts["4000.jpg"] == ("number 4000",)
    assert found.skipped_items["captions.json#end"] == Reason.BAD_ROW
    assert sum(item.image is not None for item in found.items) == 5_000
    # Captions whose image stood behind the break are not lost.
    assert sum(len(item.texts) for item in found.items) == 5_000


def test_that_it_is_the_likeliest_where_it_fits_and_boxes_are_no_captions():
    assert best(FILES) == "coco"
    boxes = {"images": [{"id": 1, "file_name": "1.jpg"}], "annotations": [{"bbox": [1]}]}
    assert proposed({"1.jpg": P, "a.json": json.dumps(boxes).encode()}, "coco") is None


def test_that_a_reading_of_nothing_is_refused():
    with pytest.raises(ConfigError):
        scanned(FILES, "coco", ImportSpec(format="coco", table="none.json"))
    with pytest.raises(SourceUnreadableError):
        scanned(FILES | {TABLE: b"{nothing"}, "coco", PLAIN)


@fuzzed
@given(mutated(FILES, TABLE))
def test_that_damaged_captions_are_survived(files):
    survives(files, "coco", PLAIN)


def test_that_categories_of_boxes_are_the_text_where_there_are_no_captions():
    images = [{"id": n, "file_name": f"{n}.jpg"} for n in (1, 2)]
    boxes = [{"image_id": 1, "category_id": c, "bbox": [1, 2, 3, 4]} for c in (18, 3, 18)]
    names = [{"id": 18, "name": "dog"}, {"id": 3, "name": "car"}]
    table = {"images": images, "annotations": boxes, "categories": names}
    files = {"1.jpg": P, "2.jpg": P, "instances_val.json": json.dumps(table).encode()}
    assert best(files) == "coco"
    assert scanned(files, "coco").texts == {"1.jpg": ("dog, car",), "2.jpg": ()}
    captions = table | {"annotations": [{"image_id": 2, "caption": "a dog"}]}
    both = files | {"captions_val.json": json.dumps(captions).encode()}
    assert scanned(both, "coco").texts == {"1.jpg": (), "2.jpg": ("a dog",)}
