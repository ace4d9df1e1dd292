"""Rows of a form, made from what the engine says about its settings."""

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFormLayout, QLabel, QSizePolicy

from studio.i18n import translate_engine
from studio.models.run_form import FIELDS, FormField, RunForm
from studio.models.setting_text import choice_text, tooltip_text, unit_text, value_text
from studio.theme import SPACING
from studio.widgets.choice_field import ChoiceField
from studio.widgets.field import Field
from studio.widgets.look import set_look
from studio.widgets.text_field import TextField

SettingField = TextField | ChoiceField


class SettingRows(QObject):
    """A label and a field for each setting; a setting that differs from its preset stands bold."""

    edited = Signal()

    def __init__(self, form: RunForm, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._form = form
        self._fields: dict[str, SettingField] = {}
        self._labels: dict[str, QLabel] = {}
        self._layouts: dict[str, QFormLayout] = {}

    def add_to(self, layout: QFormLayout, names: Iterable[str]) -> None:
        """Make the rows of some settings, by their dotted names."""
        for name in names:
            about = FIELDS[name]
            self._layouts[name] = layout
            field = self._fields[name] = _make_field(about)
            field.text_edited.connect(lambda text, name=name: self._take(name, text))
            self._labels[name] = add_row(layout, translate_engine(about.about.label), field)

    def refresh(self, problems: Mapping[str, str]) -> None:
        """Show what stands in the form, and what is wrong with it."""
        for name, field in self._fields.items():
            field.set_text(self._form.text(name))
            field.set_problem(problems.get(name, ""))
            about = FIELDS[name].about
            default = self._form.preset_text(name)
            if about.choices:
                default = choice_text(about, default)
            field.set_help(tooltip_text(about, default), translate_engine(about.label))
            self._labels[name].setToolTip(field.toolTip())
            set_look(self._labels[name], "modified", self._form.is_modified(name))
            self._layouts[name].setRowVisible(field, self._form.matters(name))

    def _take(self, name: str, text: str) -> None:
        self._form.set_text(name, text)
        self.edited.emit()


def form_layout() -> QFormLayout:
    """Make a form whose labels stand left of their fields and whose rows may grow."""
    layout = QFormLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setHorizontalSpacing(SPACING)
    layout.setVerticalSpacing(SPACING)
    layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    layout.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
    return layout


def add_row(layout: QFormLayout, text: str, field: Field) -> QLabel:
    """Add a row and give its label, which keeps to the height of one line."""
    label = QLabel(text)
    label.setBuddy(field)
    label.setContentsMargins(0, 5, 0, 0)
    label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
    layout.addRow(label, field)
    return label


def _make_field(field: FormField) -> SettingField:
    about = field.about
    if not about.choices:
        return TextField(unit=unit_text(about))
    choices = ChoiceField()
    choices.set_choices(
        (value_text(choice), choice_text(about, choice)) for choice in about.choices
    )
    return choices
