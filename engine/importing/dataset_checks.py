"""The doctor on a dataset that is built already: the same checks of its stored images and texts."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.control import RunControl
from engine.data.editing import Edits
from engine.data.manifest import HELD_OUT, Record, captions_of, key_of
from engine.data.store import StoredDataset, open_dataset
from engine.importing.check_context import CheckReport, ExaminedItem, IssueReport
from engine.importing.checks import check_samples
from engine.importing.decode import ImageFacts, image_facts
from engine.importing.encoding import mend_mojibake
from engine.importing.formats.format import ImportSpec
from engine.importing.item_issue import ItemIssue
from engine.importing.ledger import FileLedger
from engine.importing.plan import OFFERED, Fix, ImportPlan, Issue

PIECE = 256
Report = Callable[[int, int], None]
"""Told how many images are done and how many there are."""


def check_dataset(
    folder: Path, control: RunControl, repairs: Mapping[Issue, Fix] | None = None
) -> CheckReport:
    """Examine a dataset; nothing is changed.

    Args:
        folder: of the dataset.
        control: asked between pieces.
        repairs: what would be done about the findings.

    Raises:
        StoppedError: the control asked for it.
        DatasetMissingError, DatasetCorruptError: there is no dataset to read.
        ConfigError: a repair is not offered.
    """
    plan = dataset_plan(folder, repairs or {})
    return check_samples(
        list(examined_items(open_dataset(folder), control)), FileLedger(), plan, control
    )


def dataset_plan(
    folder: Path, repairs: Mapping[Issue, Fix], excluded: frozenset[str] = frozenset()
) -> ImportPlan:
    """Say how a dataset that is built already is examined: what was formed once stays so."""
    return ImportPlan(
        source=folder,
        dataset=folder,
        reading=ImportSpec(format=""),
        # Halves of pairs are there because somebody wanted them.
        keep_image_only=True,
        keep_text_only=True,
        repairs=repairs,
        excluded=excluded,
    )


def examined_items(
    dataset: StoredDataset, control: RunControl, report: Report = lambda _done, _total: None
) -> Iterator[ExaminedItem]:
    """Give a dataset's items as the doctor sees them, in order.

    Raises:
        StoppedError: the control asked for it.
    """
    facts = _facts(dataset, control, report)
    for number, (record, row) in enumerate(
        zip(dataset.records, dataset.image_rows.tolist(), strict=True)
    ):
        yield _item(record, key_of(record, number), None if row < 0 else next(facts))


def _facts(dataset: StoredDataset, control: RunControl, report: Report) -> Iterator[ImageFacts]:
    for start in range(0, len(dataset.images), PIECE):
        control.stop_if_asked()
        images = np.ascontiguousarray(dataset.images[start : start + PIECE])
        # How large the originals were is not known any more.
        found = image_facts(images, [(0, 0)] * len(images))
        report(start + len(images), len(dataset.images))
        yield from found


def _item(record: Record, key: str, facts: ImageFacts | None) -> ExaminedItem:
    known: dict[str, Any] = {}
    if facts is not None:
        known = {
            "phash": facts.phash,
            "colours": facts.colours,
            "pixel_digest": facts.pixel_digest,
        }
    return ExaminedItem(
        key=key,
        texts=captions_of(record),
        has_image=facts is not None,
        split="test" if record["split"] == HELD_OUT else "train",
        group=str(record.get("group") or record.get("label") or ""),
        **known,
    )


# --------------------------------------------------------------------------
# The doctor on a dataset that is being edited: the same checks, of the items as they are now.


def find_in_dataset(
    dataset: StoredDataset,
    edits: Edits,
    *,
    report: Report = lambda _done, _total: None,
    control: RunControl | None = None,
) -> tuple[ItemIssue, ...]:
    """Examine a dataset with its edits, each finding for itself; nothing is changed.

    Args:
        dataset: to examine.
        edits: of this dataset; excluded items are left out.
        report: told how many images have been looked at.
        control: may ask for a stop.

    Returns:
        What was found, in the order of ``Issue``.

    Raises:
        StoppedError: the control asked for it.
    """
    control = control or RunControl()
    items = list(_edited_items(dataset, edits, control, report))
    # Repaired, a finding would hide those after it: of equal images, which of them leak.
    repairs = {f: Fix.KEEP for f, offered in OFFERED.items() if Fix.KEEP in offered}
    excluded = {str(item) for item in edits.changed if edits.state(item).is_excluded}
    plan = dataset_plan(dataset.folder, repairs, frozenset(excluded))
    check_report = check_samples(items, FileLedger(), plan, control)
    return tuple(_by_number(report, edits) for report in check_report.reports if report.count)


def _edited_items(
    dataset: StoredDataset, edits: Edits, control: RunControl, report: Report
) -> Iterator[ExaminedItem]:
    for number, item in enumerate(examined_items(dataset, control, report)):
        state = edits.state(number)
        split = "test" if state.split == HELD_OUT else "train"
        yield replace(item, key=str(number), texts=state.captions, split=split)


def _by_number(report: IssueReport, edits: Edits) -> ItemIssue:
    found = tuple(map(int, report.keys))
    captions: set[str] = set()
    if report.issue == Issue.MOJIBAKE:
        captions.update(caption for item in found for caption in edits.state(item).captions)
    mended = {caption: mend_mojibake(caption) for caption in captions}
    return ItemIssue(
        issue=report.issue,
        found=found,
        groups=tuple(tuple(map(int, group)) for group in report.groups),
        mended={caption: meant for caption, meant in mended.items() if meant != caption},
    )
