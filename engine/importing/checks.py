"""The dataset doctor: looks at all items of an import, and decides what becomes of each.

Everything is a pure function of items, ledger and plan: nothing is changed, nothing remembered.
So undoing a repair is examining with the plan as it was without it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from engine.control import RunControl
from engine.data.store import HELD_OUT, TRAIN
from engine.data.tokenizers import split_words
from engine.importing.captions import apply_all, cut, rare_words, without_rare
from engine.importing.check_context import (
    Case,
    CheckContext,
    CheckReport,
    ExaminedItem,
)
from engine.importing.encoding import looks_like_mojibake, mend_mojibake
from engine.importing.ledger import FileLedger, Reason, SkipRecord
from engine.importing.near_duplicates import NearDuplicateIndex, near_duplicate_groups
from engine.importing.plan import (
    Fix,
    ImportPlan,
    Issue,
    check_fixes,
)
from engine.importing.text_stats import covering

# --------------------------------------------------------------------------
# The doctor's checks of images: size, shape, and which are alike.


SIMILAR_BITS = 4
"""Bits of 64 in which images that a person would call the same may differ."""
LONGEST_RATIO = 3


def check_sizes(context: CheckContext) -> None:
    """Find images so small that pixels would be invented, and very long ones."""
    known = [case for case in context.left_with_image() if _short_side(case) > 0]
    # Padding keeps the longer side; cropping and stretching fill the square with the shorter one.
    side = _long_side if context.plan.pictures.fit == "pad" else _short_side
    tiny = [case for case in known if side(case) < context.plan.pictures.size]
    long = [case for case in known if _long_side(case) > LONGEST_RATIO * _short_side(case)]
    context.apply_decisions(Issue.TINY_IMAGE, tiny, Reason.TINY_IMAGE)
    context.apply_decisions(Issue.EXTREME_RATIO, long, Reason.EXTREME_RATIO)


def check_same(context: CheckContext) -> None:
    """Find pixels that stand more than once."""
    by_digest: dict[bytes, list[Case]] = {}
    for case in context.left_with_image():
        if case.item.pixel_digest:
            by_digest.setdefault(case.item.pixel_digest, []).append(case)
    groups = [group for group in by_digest.values() if len(group) > 1]
    context.settle_groups(Issue.SAME_IMAGE, groups, Reason.SAME_IMAGE)


def check_similar(context: CheckContext) -> None:
    """Find images that look the same; equal pixels are another finding and stand for one here."""
    first_of: dict[bytes, Case] = {}
    for case in context.left_with_image():
        first_of.setdefault(
            case.item.pixel_digest or case.item.key.encode(errors="surrogatepass"), case
        )
    cases = list(first_of.values())
    hashes = [case.item.phash for case in cases]
    groups = near_duplicate_groups(hashes, SIMILAR_BITS, [case.item.colours for case in cases])
    chosen = [[cases[place] for place in group] for group in groups]
    context.settle_groups(Issue.SIMILAR_IMAGE, chosen, Reason.SIMILAR_IMAGE)


def _long_side(case: Case) -> int:
    return max(case.item.width, case.item.height)


def _short_side(case: Case) -> int:
    return min(case.item.width, case.item.height)


# --------------------------------------------------------------------------
# The doctor's checks of texts.


REPEATED_LEAST = 20
"""Images that one text must at least stand on to be called repeated."""
_USUAL_SHARE = 0.95
_LONG_TIMES, _LONG_MORE = 2, 8


def check_mojibake(context: CheckContext) -> None:
    """Find texts that were read in the wrong encoding; they are mended before anything else."""
    is_bad = {t: looks_like_mojibake(t) for case in context.left() for t in set(case.texts)}
    found = [case for case in context.left() if any(is_bad[text] for text in case.texts)]
    mendable = sum(bad and mend_mojibake(text) != text for text, bad in is_bad.items())
    keys = [case.item.key for case in found]
    context.report(Issue.MOJIBAKE, keys, detail={"mendable": mendable})
    fix = context.fix(Issue.MOJIBAKE)
    for case in found if fix != Fix.KEEP else ():
        if fix == Fix.FIX:
            case.texts = tuple(mend_mojibake(text) for text in case.texts)
        else:
            _drop(case, is_bad, Reason.MOJIBAKE)


def form_texts(context: CheckContext) -> None:
    """Give texts their planned form, rare words last: they depend on all texts."""
    plan = context.plan.texts
    for case in context.left():
        case.texts = apply_all(plan, case.texts)
    rare = rare_words((t for case in context.left() for t in case.texts), plan.min_count)
    if rare:
        _change(context, lambda text: without_rare(text, rare))


def check_long_texts(context: CheckContext) -> None:
    """Find texts of more than twice the length that covers 95 % of all, and a few words more."""
    sizes = {t: len(split_words(t)) for case in context.left() for t in set(case.texts)}
    lengths = Counter(sizes[text] for case in context.left() for text in case.texts)
    usual = covering(lengths, _USUAL_SHARE)
    most = max(_LONG_TIMES * usual, usual + _LONG_MORE)
    is_long = {text: size > most for text, size in sizes.items()}
    found = [case for case in context.left() if any(is_long[text] for text in case.texts)]
    detail = {"usual": usual, "most": most, "longest": max(lengths, default=0)}
    context.report(Issue.LONG_TEXT, [case.item.key for case in found], detail=detail)
    fix = context.fix(Issue.LONG_TEXT)
    for case in found if fix != Fix.KEEP else ():
        if fix == Fix.FIX:
            texts = (cut(text, usual) if is_long[text] else text for text in case.texts)
            case.texts = tuple(dict.fromkeys(texts))
        else:
            _drop(case, is_long, Reason.LONG_TEXT)


def check_repeated_texts(context: CheckContext) -> None:
    """Find texts on very many images where most texts are their own; class names are not found.

    Left out, such a text stays on its first image alone.
    """
    cases = context.left_with_image()
    counts = Counter(text for case in cases for text in set(case.texts))
    own = sum(count == 1 for count in counts.values())
    least = REPEATED_LEAST if 2 * own >= len(counts) else len(cases) + 1
    is_repeated = {text: count >= least for text, count in counts.items()}
    seen: set[str] = set()
    found: list[tuple[Case, dict[str, bool]]] = []
    for case in cases:
        again = {text: is_repeated[text] and text in seen for text in case.texts}
        seen.update(case.texts)
        if any(again.values()):
            found.append((case, again))
    detail = {"texts": sum(is_repeated.values()), "most": max(counts.values(), default=0)}
    context.report(Issue.REPEATED_TEXT, [case.item.key for case, _ in found], detail=detail)
    if context.fix(Issue.REPEATED_TEXT) == Fix.SKIP:
        for case, again in found:
            _drop(case, again, Reason.REPEATED_TEXT)


def _change(context: CheckContext, change: Callable[[str], str]) -> None:
    for case in context.left():
        changed = (change(text) for text in case.texts)
        case.texts = tuple(dict.fromkeys(text for text in changed if text))


def _drop(case: Case, is_bad: Mapping[str, bool], reason: Reason) -> None:
    """Take bad texts out of an item; an item that had no others is left out."""
    texts = tuple(text for text in case.texts if not is_bad[text])
    if texts:
        case.texts = texts
    else:
        case.skip(reason)


# --------------------------------------------------------------------------
# The doctor's checks across items: held-out twins of what is trained on, uneven groups.


LEAK_BITS, LEAK_TOLERANCE = 2, 8
"""A leak is judged more strictly than a likeness, since it is mended unasked."""
_ALIKE_SHARE, _ALIKE_LEAST = 0.2, 50
_MOST_TIMES = 10

_Leak = tuple[Case, Case]


def check_leaks(context: CheckContext) -> None:
    """Find held-out images that are all but the same as one to train on.

    Where a fifth of what is held out has such a twin, images are alike by nature (drawn shapes, for
    instance), and only equal pixels count: otherwise next to nothing would be left held out.
    """
    cases = context.left_with_image()
    held = [case for case in cases if case.split == HELD_OUT]
    train = [case for case in cases if case.split == TRAIN]
    leaks = _find_leaks(held, train, exact=False)
    if len(leaks) > max(_ALIKE_LEAST, _ALIKE_SHARE * len(held)):
        leaks = _find_leaks(held, train, exact=True)
    keys = [(twin.item.key, case.item.key) for case, twin in leaks]
    context.report(Issue.LEAK, [key for _twin, key in keys], keys, {"held_out": len(held)})
    _mend_leaks(context.fix(Issue.LEAK), leaks)


def _mend_leaks(fix: Fix, leaks: Sequence[_Leak]) -> None:
    for case, twin in leaks:
        if fix == Fix.SKIP:
            case.skip(Reason.LEAK, f"like {twin.item.key}, which is trained on")
        elif fix == Fix.FIX:
            case.split = TRAIN


def _find_leaks(held: Sequence[Case], train: Sequence[Case], *, exact: bool) -> list[_Leak]:
    """Pair held-out cases with a twin to train on, in order.

    One that leaks would be trained on, so its own twins leak too: looked for until none is new.
    """
    leaks: dict[int, _Leak] = {}
    fresh = train
    while fresh:
        twins = _Twins(fresh, exact=exact)
        fresh = []
        for place, case in enumerate(held):
            twin = None if place in leaks else twins.find(case)
            if twin is not None:
                leaks[place] = (case, twin)
                fresh.append(case)
    return [leaks[place] for place in sorted(leaks)]


class _Twins:
    """Cases to be asked for the twin of another."""

    def __init__(self, cases: Sequence[Case], *, exact: bool) -> None:
        self._cases = cases
        self._by_digest: dict[bytes, Case] = {}
        self._index = NearDuplicateIndex(LEAK_BITS, LEAK_TOLERANCE)
        for number, case in enumerate(cases):
            if case.item.pixel_digest:
                self._by_digest.setdefault(case.item.pixel_digest, case)
            if not exact:
                self._index.add(number, case.item.phash, case.item.colours)

    def find(self, case: Case) -> Case | None:
        """Give an equal case, else the first near one."""
        same = self._by_digest.get(case.item.pixel_digest)
        number = self._index.find(case.item.phash, case.item.colours) if same is None else None
        return same if number is None else self._cases[number]


def check_balance(context: CheckContext) -> None:
    """Find items of groups that have less than a tenth of the largest group's items."""
    counts = Counter(case.item.group for case in context.left() if case.item.group)
    largest = max(counts.values(), default=0)
    small = {group for group, count in counts.items() if count * _MOST_TIMES < largest}
    keys = [case.item.key for case in context.left() if case.item.group in small]
    detail = {
        "groups": len(counts),
        "small_groups": len(small),
        "largest": largest,
        "smallest": min(counts.values(), default=0),
    }
    context.report(Issue.IMBALANCE, keys, detail=detail)


