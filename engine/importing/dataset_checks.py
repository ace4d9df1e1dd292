"""The data checks of a stored dataset: as it was written, or with edits that are not saved yet."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

from engine.control import RunControl
from engine.data.column_info import AUDIO, TABLE
from engine.data.columns import ArrayColumn
from engine.data.editing import Edits
from engine.data.image_decode import Original
from engine.data.manifest import VALIDATION, captions_of, key_of
from engine.data.store import StoredDataset, open_dataset
from engine.data.waveform import is_clipped
from engine.importing.check_context import CheckReport
from engine.importing.checks import check_samples
from engine.importing.decode_audio import audio_facts
from engine.importing.encoding import repair_mojibake
from engine.importing.formats.format import ImportSpec, RawSample
from engine.importing.item_issue import ItemIssue
from engine.importing.ledger import FileLedger
from engine.importing.plan import FIELD_ISSUES, OFFERED, Fix, ImportPlan, Issue
from engine.importing.samples import AudioFacts, DecodedSample, ImageFacts, image_facts

PIECE = 256
Report = Callable[[int, int], None]
"""Receives the number of images done, and of all."""


def check_dataset(
    folder: Path, control: RunControl, fixes: Mapping[Issue, Fix] | None = None
) -> CheckReport:
    """Check a dataset without changing it.

    Args:
        folder: of the dataset.
        control: asked between pieces.
        fixes: chosen for issues.

    Raises:
        StoppedError: the control asked for it.
        DatasetMissingError, DatasetCorruptError: there is no dataset to read.
        ConfigError: a fix is not offered.
    """
    dataset = open_dataset(folder)
    samples = _samples(dataset, None, control, lambda _done, _total: None)
    shape, plan = dataset.manifest.image_shape, _plan(folder, fixes or {})
    return check_samples(samples, FileLedger(), plan, shape, control)


def find_in_dataset(
    dataset: StoredDataset,
    edits: Edits,
    *,
    report: Report = lambda _done, _total: None,
    control: RunControl | None = None,
) -> tuple[ItemIssue, ...]:
    """Check a dataset with its edits, each issue independently of fixes for the others.

    Args:
        dataset: to check; not changed.
        edits: of this dataset; excluded items are left out.
        report: called after each piece of images.
        control: may ask for a stop.

    Returns:
        The issues of items that were found, in the order of ``Issue``.

    Raises:
        StoppedError: the control asked for it.
    """
    control = control or RunControl()
    samples = _samples(dataset, edits, control, report)
    # A fix would hide later issues: which of several equal images leak, for instance.
    fixes = {issue: Fix.KEEP for issue, offered in OFFERED.items() if Fix.KEEP in offered}
    excluded = frozenset(str(item) for item in edits.changed if edits.state(item).is_excluded)
    plan = _plan(dataset.folder, fixes, excluded)
    issues: list[ItemIssue] = []
    shape = dataset.manifest.image_shape
    for found in check_samples(samples, FileLedger(), plan, shape, control).reports:
        if found.issue in FIELD_ISSUES:
            continue
        items = tuple(map(int, found.keys))
        repaired: dict[str, str] = {}
        if found.issue == Issue.MOJIBAKE:
            captions = {caption for item in items for caption in edits.state(item).captions}
            repaired = {one: new for one in captions if (new := repair_mojibake(one)) != one}
        if found.count:
            groups = tuple(tuple(map(int, group)) for group in found.groups)
            issues.append(
                ItemIssue(issue=found.issue, found=items, groups=groups, repaired_texts=repaired)
            )
    return tuple(issues)


def _plan(
    folder: Path, fixes: Mapping[Issue, Fix], excluded: frozenset[str] = frozenset()
) -> ImportPlan:
    """Make the plan of the checks: texts stay as they are, unpaired images and texts are kept."""
    return ImportPlan(
        source=folder,
        dataset=folder,
        reading=ImportSpec(format=""),
        keep_image_only=True,
        keep_text_only=True,
        repairs=fixes,
        excluded=excluded,
    )


def _samples(
    dataset: StoredDataset, edits: Edits | None, control: RunControl, report: Report
) -> Iterator[DecodedSample]:
    """Yield the items of a dataset as samples, in order; with edits, their keys are numbers."""
    facts = list(_facts(dataset, control, report))
    sounds = {
        column.name: (column, list(_audio_facts(column, control)))
        for column in dataset.columns.values()
        if isinstance(column, ArrayColumn) and column.kind == AUDIO
    }
    tables = [info.name for info in dataset.manifest.columns if info.kind == TABLE]
    for number, (record, row) in enumerate(
        zip(dataset.records, dataset.image_rows.tolist(), strict=True)
    ):
        key, texts, split = key_of(record, number), captions_of(record), str(record["split"])
        if edits is not None:
            state = edits.state(number)
            key, texts, split = str(number), state.captions, state.split
        extras = {
            "split": "test" if split == VALIDATION else "train",
            "group": str(record.get("group") or record.get("label") or ""),
        }
        cells = {name: cell for table in tables for name, cell in record.get(table, {}).items()}
        rows = {
            name: int(column.rows[number])
            for name, (column, _facts) in sounds.items()
            if column.present[number]
        }
        yield DecodedSample(
            raw=RawSample(key=key, image=None, texts=texts, extras=extras, cells=cells),
            facts=None if row < 0 else facts[row],
            sounds={name: sounds[name][1][row] for name, row in rows.items()},
            member_rows=rows,
        )


def _audio_facts(column: ArrayColumn, control: RunControl) -> Iterator[AudioFacts]:
    """Yield the facts of stored waves; what the originals were like is not known."""
    rate = column.info.rate
    for row, wave in enumerate(column.values):
        if row % PIECE == 0:
            control.stop_if_asked()
        seconds = len(wave) / rate
        yield audio_facts(wave, rate, seconds=seconds, is_clipped=is_clipped(wave), is_cut=False)


_UNKNOWN = Original(size=(0, 0), bands=3)
"""What a dataset does not store."""


def _facts(dataset: StoredDataset, control: RunControl, report: Report) -> Iterator[ImageFacts]:
    for start in range(0, len(dataset.images), PIECE):
        control.stop_if_asked()
        images = np.ascontiguousarray(dataset.images[start : start + PIECE])
        found = image_facts(images, [_UNKNOWN] * len(images))
        report(start + len(images), len(dataset.images))
        yield from found
