"""An issue among the items of a dataset that is being edited, and the edits that fix it.

Items are identified by number, as in the editor that shows them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from engine.data.editing import Edits, ItemState, normalise_texts
from engine.data.store import TRAIN
from engine.importing.plan import OFFERED, Fix, Issue

ALIKE = frozenset({Issue.SAME_IMAGE, Issue.SIMILAR_IMAGE, Issue.SAME_SOUND})


@dataclass(frozen=True, kw_only=True)
class ItemIssue:
    """One issue, by the numbers of items."""

    issue: Issue
    found: tuple[int, ...]
    """The items; of images that are alike, all but the first."""
    groups: tuple[tuple[int, ...], ...] = ()
    """For images that are alike and for leaks: the first, then those like it."""
    repaired_texts: Mapping[str, str] = field(default_factory=dict)
    """For mojibake: repaired captions by the captions as they are."""

    @property
    def shown(self) -> npt.NDArray[np.int64]:
        """The items to show, ascending: those with the issue, and those that they are like."""
        alike = (item for group in self.groups for item in group)
        return np.array(sorted({*self.found, *alike}), dtype=np.int64)

    @property
    def repairs(self) -> tuple[Fix, ...]:
        """The fixes that are possible, the best first."""
        possible = {Fix.SKIP}
        if self.issue in ALIKE:
            possible.add(Fix.MERGE)
        if self.issue == Issue.LEAK or self.repaired_texts:
            possible.add(Fix.FIX)
        # If an issue may well be intended, its first fix is to keep the items.
        return tuple(fix for fix in OFFERED[self.issue] if fix in possible)


def repaired(found: ItemIssue, fix: Fix, edits: Edits) -> dict[int, ItemState]:
    """Return the states that a fix gives to items; unchanged ones may be among them.

    Items that have been excluded since the check are left as they are.
    """
    if fix == Fix.MERGE:
        return dict(_merged(found.groups, edits))
    if fix == Fix.FIX:
        kept = _kept(found.found, edits)
        if found.issue == Issue.LEAK:
            return {item: state._replace(split=TRAIN) for item, state in kept}
        texts = found.repaired_texts
        return {
            item: one._replace(captions=normalise_texts(texts.get(t, t) for t in one.captions))
            for item, one in kept
        }
    excluded = _kept(found.found, edits)
    if found.issue in ALIKE:
        excluded = (pair for group in found.groups for pair in list(_kept(group, edits))[1:])
    return {item: state._replace(is_excluded=True) for item, state in excluded}


def _kept(items: Sequence[int], edits: Edits) -> Iterator[tuple[int, ItemState]]:
    states = ((item, edits.state(item)) for item in items)
    return ((item, state) for item, state in states if not state.is_excluded)


def _merged(groups: Sequence[Sequence[int]], edits: Edits) -> Iterator[tuple[int, ItemState]]:
    for group in groups:
        kept = list(_kept(group, edits))
        if len(kept) > 1:
            first, state = kept[0]
            captions = normalise_texts(caption for _item, one in kept for caption in one.captions)
            yield first, state._replace(captions=captions)
            yield from ((item, one._replace(is_excluded=True)) for item, one in kept[1:])
