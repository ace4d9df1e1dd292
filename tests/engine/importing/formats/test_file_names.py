import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.importing.accounts import Reason
from engine.importing.formats.file_names import name_text
from engine.importing.formats.format import Reading
from tests.helpers.picture_bytes import picture
from tests.helpers.scanned import best, fuzzed, scanned, survives

P = picture()


@pytest.mark.parametrize(
    ("stem", "text"),
    [
        ("red_cat_012", "red cat"),
        ("red-cat (2)", "red cat"),
        ("red.cat+hat", "red cat hat"),
        ("cat0012", "cat"),
        ("area51", "area51"),
        ("3 blind mice 7 8", "3 blind mice"),
        ("000123", ""),
        ("红色的猫_01", "红色的猫"),
        ("😀", "😀"),
    ],
)
def test_that_a_name_becomes_words(stem, text):
    assert name_text(stem) == text


def test_that_images_are_named_and_all_else_is_skipped():
    found = scanned({"red_cat_1.jpg": P, "002.png": P, "read.me": b"x"}, "file_names")
    assert found.texts == {"red_cat_1.jpg": ("red cat",), "002.png": ()}
    assert found.skipped_files == {"read.me": Reason.NOT_USED}
    assert found.load("002.png") == P


def test_that_words_name_stems_and_texts():
    reading = Reading(format="file_names", words=(("1", "one"), ("red cat", "Tom")))
    found = scanned({"1.png": P, "red_cat_3.png": P}, "file_names", reading)
    assert found.texts == {"1.png": ("one",), "red_cat_3.png": ("Tom",)}


def test_that_it_is_the_last_resort():
    assert best({"red_cat.jpg": P, "blue_dog.jpg": P}) == "file_names"
    assert best({"red_cat.jpg": P, "red_cat.txt": b"a cat"}) == "sidecar"
    assert best({"notes.md": b"x"}) == ""


@fuzzed
@given(st.dictionaries(st.text(min_size=1, max_size=20).map(lambda s: s + ".png"), st.just(P)))
def test_that_any_names_are_survived(files):
    survives(files, "file_names", Reading(format="file_names"))
