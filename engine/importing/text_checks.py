"""The doctor's checks of texts."""

from collections import Counter
from collections.abc import Callable, Mapping

from engine.data.vocabulary import split_words
from engine.importing.accounts import Reason
from engine.importing.checkup import Case, Checkup
from engine.importing.mojibake import looks_like_mojibake, mend_mojibake
from engine.importing.plan import Finding, Repair
from engine.importing.text_facts import covering
from engine.importing.text_plan import apply_all, cut, rare_words, without_rare

REPEATED_LEAST = 20
"""Images that one text must at least stand on to be called repeated."""
_USUAL_SHARE = 0.95
_LONG_TIMES, _LONG_MORE = 2, 8


def check_mojibake(checkup: Checkup) -> None:
    """Find texts that were read in the wrong encoding; they are mended before anything else."""
    is_bad = {t: looks_like_mojibake(t) for case in checkup.left() for t in set(case.texts)}
    found = [case for case in checkup.left() if any(is_bad[text] for text in case.texts)]
    mendable = sum(bad and mend_mojibake(text) != text for text, bad in is_bad.items())
    keys = [case.item.key for case in found]
    checkup.report(Finding.MOJIBAKE, keys, detail={"mendable": mendable})
    repair = checkup.repair(Finding.MOJIBAKE)
    for case in found if repair != Repair.KEEP else ():
        if repair == Repair.FIX:
            case.texts = tuple(mend_mojibake(text) for text in case.texts)
        else:
            _drop(case, is_bad, Reason.MOJIBAKE)


def form_texts(checkup: Checkup) -> None:
    """Give texts their planned form, rare words last: they depend on all texts."""
    plan = checkup.plan.texts
    for case in checkup.left():
        case.texts = apply_all(plan, case.texts)
    rare = rare_words((t for case in checkup.left() for t in case.texts), plan.min_count)
    if rare:
        _change(checkup, lambda text: without_rare(text, rare))


def check_long_texts(checkup: Checkup) -> None:
    """Find texts of more than twice the length that covers 95 % of all, and a few words more."""
    sizes = {t: len(split_words(t)) for case in checkup.left() for t in set(case.texts)}
    lengths = Counter(sizes[text] for case in checkup.left() for text in case.texts)
    usual = covering(lengths, _USUAL_SHARE)
    most = max(_LONG_TIMES * usual, usual + _LONG_MORE)
    is_long = {text: size > most for text, size in sizes.items()}
    found = [case for case in checkup.left() if any(is_long[text] for text in case.texts)]
    detail = {"usual": usual, "most": most, "longest": max(lengths, default=0)}
    checkup.report(Finding.LONG_TEXT, [case.item.key for case in found], detail=detail)
    repair = checkup.repair(Finding.LONG_TEXT)
    for case in found if repair != Repair.KEEP else ():
        if repair == Repair.FIX:
            texts = (cut(text, usual) if is_long[text] else text for text in case.texts)
            case.texts = tuple(dict.fromkeys(texts))
        else:
            _drop(case, is_long, Reason.LONG_TEXT)


def check_repeated_texts(checkup: Checkup) -> None:
    """Find texts on very many images where most texts are their own; class names are not found.

    Left out, such a text stays on its first image alone.
    """
    cases = checkup.left_with_image()
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
    checkup.report(Finding.REPEATED_TEXT, [case.item.key for case, _ in found], detail=detail)
    if checkup.repair(Finding.REPEATED_TEXT) == Repair.SKIP:
        for case, again in found:
            _drop(case, again, Reason.REPEATED_TEXT)


def _change(checkup: Checkup, change: Callable[[str], str]) -> None:
    for case in checkup.left():
        changed = (change(text) for text in case.texts)
        case.texts = tuple(dict.fromkeys(text for text in changed if text))


def _drop(case: Case, is_bad: Mapping[str, bool], reason: Reason) -> None:
    """Take bad texts out of an item; an item that had no others is left out."""
    texts = tuple(text for text in case.texts if not is_bad[text])
    if texts:
        case.texts = texts
    else:
        case.skip(reason)
