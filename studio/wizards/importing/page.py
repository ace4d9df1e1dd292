"""What every page of the import wizard has in common."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QLayout, QVBoxLayout, QWidget

from engine.control import RunControl
from engine.errors import ConfigError
from engine.importing.plan import ImportPlan
from studio.i18n import translate_engine
from studio.jobs.importing import FilesCounted, ImportJobs, ImportReader
from studio.jobs.task import CancellingJob, Tell
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
"""Logical pixels of the column that asks; the rest of a page shows."""


class Page(QWidget):
    """One page. It shows the form, changes it, and says whether the next page may come."""

    changed = Signal()
    """Whether the next page may come has changed, or why it may not."""
    edited = Signal()
    """The form has changed."""

    def __init__(self, form: ImportForm, jobs: ImportJobs) -> None:
        super().__init__()
        self.form, self.jobs = form, jobs

    def title(self) -> str:
        """Name the page, in a word or two."""
        raise NotImplementedError

    def explanation(self) -> str:
        """Say in a sentence what the page is for."""
        raise NotImplementedError

    def refusal(self) -> str:
        """Say why the next page may not come; empty when it may."""
        return ""

    def enter(self) -> None:
        """Come into view; what earlier pages changed is looked at again."""

    def leave(self) -> None:
        """Go out of view; work that only this page needs is ended."""


class PreviewPage(Page):
    """A page whose preview is updated shortly after each change of the form.

    Args:
        form: what is chosen.
        jobs: of the wizard.
        reader: what the page can ask.
        asked: the jobs that answer.
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
        """Whether what is shown is what is chosen."""
        return not (self._timer.isActive() or any(job.is_running for job in self._asked))

    def enter(self) -> None:
        """Look as the form says, without delay."""
        self._is_shown = True
        self.update_preview()
        self._timer.stop()
        self._ask()

    def leave(self) -> None:
        """End what only this page shows."""
        self._is_shown = False
        self._timer.stop()
        for job in self._asked:
            job.forget()

    def request(self, plan: ImportPlan, scan: "QuickScan") -> None:
        """Request the preview of a plan; by default the statistics of all texts."""
        reader, tokenizer = self._reader, self.form.tokenizer

        def read(tell: Tell, control: RunControl) -> "ScanFacts":
            def count(number: int) -> None:
                tell(FilesCounted(count=number))

            return reader.scan(plan, scan, tokenizer, count, control)

        self.jobs.texts.request(read)

    @Slot()
    def update_preview(self) -> None:
        """Ask anew in a moment: the form has changed."""
        self._timer.start()
        self.changed.emit()
        self.edited.emit()

    @Slot()
    def _ask(self) -> None:
        try:
            plan = self.form.plan()
        except ConfigError:
            # A field is wrong, of this page or of a later one; it says so itself.
            return
        if self.form.scan is not None:
            self.request(plan, self.form.scan)


def ask_rows(rows: Iterable[tuple[str, Field]]) -> QFormLayout:
    """Make a form whose labels stand above their fields."""
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
    """Put parts below each other, with the room that is left at their end; ``None`` is a gap."""
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


# --------------------------------------------------------------------------
# Fields made from what the engine says about an import's settings.


SettingField = TextField | ChoiceField | ColourField | CheckField
_COLOURS = ("images.background",)


class SettingFields(QObject):
    """Some settings of the form as fields, which turn red and say why where they are wrong."""

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
        """Show what stands in the form, and what is wrong with it."""
        problems = self._form.problems()
        for name, field in self.fields.items():
            field.set_text(self._form.text(name))
            field.set_problem(problems.get(name, ""))

    def problem(self) -> str:
        """Say the first thing that is wrong with these fields; empty when nothing is."""
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
