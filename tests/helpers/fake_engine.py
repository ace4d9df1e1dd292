"""An engine that says what a test tells it to, at once and without torch."""

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.config.changes import settings_at, text_of, with_changes
from engine.config.run import RunConfig
from engine.config.setting import value_at
from engine.control import RunControl
from engine.errors import DiskFullError, EvaluatorMissingError, StoppedError
from engine.events import (
    CheckpointSaved,
    Emit,
    EvaluationCompleted,
    EvaluationStarted,
    GalleryEmit,
    GalleryEnded,
    GalleryProgressed,
    ImageArray,
    MetricsReported,
    Outcome,
    Phase,
    PhaseChanged,
    Progress,
    RunEnded,
    RunEvent,
    RunPaused,
    RunReady,
    RunRelocated,
    RunResumed,
    SettingsChanged,
    SettingsRejected,
    WeightsTransferred,
)
from engine.metrics.distances import Likeness, NearestImage
from engine.runs.folder import RunFolder, images_in_name
from engine.sample.request import GalleryRequest
from studio.jobs.engine_api import EngineApi
from studio.jobs.nearest import FindNearest
from tests.helpers.fake_player import FakePlayer
from tests.helpers.run_folders import make_preview

PATIENCE_S = 10.0
LOOK_S = 0.002
PREVIEW_IMAGES = 100
"""Images between two previews."""


def answering(
    found: NearestImage | None, asked: list[tuple[Path, bool]] | None = None
) -> FindNearest:
    """Make a search for the nearest image that gives one answer; None fails until it may train."""

    def find(
        run: Path,
        image: ImageArray,
        may_train: bool,
        _control: RunControl,
    ) -> NearestImage:
        if asked is not None:
            asked.append((run, may_train))
        if found is None and not may_train:
            raise EvaluatorMissingError("tiny")
        return found or NearestImage(
            image=image,
            text="itself",
            distance=0.0,
            closer_than=1.0,
            likeness=Likeness.COPY,
            is_validated=False,
        )

    return find


TRANSFERRED = WeightsTransferred(
    run="cats",
    checkpoint="checkpoint-000000006400",
    images_seen=6400,
    tensors=38,
    all_tensors=42,
    words=512,
    all_words=1702,
)


