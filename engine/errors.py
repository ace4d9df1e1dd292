"""Errors of the engine.

Each error is a class with attributes. ``str(error)`` is an English sentence for the command line
and the log; ``studio.errors.wording`` maps errors to translated messages with hints.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class EngineError(Exception):
    """Base class of expected errors that can be explained to a user."""


@dataclass(frozen=True)
class Problem:
    """A problem of one setting."""

    field: str
    """Dotted name in the configuration, such as ``training.batch_size``."""
    message: str
    """The problem, as a clause that follows the name."""


def format_problem(found: object, expected: int | str) -> str:
    """Return a clause that explains why a file with another format number is refused."""
    number = re.search(r"(?:^-)?\d+$", str(found)[:40])
    if type(found) is not type(expected) or number is None:
        return f"its format is not {expected}"
    age = "an older" if int(number[0]) < int(re.findall(r"\d+", str(expected))[-1]) else "a newer"
    formats = f"format {str(found)[:40]}; this version reads format {expected}"
    return f"it was saved by {age} version of Diptych ({formats})"


class ConfigError(EngineError):
    """An invalid configuration; lists all problems."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.field}: {p.message}" for p in self.problems))


class DatasetMissingError(EngineError):
    """There is no dataset in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"There is no dataset in {folder}.")


class DatasetCorruptError(EngineError):
    """A dataset whose files are damaged or inconsistent."""

    def __init__(self, folder: Path, reason: str) -> None:
        self.folder, self.reason = folder, reason
        super().__init__(f"The dataset in {folder} cannot be used: {reason}.")


class FolderNotWritableError(EngineError):
    """A folder that cannot be written to."""

    def __init__(self, folder: Path, reason: str) -> None:
        self.folder, self.reason = folder, reason
        super().__init__(f"Cannot write to {folder}: {reason}.")


class FolderInUseError(EngineError):
    """A folder for new files that is not empty."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"{folder} already holds files. Choose a new or empty folder.")


class DiskFullError(EngineError):
    """A disk without enough free space."""

    def __init__(self, folder: Path, needed_bytes: int, free_bytes: int) -> None:
        self.folder, self.needed_bytes, self.free_bytes = folder, needed_bytes, free_bytes
        super().__init__(
            f"The disk that holds {folder} is full: {needed_bytes / 1e6:.1f} MB are needed, "
            f"{free_bytes / 1e6:.1f} MB are free."
        )


class RunMissingError(EngineError):
    """There is no run in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"There is no run in {folder}.")


class CheckpointMissingError(EngineError):
    """A run without a checkpoint."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"The run in {folder} has no checkpoint yet.")


class CheckpointCorruptError(EngineError):
    """A checkpoint that cannot be read or does not match its run."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"The checkpoint {path} cannot be used: {reason}.")


class RunLockedError(EngineError):
    """A run that a live process holds; ``pid`` is 0 if unknown."""

    def __init__(self, folder: Path, pid: int, host: str) -> None:
        self.folder, self.pid, self.host = folder, pid, host
        super().__init__(f"The run in {folder} is held by process {pid} on {host or '?'}.")


class RunNotControllableError(EngineError):
    """A run whose training process cannot be sent requests."""

    def __init__(self, folder: Path, reason: str) -> None:
        self.folder, self.reason = folder, reason
        super().__init__(f"The run in {folder} cannot be controlled: {reason}.")


class ImportLockedError(EngineError):
    """A dataset folder that a live process imports into; ``pid`` is 0 if unknown."""

    def __init__(self, folder: Path, pid: int, host: str) -> None:
        self.folder, self.pid, self.host = folder, pid, host
        super().__init__(f"Process {pid} on {host or '?'} is importing into {folder}.")


class LoggedError(EngineError):
    """An error that was read from a run's log."""

    def __init__(self, kind: str, message: str) -> None:
        self.kind, self.message = kind, message
        super().__init__(message or kind)


class DeviceUnavailableError(EngineError):
    """A device that is not available on this machine."""

    def __init__(self, device: str, reason: str) -> None:
        self.device, self.reason = device, reason
        super().__init__(f"The device '{device}' is not available: {reason}.")


class DeviceLostError(EngineError):
    """A device that failed during a run; only a new process can use it again."""

    def __init__(self, device: str, reason: str, images_saved: int) -> None:
        self.device, self.reason, self.images_saved = device, reason, images_saved
        super().__init__(
            f"The device '{device}' was lost: {reason}. The run is saved up to {images_saved:,} "
            "images; start again and resume it."
        )


class MemoryExhaustedError(EngineError):
    """A step that does not fit into memory even with the smallest micro-batches."""

    def __init__(self, batch_size: int, memory_bytes: int, budget_bytes: int) -> None:
        self.batch_size = batch_size
        self.memory_bytes, self.budget_bytes = memory_bytes, budget_bytes
        super().__init__(
            f"A batch of {batch_size:,} does not fit into memory: "
            f"{memory_bytes / 1e6:,.0f} MB of {budget_bytes / 1e6:,.0f} MB were taken."
        )


