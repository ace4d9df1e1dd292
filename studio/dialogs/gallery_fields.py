"""The fields of the dialog that saves a gallery."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from engine.sample.request import Direction
from studio.models.gallery_form import GalleryForm, direction_texts
from studio.theme import GAP, MARGIN, SPACING
from studio.widgets.choice_field import ChoiceField
from studio.widgets.field import Field
from studio.widgets.folder_dialog import pick_folder
from studio.widgets.text_box import TextBox
from studio.widgets.text_field import TextField

_Text = TextField | TextBox


class GalleryFields(QWidget):
    """Shows a ``GalleryForm``, and only what its direction asks for."""

    changed = Signal()

    def __init__(self, form: GalleryForm, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._form = form
        self._direction = ChoiceField()
        self._direction.set_choices(direction_texts().items())
        self._direction.set_text(form.direction.value)
        self._direction.text_edited.connect(self._choose)
        self._fields: dict[str, _Text] = {
            "texts": TextBox(),
            "images": TextField(),
            "count": TextField(),
            "seed": TextField(),
            "to_seed": TextField(),
            "truncation": TextField(),
            "folder": TextField(),
        }
        self._rows: dict[str, list[QWidget]] = {}
        self._explain()
        self._lay_out()
        for name, field in self._fields.items():
            field.set_text(getattr(form, name))
            self._listen(name, field)
        self._show_rows()

    def show_problems(self, problems: dict[str, str]) -> None:
        """Say below each field what is wrong with it."""
        for name, field in self._fields.items():
            field.set_problem(problems.get(name, ""))

    def _listen(self, name: str, field: _Text) -> None:
        def take(text: str) -> None:
            setattr(self._form, name, text)
            self.changed.emit()

        # A path may be set by a dialog too, so edits by hand are not all there is.
        (field.edit.textChanged if isinstance(field, TextField) else field.text_edited).connect(
            take
        )

    def _explain(self) -> None:
        form = self._form
        for name, label, help_text, hint in (
            ("texts", self.tr("Texts"), self.tr("What to draw, one text a line"), ""),
            ("images", self.tr("Images"), self.tr("Folder of the images to name"), ""),
            (
                "count",
                self.tr("Pairs"),
                self.tr("How many pairs to draw from the newest checkpoint"),
                form.count_range(),
            ),
            (
                "seed",
                self.tr("Seed"),
                self.tr("Start of the noise: the same seed and checkpoint give the same pairs"),
                form.seed_range(),
            ),
            (
                "to_seed",
                self.tr("To seed"),
                self.tr("Where the walk ends: at the first pair of this seed"),
                form.seed_range(),
            ),
            (
                "truncation",
                self.tr("Truncation"),
                self.tr("Share of the noise: less gives more typical pairs that vary less"),
                form.truncation_range(),
            ),
            (
                "folder",
                self.tr("Folder"),
                self.tr("A new or empty folder; it is made if it does not exist"),
                "",
            ),
        ):
            field = self._fields[name]
            field.set_help(help_text, label)
            field.set_hint(hint)
            self._rows[name] = [_name_label(label, field), field]
        self._direction.set_help(self.tr("What is given and what is made"), self.tr("What to make"))

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(MARGIN)
        layout.addLayout(_stacked([_name_label(self.tr("What to make"), self._direction)]))
        layout.addWidget(self._direction)
        layout.addLayout(_stacked(self._rows["texts"]))
        layout.addLayout(self._with_browse("images", self.tr("Folder of images")))
        numbers = QGridLayout()
        numbers.setHorizontalSpacing(GAP)
        for column, name in enumerate(("count", "seed", "to_seed", "truncation")):
            label, field = self._rows[name]
            numbers.addWidget(label, 0, column)
            numbers.addWidget(field, 1, column)
        layout.addLayout(numbers)
        layout.addLayout(self._with_browse("folder", self.tr("Folder for the gallery")))

    def _with_browse(self, name: str, caption: str) -> QGridLayout:
        button = QPushButton(self.tr("Browse…"))
        button.setAutoDefault(False)
        button.clicked.connect(lambda: self._browse(name, caption))
        label, field = self._rows[name]
        self._rows[name].append(button)
        row = QGridLayout()
        row.setHorizontalSpacing(SPACING)
        row.addWidget(label, 0, 0)
        row.addWidget(field, 1, 0)
        row.addWidget(button, 1, 1, Qt.AlignmentFlag.AlignTop)
        return row

    def _browse(self, name: str, caption: str) -> None:
        field = self._fields[name]
        start = Path(field.text() or self._form.folder).expanduser()
        pick_folder(self.window(), caption, start, lambda folder: field.set_text(str(folder)))

    @Slot(str)
    def _choose(self, direction: str) -> None:
        self._form.direction = Direction(direction)
        self._show_rows()
        self.changed.emit()

    def _show_rows(self) -> None:
        for name, widgets in self._rows.items():
            for widget in widgets:
                widget.setVisible(self._form.asks_for(name))


def _stacked(widgets: list[QWidget]) -> QVBoxLayout:
    layout = QVBoxLayout()
    layout.setSpacing(SPACING // 2)
    for widget in widgets:
        layout.addWidget(widget)
    return layout


def _name_label(name: str, field: Field) -> QLabel:
    label = QLabel(name)
    label.setBuddy(field)
    return label
