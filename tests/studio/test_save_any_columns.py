"""The save-gallery dialog of runs with other columns than one image and one text."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from engine.data.facts import AudioFacts, ColumnFacts, TableFacts
from engine.data.table_fields import included_fields, infer_fields
from engine.events import GalleryEnded, GalleryItem, Outcome
from engine.runs.folder import RunFolder, write_model
from engine.sample.request import MAX_COUNT, Direction, GalleryRequest
from studio.dialogs.gallery_items import GalleryItems
from studio.dialogs.save_gallery import SaveGalleryDialog
from studio.settings.choices import SaveGalleryChoices
from tests.helpers.tiny import tiny_facts
from tests.helpers.windows import child, drop, says

CELLS = {"size": [0.5, 1.5, 2.5, 3.5], "colour": ["red", "blue", "red", "blue"]}


class Opened:
    """The dialog of a run with four columns."""

    def __init__(
        self, qtbot: QtBot, place: Path, columns: dict[str, ColumnFacts] | None = None
    ) -> None:
        run = place / "runs" / "four"
        run.mkdir(parents=True)
        facts = tiny_facts()
        columns = columns or {
            **facts.columns,
            "facts": TableFacts(fields=included_fields(infer_fields(CELLS))),
            "speech": AudioFacts(rate=8_000, samples=80),
        }
        write_model(RunFolder(run), replace(facts, columns=columns))
        choices = SaveGalleryChoices(direction="text-to-image", texts="dark")
        self.dialog = SaveGalleryDialog(
            None, run=run, folder=place / "galleries" / "four", choices=choices
        )
        qtbot.addWidget(self.dialog)
        self.requests: list[GalleryRequest] = []
        self.dialog.start_requested.connect(self.requests.append)
        self.dialog.open()

    def choose(self, column: str, key: str) -> None:
        box = self.field(QComboBox, column)
        box.setCurrentIndex(box.findData(key))
        box.activated.emit(box.currentIndex())

    def field(self, kind: type, name: str):
        found = self.dialog.findChildren(kind)
        return next(one for one in found if one.accessibleName() == name)

    def shown(self, kind: type[QWidget]) -> list[str]:
        return [w.accessibleName() for w in self.dialog.findChildren(kind) if w.isVisible()]

    @property
    def save(self) -> QPushButton:
        buttons = self.dialog.findChildren(QPushButton)
        return next(button for button in buttons if button.text() == "Save")


@pytest.fixture
def opened(qtbot: QtBot, tmp_path: Path) -> Opened:
    return Opened(qtbot, tmp_path)


def test_that_each_column_has_a_row_and_all_are_made_at_first(opened: Opened):
    assert opened.shown(QComboBox) == ["text", "image", "facts (table row)", "speech (sound)"]
    assert not opened.shown(QPlainTextEdit)
    assert says(opened.dialog, "Writes 64 items")
    opened.save.click()
    [request] = opened.requests
    assert (request.direction, request.given, request.make) == (Direction.JOINT, {}, ())
    assert request.count == 64


def test_that_a_given_text_makes_the_other_columns(opened: Opened):
    opened.choose("text", "give")
    assert not opened.save.isEnabled()
    opened.field(QPlainTextEdit, "Given text").setPlainText("dark\nlight\nzebra")
    assert says(opened.dialog, "Line 3 is not drawn; the run does not know: zebra")
    assert "Items" not in opened.shown(QLineEdit)
    opened.save.click()
    [request] = opened.requests
    assert request.make == ("image", "facts", "speech")
    assert request.given["text"].read_text(encoding="utf-8") == "dark\nlight\nzebra"
    assert request.count == MAX_COUNT


def test_that_sounds_come_from_a_folder_and_rows_from_a_file(opened: Opened, tmp_path: Path):
    table = tmp_path / "rows.csv"
    table.write_text("size,colour\n1,red\n", encoding="utf-8")
    opened.choose("speech (sound)", "give")
    assert says(opened.dialog, "Choose a sound or a folder of sounds")
    opened.field(QLineEdit, "Given speech (sound)").setText(str(tmp_path))
    opened.choose("facts (table row)", "give")
    assert says(opened.dialog, "Choose a file of rows: CSV or JSON lines")
    opened.field(QLineEdit, "Given facts (table row)").setText(str(table))
    assert says(opened.dialog, "Fields: size and colour")
    opened.save.click()
    [request] = opened.requests
    assert request.given == {"facts": table, "speech": tmp_path}
    assert request.make == ("text", "image")


def test_that_something_must_be_left_to_make(opened: Opened):
    for column in opened.shown(QComboBox):
        opened.choose(column, "give")
    assert says(opened.dialog, "Leave at least one to be made")
    assert not opened.save.isEnabled()
    opened.choose("image", "make")
    assert not says(opened.dialog, "Leave at least one to be made")


def test_that_a_dropped_picture_is_given_and_the_rest_is_made(opened: Opened, tmp_path: Path):
    picture = tmp_path / "here.PNG"
    picture.touch()
    drop(opened.dialog, picture)
    assert opened.field(QComboBox, "image").currentData() == "give"
    assert opened.field(QLineEdit, "Given image").text() == str(picture)
    opened.save.click()
    [request] = opened.requests
    assert request.given == {"image": picture}
    assert request.make == ("text", "facts", "speech")


def test_that_a_dropped_folder_of_sounds_is_given(opened: Opened, tmp_path: Path):
    (tmp_path / "voices").mkdir()
    (tmp_path / "voices" / "a.flac").touch()
    drop(opened.dialog, tmp_path / "voices")
    assert opened.field(QLineEdit, "Given speech (sound)").text() == str(tmp_path / "voices")


def test_that_what_no_column_takes_is_refused(opened: Opened, tmp_path: Path):
    for name in ("notes.docx", "a.png", "b.png"):
        (tmp_path / name).touch()
    drop(opened.dialog, tmp_path / "notes.docx")
    assert says(opened.dialog, "no column that “notes.docx” could be given for")
    drop(opened.dialog, tmp_path / "a.png", tmp_path / "b.png")
    assert says(opened.dialog, "Nothing was taken")
    opened.save.click()
    assert opened.requests[0].given == {}


def test_that_a_picture_goes_to_the_column_under_the_pointer(qtbot: QtBot, tmp_path: Path):
    image = tiny_facts().columns["image"]
    opened = Opened(qtbot, tmp_path, {"left": image, "right": image})
    (tmp_path / "a.png").touch()
    right = opened.field(QComboBox, "right (image)")
    drop(opened.dialog, tmp_path / "a.png", place=right.mapTo(opened.dialog, right.rect().center()))
    opened.save.click()
    assert opened.requests[0].given == {"right": tmp_path / "a.png"}


def test_that_cells_are_typed_and_the_rest_of_the_row_is_filled_in(opened: Opened):
    opened.choose("facts (table row)", "type")
    assert says(opened.dialog, "Enter at least one cell")
    size = opened.field(QLineEdit, "size")
    assert "0.5 – 3.5" in size.placeholderText()
    size.setText("much")
    assert says(opened.dialog, "Enter a number")
    assert not opened.save.isEnabled()
    size.setText("")
    opened.choose("colour", "blue")
    for column in ("text", "image", "speech (sound)"):
        opened.choose(column, "make")
    opened.save.click()
    [request] = opened.requests
    assert request.make == ("text", "image", "speech")
    assert json.loads(request.given["facts"].read_text(encoding="utf-8")) == {"colour": "blue"}


def test_that_a_row_may_be_all_that_is_left_to_make(opened: Opened, tmp_path: Path):
    (tmp_path / "a.png").touch()
    (tmp_path / "a.wav").touch()
    drop(opened.dialog, tmp_path / "a.png")
    drop(opened.dialog, tmp_path / "a.wav")
    opened.choose("text", "give")
    opened.field(QPlainTextEdit, "Given text").setPlainText("dark")
    opened.choose("facts (table row)", "type")
    opened.choose("colour", "red")
    assert opened.save.isEnabled()
    opened.field(QLineEdit, "size").setText("2")
    assert says(opened.dialog, "Leave at least one to be made")


def test_that_the_first_items_are_shown_in_a_table(opened: Opened, tmp_path: Path):
    opened.save.click()
    made = GalleryItem(words={"text": "dark", "size": "1.5", "colour": "red"})
    opened.dialog.show_ended(
        GalleryEnded(outcome=Outcome.FINISHED, folder=tmp_path, count=1, first_items=(made,))
    )
    table = child(opened.dialog, GalleryItems)
    assert table.isVisible()
    table.copy()
    assert QGuiApplication.clipboard().text() == "\ttext\tsize\tcolour\n1\tdark\t1.5\tred"


def test_that_the_choices_for_pairs_are_kept(opened: Opened):
    choices = opened.dialog.choices()
    assert (choices.direction, choices.texts) == ("text-to-image", "dark")