class RankLostError(EngineError):
    """A process of a run of several that no longer answers, or that had to give up."""

    def __init__(
        self,
        size: int,
        reason: str = "",
        images_saved: int = 0,
        *,
        is_out_of_memory: bool = False,
    ) -> None:
        self.size, self.images_saved = size, images_saved
        self.reason = reason or "one of them ended unexpectedly"
        self.is_out_of_memory = is_out_of_memory
        """Whether all that is known is a lack of memory, so that smaller parts may fit."""
        saved = f" It is saved up to {images_saved:,} images." if images_saved else ""
        super().__init__(f"The run in {size} processes has ended: {self.reason}.{saved}")


class NonFiniteLossError(EngineError):
    """A loss that became infinite or NaN."""

    def __init__(self, images_seen: int, losses: Sequence[str]) -> None:
        self.images_seen, self.losses = images_seen, tuple(losses)
        super().__init__(
            f"After {images_seen:,} images these losses were no longer finite: "
            f"{', '.join(self.losses)}."
        )


class ImagesUnreadableError(EngineError):
    """A file or folder without a readable image."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"No image can be read from {path}: {reason}.")


class SoundsUnreadableError(EngineError):
    """A sound that cannot be read, or a folder without a readable one."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"No sound can be read from {path}: {reason}.")


class SheetCorruptError(EngineError):
    """A preview sheet that cannot be read."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"The preview {path} cannot be read: {reason}.")


class SceneInvalidError(EngineError):
    """A scene that cannot be read, or does not fit the model."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The scene cannot be shown: {reason}.")


class TextsUnreadableError(EngineError):
    """A text file that cannot be read or parsed."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"No texts can be read from {path}: {reason}.")


class UnknownWordsError(EngineError):
    """Texts with words that are not in the vocabulary of a run."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)
        super().__init__(
            f"{len(words)} of the words are not in the run's vocabulary: {', '.join(words)}. "
            "Use words of its dataset."
        )


class CellsInvalidError(EngineError):
    """Cells that do not fit a field of a table."""

    def __init__(self, field: str, reason: str) -> None:
        self.field, self.reason = field, reason
        super().__init__(f"The field '{field}' {reason}.")


class VectorsUnreadableError(EngineError):
    """A file of word vectors that cannot be read."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"No word vectors can be read from {path}: {reason}.")


class PatternInvalidError(EngineError):
    """An invalid search pattern."""

    def __init__(self, pattern: str, reason: str) -> None:
        self.pattern, self.reason = pattern, reason
        super().__init__(f"The pattern '{pattern}' cannot be used: {reason}.")


class EditRefusedError(EngineError):
    """An edit that would make a dataset unusable."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"This cannot be done: {reason}.")


class DatasetChangedError(EngineError):
    """A dataset of another version than the one a run was trained on."""

    def __init__(self, folder: Path, expected: str, found: str) -> None:
        self.folder, self.expected, self.found = folder, expected, found
        super().__init__(
            f"The run was trained on version {expected} of its dataset, and {folder} holds version "
            f"{found}."
        )


class EvaluationUnavailableError(EngineError):
    """A dataset that a run cannot be compared with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(
            f"There is nothing to compare with: {folder} has none of the run's columns, too few "
            "items, or columns of which nothing tells what belongs together."
        )


class EvaluatorMissingError(EngineError):
    """A dataset whose evaluator has to be trained first."""

    def __init__(self, dataset: str) -> None:
        self.dataset = dataset
        super().__init__(f"The evaluator of the dataset {dataset} is not trained yet.")


class EncoderMissingError(EngineError):
    """A format that nothing on this machine writes."""

    def __init__(self, name: str, needed: str) -> None:
        self.name, self.needed = name, needed
        super().__init__(f"{name} cannot be written on this machine: it needs {needed}.")


class FilmFailedError(EngineError):
    """Frames that cannot be encoded as a film."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"The film {path} cannot be written: {reason}.")


class OnnxMismatchError(EngineError):
    """An ONNX file that does not compute what PyTorch computes."""

    def __init__(self, name: str, reason: str) -> None:
        self.name, self.reason = name, reason
        super().__init__(f"The ONNX file {name} was not published: {reason}.")


class StoppedError(EngineError):
    """A job ended because a stop was requested."""

    def __init__(self) -> None:
        super().__init__("It was stopped.")


class SourceUnreadableError(EngineError):
    """A folder, archive or table that cannot be read."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path} cannot be imported: {reason}.")


class NothingToImportError(EngineError):
    """A source without any item, with likely reasons."""

    def __init__(self, path: Path, reasons: Sequence[str]) -> None:
        self.path, self.reasons = path, tuple(reasons)
        super().__init__(f"Nothing to import was found in {path}. {' '.join(reasons)}")


class FilesSkippedError(EngineError):
    """A strict import in which files would be skipped."""

    def __init__(self, path: Path, count: int, first: str, reason: str) -> None:
        self.path, self.count, self.first, self.reason = path, count, first, reason
        super().__init__(
            f"{count:,} files of {path} are not used, the first is {first} ({reason}). "
            "Without --strict the others are imported."
        )


class EntryError(EngineError):
    """A file of a source that cannot be read; the import skips it."""

    def __init__(self, path: str, reason: str, detail: str = "") -> None:
        self.path, self.reason, self.detail = path, reason, detail
        super().__init__(f"{path}: {detail or reason}")
