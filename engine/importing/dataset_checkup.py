"""The doctor on a dataset that is built already: the same checks of its stored images and texts."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.control import RunControl
from engine.data.manifest import HELD_OUT
from engine.data.store import Record, StoredDataset, open_dataset
from engine.importing.accounts import Accounts
from engine.importing.decoding import ImageFacts, image_facts
from engine.importing.diagnosis import Diagnosis, ExaminedItem
from engine.importing.doctor import examine_items
from engine.importing.formats.format import Reading
from engine.importing.plan import Finding, ImportPlan, Repair
from engine.importing.survey import stop_if_asked

PIECE = 256


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
    dataset = open_dataset(folder)
    plan = ImportPlan(
        source=folder,
        dataset=folder,
        reading=Reading(format=""),
        # Halves of pairs are there because somebody wanted them.
        keep_image_only=True,
        keep_text_only=True,
        repairs=repairs or {},
    )
    return examine_items(list(examined_items(dataset, control)), Accounts(), plan)


def examined_items(dataset: StoredDataset, control: RunControl) -> Iterator[ExaminedItem]:
    """Give a dataset's items as the doctor sees them, in order.

    Raises:
        StoppedError: the control asked for it.
    """
    facts = _facts(dataset, control)
    for number, (record, row) in enumerate(
        zip(dataset.records, dataset.image_rows.tolist(), strict=True)
    ):
        yield _item(record, key_of(record, number), None if row < 0 else next(facts))


def key_of(record: Record, number: int) -> str:
    """Name an item: by its key, or its number where it was not imported from files."""
    return str(record.get("key", f"#{number}"))


def texts_of(record: Record) -> tuple[str, ...]:
    """Give all captions of an item."""
    texts: Sequence[str] = record.get("texts") or ()
    return tuple(texts) or ((record["text"],) if record["text"] else ())


def _facts(dataset: StoredDataset, control: RunControl) -> Iterator[ImageFacts]:
    for start in range(0, len(dataset.images), PIECE):
        stop_if_asked(control)
        images = np.ascontiguousarray(dataset.images[start : start + PIECE])
        # How large the originals were is not known any more.
        yield from image_facts(images, [(0, 0)] * len(images))


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
        texts=texts_of(record),
        has_image=facts is not None,
        split="test" if record["split"] == HELD_OUT else "train",
        group=str(record.get("group") or record.get("label") or ""),
        **known,
    )
