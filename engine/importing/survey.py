"""Looks a source over: which files there are, and which formats offer to read them."""

from collections import Counter
from collections.abc import Callable
from pathlib import PurePosixPath

from engine.control import RunControl
from engine.errors import EngineError
from engine.importing.accounts import Accounts
from engine.importing.formats.format import Format, Overview, Proposal
from engine.importing.formats.table import FORMATS
from engine.importing.tree import Entry, Tree

ASK_EVERY = 64
"""Entries between two looks at the control: a few milliseconds even on a slow disk."""


def overview_of(
    tree: Tree,
    accounts: Accounts,
    control: RunControl,
    tell: Callable[[int], None] = lambda _count: None,
) -> Overview:
    """List a source; no file is opened.

    Args:
        tree: the source.
        accounts: counts the files, and takes what is refused.
        control: asked every few files.
        tell: receives the number of files listed so far, every few files.

    Raises:
        StoppedError: the control asked for it.
        SourceUnreadableError: the source cannot be read, or has too many files.
    """
    entries: list[Entry] = []
    suffixes: Counter[str] = Counter()
    for entry in tree.entries(accounts):
        if len(entries) % ASK_EVERY == 0:
            control.stop_if_asked()
            tell(len(entries))
        entries.append(entry)
        suffixes[PurePosixPath(entry.path).suffix.lower()] += 1
    control.stop_if_asked()
    return Overview(entries=tuple(entries), suffixes=dict(suffixes))


def proposals(tree: Tree, overview: Overview) -> tuple[Proposal, ...]:
    """Ask every format whether it knows the source; the most confident comes first."""
    offers = [_offer(form, tree, overview) for form in FORMATS.values()]
    # Sorting is stable: between equals the order of the table decides, the same every time.
    return tuple(
        sorted((o for o in offers if o is not None), key=lambda o: o.confidence, reverse=True)
    )


def _offer(form: Format, tree: Tree, overview: Overview) -> Proposal | None:
    try:
        return form.propose(tree, overview)
    except EngineError:
        # A file that cannot be read is no habit to recognise; the scan will name it.
        return None
