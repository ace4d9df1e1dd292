"""From samples to items that the doctor can look at; what cannot be used is accounted for."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.control import RunControl
from engine.events import ImportStage
from engine.importing.decode import Decoded, Decoder, ImageFacts, decode_all
from engine.importing.formats.format import RawSample
from engine.importing.ledger import FileLedger, Reason
from engine.importing.scan import Tell
from engine.importing.staging import StagedItem, Staging


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """A sample whose image, if it has one, can be used."""

    sample: RawSample
    facts: ImageFacts | None
    row: int = -1
    """Of its pixels in the staging; -1 where there are none."""


def decode_items(
    decoder: Decoder,
    samples: Sequence[RawSample],
    ledger: FileLedger,
    control: RunControl,
    tell: Tell,
    staging: Staging | None = None,
) -> list[Item]:
    """Decode all samples, or those that are not staged yet.

    Args:
        decoder: of the source.
        samples: in the source's order.
        ledger: takes what cannot be used.
        control: asked ten times a second.
        tell: told of every item.
        staging: takes pixels and facts; without it pixels are forgotten.

    Raises:
        StoppedError: the control asked for it.
        SourceUnreadableError: the source is gone.
        DiskFullError, FolderNotWritableError: the staging cannot be written.
    """
    items: list[Item] = []

    def take(sample: RawSample, staged: StagedItem | Decoded, row: int) -> None:
        if staged.reason is None:
            items.append(Item(sample=sample, facts=staged.facts, row=row))
        else:
            _refuse(ledger, sample, staged.reason, staged.detail)

    done = _take_up(staging, samples)
    for sample, staged in zip(samples, done, strict=False):
        take(sample, staged, staged.row)
    tell(ImportStage.DECODING, len(done), len(samples))
    rest = samples[len(done) :]
    for number, decoded in enumerate(decode_all(decoder, rest, control), len(done) + 1):
        row = -1 if staging is None else staging.append(decoded).row
        take(decoded.sample, decoded, row)
        tell(ImportStage.DECODING, number, len(samples))
    return items


def _take_up(staging: Staging | None, samples: Sequence[RawSample]) -> list[StagedItem]:
    """Give what is staged already, if it is of these samples."""
    if staging is None:
        return []
    keys = [item.key for item in staging.items]
    if keys != [sample.key for sample in samples[: len(keys)]]:
        staging.start_over()
    return list(staging.items)


def _refuse(ledger: FileLedger, sample: RawSample, reason: Reason, detail: str) -> None:
    ledger.mark_item_skipped(sample.key, reason, detail)
    # A table of many images is still used when one of them is damaged.
    if sample.image is not None and sample.image.part < 0:
        ledger.mark_rejected(sample.image.path, reason, detail)
