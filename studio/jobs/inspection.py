"""Looks into the networks of a run: the discriminator's view, planes of points, single steps.

A run that trains in this process is asked for a copy of its state between two steps; of every other
run the newest checkpoint is read. Nothing of a run changes.
"""

import threading
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QObject

from engine.control import RequestState, RunControl
from engine.inspection.results import LensView, Part, PlaneChoice, PlaneView, StepView
from studio.jobs.task import CancellingJob
from studio.jobs.training import TrainingJob

_PATIENCE_MS = 20_000


class Inspection(Protocol):
    """What the jobs call in their threads. ``live`` is None unless the run trains here."""

    def view(
        self,
        run: Path,
        live: RequestState | None,
        control: RunControl,
        heads: tuple[str, ...] | None = None,
    ) -> LensView:
        """Judge real and generated items; compute contributions to some heads, or to all."""
        ...

    def plane(
        self, run: Path, choice: PlaneChoice, live: RequestState | None, control: RunControl
    ) -> PlaneView | None:
        """Compute points, logits and gradients of two numeric fields; None if there are none."""
        ...

    def step(
        self,
        run: Path,
        part: Part,
        choice: PlaneChoice,
        live: RequestState | None,
        control: RunControl,
    ) -> StepView:
        """Take a step on the copy of a run, which is made at the first one."""
        ...

    def restart(self) -> None:
        """Discard the copy, so that the next step starts from the run's newest state."""
        ...


class InspectionJobs(QObject):
    """Three jobs, of which each answers one request at a time.

    Args:
        work: does it.
        training: the run that trains.
        parent: the owner.
    """

    def __init__(
        self, work: Inspection, training: TrainingJob, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._work, self._training = work, training
        self.views = CancellingJob("discriminator view", self, finishes=True)
        """``ended`` carries a ``LensView``."""
        self.planes = CancellingJob("plane", self, finishes=True)
        """``ended`` carries a ``PlaneView`` or None."""
        self.steps = CancellingJob("step", self)
        """``ended`` carries a ``StepView``."""

    def view(self, run: Path, heads: tuple[str, ...] | None = None) -> None:
        """Judge real and generated items of a run.

        Args:
            run: its folder.
            heads: whose contributions are computed; by default all.
        """
        live = self._live(run)
        self.views.request(lambda _tell, control: self._work.view(run, live, control, heads))

    def plane(self, run: Path, choice: PlaneChoice) -> None:
        """Compute the plane of two numeric fields."""
        live = self._live(run)
        self.planes.request(lambda _tell, control: self._work.plane(run, choice, live, control))

    def step(self, run: Path, part: Part, choice: PlaneChoice) -> None:
        """Take a step on the copy of a run."""
        live = self._live(run)
        self.steps.request(lambda _tell, control: self._work.step(run, part, choice, live, control))

    def restart(self) -> None:
        """Discard the copy of the run."""
        self.steps.forget()
        self._work.restart()

    def is_live(self, run: Path | None) -> bool:
        """Whether a run trains in this process."""
        return self._training.is_running and run is not None and self._training.folder == run

    def forget(self) -> None:
        """Drop all that is under way, because another run is shown."""
        for job in (self.views, self.planes):
            job.forget()
        self.restart()

    def shut_down(self) -> None:
        """Stop and wait for the threads, when quitting."""
        self.forget()
        for job in (self.views, self.planes, self.steps):
            job.wait(_PATIENCE_MS)

    def _live(self, run: Path) -> RequestState | None:
        return self._training.request_state if self.is_live(run) else None


class EngineInspection:
    """The engine's inspection; keeps the copy that takes steps."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stepper: Any = None
        self._stepped_run = Path()

    def view(
        self,
        run: Path,
        live: RequestState | None,
        control: RunControl,
        heads: tuple[str, ...] | None = None,
    ) -> LensView:
        """Judge real and generated items.

        Raises:
            EngineError: the run, its checkpoint or its dataset cannot be read.
            StoppedError: a stop was requested.
        """
        from engine.data.reduction import open_training_dataset
        from engine.inspection.discriminator_view import view_run
        from engine.inspection.networks import inspect_run

        found = inspect_run(run, live, control)
        return view_run(found, open_training_dataset(found.config), control, heads=heads)

    def plane(
        self, run: Path, choice: PlaneChoice, live: RequestState | None, control: RunControl
    ) -> PlaneView | None:
        """Compute points, logits and gradients of two numeric fields; raises what ``view`` does."""
        from engine.data.reduction import open_training_dataset
        from engine.inspection.networks import inspect_run
        from engine.inspection.plane import view_plane

        found = inspect_run(run, live, control)
        return view_plane(found, open_training_dataset(found.config), choice)

    def step(
        self,
        run: Path,
        part: Part,
        choice: PlaneChoice,
        live: RequestState | None,
        control: RunControl,
    ) -> StepView:
        """Take a step on the copy of a run; raises what ``view`` does."""
        from engine.inspection.networks import newest_snapshot
        from engine.inspection.stepper import Stepper

        with self._lock:
            stepper = self._stepper if self._stepped_run == run else None
        if stepper is None:
            stepper = Stepper(run, newest_snapshot(run, live, control), control)
        control.stop_if_asked()
        view = stepper.take(part, choice)
        with self._lock:
            # A request to start over, or another run, has come in between.
            if not control.is_stop_requested:
                self._stepper, self._stepped_run = stepper, run
        return view

    def restart(self) -> None:
        """Discard the copy."""
        with self._lock:
            self._stepper = None
