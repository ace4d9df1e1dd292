"""The data checks: find issues in the samples of an import, and decide what becomes of each sample.

Checks of images: size, shape, equal and similar images. Checks of texts: encoding, length,
repetition. Checks across samples: leaks from the training into the validation split, group sizes.
Checks of sounds and fields are in ``member_checks``.

The result is a pure function of samples, ledger and plan, so a fix is undone by checking again with
a plan without it.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import lru_cache
from itertools import chain, islice
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.control import RunControl
from engine.data.image_shape import ImageShape
from engine.data.store import TRAIN
from engine.data.words import split_words
from engine.importing.captions import apply_all, cut, rare_words, without_rare
from engine.importing.check_context import MAX_KEYS, CheckContext, CheckReport
from engine.importing.encoding import looks_like_mojibake, repair_mojibake
from engine.importing.formats.format import NOTHING
from engine.importing.ledger import FileLedger, Reason
from engine.importing.member_checks import check_fields, check_same_sounds, check_sounds
from engine.importing.near_duplicates import NearDuplicateIndex, near_duplicate_groups
from engine.importing.packed import Mapped, Numbers, Picked, StringSet
from engine.importing.packed_samples import PackedItems
from engine.importing.plan import Fix, ImportPlan, Issue, check_fixes
from engine.importing.samples import DecodedSample
from engine.importing.table import build_table
from engine.importing.text_stats import covering

SIMILAR_BITS = 4
"""Bits of 64 in which the hashes of similar images may differ."""
MAX_RATIO = 3
REPEATED_LEAST = 20
"""Images that must at least share a text for it to be called repeated."""
_USUAL_SHARE = 0.95
_LONG_TIMES, _LONG_MORE = 2, 8
LEAK_BITS, LEAK_TOLERANCE = 2, 8
"""Stricter than for similar images, because leaks are fixed by default."""
_ALIKE_SHARE, _ALIKE_LEAST = 0.2, 50
_MAX_TIMES = 10
UNREADABLE = frozenset(
    {
        Reason.EMPTY,
        Reason.NOT_AN_IMAGE,
        Reason.NOT_AUDIO,
        Reason.UNSUPPORTED,
        Reason.TRUNCATED,
        Reason.DAMAGED,
        Reason.TOO_LARGE,
        Reason.UNREADABLE,
        Reason.UNSAFE_PATH,
        Reason.LOCKED,
        Reason.LINK,
        Reason.SPECIAL_FILE,
        Reason.WEB_ADDRESS,
        Reason.BAD_ROW,
        Reason.BAD_ENCODING,
    }
)
"""Reasons that are reported as unreadable: files that may have been meant to be imported."""


def check_samples(
    samples: Iterable[DecodedSample],
    ledger: FileLedger,
    plan: ImportPlan,
    shape: ImageShape,
    control: RunControl | None = None,
    tell: Callable[[int, int], None] = lambda _done, _total: None,
) -> CheckReport:
    """Check all samples that could be read, and report the files that could not.

    Args:
        samples: in the order of the source, with unique keys; of equal images the first is kept.
        ledger: what was skipped before; only read.
        plan: chooses the fixes.
        shape: of the stored images.
        control: may ask for a stop.
        tell: receives the number of checks done, and of all, after each check.

    Raises:
        ConfigError: the plan chooses a fix that its issue does not offer.
        StoppedError: the control asked for it.
    """
    check_fixes(plan)
    context = CheckContext(samples, plan, shape, control)
    for issue, reasons in ((Issue.UNREADABLE, UNREADABLE), (Issue.HIDDEN, {Reason.HIDDEN})):
        paths = _skipped_paths(ledger, reasons)
        context.report(issue, list(islice(paths, MAX_KEYS)), count=len(paths))
    # A sound alone is skipped with its item, and has one path for both.
    context.silent_files = _skipped_paths(ledger, {Reason.SILENT})
    for number in context.outcomes.numbers.tolist() if plan.excluded else ():
        if context.outcomes.key(number) in plan.excluded:
            context.outcomes.skip(number, Reason.EXCLUDED)
    # Encodings are repaired before texts are normalised, and samples without text or image are
    # skipped before images are compared. Each check sees what those before it have left.
    checks = (
        check_mojibake,
        normalise_texts,
        check_missing,
        check_originals,
        check_sizes,
        check_same,
        check_similar,
        check_long_texts,
        check_repeated_texts,
        check_leaks,
        check_balance,
        check_sounds,
        check_same_sounds,
        check_fields,
    )
    for done, check in enumerate(checks, 1):
        check(context)
        tell(done, len(checks))
    reports = tuple(context.reports[issue] for issue in Issue)
    return CheckReport(reports=reports, outcomes=context.outcomes, table=context.table)


def _skipped_paths(ledger: FileLedger, reasons: Collection[Reason]) -> StringSet:
    """Return what was skipped before for one of some reasons, each path once."""
    every = (ledger.skipped_files(), ledger.skipped_items(), ledger.skipped_members())
    has_any = any(table.counts().keys() & set(reasons) for table in every)
    skipped = chain(*every) if has_any else ()
    return StringSet(one.path for one in skipped if one.reason in reasons)


_REMEMBERED = 4_096
"""Texts whose properties are remembered: where few texts are repeated, it helps a lot."""


def check_mojibake(context: CheckContext) -> None:
    """Find texts that were read in the wrong encoding; runs before any other check."""
    is_bad = lru_cache(_REMEMBERED)(looks_like_mojibake)
    outcomes, found, bad = context.outcomes, array("q"), set[str]()
    for number in context.left():
        if wrong := [text for text in outcomes.texts(number) if is_bad(text)]:
            found.append(number)
            bad.update(wrong)
    repairable = sum(repair_mojibake(text) != text for text in bad)
    context.report_samples(Issue.MOJIBAKE, found, {"repairable": repairable})
    fix = context.fix(Issue.MOJIBAKE)
    for number in found if fix != Fix.KEEP else ():
        texts = outcomes.texts(number)
        if fix == Fix.FIX:
            outcomes.set_texts(number, tuple(map(repair_mojibake, texts)))
        else:
            _drop_texts(context, number, [text in bad for text in texts], Reason.MOJIBAKE)


def normalise_texts(context: CheckContext) -> None:
    """Apply the text plan; rare words are removed last, because they depend on all texts."""
    plan, outcomes = context.plan.texts, context.outcomes
    outcomes.set_all_texts(lambda texts: apply_all(plan, texts))
    for number in context.outcomes.left_with_raw_members.tolist():
        if further := outcomes.further_texts(number):
            formed = {name: apply_all(plan, t) for name, t in further.items()}
            kept = {name: texts for name, texts in formed.items() if texts}
            outcomes.set_further_texts(number, kept)
    texts = (text for number in context.left() for text in outcomes.texts(number))
    rare = rare_words(texts, plan.min_count)
    if rare:
        outcomes.set_all_texts(
            lambda texts: tuple(
                dict.fromkeys(text for t in texts if (text := without_rare(t, rare)))
            )
        )


def check_missing(context: CheckContext) -> None:
    """Find images without text and texts without image; samples without anything are skipped.

    A sample with a sound, a further image or text, or cells lacks nothing: any column may be
    absent. Cells count only if a column of them becomes a field.
    """
    outcomes, has_image = context.outcomes, context.items.has_image
    no_text, no_image = array("q"), array("q")
    complete, has_cells = _with_more(context)
    is_field = _have_fields(context, has_cells - complete)
    for number in context.left():
        is_pictured, has_text = bool(has_image[number]), bool(outcomes.texts(number))
        is_row = number in has_cells and (is_field or not (is_pictured or has_text))
        if number in complete or is_row or (is_pictured and has_text):
            continue
        if is_pictured:
            no_text.append(number)
        elif has_text:
            no_image.append(number)
        else:
            outcomes.skip(number, Reason.EMPTY, "neither image nor text")
    context.report_and_skip(Issue.NO_TEXT, no_text, Reason.NO_TEXT)
    context.report_and_skip(Issue.NO_IMAGE, no_image, Reason.NO_IMAGE)


def _with_more(context: CheckContext) -> tuple[set[int], set[int]]:
    """Return the samples with a sound, a further image or text, and those with cells."""
    complete = {
        n for n in context.outcomes.left_with_members.tolist() if context.outcomes.has_member(n)
    }
    has_cells: set[int] = set()
    for number in context.outcomes.left_with_raw_members.tolist():
        if context.outcomes.further_texts(number):
            complete.add(number)
        if context.items.raw[number].cells:
            has_cells.add(number)
    return complete, has_cells


def _have_fields(context: CheckContext, numbers: Collection[int]) -> bool:
    """Whether some of the samples with cells lack an image or a text, and cells become fields."""
    has_image, outcomes = context.items.has_image, context.outcomes
    if all(has_image[number] and outcomes.texts(number) for number in numbers):
        return False
    cells = [context.items.raw[number].cells for number in context.left()]
    table = build_table(cells, dict(context.plan.field_kinds))
    return table is not None and bool(table.fields)


def check_originals(context: CheckContext) -> None:
    """Find images that hold more than is stored: bits, channels or frames."""
    found, items = context.left_with_image(), context.items
    bands, images = items.bands, context.plan.images
    for issue, has_more in (
        (Issue.DEEP_PIXELS, items.is_deep),
        (Issue.MORE_BANDS, (bands != 1) & (bands != 3) & (images.band <= 0)),
        (Issue.MORE_FRAMES, items.has_more_frames & (images.frame_step != 1)),
    ):
        context.report_samples(issue, found[has_more[found]])


def check_sizes(context: CheckContext) -> None:
    """Find images smaller than the stored ones, and those of a very different aspect ratio."""
    shape, found = context.shape, context.left_with_image()
    sizes = context.items.sizes[found]
    is_known = sizes.min(axis=1, initial=1) >= 1
    found, sizes = found[is_known], sizes[is_known]
    # A padded image is inside the stored one; a cropped or stretched one covers it.
    is_enlarged = np.all if context.plan.images.fit == "pad" else np.any
    tiny = found[is_enlarged(sizes < (shape.width, shape.height), axis=1)]
    ratios = sizes * (shape.height, shape.width)
    long = found[ratios.max(axis=1, initial=0) > MAX_RATIO * ratios.min(axis=1, initial=1 << 62)]
    context.report_and_skip(Issue.TINY_IMAGE, tiny, Reason.TINY_IMAGE)
    context.report_and_skip(Issue.EXTREME_RATIO, long, Reason.EXTREME_RATIO)


def check_same(context: CheckContext) -> None:
    """Find images with equal pixels; items with other further members are not the same."""
    found, items = context.left_with_image(), context.items
    found = found[items.has_digest[found]]
    _, places, counts = np.unique(
        _sortable(items.digests[found]), return_inverse=True, return_counts=True
    )
    by_content: dict[tuple[Any, ...], list[int]] = {}
    is_shared = counts[places] > 1
    for number, place in zip(found[is_shared].tolist(), places[is_shared].tolist(), strict=True):
        more, raw = items.more(number), items.raw[number]
        members = [*more.get("sounds", NOTHING).items(), *more.get("pictures", NOTHING).items()]
        key = (
            place,
            *((name, facts.digest) for name, facts in members),
            *context.outcomes.further_texts(number).items(),
            *raw.cells.items(),
        )
        by_content.setdefault(key, []).append(number)
    groups = [group for group in by_content.values() if len(group) > 1]
    context.report_and_merge(Issue.SAME_IMAGE, groups, Reason.SAME_IMAGE)


def _sortable(digests: npt.NDArray[np.void]) -> npt.NDArray[np.bytes_]:
    """Return digests, [N], as what can be sorted."""
    return digests.view("S16")


def check_similar(context: CheckContext) -> None:
    """Find images that look the same; of those with equal pixels only the first is compared."""
    found, items = context.left_with_image(), context.items
    has_digest = items.has_digest[found]
    _, first = np.unique(_sortable(items.digests[found[has_digest]]), return_index=True)
    left = np.union1d(found[has_digest][first], found[~has_digest])
    colours = Mapped(items.colours, Picked(range(len(items)), left))
    groups = near_duplicate_groups(items.phashes[left], SIMILAR_BITS, colours)
    context.report_and_merge(
        Issue.SIMILAR_IMAGE, [left[group].tolist() for group in groups], Reason.SIMILAR_IMAGE
    )


def check_long_texts(context: CheckContext) -> None:
    """Find texts of more than twice the length that covers 95 % of all, and a few words more."""
    size_of = lru_cache(_REMEMBERED)(lambda text: len(split_words(text)))
    outcomes, lengths = context.outcomes, Counter[int]()
    longest = array("I")
    for number in context.left():
        sizes = [size_of(text) for text in outcomes.texts(number)]
        lengths.update(sizes)
        longest.append(max(sizes, default=0))
    usual = covering(lengths, _USUAL_SHARE)
    most = max(_LONG_TIMES * usual, usual + _LONG_MORE)
    found = outcomes.left[np.array(longest) > most]
    detail = {"usual": usual, "most": most, "longest": max(lengths, default=0)}
    context.report_samples(Issue.LONG_TEXT, found, detail)
    fix = context.fix(Issue.LONG_TEXT)
    for number in found.tolist() if fix != Fix.KEEP else ():
        texts = outcomes.texts(number)
        if fix == Fix.FIX:
            short = (cut(text, usual) if size_of(text) > most else text for text in texts)
            outcomes.set_texts(number, tuple(dict.fromkeys(short)))
        else:
            is_long = [size_of(text) > most for text in texts]
            _drop_texts(context, number, is_long, Reason.LONG_TEXT)


def check_repeated_texts(context: CheckContext) -> None:
    """Find texts that very many images share where most texts are unique; not class names.

    When such a text is skipped, only its first image keeps it.
    """
    outcomes, found, hashes = context.outcomes, context.left_with_image().tolist(), array("q")
    for number in found:
        hashes.extend(map(hash, set(outcomes.texts(number))))
    # Of 64 bits: that two texts of a million share one has a chance of one in ten million.
    texts, counts = np.unique(np.array(hashes, dtype=np.int64), return_counts=True)
    least = REPEATED_LEAST if 2 * np.count_nonzero(counts == 1) >= len(texts) else len(found) + 1
    repeated = set(texts[counts >= least].tolist())
    seen: set[int] = set()
    again: dict[int, list[bool]] = {}
    for number in found if repeated else ():
        own = [hash(text) for text in outcomes.texts(number)]
        is_again = [text in seen for text in own]
        seen.update(repeated.intersection(own))
        if any(is_again):
            again[number] = is_again
    detail = {"texts": len(repeated), "most": int(counts.max(initial=0))}
    context.report_samples(Issue.REPEATED_TEXT, list(again), detail)
    if context.fix(Issue.REPEATED_TEXT) == Fix.SKIP:
        for number, is_again in again.items():
            _drop_texts(context, number, is_again, Reason.REPEATED_TEXT)


def _drop_texts(context: CheckContext, number: int, is_bad: Sequence[bool], reason: Reason) -> None:
    """Remove bad texts from a sample; skip the sample if it has no others."""
    every = context.outcomes.texts(number)
    texts = tuple(text for text, bad in zip(every, is_bad, strict=True) if not bad)
    if texts:
        context.outcomes.set_texts(number, texts)
    else:
        context.outcomes.skip(number, reason)


def check_leaks(context: CheckContext) -> None:
    """Find validation images that nearly equal a training image.

    If a fifth of the validation images have such a twin, images are similar by nature (drawn
    shapes, for instance), and only equal pixels count: otherwise hardly any would remain for
    validation.
    """
    left, is_train = context.left_with_image(), context.outcomes.is_train()
    held, train = left[~is_train[left]], left[is_train[left]]
    leaks = _find_leaks(context.items, held, train, exact=False)
    if len(leaks) > max(_ALIKE_LEAST, _ALIKE_SHARE * len(held)):
        leaks = _find_leaks(context.items, held, train, exact=True)
    outcomes = context.outcomes
    keys = [(outcomes.key(twin), outcomes.key(number)) for number, twin in leaks.items()]
    context.report(Issue.LEAK, [key for _twin, key in keys], keys, {"validation": len(held)})
    fix = context.fix(Issue.LEAK)
    for number, twin in leaks.items():
        if fix == Fix.SKIP:
            detail = f"like {outcomes.key(twin)}, which is trained on"
            outcomes.skip(number, Reason.LEAK, detail)
        elif fix == Fix.FIX:
            outcomes.set_split(number, TRAIN)


def _find_leaks(
    items: PackedItems, held: Numbers, train: Numbers, *, exact: bool
) -> dict[int, int]:
    """Return the training twin of each validation sample that has one, in order.

    A leak moves to the training split, so its own twins leak too: repeated until none is new.
    """
    leaks: dict[int, int] = {}
    fresh = train
    while len(fresh) and len(held):
        twins = _twins(items, held, fresh, exact=exact)
        leaks |= zip(held[twins >= 0].tolist(), twins[twins >= 0].tolist(), strict=True)
        fresh, held = held[twins >= 0], held[twins < 0]
    return dict(sorted(leaks.items()))


def _twins(items: PackedItems, held: Numbers, train: Numbers, *, exact: bool) -> Numbers:
    """Return for each of some samples the first that has equal pixels, else that looks the same.

    Args:
        items: all.
        held: [H], the samples that may have a twin.
        train: [T], what the twins are among.
        exact: only equal pixels count.

    Returns:
        [H], -1 where there is none.
    """
    both = np.concatenate([train, held])
    _, digests = np.unique(_sortable(items.digests[both]), return_inverse=True)
    has_digest = items.has_digest[both]
    first = np.full(len(both), -1)
    places = np.flatnonzero(has_digest[: len(train)])[::-1]
    # Of several assignments to one place the last one counts: the first sample.
    first[digests[places]] = train[places]
    twins = np.where(has_digest[len(train) :], first[digests[len(train) :]], -1)
    if not exact:
        colours = Mapped(items.colours, Picked(range(len(items)), both))
        index = NearDuplicateIndex(items.phashes[both], colours, LEAK_BITS, LEAK_TOLERANCE)
        index.add(np.arange(len(train)))
        left = np.flatnonzero(twins < 0)
        near = index.find(len(train) + left)
        twins[left[near >= 0]] = train[near[near >= 0]]
    return twins


def check_balance(context: CheckContext) -> None:
    """Find samples of groups with less than a tenth of the samples of the largest group."""
    outcomes = context.outcomes
    counts = Counter(filter(None, map(outcomes.group, context.left())))
    largest = max(counts.values(), default=0)
    small = {group for group, count in counts.items() if count * _MAX_TIMES < largest}
    found = [n for n in context.left() if outcomes.group(n) in small] if small else []
    detail = {
        "groups": len(counts),
        "small_groups": len(small),
        "largest": largest,
        "smallest": min(counts.values(), default=0),
    }
    context.report_samples(Issue.IMBALANCE, found, detail)
