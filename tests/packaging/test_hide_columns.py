"""Which columns the derived dataset hides, and that the rest stays as it is."""

import importlib
from pathlib import Path

import numpy as np
import pytest

from engine.data.manifest import TRAIN, VALIDATION
from engine.data.store import open_dataset, write_dataset
from engine.starters.columns import StarterColumns

PACKAGING = Path(__file__).parents[2] / "packaging"
ITEMS, HELD_OUT = 100, 10
NAMES = ("image", "text", "sound", "row")


@pytest.fixture
def hide(monkeypatch):
    """Load the script; its folder is deliberately no package."""
    monkeypatch.syspath_prepend(str(PACKAGING))
    return importlib.import_module("hide_columns").hide_columns


@pytest.fixture
def source(tmp_path):
    """Items whose columns all say the item's number; ten sounds are shared."""
    numbers = np.arange(ITEMS)
    content = StarterColumns(
        images={"image": np.tile(numbers.astype(np.uint8)[:, None, None, None], (1, 4, 4, 3))},
        audio={"sound": (np.tile(np.arange(10, dtype=np.int16)[:, None], (1, 8)), 8_000)},
        rows={"image": numbers.astype(np.int32), "sound": (numbers % 10).astype(np.int32)},
        texts={"text": [str(number) for number in numbers]},
        tables={"row": {"number": numbers.astype(float).tolist()}},
        split=[TRAIN] * (ITEMS - HELD_OUT) + [VALIDATION] * HELD_OUT,
        attributes=[{"number": str(number)} for number in numbers],
    ).content()
    write_dataset(
        tmp_path / "whole",
        name="whole",
        title="Whole",
        columns=content.columns,
        arrays=content.arrays,
        records=content.records,
        licence="CC0-1.0",
        source="test",
    )
    return tmp_path / "whole"


def test_that_each_column_is_hidden_equally_often(hide, source, tmp_path):
    hide(source, tmp_path / "part", complete=0.2)
    part = open_dataset(tmp_path / "part")
    present = np.stack([part.columns[name].present for name in NAMES])
    training, held_out = present[:, part.rows(TRAIN)], present[:, part.rows(VALIDATION)]
    assert held_out.all()
    assert training.all(0).sum() == 18
    assert (training.sum(0) >= 3).all()
    assert (~training).sum(1).tolist() == [18] * 4


def test_that_what_is_left_keeps_its_place(hide, source, tmp_path):
    hide(source, tmp_path / "part", complete=0.2)
    part = open_dataset(tmp_path / "part")
    columns = part.columns
    for item in range(ITEMS):
        if columns["image"].present[item]:
            assert part.array("image").of(np.array([item]))[0, 0, 0, 0] == item
        if columns["sound"].present[item]:
            assert part.array("sound").of(np.array([item]))[0, 0] == item % 10
        assert part.text("text").captions(item) in ((), (str(item),))
        assert part.table("row").cells(item) in ({}, {"number": item})


def test_that_the_seed_decides_what_is_hidden(hide, source, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        hide(source, tmp_path / name, complete=0.1, seed=seed)
    a, b, c = (open_dataset(tmp_path / name).columns["text"].present for name in "abc")
    assert (a == b).all()
    assert (a != c).any()


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_that_an_impossible_share_is_refused(hide, source, tmp_path, share):
    with pytest.raises(ValueError, match="share between 0 and 1"):
        hide(source, tmp_path / "part", complete=share)
    assert not (tmp_path / "part").exists()