UNREADABLE = frozenset(
    {
        Reason.EMPTY,
        Reason.NOT_AN_IMAGE,
        Reason.UNSUPPORTED,
        Reason.TRUNCATED,
        Reason.DAMAGED,
        Reason.TOO_LARGE,
        Reason.UNREADABLE,
        Reason.UNSAFE_PATH,
        Reason.LINK,
        Reason.SPECIAL_FILE,
        Reason.BAD_ROW,
        Reason.BAD_ENCODING,
    }
)
"""Reasons for which a file gives nothing though somebody may have wanted it to."""

# Texts are mended before they are formed, and items that lack something leave before images are
# compared. What each check sees is what those before it have left.
_CHECKS = (
    check_sizes,
    check_same,
    check_similar,
    check_long_texts,
    check_repeated_texts,
    check_leaks,
    check_balance,
)


def check_samples(
    items: Sequence[ExaminedItem],
    ledger: FileLedger,
    plan: ImportPlan,
    control: RunControl | None = None,
) -> CheckReport:
    """Examine all items that could be read, and the files that could not.

    Args:
        items: in the source's order, each key once; of equal images the first stays.
        ledger: what was skipped before; only read.
        plan: what is to be done.
        control: may ask for a stop.

    Raises:
        ConfigError: the plan wants a repair that its finding does not offer.
        StoppedError: the control asked for it.
    """
    check_fixes(plan)
    context = CheckContext(items, plan, control)
    _report_files(context, ledger)
    for case in context.cases:
        if case.item.key in plan.excluded:
            case.skip(Reason.EXCLUDED)
    check_mojibake(context)
    form_texts(context)
    _check_whole(context)
    for check in _CHECKS:
        check(context)
    return CheckReport(
        reports=tuple(context.reports[issue] for issue in Issue),
        outcomes=tuple(case.outcome() for case in context.cases),
    )


def _report_files(context: CheckContext, ledger: FileLedger) -> None:
    skipped = [*ledger.skipped_files(), *ledger.skipped_items()]
    context.report(Issue.UNREADABLE, list(_paths(skipped, UNREADABLE)))
    context.report(Issue.HIDDEN, list(_paths(skipped, frozenset({Reason.HIDDEN}))))


def _paths(skipped: Sequence[SkipRecord], reasons: frozenset[Reason]) -> Iterator[str]:
    return iter(dict.fromkeys(one.path for one in skipped if one.reason in reasons))


def _check_whole(context: CheckContext) -> None:
    """Find images without a text and texts without an image; what has neither is left out."""
    no_text: list[Case] = []
    no_image: list[Case] = []
    for case in context.left():
        if not case.item.has_image and not case.texts:
            case.skip(Reason.EMPTY, "neither image nor text")
        elif not case.texts:
            no_text.append(case)
        elif not case.item.has_image:
            no_image.append(case)
    context.apply_decisions(Issue.NO_TEXT, no_text, Reason.NO_TEXT)
    context.apply_decisions(Issue.NO_IMAGE, no_image, Reason.NO_IMAGE)
