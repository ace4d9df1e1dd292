import json

import pytest
from hypothesis import given

from engine.importing.formats.format import ImportSpec
from engine.importing.ledger import Reason
from tests.helpers.mutations import mutated, picture
from tests.helpers.sources import best, fuzzed, proposed, scanned, survives

P = picture()
KOHYA = {
    "10_cat/a.png": P,
    "10_cat/a.txt": b"a black cat,\nsitting",
    "10_cat/b.jpg": P,
    "10_cat/b.caption": b"a white cat",
    "c.png": P,
    "c.png.txt": b"a dog",
    "d.png": P,
    "lost.txt": b"nobody's words",
    "README.txt": b"about these files",
    "notes.md": b"# more",
}
CUB = {
    "images/001.Crow/x_1.jpg": P,
    "images/002.Owl/y_1.jpg": P,
    "text/001.Crow/x_1.txt": b"a black bird\n\nit is on a branch\n",
    "text/002.Owl/y_1.txt": b"big eyes",
}
PLAIN = ImportSpec(format="sidecar")


def test_that_texts_beside_images_are_their_captions_whole():
    found = scanned(KOHYA, "sidecar")
    assert found.texts == {
        "10_cat/a.png": ("a black cat,\nsitting",),
        "10_cat/b.jpg": ("a white cat",),
        "c.png": ("a dog",),
        "d.png": (),
        "lost.txt": ("nobody's words",),
    }
    assert found.item("lost.txt").image is None
    assert found.skipped_files == {"README.txt": Reason.NOT_USED, "notes.md": Reason.NOT_USED}
    assert found.load("c.png") == P


def test_that_each_line_is_a_caption_in_parallel_folders():
    found = scanned(CUB, "sidecar")
    assert found.texts["images/001.Crow/x_1.jpg"] == ("a black bird", "it is on a branch")
    assert found.texts["images/002.Owl/y_1.jpg"] == ("big eyes",)
    assert found.item("images/002.Owl/y_1.jpg").extras == {"label": "002.Owl"}
    assert not found.skipped_files


@pytest.mark.parametrize(
    ("images", "texts"), [("imgs", "captions"), ("jpg", "labels"), ("Images", "texts")]
)
def test_that_parallel_folders_have_many_names(images, texts):
    files = {f"data/{images}/a.jpg": P, f"data/{texts}/a.txt": b"one\ntwo"}
    assert scanned(files, "sidecar").texts == {f"data/{images}/a.jpg": ("one", "two")}


def test_that_texts_in_class_folders_find_images_that_lie_in_one():
    files = {"jpg/image_1.jpg": P, "text_c10/class_1/image_1.txt": b"pink petals\nfive petals"}
    found = scanned(files, "sidecar")
    assert found.texts == {"jpg/image_1.jpg": ("pink petals", "five petals")}
    assert found.item("jpg/image_1.jpg").extras == {"label": "class_1"}


def test_that_images_of_one_stem_share_their_text_and_an_image_may_have_two():
    files = {"a.png": P, "a.jpg": P, "a.txt": b"one", "a.caption": b"two"}
    found = scanned(files, "sidecar")
    assert found.texts == {"a.png": ("one", "two"), "a.jpg": ("one", "two")}
    chosen = scanned(files, "sidecar", ImportSpec(format="sidecar", text_columns=("caption",)))
    assert chosen.texts["a.png"] == ("two",)
    assert chosen.skipped_files == {"a.txt": Reason.NOT_USED}


def test_that_bad_texts_are_skipped_with_their_reasons_and_images_stay():
    files = {"a.png": P, "a.txt": b"x" * 1_000_001, "b.png": P, "b.txt": b" \n ", "c.png": P}
    found = scanned(files, "sidecar", PLAIN)
    assert found.texts == {"a.png": (), "b.png": (), "c.png": ()}
    assert found.skipped_files == {"a.txt": Reason.TOO_LARGE, "b.txt": Reason.EMPTY}


def test_that_folders_of_the_split_are_told():
    found = scanned({"train/a.png": P, "train/a.txt": b"x", "val/b.png": P}, "sidecar", PLAIN)
    assert found.item("train/a.png").extras == {"split": "train"}
    assert found.item("val/b.png").extras == {"split": "validation"}


def test_that_it_is_offered_where_most_images_have_a_text_of_words():
    assert best(KOHYA) == "sidecar"
    assert best(CUB) == "sidecar"
    boxes = {"images/a.jpg": P, "labels/a.txt": b"0 0.5 0.5 0.2 0.2"}
    assert proposed(boxes, "sidecar") is None
    assert proposed({"a.png": P, "other.txt": b"x"}, "sidecar") is None


def test_that_one_caption_of_its_own_outweighs_the_names_of_folders():
    files = {f"{('cats', 'dogs')[n % 2]}/{n}.png": P for n in range(40)}
    assert best(files) == "class_folders"
    assert best(files | {"cats/0.txt": b"a black cat"}) == "sidecar"


@pytest.mark.parametrize("suffix", ["caption", "captions", "cap", "tags", "text", "prompt", "md"])
def test_that_captions_have_many_suffixes(suffix):
    files = {"a/1.jpg": P, f"a/1.{suffix}": b"a red kite", f"a/2.{suffix}": b"no image"}
    assert scanned(files, "sidecar").texts["a/1.jpg"] == ("a red kite",)


