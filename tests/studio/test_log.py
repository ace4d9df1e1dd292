"""The log: from any thread to a file and to the panel."""

import logging
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QCheckBox, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from studio.log import KEPT_LINES, LogLine, LogRelay, start_logging, stop_logging
from studio.panels.log import LogPanel
from tests.helpers.guards import ProblemLog
from tests.helpers.windows import child

log = logging.getLogger("test.log")


def line(text: str, level: int = logging.INFO) -> LogLine:
    return LogLine(time=datetime(2026, 11, 23, tzinfo=UTC), level=level, source="x", text=text)


@pytest.fixture
def panel(qtbot: QtBot) -> LogPanel:
    panel = LogPanel([line("before the panel was there")])
    qtbot.addWidget(panel)
    panel.show()
    return panel


def test_that_records_from_another_thread_reach_panel_and_file(
    qtbot: QtBot, panel: LogPanel, tmp_path: Path
):
    relay = LogRelay()
    relay.line_logged.connect(panel.add_line)
    level = logging.getLogger().level
    start_logging(tmp_path / "logs", relay)
    try:
        thread = threading.Thread(target=log.info, args=("seen %d", 64))
        with qtbot.waitSignal(relay.line_logged):
            thread.start()
        thread.join()
    finally:
        stop_logging(relay)
        logging.getLogger().setLevel(level)
    assert panel.text().splitlines()[-1].endswith("seen 64")
    assert "INFO test.log: seen 64" in (tmp_path / "logs/studio.log").read_text(encoding="utf-8")


def test_that_a_folder_that_cannot_be_written_costs_only_the_file(
    qtbot: QtBot, tmp_path: Path, problem_log: ProblemLog
):
    (tmp_path / "file").touch()
    relay = LogRelay()
    start_logging(tmp_path / "file" / "logs", relay)
    stop_logging(relay)
    assert "No log file" in relay.lines[-1].text
    problem_log.expect("No log file")


def test_that_the_file_rotates_and_never_takes_more_than_a_few_megabytes(
    qtbot: QtBot, tmp_path: Path
):
    relay = LogRelay()
    level = logging.getLogger().level
    start_logging(tmp_path, relay)
    try:
        for number in range(900):
            log.info("%d %s", number, "x" * 9_000)
        log.info("one enormous record %s its end", "y" * 20_000_000)
    finally:
        stop_logging(relay)
        logging.getLogger().setLevel(level)
    files = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert set(files) == {"studio.log", "studio.log.1", "studio.log.2", "studio.log.3"}
    assert max(files.values()) <= 1_000_000
    newest = (tmp_path / "studio.log").read_text(encoding="utf-8")
    assert "one enormous record" in newest
    assert newest.endswith("its end\n")


def test_that_a_relay_that_is_gone_stays_silent(qtbot: QtBot):
    relay = LogRelay()
    handler = relay.handler

    def raise_as_qt_does(_line: LogLine) -> None:
        raise RuntimeError("Internal C++ object already deleted")

    handler._pass_on = raise_as_qt_does  # pyright: ignore[reportAttributeAccessIssue]
    handler.emit(logging.makeLogRecord({"msg": "too late"}))


def test_that_problems_can_be_looked_at_alone(panel: LogPanel):
    panel.add_line(line("all is well"))
    panel.add_line(line("half of it", logging.WARNING))
    panel.add_line(line("none of it", logging.ERROR))
    only = child(panel, QCheckBox)
    only.click()
    texts = [text.partition(" ")[2] for text in panel.text().splitlines()]
    assert texts == ["half of it", "none of it"]
    panel.add_line(line("still well"))
    assert "still well" not in panel.text()
    only.click()
    assert "before the panel was there" in panel.text()
    assert "still well" in panel.text()


def test_that_markup_in_a_message_stays_text(panel: LogPanel):
    panel.add_line(line("<b>bold</b> & more\nsecond line"))
    assert "<b>bold</b> & more" in panel.text()


def test_that_memory_is_bounded(panel: LogPanel):
    for number in range(KEPT_LINES + 50):
        panel.add_line(line(f"line {number}"))
    lines = panel.text().splitlines()
    assert len(lines) == KEPT_LINES
    assert lines[-1].endswith(f"line {KEPT_LINES + 49}")


def test_that_colours_follow_the_scheme(panel: LogPanel):
    before = child(panel, QPlainTextEdit).toPlainText()
    panel.changeEvent(QEvent(QEvent.Type.PaletteChange))
    assert panel.text() == before


def test_that_the_folder_is_one_click_away(qtbot: QtBot, panel: LogPanel):
    with qtbot.waitSignal(panel.folder_requested):
        qtbot.mouseClick(child(panel, QPushButton), Qt.MouseButton.LeftButton)
