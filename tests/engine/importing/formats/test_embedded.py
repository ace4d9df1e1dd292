import json

import pytest
from hypothesis import given
from PIL import Image, PngImagePlugin

from engine.importing.formats.format import ImportSpec
from engine.importing.ledger import Reason
from tests.helpers.mutations import mutated, picture
from tests.helpers.sources import best, fuzzed, proposed, scanned, survives


def png(**chunks: str) -> bytes:
    info = PngImagePlugin.PngInfo()
    for name, text in chunks.items():
        info.add_itxt(name, text)
    return picture(pnginfo=info)


def jpeg(tags: dict[int, object], kind: str = "JPEG") -> bytes:
    exif = Image.Exif()
    for tag, value in tags.items():
        if tag == 0x9286:
            exif.get_ifd(0x8769)[tag] = value
        else:
            exif[tag] = value
    return picture(kind=kind, exif=exif.tobytes())


XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><dc:description><rdf:Alt>'
    '<rdf:li xml:lang="x-default">cats &amp; dogs</rdf:li></rdf:Alt></dc:description></x:xmpmeta>'
)
FILES = {
    "a.png": png(Description="a red cat", Title="cat"),
    "b.jpg": jpeg({0x010E: "a blue dog"}),
    "c.jpg": jpeg({0x9286: b"UNICODE\0" + "eine grüne Kuh".encode("utf-16-be")}),
    "d.png": picture(),
    "e.webp": jpeg({0x010E: "a pig"}, "WEBP"),
    "notes.md": b"x",
}


def test_that_texts_within_images_are_their_captions():
    found = scanned(FILES, "embedded")
    assert found.texts == {
        "a.png": ("a red cat",),
        "b.jpg": ("a blue dog",),
        "c.jpg": ("eine grüne Kuh",),
        "d.png": (),
        "e.webp": ("a pig",),
    }
    assert found.skipped_files == {"notes.md": Reason.NOT_USED}
    assert found.load("d.png") == picture()


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (jpeg({0x9286: b"ASCII\0\0\0plain words"}), "plain words"),
        (jpeg({0x9286: b"UNICODE\0" + "ink".encode("utf-16-le")}), "ink"),
        (jpeg({0x9C9C: "a comment".encode("utf-16-le") + b"\0\0"}), "a comment"),
        (picture(kind="JPEG", xmp=XMP.encode()), "cats & dogs"),
        (picture(kind="JPEG", comment=b"old words"), "old words"),
        (png(parameters="a castle\nNegative prompt: ugly\nSteps: 20"), "a castle"),
        (png(Description="一只猫"), "一只猫"),
        (jpeg({0x010E: "OLYMPUS DIGITAL CAMERA"}), None),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, None),
    ],
)
def test_that_each_field_is_read(content, text):
    found = scanned({"a.png": content}, "embedded", ImportSpec(format="embedded"))
    assert found.texts == {"a.png": (text,) if text else ()}


def test_that_fields_are_chosen_and_listed():
    offer = proposed(FILES, "embedded")
    assert offer is not None
    assert offer.columns == ("Description", "ImageDescription", "UserComment", "Title")
    reading = ImportSpec(format="embedded", text_columns=("Title", "Description"))
    assert scanned(FILES, "embedded", reading).texts["a.png"] == ("cat", "a red cat")


def test_that_no_pixel_is_decoded(monkeypatch):
    def refuse(*_):
        raise AssertionError("decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", refuse)
    assert scanned(FILES, "embedded").texts["a.png"] == ("a red cat",)


def test_that_one_text_on_all_images_is_the_programs_own():
    assert best(FILES) == "embedded"
    same = {f"{('cats', 'dogs')[n % 2]}/{n}.png": png(Description="made with X") for n in range(6)}
    assert best(same) == "class_folders"


COMFY = {
    "3": {"class_type": "KSampler", "inputs": {"positive": ["9", 0], "negative": ["7", 0]}},
    "9": {"class_type": "FluxGuidance", "inputs": {"conditioning": ["6", 0], "guidance": 3}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ["5", 0], "clip": ["4", 1]}},
    "5": {"class_type": "PrimitiveString", "inputs": {"value": "a red kite"}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry", "clip": ["4", 1]}},
}


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"prompt": json.dumps(COMFY), "workflow": '{"nodes": [{"id": 1}]}'}, ("a red kite",)),
        ({"prompt": json.dumps({"1": {"class_type": "X", "inputs": {"positive": ["1", 0]}}})}, ()),
        ({"Comment": '{"prompt": "a red kite", "steps": 28}'}, ("a red kite",)),
        ({"invokeai_metadata": '{"positive_prompt": "a kite"}', "Title": "3f2504e0"}, ("a kite",)),
        ({"Description": "{broken"}, ()),
    ],
)
def test_that_the_prompt_is_found_within_json(fields, text):
    files = {"a.png": png(**fields), "b.png": png(Description="another")}
    assert scanned(files, "embedded").texts["a.png"] == text


@fuzzed
@given(mutated(FILES))
def test_that_damaged_images_are_survived(files):
    survives(files, "embedded", ImportSpec(format="embedded"))
