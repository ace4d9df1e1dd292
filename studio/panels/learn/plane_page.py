"""Scatter: real and generated points of two numeric fields, and what the networks see in them."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.events import Outcome
from engine.inspection.results import PlaneView
from studio.jobs.inspection import InspectionJobs
from studio.jobs.task import TaskEnded
from studio.models.inspection_text import images_text
from studio.panels.learn.page import LearnPage
from studio.panels.learn.plane_view import PlaneWidget
from studio.theme import SPACING
from studio.widgets.labels import fill, plain_label, spaced


class PlanePage(LearnPage):
    """The plane of the run's newest state."""

    def __init__(self, jobs: InspectionJobs, parent: QWidget | None = None) -> None:
        super().__init__(
            self.tr(
                "Open or start a run on a table with two numeric fields, such as the example "
                "dataset Ring: here you see its points move."
            ),
            parent,
        )
        self._jobs = jobs
        self.plane = PlaneWidget()
        self.plane.choice_edited.connect(self.refresh)
        self._progress = plain_label(role="muted")
        content = QWidget()
        layout = spaced(QVBoxLayout(content), SPACING, (0, 0, 0, 0))
        fill(layout, (self.plane, 1), self._progress)
        self.addWidget(content)
        jobs.planes.ended.connect(self._on_ended)

    @property
    def is_busy(self) -> bool:
        """Whether an answer is under way."""
        return self._jobs.planes.is_running

    @Slot()
    def refresh(self) -> None:
        """Request the plane of the run's newest state."""
        super().refresh()
        if self.run is not None:
            self._jobs.plane(self.run, self.plane.choice())

    @Slot(object)
    def _on_ended(self, ended: TaskEnded) -> None:
        if ended.error is not None:
            self.show_error(ended.error)
        elif ended.outcome is Outcome.FINISHED and ended.result is None:
            self.show_empty(
                self.tr(
                    "This run has no table with two numeric fields. The example dataset Ring has "
                    "one: two numbers and a colour word."
                )
            )
        elif isinstance(ended.result, PlaneView) and ended.result.run == self.run:
            self.plane.show_plane(ended.result)
            self._progress.setText(images_text(ended.result.images_seen))
            self.show_content()
