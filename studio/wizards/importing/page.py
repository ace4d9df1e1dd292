"""Base classes and layout helpers of the import wizard's pages."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QLayout, QVBoxLayout, QWidget

from engine.control import RunControl
from engine.errors import ConfigError
from engine.events import Outcome
from engine.importing.plan import ImportPlan
from studio.errors.wording import Explanation, explain
from studio.i18n import translate_engine
from studio.jobs.importing import FilesCounted, ImportJobs, ImportReader
from studio.jobs.task import CancellingJob, TaskEnded, Tell
from studio.models.import_form import FIELDS, ImportForm
from studio.models.setting_text import choice_text, range_text, unit_text, value_text
from studio.theme import GAP, SPACING
from studio.widgets.fields import CheckField, ChoiceField, ColourField, Field, TextField
from studio.widgets.labels import fill, scrolling, spaced

if TYPE_CHECKING:
    from engine.importing.dry_run import ScanFacts
    from engine.importing.scan import QuickScan


DEBOUNCE_MS = 200
FORM_WIDTH = 290
"""Width of the form column in logical pixels; the preview takes the rest."""


class Page(QWidget):
    """A page of the wizard, which shows and edits the form."""

    changed = Signal()
    """``refusal`` may have changed."""
    edited = Signal()
    """The form has changed."""

    def __init__(self, form: ImportForm, jobs: ImportJobs) -> None:
        super().__init__()
        self.form, self.jobs = form, jobs

    def title(self) -> str:
        """Return the title of the page, a word or two."""
        raise NotImplementedError

    def explanation(self) -> str:
        """Return a sentence that explains the page."""
        raise NotImplementedError

    def is_needed(self) -> bool:
        """Return whether the source holds what the page is about; else it is skipped."""
        return True

    def refusal(self) -> str:
        """Return why the next page is not available; empty if it is."""
        return ""

    def enter(self) -> None:
        """Update the page when it is shown, as earlier pages may have changed."""

    def leave(self) -> None:
        """Cancel the work of this page when it is hidden."""


class PreviewPage(Page):
    """A page whose preview is updated shortly after each change of the form.

    Args:
        form: of the wizard.
        jobs: of the wizard.
        reader: reads the source.
        asked: the jobs that the preview waits for.
    """

    def __init__(
        self, form: ImportForm, jobs: ImportJobs, reader: ImportReader, *asked: CancellingJob
    ) -> None:
        super().__init__(form, jobs)
        self._reader, self._asked = reader, asked
        self._is_shown = False
        self._timer = QTimer(self, singleShot=True, interval=DEBOUNCE_MS)
        self._timer.timeout.connect(self._ask)

    @property
    def has_answers(self) -> bool:
        """Whether the preview is up to date."""
        return not (self._timer.isActive() or any(job.is_running for job in self._asked))

    def enter(self) -> None:
        """Update the preview at once."""
        self._is_shown = True
        self.update_preview()
        self._timer.stop()
        self._ask()

    def leave(self) -> None:
        """Cancel the preview."""
        self._is_shown = False
        self._timer.stop()
        for job in self._asked:
            job.forget()

    def request(self, plan: ImportPlan, scan: "QuickScan") -> None:
        """Request the preview of a plan; by default the statistics of all texts."""
        reader, data = self._reader, self.form.data

        def read(tell: Tell, control: RunControl) -> "ScanFacts":
            def count(number: int) -> None:
                tell(FilesCounted(count=number))

            return reader.scan(plan, scan, data, count, control)

        self.jobs.texts.request(read)

    @Slot()
    def update_preview(self) -> None:
        """Update the preview after a short delay, because the form has changed."""
        self._timer.start()
        self.changed.emit()
        self.edited.emit()

    def show_answer(self, answer: Any) -> None:
        """Show what a job found."""
        raise NotImplementedError

    def show_failure(self, words: Explanation) -> None:
        """Say why a job found nothing."""
        raise NotImplementedError

    @Slot(object)
    def take_answer(self, event: TaskEnded) -> None:
        """Show how a job ended, unless the page was left meanwhile."""
        if not self._is_shown:
            return
        if event.outcome is Outcome.FINISHED:
            self.show_answer(event.result)
        elif event.outcome is Outcome.FAILED:
            error = event.error or RuntimeError("The scan failed and gave no reason")
            self.show_failure(explain(error))
        self.changed.emit()

    @Slot()
    def _ask(self) -> None:
        try:
            plan = self.form.plan()
        except ConfigError:
            # A field is invalid, on this page or a later one; it shows the problem itself.
            return
        if self.form.scan is not None:
            self.request(plan, self.form.scan)


def ask_rows(rows: Iterable[tuple[str, Field]]) -> QFormLayout:
    """Create a form layout with labels above their fields."""
    layout = QFormLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setVerticalSpacing(SPACING)
    layout.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
    layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    for text, field in rows:
        if not text:
            layout.addRow(field)
            continue
        label = QLabel(text)
        label.setBuddy(field)
        layout.addRow(label, field)
    return layout


def lay_out_columns(page: QWidget, form: QWidget, preview: QLayout) -> None:
    """Lay out a page with a scrolling form on the left and its preview on the right."""
    column = scrolling(form)
    column.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    column.setFixedWidth(FORM_WIDTH)
    layout = spaced(QHBoxLayout(page), GAP, (0, 0, 0, 0))
    layout.addWidget(column)
    layout.addLayout(preview, stretch=1)


def stacked(*parts: QWidget | QFormLayout | None, is_tight: bool = False) -> QWidget:
    """Stack parts from the top; ``None`` is a gap."""
    widget = QWidget()
    # The right margin leaves room for focus frames and the scroll bar.
    spacing = SPACING // 2 if is_tight else SPACING
    layout = spaced(QVBoxLayout(widget), spacing, (0, 0, SPACING, 0))
    for part in parts:
        if part is None:
            layout.addSpacing(SPACING)
        else:
            fill(layout, part)
    layout.addStretch(1)
    return widget


SettingField = TextField | ChoiceField | ColourField | CheckField
_COLOURS = ("images.background",)


class SettingFields(QObject):
    """Fields for some settings of the form, created from the engine's declarations."""

    edited = Signal()

    def __init__(self, form: ImportForm, names: Iterable[str], parent: QObject) -> None:
        super().__init__(parent)
        self._form = form
        self.fields: dict[str, SettingField] = {name: _make(name) for name in names}
        for name, field in self.fields.items():
            about = FIELDS[name].about
            help_text = "\n".join(filter(None, [translate_engine(about.help), range_text(about)]))
            field.set_help(help_text, translate_engine(about.label))
            field.text_edited.connect(lambda text, name=name: self._on_edit(name, text))

    def rows(self) -> QFormLayout:
        """Lay out the fields below each other; a check box has its own label."""
        labels = {name: translate_engine(FIELDS[name].about.label) for name in self.fields}
        fields = self.fields.items()
        return ask_rows(("" if isinstance(f, CheckField) else labels[n], f) for n, f in fields)

    def refresh(self) -> None:
        """Show the values of the form and their problems."""
        problems = self._form.problems()
        for name, field in self.fields.items():
            field.set_text(self._form.text(name))
            field.set_problem(problems.get(name, ""))

    def problem(self) -> str:
        """Return the first problem of these fields, or an empty string."""
        problems = self._form.problems()
        for name in self.fields:
            if name in problems:
                return f"{translate_engine(FIELDS[name].about.label)}: {problems[name]}"
        return ""

    def _on_edit(self, name: str, text: str) -> None:
        self._form.set_text(name, text)
        self.refresh()
        self.edited.emit()


def _make(name: str) -> SettingField:
    about = FIELDS[name].about
    if name in _COLOURS:
        return ColourField()
    if about.choices == (False, True):
        return CheckField(translate_engine(about.label))
    if not about.choices:
        return TextField(unit=unit_text(about))
    choices = ChoiceField()
    choices.set_choices(
        (value_text(choice), choice_text(about, choice)) for choice in about.choices
    )
    return choices
