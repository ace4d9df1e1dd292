"""The engine functions that the workers call.

They are imported on first use in a worker thread: importing torch takes seconds and must not
delay the first window.
"""

import functools
import gc
import importlib
import threading
from dataclasses import dataclass, field
from pathlib import Path

from engine.config.run import RunConfig
from engine.control import RequestState, RunControl
from engine.events import Emit, GalleryEmit, ImportEmit, WeightsTransferred
from engine.exporting.request import ExportRequest
from engine.importing.plan import ImportPlan
from engine.runs.folder import RunFolder
from engine.sample.request import GalleryRequest
from resources import starters_folder
from studio.jobs.audio_player import StartDevice, start_device
from studio.jobs.dataset import DatasetWork
from studio.jobs.evaluation import EvaluateRun
from studio.jobs.exporting import ExportRun, Report
from studio.jobs.frames import OpenPlayer, PlaySource
from studio.jobs.gallery import WriteGallery
from studio.jobs.importing import ImportDataset, ImportReader
from studio.jobs.inspection import EngineInspection, Inspection
from studio.jobs.nearest import EngineSearch, FindNearest
from studio.jobs.neighbours import FindNeighbours, NeighboursSearch
from studio.jobs.training import BuildStarter, MeasureSpeed, PreviewTransfer, Train


def _train(config: RunConfig, emit: Emit, control: RunControl) -> None:
    from engine.train.run import train

    _set_libraries_aside()
    train(config, emit, control)


def _resume(config: RunConfig, emit: Emit, control: RunControl) -> None:
    from engine.train.run import resume

    _set_libraries_aside()
    resume(config, emit, control)


def _measure_speed(config: RunConfig, control: RunControl) -> float:
    from engine.train.setup import measure_throughput

    _set_libraries_aside()
    return measure_throughput(config, control)


def _preview_transfer(config: RunConfig) -> WeightsTransferred | None:
    from engine.train.transfer import preview_transfer

    return preview_transfer(config)


def _evaluate_run(run: Path, control: RunControl) -> None:
    from engine.metrics.evaluate import evaluate_run
    from engine.metrics.extractor import default_cache

    _set_libraries_aside()
    count = RunFolder(run).read_config().reporting.eval_samples
    evaluate_run(run, cache=default_cache(), count=count, control=control)


_building = threading.Lock()
"""A run may start while a measurement of the speed still builds the same starter."""


def _build_starter(name: str, datasets: Path) -> Path:
    from engine.starters.build import build_starter

    with _building:
        return build_starter(name, starters_folder(), datasets)


def _write_gallery(request: GalleryRequest, emit: GalleryEmit, control: RunControl) -> None:
    from engine.sample.gallery import write_gallery

    write_gallery(request, emit, control)


def _export_run(request: ExportRequest, report: Report, control: RunControl) -> Path:
    from engine.exporting.run_export import export_run

    return export_run(request, report, control, starters_folder())


def _import_dataset(plan: ImportPlan, emit: ImportEmit, control: RunControl) -> None:
    from engine.importing.build import import_dataset

    import_dataset(plan, emit, control)


def _open_player(
    run: Path,
    checkpoint: str,
    live: RequestState | None,
) -> PlaySource:
    from engine.sample.play_source import open_player

    gc.freeze()
    return open_player(run, checkpoint, live)


@functools.cache
def _set_libraries_aside() -> None:
    """Exclude all objects that exist after importing torch from garbage collection.

    A full collection scans all of them and blocks the window for 0.2 s, repeatedly during a run.
    Frozen objects are still freed by reference counting; only existing reference cycles, nearly
    all of them in libraries, are never collected.
    """
    # The first optimizer would import this otherwise; it makes up half of the objects.
    importlib.import_module("torch._dynamo")
    gc.freeze()


@dataclass(frozen=True, kw_only=True)
class EngineApi:
    """Work functions that tests can replace."""

    train: Train = _train
    resume: Train = _resume
    measure_speed: MeasureSpeed = _measure_speed
    preview_transfer: PreviewTransfer = _preview_transfer
    build_starter: BuildStarter = _build_starter
    evaluate_run: EvaluateRun = _evaluate_run
    write_gallery: WriteGallery = _write_gallery
    export_run: ExportRun = _export_run
    import_dataset: ImportDataset = _import_dataset
    reader: ImportReader = field(default_factory=ImportReader)
    datasets: DatasetWork = field(default_factory=DatasetWork)
    open_player: OpenPlayer = _open_player
    find_nearest: FindNearest = field(default_factory=EngineSearch)
    inspection: Inspection = field(default_factory=EngineInspection)
    find_neighbours: FindNeighbours = field(default_factory=NeighboursSearch)
    start_device: StartDevice = start_device
    """Opens the sound device."""
