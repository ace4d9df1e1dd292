"""An import wizard on screen, driven as a user would."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from studio.jobs.importing import ImportJobs
from studio.wizards.importing import ImportWizard
from tests.helpers.fake_looks import FakeLooks


class OpenWizard:
    """The wizard over looks that a test controls."""

    def __init__(self, qtbot: QtBot, place: Path, fake: FakeLooks | None = None) -> None:
        self.qtbot, self.fake = qtbot, fake or FakeLooks()
        self.workspace = place / "workspace"
        self.source = place / "cats"
        self.source.mkdir()
        self.jobs = ImportJobs(self.fake.import_dataset)
        self.wizard = ImportWizard(
            None, workspace=self.workspace, jobs=self.jobs, looks=self.fake.looks()
        )
        qtbot.addWidget(self.wizard)
        self.wizard.show()

    def end(self) -> None:
        """Let everything end that still runs."""
        self.fake.go_on.set()
        self.jobs.cancel()
        assert self.jobs.wait(10_000)
        self.qtbot.waitUntil(lambda: not self.jobs.is_busy)

    def choose(self) -> None:
        """Choose the source and wait for its files."""
        self.wizard.open_source(self.source)
        self.wait()

    def go_to(self, page: Any) -> None:
        """Press Next until a page shows."""
        if self.wizard.form.look is None:
            self.choose()
        for _turn in self.wizard.pages:
            if self.wizard.page is page:
                break
            self.press("Next")
            self.wait()
        assert self.wizard.page is page

    def wait(self) -> None:
        """Wait until nothing runs but what a test holds."""
        self.qtbot.waitUntil(self._is_quiet)

    def press(self, text: str) -> None:
        """Press a button that is there and can be pressed."""
        self.qtbot.mouseClick(self.button(text), Qt.MouseButton.LeftButton)

    def button(self, text: str) -> QPushButton:
        """Give the visible button with a text."""
        buttons = self.wizard.findChildren(QPushButton)
        return next(b for b in buttons if b.text() == text and b.isVisible())

    def says(self, text: str) -> bool:
        """Whether a visible label holds a text."""
        labels = self.wizard.findChildren(QLabel)
        return any(text in label.text() and label.isVisible() for label in labels)

    def question(self) -> QMessageBox | None:
        """Give the box that asks something, if one is open."""
        boxes = [box for box in self.wizard.findChildren(QMessageBox) if box.isVisible()]
        return boxes[0] if boxes else None

    def _is_quiet(self) -> bool:
        wizard, jobs = self.wizard, self.jobs
        pages = (wizard.format, wizard.texts, wizard.images)
        runs = (jobs.listing, jobs.check, jobs.recount, jobs.thumbnails)
        return all(page.has_answers for page in pages) and not any(job.is_running for job in runs)
