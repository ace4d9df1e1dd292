import dataclasses
import hashlib
import inspect
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config.run import RunConfig
from engine.config.setting import settings_in
from engine.data.image_shape import ImageShape, square
from engine.data.store import TRAIN, VALIDATION
from engine.errors import ConfigError
from engine.importing.check_context import hash_split, split_of
from engine.importing.checks import check_samples
from engine.importing.ledger import FileLedger, Reason
from engine.importing.plan import (
    DEFAULTS,
    OFFERED,
    Fix,
    ImageSettings,
    ImportPlan,
    Issue,
    TextSettings,
    chosen_fix,
)
from engine.starters.emoji import VALIDATION_PERCENT
from tests.helpers.datasets import HASHES, examine, fates, item, plan, text_only

KEEP, SKIP, FIX, MERGE = Fix.KEEP, Fix.SKIP, Fix.FIX, Fix.MERGE


def digest(number):
    facts = item(number).facts
    assert facts is not None
    return facts.pixel_digest


def test_that_healthy_items_pass_untouched():
    items = [item(n) for n in range(30)]
    check_report = examine(items)
    assert [r.issue for r in check_report.reports] == list(Issue)
    assert {r.count for r in check_report.reports} == {0}
    assert [(d.key, d.texts, d.split) for d in check_report.kept()] == [
        (i.raw.key, i.raw.texts, TRAIN) for i in items
    ]


def test_that_every_issue_has_its_repairs_the_default_first():
    assert set(DEFAULTS) == set(OFFERED) == set(Issue)
    assert all(OFFERED[issue][0] == DEFAULTS[issue] for issue in Issue)


def test_that_every_setting_that_the_tables_name_exists():
    """Names in double backticks, such as ``data.class_balance``, in the module of the tables."""
    module = inspect.getmodule(chosen_fix)
    assert module is not None
    named = set(re.findall(r"``([a-z]+(?:[._][A-Za-z_]+)+)``", inspect.getsource(module)))
    settings = {name for kind in (RunConfig, ImportPlan) for name, *_ in settings_in(kind)}
    assert {"data.class_balance", "keep_image_only"} <= named
    assert named <= settings | {f"plan.{name}" for name in vars(module)}


def test_that_a_repair_that_is_not_offered_is_refused():
    with pytest.raises(ConfigError, match=r"repairs\.tiny_image: merge is not one of keep, skip"):
        examine([], {Issue.TINY_IMAGE: MERGE})


def test_that_files_are_reported_by_their_reasons():
    ledger = FileLedger()
    ledger.mark_skipped("a.jpg", Reason.TRUNCATED)
    ledger.mark_skipped("Thumbs.db", Reason.HIDDEN)
    ledger.mark_skipped("readme.md", Reason.NOT_USED)
    ledger.mark_item_skipped("t.csv#2", Reason.DAMAGED)
    check_report = examine([], ledger=ledger)
    assert check_report.report(Issue.UNREADABLE).keys == ("a.jpg", "t.csv#2")
    assert check_report.report(Issue.HIDDEN).keys == ("Thumbs.db",)


def test_that_items_without_text_or_image_go_as_the_plan_says():
    items = [item(0, " "), text_only(1, "a"), item(2), text_only(3, "")]
    check_report = examine(items)
    assert fates(check_report) == [Reason.NO_TEXT, Reason.NO_IMAGE, None, Reason.EMPTY]
    assert check_report.report(Issue.NO_TEXT).keys == ("0.jpg",)
    kept = examine(items, keep_image_only=True, keep_text_only=True)
    assert fates(kept) == [None, None, None, Reason.EMPTY]
    assert kept.report(Issue.NO_IMAGE).count == 1
    said = examine(items, {Issue.NO_TEXT: SKIP}, keep_image_only=True)
    assert fates(said)[0] == Reason.NO_TEXT


