from hypothesis import given

from engine.importing.accounts import Reason
from engine.importing.formats.format import Reading
from tests.helpers.mutations import mutated
from tests.helpers.picture_bytes import picture
from tests.helpers.scanned import best, fuzzed, proposed, scanned, survives

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
    reading = Reading(format="class_folders", words=(("n01", "tench"), ("big cat", "lion")))
    found = scanned({"n01/a.png": P, "big_cat/b.png": P}, "class_folders", reading)
    assert list(found.texts.values()) == [("tench",), ("lion",)]


def test_that_two_folders_make_it_likely_and_one_does_not():
    assert best(FILES) == "class_folders"
    offer = proposed({"photos/a.png": P}, "class_folders")
    assert offer is not None
    assert offer.confidence < 0.2
    assert proposed({"a.png": P}, "class_folders") is None


@fuzzed
@given(mutated(FILES))
def test_that_damaged_sources_are_survived(files):
    survives(files, "class_folders", Reading(format="class_folders"))
