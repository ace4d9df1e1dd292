"""An engine that says what a test tells it to, at once and without torch."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

from engine.config.run import RunConfig
from engine.control import RunControl
from engine.events import (
    CheckpointSaved,
    Emit,
    GalleryEmit,
    GalleryEnded,
    GalleryProgressed,
    LossesReported,
    Outcome,
    Phase,
    PhaseChanged,
    Progress,
    RunEnded,
    RunPrepared,
)
from engine.runs.folder import RunFolder
from engine.sample.request import GalleryRequest
from studio.jobs.work import Work
from tests.helpers.previews import make_preview

PATIENCE_S = 10.0


@dataclass
class FakeEngine:
    """Trains until it is stopped, or until ``finish`` is set, or fails with ``failure``."""

    failure: BaseException | None = None
    save_failure: OSError | None = None
    previews: int = 2
    finish: threading.Event = field(default_factory=threading.Event)
    answers_stop: threading.Event = field(default_factory=threading.Event)
    """Cleared, a stop is heard and not yet followed."""
    configs: list[RunConfig] = field(default_factory=list)
    starters: list[str] = field(default_factory=list)
    requests: list[GalleryRequest] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.answers_stop.set()

    def work(self) -> Work:
        """Give it as the studio takes it."""
        return Work(
            train=self.train, build_starter=self.build_starter, write_gallery=self.write_gallery
        )

    def build_starter(self, name: str, datasets: Path) -> Path:
        """Remember the name."""
        self.starters.append(name)
        return datasets / name

    def train(self, config: RunConfig, emit: Emit, control: RunControl) -> None:
        """Go through the phases of a run."""
        self.configs.append(config)
        run = RunFolder(config.run)
        emit(PhaseChanged(phase=Phase.LOADING))
        emit(prepared(config.run))
        if self.failure is not None:
            raise self.failure
        run.path.mkdir(parents=True)
        run.config_file.touch()
        emit(PhaseChanged(phase=Phase.WARMING_UP))
        emit(PhaseChanged(phase=Phase.TRAINING))
        for number in range(self.previews):
            emit(losses(number * 100 + 100))
            emit(make_preview(config.run, number * 100 + 100))
        self._train_on(emit, control, run)
        emit(PhaseChanged(phase=Phase.SAVING))
        self._save(emit, run)
        outcome = Outcome.STOPPED if control.is_stop_requested else Outcome.FINISHED
        emit(RunEnded(outcome=outcome, folder=config.run, images_seen=200, elapsed_s=1.0))

    def write_gallery(
        self, request: GalleryRequest, emit: GalleryEmit, control: RunControl
    ) -> None:
        """Claim to have written everything."""
        self.requests.append(request)
        emit(GalleryProgressed(done=request.count, total=request.count))
        outcome = Outcome.STOPPED if control.is_stop_requested else Outcome.FINISHED
        emit(GalleryEnded(outcome=outcome, folder=request.folder, count=request.count))

    def _train_on(self, emit: Emit, control: RunControl, run: RunFolder) -> None:
        while not self.finish.wait(0.002):
            if control.take_checkpoint_request():
                self._save(emit, run)
            if control.is_stop_requested and self.answers_stop.wait(PATIENCE_S):
                return

    def _save(self, emit: Emit, run: RunFolder) -> None:
        if self.save_failure is not None:
            raise self.save_failure
        path = run.checkpoint_path(200)
        path.mkdir(parents=True, exist_ok=True)
        emit(CheckpointSaved(images_seen=200, path=path))


def prepared(folder: Path) -> RunPrepared:
    """Make the event of a run on this machine."""
    return RunPrepared(
        folder=folder,
        dataset="Digits",
        pairs=60_000,
        image_size=32,
        device="CPU, 2 threads",
        generator_parameters=10,
        critic_parameters=10,
    )


def losses(images_seen: int, **values: float) -> LossesReported:
    """Make a report of four losses, a tenth through the run."""
    return LossesReported(
        progress=Progress(
            images_seen=images_seen,
            elapsed_s=images_seen / 1000,
            remaining_s=90.0,
            fraction=0.1,
            images_per_s=1234.0,
        ),
        losses=values or {"generator": 0.7, "critic": 0.9, "penalty": 0.01, "caption": 1.5},
        signals={},
    )
