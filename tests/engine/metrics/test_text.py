import math

import pytest

from engine.metrics.text import bleu, text_metrics


def words(text: str) -> list[str]:
    return text.split()


@pytest.mark.parametrize(
    ("text", "references", "expected"),
    [
        ("a b c d", ["a b c d"], 1.0),
        ("a", ["a"], 1.0),
        ("a b", ["c d"], 0.0),
        ("", ["a"], 0.0),
        # One word of two, clipped: the second "a" is not in the reference. Pairs smoothed: 1 of 2.
        ("a a", ["a b"], math.sqrt(1 / 2 * 1 / 2)),
        # All words, no pair of two: (0 + 1) / (1 + 1); the right length.
        ("b a", ["a b"], math.sqrt(1.0 * 1 / 2)),
        # Shorter than the reference: the brevity penalty exp(1 - 4 / 2).
        ("a b", ["a b c d"], math.exp(1 - 4 / 2)),
        # Two references: each word may come from another, the nearest length counts.
        ("a d", ["a b", "c d"], math.sqrt(1.0 * 1 / 2)),
    ],
)
def test_that_bleu_is_what_counting_by_hand_gives(text, references, expected):
    assert bleu(words(text), [words(r) for r in references]) == pytest.approx(expected)


def test_that_metrics_of_texts_are_shares():
    metrics = text_metrics(
        ["red cat", "red cat", "blue cat", "dog dog"],
        ["red cat", "green fish"],
        frozenset({"red cat"}),
        lambda text: "cat" in text,
    )
    assert metrics["text_validity"] == 0.75
    assert metrics["unique_share"] == 0.75
    assert metrics["copied_share"] == 0.5
    assert metrics["distinct_1"] == 4 / 8
    assert metrics["distinct_2"] == 3 / 4


def test_that_copied_training_texts_are_copied_throughout():
    texts = ["a b", "c d", "e f"]
    assert text_metrics(texts, [], frozenset(texts), bool)["copied_share"] == 1.0


def test_that_texts_that_are_all_the_same_are_like_each_other():
    same = text_metrics(["a b c d"] * 5, ["x y"], frozenset(), bool)
    other = text_metrics(["a b", "c d", "e f"], ["x y"], frozenset(), bool)
    assert same["self_bleu"] == pytest.approx(1.0)
    assert other["self_bleu"] == 0.0
    assert same["bleu"] == 0.0


def test_that_a_figure_without_anything_to_compare_is_left_out():
    metrics = text_metrics(["a b"], [], frozenset(), bool)
    assert "bleu" not in metrics
    assert "self_bleu" not in metrics


def test_that_known_words_and_bigrams_are_counted_beside_those_of_real_texts():
    training = frozenset({"red cat", "blue cat sits"})
    metrics = text_metrics(
        ["red cat sits", "cat red", "zebra"], ["red cat", "a cat"], training, bool
    )
    # Words: red cat sits, cat red, and an unknown one.
    assert metrics["known_words"] == pytest.approx(5 / 6)
    # Known pairs: red cat, cat sits, sits end. Unknown: cat red, red end, zebra end.
    assert metrics["known_bigrams"] == pytest.approx(3 / 6)
    assert metrics["known_words_upper_bound"] == pytest.approx(3 / 4)
    # red cat, cat end, and cat end again; "a cat" is new.
    assert metrics["known_bigrams_upper_bound"] == pytest.approx(3 / 4)


def test_that_texts_without_words_know_nothing_and_no_validation_gives_no_bound():
    metrics = text_metrics(["", ""], [], frozenset({"red"}), bool)
    assert metrics["known_words"] == metrics["known_bigrams"] == 0.0
    assert "known_words_upper_bound" not in metrics
