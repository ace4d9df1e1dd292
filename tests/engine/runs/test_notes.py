import json
import os

import pytest

from engine.errors import ConfigError
from engine.runs.metadata import (
    MAX_NOTE,
    Origin,
    RunNotes,
    change_notes,
    read_notes,
    write_notes,
)


def test_that_a_run_without_notes_has_the_defaults(tmp_path):
    assert read_notes(tmp_path) == RunNotes(text="", is_starred=False, origin=None)


def test_that_notes_read_as_written(tmp_path):
    origin = Origin(run="cats-1", checkpoint="best-kid", images_seen=64)
    notes = RunNotes(text="Größer, 更大\nsecond line", is_starred=True, origin=origin)
    write_notes(tmp_path, notes)
    assert read_notes(tmp_path) == notes
    assert [path.name for path in tmp_path.iterdir()] == ["notes.json"]


def test_that_a_change_leaves_the_rest(tmp_path):
    write_notes(tmp_path, RunNotes(text="a", origin=Origin(run="r", checkpoint="c")))
    change_notes(tmp_path, is_starred=True)
    assert read_notes(tmp_path).text == "a"
    assert read_notes(tmp_path).origin == Origin(run="r", checkpoint="c")
    change_notes(tmp_path, text="b")
    assert (read_notes(tmp_path).text, read_notes(tmp_path).is_starred) == ("b", True)


def test_that_a_longer_text_than_can_be_read_is_cut(tmp_path):
    write_notes(tmp_path, RunNotes(text="x" * (MAX_NOTE + 5)))
    assert len(read_notes(tmp_path).text) == MAX_NOTE


HOSTILE = {
    "nothing": "",
    "garbage": "\x00\x01",
    "another kind": "[]",
    "a number": "7",
    "another format": json.dumps({"format": 99}),
    "a text that is none": json.dumps({"format": 2, "text": {"a": 1}}),
    "a text that is too long": json.dumps({"format": 2, "text": "x" * (MAX_NOTE + 1)}),
    "an origin that is none": json.dumps({"format": 2, "origin": 3}),
    "an origin without a run": json.dumps({"format": 2, "origin": {}}),
    "a negative count": json.dumps(
        {"format": 2, "origin": {"run": "r", "checkpoint": "c", "images_seen": -1}}
    ),
    "a count beyond all": json.dumps(
        {"format": 2, "origin": {"run": "r", "checkpoint": "c", "images_seen": 10**30}}
    ),
    "deep nesting": "[" * 100_000,
    "a large file": json.dumps({"format": 2, "text": "", "more": "x" * 2_000_000}),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_that_damaged_notes_are_refused_and_kept_when_new_ones_are_written(tmp_path, content):
    (tmp_path / "notes.json").write_text(content)
    with pytest.raises(ConfigError, match=r"notes\.json"):
        read_notes(tmp_path)
    change_notes(tmp_path, text="new")
    assert read_notes(tmp_path).text == "new"
    assert (tmp_path / "notes-damaged.json").read_text() == content


def test_that_a_link_is_not_followed(tmp_path):
    (tmp_path / "secret.json").write_text(json.dumps({"format": 2, "text": "secret"}))
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "notes.json").symlink_to(tmp_path / "secret.json")
    with pytest.raises(ConfigError):
        read_notes(tmp_path / "run")


def test_that_a_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "notes.json")
    with pytest.raises(ConfigError):
        read_notes(tmp_path)
