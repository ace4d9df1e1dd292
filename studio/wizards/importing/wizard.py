"""The import wizard: pages from the user's files to a dataset.

Pages about what a source does not hold are skipped.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.jobs.importing import ImportJobs, ImportReader
from studio.jobs.preview_player import PreviewPlayer
from studio.models.import_form import RUN_NAMES, ImportForm
from studio.theme import GAP, MARGIN, SPACING
from studio.widgets.icons import icon
from studio.widgets.labels import fill, plain_label, spaced
from studio.widgets.steps import StepList
from studio.wizards.importing.check import CheckPage
from studio.wizards.importing.fields import FieldsPage
from studio.wizards.importing.format import FormatPage
from studio.wizards.importing.images import ImagesPage
from studio.wizards.importing.page import Page
from studio.wizards.importing.sounds import SoundsPage
from studio.wizards.importing.source import SourcePage
from studio.wizards.importing.summary import SummaryPage
from studio.wizards.importing.texts import TextsPage

_USUAL = QSize(1080, 690)
_MIN_SIZE = QSize(860, 560)
_SIDE_WIDTH = 176


@dataclass(frozen=True, kw_only=True)
class Imported:
    """An imported dataset to train on."""

    dataset: Path
    settings: Mapping[str, str]
    """Texts of the run's fields that the wizard asked for, by name."""


