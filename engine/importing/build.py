"""The import: from a plan to a dataset folder, which appears complete or not at all.

Work is staged beside the dataset's folder. If an import ends early (a stop, a crash, a full disk, a
drive that was unplugged) the staging stays, and the same plan resumes from it and gives the same
dataset. A plan that decodes differently, or a source that has changed, starts over.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.control import RunControl
from engine.data.column_info import image_column, text_column
from engine.data.image_shape import ImageShape
from engine.data.manifest import TRAIN, Manifest
from engine.data.pixel_values import ValueRange
from engine.data.writer import DatasetWriter, ensure_unused
from engine.errors import (
    EngineError,
    FilesSkippedError,
    FolderInUseError,
    NothingToImportError,
    StoppedError,
)
from engine.events import ImportEmit, ImportEnded, ImportStage, Outcome
from engine.fs.atomic import check_free_space, ensure_writable, wrap_os_error
from engine.importing.check_context import CheckReport, SampleOutcome
from engine.importing.checks import check_samples
from engine.importing.decode import Decoder, decide_shape, decode_samples
from engine.importing.empty_import import diagnose_empty_import
from engine.importing.ledger import FileLedger, Reason
from engine.importing.plan import ImportPlan
from engine.importing.report import PAGE_NAME, ImportReport, counts_of, write_report
from engine.importing.samples import DecodedSample
from engine.importing.scan import ProgressReporter, Scan, check_plan, fingerprint, scan_source
from engine.importing.sources.archive import Archive
from engine.importing.sources.opening import open_archive
from engine.importing.staging import Staging, discard_staging, staging_folder
from engine.importing.value_range import SourceValues, range_of

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ImportResult:
    """The samples to write, after the checks."""

    kept: tuple[SampleOutcome, ...]
    check_report: CheckReport
    channels: int
    """1 if grey is planned or all images are grey, else 3."""

    @property
    def counts(self) -> Mapping[str, int]:
        """Numbers of samples, by the names of ``ImportCounts``."""
        image_only = sum(not outcome.texts for outcome in self.kept)
        text_only = sum(outcome.image is None for outcome in self.kept)
        train = sum(outcome.split == TRAIN for outcome in self.kept)
        return {
            "imported": len(self.kept),
            "pairs": len(self.kept) - image_only - text_only,
            "image_only": image_only,
            "text_only": text_only,
            "train_items": train,
            "validation_items": len(self.kept) - train,
        }

    @property
    def is_trainable(self) -> bool:
        """Whether there is an image, and a sample to train on."""
        return any(outcome.split == TRAIN for outcome in self.kept) and any(
            outcome.image is not None for outcome in self.kept
        )


def apply_decisions(
    plan: ImportPlan, samples: Sequence[DecodedSample], ledger: FileLedger, shape: ImageShape
) -> ImportResult:
    """Check samples; record those that are left out, and files that no other sample needs.

    Args:
        plan: of the import.
        samples: decoded, in order.
        ledger: records what is left out.
        shape: of the stored images.

    Raises:
        ConfigError: the plan chooses a fix that is not offered.
    """
    check_report = check_samples(samples, ledger, plan, shape)
    kept = tuple(check_report.kept())
    needed = {_file_of(outcome) for outcome in kept}
    for outcome in check_report.outcomes:
        if outcome.skipped is None:
            continue
        ledger.mark_item_skipped(outcome.key, outcome.skipped, outcome.detail)
        path = _file_of(outcome)
        if path not in needed and not outcome.merged_into:
            ledger.mark_rejected(path, outcome.skipped, outcome.detail)
    channels = 1 if plan.images.channels == "grey" else 3
    if plan.images.channels == "auto":
        channels = 1 if all(one.image.is_grey for one in kept if one.image is not None) else 3
    return ImportResult(kept=kept, check_report=check_report, channels=channels)


def _file_of(outcome: SampleOutcome) -> str:
    """Return the file that holds this sample only; empty if it shares one with others."""
    image = outcome.sample.raw.image
    if image is None:
        return outcome.key
    return image.path if image.part < 0 else ""


def record_of(outcome: SampleOutcome) -> dict[str, Any]:
    """Make the record of a sample in the dataset."""
    record: dict[str, Any] = {"text": outcome.texts[0] if outcome.texts else None}
    if outcome.image is None:
        record["image"] = False
    record["split"] = outcome.split
    if len(outcome.texts) > 1:
        record["texts"] = list(outcome.texts)
    extras = outcome.sample.raw.extras
    record |= {name: extras[name] for name in ("label", "group") if extras.get(name)}
    return _encodable(record | {"key": outcome.key})


def _encodable(value: Any) -> Any:
    """Escape characters that UTF-8 cannot encode: bytes that could not be decoded."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {name: _encodable(inner) for name, inner in value.items()}
    return [_encodable(inner) for inner in value] if isinstance(value, list) else value


