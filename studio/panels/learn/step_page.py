"""Step by step: one step of each network on a copy of the run, and what it changed."""

from pathlib import Path

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from engine.events import Outcome
from engine.inspection.results import Part, PlaneChoice, StepView
from studio.jobs.inspection import InspectionJobs
from studio.jobs.task import TaskEnded
from studio.models.inspection_text import images_text, step_rows, step_sentence
from studio.panels.learn.item_columns import ItemGrid
from studio.panels.learn.page import LearnPage
from studio.panels.learn.plane_view import PlaneWidget
from studio.theme import SPACING
from studio.widgets.buttons import push_button
from studio.widgets.flow_layout import FlowLayout
from studio.widgets.labels import FactGrid, fill, plain_label, scrolling, spaced

SLOW_MS = 1_250
"""Pause between two halves in slow motion."""
_TABLE_WIDTH = 380


class StepPage(LearnPage):
    """Buttons for steps and their halves; before, after and the change of what they change."""

    follows = False

    def __init__(self, jobs: InspectionJobs, parent: QWidget | None = None) -> None:
        super().__init__(
            self.tr(
                "Open or start a run: here you take its next steps one by one, on a copy. The run "
                "itself does not change."
            ),
            parent,
        )
        self._jobs = jobs
        self.view: StepView | None = None
        self._buttons: dict[Part, QPushButton] = {}
        self.slow = push_button(self.tr("Slow motion"), icon_name="run", role="small")
        self.slow.setCheckable(True)
        self.slow.setToolTip(
            self.tr("Update discriminator and generator in turn, about one a second")
        )
        self.slow.toggled.connect(self._on_slow)
        self.again = push_button(self.tr("Start over"), self.restart, role="small")
        self.again.setToolTip(self.tr("Copy the newest state of the run again"))
        self._timer = QTimer(self, singleShot=True, interval=SLOW_MS)
        self._timer.timeout.connect(self._take_next)
        self._sentence = plain_label()
        self._progress = plain_label(role="muted")
        self.facts = FactGrid("muted")
        self._before, self._after, self._change = (
            ItemGrid(title) for title in (self.tr("Before"), self.tr("After"), "")
        )
        self.plane = PlaneWidget()
        self._pictures = QStackedWidget()
        self._lay_out()
        jobs.steps.ended.connect(self._on_ended)

    @property
    def is_busy(self) -> bool:
        """Whether a step is under way."""
        return self._jobs.steps.is_running

    def show_run(self, run: Path | None) -> None:
        """Show another run; its copy starts with the first step."""
        self.slow.setChecked(False)
        self._timer.stop()
        super().show_run(run)
        self.view = None
        if run is not None:
            self._show_start()

    def take(self, part: Part) -> None:
        """Take a step or half of one."""
        if self.run is None or self.is_busy:
            return
        self._sentence.setText(
            self.tr("The step is computed…")
            if self.view
            else self.tr("The run is copied with its dataset…")
        )
        self._jobs.step(self.run, part, self.plane.choice())
        self._enable()

    @Slot()
    def restart(self) -> None:
        """Discard the copy; the next step starts from the run's newest state."""
        self.slow.setChecked(False)
        self._jobs.restart()
        self.view = None
        self._show_start()

    def _lay_out(self) -> None:
        titles = {
            Part.DISCRIMINATOR: (
                self.tr("Update the discriminator"),
                self.tr("The first half of a step: the generator stays as it is"),
            ),
            Part.GENERATOR: (
                self.tr("Update the generator"),
                self.tr("The second half of a step: the discriminator stays as it is"),
            ),
            Part.WHOLE: (
                self.tr("One step of the run"),
                self.tr("Exactly what the run would do next"),
            ),
        }
        bar = FlowLayout(SPACING)
        for part, (title, tip) in titles.items():
            button = push_button(title, lambda _checked=False, p=part: self.take(p), tip=tip)
            self._buttons[part] = button
            bar.addWidget(button)
        bar.addWidget(self.slow)
        bar.addWidget(self.again)
        tiles = QWidget()
        row = spaced(QHBoxLayout(tiles), SPACING, (0, 0, 0, 0))
        for grid in (self._before, self._after, self._change):
            row.addWidget(grid, 1)
        self._pictures.addWidget(tiles)
        self._pictures.addWidget(self.plane)
        side = scrolling(self.facts)
        side.setMaximumWidth(_TABLE_WIDTH)
        below = fill(spaced(QHBoxLayout(), SPACING), (self._pictures, 3), (side, 2))
        content = QWidget()
        layout = spaced(QVBoxLayout(content), SPACING, (0, 0, 0, 0))
        fill(layout, bar, self._sentence, self._progress, (below, 1))
        self.addWidget(content)
        self.plane.choice_edited.connect(self._on_choice)

    def _show_start(self) -> None:
        self.facts.show_rows([])
        self._pictures.hide()
        self._progress.setText("")
        self._sentence.setText(
            self.tr(
                "Take a step: the discriminator learns to tell a batch of real items from "
                "generated ones, then the generator learns to make items that it takes for real."
            )
        )
        self._enable()
        self.show_content()

    @Slot(object)
    def _on_ended(self, ended: TaskEnded) -> None:
        if ended.error is not None:
            self.slow.setChecked(False)
            self.show_error(ended.error)
        elif ended.outcome is Outcome.FINISHED and ended.result.run == self.run:
            self._show(ended.result)
        self._enable()
        if self.slow.isChecked() and ended.outcome is Outcome.FINISHED:
            self._timer.start()

    def _show(self, view: StepView) -> None:
        self.view = view
        self._sentence.setText(step_sentence(view))
        self._progress.setText(images_text(view.images_seen))
        rows = [
            (name, "\u00a0→\u00a0".join(filter(None, (before, after))))
            for name, before, after in step_rows(view)
        ]
        self.facts.show_rows(rows)
        self._pictures.setVisible(view.has_pictures or view.plane is not None)
        self._pictures.setCurrentIndex(0 if view.has_pictures else 1)
        if view.has_pictures:
            self._before.show_tiles(view.before.tiles, view.before.captions)
            self._after.show_tiles(view.after.tiles, view.after.captions)
            self._change.set_title(
                self.tr("Change (white: {0} %)").format(f"{100 * view.max_change:.2g}")
            )
            self._change.show_tiles(view.tile_change, [""] * len(view.tile_change))
        elif view.plane is not None:
            self.plane.show_plane(view.plane)
        self.show_content()

    def _enable(self) -> None:
        is_ready = self.run is not None and not self.is_busy and not self.slow.isChecked()
        has_halves = self.view is None or self.view.has_discriminator
        for part, button in self._buttons.items():
            button.setEnabled(is_ready and (has_halves or part is Part.WHOLE))
        self.slow.setEnabled(self.run is not None and has_halves)

    @Slot(bool)
    def _on_slow(self, is_slow: bool) -> None:  # noqa: FBT001 - a Qt slot
        if is_slow:
            self._take_next()
        else:
            self._timer.stop()
        self._enable()

    @Slot()
    def _take_next(self) -> None:
        was_discriminator = self.view is not None and self.view.part is Part.DISCRIMINATOR
        self.take(Part.GENERATOR if was_discriminator else Part.DISCRIMINATOR)

    @Slot(object)
    def _on_choice(self, _choice: PlaneChoice) -> None:
        self._sentence.setText(self.tr("The next step shows what you have chosen."))
