from hypothesis import given
from hypothesis import strategies as st

from engine.importing.formats.format import ImportSpec
from engine.importing.ledger import Reason
from tests.helpers.mutations import mutated, picture
from tests.helpers.sources import best, fuzzed, proposed, scanned, survives

P = picture()
FILES = {
    "train/red_panda/1.jpg": P,
    "train/big-cats/snow leopard/2.jpg": P,
    "train/001.Black_footed_Albatross/3.jpg": P,
    "train/4.jpg": P,
    "5.jpg": P,
    "classes.txt": b"red_panda",
}


def test_that_the_last_folder_is_the_text_in_words():
    found = scanned(FILES, "class_folders")
    assert found.texts == {
        "train/red_panda/1.jpg": ("red panda",),
        "train/big-cats/snow leopard/2.jpg": ("snow leopard",),
        "train/001.Black_footed_Albatross/3.jpg": ("Black footed Albatross",),
        "train/4.jpg": (),
        "5.jpg": (),
    }
    assert found.item("train/red_panda/1.jpg").extras == {"label": "red_panda", "split": "train"}
    assert found.skipped_files == {"classes.txt": Reason.NOT_USED}
    assert found.load("5.jpg") == P


def test_that_words_name_folders():
    reading = ImportSpec(format="class_folders", words=(("n01", "tench"), ("big cat", "lion")))
    found = scanned({"n01/a.png": P, "big_cat/b.png": P}, "class_folders", reading)
    assert list(found.texts.values()) == [("tench",), ("lion",)]


def test_that_two_folders_make_it_likely_and_one_does_not():
    assert best(FILES) == "class_folders"
    offer = proposed({"cats/a.png": P}, "class_folders")
    assert offer is not None
    assert offer.confidence < 0.05
    assert proposed({"photos/a.png": P, "s50414260/b.png": P}, "class_folders") is None
    assert proposed({"a.png": P}, "class_folders") is None


@fuzzed
@given(mutated(FILES))
def test_that_damaged_sources_are_survived(files):
    survives(files, "class_folders", ImportSpec(format="class_folders"))


def test_that_images_are_named_and_all_else_is_skipped():
    found = scanned({"red_cat_1.jpg": P, "002.png": P, "read.me": b"x"}, "file_names")
    assert found.texts == {"red_cat_1.jpg": ("red cat",), "002.png": ()}
    assert found.skipped_files == {"read.me": Reason.NOT_USED}
    assert found.load("002.png") == P


def test_that_words_name_stems_and_texts():
    reading = ImportSpec(format="file_names", words=(("1", "one"), ("red cat", "Tom")))
    found = scanned({"1.png": P, "red_cat_3.png": P}, "file_names", reading)
    assert found.texts == {"1.png": ("one",), "red_cat_3.png": ("Tom",)}


def test_that_it_is_the_last_resort():
    assert best({"red_cat.jpg": P, "blue_dog.jpg": P}) == "file_names"
    assert best({"red_cat.jpg": P, "red_cat.txt": b"a cat"}) == "sidecar"
    assert best({"notes.md": b"x"}) == ""


@fuzzed
@given(st.dictionaries(st.text(min_size=1, max_size=20).map(lambda s: s + ".png"), st.just(P)))
def test_that_any_names_are_survived(files):
    survives(files, "file_names", ImportSpec(format="file_names"))
