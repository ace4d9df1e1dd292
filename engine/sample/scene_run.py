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
    """Whether a run, by its name or its settings, is the one that made a scene."""
    return saved.run == folder.name or _hash_of(folder) == saved.config_hash


def find_run(saved: SavedScene, parents: Iterable[Path]) -> SceneRun | None:
    """Find the run that made a scene; None if it is not there.

    Its settings identify a run that was renamed, its name one whose settings have changed since.

    Args:
        saved: the scene.
        parents: folders that hold run folders, those that count first come first.
    """
    folders = [folder for parent in parents for folder in run_folders(parent)]
    named = [folder for folder in folders if folder.name == saved.run]
    same = (folder for folder in (*named, *folders) if _hash_of(folder) == saved.config_hash)
    found = next(same, None) or next(iter(named), None)
    return None if found is None else _with_weights(saved, found)


def _hash_of(folder: Path) -> str:
    """Return the hash of a run's settings; empty if they cannot be read."""
    run = RunFolder(folder)
    try:
        if run.is_exported:
            return read_exported(folder).config_hash
        return config_hash(run.read_config())
    except (EngineError, OSError) as error:
        _log.info("%s is passed over: %s", folder, error)
        return ""


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
