"""User-facing error texts: what happened, why, and what to do next."""

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
    """Return the explanation of an error; unknown errors are explained as a bug."""
    for kind in type(error).__mro__:
        if kind in _WORDINGS:
            return _WORDINGS[kind](error)
        # The studio does not import torch, so its out-of-memory error is recognized by name.
        if kind.__name__ == "OutOfMemoryError":
            return _memory(error)
    return _unknown(error)


def _device_lost(error: errors.DeviceLostError) -> Explanation:
    saved = translate("Errors", "'{0}': {1}. The run is saved up to {2} images.")
    if not error.images_saved:
        saved = translate("Errors", "'{0}': {1}. The run had not saved a checkpoint yet.")
    return Explanation(
        happened=translate("Errors", "The graphics card stopped working in mid-run."),
        why=saved.format(error.device, error.reason, QLocale().toString(error.images_saved)),
        hint=translate(
            "Errors", "Only a restart of Diptych can use it again. Restart, then resume the run."
        ),
    )


def _memory_exhausted(error: errors.MemoryExhaustedError) -> Explanation:
    locale = QLocale()
    measured = translate("Errors", "A batch of {0} does not fit, even in micro-batches.")
    if error.memory_bytes and error.budget_bytes:
        measured = translate("Errors", "A batch of {0} does not fit: {1} of {2} were taken.")
    return Explanation(
        happened=translate("Errors", "There was not enough memory."),
        why=measured.format(
            locale.toString(error.batch_size),
            locale.formattedDataSize(error.memory_bytes),
            locale.formattedDataSize(error.budget_bytes),
        ),
        hint=translate(
            "Errors",
            "Close other programs that use this memory and resume, or start again with a batch "
            "of {0} or a smaller preset. What was saved before is still there.",
        ).format(locale.toString(max(1, error.batch_size // 2))),
    )


def _disk_full(error: errors.DiskFullError) -> Explanation:
    locale = QLocale()
    return Explanation(
        happened=translate("Errors", "The disk is full."),
        why=translate("Errors", "{0} needs {1} more, and {2} are free.").format(
            error.folder,
            locale.formattedDataSize(error.needed_bytes),
            locale.formattedDataSize(error.free_bytes),
        ),
        hint=translate(
            "Errors",
            "Free some space, or choose a workspace on another disk. "
            "What was saved before is still there.",
        ),
    )


def _memory(_error: BaseException) -> Explanation:
    return Explanation(
        happened=translate("Errors", "There was not enough memory."),
        why=translate("Errors", "The computer or its GPU has less free memory than the run needs."),
        hint=translate("Errors", "Close other programs, or choose a smaller batch or preset."),
    )


def _unknown(error: BaseException) -> Explanation:
    return Explanation(
        happened=translate("Errors", "Something went wrong inside Diptych."),
        why=f"{type(error).__name__}: {error}",
        hint=translate(
            "Errors",
            "This is a fault of the program, not yours. Nothing that was saved is lost. "
            "Please report it with the details below.",
        ),
    )


_WORDINGS: dict[type[BaseException], Callable[[Any], Explanation]] = {
    errors.ConfigError: lambda error: Explanation(
        happened=translate("Errors", "The run cannot start with these settings."),
        why="\n".join(f"{problem.field}: {problem.message}" for problem in error.problems),
        hint=translate(
            "Errors", "Correct the fields marked red in the Run panel, then start again."
        ),
    ),
    errors.DatasetMissingError: lambda error: Explanation(
        happened=translate("Errors", "The dataset was not found."),
        why=translate("Errors", "There is no dataset in {0}.").format(error.folder),
        hint=translate("Errors", "Choose a starter or a folder that holds a manifest.json."),
    ),
    errors.DatasetCorruptError: lambda error: Explanation(
        happened=translate("Errors", "The dataset cannot be used."),
        why=translate("Errors", "In {0}: {1}.").format(error.folder, error.reason),
        hint=translate(
            "Errors", "Build the dataset again; a starter is rebuilt when you delete its folder."
        ),
    ),
    errors.FolderNotWritableError: lambda error: Explanation(
        happened=translate("Errors", "A folder cannot be written to."),
        why=translate("Errors", "{0}: {1}.").format(error.folder, error.reason),
        hint=translate(
            "Errors", "Allow writing to this folder, or choose another workspace in the File menu."
        ),
    ),
    errors.FolderInUseError: lambda error: Explanation(
        happened=translate("Errors", "The folder is not empty."),
        why=translate("Errors", "{0} already holds files, and nothing is ever overwritten.").format(
            error.folder
        ),
        hint=translate("Errors", "Choose another name or an empty folder."),
    ),
    errors.DiskFullError: _disk_full,
    errors.SoundsUnreadableError: lambda error: Explanation(
        happened=translate("Errors", "There are no sounds to read."),
        why=translate("Errors", "{0}: {1}.").format(error.path, error.reason),
        hint=translate("Errors", "Choose a WAV, FLAC, MP3 or Ogg file, or a folder of them."),
    ),
    errors.ImagesUnreadableError: lambda error: Explanation(
        happened=translate("Errors", "The images cannot be read."),
        why=translate("Errors", "{0}: {1}.").format(error.path, error.reason),
        hint=translate(
            "Errors",
            "Choose a PNG, JPEG or WebP file that you are allowed to read, or a folder of them.",
        ),
    ),
    errors.SheetCorruptError: lambda error: Explanation(
        happened=translate("Errors", "A preview cannot be read."),
        why=translate("Errors", "{0}: {1}.").format(error.path, error.reason),
        hint=translate("Errors", "The others are not affected; this file can be deleted."),
    ),
    errors.SceneInvalidError: lambda error: Explanation(
        happened=translate("Errors", "This scene cannot be shown."),
        why=translate("Errors", "The reason: {0}.").format(error.reason),
        hint=translate("Errors", "Open it with the run that it was saved from."),
    ),
    errors.TextsUnreadableError: lambda error: Explanation(
        happened=translate("Errors", "The texts could not be read."),
        why=translate("Errors", "{0}: {1}.").format(error.path, error.reason),
        hint=translate("Errors", "Choose a text file in UTF-8 with one text a line."),
    ),
    errors.UnknownWordsError: lambda error: Explanation(
        happened=translate("Errors", "Some words are unknown to this run."),
        why=translate("Errors", "It never learned: {0}.").format(", ".join(error.words)),
        hint=translate("Errors", "Use words from the dataset it was trained on."),
    ),
    errors.CellsInvalidError: lambda error: Explanation(
        happened=translate("Errors", "A cell does not fit its field."),
        why=translate("Errors", "{0}: {1}.").format(error.field, error.reason),
        hint=translate("Errors", "Use a value that the training data has, or leave it empty."),
    ),
    errors.VectorsUnreadableError: lambda error: Explanation(
        happened=translate("Errors", "The word vectors cannot be used."),
        why=translate("Errors", "{0}: {1}.").format(error.path, error.reason),
        hint=translate(
            "Errors",
            "Choose a text file in the format of word2vec or GloVe, or leave the field empty.",
        ),
    ),
    errors.EvaluationUnavailableError: lambda error: Explanation(
        happened=translate("Errors", "The run cannot be evaluated."),
        why=translate(
            "Errors",
            "The dataset in {0} has none of the run's columns, too few items to compare with, or "
            "columns of which nothing tells what belongs together.",
        ).format(error.folder),
        hint=translate("Errors", "Training is not affected; look at the samples instead."),
    ),
    errors.DatasetChangedError: lambda error: Explanation(
        happened=translate("Errors", "The dataset is not the one this run was trained on."),
        why=translate("Errors", "{0} holds version {1}, the run knows version {2}.").format(
            error.folder, error.found, error.expected
        ),
        hint=translate("Errors", "Restore the old version, or measure a newer run."),
    ),
    errors.EvaluatorMissingError: lambda error: Explanation(
        happened=translate("Errors", "The evaluator of this dataset is not trained yet."),
        why=translate("Errors", "Images of '{0}' are compared by what it has learned.").format(
            error.dataset
        ),
        hint=translate("Errors", "Train it, or wait for the first evaluation of a run."),
    ),
    errors.EncoderMissingError: lambda error: Explanation(
        happened=translate("Errors", "This format cannot be written here."),
        why=translate("Errors", "{0} needs {1}.").format(error.name, error.needed),
        hint=translate("Errors", "Install it, or choose another format."),
    ),
    errors.FilmFailedError: lambda error: Explanation(
        happened=translate("Errors", "The film could not be written."),
        why=translate("Errors", "{0}: {1}.").format(error.path, error.reason),
        hint=translate("Errors", "Choose another format or fewer frames a second."),
    ),
    errors.OnnxMismatchError: lambda error: Explanation(
        happened=translate("Errors", "The ONNX files do not compute what the model computes."),
        why=translate("Errors", "{0}: {1}.").format(error.name, error.reason),
        hint=translate("Errors", "Export the model without ONNX, or use another PyTorch."),
    ),
    errors.StoppedError: lambda _error: Explanation(
        happened=translate("Errors", "The work was stopped."),
        why=translate("Errors", "The user requested it."),
        hint=translate("Errors", "Start it again whenever you like."),
    ),
    errors.EngineError: lambda error: Explanation(
        happened=translate("Errors", "The engine could not continue."),
        why=str(error),
        hint=translate("Errors", "What was saved before is still there."),
    ),
    MemoryError: _memory,
    OSError: lambda error: Explanation(
        happened=translate("Errors", "A file or folder could not be used."),
        why=f"{error.filename}: {error.strerror}" if error.filename else str(error),
        hint=translate(
            "Errors", "Check that it exists, that you may write to it and that the disk has room."
        ),
    ),
    errors.RunMissingError: lambda error: Explanation(
        happened=translate("Errors", "The run was not found."),
        why=translate("Errors", "There is no run in {0}.").format(error.folder),
        hint=translate(
            "Errors", "Choose a folder that holds a run.toml; runs are in the workspace under runs."
        ),
    ),
    errors.CheckpointMissingError: lambda error: Explanation(
        happened=translate("Errors", "There is nothing to draw samples from yet."),
        why=translate("Errors", "The run in {0} has not saved a checkpoint.").format(error.folder),
        hint=translate("Errors", "Let the run train a little longer, then try again."),
    ),
    errors.CheckpointCorruptError: lambda error: Explanation(
        happened=translate("Errors", "A checkpoint cannot be used."),
        why=translate("Errors", "{0}: {1}.").format(error.path, error.reason),
        hint=translate(
            "Errors",
            "Choose another checkpoint, or queue the run again from its settings. Whole ones are "
            "found by themselves.",
        ),
    ),
    errors.RunLockedError: lambda error: Explanation(
        happened=translate("Errors", "This run is being trained already."),
        why=translate("Errors", "Process {0} on {1} holds {2}.").format(
            error.pid or "?", error.host or "?", error.folder
        ),
        hint=translate("Errors", "Wait until it has ended, or end it there, then try again."),
    ),
    errors.LoggedError: lambda error: Explanation(
        happened=translate("Errors", "The run failed."),
        why=f"{error.message or error.kind}",
        hint=translate("Errors", "Its log in the run's folder says when and where."),
    ),
    errors.DeviceUnavailableError: lambda error: Explanation(
        happened=translate("Errors", "The chosen device is not available."),
        why=translate("Errors", "'{0}': {1}.").format(error.device, error.reason),
        hint=translate(
            "Errors",
            "Set the device to Automatic or CPU. For an NVIDIA GPU, check that its driver is "
            "installed and that PyTorch was installed with CUDA.",
        ),
    ),
    errors.DeviceLostError: _device_lost,
    errors.MemoryExhaustedError: _memory_exhausted,
    errors.RankLostError: lambda error: Explanation(
        happened=translate("Errors", "A run in {0} processes has ended.").format(error.size),
        why=translate("Errors", "{0}. The run is saved up to {1} images.").format(
            error.reason, QLocale().toString(error.images_saved)
        ),
        hint=translate(
            "Errors", "Resume the run; it continues from there in any number of processes."
        ),
    ),
    errors.NonFiniteLossError: lambda error: Explanation(
        happened=translate("Errors", "Training became unstable and was ended."),
        why=translate("Errors", "After {0} images these losses were no longer finite: {1}.").format(
            QLocale().toString(error.images_seen), ", ".join(error.losses)
        ),
        hint=translate(
            "Errors", "Start again with half the learning rate, or with a larger penalty."
        ),
    ),
    errors.PatternInvalidError: lambda error: Explanation(
        happened=translate("Errors", "This pattern cannot be used."),
        why=translate("Errors", "{0}: {1}.").format(error.pattern, error.reason),
        hint=translate("Errors", "Correct the regular expression, or search for plain text."),
    ),
    errors.EditRefusedError: lambda error: Explanation(
        happened=translate("Errors", "This change was not made."),
        why=str(error),
        hint=translate("Errors", "Undo some of the changes, or exclude the item instead."),
    ),
    errors.SourceUnreadableError: lambda error: Explanation(
        happened=translate("Errors", "The source cannot be read."),
        why=translate("Errors", "{0}: {1}.").format(error.path, error.reason),
        hint=translate(
            "Errors",
            "Check that it is still there and that you may read it, or choose another folder, "
            "archive or table.",
        ),
    ),
    errors.NothingToImportError: lambda error: Explanation(
        happened=translate("Errors", "There is nothing to import."),
        why="\n".join([str(error.path), *error.reasons]),
        hint=translate("Errors", "Choose another format, or correct the file names."),
    ),
    errors.EntryError: lambda error: Explanation(
        happened=translate("Errors", "A file of the source cannot be read."),
        why=f"{error.path}: {error.detail or error.reason}",
        hint=translate("Errors", "It is left out, and the report names it. The others are used."),
    ),
    errors.FilesSkippedError: lambda error: Explanation(
        happened=translate("Errors", "Some files cannot be used, so no dataset was made."),
        why=translate(
            "Errors", "Files of {0} that cannot be used: {1}, beginning with {2} ({3})."
        ).format(error.path, QLocale().toString(error.count), error.first, error.reason),
        hint=translate("Errors", "Repair or remove these files, or import without being strict."),
    ),
    errors.RunNotControllableError: lambda error: Explanation(
        happened=translate("Errors", "The request did not reach the run."),
        why=f"{error.folder}: {error.reason}",
        hint=translate(
            "Errors", "Open the run again to see its state, or use the terminal in which it runs."
        ),
    ),
    errors.ImportLockedError: lambda error: Explanation(
        happened=translate("Errors", "Another process is importing into this dataset."),
        why=translate("Errors", "Process {0} on {1} is writing {2}.").format(
            error.pid or "?", error.host or "?", error.folder
        ),
        hint=translate("Errors", "Wait until it has ended, or choose another name."),
    ),
}
