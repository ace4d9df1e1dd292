import numpy as np
import pytest

from engine.data import word_vectors
from engine.data.word_vectors import WordVectors, fitted, read_word_vectors
from engine.errors import VectorsUnreadableError

GLOVE = "the 0.5 -1 2\nRed 1 2 3\nred 9 9 9\ncat 0 0 1e-3\n"


@pytest.mark.parametrize("content", [GLOVE, "4 3\n" + GLOVE])
def test_that_both_formats_are_read(tmp_path, content):
    path = tmp_path / "vectors.txt"
    path.write_text(content, encoding="utf-8")
    found = read_word_vectors(path, {"red", "cat", "dog"})
    assert found.words == ("red", "cat")
    np.testing.assert_allclose(found.values, [[1, 2, 3], [0, 0, 1e-3]])
    assert found.skipped_lines == 0


def test_that_lines_that_are_no_vector_are_counted(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_bytes(b"a 1 2\nb 1\nc 1 x\nd 1 nan\ne\n\xff\xff 1 2\nf 3 4\n")
    found = read_word_vectors(path, set("abcdef"))
    assert found.words == ("a", "f")
    assert found.skipped_lines == 4


def test_that_useless_files_say_why(tmp_path):
    path = tmp_path / "vectors.txt"
    with pytest.raises(VectorsUnreadableError, match="No such file"):
        read_word_vectors(path, {"a"})
    path.write_text("b 1 2\n")
    with pytest.raises(VectorsUnreadableError, match="no vector of any"):
        read_word_vectors(path, {"a"})


def test_that_endless_lines_do_not_fill_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(word_vectors, "MAX_LINE", 100)
    path = tmp_path / "vectors.txt"
    path.write_text("x " + "1 " * 1000 + "\na 1 2\nb 2 1\n")
    assert read_word_vectors(path, {"a", "b"}).words == ("a", "b")


def test_that_a_single_word_or_number_is_of_no_use(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("a 1 2\nb 1e300 1\nc 1\n")
    with pytest.raises(VectorsUnreadableError, match="only one of the dataset's words"):
        read_word_vectors(path, {"a", "b", "c"})


def test_that_longer_vectors_keep_where_they_differ_most():
    random = np.random.default_rng(0)
    plane = random.normal(size=(2, 6))
    values = (random.normal(size=(30, 2)) @ plane).astype(np.float32)
    words = tuple(map(str, range(30)))
    short = fitted(WordVectors(words=words, values=values, skipped_lines=0), 2)
    assert short.shape == (30, 2)
    one = np.linalg.norm(values[:, None] - values[None], axis=2)
    other = np.linalg.norm(short[:, None] - short[None], axis=2)
    np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


def test_that_shorter_vectors_stay_as_long_as_they_are():
    values = np.eye(3, dtype=np.float32)
    short = fitted(WordVectors(words=("a", "b", "c"), values=values, skipped_lines=0), 5)
    np.testing.assert_allclose(short, values - 1 / 3, atol=1e-6)
