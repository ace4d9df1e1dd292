import errno

import numpy as np
import pytest

from engine.data.image_decode import Original
from engine.errors import DiskFullError
from engine.importing.formats.format import RawSample
from engine.importing.ledger import Reason
from engine.importing.samples import DecodedSample, image_facts
from engine.importing.staging import Staging, discard_staging, staging_folder

SHAPE = (4, 4, 3)
OURS = {"plan": "a", "source": "b"}
SAMPLES = [RawSample(key=f"{number}.png", image=None, texts=()) for number in range(10)]


def rows(count):
    return np.random.default_rng(0).integers(0, 256, (count, *SHAPE), dtype=np.uint8)


def decoded(number, pixels):
    (facts,) = image_facts(pixels[None], [Original(size=(9, 8), bands=3)])
    return DecodedSample(raw=SAMPLES[number], pixels=pixels, facts=facts)


def refused(number):
    return DecodedSample(raw=SAMPLES[number], reason=Reason.DAMAGED, detail="why\nnot")


def fill(folder, count=10):
    """Stage some items; every fourth is refused."""
    images = rows(count)
    with Staging(folder, OURS, SHAPE, SAMPLES) as staging:
        for number in range(count):
            one = refused(number) if number % 4 == 3 else decoded(number, images[number])
            staging.append(one)
        return list(staging.items)


def kept(folder, fingerprint=OURS):
    with Staging(folder, fingerprint, SHAPE, SAMPLES) as staging:
        return list(staging.items)


def test_that_what_is_staged_is_there_the_next_time(tmp_path):
    items = fill(tmp_path / "s")
    assert kept(tmp_path / "s") == items
    assert [item.row for item in items] == [0, 1, 2, -1, 3, 4, 5, -1, 6, 7]
    assert (items[3].reason, items[3].detail) == (Reason.DAMAGED, "why\nnot")


def test_that_rows_are_read_back_as_they_were_written(tmp_path):
    fill(tmp_path / "s")
    with Staging(tmp_path / "s", OURS, SHAPE, SAMPLES) as staging:
        pieces = list(staging.pieces([0, 3, 7]))
    assert np.array_equal(np.concatenate(pieces), rows(10)[[0, 4, 9]])


@pytest.mark.parametrize("cut", [1, 5, 40, 90, 200, 500, 900])
def test_that_a_torn_line_and_all_after_it_are_done_again(tmp_path, cut):
    items = fill(tmp_path / "s")
    path = tmp_path / "s" / "items.jsonl"
    content = path.read_bytes()[:-cut]
    path.write_bytes(content)
    assert kept(tmp_path / "s") == items[: content.count(b"\n")]


@pytest.mark.parametrize("cut", [1, 47, 48, 49, 100, 383, 384])
def test_that_lines_whose_rows_are_lost_are_done_again(tmp_path, cut):
    items = fill(tmp_path / "s")
    path = tmp_path / "s" / "images.part"
    content = path.read_bytes()[:-cut]
    path.write_bytes(content)
    whole = len(content) // 48
    left = kept(tmp_path / "s")
    assert left == items[: len(left)]
    assert sum(item.row >= 0 for item in left) == whole
    assert path.stat().st_size == whole * 48


def test_that_rows_which_a_power_cut_left_blank_are_done_again(tmp_path):
    items = fill(tmp_path / "s")
    path = tmp_path / "s" / "images.part"
    content = bytearray(path.read_bytes())
    content[4 * 48 : 5 * 48] = bytes(48)
    path.write_bytes(content)
    assert kept(tmp_path / "s") == items[:5]


@pytest.mark.parametrize("line", [b"{}\n", b"[]\n", b'{"key": 1, "image": 2}\n', b"\x00\x00\n"])
def test_that_lines_of_nobody_are_cut_off(tmp_path, line):
    items = fill(tmp_path / "s")
    with (tmp_path / "s" / "items.jsonl").open("ab") as file:
        file.write(line)
    assert kept(tmp_path / "s") == items


def test_that_going_on_gives_what_going_through_gives(tmp_path):
    fill(tmp_path / "whole", 10)
    fill(tmp_path / "parts", 10)
    path = tmp_path / "parts" / "items.jsonl"
    path.write_bytes(path.read_bytes()[:-400])
    images = rows(10)
    with Staging(tmp_path / "parts", OURS, SHAPE, SAMPLES) as staging:
        for number in range(len(staging.items), 10):
            one = refused(number) if number % 4 == 3 else decoded(number, images[number])
            staging.append(one)
    for name in ("items.jsonl", "images.part"):
        assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.parametrize("other", [{"plan": "x", "source": "b"}, {"plan": "a", "source": "x"}])
def test_that_the_work_of_another_plan_or_source_is_thrown_away(tmp_path, other):
    fill(tmp_path / "s")
    assert kept(tmp_path / "s", other) == []
    assert (tmp_path / "s" / "images.part").stat().st_size == 0


def test_that_a_damaged_plan_file_starts_over(tmp_path):
    fill(tmp_path / "s")
    (tmp_path / "s" / "plan.json").write_text("{")
    assert kept(tmp_path / "s") == []


def test_that_a_full_disk_is_a_fact_and_leaves_what_was_synced(tmp_path, monkeypatch):
    images = rows(3)
    with Staging(tmp_path / "s", OURS, SHAPE, SAMPLES) as staging:
        staging.append(decoded(0, images[0]))
        staging.sync()
        staging.append(decoded(1, images[1]))

        def fail(_handle):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr("engine.importing.staging.os.fsync", fail)
        with pytest.raises(DiskFullError):
            staging.sync()
    monkeypatch.undo()
    assert kept(tmp_path / "s")[:1] == [staging.items[0]]


def test_that_the_folder_is_hidden_and_can_be_discarded(tmp_path):
    dataset = tmp_path / "cats"
    folder = staging_folder(dataset)
    assert (folder.parent, folder.name) == (tmp_path, ".cats.import")
    fill(folder)
    discard_staging(dataset)
    assert list(tmp_path.iterdir()) == []
