"""The doctor on a dataset that is built already: the same checks of its stored images and texts."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from engine.control import RunControl
from engine.data.manifest import HELD_OUT
from engine.data.record import Record, captions_of, key_of
from engine.data.store import StoredDataset, open_dataset
from engine.importing.accounts import Accounts
from engine.importing.decoding import ImageFacts, image_facts
from engine.importing.diagnosis import Diagnosis, ExaminedItem
from engine.importing.doctor import examine_items
from engine.importing.formats.format import Reading
from engine.importing.plan import Finding, ImportPlan, Repair

PIECE = 256
Report = Callable[[int, int], None]
"""Told how many images are done and how many there are."""


def examine_dataset(
    folder: Path, control: RunControl, repairs: Mapping[Finding, Repair] | None = None
) -> Diagnosis:
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
    return examine_items(
        list(examined_items(open_dataset(folder), control)), Accounts(), plan, control
    )


def dataset_plan(
    folder: Path, repairs: Mapping[Finding, Repair], excluded: frozenset[str] = frozenset()
) -> ImportPlan:
    """Say how a dataset that is built already is examined: what was formed once stays so."""
    return ImportPlan(
        source=folder,
        dataset=folder,
        reading=Reading(format=""),
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
