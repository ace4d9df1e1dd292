"""The doctor's checks of images: size, shape, and which are alike."""

from engine.importing.accounts import Reason
from engine.importing.checkup import Case, Checkup
from engine.importing.near import near_groups
from engine.importing.plan import Finding

SIMILAR_BITS = 4
"""Bits of 64 in which images that a person would call the same may differ."""
LONGEST_RATIO = 3


def check_sizes(checkup: Checkup) -> None:
    """Find images so small that pixels would be invented, and very long ones."""
    known = [case for case in checkup.left_with_image() if _short_side(case) > 0]
    # Padding keeps the longer side; cropping and stretching fill the square with the shorter one.
    side = _long_side if checkup.plan.pictures.fit == "pad" else _short_side
    tiny = [case for case in known if side(case) < checkup.plan.pictures.size]
    long = [case for case in known if _long_side(case) > LONGEST_RATIO * _short_side(case)]
    checkup.settle(Finding.TINY_IMAGE, tiny, Reason.TINY_IMAGE)
    checkup.settle(Finding.EXTREME_RATIO, long, Reason.EXTREME_RATIO)


def check_same(checkup: Checkup) -> None:
    """Find pixels that stand more than once."""
    by_digest: dict[bytes, list[Case]] = {}
    for case in checkup.left_with_image():
        if case.item.pixel_digest:
            by_digest.setdefault(case.item.pixel_digest, []).append(case)
    groups = [group for group in by_digest.values() if len(group) > 1]
    checkup.settle_groups(Finding.SAME_IMAGE, groups, Reason.SAME_IMAGE)


def check_similar(checkup: Checkup) -> None:
    """Find images that look the same; equal pixels are another finding and stand for one here."""
    first_of: dict[bytes, Case] = {}
    for case in checkup.left_with_image():
        first_of.setdefault(
            case.item.pixel_digest or case.item.key.encode(errors="surrogatepass"), case
        )
    cases = list(first_of.values())
    hashes = [case.item.phash for case in cases]
    groups = near_groups(hashes, SIMILAR_BITS, [case.item.colours for case in cases])
    chosen = [[cases[place] for place in group] for group in groups]
    checkup.settle_groups(Finding.SIMILAR_IMAGE, chosen, Reason.SIMILAR_IMAGE)


def _long_side(case: Case) -> int:
    return max(case.item.width, case.item.height)


def _short_side(case: Case) -> int:
    return min(case.item.width, case.item.height)
