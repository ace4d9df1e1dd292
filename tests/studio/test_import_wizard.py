"""The import wizard: what its pages show, what they refuse, and the way back."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from engine.config.forecast import text_cost
from engine.data.pixel_values import ValueRange, ValueSummary
from engine.errors import SourceUnreadableError
from engine.importing.plan import Fix, ImportPlan, Issue
from studio.widgets.card_grid import Card
from tests.helpers.fake_looks import FakeExamination, FakeLooks
from tests.helpers.windows import OpenWizard


@pytest.fixture
def fake() -> FakeLooks:
    return FakeLooks()


@pytest.fixture
def opened(qtbot: QtBot, tmp_path: Path, fake: FakeLooks) -> Iterator[OpenWizard]:
    made = OpenWizard(qtbot, tmp_path, fake)
    yield made
    made.end()


def field(page: Any, name: str) -> Any:
    """Give the field of a setting."""
    return page.fields.fields[name]


def run_field(page: Any, name: str) -> Any:
    """Give the field of a setting of the run."""
    return page.run_fields.fields[name]


def write(edit: Any, text: str) -> None:
    edit.edit.setText(text)
    edit.edit.textEdited.emit(text)


def pick(box: QComboBox, text: str) -> None:
    box.setCurrentIndex(box.findText(text))
    box.activated.emit(box.currentIndex())


def test_that_next_waits_for_a_source(opened: OpenWizard):
    assert not opened.wizard.next.isEnabled()
    assert opened.says("Choose a folder or a file first.")
    opened.choose()
    assert opened.wizard.next.isEnabled()
    assert opened.says("4 file(s) found")
    assert opened.says("Hidden files of the system")


def test_that_listing_counts_and_can_be_cancelled(opened: OpenWizard, fake: FakeLooks):
    fake.holds.add("listing")
    opened.wizard.open_source(opened.source)
    opened.qtbot.waitUntil(lambda: opened.says("7 file(s) found so far…"))
    assert not opened.wizard.next.isEnabled()
    opened.qtbot.mouseClick(opened.wizard.source._cancel, Qt.MouseButton.LeftButton)
    opened.qtbot.waitUntil(lambda: opened.says("Cancelled."))
    assert not opened.wizard.next.isEnabled()


def test_that_a_source_that_cannot_be_read_is_explained(opened: OpenWizard, fake: FakeLooks):
    fake.failure = SourceUnreadableError(opened.source, "permission denied")
    opened.choose()
    assert opened.says("permission denied")
    assert not opened.wizard.next.isEnabled()
    fake.failure = None
    opened.choose()
    assert opened.wizard.next.isEnabled()


def test_that_the_best_format_is_chosen_and_previewed(opened: OpenWizard):
    opened.go_to(opened.wizard.format)
    assert opened.wizard.form.reading.format == "sidecar"
    assert opened.says("3 pair(s)")
    cards: tuple[Card, ...] = opened.wizard.format.board.cards
    assert [card.text for card in cards] == ["text 0", "text 1", "text 2"]


def test_that_no_pair_blocks_next_and_gives_three_reasons(opened: OpenWizard):
    opened.go_to(opened.wizard.format)
    opened.wizard.format.choose("table_file")
    opened.wait()
    assert not opened.wizard.next.isEnabled()
    assert opened.says("1.  3 image(s) have no text")
    assert opened.says("2.  Another format may fit better")
    assert opened.says("3.  A text and its image must have the same name")
    opened.wizard.format.choose("sidecar")
    opened.wait()
    assert opened.wizard.next.isEnabled()
    assert not opened.says("Another format")


def test_that_images_alone_pass_when_the_user_says_so(opened: OpenWizard):
    opened.go_to(opened.wizard.format)
    opened.wizard.format.choose("table_file")
    opened.wait()
    box = opened.wizard.format._reasons.keep._box
    box.click()
    assert opened.wizard.next.isEnabled()
    assert opened.wizard.form.plan().keep_image_only


def test_that_a_mapping_is_previewed_at_once_and_the_newest_counts(
    opened: OpenWizard, fake: FakeLooks
):
    opened.go_to(opened.wizard.format)
    page = opened.wizard.format
    page.choose("table_file")
    page.mapping.texts.set_choices(["caption", "alt"], ["alt"])
    page.mapping.texts.text_edited.emit("")
    pick(page.mapping.label._box, "class")
    pick(page.mapping.encoding._box, "Japanese (Shift-JIS)")
    opened.wait()
    reading = fake.plans["preview"][-1].reading
    assert (reading.text_columns, reading.label_column) == (("alt",), "class")
    assert reading.encoding == "shift_jis"
    # Three changes in one breath make one look.
    assert len(fake.plans["preview"]) == 2


def test_that_another_table_leaves_its_columns_to_the_format(opened: OpenWizard):
    opened.go_to(opened.wizard.format)
    opened.wizard.format.choose("table_file")
    pick(opened.wizard.format.mapping.table._box, "b.csv")
    reading = opened.wizard.form.reading
    assert (reading.table, reading.image_column, reading.text_columns) == ("b.csv", "", ())
    opened.wait()


def test_that_labels_can_be_given_words(opened: OpenWizard):
    opened.go_to(opened.wizard.format)
    words = opened.wizard.format.mapping.words
    assert words.rowCount() == 1
    item = words.item(0, 1)
    assert item is not None
    item.setText("three")
    opened.wait()
    assert opened.wizard.form.reading.words == (("3", "three"),)


def test_that_texts_are_measured_in_the_units_chosen(opened: OpenWizard, fake: FakeLooks):
    fake.texts = ["text 0", "text 1", "text 2"] * 2
    opened.go_to(opened.wizard.texts)
    assert opened.says("Length in words and signs")
    assert opened.says("Latin 100 %")
    pick(run_field(opened.wizard.texts, "data.tokenizer")._box, "Characters")
    opened.wait()
    assert opened.says("Length in characters")
    # "text 0" has six characters.
    assert opened.wizard.texts.chart.bars == [(6, 6, 6)]
    sample = opened.wizard.texts.samples.item(0, 0)
    assert sample is not None
    assert sample.text() == "TEXT 0"


def test_that_the_tokenizer_is_chosen_by_the_data_and_says_why(
    opened: OpenWizard, fake: FakeLooks, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("engine.data.text_choice.MIN_BPE_TEXTS", 9)
    fake.texts = [f"same item{n}" for n in range(9)]
    opened.go_to(opened.wizard.texts)
    assert opened.says("Pieces of words: as whole words 50.0 % of a new text would be unknown")
    assert opened.says("Length in pieces of words")
    fake.texts = ["the same words for all of them"] * 20 + ["the other"]
    opened.wizard.texts.update_preview()
    opened.wait()
    assert opened.says("Whole words: 0.7 % of a new text would be unknown. Pieces of words")
    assert opened.says("from 10 % and 10,000 texts on")
    assert opened.says("Length in words and signs")
    mark = opened.wizard.texts.chart._mark_text
    assert mark == "Length 8 with the end holds 100 % of the texts whole"
    pick(run_field(opened.wizard.texts, "data.tokenizer")._box, "Characters")
    opened.wait()
    assert not opened.says("of a new text would be unknown")


def test_that_the_cost_follows_length_and_vocabulary_at_once(opened: OpenWizard, fake: FakeLooks):
    fake.texts = [" ".join(f"w{n}x{m}" for m in range(40)) for n in range(40)] * 2
    assert len(set(" ".join(fake.texts).split())) == 1_600
    opened.go_to(opened.wizard.texts)
    cost = opened.wizard.texts.cost

    def expected(size: int, length: int) -> str:
        encoding = "token-ids" if size >= 256 else "one-hot"
        found = text_cost(vocabulary_size=size, length=length, encoding=encoding)
        return (
            f"About {found.step:.1f} times a training step of digits, {found.memory:.1f} times the "
            "memory."
        )

    assert cost.isVisible()
    assert cost.text() == expected(1_603, 41)
    write(run_field(opened.wizard.texts, "data.text_length"), "77")
    # Before the texts are read again.
    assert not opened.wizard.texts.has_answers
    assert cost.text() == expected(1_603, 77) != expected(1_603, 41)
    write(run_field(opened.wizard.texts, "data.vocabulary_size"), "200")
    assert cost.text() == expected(200, 77)
    opened.wait()
    assert cost.text() == expected(200, 77)
    write(run_field(opened.wizard.texts, "data.text_length"), "many")
    assert not cost.isVisible()
    assert not opened.wizard.next.isEnabled()


def test_that_a_wrong_number_turns_red_says_why_and_blocks_next(opened: OpenWizard):
    opened.go_to(opened.wizard.texts)
    edited = field(opened.wizard.texts, "texts.min_count")
    edited.edit.setText("0")
    edited.edit.textEdited.emit("0")
    assert edited.edit.property("invalid")
    assert "at least 1" in edited.problem
    assert not opened.wizard.next.isEnabled()
    edited.edit.setText("2")
    edited.edit.textEdited.emit("2")
    opened.wait()
    assert opened.wizard.next.isEnabled()
    assert opened.wizard.form.plan().texts.min_count == 2


def test_that_a_wrong_colour_turns_red(opened: OpenWizard):
    opened.go_to(opened.wizard.images)
    edited = field(opened.wizard.images, "images.background")
    edited.edit.setText("white")
    edited.edit.textEdited.emit("white")
    assert "six hex digits" in edited.problem
    assert not opened.wizard.next.isEnabled()
    edited._on_color(edited.palette().base().color())
    opened.wait()
    assert opened.wizard.next.isEnabled()


def test_that_images_are_shown_before_and_after(opened: OpenWizard, fake: FakeLooks):
    opened.go_to(opened.wizard.images)
    [card] = opened.wizard.images.board.cards
    assert [picture.width() for picture in card.pictures] == [9, 8]
    pick(field(opened.wizard.images, "images.fit")._box, "Crop")
    opened.wait()
    assert fake.plans["fit"][-1].images.fit == "crop"


def test_that_values_of_deep_images_are_shown_and_their_range_dragged(
    opened: OpenWizard, fake: FakeLooks
):
    page = opened.wizard.images
    opened.go_to(page)
    assert not page.histogram.isVisible()
    percentiles = ValueRange(100.0, 3_900.0)
    fake.values = ValueSummary(0.0, 4_000.0, percentiles, is_whole=True, counts=(5, 9, 100))
    pick(field(page, "images.size")._box, "32 px")
    opened.wait()
    assert page.histogram.isVisible()
    assert page.histogram.counts == (2, 3, 10)
    assert page.range_note.text().startswith("0 becomes black and 4,095 white in all images.")
    page.histogram._region.setRegion((999.6, 2_000.2))
    edited = page.pixels.fields["images.value_range"]
    assert edited.text() == "1000:2000"
    opened.wait()
    assert fake.plans["fit"][-1].images.value_range == "1000:2000"
    assert page.range_note.text().startswith("1,000 becomes black and 2,000 white")
    edited.text_edited.emit("5")
    assert "two numbers such as 0:4095" in edited.problem
    assert not opened.wizard.next.isEnabled()


def test_that_the_shape_can_be_chosen_and_is_told(opened: OpenWizard, fake: FakeLooks):
    page = opened.wizard.images
    opened.go_to(page)
    [card] = page.board.cards
    assert card.text == "9 × 4  →  8 × 8 px"
    assert "Most images are square, or shapes differ: stored as 8 × 8 px." in page.shape_note.text()
    assert "margins in the background colour" in page.shape_note.text()
    pick(field(page, "images.shape")._box, "16:9")
    pick(field(page, "images.fit")._box, "Crop")
    opened.wait()
    assert fake.plans["fit"][-1].images.shape == "16:9"
    assert page.shape_note.text().startswith("Stored as 8 × 8 px.")
    assert "edges are cut off" in page.shape_note.text()
    fake.stored = np.zeros((6, 8, 3), dtype=np.uint8)
    pick(field(page, "images.shape")._box, "Automatic")
    opened.wait()
    assert "this shape, which is kept: stored as 8 × 6 px" in page.shape_note.text()
    fake.stored = np.zeros((2, 8, 3), dtype=np.uint8)
    pick(field(page, "images.size")._box, "32 px")
    opened.wait()
    assert "the longest shape is 4:1: 8 × 2 px" in page.shape_note.text()
    opened.go_to(opened.wizard.summary)
    opened.qtbot.waitUntil(lambda: opened.says("64 × 48 px"))


def test_that_back_works_from_every_page_and_keeps_what_was_chosen(opened: OpenWizard):
    opened.go_to(opened.wizard.images)
    pick(field(opened.wizard.images, "images.size")._box, "32 px")
    opened.go_to(opened.wizard.summary)
    needed = [page for page in opened.wizard.pages if page.is_needed()]
    assert set(opened.wizard.pages) - set(needed) == {opened.wizard.fields, opened.wizard.sounds}
    for page in reversed(needed[:-1]):
        opened.press("Back")
        opened.wait()
        assert opened.wizard.page is page
    assert not opened.wizard.back.isEnabled()
    opened.go_to(opened.wizard.summary)
    assert opened.wizard.form.plan().images.size == 32


def test_that_the_check_runs_once_until_the_reading_changes(opened: OpenWizard, fake: FakeLooks):
    opened.go_to(opened.wizard.check)
    opened.press("Back")
    opened.wait()
    opened.press("Next")
    opened.wait()
    assert len(fake.plans["check"]) == 1
    opened.press("Back")
    pick(field(opened.wizard.images, "images.size")._box, "32 px")
    opened.wait()
    opened.press("Next")
    opened.wait()
    assert len(fake.plans["check"]) == 2


def test_that_a_repair_changes_the_counts_and_is_undone_and_redone(opened: OpenWizard):
    opened.go_to(opened.wizard.check)
    check = opened.wizard.check
    assert opened.says("Will be imported: 3 pair(s)")
    assert not check.undo.isEnabled()
    assert check.issues.count() == 2
    pick(check.view.repairs._box, "Keep the first of each")
    opened.wait()
    assert opened.says("Will be imported: 2 pair(s)")
    assert opened.wizard.form.plan().repairs == {Issue.SAME_IMAGE: Fix.SKIP}
    check.undo.click()
    opened.wait()
    assert opened.says("Will be imported: 3 pair(s)")
    assert check.view.repairs.text() == Fix.MERGE.value
    check.redo.click()
    opened.wait()
    assert opened.says("Will be imported: 2 pair(s)")
    assert not check.redo.isEnabled()


def test_that_a_repair_that_was_undone_is_not_counted_after_all(
    opened: OpenWizard, monkeypatch: pytest.MonkeyPatch
):
    opened.go_to(opened.wizard.check)
    check, may_end = opened.wizard.check, threading.Event()
    slow = FakeExamination.with_plan

    def with_plan(known: FakeExamination, plan: ImportPlan) -> FakeExamination:
        assert may_end.wait(10)
        return slow(known, plan)

    monkeypatch.setattr(FakeExamination, "with_plan", with_plan)
    pick(check.view.repairs._box, "Keep the first of each")
    check.undo.click()
    may_end.set()
    assert opened.jobs.recount.wait(10_000)
    opened.wait()
    assert opened.says("Will be imported: 3 pair(s)")
    assert check.view.repairs.text() == Fix.MERGE.value


def test_that_the_check_can_be_cancelled_and_done_again(opened: OpenWizard, fake: FakeLooks):
    opened.go_to(opened.wizard.images)
    fake.holds.add("check")
    opened.press("Next")
    opened.qtbot.waitUntil(lambda: opened.says("Reading the images"))
    assert not opened.wizard.next.isEnabled()
    opened.wizard.check.again.click()
    opened.qtbot.waitUntil(lambda: opened.says("The check was cancelled."))
    assert not opened.wizard.next.isEnabled()
    fake.holds.clear()
    opened.press("Check again")
    opened.wait()
    assert opened.wizard.next.isEnabled()


def test_that_the_way_to_the_wizard_loads_no_library_for_tables_or_texts():
    code = (
        "import sys, studio.app\n"
        "print([m for m in ('pyarrow', 'ftfy', 'chardet', 'torch') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
