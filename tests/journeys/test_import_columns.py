"""Sounds and tables through the real wizard to a dataset, and into the dataset panel."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.cli.main import main
from engine.data.manifest import read_manifest
from engine.data.store import open_dataset
from engine.data.table_fields import FieldKind
from studio.app import Studio
from studio.models.dataset_items import CELLS_ROLE
from studio.widgets.fields import TextField
from studio.wizards.importing import ImportWizard
from studio.wizards.importing.fields import FieldRow
from tests.helpers.fake_devices import FakeDevices
from tests.helpers.sounds import save_tone
from tests.helpers.sources import picture
from tests.helpers.windows import (
    DIALOG_PATIENCE_MS,
    choose,
    click_item,
    press,
)

COUNT = 30


def bird_folder(folder: Path) -> Path:
    """Write pictures, recordings and a table that names both, as a teacher has them."""
    (folder / "pictures").mkdir(parents=True)
    lines = ["picture,caption,recording,weight,ring,season,place"]
    for row in range(COUNT):
        picture(row).save(folder / "pictures" / f"{row}.png")
        save_tone(folder / "recordings" / f"{row}.wav", row, 1.0 if row % 10 == 9 else 0.3)
        weight = "" if row % 10 == 4 else f"{20 + row % 7}"
        season = ("spring", "summer")[row % 2]
        lines.append(
            f"{row}.png,a bird of kind {row},{row}.wav,{weight},{9000 + row},{season},here"
        )
    (folder / "birds.csv").write_text("\n".join(lines))
    return folder


def case_table(path: Path) -> Path:
    random = np.random.default_rng(0)
    lines = ["case_id,radius,diagnosis"]
    lines += [
        f"{1000 + row},{12 + random.random():.2f},{('benign', 'malignant')[row % 2]}"
        for row in range(40)
    ]
    path.write_text("\n".join(lines))
    return path


def opened(qtbot: QtBot, studio: Studio, source: Path) -> ImportWizard:
    studio.importing.open(source)
    assert studio.importing.wizard is not None
    return studio.importing.wizard


def go_to(qtbot: QtBot, wizard: ImportWizard, page: object) -> None:
    while wizard.page is not page:
        qtbot.waitUntil(wizard.next.isEnabled, timeout=DIALOG_PATIENCE_MS)
        press(qtbot, wizard, "Next")


def finish(qtbot: QtBot, wizard: ImportWizard) -> Path:
    go_to(qtbot, wizard, wizard.summary)
    qtbot.waitUntil(wizard.next.isEnabled, timeout=DIALOG_PATIENCE_MS)
    with qtbot.waitSignal(wizard.imported, timeout=DIALOG_PATIENCE_MS) as made:
        press(qtbot, wizard, "Import")
    assert made.args is not None
    wizard.close()
    return made.args[0]


def rows_of(qtbot: QtBot, wizard: ImportWizard) -> dict[str, FieldRow]:
    go_to(qtbot, wizard, wizard.fields)
    qtbot.waitUntil(lambda: bool(wizard.fields.rows) and wizard.fields.has_answers)
    return {row._name: row for row in wizard.fields.rows}


def pick(qtbot: QtBot, wizard: ImportWizard, row: FieldRow, kind: FieldKind) -> None:
    box = row.kind._box
    box.setCurrentIndex(box.findData(kind.value))
    box.activated.emit(box.currentIndex())
    qtbot.waitUntil(lambda: wizard.fields.has_answers)


def fields_of(dataset: Path) -> dict[str, str]:
    table = next(c for c in read_manifest(dataset).columns if c.kind == "table")
    return {field.name: field.kind.value for field in table.fields}


def test_that_pictures_sounds_and_a_table_become_a_dataset(
    qtbot: QtBot, studio: Studio, tmp_path: Path
):
    source = bird_folder(tmp_path / "birds")
    wizard = opened(qtbot, studio, source)
    go_to(qtbot, wizard, wizard.format)
    qtbot.waitUntil(lambda: wizard.format.has_answers, timeout=DIALOG_PATIENCE_MS)
    card = wizard.format.board.cards[0]
    assert card.sound
    assert ("season", "spring") in card.cells
    rows = rows_of(qtbot, wizard)
    assert list(rows) == ["weight", "ring", "season", "place"]
    assert not rows["ring"].is_included
    assert not rows["place"].is_included
    pick(qtbot, wizard, rows["weight"], FieldKind.CATEGORICAL)
    go_to(qtbot, wizard, wizard.sounds)
    qtbot.waitUntil(lambda: wizard.sounds.has_answers, timeout=DIALOG_PATIENCE_MS)
    assert wizard.sounds.cut_note.text().startswith("3 longer and cut")
    field = wizard.sounds.fields.fields["audio.seconds"]
    assert isinstance(field, TextField)
    field.edit.setText("0.5")
    field.edit.textEdited.emit("0.5")
    folder = finish(qtbot, wizard)
    manifest = read_manifest(folder)
    assert [(c.name, c.kind) for c in manifest.columns] == [
        ("image", "image"),
        ("text", "text"),
        ("recording", "audio"),
        ("table", "table"),
    ]
    assert manifest.columns[2].shape == (COUNT, 4_000)
    assert fields_of(folder) == {"weight": "categorical", "season": "categorical"}
    dataset = open_dataset(folder)
    first = dataset.texts.index("a bird of kind 4")
    assert dataset.table("table").cells(first) == {"season": "spring"}
    by_command = tmp_path / "by command" / folder.name
    command = ["import", str(source), "--dataset", str(by_command), "--fields"]
    command += ["--field", "weight=categorical", "--audio-seconds", "0.5"]
    assert main(command) == 0
    assert read_manifest(by_command).version == manifest.version


def test_that_a_table_alone_becomes_a_dataset_that_shows_its_rows(
    qtbot: QtBot, studio: Studio, tmp_path: Path
):
    source = case_table(tmp_path / "cases.csv")
    wizard = opened(qtbot, studio, source)
    rows = rows_of(qtbot, wizard)
    assert [row.is_included for row in rows.values()] == [False, True, True]
    assert not any(page.is_needed() for page in (wizard.texts, wizard.images, wizard.sounds))
    folder = finish(qtbot, wizard)
    assert fields_of(folder) == {"radius": "numeric", "diagnosis": "categorical"}
    assert read_manifest(folder).items == 40
    studio.window.show_datasets()
    panel = studio.window.datasets
    choose(qtbot, panel, "cases")
    cells = dict(panel.browser.wall.model().index(0, 0).data(CELLS_ROLE))
    assert cells["diagnosis"] == "benign"
    assert 12 <= float(cells["radius"]) <= 13


def test_that_sounds_alone_become_a_dataset_that_shows_and_plays_them(
    qtbot: QtBot, studio: Studio, tmp_path: Path, devices: FakeDevices
):
    for number in range(4):
        save_tone(tmp_path / "calls" / ("dog", "cat")[number % 2] / f"{number}.wav", number)
    wizard = opened(qtbot, studio, tmp_path / "calls")
    folder = finish(qtbot, wizard)
    assert [c.kind for c in read_manifest(folder).columns] == ["text", "audio"]
    studio.window.show_datasets()
    panel = studio.window.datasets
    choose(qtbot, panel, "calls")
    picture = panel.browser.wall.model().index(0, 0).data(Qt.ItemDataRole.DecorationRole)
    assert (picture.width(), picture.height()) == (96, 64)
    click_item(qtbot, panel, 0)
    qtbot.keyClick(panel.browser.wall, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: devices.rates[-1:] == [8_000])
    assert len(devices.play_all()) >= 2 * read_manifest(folder).columns[1].shape[1]
