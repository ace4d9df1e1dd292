"""Opens a source as a plan says and lists its items: the first half of every pass."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from engine.config.setting import problems_in
from engine.control import RunControl
from engine.errors import ConfigError, Problem
from engine.importing.accounts import Accounts
from engine.importing.candidate import Candidate
from engine.importing.formats.format import Format, Overview
from engine.importing.formats.table import FORMATS
from engine.importing.plan import ImportPlan
from engine.importing.repairs import check_repairs
from engine.importing.survey import overview_of
from engine.importing.tree import Tree
from engine.job_events import ImportStage

COLOUR = re.compile(r"#[0-9a-fA-F]{6}")

Tell = Callable[[ImportStage, int, int], None]
"""Receives a stage, how much of it is done, and of how much; 0 while that is not known."""


@dataclass(frozen=True, kw_only=True)
class Scan:
    """The items of a source, before any image is opened."""

    form: Format
    overview: Overview
    accounts: Accounts
    candidates: tuple[Candidate, ...]
    """With keys that are all different."""
    items_found: int
    """Candidates, and rows that make none."""


def check_plan(plan: ImportPlan) -> None:
    """Hold a plan against the ranges of its settings.

    Raises:
        ConfigError: names everything that is wrong.
    """
    problems = problems_in(plan)
    if not COLOUR.fullmatch(plan.pictures.background):
        message = f"must be # and six hex digits, not {plan.pictures.background}"
        problems.append(Problem("pictures.background", message))
    if plan.reading.format not in FORMATS:
        message = f"must be one of {', '.join(FORMATS)}, not {plan.reading.format}"
        problems.append(Problem("reading.format", message))
    if problems:
        raise ConfigError(problems)
    check_repairs(plan)


def scan_source(plan: ImportPlan, tree: Tree, control: RunControl, tell: Tell) -> Scan:
    """List a source's files and bring its images and texts together.

    Raises:
        StoppedError: the control asked for it.
        ConfigError: the reading names what is not there.
        SourceUnreadableError: the source, or its table, cannot be read.
    """
    accounts, form = Accounts(), FORMATS[plan.reading.format]
    overview = overview_of(tree, accounts, control, lambda done: tell(ImportStage.LISTING, done, 0))
    candidates: list[Candidate] = []
    for candidate in form.scan(tree, overview, plan.reading, accounts):
        control.stop_if_asked()
        tell(ImportStage.SCANNING, len(candidates), 0)
        candidates.append(candidate)
    control.stop_if_asked()
    refused = {skipped.path for skipped in accounts.skipped_items()}
    return Scan(
        form=form,
        overview=overview,
        accounts=accounts,
        candidates=tuple(_with_own_keys(candidates, refused)),
        items_found=len(candidates) + len(refused),
    )


def _with_own_keys(candidates: list[Candidate], refused: set[str]) -> Iterator[Candidate]:
    """Tell apart the items that share a key, such as a picture that is named in two places."""
    seen = set(refused)
    counts: Counter[str] = Counter()
    for candidate in candidates:
        key = candidate.key
        while key in seen:
            counts[candidate.key] += 1
            key = f"{candidate.key} ({counts[candidate.key] + 1})"
        seen.add(key)
        yield candidate if key == candidate.key else replace(candidate, key=key)
