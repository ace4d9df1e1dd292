"""Every unusable request is refused, with all its problems at once."""

import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import ConfigError
from engine.sample.request import MAX_COUNT, MAX_SEED, Direction, GalleryRequest


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


def test_that_a_request_needs_no_torch() -> None:
    code = "import sys, engine.sample.request; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
