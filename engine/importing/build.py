"""The import: from a plan to a dataset's folder, which appears whole or not at all.

Work is staged beside the dataset's folder. Whatever ends an import in its middle (a stop, a crash,
a full disk, a drive that was pulled) leaves the staging, and the same plan goes on from there and
gives the same dataset. A plan that decodes otherwise, or a source that has changed, starts over.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.control import RunControl
from engine.data.manifest import TRAIN, Manifest
from engine.data.writer import DatasetWriter, ensure_unused
from engine.errors import (
    EngineError,
    FilesSkippedError,
    FolderInUseError,
    NothingToImportError,
    StoppedError,
)
from engine.events import ImportEmit, ImportEnded, ImportStage, Outcome
from engine.fs.atomic import ensure_room, ensure_writable, explain_os_error
from engine.importing.check_context import CheckReport, Decision, ExaminedItem
from engine.importing.checks import check_samples
from engine.importing.decode import Decoder
from engine.importing.decode_pass import Item, decode_items
from engine.importing.empty_import import diagnose_empty_import
from engine.importing.formats.format import RawSample
from engine.importing.ledger import FileLedger, Reason
from engine.importing.plan import ImportPlan
from engine.importing.report import PAGE_NAME, ImportReport, counts_of, write_report
from engine.importing.scan import ProgressReporter, Scan, check_plan, fingerprint, scan_source
from engine.importing.sources.archive import Archive
from engine.importing.sources.opening import open_archive
from engine.importing.staging import Staging, discard_staging, staging_folder

# --------------------------------------------------------------------------
# Carries out what the doctor decided: the items of the dataset, and ledger of all the others.


_FACTS = ("width", "height", "phash", "colours", "pixel_digest")


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One item of the dataset."""

    item: Item
    texts: tuple[str, ...]
    split: str

    @property
    def row(self) -> int:
        """Of its pixels in the staging; -1 where it has no image."""
        return self.item.row

    @property
    def record(self) -> dict[str, Any]:
        """Its line in the dataset."""
        record: dict[str, Any] = {"text": self.texts[0] if self.texts else None}
        if self.item.facts is None:
            record["image"] = False
        record["split"] = self.split
        if len(self.texts) > 1:
            record["texts"] = list(self.texts)
        extras = self.item.sample.extras
        record |= {name: extras[name] for name in ("label", "group") if extras.get(name)}
        return _plain(record | {"key": self.item.sample.key})


@dataclass(frozen=True, kw_only=True)
class ImportResult:
    """What is to be written."""

    entries: tuple[Entry, ...]
    check_report: CheckReport
    channels: int
    """1 where grey is planned, or all images are grey; else 3."""

    @property
    def counts(self) -> Mapping[str, int]:
        """How many items there are, by the names of a report."""
        image_only = sum(not entry.texts for entry in self.entries)
        text_only = sum(entry.item.facts is None for entry in self.entries)
        train = sum(entry.split == TRAIN for entry in self.entries)
        return {
            "imported": len(self.entries),
            "pairs": len(self.entries) - image_only - text_only,
            "image_only": image_only,
            "text_only": text_only,
            "train_items": train,
            "held_out_items": len(self.entries) - train,
        }

    @property
    def is_trainable(self) -> bool:
        """Whether there is an item to train on, and an image at all."""
        return any(entry.split == TRAIN for entry in self.entries) and any(
            entry.item.facts is not None for entry in self.entries
        )


def apply_decisions(plan: ImportPlan, items: Sequence[Item], ledger: FileLedger) -> ImportResult:
    """Let the doctor decide about items; those that are left out go into the ledger.

    Raises:
        ConfigError: the plan wants a repair that is not offered.
    """
    check_report = check_samples([_examined(item) for item in items], ledger, plan)
    entries: list[Entry] = []
    left_out: list[tuple[Item, Decision, Reason]] = []
    for item, outcome in zip(items, check_report.outcomes, strict=True):
        if outcome.skipped is None:
            entries.append(Entry(item=item, texts=outcome.texts, split=outcome.split))
        else:
            left_out.append((item, outcome, outcome.skipped))
    _account_for(left_out, entries, ledger)
    return ImportResult(
        entries=tuple(entries), check_report=check_report, channels=_channels(plan, entries)
    )