def test_that_equal_images_become_one_with_all_captions():
    items = [
        item(0, "cat"),
        item(1),
        item(2, "pet", "cat", pixel_digest=digest(0)),
    ]
    check_report = examine(items)
    assert fates(check_report) == [None, None, Reason.SAME_IMAGE]
    assert check_report.outcomes[0].texts == ("cat", "pet")
    assert check_report.outcomes[2].merged_into == "0.jpg"
    report = check_report.report(Issue.SAME_IMAGE)
    assert (report.count, report.keys, report.groups) == (1, ("2.jpg",), (("0.jpg", "2.jpg"),))
    skipped = examine(items, {Issue.SAME_IMAGE: SKIP})
    assert skipped.outcomes[0].texts == ("cat",)
    assert fates(skipped) == fates(check_report)
    assert fates(examine(items, {Issue.SAME_IMAGE: KEEP})) == [None, None, None]
    first = examine(items, texts=TextSettings(captions="first"))
    assert first.outcomes[0].texts == ("cat",)


def test_that_similar_images_are_found_by_hash_and_colour():
    near = HASHES[0] ^ 0b1011
    items = [
        item(0, colours=b"\x10" * 64),
        item(1, phash=near, colours=b"\x18" * 64),
        item(2, phash=near, colours=b"\x90" * 64),
        item(3, phash=HASHES[0] ^ 0b11111, colours=b"\x10" * 64),
        item(4, phash=0),
        item(5, phash=0),
    ]
    check_report = examine(items)
    assert check_report.report(Issue.SIMILAR_IMAGE).groups == (("0.jpg", "1.jpg"),)
    assert fates(check_report) == [None] * 6
    assert fates(examine(items, {Issue.SIMILAR_IMAGE: SKIP}))[1] == Reason.SIMILAR_IMAGE
    merged = examine(items, {Issue.SIMILAR_IMAGE: MERGE}).outcomes
    assert merged[0].texts == ("text number 0", "text number 1")


@pytest.mark.parametrize(
    ("fit", "tiny"),
    [("pad", ("1.jpg",)), ("crop", ("0.jpg", "1.jpg")), ("stretch", ("0.jpg", "1.jpg"))],
)
def test_that_small_and_long_images_are_found(fit, tiny):
    items = [
        item(0, width=200, height=40),
        item(1, width=63, height=63),
        item(2, width=192, height=64),
        item(3, width=0, height=0),
    ]
    check_report = examine(items, images=ImageSettings(size=64, fit=fit))
    assert check_report.report(Issue.TINY_IMAGE).keys == tiny
    assert check_report.report(Issue.EXTREME_RATIO).keys == ("0.jpg",)
    assert fates(check_report) == [None] * 4
    assert fates(examine(items, {Issue.EXTREME_RATIO: SKIP}))[0] == Reason.EXTREME_RATIO


def test_that_mojibake_is_mended_before_the_text_is_formed():
    items = [item(0, "un CafÃ©"), item(1, "caf\ufffd"), item(2, "ok", "Ã©tÃ©"), item(3, "café")]
    lower = TextSettings(case="lower")
    check_report = examine(items, texts=lower)
    assert [d.texts for d in check_report.outcomes[:3]] == [
        ("un café",),
        ("caf\ufffd",),
        ("ok", "été"),
    ]
    report = check_report.report(Issue.MOJIBAKE)
    assert (report.count, report.detail["repairable"]) == (3, 2)
    kept = examine(items, {Issue.MOJIBAKE: KEEP}, texts=lower)
    assert kept.outcomes[0].texts == ("un cafã©",)
    skipped = examine(items, {Issue.MOJIBAKE: SKIP})
    assert fates(skipped) == [Reason.MOJIBAKE, Reason.MOJIBAKE, None, None]
    assert skipped.outcomes[2].texts == ("ok",)


def test_that_far_too_long_texts_are_found_and_can_be_cut():
    long = " ".join(f"w{n}" for n in range(50))
    items = [*(item(n) for n in range(40)), item(40, long), item(41, "short", long)]
    check_report = examine(items)
    report = check_report.report(Issue.LONG_TEXT)
    assert (report.count, report.detail["usual"], report.detail["longest"]) == (2, 3, 50)
    assert check_report.outcomes[40].texts == (long,)
    cut = examine(items, {Issue.LONG_TEXT: FIX})
    assert cut.outcomes[40].texts == ("w0 w1 w2",)
    skipped = examine(items, {Issue.LONG_TEXT: SKIP}).outcomes
    assert (skipped[40].skipped, skipped[41].texts) == (Reason.LONG_TEXT, ("short",))


