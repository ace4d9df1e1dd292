"""Form rows generated from the engine's settings, and the setup fields above them."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QFormLayout, QFrame, QLabel, QSizePolicy, QVBoxLayout, QWidget

from engine.config.presets import PRESETS
from engine.data.starters import STARTERS
from engine.runs.branching import BranchStart
from studio.i18n import translate_engine
from studio.models.run_form import FIELDS, FormField, RunForm
from studio.models.run_state import count_text
from studio.models.setting_text import choice_text, tooltip_text, unit_text, value_text
from studio.theme import SPACING
from studio.widgets.buttons import push_button
from studio.widgets.fields import ChoiceField, Field, TextField
from studio.widgets.folder_dialog import pick_folder
from studio.widgets.labels import fill, plain_label, set_look, spaced

SettingField = TextField | ChoiceField


class SettingRows(QObject):
    """Label and field of each setting; the label is bold if the value differs from the preset."""

    edited = Signal()

    def __init__(self, form: RunForm, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._form = form
        self._fields: dict[str, SettingField] = {}
        self._labels: dict[str, QLabel] = {}
        self._layouts: dict[str, QFormLayout] = {}

    def add_to(self, layout: QFormLayout, names: Iterable[str]) -> None:
        """Add rows for settings, given by their dotted names."""
        for name in names:
            about = FIELDS[name]
            self._layouts[name] = layout
            field = self._fields[name] = _make_field(about)
            field.text_edited.connect(lambda text, name=name: self._on_edited(name, text))
            self._labels[name] = add_row(layout, translate_engine(about.about.label), field)

    def refresh(self, problems: Mapping[str, str]) -> None:
        """Update values, validation errors and help texts from the form."""
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
        if "data.text_length" in self._fields:
            self._fields["data.text_length"].set_hint(self._cost_words())

    def _cost_words(self) -> str:
        longest = self._form.longest_text()
        if longest is None:
            return ""
        length, cost = longest
        text = self.tr(
            "With {0} tokens a text and a full vocabulary: about {1} times a training step of "
            "digits, {2} times the memory."
        )
        return text.format(length, f"{cost.step:.1f}", f"{cost.memory:.1f}")

    def _on_edited(self, name: str, text: str) -> None:
        self._form.set_text(name, text)
        self.edited.emit()


def form_layout() -> QFormLayout:
    """Create a form layout with labels at the top left of growing fields."""
    layout = QFormLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setHorizontalSpacing(SPACING)
    layout.setVerticalSpacing(SPACING)
    layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    layout.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
    return layout


def add_row(layout: QFormLayout, text: str, field: Field) -> QLabel:
    """Add a row and return its label."""
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


_OTHER = "other"
_STARTER, _FOLDER = "starter:", "folder:"


class RunSetupFields(QObject):
    """Fields for dataset, preset and name of a run."""

    edited = Signal()

    def __init__(self, form: RunForm, parent: QWidget) -> None:
        super().__init__(parent)
        self._form = form
        self._window = parent
        self.dataset = ChoiceField()
        self.dataset.text_edited.connect(self._on_dataset)
        self.preset = ChoiceField()
        self.preset.set_choices((name, translate_engine(PRESETS[name].title)) for name in PRESETS)
        self.preset.text_edited.connect(self._on_preset)
        self.name = TextField()
        self.name.text_edited.connect(self._on_name)

    def add_to(self, layout: QFormLayout) -> None:
        """Add the rows to a layout."""
        rows = (
            (self.dataset, self.tr("Dataset"), self.tr("The pairs of image and text to learn")),
            (
                self.preset,
                self.tr("Preset"),
                self.tr("A set of values that fit a kind of machine; choosing one sets them all"),
            ),
            (
                self.name,
                self.tr("Name"),
                self.tr("The run's folder in the workspace; empty it for a name by date"),
            ),
        )
        for field, label, help_text in rows:
            add_row(layout, label, field).setToolTip(help_text)
            field.set_help(help_text, label)

    def refresh(self, problems: dict[str, str]) -> None:
        """Update values, validation errors and help texts from the form."""
        starters = [(_STARTER + s.name, translate_engine(s.title)) for s in STARTERS.values()]
        folders = [(f"{_FOLDER}{folder}", folder.name) for folder in self._form.recent]
        line = [("", "")] if folders else []
        other = (_OTHER, self.tr("Other folder…"))
        self.dataset.set_choices([*starters, *line, *folders, ("", ""), other])
        self.dataset.set_text(self._dataset_key())
        starter = STARTERS.get(self._form.starter)
        self.dataset.set_hint(
            translate_engine(starter.summary) if starter else str(self._form.dataset)
        )
        self.dataset.set_problem(problems.get("dataset", ""))
        self.preset.set_text(self._form.preset)
        preset = PRESETS[self._form.preset]
        lines = [translate_engine(text) for text in (preset.summary, preset.note) if text]
        self.preset.set_hint("\n".join(lines))
        self.name.set_text(self._form.name)
        self.name.set_problem(problems.get("name", ""))

    def _dataset_key(self) -> str:
        if self._form.starter:
            return _STARTER + self._form.starter
        return f"{_FOLDER}{self._form.dataset}"

    @Slot(str)
    def _on_dataset(self, key: str) -> None:
        if key == _OTHER:
            caption = self.tr("Folder of a dataset")
            start = self._form.workspace / "datasets"
            self.dataset.set_text(self._dataset_key())
            pick_folder(self._window, caption, start, self._on_folder)
            return
        if key.startswith(_STARTER):
            self._form.choose_starter(key.removeprefix(_STARTER))
        else:
            self._form.choose_dataset(Path(key.removeprefix(_FOLDER)))
        self.edited.emit()

    def _on_folder(self, folder: Path) -> None:
        self._form.choose_dataset(folder)
        self.edited.emit()

    @Slot(str)
    def _on_preset(self, name: str) -> None:
        self._form.choose_preset(name)
        self.edited.emit()

    @Slot(str)
    def _on_name(self, name: str) -> None:
        self._form.rename(name)
        self.edited.emit()


class ForkOriginLabel(QFrame):
    """Names the checkpoint that the next run branches from; hidden if there is none."""

    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self._text = plain_label()
        tip = self.tr("Start from the beginning; the settings stay")
        text = self.tr("Cancel branch")
        self.cancel = push_button(text, self.cancel_requested, role="small", tip=tip)
        layout = spaced(QVBoxLayout(self), SPACING, (SPACING, SPACING, SPACING, SPACING))
        fill(layout, self._text, self.cancel)
        self.hide()

    @property
    def text(self) -> str:
        """The text."""
        return self._text.text()

    def show_branch(self, start: BranchStart | None) -> None:
        """Show the origin of a branch, or hide the label."""
        self.setVisible(start is not None)
        if start is not None:
            text = self.tr("A branch of {0}, from {1} after {2} images.")
            images = count_text(start.images_seen)
            self._text.setText(text.format(start.source.name, start.checkpoint.name, images))
