"""From somebody's files to a dataset: the real wizard, the real engine, and the command line."""

from pathlib import Path

import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from engine.cli.main import main
from engine.data.manifest import read_manifest
from engine.events import PreviewReady
from studio.app import Studio
from studio.window.import_flow import ImportFlow
from studio.wizards.importing import ImportWizard
from tests.helpers.guards import is_event
from tests.helpers.sources import COUNT, SOURCES, sidecar_folder
from tests.helpers.windows import DIALOG_PATIENCE_MS, press


def opened(qtbot: QtBot, flow: ImportFlow, source: Path) -> ImportWizard:
    """Open the wizard on a source."""
    flow.open(source)
    assert flow.wizard is not None
    return flow.wizard


def go_to(qtbot: QtBot, wizard: ImportWizard, page: object) -> None:
    """Press Next, as soon as it may be pressed, until a page shows."""
    while wizard.page is not page:
        qtbot.waitUntil(wizard.next.isEnabled, timeout=DIALOG_PATIENCE_MS)
        press(qtbot, wizard, "Next")


def run_import(qtbot: QtBot, wizard: ImportWizard) -> Path:
    """Go to the end and import."""
    go_to(qtbot, wizard, wizard.summary)
    qtbot.waitUntil(wizard.next.isEnabled, timeout=DIALOG_PATIENCE_MS)
    with qtbot.waitSignal(wizard.imported, timeout=DIALOG_PATIENCE_MS) as made:
        press(qtbot, wizard, "Import")
    assert made.args is not None
    return made.args[0]


@pytest.mark.parametrize("kind", SOURCES)
def test_that_the_wizard_and_the_command_line_make_the_same_dataset(
    qtbot: QtBot, studio: Studio, tmp_path: Path, kind: str
):
    make, name = SOURCES[kind]
    source = make(tmp_path / "my own")
    wizard = opened(qtbot, studio.importing, source)
    go_to(qtbot, wizard, wizard.format)
    assert wizard.form.reading.format == name
    folder = run_import(qtbot, wizard)
    manifest = read_manifest(folder)
    assert manifest.train_items + manifest.validation_items == COUNT
    assert (folder / "report.html").is_file()
    by_command = tmp_path / "by command" / folder.name
    assert main(["import", str(source), "--dataset", str(by_command), "--fields"]) == 0
    assert read_manifest(by_command).version == manifest.version
    wizard.close()


def test_that_what_is_chosen_in_the_wizard_is_what_is_stored(
    qtbot: QtBot, studio: Studio, tmp_path: Path
):
    make, _name = SOURCES["CUB"]
    source = make(tmp_path / "birds")
    wizard = opened(qtbot, studio.importing, source)
    go_to(qtbot, wizard, wizard.format)
    wizard.format.choose("class_folders")
    for name, value in (
        ("images.size", "32"),
        ("images.fit", "crop"),
        ("texts.case", "lower"),
        ("validation_percent", "0"),
    ):
        wizard.form.set_text(name, value)
    folder = run_import(qtbot, wizard)
    by_command = tmp_path / "by command" / folder.name
    command = ["import", str(source), "--dataset", str(by_command), "--format", "class_folders"]
    command += ["--size", "32", "--fit", "crop", "--case", "lower", "--val-percent", "0"]
    assert main(command) == 0
    manifest = read_manifest(folder)
    assert read_manifest(by_command).version == manifest.version
    assert manifest.image_height == 32
    wizard.close()


@pytest.mark.parametrize("size", [(160, 120), (120, 160), (192, 108)])
def test_that_images_of_any_shape_keep_it_from_the_wizard_to_the_gallery(
    qtbot: QtBot, studio: Studio, tmp_path: Path, size: tuple[int, int]
):
    source = sidecar_folder(tmp_path / "photos", COUNT, shape=size)
    wizard = opened(qtbot, studio.importing, source)
    wizard.form.set_text("images.size", "32")
    go_to(qtbot, wizard, wizard.images)
    qtbot.waitUntil(lambda: bool(wizard.images.board.cards), timeout=DIALOG_PATIENCE_MS)
    width, height = (32 * side // max(size) for side in size)
    for card in wizard.images.board.cards:
        assert (card.pictures[1].width(), card.pictures[1].height()) == (width, height)
        assert card.text.endswith(f"{width} × {height} px")
    assert f"{width} × {height} px" in wizard.images.shape_note.text()
    folder = run_import(qtbot, wizard)
    by_command = tmp_path / "by command" / folder.name
    assert main(["import", str(source), "--dataset", str(by_command), "--size", "32"]) == 0
    assert read_manifest(by_command).version == read_manifest(folder).version
    assert read_manifest(folder).image_shape == (height, width)
    press(qtbot, wizard, "Train on this")
    panel = studio.window.run
    for name, value in (("reporting.preview_count", "4"), ("training.batch_size", "8")):
        panel._form.set_text(name, value)
    panel.refresh()
    with qtbot.waitSignal(
        studio.training.event_emitted,
        check_params_cb=is_event(PreviewReady),
        timeout=DIALOG_PATIENCE_MS,
    ) as ready:
        press(qtbot, panel, "Start training")
    assert ready.args is not None
    with Image.open(ready.args[0].path) as sheet:
        assert sheet.size == (2 * width, 2 * height)
    sheet = studio.window.gallery._sheet
    assert sheet is not None
    assert sheet.images.shape[1:3] == (height, width)


def test_that_a_folder_is_imported_and_trained_on(qtbot: QtBot, studio: Studio, tmp_path: Path):
    make, _name = SOURCES["sidecar"]
    wizard = opened(qtbot, studio.importing, make(tmp_path / "mine"))
    folder = run_import(qtbot, wizard)
    press(qtbot, wizard, "Train on this")
    panel = studio.window.run
    for name, value in (("reporting.preview_count", "4"), ("training.batch_size", "8")):
        panel._form.set_text(name, value)
    panel.refresh()
    assert panel._form.dataset == folder
    with qtbot.waitSignal(
        studio.training.event_emitted,
        check_params_cb=is_event(PreviewReady),
        timeout=DIALOG_PATIENCE_MS,
    ):
        press(qtbot, panel, "Start training")


def test_that_a_cancelled_import_goes_on_to_the_same_dataset(
    qtbot: QtBot, studio: Studio, tmp_path: Path
):
    make, _name = SOURCES["ZIP"]
    source = make(tmp_path / "packed")
    wizard = opened(qtbot, studio.importing, source)
    go_to(qtbot, wizard, wizard.summary)
    qtbot.waitUntil(wizard.next.isEnabled, timeout=DIALOG_PATIENCE_MS)
    with qtbot.waitSignal(studio.importing.jobs.building.ended, timeout=DIALOG_PATIENCE_MS):
        wizard.summary.start()
        wizard.summary.cancel()
    assert not wizard.form.dataset.exists()
    folder = wizard.form.dataset
    with qtbot.waitSignal(wizard.imported, timeout=DIALOG_PATIENCE_MS):
        wizard.go_next()
    by_command = tmp_path / "by command" / folder.name
    assert main(["import", str(source), "--dataset", str(by_command)]) == 0
    assert read_manifest(by_command).version == read_manifest(folder).version
    wizard.close()
