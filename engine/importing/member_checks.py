"""The data checks of sounds, and of the columns of cells that become fields."""

from collections.abc import Callable, Mapping

from engine.data.table_fields import Reason as LeftOut
from engine.data.table_fields import find_giveaways
from engine.importing.check_context import CheckContext
from engine.importing.ledger import Reason
from engine.importing.near_duplicates import near_duplicate_groups
from engine.importing.plan import Fix, Issue
from engine.importing.samples import AudioFacts
from engine.importing.table import build_table

SAME_BITS = 2
"""Bits of 64 in which the fingerprints of equal sounds may differ."""
MAX_ROWS = 20_000
"""Rows in which columns that give another one away are looked for, from the first."""


def check_sounds(context: CheckContext) -> None:
    """Find sounds that are silent, overdriven or longer than what is stored."""
    outcomes = context.outcomes
    silent = [outcomes.key(n) for n in _left_with(context, lambda s: s.is_silent)]
    context.report(Issue.SILENT_SOUND, [*context.silent_files, *silent])
    for issue, reason, has_issue in (
        (Issue.CLIPPED_SOUND, Reason.CLIPPED_SOUND, lambda s: s.is_clipped),
        (Issue.LONG_SOUND, Reason.LONG_SOUND, lambda s: s.is_cut),
    ):
        context.report_and_skip(issue, _left_with(context, has_issue), reason)


def _left_with(context: CheckContext, test: Callable[[AudioFacts], bool]) -> list[int]:
    """Return the samples with a sound of which something is true."""
    return [
        number
        for number in context.outcomes.left_with_members.tolist()
        if any(map(test, context.items.more(number)["sounds"].values()))
    ]


def check_same_sounds(context: CheckContext) -> None:
    """Find files that hold the sound of another file, perhaps louder or converted.

    Items that share one file are meant to.
    """
    columns: dict[str, dict[object, tuple[int, AudioFacts]]] = {}
    for number in context.outcomes.left_with_members.tolist():
        raw, more = context.items.raw[number], context.items.more(number)
        for name, sound in more["sounds"].items():
            ref = raw.sounds.get(name)
            source = (ref.path, ref.part) if ref else more["member_rows"].get(name)
            if sound.fingerprint:
                columns.setdefault(name, {}).setdefault(source, (number, sound))
    groups: list[list[int]] = []
    for by_source in columns.values():
        found = list(by_source.values())
        prints = [sound.fingerprint for _number, sound in found]
        bands = [sound.bands for _number, sound in found]
        groups += [
            [found[place][0] for place in group]
            for group in near_duplicate_groups(prints, SAME_BITS, bands)
        ]
    outcomes = context.outcomes
    keys = [[outcomes.key(number) for number in group] for group in groups]
    context.report(Issue.SAME_SOUND, [key for group in keys for key in group[1:]], keys)
    if context.fix(Issue.SAME_SOUND) == Fix.SKIP:
        for first, *others in groups:
            for number in others:
                outcomes.skip(number, Reason.SAME_SOUND, f"sounds like {outcomes.key(first)}")


def check_fields(context: CheckContext) -> None:
    """Infer the fields of the samples that are left; find constants, and what gives away another.

    Runs last: what a column holds depends on the samples that are kept.
    """
    # Without any, none has to be looked at.
    has_any = len(context.outcomes.left_with_raw_members.tolist()) > 0
    cells = [context.items.raw[number].cells for number in context.left()] if has_any else []
    plan = context.plan
    table = context.table = build_table(cells, dict(plan.field_kinds), dict(plan.reading.fields))
    reports = table.reports if table else ()
    constants = [report.name for report in reports if report.reason is LeftOut.CONSTANT]
    context.report(Issue.CONSTANT_FIELD, constants)
    pairs: list[tuple[str, str]] = []
    detail: Mapping[str, float] = {}
    if table is not None:
        first = {name: column[:MAX_ROWS] for name, column in table.columns.items()}
        found = find_giveaways(first, table.fields)
        pairs = [(one.target, one.name) for one in found]
        detail = {"avoided": max((one.avoided for one in found), default=0.0)}
    names = list(dict.fromkeys(name for _target, name in pairs))
    context.report(Issue.GIVEAWAY_FIELD, names, pairs, detail)
