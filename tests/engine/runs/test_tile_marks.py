"""Stars and tags of preview tiles, in the run folder."""

import json
from pathlib import Path

import pytest

from engine.errors import ConfigError
from engine.runs.tile_marks import DAMAGED_NAME, FILE_NAME, TileMark, read_marks, write_marks

STARRED = TileMark(tile=3, images_seen=12_800, is_starred=True)
TAGGED = TileMark(tile=0, images_seen=64, tags=("crisp", "七"))


def test_that_a_run_without_the_file_has_no_marks(tmp_path: Path):
    assert read_marks(tmp_path) == {}


def test_that_marks_are_read_as_they_were_written(tmp_path: Path):
    write_marks(tmp_path, {3: STARRED, 0: TAGGED})
    assert read_marks(tmp_path) == {0: TAGGED, 3: STARRED}


def test_that_a_mark_without_star_and_tags_is_left_out(tmp_path: Path):
    write_marks(tmp_path, {3: STARRED, 5: TileMark(tile=5, images_seen=64)})
    assert [tile["tile"] for tile in json.loads((tmp_path / FILE_NAME).read_text())["tiles"]] == [3]


def test_that_members_of_a_newer_version_are_ignored(tmp_path: Path):
    tile = {"tile": 1, "images_seen": 8, "is_starred": True, "tags": [], "colour": "red"}
    (tmp_path / FILE_NAME).write_text(json.dumps({"format": 1, "tiles": [tile], "order": "name"}))
    assert read_marks(tmp_path) == {1: TileMark(tile=1, images_seen=8, is_starred=True)}


@pytest.mark.parametrize(
    "content",
    [
        b"[",
        b'{"format": 2, "tiles": []}',
        b'{"format": 1, "tiles": [{"tile": -1, "images_seen": 0}]}',
        b'{"format": 1, "tiles": [{"tile": 1, "images_seen": 0, "tags": [7]}]}',
        b"\xff",
    ],
)
def test_that_a_damaged_file_is_refused_and_kept_when_marks_are_written(
    tmp_path: Path, content: bytes
):
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(ConfigError, match=r"tiles\.json"):
        read_marks(tmp_path)
    write_marks(tmp_path, {3: STARRED})
    assert read_marks(tmp_path) == {3: STARRED}
    assert (tmp_path / DAMAGED_NAME).read_bytes() == content
