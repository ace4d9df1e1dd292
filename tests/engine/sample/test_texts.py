import pytest

from engine.errors import TextsUnreadableError, UnknownWordsError
from engine.sample.texts import MAX_BYTES, encode_texts, read_texts
from tests.helpers.tiny import tiny_facts


def test_that_each_line_is_a_text(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_bytes("\ufeffa red cat\r\n\n  一只猫  \nlast".encode())
    assert read_texts(path) == ["a red cat", "一只猫", "last"]


def test_that_unusable_files_say_why(tmp_path):
    path = tmp_path / "texts.txt"
    with pytest.raises(TextsUnreadableError, match="No such file"):
        read_texts(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TextsUnreadableError, match="not UTF-8"):
        read_texts(path)
    path.write_bytes(b"\n\n")
    with pytest.raises(TextsUnreadableError, match="holds 0 texts and must hold 1"):
        read_texts(path)
    path.write_bytes(b"one\n")
    with pytest.raises(TextsUnreadableError, match="must hold 2"):
        read_texts(path, at_least=2)
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(TextsUnreadableError, match="more than 50 MB"):
        read_texts(path)


def test_that_unknown_words_are_named_once_each_and_in_order():
    with pytest.raises(UnknownWordsError) as caught:
        encode_texts(["dark zebra", "light", "zebra on the light"], tiny_facts())
    assert caught.value.words == ("zebra", "on", "the")
    assert "zebra, on, the" in str(caught.value)


def test_that_known_texts_become_numbers():
    model = tiny_facts()
    texts = encode_texts(["dark", "light"], model)
    assert texts.shape == (2, model.text_length)
    assert model.tokenizer.decode(texts[1].tolist()) == "light"
