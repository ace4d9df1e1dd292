"""The dataset doctor: looks at all items of an import, and decides what becomes of each.

Everything is a pure function of items, accounts and plan: nothing is changed, nothing remembered.
So undoing a repair is examining with the plan as it was without it.
"""

from collections.abc import Iterator, Sequence

from engine.control import RunControl
from engine.importing.accounts import Accounts, Reason, Skipped
from engine.importing.checkup import MOST_KEYS, Case, Checkup
from engine.importing.diagnosis import (
    Decision,
    Diagnosis,
    ExaminedItem,
    FindingReport,
)
from engine.importing.image_checks import check_same, check_similar, check_sizes
from engine.importing.plan import Finding, ImportPlan
from engine.importing.repairs import DEFAULTS, OFFERED, check_repairs, chosen_repair
from engine.importing.split_checks import check_balance, check_leaks
from engine.importing.text_checks import (
    check_long_texts,
    check_mojibake,
    check_repeated_texts,
    form_texts,
)

__all__ = [
    "DEFAULTS",
    "MOST_KEYS",
    "OFFERED",
    "Decision",
    "Diagnosis",
    "ExaminedItem",
    "FindingReport",
    "chosen_repair",
    "examine_items",
]

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


def examine_items(
    items: Sequence[ExaminedItem],
    accounts: Accounts,
    plan: ImportPlan,
    control: RunControl | None = None,
) -> Diagnosis:
    """Examine all items that could be read, and the files that could not.

    Args:
        items: in the source's order, each key once; of equal images the first stays.
        accounts: what was skipped before; only read.
        plan: what is to be done.
        control: may ask for a stop.

    Raises:
        ConfigError: the plan wants a repair that its finding does not offer.
        StoppedError: the control asked for it.
    """
    check_repairs(plan)
    checkup = Checkup(items, plan, control)
    _report_files(checkup, accounts)
    for case in checkup.cases:
        if case.item.key in plan.excluded:
            case.skip(Reason.EXCLUDED)
    check_mojibake(checkup)
    form_texts(checkup)
    _check_whole(checkup)
    for check in _CHECKS:
        check(checkup)
    return Diagnosis(
        reports=tuple(checkup.reports[finding] for finding in Finding),
        decisions=tuple(case.decision() for case in checkup.cases),
    )


def _report_files(checkup: Checkup, accounts: Accounts) -> None:
    skipped = [*accounts.skipped_files(), *accounts.skipped_items()]
    checkup.report(Finding.UNREADABLE, list(_paths(skipped, UNREADABLE)))
    checkup.report(Finding.HIDDEN, list(_paths(skipped, frozenset({Reason.HIDDEN}))))


def _paths(skipped: Sequence[Skipped], reasons: frozenset[Reason]) -> Iterator[str]:
    return iter(dict.fromkeys(one.path for one in skipped if one.reason in reasons))


def _check_whole(checkup: Checkup) -> None:
    """Find images without a text and texts without an image; what has neither is left out."""
    no_text: list[Case] = []
    no_image: list[Case] = []
    for case in checkup.left():
        if not case.item.has_image and not case.texts:
            case.skip(Reason.EMPTY, "neither image nor text")
        elif not case.texts:
            no_text.append(case)
        elif not case.item.has_image:
            no_image.append(case)
    checkup.settle(Finding.NO_TEXT, no_text, Reason.NO_TEXT)
    checkup.settle(Finding.NO_IMAGE, no_image, Reason.NO_IMAGE)
