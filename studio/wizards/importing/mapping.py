"""Fields of an import spec: tables, columns, encoding, and words for labels."""

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from engine.importing.formats.format import Detection, ImportSpec
from studio.models.import_form import ImportForm
from studio.models.import_text import ENCODINGS, encoding_words
from studio.theme import SPACING
from studio.widgets.fields import ChecksField, ChoiceField, Field
from studio.widgets.labels import Section, fill, spaced
from studio.wizards.importing.page import ask_rows

_AUTOMATIC = "\0"
"""Combo box key of an empty field."""
_WORDS_HEIGHT = 190


class MappingFields(QWidget):
    """Shows the fields that the chosen format needs."""

    edited = Signal()

    def __init__(self, form: ImportForm) -> None:
        super().__init__()
        self._form = form
        self.table = ChoiceField()
        self.image = ChoiceField()
        self.texts = ChecksField(self.tr("Automatic"))
        self.sounds = ChecksField(self.tr("Automatic"))
        self.label = ChoiceField()
        self.encoding = ChoiceField()
        self.words = _WordTable()
        self._words = Section(self.tr("Words for the labels"), self.words)
        self._rows = ask_rows(self._labelled_fields())
        layout = spaced(QVBoxLayout(self), SPACING, (0, 0, 0, 0))
        fill(layout, self._rows, self._words)
        self.encoding.set_choices((e or _AUTOMATIC, encoding_words(e)) for e in ENCODINGS)
        self.table.text_edited.connect(self._on_table)
        self.image.text_edited.connect(lambda key: self._map(image_column=_plain(key)))
        self.texts.text_edited.connect(self._on_texts)
        self.sounds.text_edited.connect(lambda _text: self._map(audio_columns=self.sounds.chosen()))
        self.label.text_edited.connect(lambda key: self._map(label_column=_plain(key)))
        self.encoding.text_edited.connect(lambda key: self._map(encoding=_plain(key)))
        self.words.edited.connect(lambda: self._map(words=self.words.words()))

    def refresh(self) -> None:
        """Show the values of the form."""
        reading, offer = self._form.reading, self._form.detection
        columns = offer.columns if offer else ()
        tables = offer.tables if offer else ()
        self._offer(self.table, tables, reading.table)
        self._offer(self.image, columns, reading.image_column)
        self._offer(self.label, columns, reading.label_column)
        self.texts.set_choices(columns, reading.text_columns)
        self.sounds.set_choices(columns, reading.audio_columns)
        self.encoding.set_text(reading.encoding or _AUTOMATIC)
        self.words.show_words(self._form.labels, dict(reading.words))
        self._show_rows(reading, offer)

    def _show_rows(self, reading: ImportSpec, offer: Detection | None) -> None:
        has_columns = bool(offer and offer.columns)
        asks_image = bool(offer and offer.reading.image_column) or bool(reading.image_column)
        self._rows.setRowVisible(self.table, len(offer.tables if offer else ()) > 1)
        self._rows.setRowVisible(self.image, has_columns and asks_image)
        # Hidden if there is nothing to choose: a single text source and no table.
        is_choice = asks_image or len(offer.columns if offer else ()) > 1
        self._rows.setRowVisible(self.texts, has_columns and is_choice)
        asks_sounds = bool(offer and offer.reading.audio_columns) or bool(reading.audio_columns)
        self._rows.setRowVisible(self.sounds, has_columns and asks_sounds)
        self._rows.setRowVisible(self.label, has_columns and asks_image)
        self._words.setVisible(bool(self._form.labels))

    def _labelled_fields(self) -> list[tuple[str, Field]]:
        helps = (
            self.tr("The file that names images and texts"),
            self.tr("The column that names the image"),
            self.tr("Where texts are taken from; several columns give several captions per image"),
            self.tr("The columns that name sounds; each becomes a column of the dataset"),
            self.tr("A column such as a class; a run can sample the groups evenly"),
            self.tr("Choose another one if letters look wrong in the previews"),
        )
        rows: list[tuple[str, Field]] = [
            (self.tr("Table"), self.table),
            (self.tr("Images from"), self.image),
            (self.tr("Texts from"), self.texts),
            (self.tr("Sounds from"), self.sounds),
            (self.tr("Groups from"), self.label),
            (self.tr("Encoding of the texts"), self.encoding),
        ]
        for (name, field), help_text in zip(rows, helps, strict=True):
            field.set_help(help_text, name)
        return rows

    def _offer(self, field: ChoiceField, choices: Iterable[str], chosen: str) -> None:
        known: dict[str, None] = dict.fromkeys([*choices, chosen])
        field.set_choices(
            [(_AUTOMATIC, self.tr("Automatic")), *((name, name) for name in known if name)]
        )
        field.set_text(chosen or _AUTOMATIC)

    @Slot(str)
    def _on_texts(self, _text: str) -> None:
        # Chosen columns replace a caption made of the names of attributes.
        self._map(text_columns=self.texts.chosen(), flag_columns=())

    @Slot(str)
    def _on_table(self, key: str) -> None:
        # Another table has other columns; the format detects them.
        self._map(
            table=_plain(key),
            image_column="",
            text_columns=(),
            flag_columns=(),
            label_column="",
            audio_columns=(),
        )
        self.refresh()

    def _map(self, **values: object) -> None:
        self._form.map(**values)
        self.edited.emit()


class _WordTable(QTableWidget):
    """Editable table of labels and the words that replace them."""

    edited = Signal()

    def __init__(self) -> None:
        super().__init__(0, 2)
        self.setHorizontalHeaderLabels([self.tr("Label"), self.tr("Word")])
        self.verticalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.setFixedHeight(_WORDS_HEIGHT)
        self.setAccessibleName(self.tr("Words for the labels"))
        self.cellChanged.connect(self.edited)

    def words(self) -> tuple[tuple[str, str], ...]:
        """Return the labels that have a word, with the word."""
        pairs = [(self._text(row, 0), self._text(row, 1)) for row in range(self.rowCount())]
        return tuple((label, word) for label, word in pairs if word)

    def show_words(self, labels: Iterable[str], words: dict[str, str]) -> None:
        """Show labels with their words."""
        shown = list(labels)
        if [self._text(row, 0) for row in range(self.rowCount())] == shown:
            return
        self.blockSignals(True)  # noqa: FBT003 - Qt's signature
        self.setRowCount(len(shown))
        for row, label in enumerate(shown):
            name = QTableWidgetItem(label)
            name.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self.setItem(row, 0, name)
            self.setItem(row, 1, QTableWidgetItem(words.get(label, "")))
        self.blockSignals(False)  # noqa: FBT003 - Qt's signature

    def _text(self, row: int, column: int) -> str:
        item = self.item(row, column)
        return item.text().strip() if item else ""


def _plain(key: str) -> str:
    return "" if key == _AUTOMATIC else key
