"""What is language: captions beside identifiers, counters and the names that tools give."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.importing.language import (
    is_language,
    language_share,
    without_settings,
    words_of_folder,
    words_of_name,
)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("red_cat_012", "red cat"),
        ("red-cat (2)", "red cat"),
        ("red.cat+hat", "red cat hat"),
        ("cat0012", "cat"),
        ("cat.4001", "cat"),
        ("area51", "area51"),
        ("1girl_solo", "1girl solo"),
        ("3 blind mice 7 8", "3 blind mice"),
        ("红色的猫_01", "红色的猫"),
        ("😀", "😀"),
        ("two dogs 512x512", "two dogs"),
        ("00012-1234567890-a red cat", "a red cat"),
        ("20240501 birthday party", "birthday party"),
        ("n02085620-Chihuahua", "Chihuahua"),
        (
            "maker_a_black_cat_3f2504e6-4f89-41d3-9a0c-0305e82c3306",
            "maker a black cat",
        ),
        ("DALL·E 2024-05-01 10.11.12 - a red kite", "a red kite"),
    ],
)
def test_that_words_of_a_name_are_kept(name, words):
    assert words_of_name(name) == words


@pytest.mark.parametrize(
    "name",
    [
        "000123",
        "p0",
        "IMG_20240501_101100",
        "IMG_E1234",
        "IMG-20240501-WA0012",
        "_DSC0001",
        "P1010001",
        "PXL_20240501_101100123",
        "GOPR0042",
        "Screenshot 2024-05-01 at 10.11.00",
        "Screen Shot 2024-05-01 at 10.11.12 AM",
        "Bildschirmfoto vom 2024-05-01 10-11-12",
        "Capture d’écran 2024-05-01 à 10.11.12",
        "Снимок экрана 2024-05-01 в 10.11.12",
        "截屏2024-05-01 10.11.12",
        "微信图片_20240501101112",
        "WhatsApp Image 2024-05-01 at 10.11.12",
        "Image from iOS (3)",
        "FB_IMG_1714567890123",
        "signal-2024-05-01-101112",
        "received_1714567890",
        "3f2504e0-4f89-41d3-9a0c-0305e82c3300",
        "b8f1c2d3e4",
        "6F2A9B1C",
        "dQw4w9WgXcQ",
        "n01440764",
        "s50414260",
        "ComfyUI_00001_",
        "frame_0001",
        "source.0001",
        "photo-1500648767791-00dcc994a43e",
        "pexels-photo-415829",
        "img_align_celeba",
        "JPEGImages",
        "train",
        "batch_1",
    ],
)
def test_that_names_that_tools_give_are_no_words(name):
    assert words_of_name(name) == ""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("golden_dog", "golden dog"),
        ("10_sks dog", "sks dog"),
        ("001.Black_footed_Albatross", "Black footed Albatross"),
        ("7", "7"),
        ("B", "B"),
        ("00000", ""),
        ("p10", ""),
        ("images", ""),
    ],
)
def test_that_folders_mean_classes(name, words):
    assert words_of_folder(name) == words


@pytest.mark.parametrize(
    "text", ["a red kite", "solo, dog", "cat", "A", "猫", "😀", "1girl", "(a cat)", "5 dogs", "été"]
)
def test_that_captions_are_language(text):
    assert is_language(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nan",
        "None",
        "N/A",
        "3",
        "-1  1 -1",
        "0 0.512 0.433 0.250 0.310",
        "(12, 30)",
        "1e-5",
        "2024-05-01T10:11:12Z",
        "https://x.org/a.jpg",
        "images/a.jpg",
        "cat.jpg",
        "3f2504e0",
        '{"class_type": "KSampler"}',
    ],
)
def test_that_numbers_addresses_and_code_are_not(text):
    assert not is_language(text)


def test_that_cells_without_a_value_do_not_count():
    assert language_share(["a cat", "nan", "", "NULL"]) == 1
    assert language_share(["a cat", "3", "a dog", "4"]) == 0.5
    assert language_share(["nan"]) == 0


def test_that_settings_below_a_prompt_are_left_out():
    prompt = "a red kite,\nby the sea"
    assert without_settings(f"{prompt}\nNegative prompt: blurry\nSteps: 20, Seed: 7") == prompt
    assert without_settings(f"{prompt}\nSteps: 20") == prompt
    assert without_settings(prompt) == prompt


@given(st.text(max_size=40))
def test_that_any_name_gives_words_of_its_own_or_none(name):
    words = words_of_name(name)
    assert words == " ".join(words.split())
    assert words_of_name(words) in ("", words) or len(words_of_name(words)) < len(words)