def _examined(item: Item) -> ExaminedItem:
    sample, facts = item.sample, item.facts
    known: dict[str, Any] = {}
    if facts is not None:
        known = {name: getattr(facts, name) for name in _FACTS}
    return ExaminedItem(
        key=sample.key,
        texts=sample.texts,
        has_image=facts is not None,
        split=sample.extras.get("split", ""),
        group=sample.extras.get("group") or sample.extras.get("label", ""),
        **known,
    )


def _account_for(
    left_out: Sequence[tuple[Item, Decision, Reason]], entries: Sequence[Entry], ledger: FileLedger
) -> None:
    """Skip items, and their files unless another item needs them."""
    needed = {_file_of(entry.item) for entry in entries}
    for item, outcome, reason in left_out:
        ledger.mark_item_skipped(item.sample.key, reason, outcome.detail)
        path = _file_of(item)
        if path not in needed and not outcome.merged_into:
            ledger.mark_rejected(path, reason, outcome.detail)


def _file_of(item: Item) -> str:
    """Name the file that is this item alone; empty where it shares one with others."""
    image = item.sample.image
    if image is None:
        return item.sample.key
    return image.path if image.part < 0 else ""


def _channels(plan: ImportPlan, entries: Sequence[Entry]) -> int:
    if plan.pictures.channels != "auto":
        return 1 if plan.pictures.channels == "grey" else 3
    facts = [entry.item.facts for entry in entries if entry.item.facts is not None]
    return 1 if all(fact.is_grey for fact in facts) else 3


