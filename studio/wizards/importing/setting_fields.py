"""Fields made from what the engine says about an import's settings."""

from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFormLayout

from studio.i18n import translate_engine
from studio.models.import_form import FIELDS, ImportForm
from studio.models.setting_text import choice_text, range_text, unit_text, value_text
from studio.widgets.check_field import CheckField
from studio.widgets.choice_field import ChoiceField
from studio.widgets.colour_field import ColourField
from studio.widgets.text_field import TextField
from studio.wizards.importing.page import ask_rows

SettingField = TextField | ChoiceField | ColourField | CheckField
_COLOURS = ("pictures.background",)


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