@pytest.mark.parametrize(
    ("record", "captions"),
    [
        ({"caption": "a red kite", "width": 48, "url": "https://x.org/1.jpg"}, ("a red kite",)),
        ({"captions": ["one kite", "two kites"]}, ("one kite", "two kites")),
        ({"category": "board", "rating": "s", "tags": ["solo", "long_tail"]}, ("solo, long tail",)),
        ({"id": 5, "tag_string": "solo long_tail >_<"}, ("solo, long tail, >_<",)),
        ({"tags": {"general": ["solo"], "species": ["red_fox"]}}, ("solo, red fox",)),
        ({"shapes": [{"label": "dog"}, {"label": "cat"}, {"label": "dog"}]}, ("dog, cat",)),
        ({"data": {"caption": "a red kite"}, "id": 3}, ("a red kite",)),
        (["a red kite", "3f2504e0"], ("a red kite",)),
        ({"score": 3, "hash": "3f2504e0"}, ()),
    ],
)
def test_that_a_record_beside_an_image_is_read(record, captions):
    files = {"1.jpg": P, "1.jpg.json": json.dumps(record).encode()}
    assert scanned(files, "sidecar", PLAIN).texts["1.jpg"] == captions


def test_that_a_text_file_comes_before_a_record():
    files = {"1.jpg": P, "1.json": b'{"caption": "of the record"}', "1.txt": b"of the text file"}
    found = scanned(files, "sidecar")
    assert found.texts["1.jpg"] == ("of the text file",)
    assert found.skipped_files == {"1.json": Reason.NOT_USED}


def test_that_one_text_may_describe_a_folder():
    files = {
        "s504/a.jpg": P,
        "s504/b.jpg": P,
        "s504.txt": b"no effusion",
        "s505/c.jpg": P,
        "s505/d.jpg": P,
        "s505/description.txt": b"a fracture",
        "s505/d.txt": b"of its own",
    }
    assert scanned(files, "sidecar").texts == {
        "s504/a.jpg": ("no effusion",),
        "s504/b.jpg": ("no effusion",),
        "s505/c.jpg": ("a fracture",),
        "s505/d.jpg": ("of its own",),
    }


def test_that_numbers_are_no_captions():
    files = {"1.jpg": P, "2.jpg": P, "1.txt": b"0 0.51 0.43 0.25 0.31", "2.txt": b"a red kite"}
    found = scanned(files, "sidecar")
    assert found.texts == {"1.jpg": (), "2.jpg": ("a red kite",)}
    assert found.skipped_files == {"1.txt": Reason.NOT_LANGUAGE}


def test_that_pairing_many_files_opens_each_text_a_few_times_at_most():
    files = {f"{n % 50}/{n}.png": P for n in range(2_000)}
    files |= {f"{n % 50}/{n}.txt": b"word" for n in range(2_000)}
    found = scanned(files, "sidecar", PLAIN)
    assert sum(bool(texts) for texts in found.texts.values()) == 2_000
    assert max(found.archive.opened.values()) <= 3


@fuzzed
@given(mutated(KOHYA | CUB))
def test_that_damaged_sources_are_survived(files):
    survives(files, "sidecar", PLAIN)


def test_that_each_folder_has_its_own_encoding():
    """Few captions of one folder would be lost among the many of the other."""
    texts = {
        "fr": ("cp1252", ["un café", "une forêt brûlée", "près du château", "l’été", "une île"]),
        "pl": ("cp1250", ["biały koń", "czerwona łódź", "na łące pod śniegiem", "źrebak"]),
        "ru": ("koi8_r", ["красная кошка", "старый мост у реки", "на траве", "зелёный трамвай"]),
    }
    files, wanted = {}, {}
    for folder, (encoding, captions) in texts.items():
        repeated = [f"{caption} {turn}" for turn in range(4) for caption in captions]
        for number, caption in enumerate(repeated if folder == "fr" else captions):
            files[f"{folder}/{number}.png"] = P
            files[f"{folder}/{number}.txt"] = caption.encode(encoding)
            wanted[f"{folder}/{number}.png"] = (caption,)
    assert scanned(files, "sidecar").texts == wanted


def test_that_a_folder_of_few_captions_has_the_encoding_of_the_source():
    captions = ["biały koń", "czerwona łódź", "na łące pod śniegiem", "źrebak"]
    files = {"few/a.png": P, "few/a.txt": "ślad".encode("cp1250")}
    for number, caption in enumerate(captions):
        files |= {f"{number}.png": P, f"{number}.txt": caption.encode("cp1250")}
    assert scanned(files, "sidecar").texts["few/a.png"] == ("ślad",)


def test_that_an_encoding_of_unicode_can_be_stated():
    for encoding in ("utf-16", "utf-16-le", "utf-32"):
        files = {"a.png": P, "a.txt": "a red café".encode(encoding)}
        found = scanned(files, "sidecar", ImportSpec(format="sidecar", encoding=encoding))
        assert found.texts == {"a.png": ("a red café",)}
