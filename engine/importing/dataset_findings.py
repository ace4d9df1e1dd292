"""The doctor on a dataset that is being edited: the same checks, of the items as they are now."""

from collections.abc import Iterator
from dataclasses import replace

from engine.control import RunControl
from engine.data.editing import Edits
from engine.data.store import HELD_OUT, StoredDataset
from engine.importing.accounts import Accounts
from engine.importing.dataset_checkup import Report, dataset_plan, examined_items
from engine.importing.diagnosis import ExaminedItem, FindingReport
from engine.importing.doctor import examine_items
from engine.importing.item_finding import ItemFinding
from engine.importing.mojibake import mend_mojibake
from engine.importing.plan import Finding, Repair
from engine.importing.repairs import OFFERED


def find_in_dataset(
    dataset: StoredDataset,
    edits: Edits,
    *,
    report: Report = lambda _done, _total: None,
    control: RunControl | None = None,
) -> tuple[ItemFinding, ...]:
    """Examine a dataset with its edits, each finding for itself; nothing is changed.

    Args:
        dataset: to examine.
        edits: of this dataset; excluded items are left out.
        report: told how many images have been looked at.
        control: may ask for a stop.

    Returns:
        What was found, in the order of ``Finding``.

    Raises:
        StoppedError: the control asked for it.
    """
    control = control or RunControl()
    items = list(_edited_items(dataset, edits, control, report))
    # Repaired, a finding would hide those after it: of equal images, which of them leak.
    repairs = {f: Repair.KEEP for f, offered in OFFERED.items() if Repair.KEEP in offered}
    excluded = {str(item) for item in edits.changed if edits.state(item).is_excluded}
    plan = dataset_plan(dataset.folder, repairs, frozenset(excluded))
    diagnosis = examine_items(items, Accounts(), plan, control)
    return tuple(_by_number(report, edits) for report in diagnosis.reports if report.count)


def _edited_items(
    dataset: StoredDataset, edits: Edits, control: RunControl, report: Report
) -> Iterator[ExaminedItem]:
    for number, item in enumerate(examined_items(dataset, control, report)):
        state = edits.state(number)
        split = "test" if state.split == HELD_OUT else "train"
        yield replace(item, key=str(number), texts=state.captions, split=split)


def _by_number(report: FindingReport, edits: Edits) -> ItemFinding:
    found = tuple(map(int, report.keys))
    captions: set[str] = set()
    if report.finding == Finding.MOJIBAKE:
        captions.update(caption for item in found for caption in edits.state(item).captions)
    mended = {caption: mend_mojibake(caption) for caption in captions}
    return ItemFinding(
        finding=report.finding,
        found=found,
        groups=tuple(tuple(map(int, group)) for group in report.groups),
        mended={caption: meant for caption, meant in mended.items() if meant != caption},
    )
