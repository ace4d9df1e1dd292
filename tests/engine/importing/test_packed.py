"""What an import keeps of every file and item: little, and unchanged."""

import json
import tracemalloc

import numpy as np
import pytest

from engine.importing.check_context import Outcomes
from engine.importing.formats.format import (
    AudioRef,
    CaptionGrouping,
    FileEntries,
    FileListing,
    FileSet,
    ImageRef,
    RawSample,
)
from engine.importing.ledger import FileLedger, Reason
from engine.importing.packed import Groups, Mapped, Records, Strings, StringSet
from engine.importing.packed_samples import PackedItems, PackedSamples
from engine.importing.report import _json_pieces
from engine.importing.samples import DecodedSample, ImageFacts
from engine.importing.sources.archive import FileEntry

FEW, MANY = 2_000, 6_000
PATH_BYTES = len("0012/0001234.png")


def path(number):
    return f"{number // 500:04}/{number:07}.png"


def listed(count):
    entries = FileEntries(FileEntry(path=path(number), size=100) for number in range(count))
    listing = FileListing(entries=entries, suffixes={".png": count})
    listing.number_of("none")
    return listing


def ledger_of(count):
    ledger = FileLedger()
    for number in range(count):
        ledger.mark_used(path(number))
    return ledger


def refused(count):
    ledger = FileLedger()
    for number in range(count):
        ledger.mark_skipped(path(number), Reason.DAMAGED, "it is damaged")
        ledger.mark_item_skipped(path(number), Reason.DAMAGED, "it is damaged")
    return ledger


def gathered(count):
    gathering = CaptionGrouping(FileLedger())
    for number in range(count):
        gathering.add(path(number), [f"a text of thirty letters {number}"], {})
    return gathering


def items_of(count):
    random = np.random.default_rng(0)
    items = PackedItems()
    for number in range(count):
        raw = RawSample(
            key=path(number),
            image=ImageRef(path=path(number)),
            texts=(f"a text of thirty letters {number}",),
        )
        facts = ImageFacts(
            width=16,
            height=16,
            pixel_digest=number.to_bytes(16),
            phash=int(random.integers(1, 2**63)),
            colours=random.bytes(192),
            is_grey=False,
        )
        items.append(DecodedSample(raw=raw, facts=facts, row=number))
    return Outcomes(items)


def size_of(make, count):
    tracemalloc.start()
    kept = make(count)
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert kept is not None
    return size


@pytest.mark.parametrize(
    ("make", "most_bytes"),
    # A million may take 600 MB with the program itself, which takes 100. The colours of an image,
    # 192 bytes, are moved into a file when there are many.
    [(listed, 80), (ledger_of, 80), (refused, 160), (gathered, 160), (items_of, 192 + 260)],
)
def test_that_an_entry_takes_little_memory(make, most_bytes):
    size_of(make, FEW)
    grown = size_of(make, MANY) - size_of(make, FEW)
    assert grown / (MANY - FEW) < most_bytes


def test_that_colours_leave_the_memory_and_come_back(monkeypatch):
    monkeypatch.setattr("engine.importing.packed_samples._IN_MEMORY", 10_000)
    monkeypatch.setattr("engine.importing.packed_samples._PIECE", 3_000)
    kept = items_of(300)
    monkeypatch.undo()
    expected = items_of(300)
    assert [kept.items.colours(n) for n in range(300)] == [
        expected.items.colours(n) for n in range(300)
    ]
    assert list(kept) == list(expected)


def test_that_colours_stay_in_memory_where_no_file_can_be_written(monkeypatch):
    def fail(**_more):
        raise OSError("no space")

    monkeypatch.setattr("engine.importing.packed_samples._IN_MEMORY", 10_000)
    monkeypatch.setattr("engine.importing.packed_samples.tempfile.TemporaryFile", fail)
    kept = items_of(300)
    monkeypatch.undo()
    assert list(kept) == list(items_of(300))


def test_that_samples_come_back_as_they_were():
    samples = [
        RawSample(key="a.png", image=ImageRef(path="a.png"), texts=("one", "zwei \udce9")),
        RawSample(key="t.parquet#1", image=ImageRef(path="t.parquet", part=7), texts=()),
        RawSample(key="a.png#2", image=ImageRef(path="a.png", frame=1), texts=("one",)),
        RawSample(
            key="row",
            image=None,
            texts=(),
            extras={"label": "x"},
            sounds={"speech": AudioRef(path="s.wav", is_prepared=True)},
            cells={"age": 3, "name": "x", "share": 0.5, "is_new": True, "none": None},
            pictures={"other": ImageRef(path="t.parquet", part=3, frame=2)},
            further_texts={"title": ("a", "b")},
        ),
    ]
    packed = PackedSamples(samples)
    assert list(packed) == samples
    assert packed.with_image.tolist() == [0, 1, 2]
    assert packed.with_members.tolist() == [3]
    assert not packed.may_share_keys
    packed.append(samples[0])
    assert packed.may_share_keys
    packed.rename(4, "a.png (2)")
    assert packed[4].key == packed.key(4) == "a.png (2)"
    assert packed[4].image == samples[0].image


def test_that_collections_hold_what_plain_ones_hold():
    words = [f"w{number % 97}é\udc80" for number in range(1_000)]
    assert list(Strings(words)) == words
    assert list(StringSet(words)) == list(dict.fromkeys(words))
    assert [word in StringSet(words[:50]) for word in words] == [w in words[:50] for w in words]
    plain: dict[str, list[int]] = {}
    for number, word in enumerate(words):
        plain.setdefault(word, []).append(number)
    groups = Groups((word, number) for number, word in enumerate(words))
    assert {word: groups.get(word) for word in words} == plain
    assert not groups.get("none")
    values = [(1, None, ("a", {"b": 2.5})), "x", [True, -1]]
    assert list(Records(values)) == values
    assert list(Strings(words)[10:900:7]) == words[10:900:7]
    assert Strings(words)[-1] == words[-1]
    with pytest.raises(IndexError):
        Strings(words)[1_000]


def test_that_a_set_of_files_knows_what_is_left():
    listing = listed(10)
    files = FileSet(listing, [path(3), "elsewhere"], numbers=[7])
    assert list(files) == [path(3), path(7)]
    assert path(3) in files
    assert path(4) not in files
    assert "elsewhere" not in files
    assert list(files.left()) == [path(n) for n in range(10) if n not in (3, 7)]


def test_that_a_file_that_is_used_after_all_is_no_longer_skipped():
    ledger = FileLedger()
    ledger.mark_skipped("a", Reason.EMPTY)
    ledger.mark_skipped("b", Reason.HIDDEN, "why")
    ledger.mark_used("a")
    assert [one.path for one in ledger.skipped_files()] == ["b"]
    assert ledger.skipped_files()[0].detail == "why"
    ledger.mark_rejected("a", Reason.DAMAGED)
    assert {one.path: one.reason for one in ledger.skipped_files()} == {
        "a": Reason.DAMAGED,
        "b": Reason.HIDDEN,
    }
    assert len(ledger.skipped_files()) == 2


def test_that_a_report_in_pieces_is_the_report():
    rows = [{"path": path(number), "reason": "damaged", "detail": 'a "b"'} for number in range(50)]
    table = {"format": 2, "plan": {"a": [1, 2]}, "skipped": rows, "none": [], "last": "é"}
    lazy = table | {"skipped": Mapped(dict, rows), "none": Mapped(dict, [])}
    written = b"".join(_json_pieces(lazy)).decode()
    assert written == json.dumps(table, indent=1) + "\n"
