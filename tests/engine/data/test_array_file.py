"""Tests of reading arrays by position."""

import os

import numpy as np
import pytest

from engine.data import array_file
from engine.errors import DatasetCorruptError
from tests.helpers.columns import four_columns


@pytest.fixture
def speech(tmp_path):
    return four_columns(tmp_path / "data", sounds=50).array("speech")


@pytest.mark.parametrize(
    "rows", [[], [0], [49], list(range(50)), [3, 4, 5, 9, 10], [7, 2, 2, 40, 1], [5, 5, 5]]
)
@pytest.mark.parametrize("is_seeking", [False, True])
def test_that_rows_are_those_of_the_map(speech, rows, is_seeking, monkeypatch):
    if is_seeking:
        monkeypatch.delattr(os, "preadv", raising=False)
    found = speech.file.read(np.array(rows, dtype=np.int64))
    assert np.array_equal(found, speech.values[np.array(rows, dtype=np.int64)])
    assert found.dtype == speech.values.dtype


def test_that_announcing_rows_changes_nothing(speech, monkeypatch):
    rows = np.array([1, 2, 30])
    speech.file.expect(rows)
    monkeypatch.delattr(os, "posix_fadvise", raising=False)
    speech.file.expect(rows)
    assert np.array_equal(speech.file.read(rows), speech.values[rows])


@pytest.mark.parametrize(
    ("rows", "step", "runs"),
    [
        ([0, 1, 2], 1, [(0, 0, 3)]),
        ([0, 1, 4, 5, 9], 1, [(0, 0, 2), (2, 4, 2), (4, 9, 1)]),
        ([0, 1, 4, 5, 9], 3, [(0, 0, 6), (4, 9, 1)]),
        ([4, 4], 1, [(0, 4, 1), (1, 4, 1)]),
    ],
)
def test_that_neighbours_are_read_at_once(rows, step, runs):
    assert list(array_file._runs(np.array(rows), step)) == runs


def test_that_a_truncated_file_is_an_error_of_one_sentence(tmp_path):
    dataset = four_columns(tmp_path / "data", sounds=50)
    speech = dataset.array("speech")
    os.truncate(dataset.folder / "speech.npy", 500)
    with pytest.raises(DatasetCorruptError, match=r"speech\.npy is shorter than it was"):
        speech.file.read(np.array([49]))


def test_that_a_disk_that_is_gone_is_an_error_of_one_sentence(speech, monkeypatch):
    def fail(*_arguments):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "preadv", fail, raising=False)
    with pytest.raises(DatasetCorruptError, match=r"can no longer be read \(Input/output error\)"):
        speech.file.read(np.array([1]))
