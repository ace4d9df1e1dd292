"""Everything of an import but the writing: what the wizard shows before it begins."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.control import RunControl
from engine.errors import EntryError
from engine.importing.accounts import Accounts
from engine.importing.candidate import ImageRef, Pixels
from engine.importing.decode_pass import Item, decode_items
from engine.importing.decoding import Decoder
from engine.importing.fingerprint import DECODING
from engine.importing.formats.table import FORMATS
from engine.importing.likely_reasons import LikelyReason, likely_reasons
from engine.importing.limits import LIMITS
from engine.importing.opening import open_tree
from engine.importing.picture import read_picture
from engine.importing.picture_fit import fit
from engine.importing.plan import ImportPlan, PicturePlan
from engine.importing.progress import ProgressTeller
from engine.importing.report import ImportCounts, counts_of
from engine.importing.scan import Scan, check_plan, scan_source
from engine.importing.settling import Settled, settle
from engine.importing.text_facts import TextFacts, describe_texts
from engine.job_events import ImportEmit, ImportStage

MOST_THUMBNAILS = 60
THUMBNAIL_SIZE = 64


@dataclass(frozen=True, kw_only=True)
class Examination:
    """What an import would give."""

    plan: ImportPlan
    settled: Settled
    """The items of the dataset to be, and what the doctor found."""
    accounts: Accounts
    """What would not be in it, and why."""
    counts: ImportCounts
    text_facts: TextFacts
    sizes: tuple[tuple[tuple[int, int], int], ...]
    """((width, height), images of it), before they are fitted; most frequent first."""
    likely_reasons: tuple[LikelyReason, ...]
    """Why there is nothing to train on; empty where there is."""
    scan: Scan
    """With accounts as they were before the doctor."""
    items: tuple[Item, ...]

    @property
    def channels(self) -> int:
        """Of the stored images: 1 or 3."""
        return self.settled.channels

    def reconsidered(self, plan: ImportPlan) -> "Examination":
        """Say what another plan would give that reads and decodes the same; quick.

        Raises:
            ValueError: the plan reads or decodes otherwise: that takes an examination of its own.
        """
        if _decoding_part(plan) != _decoding_part(self.plan):
            raise ValueError("the plans read or decode differently")
        return _examination(plan, self.scan, self.items)

    def thumbnails(
        self, keys: Iterable[str], size: int = THUMBNAIL_SIZE, control: RunControl | None = None
    ) -> Mapping[str, Pixels]:
        """Decode small images for items, such as those of a finding.

        Args:
            keys: of the items; those after the first ``MOST_THUMBNAILS`` are passed over.
            size: side in pixels.
            control: asked between images.

        Returns:
            [size, size, 3] by key; items whose image cannot be decoded are absent.

        Raises:
            StoppedError: the control asked for it.
            SourceUnreadableError: the source is gone.
        """
        asked = list(dict.fromkeys(keys))[:MOST_THUMBNAILS]
        return thumbnails(self.plan, self._images(asked), size, control or RunControl())

    def _images(self, keys: Sequence[str]) -> dict[str, ImageRef]:
        chosen = set(keys)
        found = {
            candidate.key: candidate.image
            for candidate in self.scan.candidates
            if candidate.key in chosen and candidate.image is not None
        }
        return {key: found[key] for key in keys if key in found}


def examine_source(plan: ImportPlan, emit: ImportEmit, control: RunControl) -> Examination:
    """Do everything of an import but the writing.

    Args:
        plan: of the import; its dataset's folder is not looked at.
        emit: receives progress, on this thread.
        control: asked ten times a second.

    Raises:
        StoppedError: the control asked for it.
        ConfigError: the plan is wrong, or names what is not there.
        SourceUnreadableError: the source cannot be read.
    """
    check_plan(plan)
    tell = ProgressTeller(emit)
    with open_tree(plan.source, control=control) as tree:
        scan = scan_source(plan, tree, control, tell)
        decoder = Decoder(tree=tree, form=scan.form, pictures=plan.pictures)
        items = decode_items(decoder, scan.candidates, scan.accounts, control, tell)
    tell(ImportStage.EXAMINING, 0, len(items))
    control.stop_if_asked()
    return _examination(plan, scan, tuple(items))


def _examination(plan: ImportPlan, scan: Scan, items: tuple[Item, ...]) -> Examination:
    accounts = scan.accounts.copy()
    settled = settle(plan, items, accounts)
    sizes = Counter((i.facts.width, i.facts.height) for i in items if i.facts is not None)
    reasons: tuple[LikelyReason, ...] = ()
    if not settled.is_trainable:
        reasons = likely_reasons(scan.overview, accounts, scan.candidates, len(settled.entries))
    return Examination(
        plan=plan,
        settled=settled,
        accounts=accounts,
        counts=counts_of(accounts, found=scan.items_found, **settled.counts),
        text_facts=describe_texts(text for entry in settled.entries for text in entry.texts),
        sizes=tuple(sizes.most_common()),
        likely_reasons=reasons,
        scan=scan,
        items=items,
    )


def _decoding_part(plan: ImportPlan) -> list[object]:
    return [getattr(plan, name) for name in DECODING]


def thumbnails(
    plan: ImportPlan, images: Mapping[str, ImageRef], size: int, control: RunControl
) -> dict[str, Pixels]:
    """Decode small images [size, size, 3] of a plan's source; what cannot be decoded is absent."""
    form, small = FORMATS[plan.reading.format], PicturePlan(size=size)
    found: dict[str, Pixels] = {}
    with open_tree(plan.source, control=control) as tree:
        for key, image in images.items():
            control.stop_if_asked()
            try:
                picture = read_picture(form.load(tree, image), LIMITS, at_least=size)
            except EntryError:
                continue
            found[key] = fit(picture, small, 3)
    return found
