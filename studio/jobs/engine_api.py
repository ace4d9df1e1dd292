"""The long work itself: the engine's functions, imported on first use.

They are called in a worker's thread, so that torch, which takes seconds to import, is never on the
way to the first window.
"""

import functools
import gc
import importlib
from dataclasses import dataclass, field
from pathlib import Path

from engine.config.run import RunConfig
from engine.control import RunControl
from engine.events import Emit, GalleryEmit, ImportEmit
from engine.importing.plan import ImportPlan
from engine.sample.request import GalleryRequest
from resources import starters_folder
from studio.jobs.dataset import DatasetWork
from studio.jobs.gallery import WriteGallery
from studio.jobs.importing import ImportDataset, ImportReader
from studio.jobs.training import BuildStarter, Train


def _train(config: RunConfig, emit: Emit, control: RunControl) -> None:
    from engine.train.run import train

    _set_libraries_aside()
    train(config, emit, control)


def _resume(config: RunConfig, emit: Emit, control: RunControl) -> None:
    from engine.train.run import resume

    _set_libraries_aside()
    resume(config, emit, control)


def _build_starter(name: str, datasets: Path) -> Path:
    from engine.data.starter_files import build_starter

    return build_starter(name, starters_folder(), datasets)


def _write_gallery(request: GalleryRequest, emit: GalleryEmit, control: RunControl) -> None:
    from engine.sample.gallery import write_gallery

    write_gallery(request, emit, control)


def _import_dataset(plan: ImportPlan, emit: ImportEmit, control: RunControl) -> None:
    from engine.importing.build import import_dataset

    import_dataset(plan, emit, control)


@functools.cache
def _set_libraries_aside() -> None:
    """Leave what there is once torch is imported out of every later search for garbage.

    A full search goes through all of it and holds the window up for 0.2 s, again and again in a
    run. What is set aside is freed with its last user, as ever; only rings of what is there by the
    first run, nearly all of it the libraries', stay for good.
    """
    # Half of it comes with the first optimiser, unless it is here already.
    importlib.import_module("torch._dynamo")
    gc.freeze()


@dataclass(frozen=True, kw_only=True)
class EngineApi:
    """What the workers call; a test hands in its own."""

    train: Train = _train
    resume: Train = _resume
    build_starter: BuildStarter = _build_starter
    write_gallery: WriteGallery = _write_gallery
    import_dataset: ImportDataset = _import_dataset
    reader: ImportReader = field(default_factory=ImportReader)
    datasets: DatasetWork = field(default_factory=DatasetWork)