class ImportWizard(QDialog):
    """Modeless wizard; nothing is written before the last page."""

    stay_chosen = Signal()
    """The user declined to stop the work and close."""
    train_requested = Signal(object)
    """Carries an ``Imported``."""
    imported = Signal(object)
    """A dataset was imported; carries its folder."""
    source_chosen = Signal(object)

    def __init__(
        self,
        parent: QWidget | None,
        *,
        workspace: Path,
        jobs: ImportJobs,
        reader: ImportReader,
        player: PreviewPlayer,
        recent: tuple[Path, ...] = (),
    ) -> None:
        """Create the wizard on its first page.

        Args:
            parent: the main window.
            workspace: the dataset is created in its ``datasets`` folder.
            jobs: worker threads.
            reader: reads the source.
            player: plays the sounds of previews.
            recent: sources of earlier imports, latest first.
        """
        super().__init__(parent)
        self.form = ImportForm(workspace)
        self.jobs = jobs
        self.source = SourcePage(self.form, jobs, reader, recent)
        self.format = FormatPage(self.form, jobs, reader, player)
        self.fields = FieldsPage(self.form, jobs, reader)
        self.texts = TextsPage(self.form, jobs, reader)
        self.images = ImagesPage(self.form, jobs, reader)
        self.sounds = SoundsPage(self.form, jobs, reader, player)
        self.check = CheckPage(self.form, jobs, reader)
        self.summary = SummaryPage(self.form, jobs, reader, self.check)
        first = (self.source, self.format, self.fields, self.texts, self.images, self.sounds)
        self.pages: tuple[Page, ...] = (*first, self.check, self.summary)
        """All pages; those that are not needed are skipped."""
        self._at = 0
        self._closes_after: Callable[[], object] | None = None
        self.setWindowTitle(self.tr("Import your own images"))
        self.setWindowIcon(icon("import"))
        # Previews benefit from a large window.
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint)
        self.setMinimumSize(_MIN_SIZE)
        self.resize(_USUAL)
        self._make_parts()
        self._lay_out()
        self._connect()
        self._show_page(0)

    @property
    def page(self) -> Page:
        """The current page."""
        return self.pages[self._at]

    def open_source(self, source: Path) -> None:
        """Show the first page and scan a source, unless an import is running."""
        if not self.jobs.building.is_running:
            self._show_page(0)
            self.source.choose(source)

    @Slot()
    def go_next(self) -> None:
        """Show the next page, or start the import on the last page."""
        if self.page.refusal():
            return
        if self.page is self.summary:
            self.summary.start()
        else:
            self._show_page(self._neighbour(1))

    @Slot()
    def go_back(self) -> None:
        """Show the previous page, unless an import is running."""
        if self._at and not self.summary.is_locked:
            self._show_page(self._neighbour(-1))

    def _neighbour(self, step: int) -> int:
        """Return the next needed page in a direction; the first and last are always needed."""
        number = self._at + step
        while not self.pages[number].is_needed():
            number += step
        return number

    def _make_parts(self) -> None:
        self._steps = StepList([page.title() for page in self.pages])
        self._title = QLabel()
        self._title.setProperty("role", "page-title")
        self._explanation = plain_label(role="muted")
        self._stack = QStackedWidget()
        for page in self.pages:
            self._stack.addWidget(page)
        self._note = plain_label(role="muted")
        self.back = QPushButton(self.tr("Back"))
        self.next = QPushButton()
        self.next.setProperty("role", "primary")
        self.leave = QPushButton()
        self.next.setDefault(True)
        for button in (self.back, self.leave):
            button.setAutoDefault(False)

    def _lay_out(self) -> None:
        content = spaced(QVBoxLayout(), SPACING // 2, (GAP, GAP, GAP, MARGIN))
        fill(content, self._title, self._explanation)
        content.addSpacing(SPACING)
        content.addWidget(self._stack, stretch=1)
        side = QWidget()
        side.setFixedWidth(_SIDE_WIDTH)
        column = QVBoxLayout(side)
        column.setContentsMargins(GAP, GAP, 0, GAP)
        column.addWidget(self._steps)
        upper = spaced(QHBoxLayout(), 0)
        upper.addWidget(side)
        upper.addLayout(content, stretch=1)
        buttons = spaced(QHBoxLayout(), SPACING, (GAP, MARGIN, GAP, MARGIN))
        buttons.addWidget(self._note, stretch=1)
        for button in (self.leave, self.back, self.next):
            buttons.addWidget(button)
        line = QFrame()
        line.setFrameShape(QFrame.Shape.HLine)
        line.setProperty("role", "line")
        layout = spaced(QVBoxLayout(self), 0, (0, 0, 0, 0))
        layout.addLayout(upper, stretch=1)
        fill(layout, line, buttons)

    def _connect(self) -> None:
        self.next.clicked.connect(self.go_next)
        self.back.clicked.connect(self.go_back)
        self.leave.clicked.connect(self._leave)
        self._steps.step_requested.connect(self._show_page)
        for page in self.pages:
            page.changed.connect(self._show_buttons)
        self.source.source_taken.connect(self.source_chosen)
        self.summary.ended.connect(self._on_import_ended)
        self.summary.train_requested.connect(self._train)

    @Slot(int)
    def _show_page(self, number: int) -> None:
        if self._stack.isVisible() or number != self._at:
            self.page.leave()
        self._at = number
        page = self.page
        self._title.setText(page.title())
        self._explanation.setText(page.explanation())
        self._stack.setCurrentWidget(page)
        page.enter()
        # Otherwise the focus would move from a hidden button to Cancel.
        page.setFocus()
        self._show_buttons()

    @Slot()
    def _show_buttons(self) -> None:
        page, is_last = self.page, self.page is self.summary
        refusal, is_locked = page.refusal(), self.summary.is_locked
        is_over = is_last and self.summary.is_over
        skipped = [number for number, one in enumerate(self.pages) if not one.is_needed()]
        self._steps.show_step(self._at, is_locked=is_locked or is_over, skipped=skipped)
        self._title.setText(page.title())
        self._explanation.setText(page.explanation())
        self._note.setText(refusal)
        self.back.setVisible(not is_over)
        self.back.setEnabled(self._at > 0 and not is_locked)
        self.next.setVisible(not is_over and not is_locked)
        self.next.setEnabled(not refusal)
        self.next.setText(self.summary.button_text() if is_last else self.tr("Next"))
        self.next.setToolTip(refusal)
        cancel = self.tr("Cancel the import") if is_locked else self.tr("Cancel")
        self.leave.setText(self.tr("Close") if is_over else cancel)
        self.leave.setEnabled(not self.summary.is_cancelling)

    @Slot()
    def _leave(self) -> None:
        if self.summary.is_locked:
            self.summary.cancel()
        else:
            self.close()

    @Slot(object)
    def _on_import_ended(self, folder: Path | None) -> None:
        if folder is not None:
            self.imported.emit(folder)
        if self._closes_after is not None:
            self._closes_after()

    @Slot()
    def _train(self) -> None:
        self.train_requested.emit(
            Imported(
                dataset=self.form.dataset,
                settings={name: self.form.text(name) for name in RUN_NAMES},
            )
        )
        self.close()

    def _ask_to_close(self) -> None:
        if any(box.isVisible() for box in self.findChildren(QMessageBox)):
            return
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(self.tr("Close the import?"))
        if self.jobs.building.is_running:
            box.setText(self.tr("The import is still running."))
            box.setInformativeText(
                self.tr("Completed work is kept, and the import can be continued later.")
            )
            stop = box.addButton(self.tr("Stop and close"), QMessageBox.ButtonRole.AcceptRole)
        else:
            box.setText(self.tr("Your files are still being checked."))
            box.setInformativeText(self.tr("Nothing has been written yet."))
            stop = box.addButton(self.tr("Close"), QMessageBox.ButtonRole.AcceptRole)
        stay = box.addButton(self.tr("Continue"), QMessageBox.ButtonRole.RejectRole)
        stay.clicked.connect(self.stay_chosen)
        stop.clicked.connect(self._stop_and_close)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    @Slot()
    def _stop_and_close(self) -> None:
        self.jobs.drop_reads()
        if self.jobs.building.is_running:
            self._closes_after = self.close
            self.summary.cancel()
        else:
            self.close()

    def reject(self) -> None:
        """Close on Escape with the same confirmation as other ways."""
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask for confirmation while work is running; otherwise cancel all reads and close."""
        if self.jobs.is_busy:
            event.ignore()
            self._ask_to_close()
            return
        self.page.leave()
        self.jobs.drop_reads()
        event.accept()
        super().reject()