@dataclass
class FakeEngine:
    """Trains until it is stopped, or until ``finish`` is set, or fails with ``failure``."""

    failure: BaseException | None = None
    save_failure: OSError | None = None
    """Ends the run that saves."""
    previews: int = 2
    is_disk_full: threading.Event = field(default_factory=threading.Event)
    """Set, a run that saves stands still until it is told to try again."""
    retry_s: float = PATIENCE_S
    """A run that stands still for a full disk tries again after this long."""
    where: str = ""
    """Where the run under way is: ``training``, ``paused``, ``stuck``, or nowhere."""
    flood: int = 0
    """Loss reports to emit at once, as fast as they come."""
    finish: threading.Event = field(default_factory=threading.Event)
    answers_stop: threading.Event = field(default_factory=threading.Event)
    """Cleared, a stop is heard and not yet followed."""
    trouble: list[RunEvent] = field(default_factory=list)
    """Emitted while the next run trains, such as steps that were skipped."""
    fails_now: threading.Event = field(default_factory=threading.Event)
    """Set, the run under way breaks with ``failure_now``."""
    failure_now: Exception = field(default_factory=lambda: ZeroDivisionError("told to"))
    configs: list[RunConfig] = field(default_factory=list)
    resumed: list[RunConfig] = field(default_factory=list)
    starters: list[str] = field(default_factory=list)
    requests: list[GalleryRequest] = field(default_factory=list)
    speed: float | Exception = 1_000.0
    """Images per second that it measures, or why it cannot."""
    measured: list[RunConfig] = field(default_factory=list)
    evaluated: list[Path] = field(default_factory=list)
    refusal: Exception | None = None
    """Why it changes no setting of a run that trains."""
    transfer: WeightsTransferred | Exception = TRANSFERRED
    """What a run takes over from an earlier one, or why it cannot."""
    compared: list[RunConfig] = field(default_factory=list)
    holds_measurement: threading.Event = field(default_factory=threading.Event)
    """Set, a measurement lasts until it is stopped."""

    player: FakePlayer = field(default_factory=FakePlayer)
    """What Play opens."""

    def __post_init__(self) -> None:
        self.answers_stop.set()

    def work(self) -> EngineApi:
        """Give it as the studio takes it."""
        return EngineApi(
            train=self.train,
            resume=self.resume,
            measure_speed=self.measure_speed,
            preview_transfer=self.preview_transfer,
            build_starter=self.build_starter,
            write_gallery=self.write_gallery,
            evaluate_run=self.evaluate_run,
            open_player=self.player.open,
        )

    def build_starter(self, name: str, datasets: Path) -> Path:
        """Remember the name."""
        self.starters.append(name)
        return datasets / name

    def measure_speed(self, config: RunConfig, control: RunControl) -> float:
        """Give the speed at once, or as soon as it may."""
        self.measured.append(config)
        while self.holds_measurement.is_set():
            control.stop_if_asked()
            control.wait(LOOK_S)
        if isinstance(self.speed, Exception):
            raise self.speed
        return self.speed

    def evaluate_run(self, run: Path, control: RunControl) -> None:
        """Remember the folder, at once or as soon as it may."""
        self.evaluated.append(run)
        while self.holds_measurement.is_set():
            control.stop_if_asked()
            control.wait(LOOK_S)

    def preview_transfer(self, config: RunConfig) -> WeightsTransferred:
        """Remember the configuration."""
        self.compared.append(config)
        if isinstance(self.transfer, Exception):
            raise self.transfer
        return self.transfer

    def train(self, config: RunConfig, emit: Emit, control: RunControl) -> None:
        """Go through the phases of a run."""
        self.configs.append(config)
        _FakeRun(self, config, emit, control).conduct(lambda: self._begin(config))

    def resume(self, config: RunConfig, emit: Emit, control: RunControl) -> None:
        """Go on from the newest checkpoint, or from the beginning where there is none."""
        self.configs.append(config)
        self.resumed.append(config)
        run = _FakeRun(self, config, emit, control)
        newest = RunFolder(config.run).checkpoint_paths()[-1:]
        run.images = run.saved = sum(images_in_name(path) for path in newest)

        def begin() -> None:
            for path in newest:
                emit(RunResumed(images_seen=run.images, elapsed_s=1.0, checkpoint=path.name))

        run.conduct(begin)

    def write_gallery(
        self, request: GalleryRequest, emit: GalleryEmit, control: RunControl
    ) -> None:
        """Claim to have written everything."""
        self.requests.append(request)
        emit(GalleryProgressed(done=request.count, total=request.count))
        outcome = Outcome.STOPPED if control.is_stop_requested else Outcome.FINISHED
        emit(GalleryEnded(outcome=outcome, folder=request.folder, count=request.count))

    def _begin(self, config: RunConfig) -> None:
        if self.failure is not None:
            raise self.failure
        config.run.mkdir(parents=True)
        RunFolder(config.run).write_config(config)


