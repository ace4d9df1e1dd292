"""Which repairs a finding offers, and which one is made unless the user says otherwise."""

from collections.abc import Mapping

from engine.errors import ConfigError, Problem
from engine.importing.plan import Finding, ImportPlan, Repair

KEEP, SKIP, FIX, MERGE = Repair.KEEP, Repair.SKIP, Repair.FIX, Repair.MERGE

DEFAULTS: Mapping[Finding, Repair] = {
    Finding.UNREADABLE: SKIP,
    Finding.HIDDEN: SKIP,
    Finding.NO_TEXT: SKIP,
    Finding.NO_IMAGE: SKIP,
    Finding.SAME_IMAGE: MERGE,
    Finding.SIMILAR_IMAGE: KEEP,
    Finding.TINY_IMAGE: KEEP,
    Finding.EXTREME_RATIO: KEEP,
    Finding.REPEATED_TEXT: KEEP,
    Finding.MOJIBAKE: FIX,
    Finding.LONG_TEXT: KEEP,
    Finding.IMBALANCE: KEEP,
    Finding.LEAK: FIX,
}
"""Conservative: nothing that can be used is thrown away unless asked for.

- Unreadable and hidden files give nothing, so there is nothing to keep.
- No text, no image: ``keep_image_only`` and ``keep_text_only`` of the plan stand above this table.
- The same image twice is merged. Kept, it would count double, and could be trained on and held out
  at once; skipped, its other captions would be lost. Merged, no pixel and no caption is.
- Similar images may well be meant: frames, variants, digits. The same goes for tiny and long images
  and for repeated texts, such as class names.
- Mojibake is mended where that is beyond doubt; nobody wants ``cafÃ©`` learned.
- Long texts are cut by the tokenizer's length at the latest, which covers 95 % of them.
- Imbalance is evened out while training (``group_balance``), not by throwing items away.
- A leak makes every figure about held-out items too good. Moving the item to where its twin is
  loses no item.
"""

OFFERED: Mapping[Finding, tuple[Repair, ...]] = {
    Finding.UNREADABLE: (SKIP,),
    Finding.HIDDEN: (SKIP,),
    Finding.NO_TEXT: (SKIP, KEEP),
    Finding.NO_IMAGE: (SKIP, KEEP),
    Finding.SAME_IMAGE: (MERGE, SKIP, KEEP),
    Finding.SIMILAR_IMAGE: (KEEP, MERGE, SKIP),
    Finding.TINY_IMAGE: (KEEP, SKIP),
    Finding.EXTREME_RATIO: (KEEP, SKIP),
    Finding.REPEATED_TEXT: (KEEP, SKIP),
    Finding.MOJIBAKE: (FIX, KEEP, SKIP),
    Finding.LONG_TEXT: (KEEP, FIX, SKIP),
    Finding.IMBALANCE: (KEEP,),
    Finding.LEAK: (FIX, SKIP, KEEP),
}
"""The default first. A text that is skipped leaves its item if the item has others."""


def chosen_repair(plan: ImportPlan, finding: Finding) -> Repair:
    """Give the repair of a finding: the user's, else the plan's flags', else the default."""
    if finding in plan.repairs:
        return plan.repairs[finding]
    if finding == Finding.NO_TEXT and plan.keep_image_only:
        return KEEP
    if finding == Finding.NO_IMAGE and plan.keep_text_only:
        return KEEP
    return DEFAULTS[finding]


def check_repairs(plan: ImportPlan) -> None:
    """Check that every repair of a plan is offered.

    Raises:
        ConfigError: names all that are not.
    """
    problems = [
        Problem(f"repairs.{finding}", f"{repair} is not one of {', '.join(OFFERED[finding])}")
        for finding, repair in plan.repairs.items()
        if repair not in OFFERED[finding]
    ]
    if problems:
        raise ConfigError(problems)
