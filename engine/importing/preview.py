"""A few items of a source as they would be imported: the wizard's live previews."""

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass

from engine.control import RunControl
from engine.importing.accounts import Accounts, Reason
from engine.importing.candidate import Candidate, Pixels
from engine.importing.decoding import Decoder
from engine.importing.formats.format import Overview
from engine.importing.formats.table import FORMATS
from engine.importing.opening import open_tree
from engine.importing.plan import ImportPlan
from engine.importing.scan import check_plan
from engine.importing.survey import overview_of
from engine.importing.text_plan import apply_all
from engine.importing.tree import Tree

COUNT = 12
SCAN_S = 0.4
"""How long items are looked for; what a large source holds beyond that is not previewed."""


@dataclass(frozen=True, kw_only=True)
class PreviewItem:
    """One item as it would be imported."""

    key: str
    texts: tuple[str, ...]
    """After the text plan; rare words are not taken out, for that takes all texts."""
    image: Pixels | None
    """[S, S, C]."""
    problem: Reason | None
    """Why it would be skipped."""
    detail: str = ""


def preview(
    plan: ImportPlan,
    count: int = COUNT,
    control: RunControl | None = None,
    surveyed: tuple[Tree, Overview] | None = None,
) -> tuple[PreviewItem, ...]:
    """Show a few items, spread over the source.

    Args:
        plan: of the import.
        count: how many.
        control: asked between items.
        surveyed: the source, open, and its overview, where the caller has them; saves a second
            listing.

    Raises:
        StoppedError: the control asked for it.
        ConfigError: the plan is wrong, or names what is not there.
        SourceUnreadableError: the source cannot be read.
    """
    check_plan(plan)
    control = control or RunControl()
    if surveyed is not None:
        return _preview(plan, count, control, *surveyed)
    with open_tree(plan.source) as tree:
        return _preview(plan, count, control, tree, overview_of(tree, Accounts(), control))


def _preview(
    plan: ImportPlan, count: int, control: RunControl, tree: Tree, overview: Overview
) -> tuple[PreviewItem, ...]:
    form = FORMATS[plan.reading.format]
    found: list[Candidate] = []
    ends_s = time.monotonic() + SCAN_S
    for candidate in form.scan(tree, overview, plan.reading, Accounts()):
        control.stop_if_asked()
        found.append(candidate)
        if len(found) >= count and time.monotonic() > ends_s:
            break
    decoder = Decoder(tree=tree, form=form, pictures=plan.pictures)
    items: list[PreviewItem] = []
    for candidate in _spread(found, count):
        control.stop_if_asked()
        items.append(_item(plan, decoder, candidate))
    return tuple(items)


def _spread(found: Sequence[Candidate], count: int) -> list[Candidate]:
    """Choose some, from the first to the last, in order; whole pairs where there are enough."""
    whole = [one for one in found if one.image is not None and one.texts]
    chosen = whole if len(whole) >= count else found
    if len(chosen) <= count:
        return list(chosen)
    step = (len(chosen) - 1) / max(1, count - 1)
    return [chosen[round(number * step)] for number in range(count)]


def _item(plan: ImportPlan, decoder: Decoder, candidate: Candidate) -> PreviewItem:
    (decoded,) = decoder.decode([candidate])
    texts = apply_all(plan.texts, candidate.texts)
    problems = itertools.chain(
        [decoded.reason],
        [Reason.EXCLUDED] if candidate.key in plan.excluded else [],
        [Reason.NO_TEXT] if not texts and not plan.keep_image_only else [],
        [Reason.NO_IMAGE] if candidate.image is None and not plan.keep_text_only else [],
    )
    return PreviewItem(
        key=candidate.key,
        texts=texts,
        image=decoded.pixels,
        problem=next((problem for problem in problems if problem is not None), None),
        detail=decoded.detail,
    )
