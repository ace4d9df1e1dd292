"""From candidates to items that the doctor can look at; what cannot be used is accounted for."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.control import RunControl
from engine.events import ImportStage
from engine.importing.decode import Decoded, Decoder, ImageFacts, decode_all
from engine.importing.formats.format import Candidate
from engine.importing.ledger import Accounts, Reason
from engine.importing.scan import Tell
from engine.importing.staging import StagedItem, Staging


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """A candidate whose image, if it has one, can be used."""

    candidate: Candidate
    facts: ImageFacts | None
    row: int = -1
    """Of its pixels in the staging; -1 where there are none."""


def decode_items(
    decoder: Decoder,
    candidates: Sequence[Candidate],
    accounts: Accounts,
    control: RunControl,
    tell: Tell,
    staging: Staging | None = None,
) -> list[Item]:
    """Decode all candidates, or those that are not staged yet.

    Args:
        decoder: of the source.
        candidates: in the source's order.
        accounts: takes what cannot be used.
        control: asked ten times a second.
        tell: told of every item.
        staging: takes pixels and facts; without it pixels are forgotten.

    Raises:
        StoppedError: the control asked for it.
        SourceUnreadableError: the source is gone.
        DiskFullError, FolderNotWritableError: the staging cannot be written.
    """
    items: list[Item] = []

    def take(candidate: Candidate, staged: StagedItem | Decoded, row: int) -> None:
        if staged.reason is None:
            items.append(Item(candidate=candidate, facts=staged.facts, row=row))
        else:
            _refuse(accounts, candidate, staged.reason, staged.detail)

    done = _take_up(staging, candidates)
    for candidate, staged in zip(candidates, done, strict=False):
        take(candidate, staged, staged.row)
    tell(ImportStage.DECODING, len(done), len(candidates))
    rest = candidates[len(done) :]
    for number, decoded in enumerate(decode_all(decoder, rest, control), len(done) + 1):
        row = -1 if staging is None else staging.append(decoded).row
        take(decoded.candidate, decoded, row)
        tell(ImportStage.DECODING, number, len(candidates))
    return items


def _take_up(staging: Staging | None, candidates: Sequence[Candidate]) -> list[StagedItem]:
    """Give what is staged already, if it is of these candidates."""
    if staging is None:
        return []
    keys = [item.key for item in staging.items]
    if keys != [candidate.key for candidate in candidates[: len(keys)]]:
        staging.start_over()
    return list(staging.items)


def _refuse(accounts: Accounts, candidate: Candidate, reason: Reason, detail: str) -> None:
    accounts.skip_item(candidate.key, reason, detail)
    # A table of many images is still used when one of them is damaged.
    if candidate.image is not None and candidate.image.part < 0:
        accounts.reject_file(candidate.image.path, reason, detail)