class _FakeRun:
    """One run of the fake engine, as obedient as the real one."""

    def __init__(
        self, engine: FakeEngine, config: RunConfig, emit: Emit, control: RunControl
    ) -> None:
        self.engine, self.config, self.emit, self.control = engine, config, emit, control
        self.folder = RunFolder(config.run)
        self.images = self.saved = 0

    def conduct(self, begin: Callable[[], None]) -> None:
        """Live from loading to the end."""
        emit, control = self.emit, self.control
        emit(PhaseChanged(phase=Phase.LOADING))
        emit(prepared(self.config.run))
        begin()
        emit(PhaseChanged(phase=Phase.WARMING_UP))
        emit(PhaseChanged(phase=Phase.TRAINING))
        for _ in range(self.engine.previews):
            self._learn()
        with contextlib.suppress(StoppedError):
            self.engine.where = "training"
            self._train_on()
            if not control.is_discard_requested:
                emit(PhaseChanged(phase=Phase.SAVING))
                self._save()
        self.engine.where = ""
        outcome = Outcome.STOPPED if control.is_stop_requested else Outcome.FINISHED
        emit(
            RunEnded(
                outcome=outcome,
                folder=self.folder.path,
                images_seen=self.images,
                images_saved=self.saved,
                elapsed_s=1.0,
            )
        )

    def _learn(self) -> None:
        self.images += PREVIEW_IMAGES
        self.emit(losses(self.images))
        self._sample()

    def _sample(self) -> None:
        self.emit(make_preview(self.folder.path, self.images))

    def _train_on(self) -> None:
        engine, control = self.engine, self.control
        while not engine.finish.wait(LOOK_S):
            self._do_as_told()
            if control.take_checkpoint_request():
                self._save()
            if control.take_evaluation_request():
                self.emit(EvaluationStarted(images_seen=self.images))
                metrics = {"joint_coherence": 0.5}
                self.emit(
                    EvaluationCompleted(images_seen=self.images, elapsed_s=1.0, metrics=metrics)
                )
            if control.take_sample_request():
                self.emit(PhaseChanged(phase=Phase.SAMPLING))
                self._learn()
                self.emit(PhaseChanged(phase=Phase.TRAINING))
            if control.is_pause_requested:
                self._stand_still()
            if control.is_stop_requested and engine.answers_stop.wait(PATIENCE_S):
                return

    def _do_as_told(self) -> None:
        engine = self.engine
        if engine.fails_now.is_set():
            engine.fails_now.clear()
            raise engine.failure_now
        while engine.trouble:
            self.emit(engine.trouble.pop(0))
        for _ in range(engine.flood):
            self.emit(losses(self.images))
        engine.flood = 0
        for values in self.control.take_changes():
            self._change(values)

    def _change(self, values: Mapping[str, object]) -> None:
        if self.engine.refusal is not None:
            self.emit(SettingsRejected(images_seen=self.images, error=self.engine.refusal))
            return
        before = settings_at(self.config, self.images)
        self.config = with_changes(self.config, self.images, values)
        after = settings_at(self.config, self.images)
        self.folder.write_config(self.config)
        for name in values:
            old, new = (text_of(value_at(one, name)) for one in (before, after))
            if old != new:
                event = SettingsChanged(
                    images_seen=self.images, step=self.images // 8, field=name, old=old, new=new
                )
                self.emit(event)

    def _stand_still(self) -> None:
        control, released = self.control, self.control.is_release_requested
        if released and not control.is_stop_requested:
            self._save()
        self.emit(RunPaused(images_seen=self.images, is_released=released))
        self.engine.where = "paused"
        while control.is_pause_requested and not control.is_stop_requested:
            if control.take_checkpoint_request():
                self._save()
            for values in control.take_changes():
                self._change(values)
            control.wait(LOOK_S)
        self.engine.where = "training"
        if not control.is_stop_requested:
            self.emit(PhaseChanged(phase=Phase.LOADING if released else Phase.TRAINING))
            self.emit(PhaseChanged(phase=Phase.TRAINING))

    def _save(self) -> None:
        engine, path = self.engine, self.folder.checkpoint_path(self.images)
        if engine.save_failure is not None:
            raise engine.save_failure
        had_stop = self.control.is_stop_requested
        while engine.is_disk_full.is_set():
            self._stand_by(DiskFullError(path, 300_000_000, 1_000_000), had_stop=had_stop)
            path = self.folder.checkpoint_path(self.images)
            self.emit(PhaseChanged(phase=Phase.SAVING))
        path.mkdir(parents=True, exist_ok=True)
        self.saved = self.images
        self.emit(CheckpointSaved(images_seen=self.images, path=path))

    def _stand_by(self, error: DiskFullError, *, had_stop: bool) -> None:
        control = self.control
        self.emit(RunPaused(images_seen=self.images, error=error))
        before, self.engine.where = self.engine.where, "stuck"
        retry_at_s = time.monotonic() + self.engine.retry_s
        while time.monotonic() < retry_at_s and not control.take_retry_request():
            if control.is_discard_requested:
                raise StoppedError
            if control.is_stop_requested and not had_stop:
                raise error
            control.wait(LOOK_S)
        self.engine.where = before
        target = control.take_folder()
        if target is not None:
            self.folder = RunFolder(target)
            target.mkdir(parents=True, exist_ok=True)
            self.folder.write_config(self.config)
            self.engine.is_disk_full.clear()
            self.emit(RunRelocated(folder=target))


def prepared(folder: Path) -> RunReady:
    """Make the event of a run on this machine."""
    return RunReady(
        folder=folder,
        dataset="Digits",
        pairs=60_000,
        image_size=32,
        device="CPU, 2 threads",
        generator_parameters=10,
        discriminator_parameters=10,
    )


def losses(images_seen: int, **values: float) -> MetricsReported:
    """Make a report of four losses, a tenth through the run."""
    return MetricsReported(
        progress=Progress(
            images_seen=images_seen,
            elapsed_s=images_seen / 1000,
            remaining_s=90.0,
            fraction=0.1,
            images_per_s=1234.0,
        ),
        losses=values or {"generator": 0.7, "discriminator": 0.9, "penalty": 0.01, "text_nll": 1.5},
        metrics={},
    )