def _plain(value: Any) -> Any:
    """Write texts with bytes that are no text in a way that UTF-8 can hold."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


log = logging.getLogger(__name__)


def import_dataset(
    plan: ImportPlan, emit: ImportEmit, control: RunControl, *, is_strict: bool = False
) -> None:
    """Import a source as planned.

    It never raises: whatever happens is told by the one ``ImportEnded`` at the end.

    Args:
        plan: decides everything; its dataset's folder must be new or empty.
        emit: receives every event, on this thread.
        control: asked ten times a second.
        is_strict: make no dataset if any file but the system's own is skipped.
    """
    importing = _Import(plan, emit, control, is_strict=is_strict)
    try:
        ended = importing.run()
    except StoppedError:
        ended = ImportEnded(outcome=Outcome.STOPPED, folder=plan.dataset)
    except Exception as caught:
        ended = ImportEnded(outcome=Outcome.FAILED, folder=plan.dataset, error=caught)
        level = logging.INFO if isinstance(caught, EngineError) else logging.ERROR
        log.log(level, "The import into %s failed.", plan.dataset, exc_info=caught)
    emit(ended)


class _Import:
    def __init__(
        self, plan: ImportPlan, emit: ImportEmit, control: RunControl, *, is_strict: bool
    ) -> None:
        self._plan, self._control, self._is_strict = plan, control, is_strict
        self._tell = ProgressReporter(emit)

    def run(self) -> ImportEnded:
        check_plan(self._plan)
        _ensure_place(self._plan.dataset)
        with open_archive(self._plan.source, control=self._control) as archive:
            scan = scan_source(self._plan, archive, self._control, self._tell)
            return self._stage(archive, scan)

    def _stage(self, archive: Archive, scan: Scan) -> ImportEnded:
        plan = self._plan
        decoder = Decoder(archive=archive, form=scan.form, pictures=plan.pictures)
        shape = (plan.pictures.size, plan.pictures.size, decoder.channels)
        folder = staging_folder(plan.dataset)
        with Staging(folder, fingerprint(plan, archive, scan.listing), shape) as staging:
            _ensure_room(staging, scan.samples)
            items = decode_items(
                decoder, scan.samples, scan.ledger, self._control, self._tell, staging
            )
            staging.sync()
            self._tell(ImportStage.EXAMINING, 0, len(items))
            result = apply_decisions(plan, items, scan.ledger)
            self._control.stop_if_asked()
            try:
                self._check(scan, result)
            except EngineError:
                # Going on from here would end here again.
                staging.remove()
                raise
            ended = self._publish(staging, scan, result)
            staging.remove()
        return ended

    def _check(self, scan: Scan, result: ImportResult) -> None:
        source = self._plan.source
        if not result.is_trainable:
            reasons = diagnose_empty_import(
                scan.listing, scan.ledger, scan.samples, len(result.entries)
            )
            raise NothingToImportError(source, [reason.sentence for reason in reasons])
        skipped = [s for s in scan.ledger.skipped_files() if s.reason is not Reason.HIDDEN]
        if self._is_strict and skipped:
            raise FilesSkippedError(source, len(skipped), skipped[0].path, skipped[0].reason)

    def _publish(self, staging: Staging, scan: Scan, result: ImportResult) -> ImportEnded:
        plan, folder = self._plan, self._plan.dataset
        rows = [entry.row for entry in result.entries if entry.row >= 0]
        size, channels = plan.pictures.size, result.channels
        shape = (len(rows), size, size, channels)
        with DatasetWriter(folder, shape, staged=staging.folder / "dataset") as writer:
            done = 0
            for images in staging.pieces(rows):
                self._control.stop_if_asked()
                # Where all is grey, the three channels are equal.
                writer.add_images(images[..., :channels])
                done += len(images)
                self._tell(ImportStage.WRITING, done, len(rows))
            for entry in result.entries:
                writer.add_record(entry.record)
            manifest = writer.manifest(
                name=folder.name,
                title=plan.title or folder.name,
                licence="",
                source=f"imported from {plan.source.name} as {plan.reading.format}",
            )
            report = _report(plan, scan, result, manifest)
            write_report(report, writer.staged)
            self._control.stop_if_asked()
            writer.publish(manifest)
        return ImportEnded(
            outcome=Outcome.FINISHED,
            folder=folder,
            version=manifest.version,
            imported=report.counts.items_imported,
            skipped=report.counts.files_skipped + report.counts.items_skipped,
            report=folder / PAGE_NAME,
        )


def _report(plan: ImportPlan, scan: Scan, result: ImportResult, manifest: Manifest) -> ImportReport:
    counts = counts_of(scan.ledger, found=scan.items_found, **result.counts)
    if not counts.adds_up:
        # The report says so too. It is a bug of ours, but no reason to lose the dataset.
        log.error("Not all of %s is accounted for: %s", plan.source, counts)
    return ImportReport(
        plan=plan,
        version=manifest.version,
        encodings=dict(scan.ledger.encodings),
        counts=counts,
        image_size=manifest.image_height,
        channels=manifest.channels,
        findings=result.check_report.reports,
        skipped_files=tuple(scan.ledger.skipped_files()),
        skipped_items=tuple(scan.ledger.skipped_items()),
    )


def _ensure_place(folder: Path) -> None:
    try:
        ensure_unused(folder)
    except FolderInUseError:
        # An import that was cut off after its very last step has left its staging behind.
        discard_staging(folder)
        raise
    except OSError as error:
        raise explain_os_error(error, folder) from error
    ensure_writable(folder.absolute().parent)


def _ensure_room(staging: Staging, samples: Sequence[RawSample]) -> None:
    """Rows that are missing in the staging, and then all of them once more in the dataset."""
    images = sum(sample.image is not None for sample in samples)
    ensure_room(staging.folder, (2 * images - staging.rows) * staging.row_bytes)
