"""Invalid requests are refused with a list of all problems."""

import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import ConfigError, TextsUnreadableError, UnknownWordsError
from engine.sample.load import encode_texts
from engine.sample.prompts import check_prompts, drawable
from engine.sample.request import (
    MAX_BYTES,
    MAX_COUNT,
    MAX_SEED,
    Direction,
    GalleryRequest,
    read_lines,
)
from tests.helpers.tiny import text_facts, tiny_facts


def request(**values: object) -> GalleryRequest:
    return GalleryRequest(run=Path("run"), folder=Path("gallery"), **values)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("count", [1, 64, MAX_COUNT])
def test_that_counts_in_range_are_taken(count: int) -> None:
    assert request(count=count).count == count


@pytest.mark.parametrize("count", [0, -1, MAX_COUNT + 1])
def test_that_counts_out_of_range_are_refused(count: int) -> None:
    with pytest.raises(ConfigError) as caught:
        request(count=count)
    assert [problem.field for problem in caught.value.problems] == ["count"]


@pytest.mark.parametrize("seed", [-1, MAX_SEED + 1])
def test_that_seeds_out_of_range_are_refused(seed: int) -> None:
    with pytest.raises(ConfigError) as caught:
        request(seed=seed)
    assert [problem.field for problem in caught.value.problems] == ["seed"]


def test_that_image_to_text_needs_images() -> None:
    with pytest.raises(ConfigError) as caught:
        request(direction=Direction.IMAGE_TO_TEXT)
    assert [problem.field for problem in caught.value.problems] == ["images"]
    taken = request(direction=Direction.IMAGE_TO_TEXT, images=Path("images"))
    assert taken.images == Path("images")


def test_that_all_problems_come_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        request(count=0, seed=-1, direction=Direction.IMAGE_TO_TEXT)
    assert [problem.field for problem in caught.value.problems] == ["count", "seed", "images"]


def test_that_a_direction_reads_as_on_the_command_line() -> None:
    assert [str(direction) for direction in Direction] == [
        "joint",
        "image-to-text",
        "text-to-image",
        "latent-path",
        "text-path",
    ]


@pytest.mark.parametrize("module", ["request", "prompts"])
def test_that_a_dialog_needs_no_torch(module: str) -> None:
    code = f"import sys, engine.sample.{module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_that_each_line_is_a_text(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_bytes("\ufeffa red cat\r\n\n  一只猫  \nlast".encode())
    assert read_lines(path) == [(1, "a red cat"), (3, "一只猫"), (4, "last")]


def test_that_unusable_files_say_why(tmp_path):
    path = tmp_path / "texts.txt"
    with pytest.raises(TextsUnreadableError, match="No such file"):
        read_lines(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TextsUnreadableError, match="not UTF-8"):
        read_lines(path)
    path.write_bytes(b"\n\n")
    with pytest.raises(TextsUnreadableError, match="holds 0 texts and must hold 1"):
        read_lines(path)
    path.write_bytes(b"one\n")
    with pytest.raises(TextsUnreadableError, match="must hold 2"):
        read_lines(path, at_least=2)
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(TextsUnreadableError, match="larger than 50,000,000 bytes"):
        read_lines(path)


def test_that_oov_share_are_named_once_each_and_in_order():
    with pytest.raises(UnknownWordsError) as caught:
        encode_texts(["dark zebra", "light", "zebra on the light"], text_facts(tiny_facts()))
    assert caught.value.words == ("zebra", "on", "the")
    assert "zebra, on, the" in str(caught.value)


def test_that_known_texts_become_numbers():
    model = tiny_facts()
    texts = encode_texts(["dark", "light"], text_facts(model))
    assert texts.shape == (2, text_facts(model).length)
    assert text_facts(model).tokenizer.decode(texts[1].tolist()) == "light"


# What a run can make of each line.


def test_that_an_unknown_word_fails_its_line_alone():
    prompts = check_prompts(
        [(1, "dark"), (3, "dark zebra"), (4, "light")], text_facts(tiny_facts())
    )
    assert [prompt.sentence() for prompt in prompts] == [
        "",
        "Line 3 is not drawn: not in the run's vocabulary: zebra.",
        "",
    ]
    assert [prompt.line for prompt in drawable(prompts, at_least=2)] == [1, 4]
    with pytest.raises(UnknownWordsError) as caught:
        drawable(prompts, at_least=3)
    assert caught.value.words == ("zebra",)


def test_that_a_text_beyond_the_runs_length_says_what_is_drawn():
    """The run reads three tokens, of which one is the end."""
    (fits, cut) = check_prompts(
        [(1, "dark grey"), (2, "dark grey light")], text_facts(tiny_facts())
    )
    assert fits.sentence() == ""
    assert cut.drawn_as == "dark grey"
    assert cut.sentence() == ("Line 2 has 3 tokens, the run reads 2: it is drawn as “dark grey”.")
