"""What every page of the import wizard has in common."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QFormLayout, QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from engine.control import RunControl
from engine.errors import ConfigError
from engine.importing.plan import ImportPlan
from studio.i18n import translate_engine
from studio.jobs.importing import FilesCounted, ImportJobs, ImportLooks
from studio.jobs.task import CancellingJob, Tell
from studio.models.import_form import FIELDS, ImportForm
from studio.models.setting_text import choice_text, range_text, unit_text, value_text
from studio.theme import SPACING
from studio.widgets.fields import CheckField, ChoiceField, ColourField, Field, TextField

if TYPE_CHECKING:
    from engine.importing.dry_run import ScanFacts
    from engine.importing.scan import FirstLook


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


class LookingPage(Page):
    """A page that looks at the source again, a moment after each change of the form.

    Args:
        form: what is chosen.
        jobs: of the wizard.
        looks: what the page can ask.
        asked: the jobs that answer.
    """

    def __init__(
        self, form: ImportForm, jobs: ImportJobs, looks: ImportLooks, *asked: CancellingJob
    ) -> None:
        super().__init__(form, jobs)
        self._looks, self._asked = looks, asked
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
        self.look_again()
        self._timer.stop()
        self._ask()

    def leave(self) -> None:
        """End what only this page shows."""
        self._is_shown = False
        self._timer.stop()
        for job in self._asked:
            job.forget()

    def request(self, plan: ImportPlan, look: "FirstLook") -> None:
        """Ask what the page shows of a plan."""
        raise NotImplementedError

    @Slot()
    def look_again(self) -> None:
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
        if self.form.look is not None:
            self.request(plan, self.form.look)

    def request_texts(self, plan: ImportPlan, look: "FirstLook") -> None:
        """Have all texts measured as a plan says."""
        looks, tokenizer = self._looks, self.form.tokenizer

        def scan(tell: Tell, control: RunControl) -> "ScanFacts":
            return looks.scan(plan, look, tokenizer, lambda n: tell(FilesCounted(count=n)), control)

        self.jobs.texts.request(scan)


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


def asking_column(content: QWidget) -> QScrollArea:
    """Put what a page asks into a column that scrolls where the window is low."""
    scroll = QScrollArea()
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setWidgetResizable(True)
    scroll.setWidget(content)
    scroll.setFixedWidth(FORM_WIDTH)
    return scroll


def stacked(*parts: QWidget | QFormLayout | None, is_tight: bool = False) -> QWidget:
    """Put parts below each other, with the room that is left at their end; ``None`` is a gap."""
    widget = QWidget()
    layout = QVBoxLayout(widget)
    # Room for the focus frames, and for the scroll bar beside the fields.
    layout.setContentsMargins(0, 0, SPACING, 0)
    layout.setSpacing(SPACING // 2 if is_tight else SPACING)
    for part in parts:
        if part is None:
            layout.addSpacing(SPACING)
        elif isinstance(part, QFormLayout):
            layout.addLayout(part)
        else:
            layout.addWidget(part)
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
            field.text_edited.connect(lambda text, name=name: self._take(name, text))

    def rows(self) -> QFormLayout:
        """Lay the fields out below each other."""
        # A check box carries its own label.
        return ask_rows(
            (
                "" if isinstance(field, CheckField) else translate_engine(FIELDS[name].about.label),
                field,
            )
            for name, field in self.fields.items()
        )

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

    def _take(self, name: str, text: str) -> None:
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
