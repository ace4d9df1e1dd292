"""The import: from a plan to a dataset's folder, which appears whole or not at all.

Work is staged beside the dataset's folder. Whatever ends an import in its middle (a stop, a crash,
a full disk, a drive that was pulled) leaves the staging, and the same plan goes on from there and
gives the same dataset. A plan that decodes otherwise, or a source that has changed, starts over.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

from engine.control import RunControl
from engine.data.dataset_writer import DatasetWriter
from engine.data.manifest import Manifest
from engine.data.publishing import ensure_unused
from engine.disk import ensure_room, ensure_writable, explain_os_error
from engine.errors import (
    EngineError,
    FilesSkippedError,
    FolderInUseError,
    NothingToImportError,
    StoppedError,
)
from engine.events import Outcome
from engine.importing.accounts import Reason
from engine.importing.candidate import Candidate
from engine.importing.decode_pass import decode_items
from engine.importing.decoding import Decoder
from engine.importing.fingerprint import fingerprint
from engine.importing.likely_reasons import likely_reasons
from engine.importing.opening import open_tree
from engine.importing.plan import ImportPlan
from engine.importing.progress import ProgressTeller
from engine.importing.report import PAGE_NAME, ImportReport, counts_of, write_report
from engine.importing.scan import Scan, check_plan, scan_source
from engine.importing.settling import Settled, settle
from engine.importing.staging import Staging, discard_staging, staging_folder
from engine.importing.tree import Tree
from engine.job_events import ImportEmit, ImportEnded, ImportStage

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
        self._tell = ProgressTeller(emit)

    def run(self) -> ImportEnded:
        check_plan(self._plan)
        _ensure_place(self._plan.dataset)
        with open_tree(self._plan.source, control=self._control) as tree:
            scan = scan_source(self._plan, tree, self._control, self._tell)
            return self._stage(tree, scan)

    def _stage(self, tree: Tree, scan: Scan) -> ImportEnded:
        plan = self._plan
        decoder = Decoder(tree=tree, form=scan.form, pictures=plan.pictures)
        shape = (plan.pictures.size, plan.pictures.size, decoder.channels)
        folder = staging_folder(plan.dataset)
        with Staging(folder, fingerprint(plan, tree, scan.overview), shape) as staging:
            _ensure_room(staging, scan.candidates)
            items = decode_items(
                decoder, scan.candidates, scan.accounts, self._control, self._tell, staging
            )
            staging.sync()
            self._tell(ImportStage.EXAMINING, 0, len(items))
            settled = settle(plan, items, scan.accounts)
            self._control.stop_if_asked()
            try:
                self._check(scan, settled)
            except EngineError:
                # Going on from here would end here again.
                staging.remove()
                raise
            ended = self._publish(staging, scan, settled)
            staging.remove()
        return ended

    def _check(self, scan: Scan, settled: Settled) -> None:
        source = self._plan.source
        if not settled.is_trainable:
            reasons = likely_reasons(
                scan.overview, scan.accounts, scan.candidates, len(settled.entries)
            )
            raise NothingToImportError(source, [reason.sentence for reason in reasons])
        skipped = [s for s in scan.accounts.skipped_files() if s.reason is not Reason.HIDDEN]
        if self._is_strict and skipped:
            raise FilesSkippedError(source, len(skipped), skipped[0].path, skipped[0].reason)

    def _publish(self, staging: Staging, scan: Scan, settled: Settled) -> ImportEnded:
        plan, folder = self._plan, self._plan.dataset
        rows = [entry.row for entry in settled.entries if entry.row >= 0]
        size, channels = plan.pictures.size, settled.channels
        shape = (len(rows), size, size, channels)
        with DatasetWriter(folder, shape, staged=staging.folder / "dataset") as writer:
            done = 0
            for images in staging.pieces(rows):
                self._control.stop_if_asked()
                # Where all is grey, the three channels are equal.
                writer.add_images(images[..., :channels])
                done += len(images)
                self._tell(ImportStage.WRITING, done, len(rows))
            for entry in settled.entries:
                writer.add_record(entry.record)
            manifest = writer.manifest(
                name=folder.name,
                title=plan.title or folder.name,
                licence="",
                source=f"imported from {plan.source.name} as {plan.reading.format}",
            )
            report = _report(plan, scan, settled, manifest)
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


def _report(plan: ImportPlan, scan: Scan, settled: Settled, manifest: Manifest) -> ImportReport:
    counts = counts_of(scan.accounts, found=scan.items_found, **settled.counts)
    if not counts.adds_up:
        # The report says so too. It is a bug of ours, but no reason to lose the dataset.
        log.error("Not all of %s is accounted for: %s", plan.source, counts)
    return ImportReport(
        plan=plan,
        version=manifest.version,
        encodings=dict(scan.accounts.encodings),
        counts=counts,
        image_size=manifest.image_height,
        channels=manifest.channels,
        findings=settled.diagnosis.reports,
        skipped_files=tuple(scan.accounts.skipped_files()),
        skipped_items=tuple(scan.accounts.skipped_items()),
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


def _ensure_room(staging: Staging, candidates: Sequence[Candidate]) -> None:
    """Rows that are missing in the staging, and then all of them once more in the dataset."""
    images = sum(candidate.image is not None for candidate in candidates)
    ensure_room(staging.folder, (2 * images - staging.rows) * staging.row_bytes)
