"""What holds of every diagnosis, whatever the items and the repairs."""

import dataclasses

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.store import HELD_OUT, TRAIN
from engine.importing.accounts import Accounts, Reason
from engine.importing.doctor import OFFERED, examine_items
from tests.helpers.doctor_items import HASHES, examine, item, plan

ITEMS = st.lists(
    st.builds(
        lambda number, near, same, texts, split, whole: item(
            number,
            *texts,
            phash=HASHES[near % 4] ^ (near // 4),
            pixel_digest=bytes([same]) * 16,
            split=split,
            has_image=whole,
        ),
        st.integers(0, 500),
        st.integers(0, 31),
        st.integers(0, 9),
        st.lists(
            st.sampled_from(["cat", "Ã©tÃ©", "", "a b c " * 9, "\ufffd"]), min_size=1, max_size=3
        ),
        st.sampled_from(["train", "test", ""]),
        st.booleans(),
    ),
    max_size=25,
    unique_by=lambda made: made.key,
)
REPAIRS = st.fixed_dictionaries(
    {}, optional={finding: st.sampled_from(offered) for finding, offered in OFFERED.items()}
)


@settings(max_examples=150, deadline=None)
@given(ITEMS, REPAIRS)
def test_that_every_item_has_one_fate_and_nothing_is_remembered(items, repairs):
    accounts = Accounts()
    chosen = plan(repairs)
    before = [dataclasses.astuple(i) for i in items]
    diagnosis = examine_items(items, accounts, chosen)
    assert [d.key for d in diagnosis.decisions] == [i.key for i in items]
    assert examine_items(items, accounts, plan()) == examine_items(items, accounts, plan())
    assert examine_items(items, accounts, chosen) == diagnosis
    assert [dataclasses.astuple(i) for i in items] == before
    assert list(accounts.skipped_items()) == []
    keys = {i.key for i in items}
    for report in diagnosis.reports:
        assert report.count == len(report.keys) == len(set(report.keys))
        assert keys.issuperset(report.keys)
    for decision in diagnosis.decisions:
        if decision.merged_into:
            assert decision.skipped in (Reason.SAME_IMAGE, Reason.SIMILAR_IMAGE)


@settings(max_examples=100, deadline=None)
@given(ITEMS)
def test_that_no_kept_image_leaks_and_no_caption_is_lost(items):
    diagnosis = examine(items)
    by_key = {i.key: i for i in items}
    kept = list(diagnosis.kept())
    digests = [by_key[d.key].pixel_digest for d in kept if by_key[d.key].has_image]
    assert len(digests) == len(set(digests))
    train = [by_key[d.key].phash for d in kept if d.split == TRAIN]
    for decision in kept:
        if decision.split == HELD_OUT:
            assert all((by_key[decision.key].phash ^ one).bit_count() > 2 for one in train)
    stored = {text for d in kept for text in d.texts}
    whole = [i for i in items if i.has_image and i.key not in stored]
    if any("cat" in i.texts for i in whole):
        assert "cat" in stored