def import_dataset(
    plan: ImportPlan, emit: ImportEmit, control: RunControl, *, is_strict: bool = False
) -> None:
    """Import a source as planned.

    Never raises: one ``ImportEnded`` at the end reports any error.

    Args:
        plan: of the import; its dataset's folder must be new or empty.
        emit: receives every event, on this thread.
        control: asked ten times a second.
        is_strict: make no dataset if any file except hidden ones is skipped.
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
        shape = decide_shape(plan.images, archive, scan.form, scan.samples, self._control)
        values = SourceValues(archive, scan.form, scan.samples, plan.images, self._control)
        decoder = Decoder(
            archive=archive, form=scan.form, settings=plan.images, shape=shape, values=values
        )
        folder = staging_folder(plan.dataset)
        current = fingerprint(plan, archive, scan.listing)
        row_shape = (shape.height, shape.width, decoder.channels)
        with Staging(folder, current, row_shape, scan.samples) as staging:
            # Rows that are not staged yet, and all rows in the dataset.
            images = sum(sample.image is not None for sample in scan.samples)
            check_free_space(staging.folder, (2 * images - staging.rows) * staging.row_bytes)
            samples = decode_samples(
                decoder, scan.samples, scan.ledger, self._control, self._tell, staging
            )
            staging.sync()
            self._tell(ImportStage.EXAMINING, 0, len(samples))
            result = apply_decisions(plan, samples, scan.ledger, shape)
            self._control.stop_if_asked()
            try:
                self._check(scan, result)
            except EngineError:
                # Resuming would end here again.
                staging.remove()
                raise
            value_range = range_of(samples, values)
            ended = self._publish(staging, scan, result, shape, value_range)
            staging.remove()
        return ended

    def _check(self, scan: Scan, result: ImportResult) -> None:
        source = self._plan.source
        if not result.is_trainable:
            reasons = diagnose_empty_import(
                scan.listing, scan.ledger, scan.samples, len(result.kept)
            )
            raise NothingToImportError(source, [reason.sentence for reason in reasons])
        skipped = [s for s in scan.ledger.skipped_files() if s.reason is not Reason.HIDDEN]
        if self._is_strict and skipped:
            raise FilesSkippedError(source, len(skipped), skipped[0].path, skipped[0].reason)

    def _publish(
        self,
        staging: Staging,
        scan: Scan,
        result: ImportResult,
        shape: ImageShape,
        value_range: ValueRange | None,
    ) -> ImportEnded:
        plan, folder = self._plan, self._plan.dataset
        rows = [outcome.sample.row for outcome in result.kept if outcome.sample.row >= 0]
        array_shape = (len(rows), shape.height, shape.width, result.channels)
        image = image_column(array_shape, value_range=value_range, band=plan.images.band)
        columns = (image, text_column())
        with DatasetWriter(folder, columns, staged=staging.folder / "dataset") as writer:
            done = 0
            for images in staging.pieces(rows):
                self._control.stop_if_asked()
                # If all images are grey, the three channels are equal.
                writer.add_values(image.name, images[..., : result.channels])
                done += len(images)
                self._tell(ImportStage.WRITING, done, len(rows))
            for outcome in result.kept:
                writer.add_record(record_of(outcome))
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
            skipped=sum(report.skip_counts.values()),
            report=folder / PAGE_NAME,
        )


def _report(plan: ImportPlan, scan: Scan, result: ImportResult, manifest: Manifest) -> ImportReport:
    counts = counts_of(scan.ledger, found=scan.items_found, **result.counts)
    if not counts.adds_up:
        # A bug, but no reason to lose the dataset; the report shows it too.
        log.error("Not all of %s is accounted for: %s", plan.source, counts)
    return ImportReport(
        plan=plan,
        version=manifest.version,
        encodings=dict(scan.ledger.encodings),
        counts=counts,
        image_shape=manifest.image_shape,
        channels=manifest.channels,
        value_range=manifest.value_range,
        issues=result.check_report.reports,
        skip_counts=scan.ledger.skip_counts(),
        skipped_files=tuple(scan.ledger.skipped_files()),
        skipped_items=tuple(scan.ledger.skipped_items()),
    )


def _ensure_place(folder: Path) -> None:
    try:
        ensure_unused(folder)
    except FolderInUseError:
        # An import that was killed after its last step has left its staging behind.
        discard_staging(folder)
        raise
    except OSError as error:
        raise wrap_os_error(error, folder) from error
    ensure_writable(folder.absolute().parent)
