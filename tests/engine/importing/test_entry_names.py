import pytest

from engine.importing.entry_names import (
    clean_path,
    decode_name,
    guess_name_encoding,
    is_hidden,
    is_safe,
    printable,
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a/b.jpg", "a/b.jpg"),
        ("./a//b.jpg", "a/b.jpg"),
        ("a\\b.jpg", "a/b.jpg"),
        ("a/...jpg", "a/...jpg"),
        ("..", None),
        ("a/..", None),
        ("a\\..\\b", None),
        ("/a", None),
        ("\\a", None),
        ("c:a", None),
        ("a\0", None),
        ("", None),
        ("./", None),
    ],
)
def test_that_names_are_cleaned_or_refused(name, expected):
    assert clean_path(name) == expected
    assert is_safe(name) == (expected == name)


@pytest.mark.parametrize("path", ["._a.jpg", "b/.DS_Store", "THUMBS.DB", "__MACOSX/a/b.jpg"])
def test_that_the_systems_files_are_hidden(path):
    assert is_hidden(path)


@pytest.mark.parametrize("path", ["a._.jpg", "thumbs.db.jpg", "a/thumbs.dbx", "macosx/a.jpg"])
def test_that_other_files_are_not(path):
    assert not is_hidden(path)


@pytest.mark.parametrize("name", ["\udce9", "a\ud83d", "x\0y", "plain", "猫"])
def test_that_every_name_can_be_saved(name):
    assert printable(name).encode().decode() == printable(name)
    assert "\0" not in printable(name)


@pytest.mark.parametrize(
    ("names", "encoding"),
    [
        (["红苹果.jpg", "小猫 在 睡觉.png", "北京的早晨.jpg"], "gbk"),
        (["赤いりんご.jpg", "ねこ.png", "東京タワー.jpg"], "cp932"),
        (["紅蘋果.jpg", "小貓在睡覺.png", "臺北的早晨.jpg"], "big5"),
        (["crème brûlée.jpg", "Ärger über Öl.png"], "cp437"),
        (["红苹果.jpg", "naïve.jpg", "ночь.jpg"], "utf-8"),
    ],
)
def test_that_an_archives_encoding_is_found(names, encoding):
    raw = [name.encode(encoding) for name in names]
    assert guess_name_encoding(raw, "cp437") == encoding
    assert [decode_name(name, encoding) for name in raw] == names


def test_that_plain_names_need_no_guess():
    assert guess_name_encoding([b"a.jpg"], "cp437") == "utf-8"
    assert decode_name(b"\xff.jpg", "utf-8") == "%FF.jpg"