def test_that_a_repeated_text_is_found_and_class_names_are_not():
    own = [item(n) for n in range(30)]
    repeated = [item(n, "image") for n in range(30, 55)] + [item(55, "image", "a cat")]
    check_report = examine([*own, *repeated])
    assert check_report.report(Issue.REPEATED_TEXT).count == 25
    skipped = examine([*own, *repeated], {Issue.REPEATED_TEXT: SKIP}).outcomes
    assert [d.skipped for d in skipped[30:32]] == [None, Reason.REPEATED_TEXT]
    assert skipped[55].texts == ("a cat",)
    classes = [item(n, ("cat", "dog", "cow")[n % 3]) for n in range(90)]
    assert examine(classes).report(Issue.REPEATED_TEXT).count == 0


def test_that_rare_words_leave_the_texts():
    items = [item(0, "red cat"), item(1, "red zebra"), item(2, "zzz")]
    check_report = examine(items, texts=TextSettings(min_count=2))
    assert [d.texts for d in check_report.outcomes] == [("red",), ("red",), ()]
    assert fates(check_report) == [None, None, Reason.NO_TEXT]


def test_that_uneven_groups_are_found():
    items = [item(n, group="cat") for n in range(50)] + [
        item(n, group="dog") for n in range(50, 54)
    ]
    report = examine(items).report(Issue.IMBALANCE)
    assert report.keys == ("50.jpg", "51.jpg", "52.jpg", "53.jpg")
    assert report.detail == {"groups": 2, "small_groups": 1, "largest": 50, "smallest": 4}
    assert examine([*items, item(54, group="dog")]).report(Issue.IMBALANCE).count == 0


def test_that_leaks_move_to_where_their_twins_are():
    items = [
        item(0),
        item(1, phash=HASHES[0] ^ 1, split="test"),
        item(2, phash=HASHES[0] ^ 0b111, split="test"),
        item(3, split="test"),
        item(4, pixel_digest=digest(3), phash=HASHES[3], split="train"),
    ]
    same_kept = {Issue.SAME_IMAGE: KEEP}
    check_report = examine(items, same_kept)
    # The third is two bits from the second, which is trained on by then.
    assert [d.split for d in check_report.outcomes] == [TRAIN] * 5
    assert check_report.report(Issue.LEAK).groups == (
        ("0.jpg", "1.jpg"),
        ("1.jpg", "2.jpg"),
        ("4.jpg", "3.jpg"),
    )
    kept = examine(items, same_kept | {Issue.LEAK: KEEP})
    assert [d.split for d in kept.outcomes][1:4] == [VALIDATION] * 3
    skipped = examine(items, same_kept | {Issue.LEAK: SKIP})
    assert fates(skipped) == [None, Reason.LEAK, Reason.LEAK, Reason.LEAK, None]


def test_that_images_alike_by_nature_stay_in_validation():
    items = [item(n, phash=HASHES[0], split="test" if n % 2 else "train") for n in range(300)]
    check_report = examine(items)
    assert check_report.report(Issue.LEAK).count == 0
    assert sum(d.split == VALIDATION for d in check_report.outcomes) == 150


def test_that_excluded_items_are_skipped_and_not_examined():
    items = [item(0), item(1, pixel_digest=digest(0)), item(2, "Ã©tÃ©")]
    check_report = examine(items, excluded=frozenset({"0.jpg", "2.jpg"}))
    assert fates(check_report) == [Reason.EXCLUDED, None, Reason.EXCLUDED]
    assert {report.count for report in check_report.reports} == {0}


# What holds of every diagnosis, whatever the items and the repairs.


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
    unique_by=lambda made: made.raw.key,
)
REPAIRS = st.fixed_dictionaries(
    {}, optional={issue: st.sampled_from(offered) for issue, offered in OFFERED.items()}
)


@settings(max_examples=150, deadline=None)
@given(ITEMS, REPAIRS)
def test_that_every_item_has_one_fate_and_nothing_is_remembered(items, repairs):
    ledger = FileLedger()
    chosen = plan(repairs)
    before = [dataclasses.astuple(i) for i in items]
    check_report = check_samples(items, ledger, chosen, square(64))
    assert [d.key for d in check_report.outcomes] == [i.raw.key for i in items]
    again = [check_samples(items, ledger, chosen, square(64)) for _ in range(2)]
    assert [one.reports for one in again] == [check_report.reports] * 2
    assert [list(one.outcomes) for one in again] == [list(check_report.outcomes)] * 2
    assert [dataclasses.astuple(i) for i in items] == before
    assert list(ledger.skipped_items()) == []
    keys = {i.raw.key for i in items}
    for report in check_report.reports:
        assert report.count == len(report.keys) == len(set(report.keys))
        assert keys.issuperset(report.keys)
    for outcome in check_report.outcomes:
        if outcome.merged_into:
            assert outcome.skipped in (Reason.SAME_IMAGE, Reason.SIMILAR_IMAGE)


