import pytest
from hypothesis import given

from engine.importing.formats.format import ImportSpec
from engine.importing.ledger import Reason
from tests.helpers.mutations import mutated, picture
from tests.helpers.sources import best, fuzzed, proposed, scanned, survives

P = picture()
BOX = b"%d 0.512 0.433 0.250 0.310\n"
YOLO = {
    "images/train/1.jpg": P,
    "images/train/2.jpg": P,
    "labels/train/1.txt": BOX % 1 + BOX % 0 + BOX % 1,
    "labels/train/2.txt": BOX % 0,
}
VOC = {
    "JPEGImages/2007_1.jpg": P,
    "JPEGImages/2007_2.jpg": P,
    "Annotations/2007_1.xml": b"<annotation><filename>2007_1.jpg</filename>"
    b"<object><name>dog</name></object><object><name>traffic_light</name></object></annotation>",
    "Annotations/2007_2.xml": b"<annotation><filename>2007_2.jpg</filename></annotation>",
}
CVAT = {
    "images/1.jpg": P,
    "annotations.xml": b'<annotations><image name="1.jpg"><box label="dog"/><polygon label="cat"/>'
    b'</image><image name="gone.jpg"><box label="dog"/></image></annotations>',
}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("data.yaml", b"path: x\nnames: [dog, 'black cat']  # two\nnc: 2\n"),
        ("data.yaml", b"names:\n  0: dog\n  1: black cat\nnc: 2\n"),
        ("set.yml", b'nc: 2\nnames:\n- "dog"\n- black cat\n'),
        ("data.yaml", b"names: {0: dog, 1: black cat}"),
        ("labels/classes.txt", b"dog\r\nblack cat\r\n"),
        ("obj.names", b"dog\nblack cat"),
    ],
)
def test_that_yolos_numbers_become_the_names_of_their_classes(name, content):
    files = YOLO | {name: content}
    assert best(files) == "object_labels"
    found = scanned(files, "object_labels")
    assert found.texts == {
        "images/train/1.jpg": ("black cat, dog",),
        "images/train/2.jpg": ("dog",),
    }
    assert found.item("images/train/1.jpg").extras == {"split": "train"}
    assert not found.skipped_files


def test_that_boxes_without_names_of_classes_are_no_texts():
    found = scanned(YOLO, "object_labels")
    assert set(found.texts.values()) == {()}
    assert set(found.skipped_files.values()) == {Reason.NOT_LANGUAGE}


def test_that_the_objects_of_pascal_voc_are_the_text():
    assert best(VOC) == "object_labels"
    assert scanned(VOC, "object_labels").texts == {
        "JPEGImages/2007_1.jpg": ("dog, traffic light",),
        "JPEGImages/2007_2.jpg": (),
    }


def test_that_one_file_of_cvat_describes_all_images():
    found = scanned(CVAT, "object_labels")
    assert found.texts == {"images/1.jpg": ("dog, cat",)}
    assert found.skipped_items == {"annotations.xml#gone.jpg": Reason.BAD_ROW}


def test_that_words_name_the_classes():
    reading = ImportSpec(format="object_labels", words=(("dog", "Hund"),))
    assert scanned(CVAT, "object_labels", reading).texts == {"images/1.jpg": ("Hund, cat",)}


def test_that_xml_with_entities_is_not_read():
    bomb = b'<!DOCTYPE a [<!ENTITY b "ha">]><annotation><filename>&b;</filename></annotation>'
    found = scanned(VOC | {"Annotations/x.xml": bomb}, "object_labels")
    assert found.skipped_files == {"Annotations/x.xml": Reason.DAMAGED}


def test_that_captions_of_their_own_come_first():
    assert best(YOLO | {"images/train/1.caption": b"a dog and a cat"}) == "sidecar"
    assert proposed({"a.jpg": P, "other.txt": b"words"}, "object_labels") is None


@fuzzed
@given(mutated(VOC | CVAT | YOLO | {"data.yaml": b"names: [dog, cat]"}))
def test_that_damaged_annotations_are_survived(files):
    survives(files, "object_labels", ImportSpec(format="object_labels"))
