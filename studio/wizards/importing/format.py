"""The second page: the format of the source, with a preview of twelve items."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from engine.events import Outcome
from engine.importing.formats.format import Detection
from engine.importing.plan import ImportPlan
from studio.errors.wording import explain
from studio.jobs.importing import FilesCounted, ImportJobs, ImportReader
from studio.jobs.preview_player import PreviewPlayer
from studio.jobs.task import TaskEnded
from studio.models.import_form import ImportForm
from studio.models.import_text import card_words, cause_sentences, joined
from studio.models.thumbnails import image_of
from studio.theme import MARGIN, SPACING
from studio.widgets.card_grid import Card, CardGrid
from studio.widgets.fields import CheckField
from studio.widgets.icons import IconView, icon
from studio.widgets.labels import fill, plain_label, spaced
from studio.wizards.importing.card_sounds import CardSounds
from studio.wizards.importing.mapping import MappingFields
from studio.wizards.importing.page import PreviewPage, lay_out_columns, stacked

if TYPE_CHECKING:
    from engine.importing.dry_run import ScanFacts
    from engine.importing.preview import PreviewItem
    from engine.importing.scan import QuickScan


class FormatPage(PreviewPage):
    """Offers the detected formats and previews the chosen one."""

    def __init__(
        self, form: ImportForm, jobs: ImportJobs, reader: ImportReader, player: PreviewPlayer
    ) -> None:
        super().__init__(form, jobs, reader, jobs.previews, jobs.texts)
        self._facts: ScanFacts | None = None
        self._items: tuple[PreviewItem, ...] = ()
        self._failure = ""
        self._choices = QButtonGroup(self)
        self._choices.idToggled.connect(self._choose)
        self._options = QWidget()
        self._option_rows = QVBoxLayout(self._options)
        self._option_rows.setContentsMargins(0, 0, 0, 0)
        self._option_rows.setSpacing(SPACING)
        self.mapping = MappingFields(form)
        self.mapping.edited.connect(self.update_preview)
        self._found = plain_label(role="heading")
        self.board = CardGrid()
        self._sounds = CardSounds(self.board, player)
        self._reasons = _Reasons()
        self._reasons.keep.text_edited.connect(self._keep_images)
        self._lay_out()
        jobs.previews.ended.connect(self._on_previews)
        jobs.texts.progressed.connect(self._show_count)
        jobs.texts.ended.connect(self._on_facts)
        self._offered: tuple[Detection, ...] = ()

    def title(self) -> str:
        """Return the title of the page."""
        return self.tr("Format")

    def explanation(self) -> str:
        """Return the explanation of the page."""
        if self.form.is_table_alone:
            return self.tr("Check that the rows are read correctly.")
        return self.tr("Check that what belongs together has been put together.")

    def refusal(self) -> str:
        """Return why the next page is not available yet."""
        if self._failure:
            return self._failure
        facts = self._facts
        if facts is None:
            has_pairs = any(item.texts and item.image is not None for item in self._items)
            return "" if has_pairs else self.tr("Looking for items…")
        keeps_images = facts.image_only > 0 and self.form.text("keep_image_only") == "True"
        if facts.pairs > 0 or facts.others > 0 or keeps_images:
            return ""
        return self.tr("No pairs were found with this format.")

    def enter(self) -> None:
        """Show the detected formats and update the preview."""
        offers = self.form.scan.detections if self.form.scan else ()
        if offers is not self._offered:
            self._offered = offers
            self._facts, self._items = None, ()
            self._show_offers()
        self.mapping.refresh()
        super().enter()

    def choose(self, name: str) -> None:
        """Choose a format, as a click on it does."""
        for number, offer in enumerate(self._offered):
            if offer.reading.format == name:
                self._choices.button(number).setChecked(True)

    def _show_offers(self) -> None:
        for button in self._choices.buttons():
            self._choices.removeButton(button)
        while (item := self._option_rows.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for number, offer in enumerate(self._offered):
            self._option_rows.addWidget(self._make_option(number, offer))

    def _make_option(self, number: int, offer: Detection) -> QWidget:
        title, sentence = self.form.format_words(offer)
        button = QRadioButton(title)
        button.setToolTip(sentence)
        self._choices.blockSignals(True)  # noqa: FBT003 - Qt's signature
        self._choices.addButton(button, number)
        button.setChecked(offer.reading.format == self.form.reading.format)
        self._choices.blockSignals(False)  # noqa: FBT003 - Qt's signature
        count = self._count_words(offer)
        note = plain_label(f"{sentence} {count}".strip(), role="muted")
        note.setIndent(22)
        return stacked(button, note, is_tight=True)

    def _count_words(self, offer: Detection) -> str:
        scan = self.form.scan
        if scan is not None and self.form.takes_sounds:
            return self.tr("%Ln sound(s)", "", scan.sounds)
        return self.tr("%Ln image(s)", "", offer.images) if offer.images else ""

    @Slot(int, bool)
    def _choose(self, number: int, is_chosen: bool) -> None:  # noqa: FBT001 - a Qt slot
        if is_chosen:
            self.form.choose_format(self._offered[number].reading.format)
            self._facts, self._items = None, ()
            self.mapping.refresh()
            self.update_preview()

    @Slot()
    def update_preview(self) -> None:
        """Dim the outdated preview and request a new one."""
        self._facts, self._failure = None, ""
        self.board.set_dimmed(is_dimmed=True)
        self._found.setText(self.tr("Updating…"))
        self._reasons.hide()
        super().update_preview()

    def request(self, plan: ImportPlan, scan: "QuickScan") -> None:
        """Request twelve items and the statistics of all texts."""
        reader = self._reader
        self.jobs.previews.request(lambda _tell, control: reader.preview(plan, scan, control))
        super().request(plan, scan)

    @Slot(object)
    def _on_previews(self, event: TaskEnded) -> None:
        if event.outcome is Outcome.FINISHED and self._is_shown:
            self._items = event.result
            self._show_items()
            self.board.set_dimmed(is_dimmed=False)
        self._show_failure(event)

    @Slot(object)
    def _show_count(self, event: FilesCounted) -> None:
        if self._is_shown and event.count:
            self._found.setText(self.tr("%Ln item(s) found so far…", "", event.count))

    @Slot(object)
    def _on_facts(self, event: TaskEnded) -> None:
        if not self._is_shown:
            return
        if event.outcome is Outcome.FINISHED:
            facts: ScanFacts = event.result
            self._facts = self.form.facts = facts
            self._show_facts(facts)
            if not self.form.reading.words and facts.labels != self.form.labels:
                self.form.labels = facts.labels
                self.mapping.refresh()
        self._show_failure(event)

    def _show_failure(self, event: TaskEnded) -> None:
        if event.outcome is Outcome.FAILED and self._is_shown:
            words = explain(event.error or RuntimeError("The scan failed and gave no reason"))
            self._failure = self.tr("This format cannot read the source.")
            self._found.setText(words.why)
            self._items = ()
            self._show_items()
        self.changed.emit()

    def _show_items(self) -> None:
        self.board.show_cards([_card(item, self.tr("Play or stop")) for item in self._items])
        self._sounds.show_sounds([next(iter(item.sounds), None) for item in self._items])

    def _show_facts(self, facts: "ScanFacts") -> None:
        is_empty = not facts.pairs and not facts.others
        parts = [self.tr("%Ln pair(s)", "", facts.pairs)] if facts.pairs or is_empty else []
        if facts.several:
            parts.append(self.tr("%Ln image(s) with several texts", "", facts.several))
        if facts.image_only:
            parts.append(self.tr("%Ln image(s) without text", "", facts.image_only))
        if facts.text_only:
            parts.append(self.tr("%Ln text(s) without image", "", facts.text_only))
        if facts.with_sound:
            parts.append(self.tr("%Ln item(s) with a sound", "", facts.with_sound))
        if facts.with_cells:
            parts.append(self.tr("%Ln row(s) of a table", "", facts.with_cells))
        self._found.setText(joined(parts))
        if is_empty:
            sentences = cause_sentences(facts.reasons, has_other_formats=len(self._offered) > 1)
            self._reasons.show_reasons(sentences, has_images=facts.image_only > 0)
            self._reasons.keep.set_text(self.form.text("keep_image_only"))
        self._reasons.setVisible(is_empty)

    def leave(self) -> None:
        """Stop the sound that is playing."""
        super().leave()
        self._sounds.stop()

    @Slot(str)
    def _keep_images(self, text: str) -> None:
        self.form.set_text("keep_image_only", text)
        self.changed.emit()
        self.edited.emit()

    def _lay_out(self) -> None:
        ask = stacked(self._options, None, self.mapping)
        show = spaced(QVBoxLayout(), SPACING)
        fill(show, self._found, self._reasons)
        show.addWidget(self.board, stretch=1)
        lay_out_columns(self, ask, show)


class _Reasons(QFrame):
    """Explains why there is no pair."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.keep = CheckField(self.tr("Import the images without texts"))
        self._lines = [plain_label() for _number in range(3)]
        head = spaced(QHBoxLayout(), SPACING)
        head.addWidget(IconView(icon("warning"), 20))
        title = QLabel(self.tr("No pair was found. The likeliest reasons:"))
        title.setProperty("role", "heading")
        head.addWidget(title, stretch=1)
        layout = spaced(QVBoxLayout(self), SPACING, (MARGIN, MARGIN, MARGIN, MARGIN))
        layout.addLayout(head)
        for line in self._lines:
            layout.addWidget(line)
        layout.addWidget(self.keep)
        self.hide()

    def show_reasons(self, sentences: list[str], *, has_images: bool) -> None:
        """Show three sentences and, if there are images, the option to import them alone."""
        for number, (line, sentence) in enumerate(zip(self._lines, sentences, strict=True), 1):
            line.setText(f"{number}.  {sentence}")
        self.keep.setVisible(has_images)


def _card(item: "PreviewItem", play: str) -> Card:
    pixels = item.image
    if pixels is None and item.sounds:
        pixels = item.sounds[0].picture
    text = " / ".join(item.texts)
    problem = card_words(item.problem) if item.problem else ""
    cells = tuple((name, str(cell)) for name, cell in item.cells.items() if cell not in (None, ""))
    rows = (f"{name}: {cell}" for name, cell in cells)
    return Card(
        pictures=() if pixels is None else (image_of(pixels),),
        text=text,
        cells=cells,
        sound=play if item.sounds else "",
        problem=problem,
        tip="\n".join(filter(None, [item.key, *item.texts, *rows, problem, item.detail])),
    )
