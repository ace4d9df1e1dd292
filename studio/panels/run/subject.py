"""The first rows of the form: dataset, preset and name of a run."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QFormLayout, QWidget

from engine.config.presets import PRESETS
from engine.data.starters import STARTERS
from studio.i18n import translate_engine
from studio.models.run_form import RunForm
from studio.panels.run.rows import add_row
from studio.widgets.choice_field import ChoiceField
from studio.widgets.folder_dialog import pick_folder
from studio.widgets.text_field import TextField

_OTHER = "other"
_STARTER, _FOLDER = "starter:", "folder:"


class SubjectRows(QObject):
    """What to train on, with which row of the preset table, and under which name."""

    edited = Signal()

    def __init__(self, form: RunForm, parent: QWidget) -> None:
        super().__init__(parent)
        self._form = form
        self._window = parent
        self.dataset = ChoiceField()
        self.dataset.text_edited.connect(self._take_dataset)
        self.preset = ChoiceField()
        self.preset.set_choices((name, _preset_text(name)) for name in PRESETS)
        self.preset.text_edited.connect(self._take_preset)
        self.name = TextField()
        self.name.text_edited.connect(self._take_name)

    def add_to(self, layout: QFormLayout) -> None:
        """Make the rows."""
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
        """Show what stands in the form, and what is wrong with it."""
        self.dataset.set_choices(self._dataset_choices())
        self.dataset.set_text(self._dataset_key())
        starter = STARTERS.get(self._form.starter)
        self.dataset.set_hint(
            translate_engine(starter.summary) if starter else str(self._form.dataset)
        )
        self.dataset.set_problem(problems.get("dataset", ""))
        self.preset.set_text(self._form.preset)
        self.preset.set_hint(translate_engine(PRESETS[self._form.preset].summary))
        self.name.set_text(self._form.name)
        self.name.set_problem(problems.get("name", ""))

    def _dataset_choices(self) -> list[tuple[str, str]]:
        starters = [(_STARTER + s.name, translate_engine(s.title)) for s in STARTERS.values()]
        folders = [(f"{_FOLDER}{folder}", folder.name) for folder in self._form.recent]
        line = [("", "")] if folders else []
        return [*starters, *line, *folders, ("", ""), (_OTHER, self.tr("Other folder…"))]

    def _dataset_key(self) -> str:
        if self._form.starter:
            return _STARTER + self._form.starter
        return f"{_FOLDER}{self._form.dataset}"

    @Slot(str)
    def _take_dataset(self, key: str) -> None:
        if key == _OTHER:
            caption = self.tr("Folder of a dataset")
            start = self._form.workspace / "datasets"
            self.dataset.set_text(self._dataset_key())
            pick_folder(self._window, caption, start, self._take_folder)
            return
        if key.startswith(_STARTER):
            self._form.choose_starter(key.removeprefix(_STARTER))
        else:
            self._form.choose_dataset(Path(key.removeprefix(_FOLDER)))
        self.edited.emit()

    def _take_folder(self, folder: Path) -> None:
        self._form.choose_dataset(folder)
        self.edited.emit()

    @Slot(str)
    def _take_preset(self, name: str) -> None:
        self._form.choose_preset(name)
        self.edited.emit()

    @Slot(str)
    def _take_name(self, name: str) -> None:
        self._form.rename(name)
        self.edited.emit()


def _preset_text(name: str) -> str:
    return translate_engine(PRESETS[name].title)
