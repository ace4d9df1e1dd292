"""Comparison of the dataset with its checksums, before a run resumes or in its background."""

import threading
import time
from pathlib import Path
from typing import Self

from engine.control import RunControl
from engine.data.checksums import content_version, damage_text, find_damage
from engine.data.manifest import read_manifest
from engine.data.store import StoredDataset
from engine.errors import (
    ConfigError,
    DatasetCorruptError,
    EngineError,
    Problem,
    StoppedError,
)
from engine.events import DatasetVerified
from engine.runs.folder import RunFolder

BYTES_PER_S = 50_000_000
"""Rate of reading, which takes a few percent of a core. Most datasets take seconds."""


class DatasetVerification:
    """Verifies a dataset once in a thread; a context manager, which stops the thread on exit.

    Args:
        folder: of the dataset.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._verify, name="verification", daemon=True)
        self._result: DatasetVerified | None = None

    @property
    def is_done(self) -> bool:
        """Whether there is a result to take."""
        return self._result is not None

    def take_result(self) -> DatasetVerified | None:
        """Return the result once."""
        result, self._result = self._result, None
        return result

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()

    def _verify(self) -> None:
        start_s, done = time.monotonic(), 0

        def wait(size: int) -> None:
            nonlocal done
            done += size
            ahead_s = start_s + done / BYTES_PER_S - time.monotonic()
            if self._stop.wait(max(ahead_s, 0.0)):
                raise StoppedError

        try:
            damage = find_damage(self._folder, read_manifest(self._folder), wait)
        except StoppedError:
            return
        except EngineError as error:
            damage = (str(error),)
        self._result = DatasetVerified(damage=damage)


def check_dataset_content(
    folder: RunFolder, dataset: StoredDataset, control: RunControl, *, compares_content: bool
) -> None:
    """Refuse to resume a run with another version of its dataset, or with changed content.

    To compare the content, its version is computed again: what the manifest says may be wrong.

    Raises:
        ConfigError: the dataset has another version.
        DatasetCorruptError: its content is not that of its version.
        StoppedError: a stop was requested.
    """
    if not folder.model_file.exists():
        return
    before, manifest = folder.read_model().dataset_version, dataset.manifest
    if before != manifest.version:
        reason = f"has changed: the run began with version {before}, not {manifest.version}"
        raise ConfigError([Problem("dataset", reason)])

    def check_stop(_size: int) -> None:
        control.stop_if_asked()

    if compares_content and content_version(dataset.folder, manifest, check_stop) != before:
        damage = find_damage(dataset.folder, manifest, check_stop)
        reason = damage_text(damage) if damage else f"its content is not that of version {before}"
        raise DatasetCorruptError(dataset.folder, reason)
