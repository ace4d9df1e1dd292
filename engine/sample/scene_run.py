"""Finds the run that a saved scene is from, among the runs of some folders. Imports no torch."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from engine.config.toml import config_hash
from engine.errors import EngineError
from engine.runs.checkpoint_files import read_metadata
from engine.runs.exported import read_exported
from engine.runs.folder import NEWEST, RunFolder
from engine.runs.listing import run_folders
from engine.sample.scene_file import SavedScene

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class SceneRun:
    """A run, and which of its weights come nearest to those of a scene."""

    folder: Path
    checkpoint: str
    """``newest``, or the name of a checkpoint."""
    has_weights: bool
    """Whether they have seen as many images as those of the scene."""


def is_from(saved: SavedScene, folder: Path) -> bool:
    """Whether a run, by its dataset and by its name or its settings, made a scene."""
    dataset, hashed = _identity(folder)
    return dataset == saved.dataset and (saved.run == folder.name or hashed == saved.config_hash)


def find_run(saved: SavedScene, parents: Iterable[Path]) -> SceneRun | None:
    """Find the run that made a scene; None if it is not there.

    Of the runs on its dataset, its settings identify one that was renamed, its name one whose
    settings have changed since.

    Args:
        saved: the scene.
        parents: folders that hold run folders, those that count first come first.
    """
    folders = [folder for parent in parents for folder in run_folders(parent)]
    named = [folder for folder in folders if folder.name == saved.run]
    wanted = saved.dataset, saved.config_hash
    same = (folder for folder in (*named, *folders) if _identity(folder) == wanted)
    found = next(same, None) or next((f for f in named if is_from(saved, f)), None)
    return None if found is None else _with_weights(saved, found)


def _identity(folder: Path) -> tuple[str, str]:
    """Return the dataset's name and the hash of a run's settings; empty if they are unreadable."""
    run = RunFolder(folder)
    try:
        if run.is_exported:
            exported = read_exported(folder)
            return exported.model.dataset, exported.config_hash
        return run.read_model().dataset, config_hash(run.read_config())
    except (EngineError, OSError) as error:
        _log.info("%s is passed over: %s", folder, error)
        return "", ""


def _with_weights(saved: SavedScene, folder: Path) -> SceneRun:
    run = RunFolder(folder)
    for path in (run.checkpoint_path(saved.images_seen), *run.best_paths()):
        try:
            seen = read_metadata(path).images_seen
        except (EngineError, OSError):
            continue
        if seen == saved.images_seen:
            return SceneRun(folder=folder, checkpoint=path.name, has_weights=True)
    is_same = run.is_exported and read_exported(folder).images_seen == saved.images_seen
    return SceneRun(folder=folder, checkpoint=NEWEST, has_weights=is_same)
