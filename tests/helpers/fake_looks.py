"""What the import wizard asks, answered at once or when a test says so."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from engine.config.sections import DataConfig
from engine.control import RunControl
from engine.data.image_shape import ImageShape
from engine.data.pixel_values import ValueSummary
from engine.data.spectrogram_picture import spectrogram_picture
from engine.data.table_fields import FieldReport
from engine.errors import StoppedError
from engine.events import ImportEmit, ImportEnded, ImportProgressed, ImportStage, Outcome
from engine.importing.check_context import CheckReport, IssueReport, Outcomes
from engine.importing.decode_audio import AudioLengths, AudioShape, choose_audio_shape
from engine.importing.dry_run import ScanFacts
from engine.importing.empty_import import Cause, CauseKind
from engine.importing.formats.format import Detection, FileListing, ImportSpec
from engine.importing.ledger import FileLedger, Reason
from engine.importing.packed_samples import PackedItems
from engine.importing.plan import OFFERED, Fix, ImportPlan, Issue, chosen_fix
from engine.importing.preview import PlannedImages, PreviewItem
from engine.importing.report import ImportCounts
from engine.importing.scan import QuickScan
from engine.importing.sound_preview import PreviewSound, SoundPreview
from engine.importing.source_cells import SourceCells
from engine.importing.sources.archive import FileEntry
from engine.importing.text_stats import describe_texts
from studio.jobs.engine_api import EngineApi
from studio.jobs.importing import ImportReader
from tests.helpers.fake_engine import FakeEngine

PATIENCE_S = 10.0
SHAPE = AudioShape(rate=8_000, samples=400)
PIXELS = np.full((8, 8, 3), 90, dtype=np.uint8)
SIDECAR = Detection(reading=ImportSpec(format="sidecar"), confidence=0.9, images=3)
TABLE = Detection(
    reading=ImportSpec(
        format="table_file", table="a.csv", image_column="file", text_columns=("caption",)
    ),
    confidence=0.5,
    images=3,
    columns=("file", "caption", "alt", "class"),
    tables=("a.csv", "b.csv"),
)


def sound(key: str, shape: AudioShape) -> PreviewSound:
    """Make a sound of noise as it would be stored."""
    samples = np.arange(shape.samples, dtype=np.int16)
    return PreviewSound(
        key=key,
        column="audio",
        samples=samples,
        rate=shape.rate,
        seconds=0.5,
        is_cut=shape.samples < shape.rate / 2,
        picture=spectrogram_picture(samples, shape.rate),
    )


@dataclass
class FakeLooks:
    """Three pairs; ``pairs`` says how many a reading finds, ``hold`` keeps a look from ending."""

    offers: tuple[Detection, ...] = (SIDECAR, TABLE)
    pairs: Mapping[str, int] = field(default_factory=lambda: {"sidecar": 3, "table_file": 0})
    failure: Exception | None = None
    issues: tuple[Issue, ...] = (Issue.SAME_IMAGE, Issue.HIDDEN)
    holds: set[str] = field(default_factory=set)
    """Looks that wait until they are stopped: ``listing``, ``check``, ``import``."""
    go_on: threading.Event = field(default_factory=threading.Event)
    plans: dict[str, list[ImportPlan]] = field(default_factory=dict)
    """Every plan asked about, by look."""
    is_staged: bool = False
    texts: list[str] | None = None
    """Of the pairs; by default ``text 0`` and so on."""
    stored: Any = field(default_factory=lambda: PIXELS)
    """The one image as it would be stored."""
    seconds: tuple[float, ...] = ()
    """Lengths of the sounds, one for each pair; none if there are no sounds."""
    rows_alone: int = 0
    """Rows of a table alone, instead of pairs."""
    cells: SourceCells = field(default_factory=lambda: SourceCells({}))
    """Of the remaining columns."""
    values: ValueSummary | None = None
    """Of the source's deep images."""

    def reader(self) -> ImportReader:
        """Give them as the wizard takes them."""
        made = SimpleNamespace(
            quick_scan=self._quick_scan,
            preview=self._preview,
            scan=self._scan,
            fields=self._fields,
            fit=self._fit,
            sounds=self._sounds,
            examine=self._examine,
            is_staged=lambda _plan: self.is_staged,
            close=lambda: None,
        )
        return cast("ImportReader", made)

    def work(self, engine: FakeEngine) -> EngineApi:
        """Give them to a studio."""
        return replace(engine.work(), reader=self.reader(), import_dataset=self.import_dataset)

    def import_dataset(self, plan: ImportPlan, emit: ImportEmit, control: RunControl) -> None:
        """Claim to have imported three pairs."""
        self._note("import", plan)
        progress = ImportProgressed(stage=ImportStage.DECODING, done=1, total=3, items_per_s=2.0)
        emit(progress)
        try:
            self._wait("import", control)
        except StoppedError:
            self.is_staged = True
            emit(ImportEnded(outcome=Outcome.STOPPED, folder=plan.dataset))
            return
        if self.failure is not None:
            emit(ImportEnded(outcome=Outcome.FAILED, folder=plan.dataset, error=self.failure))
            return
        plan.dataset.mkdir(parents=True)
        (plan.dataset / "manifest.json").write_text("{}")
        report = plan.dataset / "report.html"
        emit(
            ImportEnded(
                outcome=Outcome.FINISHED, folder=plan.dataset, imported=3, skipped=1, report=report
            )
        )

    def _quick_scan(
        self, source: Path, tell: Callable[[int], None], control: RunControl
    ) -> QuickScan:
        tell(7)
        self._wait("listing", control)
        if self.failure is not None:
            raise self.failure
        entries = tuple(FileEntry(path=f"{n}.png", size=9) for n in range(3))
        return QuickScan(
            source=source,
            listing=FileListing(entries=entries, suffixes={".png": 3}),
            detections=self.offers,
            files=4,
            left_out={Reason.HIDDEN: 1},
            causes=(),
        )

    def _preview(
        self, plan: ImportPlan, _look: QuickScan, _control: RunControl
    ) -> tuple[PreviewItem, ...]:
        self._note("preview", plan)
        count = 0 if self.rows_alone else self.pairs[plan.reading.format]
        return tuple(
            PreviewItem(
                key=f"{n}.png",
                texts=(f"text {n}",),
                image=PIXELS,
                problem=None,
                sounds=(sound(f"{n}.wav", SHAPE),) if self.seconds else (),
            )
            for n in range(count)
        )

    def _scan(
        self,
        plan: ImportPlan,
        _look: QuickScan,
        data: DataConfig,
        _tell: Callable[[int], None],
        control: RunControl,
    ) -> ScanFacts:
        self._note("scan", plan)
        self._wait("scan", control)
        count = 0 if self.rows_alone else self.pairs[plan.reading.format]
        texts = [f"text {n}" for n in range(count)]
        reasons = (Cause(kind=CauseKind.IMAGES_WITHOUT_TEXT, count=3),)
        return ScanFacts(
            pairs=count,
            image_only=0 if self.rows_alone else 3 - count,
            with_image=0 if self.rows_alone else 3,
            with_sound=count if self.seconds else 0,
            with_cells=self.rows_alone,
            others=self.rows_alone,
            text_only=0,
            several=0,
            emptied=0,
            labels=("3",) if plan.reading.format == "sidecar" else (),
            texts=describe_texts(texts if self.texts is None else self.texts, data),
            samples=tuple((text.upper(), text) for text in texts),
            reasons=() if count else reasons,
        )

    def _fields(
        self,
        plan: ImportPlan,
        _look: QuickScan,
        _tell: Callable[[int], None],
        control: RunControl,
    ) -> tuple[FieldReport, ...]:
        self._note("fields", plan)
        self._wait("fields", control)
        return self.cells.reports(dict(plan.field_kinds), control)

    def _sounds(
        self, plan: ImportPlan, _look: QuickScan, _control: RunControl
    ) -> SoundPreview | None:
        self._note("sounds", plan)
        if not self.seconds:
            return None
        lengths = AudioLengths(
            seconds=self.seconds, count=len(self.seconds), rate=8_000, is_prepared=False
        )
        shape = choose_audio_shape(plan.audio, lengths)
        return SoundPreview(lengths=lengths, shape=shape, sounds=(sound("0.wav", shape),))

    def _fit(self, plan: ImportPlan, _look: QuickScan, _control: RunControl) -> tuple[Any, ...]:
        self._note("fit", plan)
        before = np.full((4, 9, 4), 120, dtype=np.uint8)
        one = SimpleNamespace(key="0.png", before=before, after=self.stored, width=9, height=4)
        return PlannedImages(shape=ImageShape(48, 64), values=self.values), (one,)

    def _examine(self, plan: ImportPlan, emit: ImportEmit, control: RunControl) -> Any:
        self._note("check", plan)
        emit(ImportProgressed(stage=ImportStage.DECODING, done=1, total=3))
        self._wait("check", control)
        if self.failure is not None:
            raise self.failure
        return FakeExamination(plan, self.issues, self._note)

    def _note(self, name: str, plan: ImportPlan) -> None:
        self.plans.setdefault(name, []).append(plan)

    def _wait(self, name: str, control: RunControl) -> None:
        if name not in self.holds:
            return
        for _turn in range(int(PATIENCE_S / 0.002)):
            if control.is_stop_requested:
                raise StoppedError
            if self.go_on.wait(0.002):
                return


