"""The first page: the source to import."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.control import RunControl
from engine.events import Outcome
from studio.errors.wording import explain
from studio.jobs.importing import FilesCounted, ImportJobs, ImportReader
from studio.jobs.task import TaskEnded, Tell
from studio.models.import_form import ImportForm
from studio.models.import_text import cause_sentences, reason_words, suffix_words
from studio.theme import MARGIN, SPACING
from studio.widgets.drop_zone import DropZone
from studio.widgets.folder_dialog import pick_folder
from studio.widgets.icons import IconView, icon
from studio.widgets.labels import FactGrid, fill, plain_label, set_look, spaced
from studio.wizards.importing.page import Page

if TYPE_CHECKING:
    from engine.importing.scan import QuickScan

_ICON_SIDE = 44
_RECENT_SHOWN = 4


class SourcePage(Page):
    """Accepts a folder or file, scans it and shows what was found."""

    source_taken = Signal(object)
    """Carries the path of a successfully scanned source."""

    def __init__(
        self, form: ImportForm, jobs: ImportJobs, reader: ImportReader, recent: tuple[Path, ...]
    ) -> None:
        super().__init__(form, jobs)
        self._reader = reader
        self._recent = recent[:_RECENT_SHOWN]
        self.source: Path | None = None
        """The source that was chosen last."""
        self._failure = ""
        self._zone = self._make_zone()
        self._name = plain_label(role="heading")
        self._place = plain_label(role="muted")
        self._headline = plain_label()
        self._bar = QProgressBar(textVisible=False)
        self._bar.setRange(0, 0)
        self._cancel = QPushButton(self.tr("Cancel"))
        self._cancel.setAutoDefault(False)
        self._cancel.clicked.connect(jobs.listing.cancel)
        self._facts = FactGrid("heading", is_numeric=True)
        self._suffixes = plain_label(role="muted")
        self._found = self._make_found()
        self._found.hide()
        self._lay_out()
        jobs.listing.progressed.connect(self._show_count)
        jobs.listing.ended.connect(self._on_listing)

    def title(self) -> str:
        """Return the title of the page."""
        return self.tr("Source")

    def explanation(self) -> str:
        """Return the explanation of the page."""
        return self.tr("Choose what to import. Your files are only read, never changed.")

    def refusal(self) -> str:
        """Return why the next page is not available yet."""
        if self.jobs.listing.is_running:
            return self.tr("The files are being listed…")
        if self._failure:
            return self._failure
        scan = self.form.scan
        if scan is None:
            return self.tr("Choose a folder or a file first.")
        if scan.detections:
            return ""
        sentences = cause_sentences(scan.causes, has_other_formats=False)
        return sentences[0] if scan.causes else self.tr("No images or texts were found here.")

    def choose(self, source: Path) -> None:
        """Scan a source."""
        self.source, self._failure = source, ""
        self.form.clear_scan()
        self._name.setText(source.name or str(source))
        self._place.setText(str(source.parent))
        self._headline.setText(self.tr("Listing…"))
        set_look(self._headline, "role", "")
        self._facts.show_rows([])
        self._suffixes.setText("")
        self._set_listing(is_listing=True)
        self._found.show()
        reader = self._reader

        def scan(tell: Tell, control: RunControl) -> "QuickScan":
            return reader.quick_scan(source, lambda n: tell(FilesCounted(count=n)), control)

        self.jobs.listing.request(scan)
        self.changed.emit()

    @Slot(object)
    def _show_count(self, event: FilesCounted) -> None:
        self._headline.setText(self.tr("%Ln file(s) found so far…", "", event.count))

    @Slot(object)
    def _on_listing(self, event: TaskEnded) -> None:
        self._set_listing(is_listing=False)
        if event.outcome is Outcome.FINISHED:
            self.form.use_scan(event.result)
            self._show_scan(event.result)
            self.source_taken.emit(self.source)
        elif event.outcome is Outcome.STOPPED:
            self._headline.setText(self.tr("Cancelled. Choose again, or something else."))
        else:
            words = explain(event.error or RuntimeError("Listing failed and gave no reason"))
            self._failure = words.happened
            self._headline.setText(f"{words.why}\n{words.hint}")
            set_look(self._headline, "role", "problem")
        self.changed.emit()
        self.edited.emit()

    def _show_scan(self, scan: "QuickScan") -> None:
        self._headline.setText(self.tr("%Ln file(s) found", "", scan.files))
        number = self.locale().toString
        rows = [
            (number(scan.images), self.tr("image files")),
            (number(scan.sounds), self.tr("sound files")),
            (number(scan.texts), self.tr("text files")),
        ]
        rows += [(number(count), reason_words(reason)) for reason, count in scan.left_out.items()]
        self._facts.show_rows([row for row in rows if row[0] != "0"])
        self._suffixes.setText(suffix_words(scan.listing.suffixes))

    def _set_listing(self, *, is_listing: bool) -> None:
        self._bar.setVisible(is_listing)
        self._cancel.setVisible(is_listing)

    def _make_zone(self) -> DropZone:
        zone = DropZone()
        refusal = plain_label(role="problem")
        refusal.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        refusal.hide()
        zone.dropped.connect(self.choose)
        zone.dropped.connect(refusal.hide)
        zone.refused.connect(refusal.setText)
        zone.refused.connect(refusal.show)
        picture = IconView(icon("import", "accent"), _ICON_SIDE)
        heading = plain_label(self.tr("Drop a folder or a file here"), role="heading")
        kinds = plain_label(
            self.tr(
                "Folders, ZIP and tar archives, tables (CSV, TSV, JSON, Parquet) and IDX files "
                "are understood."
            ),
            role="muted",
        )
        for label in (heading, kinds):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        folder = QPushButton(icon("folder"), self.tr("Choose folder…"))
        folder.clicked.connect(self._pick_folder)
        file = QPushButton(icon("open"), self.tr("Choose file or archive…"))
        file.clicked.connect(self._pick_file)
        buttons = spaced(QHBoxLayout(), SPACING)
        buttons.addStretch(1)
        for button in (folder, file):
            button.setAutoDefault(False)
            buttons.addWidget(button)
        buttons.addStretch(1)
        zone.content.addWidget(picture, alignment=Qt.AlignmentFlag.AlignHCenter)
        zone.content.addWidget(heading)
        zone.content.addWidget(kinds)
        zone.content.addWidget(refusal)
        zone.content.addSpacing(SPACING)
        zone.content.addLayout(buttons)
        return zone

    def _make_found(self) -> QFrame:
        card = QFrame()
        card.setProperty("role", "panel")
        layout = spaced(QVBoxLayout(card), SPACING, (MARGIN, MARGIN, MARGIN, MARGIN))
        top = QHBoxLayout()
        names = spaced(QVBoxLayout(), 2)
        fill(names, self._name, self._place)
        top.addLayout(names, stretch=1)
        top.addWidget(self._cancel, alignment=Qt.AlignmentFlag.AlignTop)
        fill(layout, top, self._bar, self._headline, self._facts, self._suffixes)
        return card

    def _lay_out(self) -> None:
        layout = spaced(QVBoxLayout(self), MARGIN, (0, 0, 0, 0))
        layout.addWidget(self._zone)
        if self._recent:
            layout.addWidget(self._make_recent())
        layout.addWidget(self._found)
        layout.addStretch(1)

    def _make_recent(self) -> QWidget:
        widget = QWidget()
        row = spaced(QHBoxLayout(widget), SPACING, (0, 0, 0, 0))
        row.addWidget(QLabel(self.tr("Recent:")))
        for source in self._recent:
            name = source.name or str(source)
            text = (name if len(name) <= 24 else f"{name[:22]}…").replace("&", "&&")
            button = QPushButton(icon("folder" if source.is_dir() else "open"), text)
            button.setToolTip(str(source))
            button.setAutoDefault(False)
            button.clicked.connect(lambda _checked, source=source: self.choose(source))
            row.addWidget(button)
        row.addStretch(1)
        return widget

    @Slot()
    def _pick_folder(self) -> None:
        caption = self.tr("Folder with images")
        pick_folder(self.window(), caption, self._start_folder(), self.choose)

    @Slot()
    def _pick_file(self) -> None:
        caption = self.tr("Archive, table or IDX file")
        dialog = QFileDialog(self.window(), caption, str(self._start_folder()))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.choose(Path(name)))
        dialog.open()

    def _start_folder(self) -> Path:
        known = self.source or next(iter(self._recent), None)
        return known.parent if known else Path.home()
