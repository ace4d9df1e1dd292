"""The last page: summary of the dataset, and progress of the import."""

from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from PySide6.QtCore import QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from engine.errors import ConfigError
from engine.events import ImportEnded, ImportProgressed, Outcome
from studio.errors.wording import explain
from studio.jobs.importing import ImportJobs, ImportReader
from studio.models.field_text import FieldText
from studio.models.import_form import ImportForm
from studio.models.import_text import (
    counts_words,
    joined,
    progress_words,
    skipped_rows,
)
from studio.models.setting_text import choice_words
from studio.theme import MARGIN, SPACING
from studio.widgets.fields import TextField
from studio.widgets.icons import icon
from studio.widgets.labels import FactGrid, fill, plain_label, set_look, spaced
from studio.wizards.importing.check import CheckPage
from studio.wizards.importing.page import Page, ask_rows

if TYPE_CHECKING:
    from engine.importing.decode_audio import AudioShape

_NAME_WIDTH = 360
_MAX_REASONS = 8
_BAR_STEPS = 1_000
"""Values of the progress bar."""


class _State(Enum):
    ASKING = auto()
    IMPORTING = auto()
    CANCELLING = auto()
    DONE = auto()


class SummaryPage(Page):
    """Starts the import, which is the first to write files."""

    ended = Signal(object)
    """The import has ended; carries the dataset's folder, or ``None`` if there is none."""
    train_requested = Signal()

    def __init__(
        self, form: ImportForm, jobs: ImportJobs, reader: ImportReader, check: CheckPage
    ) -> None:
        super().__init__(form, jobs)
        self._reader, self._check = reader, check
        self._state = _State.ASKING
        self._report: Path | None = None
        self._is_continued = False
        self.name = TextField()
        self.name.setMaximumWidth(_NAME_WIDTH)
        self.name.set_help(self.tr("The dataset's folder in the workspace"), self.tr("Name"))
        self.name.text_edited.connect(self._rename)
        self._place = plain_label(role="muted")
        self._facts = FactGrid("muted")
        self._card = QFrame()
        self._asks = QWidget()
        self._headline = plain_label(role="heading")
        self._bar = QProgressBar(textVisible=False)
        self._details = plain_label()
        self.open_report = QPushButton(icon("info"), self.tr("Open report"))
        self.open_report.clicked.connect(self._open_report)
        self.train = QPushButton(icon("run", "on_accent"), self.tr("Train on this"))
        self.train.setProperty("role", "primary")
        self.train.clicked.connect(self.train_requested)
        self._lay_out()
        jobs.building.progressed.connect(self._show_progress)
        jobs.building.ended.connect(self._on_import_ended)
        self._enter(_State.ASKING)

    @property
    def is_locked(self) -> bool:
        """Whether an import is running, so that nothing can be changed."""
        return self._state in (_State.IMPORTING, _State.CANCELLING)

    @property
    def is_cancelling(self) -> bool:
        """Whether cancelling was requested."""
        return self._state is _State.CANCELLING

    @property
    def is_over(self) -> bool:
        """Whether the dataset is complete."""
        return self._state is _State.DONE

    def title(self) -> str:
        """Return the title of the page."""
        return self.tr("Import")

    def explanation(self) -> str:
        """Return the explanation of the page."""
        match self._state:
            case _State.ASKING:
                return self.tr(
                    "Nothing has been written yet. Review the import before you start it."
                )
            case _State.IMPORTING | _State.CANCELLING:
                return self.tr("You can keep working in the main window in the meantime.")
            case _State.DONE:
                return self.tr("The dataset is ready.")
            case _:
                assert_never(self._state)

    def button_text(self) -> str:
        """Return the text of the button that starts the import."""
        return self.tr("Continue the import") if self._is_continued else self.tr("Import")

    def refusal(self) -> str:
        """Return why the import cannot start."""
        if self._state is not _State.ASKING:
            return ""
        problem = self.form.name_problem()
        if problem:
            return self.tr("Name: {0}").format(problem)
        return self._check.refusal()

    def enter(self) -> None:
        """Show the choices of the earlier pages."""
        if self._state is _State.ASKING:
            self.name.set_text(self.form.name)
            self._headline.setText("")
            self._details.setText("")
            self._facts.show_rows(self._rows())
            self._look_at_name()

    @Slot()
    def start(self) -> None:
        """Start the import, or resume an interrupted one."""
        try:
            plan = self.form.plan()
        except ConfigError as error:
            self._show_failure(error)
            return
        self._report = None
        self._headline.setText(self.tr("Starting…"))
        self._details.setText("")
        self._bar.setRange(0, 0)
        self._enter(_State.IMPORTING)
        self.jobs.building.start(plan)
        self.changed.emit()

    @Slot()
    def cancel(self) -> None:
        """Cancel the import."""
        if self._state is _State.IMPORTING:
            self._enter(_State.CANCELLING)
            self._headline.setText(self.tr("Cancelling…"))
            self.jobs.building.cancel()
            self.changed.emit()

    @Slot(str)
    def _rename(self, name: str) -> None:
        self.form.name = name
        self._look_at_name()
        self.changed.emit()

    def _look_at_name(self) -> None:
        problem = self.form.name_problem()
        self.name.set_problem(problem)
        self._place.setText("" if problem else str(self.form.dataset))
        self._is_continued = False
        if not problem:
            try:
                self._is_continued = self._reader.is_staged(self.form.plan())
            except ConfigError:
                return
        if self._is_continued and not self._headline.text():
            self._details.setText(
                self.tr(
                    "An earlier import was not finished. It will continue from there unless your "
                    "files have changed since."
                )
            )
        elif not self._headline.text():
            self._details.setText("")

    @Slot(object)
    def _show_progress(self, event: ImportProgressed) -> None:
        self._bar.setRange(0, _BAR_STEPS if event.fraction else 0)
        self._bar.setValue(int(_BAR_STEPS * event.fraction))
        if self._state is _State.IMPORTING:
            self._headline.setText(progress_words(event))

    @Slot(object)
    def _on_import_ended(self, event: ImportEnded) -> None:
        self._report = event.report
        match event.outcome:
            case Outcome.FINISHED:
                self._enter(_State.DONE)
                self._headline.setText(self.tr("%Ln item(s) imported", "", event.imported))
                self._details.setText(self._skipped_words())
            case Outcome.STOPPED:
                self._enter(_State.ASKING)
                self._headline.setText(self.tr("Cancelled. No dataset was made."))
                self._details.setText(
                    self.tr(
                        "Completed work is kept. Press Continue the import to resume it now or "
                        "later."
                    )
                )
                self._look_at_name()
            case Outcome.FAILED:
                self._enter(_State.ASKING)
                self._show_failure(event.error)
                self._look_at_name()
            case _:
                assert_never(event.outcome)
        self.changed.emit()
        self.ended.emit(event.folder if event.outcome is Outcome.FINISHED else None)

    def _skipped_words(self) -> str:
        dry_run = self._check.dry_run
        skipped = sum(dry_run.ledger.skip_counts().values()) if dry_run else 0
        if not skipped:
            return self.tr("Nothing was left out.")
        return self.tr(
            "%Ln file(s) or item(s) were left out; the report names each of them with its reason.",
            "",
            skipped,
        )

    def _show_failure(self, error: Exception | None) -> None:
        words = explain(error or RuntimeError("The import failed and gave no reason"))
        self._headline.setText(words.happened)
        self._details.setText(f"{words.why}\n{words.hint}")
        set_look(self._headline, "role", "problem")

    def _enter(self, state: _State) -> None:
        self._state = state
        self._asks.setEnabled(state is _State.ASKING)
        self._bar.setVisible(self.is_locked)
        set_look(self._headline, "role", "heading")
        self.open_report.setVisible(state is _State.DONE and self._report is not None)
        self.train.setVisible(state is _State.DONE)

    def _rows(self) -> list[tuple[str, str]]:
        scan, dry_run = self.form.scan, self._check.dry_run
        if scan is None or dry_run is None:
            return []
        pictures = joined(
            [
                self.tr("{0} × {1} px").format(dry_run.shape.width, dry_run.shape.height),
                choice_words()[self.form.text("images.fit")],
                self.tr("Colour") if dry_run.channels == 3 else self.tr("Grey"),
                *self._values_words(dry_run.value_range),
            ]
        )
        skipped = skipped_rows(dry_run.ledger.skip_counts())
        offer = self.form.detection
        read_as = self.form.format_words(offer)[0] if offer else ""
        table = dry_run.result.table
        fields = table.reports if table else ()
        lines = [f"{count}  {text}" for count, text in skipped[:_MAX_REASONS]]
        return [
            (self.tr("From"), str(scan.source)),
            (self.tr("Read as"), read_as),
            (self.tr("Content"), counts_words(dry_run.counts)),
            *([(self.tr("Images"), pictures)] if self.form.has_images else []),
            *self._sound_rows(dry_run.audio_shape),
            *([(self.tr("Fields"), FieldText().headline(fields))] if fields else []),
            (self.tr("Left out"), "\n".join(lines) or self.tr("Nothing")),
        ]

    def _sound_rows(self, shape: "AudioShape | None") -> list[tuple[str, str]]:
        if shape is None:
            return []
        seconds, rate = shape.samples / shape.rate, self.locale().toString(shape.rate)
        return [(self.tr("Sounds"), self.tr("{0} s at {1} Hz").format(f"{seconds:.4g}", rate))]

    def _values_words(self, value_range: tuple[float, float] | None) -> list[str]:
        if value_range is None:
            return []
        low, high = (f"{end:,.6g}" for end in value_range)
        return [self.tr("values from {0} to {1}").format(low, high)]

    def _lay_out(self) -> None:
        self._card.setProperty("role", "panel")
        card = QVBoxLayout(self._card)
        card.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        card.addWidget(self._facts)
        asks = spaced(QVBoxLayout(self._asks), SPACING // 2, (0, 0, 0, 0))
        asks.addLayout(ask_rows([(self.tr("Name"), self.name)]))
        asks.addWidget(self._place)
        ends = spaced(QHBoxLayout(), SPACING)
        fill(ends, self.train, self.open_report)
        ends.addStretch(1)
        layout = spaced(QVBoxLayout(self), MARGIN, (0, 0, 0, 0))
        fill(layout, self._asks, self._card)
        fill(layout, self._headline, self._bar, self._details)
        layout.addLayout(ends)
        layout.addStretch(1)
        for button in (self.open_report, self.train):
            button.setAutoDefault(False)

    @Slot()
    def _open_report(self) -> None:
        if self._report is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._report)))
