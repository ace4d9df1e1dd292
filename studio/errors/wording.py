"""From an error to what the user reads: what happened, why, and what to do next."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QCoreApplication, QLocale

from engine import errors

translate = QCoreApplication.translate


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """An error in the user's language."""

    happened: str
    """What happened, as one short sentence."""
    why: str
    hint: str
    """What to do next."""


def explain(error: BaseException) -> Explanation:
    """Find the words for an error; unknown ones are explained as a fault of the program."""
    for kind in type(error).__mro__:
        if kind in _WORDINGS: dict[type[BaseException], Callable[[Any], Explanation]] = {
    errors.ConfigError: _config,
    errors.DatasetMissingError: _dataset_missing,
    errors.DatasetCorruptError: _dataset_corrupt,
    errors.FolderNotWritableError: _not_writable,
    errors.FolderInUseError: _in_use,
    errors.DiskFullError: _disk_full,
    errors.RunMissingError: _run_missing,
    errors.CheckpointMissingError: _checkpoint_missing,
    errors.CheckpointCorruptError: _checkpoint_corrupt,
    errors.DeviceUnavailableError: _device,
    errors.NonFiniteLossError: _non_finite,
    errors.ImagesUnreadableError: _images,
    errors.SheetCorruptError: _sheet,
    errors.EngineError: _engine,
    MemoryError: _memory,
    OSError: _system,
}
