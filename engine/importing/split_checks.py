"""The doctor's checks across items: held-out twins of what is trained on, uneven groups."""

from collections import Counter
from collections.abc import Sequence

from engine.data.store import HELD_OUT, TRAIN
from engine.importing.accounts import Reason
from engine.importing.checkup import Case, Checkup
from engine.importing.near import NearIndex
from engine.importing.plan import Finding, Repair

LEAK_BITS, LEAK_TOLERANCE = 2, 8
"""A leak is judged more strictly than a likeness, since it is mended unasked."""
_ALIKE_SHARE, _ALIKE_LEAST = 0.2, 50
_MOST_TIMES = 10

_Leak = tuple[Case, Case]


def check_leaks(checkup: Checkup) -> None:
    """Find held-out images that are all but the same as one to train on.

    Where a fifth of what is held out has such a twin, images are alike by nature (drawn shapes, for
    instance), and only equal pixels count: otherwise next to nothing would be left held out.
    """
    cases = checkup.left_with_image()
    held = [case for case in cases if case.split == HELD_OUT]
    train = [case for case in cases if case.split == TRAIN]
    leaks = _find_leaks(held, train, exact=False)
    if len(leaks) > max(_ALIKE_LEAST, _ALIKE_SHARE * len(held)):
        leaks = _find_leaks(held, train, exact=True)
    keys = [(twin.item.key, case.item.key) for case, twin in leaks]
    checkup.report(Finding.LEAK, [key for _twin, key in keys], keys, {"held_out": len(held)})
    _mend_leaks(checkup.repair(Finding.LEAK), leaks)


def _mend_leaks(repair: Repair, leaks: Sequence[_Leak]) -> None:
    for case, twin in leaks:
        if repair == Repair.SKIP:
            case.skip(Reason.LEAK, f"like {twin.item.key}, which is trained on")
        elif repair == Repair.FIX:
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
        self._index = NearIndex(LEAK_BITS, LEAK_TOLERANCE)
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


def check_balance(checkup: Checkup) -> None:
    """Find items of groups that have less than a tenth of the largest group's items."""
    counts = Counter(case.item.group for case in checkup.left() if case.item.group)
    largest = max(counts.values(), default=0)
    small = {group for group, count in counts.items() if count * _MOST_TIMES < largest}
    keys = [case.item.key for case in checkup.left() if case.item.group in small]
    detail = {
        "groups": len(counts),
        "small_groups": len(small),
        "largest": largest,
        "smallest": min(counts.values(), default=0),
    }
    checkup.report(Finding.IMBALANCE, keys, detail=detail)
