import pytest

from engine.data.store import HELD_OUT, TRAIN
from engine.errors import ConfigError
from engine.importing.accounts import Accounts, Reason
from engine.importing.doctor import DEFAULTS, OFFERED
from engine.importing.plan import Finding, PicturePlan, Repair, TextPlan
from tests.helpers.doctor_items import HASHES, examine, fates, item, text_only

KEEP, SKIP, FIX, MERGE = Repair.KEEP, Repair.SKIP, Repair.FIX, Repair.MERGE


def test_that_healthy_items_pass_untouched():
    items = [item(n) for n in range(30)]
    diagnosis = examine(items)
    assert [r.finding for r in diagnosis.reports] == list(Finding)
    assert {r.count for r in diagnosis.reports} == {0}
    assert [(d.key, d.texts, d.split) for d in diagnosis.kept()] == [
        (i.key, i.texts, TRAIN) for i in items
    ]


def test_that_every_finding_has_its_repairs_the_default_first():
    assert set(DEFAULTS) == set(OFFERED) == set(Finding)
    assert all(OFFERED[finding][0] == DEFAULTS[finding] for finding in Finding)


def test_that_a_repair_that_is_not_offered_is_refused():
    with pytest.raises(ConfigError, match=r"repairs\.tiny_image: merge is not one of keep, skip"):
        examine([], {Finding.TINY_IMAGE: MERGE})


def test_that_files_are_reported_by_their_reasons():
    accounts = Accounts()
    accounts.skip_file("a.jpg", Reason.TRUNCATED)
    accounts.skip_file("Thumbs.db", Reason.HIDDEN)
    accounts.skip_file("readme.md", Reason.NOT_USED)
    accounts.skip_item("t.csv#2", Reason.DAMAGED)
    diagnosis = examine([], accounts=accounts)
    assert diagnosis.report(Finding.UNREADABLE).keys == ("a.jpg", "t.csv#2")
    assert diagnosis.report(Finding.HIDDEN).keys == ("Thumbs.db",)


def test_that_items_without_text_or_image_go_as_the_plan_says():
    items = [item(0, " "), text_only(1, "a"), item(2), text_only(3, "")]
    diagnosis = examine(items)
    assert fates(diagnosis) == [Reason.NO_TEXT, Reason.NO_IMAGE, None, Reason.EMPTY]
    assert diagnosis.report(Finding.NO_TEXT).keys == ("0.jpg",)
    kept = examine(items, keep_image_only=True, keep_text_only=True)
    assert fates(kept) == [None, None, None, Reason.EMPTY]
    assert kept.report(Finding.NO_IMAGE).count == 1
    said = examine(items, {Finding.NO_TEXT: SKIP}, keep_image_only=True)
    assert fates(said)[0] == Reason.NO_TEXT


def test_that_equal_images_become_one_with_all_captions():
    items = [item(0, "cat"), item(1), item(2, "pet", "cat", pixel_digest=item(0).pixel_digest)]
    diagnosis = examine(items)
    assert fates(diagnosis) == [None, None, Reason.SAME_IMAGE]
    assert diagnosis.decisions[0].texts == ("cat", "pet")
    assert diagnosis.decisions[2].merged_into == "0.jpg"
    report = diagnosis.report(Finding.SAME_IMAGE)
    assert (report.count, report.keys, report.groups) == (1, ("2.jpg",), (("0.jpg", "2.jpg"),))
    skipped = examine(items, {Finding.SAME_IMAGE: SKIP})
    assert skipped.decisions[0].texts == ("cat",)
    assert fates(skipped) == fates(diagnosis)
    assert fates(examine(items, {Finding.SAME_IMAGE: KEEP})) == [None, None, None]
    first = examine(items, texts=TextPlan(captions="first"))
    assert first.decisions[0].texts == ("cat",)


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
    diagnosis = examine(items)
    assert diagnosis.report(Finding.SIMILAR_IMAGE).groups == (("0.jpg", "1.jpg"),)
    assert fates(diagnosis) == [None] * 6
    assert fates(examine(items, {Finding.SIMILAR_IMAGE: SKIP}))[1] == Reason.SIMILAR_IMAGE
    merged = examine(items, {Finding.SIMILAR_IMAGE: MERGE}).decisions
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
    diagnosis = examine(items, pictures=PicturePlan(size=64, fit=fit))
    assert diagnosis.report(Finding.TINY_IMAGE).keys == tiny
    assert diagnosis.report(Finding.EXTREME_RATIO).keys == ("0.jpg",)
    assert fates(diagnosis) == [None] * 4
    assert fates(examine(items, {Finding.EXTREME_RATIO: SKIP}))[0] == Reason.EXTREME_RATIO


