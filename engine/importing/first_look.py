"""What a source holds, before anybody says how to read it."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.control import RunControl
from engine.importing.accounts import Accounts, Reason
from engine.importing.formats.format import Overview, Proposal
from engine.importing.formats.image_names import IMAGE_SUFFIXES
from engine.importing.survey import overview_of, proposals
from engine.importing.tree import Tree

TEXT_SUFFIXES = frozenset((".txt", ".caption"))


@dataclass(frozen=True, kw_only=True)
class FirstLook:
    """A source, listed, and the formats that offer to read it."""

    source: Path
    overview: Overview
    proposals: tuple[Proposal, ...]
    """Best first."""
    files: int
    """All that were found, those that are left out included."""
    left_out: Mapping[Reason, int]
    """Files that no format will see, such as hidden ones, by reason."""

    @property
    def images(self) -> int:
        """Files that are named like an image."""
        return sum(self.overview.suffixes.get(suffix, 0) for suffix in IMAGE_SUFFIXES)

    @property
    def texts(self) -> int:
        """Files that are named like a caption."""
        return sum(self.overview.suffixes.get(suffix, 0) for suffix in TEXT_SUFFIXES)


def look_at(tree: Tree, tell: Callable[[int], None], control: RunControl) -> FirstLook:
    """List a source and ask the formats; opens at most a few small files.

    Args:
        tree: the source.
        tell: receives the number of files listed so far, every few files.
        control: asked every few files.

    Raises:
        StoppedError: the control asked for it.
        SourceUnreadableError: the source cannot be read, or has too many files.
    """
    accounts = Accounts()
    overview = overview_of(tree, accounts, control, tell)
    offers = proposals(tree, overview)
    reasons = Counter(skipped.reason for skipped in accounts.skipped_files())
    return FirstLook(
        source=tree.source,
        overview=overview,
        proposals=offers,
        files=accounts.files_found,
        left_out=dict(reasons),
    )
