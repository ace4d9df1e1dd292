"""Readers on disk: trained once for a version of a dataset, then found again."""

import hashlib
import json
import logging
from collections.abc import Callable
from pathlib import Path

import platformdirs
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from engine.disk import atomic_write
from engine.errors import EngineError
from engine.metrics.reader import RECIPE, ImageReader

log = logging.getLogger(__name__)


def default_cache() -> Path:
    """Where readers are kept unless somebody says otherwise."""
    return platformdirs.user_cache_path("diptych", appauthor=False) / "evaluators"


def reader_name(version: str, side: int, outputs: int) -> str:
    """Name a reader by all that decides it: twelve hex digits behind the dataset's version."""
    recipe = f"{RECIPE}/{version}/{side}/{outputs}"
    return f"{version}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"


def has_reader(cache: Path, version: str) -> bool:
    """Whether a reader of a dataset's version has been trained before."""
    return any(cache.glob(f"{version}-*.safetensors"))


def cached_reader(
    cache: Path, name: str, blank: ImageReader, train: Callable[[], ImageReader]
) -> ImageReader:
    """Find a reader, or train and keep it.

    A damaged file is trained anew, and a cache that cannot be written costs time and nothing else.

    Args:
        cache: folder of the readers.
        name: of this one.
        blank: a reader to load into.
        train: makes it.
    """
    path = cache / f"{name}.safetensors"
    if path.is_file() and _load(path, blank):
        return blank.eval()
    reader = train()
    content = save(reader.state_dict(), {"about": json.dumps({"name": name})})
    try:
        cache.mkdir(parents=True, exist_ok=True)
        atomic_write(path, content)
    except (OSError, EngineError) as error:
        log.info("The evaluator is not kept: %s", error)
    return reader


def _load(path: Path, blank: ImageReader) -> bool:
    try:
        with safe_open(path, framework="pt") as file:
            names: list[str] = file.keys()
            tensors = {name: file.get_tensor(name) for name in names}
        blank.load_state_dict(tensors)
    except (SafetensorError, OSError, RuntimeError) as error:
        log.info("The evaluator in %s is trained anew: %s", path, error)
        return False
    return True