def test_that_mojibake_is_mended_before_the_text_is_formed():
    items = [item(0, "un CafÃ©"), item(1, "caf\ufffd"), item(2, "ok", "Ã©tÃ©"), item(3, "café")]
    lower = TextPlan(case="lower")
    diagnosis = examine(items, texts=lower)
    assert [d.texts for d in diagnosis.decisions[:3]] == [
        ("un café",),
        ("caf\ufffd",),
        ("ok", "été"),
    ]
    report = diagnosis.report(Finding.MOJIBAKE)
    assert (report.count, report.detail["mendable"]) == (3, 2)
    kept = examine(items, {Finding.MOJIBAKE: KEEP}, texts=lower)
    assert kept.decisions[0].texts == ("un cafã©",)
    skipped = examine(items, {Finding.MOJIBAKE: SKIP})
    assert fates(skipped) == [Reason.MOJIBAKE, Reason.MOJIBAKE, None, None]
    assert skipped.decisions[2].texts == ("ok",)


def test_that_far_too_long_texts_are_found_and_can_be_cut():
    long = " ".join(f"w{n}" for n in range(50))
    items = [*(item(n) for n in range(40)), item(40, long), item(41, "short", long)]
    diagnosis = examine(items)
    report = diagnosis.report(Finding.LONG_TEXT)
    assert (report.count, report.detail["usual"], report.detail["longest"]) == (2, 3, 50)
    assert diagnosis.decisions[40].texts == (long,)
    cut = examine(items, {Finding.LONG_TEXT: FIX})
    assert cut.decisions[40].texts == ("w0 w1 w2",)
    skipped = examine(items, {Finding.LONG_TEXT: SKIP}).decisions
    assert (skipped[40].skipped, skipped[41].texts) == (Reason.LONG_TEXT, ("short",))


def test_that_a_repeated_text_is_found_and_class_names_are_not():
    own = [item(n) for n in range(30)]
    repeated = [item(n, "image") for n in range(30, 55)] + [item(55, "image", "a cat")]
    diagnosis = examine([*own, *repeated])
    assert diagnosis.report(Finding.REPEATED_TEXT).count == 25
    skipped = examine([*own, *repeated], {Finding.REPEATED_TEXT: SKIP}).decisions
    assert [d.skipped for d in skipped[30:32]] == [None, Reason.REPEATED_TEXT]
    assert skipped[55].texts == ("a cat",)
    classes = [item(n, ("cat", "dog", "cow")[n % 3]) for n in range(90)]
    assert examine(classes).report(Finding.REPEATED_TEXT).count == 0


def test_that_rare_words_leave_the_texts():
    items = [item(0, "red cat"), item(1, "red zebra"), item(2, "zzz")]
    diagnosis = examine(items, texts=TextPlan(min_count=2))
    assert [d.texts for d in diagnosis.decisions] == [("red",), ("red",), ()]
    assert fates(diagnosis) == [None, None, Reason.NO_TEXT]


def test_that_uneven_groups_are_found():
    items = [item(n, group="cat") for n in range(50)] + [
        item(n, group="dog") for n in range(50, 54)
    ]
    report = examine(items).report(Finding.IMBALANCE)
    assert report.keys == ("50.jpg", "51.jpg", "52.jpg", "53.jpg")
    assert report.detail == {"groups": 2, "small_groups": 1, "largest": 50, "smallest": 4}
    assert examine([*items, item(54, group="dog")]).report(Finding.IMBALANCE).count == 0


def test_that_leaks_move_to_where_their_twins_are():
    items = [
        item(0),
        item(1, phash=HASHES[0] ^ 1, split="test"),
        item(2, phash=HASHES[0] ^ 0b111, split="test"),
        item(3, split="test"),
        item(4, pixel_digest=item(3).pixel_digest, phash=HASHES[3], split="train"),
    ]
    same_kept = {Finding.SAME_IMAGE: KEEP}
    diagnosis = examine(items, same_kept)
    # The third is two bits from the second, which is trained on by then.
    assert [d.split for d in diagnosis.decisions] == [TRAIN] * 5
    assert diagnosis.report(Finding.LEAK).groups == (
        ("0.jpg", "1.jpg"),
        ("1.jpg", "2.jpg"),
        ("4.jpg", "3.jpg"),
    )
    kept = examine(items, same_kept | {Finding.LEAK: KEEP})
    assert [d.split for d in kept.decisions][1:4] == [HELD_OUT] * 3
    skipped = examine(items, same_kept | {Finding.LEAK: SKIP})
    assert fates(skipped) == [None, Reason.LEAK, Reason.LEAK, Reason.LEAK, None]


def test_that_images_alike_by_nature_stay_held_out():
    items = [item(n, phash=HASHES[0], split="test" if n % 2 else "train") for n in range(300)]
    diagnosis = examine(items)
    assert diagnosis.report(Finding.LEAK).count == 0
    assert sum(d.split == HELD_OUT for d in diagnosis.decisions) == 150


def test_that_excluded_items_are_skipped_and_not_examined():
    items = [item(0), item(1, pixel_digest=item(0).pixel_digest), item(2, "Ã©tÃ©")]
    diagnosis = examine(items, excluded=frozenset({"0.jpg", "2.jpg"}))
    assert fates(diagnosis) == [Reason.EXCLUDED, None, Reason.EXCLUDED]
    assert {report.count for report in diagnosis.reports} == {0}
