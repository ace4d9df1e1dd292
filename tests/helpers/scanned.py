"""Scans a source in memory with a format, and holds its accounts against what was found."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from hypothesis import HealthCheck, settings

from engine.errors import ConfigError, EntryError, SourceUnreadableError
from engine.importing.accounts import Accounts, Reason
from engine.importing.candidate import Candidate
from engine.importing.formats.format import Proposal, Reading
from engine.importing.formats.table import FORMATS
from tests.helpers.memory_tree import MemoryTree, overview_of

fuzzed = settings(
    max_examples=int(os.environ.get("DIPTYCH_FUZZ_EXAMPLES", "25")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
"""For tests that damage sources: few cases each time, and as many as one likes in a longer run."""


@dataclass(frozen=True)
class Scanned:
    tree: MemoryTree
    accounts: Accounts
    items: list[Candidate]
    format: str

    @property
    def texts(self) -> dict[str, tuple[str, ...]]:
        return {item.key: item.texts for item in self.items}

    @property
    def skipped_files(self) -> dict[str, Reason]:
        return {skipped.path: skipped.reason for skipped in self.accounts.skipped_files()}

    @property
    def skipped_items(self) -> dict[str, Reason]:
        return {skipped.path: skipped.reason for skipped in self.accounts.skipped_items()}

    def item(self, key: str) -> Candidate:
        return next(item for item in self.items if item.key == key)

    def load(self, key: str):
        image = self.item(key).image
        assert image is not None
        return FORMATS[self.format].load(self.tree, image)


def proposed(files: Mapping[str, bytes], name: str, focus: str = "") -> Proposal | None:
    tree = MemoryTree(files, focus)
    return FORMATS[name].propose(tree, overview_of(tree, Accounts()))


def best(files: Mapping[str, bytes], focus: str = "") -> str:
    """Name the format whose offer is the most confident."""
    offers = [offer for name in FORMATS if (offer := proposed(files, name, focus))]
    return max(offers, key=lambda offer: offer.confidence).reading.format if offers else ""


def scanned(
    files: Mapping[str, bytes], name: str, reading: Reading | None = None, focus: str = ""
) -> Scanned:
    """Scan with a reading, by default the one that is offered; every file must be accounted for."""
    tree, accounts = MemoryTree(files, focus), Accounts()
    overview = overview_of(tree, accounts)
    if reading is None:
        offer = FORMATS[name].propose(tree, overview)
        assert offer is not None, f"{name} offers nothing"
        reading = offer.reading
    items = list(FORMATS[name].scan(tree, overview, reading, accounts))
    found = Scanned(tree, accounts, items, name)
    assert accounts.files_used + len(found.skipped_files) == accounts.files_found == len(files)
    assert len({item.key for item in items}) == len(items)
    return found


def survives(files: Mapping[str, bytes], name: str, reading: Reading) -> None:
    """Propose, scan and load whatever a source has become; only documented errors may come."""
    proposed(files, name)
    try:
        found = scanned(files, name, reading)
    except (ConfigError, SourceUnreadableError):
        return
    assert [item.key for item in scanned(files, name, reading).items] == list(found.texts)
    for item in found.items[:20]:
        try:
            if item.image is not None:
                FORMATS[name].load(found.tree, item.image)
        except EntryError as error:
            assert_reason(error)


def assert_reason(error: EntryError) -> None:
    """Hold an error's reason against those that the accounts know."""
    assert error.reason in set(Reason)
