"""The import: from a plan to a dataset folder, which appears complete or not at all.

Work is staged beside the dataset's folder. If an import ends early (a stop, a crash, a full disk, a
drive that was unplugged) the staging stays, and the same plan resumes from it and gives the same
dataset. A plan that decodes differently, or a source that has changed, starts over.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.control import RunControl
from engine.data.column_info import (
    AUDIO,
    IMAGE,
    TABLE,
    TEXT,
    ColumnInfo,
    audio_column,
    first_of_kind,
    image_column,
    table_column,
    text_column,
)
from engine.data.image_shape import ImageShape
from engine.data.manifest import Manifest
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
from engine.importing.check_context import CheckReport, Outcomes, SampleOutcome
from engine.importing.checks import check_samples
from engine.importing.decode import Decoder, decide_shape, decode_samples, further_shapes
from engine.importing.decode_audio import audio_decoder
from engine.importing.empty_import import diagnose_empty_import
from engine.importing.formats.format import RawSample
from engine.importing.ledger import FileLedger, Reason
from engine.importing.packed import Chained, Mapped, Numbers, Picked, StringSet
from engine.importing.packed_samples import PackedItems, with_members
from engine.importing.plan import ImportPlan
from engine.importing.progress import ProgressReporter, Tell
from engine.importing.report import PAGE_NAME, ImportReport, counts_of, write_report
from engine.importing.samples import DecodedSample
from engine.importing.scan import Scan, check_plan, fingerprint, scan_source
from engine.importing.sources.archive import Archive
from engine.importing.sources.opening import open_archive
from engine.importing.staging import StagedArray, Staging, discard_staging, staging_folder
from engine.importing.table import ImportTable
from engine.importing.value_range import SourceValues, range_of

log = logging.getLogger(__name__)
PIECE_RECORDS = 256
"""Records between two reports of progress."""


@dataclass(frozen=True, kw_only=True)
class ImportResult:
    """The samples to write, after the checks."""

    check_report: CheckReport
    channels: int
    """1 if grey is planned or all images are grey, else 3."""
    table: ImportTable | None = None
    """None if no sample has cells."""

    @property
    def outcomes(self) -> Outcomes:
        """Outcomes of all samples."""
        return self.check_report.outcomes

    @property
    def kept(self) -> Sequence[SampleOutcome]:
        """The samples to write."""
        numbers = range(len(self.outcomes.items))
        return Mapped(self.outcomes.outcome, Picked(numbers, self.outcomes.left))

    @property
    def counts(self) -> Mapping[str, int]:
        """Numbers of samples, by the names of ``ImportCounts``."""
        outcomes, left = self.outcomes, self.outcomes.left
        has_image = outcomes.items.has_image
        has = Counter((bool(has_image[n]), bool(outcomes.texts(n))) for n in left.tolist())
        train = int(np.count_nonzero(outcomes.is_train()[left]))
        more = map(outcomes.items.more, outcomes.left_with_members.tolist())
        return {
            "imported": len(left),
            "pairs": has[True, True],
            "image_only": has[True, False],
            "text_only": has[False, True],
            "with_sound": sum(bool(found.get("sounds")) for found in more),
            "with_cells": self._with_cells,
            "train_items": train,
            "validation_items": len(left) - train,
        }

    @property
    def is_trainable(self) -> bool:
        """Whether there is more than texts, and a sample to train on."""
        outcomes, left = self.outcomes, self.outcomes.left
        return bool(outcomes.is_train()[left].any()) and bool(
            outcomes.items.has_image[left].any()
            or any(map(outcomes.has_member, outcomes.left_with_members.tolist()))
            or self._with_cells
        )

    def has_cells(self, outcome: SampleOutcome) -> bool:
        """Whether a sample has a row of the table."""
        return self.table is not None and bool(self.table.fields and outcome.sample.raw.cells)

    @property
    def _with_cells(self) -> int:
        if self.table is None or not self.table.fields:
            return 0
        raw = Picked(self.outcomes.items.raw, self.outcomes.left_with_raw_members)
        return sum(bool(sample.cells) for sample in raw)


def apply_decisions(
    plan: ImportPlan,
    samples: PackedItems,
    ledger: FileLedger,
    shape: ImageShape,
    control: RunControl,
    tell: Tell,
) -> ImportResult:
    """Check samples; record those that are left out, and files that no other sample needs.

    Args:
        plan: of the import.
        samples: decoded, in order.
        ledger: records what is left out.
        shape: of the stored images.
        control: asked between samples.
        tell: receives the progress of the checks, as a number of samples.

    Raises:
        ConfigError: the plan chooses a fix that is not offered.
        StoppedError: the control asked for it.
    """
    count = len(samples)

    def tell_checks(done: int, checks: int) -> None:
        tell(ImportStage.EXAMINING, count * done // checks, count)

    tell(ImportStage.EXAMINING, 0, count)
    check_report = check_samples(samples, ledger, plan, shape, control, tell_checks)
    outcomes, table = check_report.outcomes, check_report.table
    if table is not None and not table.fields:
        _skip_emptied(outcomes)
    skipped = outcomes.skipped.tolist()
    needed = StringSet(
        path
        for raw in Picked(samples.raw, outcomes.left[: None if skipped else 0])
        for path in _files_of(raw)
    )
    for number in skipped:
        reason, detail = outcomes.reason(number) or Reason.EXCLUDED, outcomes.detail(number)
        raw = samples.raw[number]
        ledger.mark_item_skipped(raw.key, reason, detail)
        for path in _files_of(raw) if not outcomes.is_merged(number) else ():
            if path not in needed:
                ledger.mark_rejected(path, reason, detail)
    channels = 1 if plan.images.channels == "grey" else 3
    if plan.images.channels == "auto":
        left, members = outcomes.left, map(samples.more, outcomes.left_with_members.tolist())
        further = (facts for found in members for facts in found["pictures"].values())
        is_grey = samples.is_grey[left[samples.has_image[left]]].all()
        channels = 1 if is_grey and all(facts.is_grey for facts in further) else 3
    return ImportResult(check_report=check_report, channels=channels, table=table)


def _skip_emptied(outcomes: Outcomes) -> None:
    """Skip samples of cells alone: no column of them becomes a field."""
    has_image = outcomes.items.has_image
    for number in outcomes.left.tolist():
        if not (has_image[number] or outcomes.texts(number) or outcomes.has_member(number)):
            outcomes.skip(number, Reason.EMPTY, "no column of its row becomes a field")


def _files_of(raw: RawSample) -> Iterator[str]:
    """Yield the files that hold this sample only, and those of its sounds."""
    if raw.image is None:
        yield raw.key
    elif raw.image.part < 0:
        yield raw.image.path
    for member in (*raw.sounds.values(), *raw.pictures.values()):
        if member.part < 0:
            yield member.path


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
        self._tell = ProgressReporter(emit, row_bytes=3 * plan.images.size**2)

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
            archive=archive,
            form=scan.form,
            settings=plan.images,
            shape=shape,
            values=values,
            audio=audio_decoder(plan, archive, scan.form, scan.samples, self._control),
            further_shapes=further_shapes(
                plan.images, archive, scan.form, scan.samples, self._control
            ),
        )
        folder = staging_folder(plan.dataset)
        current = fingerprint(plan, archive, scan.listing)
        row_shape = (shape.height, shape.width, decoder.channels)
        arrays = _staged_arrays(decoder)
        tell = self._tell.tell_recovered
        with Staging(folder, current, row_shape, scan.samples, arrays, tell) as staging:
            # What is not staged yet, and all of it in the dataset.
            whole = len(scan.samples.with_image) * staging.row_bytes
            whole += sum(
                arrays[name].row_bytes
                for sample in with_members(scan.samples)
                for name in (*sample.sounds, *sample.pictures)
            )
            check_free_space(staging.folder, 2 * whole - staging.staged_bytes)
            samples = decode_samples(
                decoder, scan.samples, scan.ledger, self._control, self._tell, staging
            )
            staging.sync()
            result = apply_decisions(plan, samples, scan.ledger, shape, self._control, self._tell)
            self._control.stop_if_asked()
            try:
                self._check(scan, result)
            except EngineError:
                # Resuming would end here again.
                staging.remove()
                raise
            columns = self._columns(result, shape, decoder, range_of(samples, values))
            ended = self._publish(staging, scan, result, columns)
            staging.remove()
        return ended

    def _check(self, scan: Scan, result: ImportResult) -> None:
        source = self._plan.source
        if not result.is_trainable:
            reasons = diagnose_empty_import(
                scan.listing, scan.ledger, scan.samples, len(result.kept)
            )
            raise NothingToImportError(source, [reason.sentence for reason in reasons])
        files = scan.ledger.skipped_files()
        first = next((one for one in files if one.reason is not Reason.HIDDEN), None)
        if self._is_strict and first is not None:
            count = len(files) - files.counts()[Reason.HIDDEN]
            raise FilesSkippedError(source, count, first.path, first.reason)

    def _columns(
        self,
        result: ImportResult,
        shape: ImageShape,
        decoder: Decoder,
        value_range: ValueRange | None,
    ) -> "_Columns":
        """Describe the columns; sources of images and texts alone always give these two."""
        outcomes, table = result.outcomes, result.table
        rows = outcomes.items.rows[outcomes.left]
        rows = rows[rows >= 0]
        array_shape = (len(rows), shape.height, shape.width, result.channels)
        band, names = self._plan.images.band, _names(self._plan)
        image = image_column(array_shape, name=names[IMAGE], value_range=value_range, band=band)
        members = _member_rows(outcomes)
        fields = table.stored_fields if table else ()
        has_more = bool(members or fields)
        infos = [image] if len(rows) or not has_more else []
        for name, further in decoder.further_shapes.items():
            if name in members:
                size = (len(members[name]), further.height, further.width, result.channels)
                infos.append(image_column(size, name=name, value_range=value_range, band=band))
        if not has_more or any(map(outcomes.texts, outcomes.left.tolist())):
            infos.append(text_column(names[TEXT]))
        further_texts = map(outcomes.further_texts, outcomes.left_with_raw_members.tolist())
        texts = dict.fromkeys(name for found in further_texts for name in found)
        infos += [text_column(name) for name in texts]
        for name, audio in decoder.audio.shapes.items() if decoder.audio else ():
            if name in members:
                stored = (len(members[name]), audio.samples)
                infos.append(audio_column(stored, audio.rate, name=name))
        if fields:
            infos.append(table_column(fields, name=names[TABLE]))
        return _Columns(infos=tuple(infos), images=rows, members=members)

    def _publish(
        self, staging: Staging, scan: Scan, result: ImportResult, columns: "_Columns"
    ) -> ImportEnded:
        plan, folder = self._plan, self._plan.dataset
        with DatasetWriter(folder, columns.infos, staged=staging.folder / "dataset") as writer:
            tell = self._writing_progress(result, columns)
            for images in staging.pieces(columns.images):
                self._control.stop_if_asked()
                # If all images are grey, the three channels are equal.
                writer.add_values(_names(plan)[IMAGE], images[..., : result.channels])
                tell(len(images))
            for name, staged in columns.members.items():
                for values in staging.member_pieces(name, list(staged.values())):
                    self._control.stop_if_asked()
                    is_picture = values.ndim > 2
                    writer.add_values(
                        name, values[..., : result.channels] if is_picture else values
                    )
                    tell(len(values))
            for number, record in enumerate(_records(result, columns, _names(plan)[TABLE])):
                writer.add_record(record)
                if number % PIECE_RECORDS == PIECE_RECORDS - 1:
                    self._control.stop_if_asked()
                    tell(PIECE_RECORDS)
            tell(len(result.kept) % PIECE_RECORDS)
            manifest = writer.manifest(
                name=folder.name,
                title=plan.title or folder.name,
                licence="",
                source=f"imported from {plan.source.name} as {plan.reading.format}",
                notice=plan.reading.notice,
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

    def _writing_progress(self, result: ImportResult, columns: "_Columns") -> Callable[[int], None]:
        """Return a function that is told how many values or records were written since."""
        items = len(result.kept)
        whole = len(columns.images) + sum(map(len, columns.members.values())) + items
        done = 0

        def tell(count: int) -> None:
            nonlocal done
            done += count
            self._tell(ImportStage.WRITING, items * done // whole, items)

        tell(0)
        return tell


@dataclass(frozen=True, kw_only=True)
class _Columns:
    """The columns of the dataset, and the staged rows that their values come from."""

    infos: tuple[ColumnInfo, ...]
    images: Numbers
    members: Mapping[str, Mapping[bytes, int]]
    """By column of sounds or further pictures and by digest, in the order of the dataset's rows;
    equal values are stored once."""


def _names(plan: ImportPlan) -> Mapping[str, str]:
    """Return the names of the first picture, text and table, by kind."""
    return {IMAGE: IMAGE, TEXT: TEXT, TABLE: TABLE, **dict(plan.reading.names)}


def _staged_arrays(decoder: Decoder) -> dict[str, StagedArray]:
    arrays = {
        name: StagedArray((shape.height, shape.width, decoder.channels))
        for name, shape in decoder.further_shapes.items()
    }
    for name, shape in decoder.audio.shapes.items() if decoder.audio else ():
        arrays[name] = StagedArray((shape.samples,), "<i2")
    return arrays


def _digests(sample: DecodedSample) -> Iterator[tuple[str, bytes]]:
    """Yield column and digest of the sounds and further pictures of a sample."""
    for members in (sample.pictures, sample.sounds):
        for name, facts in members.items():
            yield name, facts.digest


def _member_rows(outcomes: Outcomes) -> dict[str, dict[bytes, int]]:
    """Return the staged row of the first of equal values, by column and digest."""
    rows: dict[str, dict[bytes, int]] = {}
    for sample in Picked(outcomes.items, outcomes.left_with_members):
        for name, digest in _digests(sample):
            rows.setdefault(name, {}).setdefault(digest, sample.member_rows[name])
    return rows


def _records(result: ImportResult, columns: _Columns, table: str) -> Iterator[dict[str, Any]]:
    """Yield the records of all samples."""
    places = {
        name: {digest: row for row, digest in enumerate(found)}
        for name, found in columns.members.items()
    }
    rows = result.table.rows() if result.table else iter(())
    for outcome in result.kept:
        record = record_of(outcome)
        for name, digest in _digests(outcome.sample):
            record[name] = places[name][digest]
        for name, texts in outcome.further_texts.items():
            record[name] = _encodable(list(texts))
        cells = next(rows, {})
        if result.has_cells(outcome):
            record[table] = _encodable(cells)
        yield record


def _report(plan: ImportPlan, scan: Scan, result: ImportResult, manifest: Manifest) -> ImportReport:
    counts = counts_of(scan.ledger, found=scan.items_found, **result.counts)
    if not counts.adds_up:
        # A bug, but no reason to lose the dataset; the report shows it too.
        log.error("Not all of %s is accounted for: %s", plan.source, counts)
    audio = first_of_kind(manifest.columns, AUDIO)
    return ImportReport(
        plan=plan,
        version=manifest.version,
        encodings=dict(scan.ledger.encodings),
        counts=counts,
        image_shape=manifest.image_shape,
        channels=manifest.channels,
        value_range=manifest.value_range,
        issues=result.check_report.reports,
        audio_rate=audio.rate if audio else 0,
        audio_seconds=audio.shape[1] / audio.rate if audio else 0.0,
        fields=result.table.reports if result.table else (),
        skip_counts=scan.ledger.skip_counts(),
        skipped_files=scan.ledger.skipped_files(),
        skipped_items=Chained(scan.ledger.skipped_items(), scan.ledger.skipped_members()),
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
