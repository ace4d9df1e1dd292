"""Accounts for the files that a format has no use for, so that none goes missing."""

from collections.abc import Collection, Iterator

from engine.importing.accounts import Accounts, Reason
from engine.importing.candidate import Candidate, ImageRef
from engine.importing.formats.format import Overview
from engine.importing.formats.image_names import is_image, split_extras


def offer_rest(
    overview: Overview, accounts: Accounts, done: Collection[str]
) -> Iterator[Candidate]:
    """Give out the images that are left as items without text; skip all other files.

    Args:
        overview: of the source.
        accounts: of the source.
        done: files that are accounted for.
    """
    for entry in overview.entries:
        if entry.path in done:
            continue
        if is_image(entry.path):
            yield lone_image(entry.path, accounts)
        else:
            accounts.skip_file(entry.path, Reason.NOT_USED)


def skip_rest(overview: Overview, accounts: Accounts, done: Collection[str]) -> None:
    """Skip what is left, images too: of a source that keeps its images inside other files."""
    for entry in overview.entries:
        if entry.path not in done:
            accounts.skip_file(entry.path, Reason.NOT_USED)


def lone_image(path: str, accounts: Accounts) -> Candidate:
    """Make an item of an image without text."""
    accounts.use(path)
    return Candidate(key=path, image=ImageRef(path=path), texts=(), extras=split_extras(path))