@settings(max_examples=100, deadline=None)
@given(ITEMS)
def test_that_no_kept_image_leaks_and_no_caption_is_lost(items):
    check_report = examine(items)
    by_key = {i.raw.key: i for i in items}
    kept = list(check_report.kept())
    digests = [by_key[d.key].facts.pixel_digest for d in kept if by_key[d.key].facts]
    assert len(digests) == len(set(digests))
    with_image = {key: one.facts for key, one in by_key.items() if one.facts}
    train = [with_image[d.key].phash for d in kept if d.split == TRAIN and d.key in with_image]
    for outcome in kept:
        if outcome.split == VALIDATION and outcome.key in with_image:
            assert all((with_image[outcome.key].phash ^ one).bit_count() > 2 for one in train)
    stored = {text for d in kept for text in d.texts}
    whole = [i for i in items if i.facts and i.raw.key not in stored]
    if any("cat" in i.raw.texts for i in whole):
        assert "cat" in stored


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 100))
def test_that_the_split_is_the_hash_of_the_name(key, percent):
    number = int(hashlib.sha256(key.encode()).hexdigest()[:8], 16)
    assert hash_split(key, percent) == (VALIDATION if number % 100 < percent else TRAIN)


def test_that_the_emoji_are_split_as_ever():
    emoji = ["😀", "🐸", "🚀", "🍎", "🎻", "🇨🇳", "❤️", "🦄", "☂️", "🧊", "🥨", "🎈"]
    numbers = [int.from_bytes(hashlib.sha256(e.encode()).digest()[:4]) for e in emoji]
    expected = [number % 100 < 5 for number in numbers]
    assert [hash_split(e, VALIDATION_PERCENT) == VALIDATION for e in emoji] == expected


def test_that_the_share_is_about_right_and_grows_steadily():
    keys = [f"images/{number}.jpg" for number in range(10_000)]
    held = {p: {k for k in keys if hash_split(k, p) == VALIDATION} for p in (0, 5, 20, 100)}
    assert (len(held[0]), len(held[100])) == (0, 10_000)
    # Four standard deviations of a binomial share.
    assert abs(len(held[5]) - 500) < 4 * (10_000 * 0.05 * 0.95) ** 0.5
    assert held[5] < held[20]


def test_that_any_path_has_a_split():
    assert hash_split("bad\udcff.jpg", 50) in (TRAIN, VALIDATION)


@pytest.mark.parametrize(
    ("named", "split"),
    [
        ("Train", TRAIN),
        (" test ", VALIDATION),
        ("validation", VALIDATION),
        ("held_out", VALIDATION),
    ],
)
def test_that_the_source_knows_best(named, split):
    assert split_of("a", named, 0) == split_of("a", named, 50) == split


def test_that_a_name_that_is_no_split_is_not_heeded():
    assert split_of("a", "monday", 0) == TRAIN
    assert split_of("a", "", 100) == VALIDATION


def test_that_size_and_ratio_are_compared_with_the_shape_to_store():
    sizes = [(64, 48), (63, 47), (64, 40), (48, 64), (400, 90), (360, 90), (90, 203), (90, 202)]
    items = [item(n, f"text {n}", width=w, height=h) for n, (w, h) in enumerate(sizes)]

    def found(issue, how):
        planned = plan(images=ImageSettings(fit=how))
        report = check_samples(items, FileLedger(), planned, ImageShape(48, 64)).report(issue)
        return [sizes[int(key.partition(".")[0])] for key in report.keys]

    assert found(Issue.TINY_IMAGE, "pad") == [(63, 47)]
    assert found(Issue.TINY_IMAGE, "crop") == [(63, 47), (64, 40), (48, 64)]
    # 4:3 times 3 is 4; a third of it is 4:9.
    assert found(Issue.EXTREME_RATIO, "pad") == [(400, 90), (90, 203)]
