"""Learn panel: what the networks of a run do, and lessons about it."""

import os
import time
from pathlib import Path

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QHBoxLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.jobs.inspection import InspectionJobs
from studio.panels.learn.lens_page import LensPage
from studio.panels.learn.lessons_page import LessonsPage
from studio.panels.learn.page import LearnPage
from studio.panels.learn.plane_page import PlanePage
from studio.panels.learn.step_page import StepPage
from studio.theme import MARGIN, SPACING
from studio.widgets.buttons import add_page_buttons, push_button
from studio.widgets.icons import icon
from studio.widgets.labels import fill, spaced

_TICK_MS = 250
MIN_INTERVAL_S = 1.0
"""Between two answers about a run that trains."""
MAX_SHARE = min(0.2, 0.02 * (os.cpu_count() or 1))
"""Of the time that answers may take: training on all processors keeps 98 % of its speed, because
an answer is computed on one of them. After a slow answer the interval is longer."""


class LearnPanel(QWidget):
    """Pages about the shown run, and lessons; only the page that can be seen asks for anything."""

    setup_requested = Signal(object)
    """The ``Experiment`` of a lesson whose settings are wanted in the run form."""

    def __init__(self, jobs: InspectionJobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self.setWindowTitle(self.tr("Learn"))
        self.setWindowIcon(icon("learn"))
        self.run: Path | None = None
        self.lens, self.steps, self.plane = LensPage(jobs), StepPage(jobs), PlanePage(jobs)
        self._pages = QStackedWidget()
        for page in (self.lens, self.steps, self.plane):
            self._pages.addWidget(page)
        self.lessons = LessonsPage()
        self.lessons.setup_requested.connect(self.setup_requested)
        self._pages.addWidget(self.lessons)
        self._asked_s = self._answered_s = 0.0
        self.follow = QCheckBox(self.tr("Follow the run"))
        self.follow.setChecked(True)
        self.follow.setToolTip(
            self.tr("Look again every few seconds while the run trains; nothing is saved")
        )
        self._refresh = push_button(self.tr("Look again"), self.refresh, role="small")
        self._refresh.setToolTip(self.tr("Read the newest state of the run"))
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.timeout.connect(self.tick)
        self._timer.start()
        self._lay_out()
        self.show_run(None)

    @property
    def page(self) -> LearnPage | None:
        """The page in front, if it is about the run."""
        page = self._pages.currentWidget()
        return page if isinstance(page, LearnPage) else None

    def show_run(self, run: Path | None) -> None:
        """Show another run, or none."""
        self.run = run
        self._jobs.forget()
        for page in (self.lens, self.steps, self.plane):
            page.show_run(run)
        self._enable()

    def on_run_changed(self) -> None:
        """Look again, if the panel can be seen: the run has saved or ended."""
        for page in (self.lens, self.plane):
            page.is_stale = True
        self._enable()

    def show_page(self, number: int) -> None:
        """Show a page: 0 the lens, 1 the steps, 2 the scatter, 3 the lessons."""
        self._buttons.button(number).setChecked(True)
        self._pages.setCurrentIndex(number)
        self._enable()
        self.tick()

    @Slot()
    def refresh(self) -> None:
        """Request the newest state of the run for the page in front."""
        if self.run is not None and self.page is not None:
            self._asked_s = time.monotonic()
            self.page.refresh()

    @Slot()
    def tick(self) -> None:
        """Refresh the page in front if it is stale, or if the run that trains is followed."""
        page = self.page
        if self.run is None or page is None or not page.follows:
            return
        if self.visibleRegion().isEmpty():
            return
        now_s = time.monotonic()
        if page.is_busy:
            self._answered_s = now_s
            return
        took_s = max(self._answered_s - self._asked_s, 0.0)
        is_due = now_s - self._asked_s >= max(MIN_INTERVAL_S, took_s / MAX_SHARE)
        follows = self.follow.isChecked() and self._jobs.is_live(self.run)
        if page.is_stale or (follows and is_due):
            self.refresh()

    def _lay_out(self) -> None:
        self._buttons = QButtonGroup(self)
        bar = spaced(QHBoxLayout(), SPACING)
        titles = (
            self.tr("Lens"),
            self.tr("Step by step"),
            self.tr("Scatter"),
            self.tr("Lessons"),
        )
        add_page_buttons(bar, self._buttons, titles)
        self._buttons.idClicked.connect(self.show_page)
        fill(bar, 1, self.follow, self._refresh)
        layout = spaced(QVBoxLayout(self), SPACING, (MARGIN, SPACING, MARGIN, MARGIN))
        fill(layout, bar, (self._pages, 1))

    def _enable(self) -> None:
        follows = self.page is not None and self.page.follows
        self._refresh.setEnabled(self.run is not None and follows)
        self._refresh.setVisible(follows)
        self.follow.setVisible(follows and self._jobs.is_live(self.run))
