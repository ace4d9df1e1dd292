"""From an error to what the user reads: what happened, why, and what to do next."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QCoreApplication, QLocale

from engine import errors
from studio.errors.explanation import Explanation
from studio.errors.import_wording import IMPORT_WORDINGS
from studio.errors.run_wording import RUN_WORDINGS

translate = QCoreApplication.translate


def explain(error: BaseException) -> Explanation:
    """Find the words for an error; unknown ones are explained as a fault of the program."""
    for kind in type(error).__mro__:
        if kind in _WORDINGS:
            return _WORDINGS[kind](error)
        # torch's own class for a full GPU is known by name: the studio does not import torch.
        if kind.__name__ == "OutOfMemoryError":
            return _memory(error)
    return _unknown(error)


def _config(error: errors.ConfigError) -> Explanation:
    return Explanation(
        happened=translate("Errors", "The run cannot start with these settings."),
        why="\n".join(f"{problem.field}: {problem.message}" for problem in error.problems),
        hint=translate(
            "Errors",
            "Correct the fields marked red in the Run panel, then start again.",
        ),
    )


def _dataset_missing(error: errors.DatasetMissingError) -> Explanation:
    return Explanation(
        happened=translate("Errors", "The dataset was not found."),
        why=translate("Errors", "There is no dataset in {0}.").format(error.folder),
        hint=translate("Errors", "Choose a starter or a folder that holds a manifest.json."),
    )


def _dataset_corrupt(error: errors.DatasetCorruptError) -> Explanation:
    return Explanation(
        happened=translate("Errors", "The dataset cannot be used."),
        why=translate("Errors", "In {0}: {1}.").format(error.folder, error.reason),
        hint=translate(
            "Errors",
            "Build the dataset again; a starter is rebuilt when you delete its folder.",
        ),
    )


def _not_writable(error: errors.FolderNotWritableError) -> Explanation:
    return Explanation(
        happened=translate("Errors", "A folder cannot be written to."),
        why=translate("Errors", "{0}: {1}.").format(error.folder, error.reason),
        hint=translate(
            "Errors",
            "Allow writing to this folder, or choose another workspace in the File menu.",
        ),
    )


def _in_use(error: errors.FolderInUseError) -> Explanation:
    return Explanation(
        happened=translate("Errors", "The folder is not empty."),
        why=translate(
            "Errors",
            "{0} already holds files, and nothing is ever overwritten.",
        ).format(error.folder),
        hint=translate("Errors", "Choose another name or an empty folder."),
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


def _images(error: errors.ImagesUnreadableError) -> Explanation:
    return Explanation(
        happened=translate("Errors", "The images cannot be read."),
        why=translate("Errors", "{0}: {1}.").format(error.path, error.reason),
        hint=translate(
            "Errors",
            "Choose a folder with PNG, JPEG or WebP files that you are allowed to read.",
        ),
    )


def _sheet(error: errors.SheetCorruptError) -> Explanation:
    return Explanation(
        happened=translate("Errors", "A preview cannot be read."),
        why=translate("Errors", "{0}: {1}.").format(error.path, error.reason),
        hint=translate("Errors", "The others are not affected; this file can be deleted."),
    )


def _engine(error: errors.EngineError) -> Explanation:
    return Explanation(
        happened=translate("Errors", "The engine could not go on."),
        why=str(error),
        hint=translate("Errors", "What was saved before is still there."),
    )


def _memory(_error: BaseException) -> Explanation:
    return Explanation(
        happened=translate("Errors", "There was not enough memory."),
        why=translate("Errors", "The computer or its GPU has less free memory than the run needs."),
        hint=translate("Errors", "Close other programs, or choose a smaller batch or preset."),
    )


def _system(error: OSError) -> Explanation:
    return Explanation(
        happened=translate("Errors", "A file or folder could not be used."),
        why=f"{error.filename}: {error.strerror}" if error.filename else str(error),
        hint=translate(
            "Errors",
            "Check that it exists, that you may write to it and that the disk has room.",
        ),
    )


def _texts(error: errors.TextsUnreadableError) -> Explanation:
    return Explanation(
        happened=translate("Errors", "The texts could not be read."),
        why=translate("Errors", "{0}: {1}.").format(error.path, error.reason),
        hint=translate("Errors", "Choose a text file in UTF-8 with one text a line."),
    )


def _words(error: errors.UnknownWordsError) -> Explanation:
    return Explanation(
        happened=translate("Errors", "Some words are unknown to this run."),
        why=translate("Errors", "It never learned: {0}.").format(", ".join(error.words)),
        hint=translate("Errors", "Use words that stand in the dataset it was trained on."),
    )


def _vectors(error: errors.VectorsUnreadableError) -> Explanation:
    return Explanation(
        happened=translate("Errors", "The word vectors cannot be used."),
        why=translate("Errors", "{0}: {1}.").format(error.path, error.reason),
        hint=translate(
            "Errors",
            "Choose a text file in the format of word2vec or GloVe, or leave the field empty.",
        ),
    )


def _dataset_changed(error: errors.DatasetChangedError) -> Explanation:
    return Explanation(
        happened=translate("Errors", "The dataset is not the one this run was trained on."),
        why=translate("Errors", "{0} holds version {1}, the run knows version {2}.").format(
            error.folder, error.found, error.expected
        ),
        hint=translate("Errors", "Bring the old version back, or measure a newer run."),
    )


def _stopped(_error: errors.StoppedError) -> Explanation:
    return Explanation(
        happened=translate("Errors", "The work was stopped."),
        why=translate("Errors", "Somebody asked for it."),
        hint=translate("Errors", "Start it again whenever you like."),
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
    errors.ConfigError: _config,
    errors.DatasetMissingError: _dataset_missing,
    errors.DatasetCorruptError: _dataset_corrupt,
    errors.FolderNotWritableError: _not_writable,
    errors.FolderInUseError: _in_use,
    errors.DiskFullError: _disk_full,
    errors.ImagesUnreadableError: _images,
    errors.SheetCorruptError: _sheet,
    errors.TextsUnreadableError: _texts,
    errors.UnknownWordsError: _words,
    errors.VectorsUnreadableError: _vectors,
    errors.DatasetChangedError: _dataset_changed,
    errors.StoppedError: _stopped,
    errors.EngineError: _engine,
    MemoryError: _memory,
    OSError: _system,
    **RUN_WORDINGS,
    **IMPORT_WORDINGS,
}
