"""The wizard's sounds: rate and length, and sounds of cards that can be played."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from studio.jobs.audio_player import PlaybackProblem, PlaybackUnavailableError
from studio.widgets.card_grid import Card, CardGrid
from tests.helpers.fake_looks import FakeLooks
from tests.helpers.windows import OpenWizard


@pytest.fixture
def fake() -> FakeLooks:
    return FakeLooks(seconds=(0.3, 0.5, 2.0))


@pytest.fixture
def opened(qtbot: QtBot, tmp_path: Path, fake: FakeLooks) -> Iterator[OpenWizard]:
    made = OpenWizard(qtbot, tmp_path, fake)
    yield made
    made.end()


def buttons(grid: CardGrid) -> list[QToolButton]:
    return [view.play for view in grid._cards]


def write(opened: OpenWizard, text: str) -> None:
    field = opened.wizard.sounds.fields.fields["audio.seconds"]
    field.set_text(text)
    field.text_edited.emit(text)


def test_that_the_page_shows_only_where_there_are_sounds(opened: OpenWizard, fake: FakeLooks):
    opened.go_to(opened.wizard.format)
    assert opened.wizard.sounds.is_needed()
    fake.seconds = ()
    opened.wizard.format.update_preview()
    opened.wait()
    assert not opened.wizard.sounds.is_needed()
    opened.go_to(opened.wizard.check)


def test_that_the_length_is_proposed_and_says_what_is_cut_and_padded(opened: OpenWizard):
    page = opened.wizard.sounds
    opened.go_to(page)
    assert opened.says("Stored: 2 s at 8,000 Hz")
    assert page.cut_note.text().startswith("0 longer and cut at the end  ·  3 padded with silence")
    assert "the longest has 2 s" in page.cut_note.text()
    assert sum(page.lengths.counts) == 3
    assert page.lengths.mark.value() == pytest.approx(2.0)
    [card] = page.board.cards
    assert card.text == "0.50 s, padded"


def test_that_rate_and_length_are_chosen_and_planned(opened: OpenWizard, fake: FakeLooks):
    page = opened.wizard.sounds
    opened.go_to(page)
    write(opened, "0.4")
    page.fields.fields["audio.rate"].text_edited.emit("16000")
    opened.wait()
    assert opened.says("Stored: 0.4 s at 16,000 Hz")
    assert page.cut_note.text().startswith("2 longer and cut at the end  ·  1 padded with silence")
    assert page.board.cards[0].text == "0.50 s, cut"
    audio = fake.plans["sounds"][-1].audio
    assert (audio.rate, audio.seconds) == (16_000, 0.4)
    write(opened, "many")
    assert not opened.wizard.next.isEnabled()


def test_that_the_mark_of_the_lengths_can_be_dragged(opened: OpenWizard):
    page = opened.wizard.sounds
    opened.go_to(page)
    page.lengths.mark.setPos(0.61)
    page.lengths.mark.sigPositionChangeFinished.emit(page.lengths.mark)
    opened.wait()
    assert opened.wizard.form.plan().audio.seconds == pytest.approx(0.61)
    assert opened.says("Stored: 0.61 s")


def test_that_cards_play_one_at_a_time_by_button_and_space(opened: OpenWizard):
    opened.go_to(opened.wizard.format)
    first, second, _third = buttons(opened.wizard.format.board)
    opened.qtbot.mouseClick(first, Qt.MouseButton.LeftButton)
    # Before the first sound, a device is opened to find out whether there is one.
    opened.qtbot.waitUntil(lambda: opened.devices.rates[-1:] == [8_000])
    second.setFocus()
    opened.qtbot.keyClick(second, Qt.Key.Key_Space)
    opened.qtbot.waitUntil(lambda: opened.devices.rates[-2:] == [8_000, 8_000])
    assert opened.devices.most_open == 1
    assert opened.player.is_playing((id(opened.wizard.format._sounds), 1))
    opened.press("Next")
    opened.qtbot.waitUntil(lambda: opened.devices.open_count == 0)


def test_that_a_second_click_stops_the_sound(opened: OpenWizard):
    opened.go_to(opened.wizard.sounds)
    [play] = buttons(opened.wizard.sounds.board)
    for count in (1, 0):
        opened.qtbot.mouseClick(play, Qt.MouseButton.LeftButton)
        opened.qtbot.waitUntil(lambda count=count: opened.devices.open_count == count)


def test_that_buttons_are_grey_with_a_reason_without_a_device(opened: OpenWizard):
    opened.devices.error = PlaybackUnavailableError(PlaybackProblem.NO_DEVICE, "none")
    opened.go_to(opened.wizard.format)
    (play, *_others) = buttons(opened.wizard.format.board)
    opened.qtbot.waitUntil(lambda: not play.isEnabled())
    assert "there is no sound device" in play.toolTip()


def test_that_cards_show_cells_in_place_of_a_picture(qtbot: QtBot):
    grid = CardGrid()
    qtbot.addWidget(grid)
    cells = tuple((f"field {n}", str(n)) for n in range(20))
    grid.show_cards([Card(pictures=(), text=""), Card(pictures=(), text="", cells=cells)])
    empty, full = grid._cards
    assert full.accessibleName().startswith("field 0 0, field 1 1")
    assert full.grab().toImage() != empty.grab().toImage()
    assert not empty.play.isVisibleTo(empty)