class FakeExamination:
    """Three pairs, of which a repair that skips leaves two."""

    def __init__(
        self,
        plan: ImportPlan,
        issues: Iterable[Issue],
        note: Callable[[str, ImportPlan], None],
    ) -> None:
        self.plan, self._issues, self._note = plan, tuple(issues), note
        self.ledger, self.items = FileLedger(), ()
        self.likely_causes, self.channels = (), 3
        self.shape, self.value_range, self.audio_shape = ImageShape(48, 64), None, None
        self.sizes = (((40, 30), 3),)
        self.result = SimpleNamespace(
            table=None,
            check_report=CheckReport(
                reports=tuple(self._report(issue) for issue in Issue),
                outcomes=Outcomes(PackedItems(())),
            ),
        )
        skips = sum(fix is Fix.SKIP for fix in plan.repairs.values())
        self.ledger.mark_skipped("Thumbs.db", Reason.HIDDEN)
        if skips:
            self.ledger.mark_item_skipped("2.png", Reason.SAME_IMAGE)
        self.counts = ImportCounts(
            files_found=4,
            files_used=3,
            files_skipped=1,
            items_found=3,
            items_imported=3 - skips,
            items_skipped=skips,
            pairs=3 - skips,
        )

    def with_plan(self, plan: ImportPlan) -> "FakeExamination":
        """Weigh other repairs."""
        self._note("reconsidered", plan)
        return FakeExamination(plan, self._issues, self._note)

    def thumbnails(self, keys: Iterable[str], **_more: object) -> dict[str, Any]:
        """Give one picture each."""
        return dict.fromkeys(keys, PIXELS)

    def _report(self, issue: Issue) -> IssueReport:
        is_found = issue in self._issues
        return IssueReport(
            issue=issue,
            count=int(is_found),
            keys=("2.png",) if is_found else (),
            fix=chosen_fix(self.plan, issue),
            offered=OFFERED[issue],
        )
