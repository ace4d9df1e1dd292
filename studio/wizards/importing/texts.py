"""The page about texts: how they are processed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from engine.config.forecast import text_cost
from engine.config.run import resolved_text_encoding
from engine.data.text_choice import MAX_OOV_SHARE, MIN_BPE_TEXTS
from studio.errors.wording import Explanation
from studio.jobs.importing import FilesCounted, ImportJobs, ImportReader
from studio.models.import_form import RUN_NAMES, ImportForm
from studio.models.import_text import joined, script_words
from studio.theme import GAP, SPACING
from studio.widgets.bar_plot import BarChart
from studio.widgets.labels import fill, plain_label, spaced
from studio.wizards.importing.page import (
    PreviewPage,
    SettingFields,
    lay_out_columns,
    stacked,
)

if TYPE_CHECKING:
    from engine.data.text_choice import TextChoice
    from engine.importing.dry_run import ScanFacts
    from engine.importing.text_stats import TextFacts

NAMES = ("texts.case", "texts.punctuation", "texts.captions", "texts.min_count", "texts.max_words")
_SHOWN_SCRIPTS = 4
_WORDS_WIDTH = 196


class TextsPage(PreviewPage):
    """Shows texts before and after processing, with statistics."""

    def __init__(self, form: ImportForm, jobs: ImportJobs, reader: ImportReader) -> None:
        super().__init__(form, jobs, reader, jobs.texts)
        self.fields = SettingFields(form, NAMES, self)
        self.fields.edited.connect(self.update_preview)
        self.run_fields = SettingFields(form, RUN_NAMES, self)
        self.run_fields.edited.connect(self._on_run_edited)
        self._facts_shown: TextFacts | None = None
        self._choice = plain_label(role="muted")
        self.cost = plain_label(role="muted")
        self.cost.setToolTip(
            self.tr(
                "Measured on a CPU with the preset for it; networks for larger images make texts "
                "count for less."
            )
        )
        self._headline = plain_label(role="heading")
        self._facts = plain_label(role="muted")
        self._lengths = QLabel()
        self._lengths.setProperty("role", "heading")
        self.chart = BarChart()
        self.chart.setAccessibleName(self.tr("How long the texts are"))
        self._vocabulary = plain_label(role="heading")
        self.words = _table([self.tr("Unit"), self.tr("Count")])
        self.samples = _table([self.tr("Before"), self.tr("After")])
        rows = self.samples.verticalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self._lay_out()
        jobs.texts.progressed.connect(self._show_count)
        jobs.texts.ended.connect(self.take_answer)

    def title(self) -> str:
        """Return the title of the page."""
        return self.tr("Texts")

    def explanation(self) -> str:
        """Return the explanation of the page."""
        return self.tr("Choose how texts are processed. The source files are not changed.")

    def is_needed(self) -> bool:
        """Return whether the source holds texts."""
        return self.form.has_texts

    def refusal(self) -> str:
        """Return the first invalid field."""
        return self.fields.problem() or self.run_fields.problem()

    def enter(self) -> None:
        """Update the fields and the statistics."""
        self.fields.refresh()
        self.run_fields.refresh()
        super().enter()

    @Slot()
    def _on_run_edited(self) -> None:
        # The cost needs no reading; the rest follows when the texts are split again.
        self._show_cost()
        self.update_preview()

    @Slot()
    def update_preview(self) -> None:
        """Request new statistics and show that they are pending."""
        if not self.refusal():
            self._headline.setText(self.tr("Reading the texts…"))
        super().update_preview()

    @Slot(object)
    def _show_count(self, event: FilesCounted) -> None:
        if self._is_shown and event.count:
            self._headline.setText(self.tr("%Ln item(s) read so far…", "", event.count))

    def show_failure(self, words: Explanation) -> None:
        """Say why nothing could be read."""
        self._headline.setText(words.happened)
        self._facts.setText(words.why)

    def show_answer(self, answer: "ScanFacts") -> None:
        """Show what was found."""
        texts = answer.texts
        count = self.tr("%Ln text(s)", "", texts.count)
        distinct = self.tr("%Ln of them different", "", texts.distinct)
        self._headline.setText(joined([count, distinct]))
        emptied = self.tr("%Ln text(s) would be empty", "", answer.emptied)
        self._facts.setText(joined([self._scripts(texts), emptied if answer.emptied else ""]))
        self._facts.setVisible(bool(self._facts.text()))
        self._facts_shown = texts
        self._show_choice(texts.choice)
        self._show_cost()
        self._show_lengths(texts)
        self._show_words(texts)
        self._show_samples(answer.samples)

    def _scripts(self, texts: "TextFacts") -> str:
        percent = self.tr("{0} {1} %")
        parts = [*texts.languages, *texts.scripts]
        return joined(
            [
                percent.format(script_words(name), max(1, round(100 * share)))
                for name, share in parts[:_SHOWN_SCRIPTS]
                if share > 0
            ]
        )

    def _show_choice(self, choice: "TextChoice") -> None:
        """Say which tokenizer the data chose, and why."""
        if choice.tokenizer == "bpe":
            text = self.tr(
                "Pieces of words: as whole words {0} % of a new text would be unknown, and the "
                "limit is {1} % for {2} texts and more."
            )
        else:
            text = self.tr(
                "Whole words: {0} % of a new text would be unknown. Pieces of words are chosen "
                "from {1} % and {2} texts on."
            )
        values = [f"{100 * choice.oov_share:.1f}", f"{100 * MAX_OOV_SHARE:g}"]
        self._choice.setText(text.format(*values, self.locale().toString(MIN_BPE_TEXTS)))
        self._choice.setVisible(choice.is_automatic)

    @Slot()
    def _show_cost(self) -> None:
        """Say what a step costs with the length and vocabulary of the fields."""
        facts, data = self._facts_shown, self.form.data
        self.cost.setVisible(bool(facts and facts.count and not self.run_fields.problem()))
        if facts is None:
            return
        size = min(facts.choice.vocabulary_size, data.vocabulary_size)
        length = data.text_length or facts.choice.length
        encoding = resolved_text_encoding("auto", "hybrid", size)
        cost = text_cost(vocabulary_size=size, length=length, encoding=encoding)
        text = self.tr("About {0} times a training step of digits, {1} times the memory.")
        self.cost.setText(text.format(f"{cost.step:.1f}", f"{cost.memory:.1f}"))

    def _show_lengths(self, texts: "TextFacts") -> None:
        units = {
            "word": self.tr("Length in words and signs"),
            "bpe": self.tr("Length in pieces of words"),
            "characters": self.tr("Length in characters"),
        }
        choice = texts.choice
        self._lengths.setText(units[choice.tokenizer])
        self.chart.show_counts(texts.lengths, tip=self.tr("Length {0}: {1} texts"))
        # One token of the length is the end of the text.
        held = self.tr("Length {0} with the end holds {1} % of the texts whole")
        mark = held.format(choice.length, f"{100 * choice.covered:.4g}")
        self.chart.show_mark(choice.length - 1, mark if texts.count else "")

    def _show_words(self, texts: "TextFacts") -> None:
        size = self.tr("%Ln different unit(s)", "", texts.vocabulary_size)
        self._vocabulary.setText(joined([size, self.tr("%Ln only once", "", texts.once)]))
        number = self.locale().toString
        # Show a space as a visible mark.
        shown = [(unit.replace(" ", "␣"), number(count)) for unit, count in texts.frequent]
        _fill(self.words, shown)

    def _show_samples(self, samples: Sequence[tuple[str, str]]) -> None:
        gone = self.tr("(empty)")
        _fill(self.samples, [(before, after or gone) for before, after in samples])
        for row, (before, after) in enumerate(samples):
            item = self.samples.item(row, 1)
            if item is not None and before != after:
                font = item.font()
                font.setBold(True)
                item.setFont(font)

    def _lay_out(self) -> None:
        heading = plain_label(self.tr("In a run"), role="heading")
        note = plain_label(
            self.tr("The dataset keeps the full texts. This is how a run would read them."),
            role="muted",
        )
        run = self.run_fields.rows()
        ask = stacked(self.fields.rows(), None, heading, note, run)
        lower = spaced(QHBoxLayout(), GAP)
        lower.addWidget(_titled(QLabel(self.tr("Texts before and after")), self.samples), 1)
        words = _titled(self._vocabulary, self.words)
        words.setFixedWidth(_WORDS_WIDTH)
        lower.addWidget(words)
        self.samples.setWordWrap(True)
        show = spaced(QVBoxLayout(), SPACING)
        fill(show, self._headline, self._facts, self._lengths, self._choice, self.chart, self.cost)
        show.addLayout(lower, stretch=1)
        lay_out_columns(self, ask, show)


def _titled(title: QLabel, content: QWidget) -> QWidget:
    title.setProperty("role", "heading")
    widget = QWidget()
    layout = spaced(QVBoxLayout(widget), SPACING // 2, (0, 0, 0, 0))
    layout.addWidget(title)
    layout.addWidget(content, stretch=1)
    return widget


def _table(headers: list[str]) -> QTableWidget:
    table = QTableWidget(0, len(headers))
    table.setProperty("role", "view")
    table.setHorizontalHeaderLabels(headers)
    table.verticalHeader().hide()
    table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    table.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
    table.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    table.setFrameShape(QFrame.Shape.NoFrame)
    table.setShowGrid(False)
    table.setAlternatingRowColors(True)
    header = table.horizontalHeader()
    header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setHighlightSections(False)
    return table


def _fill(table: QTableWidget, rows: Sequence[tuple[str, str]]) -> None:
    table.setRowCount(len(rows))
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            item = QTableWidgetItem(text)
            item.setToolTip(text)
            table.setItem(number, column, item)
