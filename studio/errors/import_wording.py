"""The words for what may go wrong with datasets that somebody imports or edits."""

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QCoreApplication, QLocale

from engine import errors
from studio.errors.explanation import Explanation

translate = QCoreApplication.translate


def _pattern(error: errors.PatternInvalidError) -> Explanation:
    return Explanation(
        happened=translate("Errors", "This pattern cannot be used."),
        why=translate("Errors", "{0}: {1}.").format(error.pattern, error.reason),
        hint=translate("Errors", "Correct the regular expression, or search for plain text."),
    )


def _edit_refused(error: errors.EditRefusedError) -> Explanation:
    return Explanation(
        happened=translate("Errors", "This change was not made."),
        why=str(error),
        hint=translate("Errors", "Take some of the changes back, or exclude the item instead."),
    )


def _source(error: errors.SourceUnreadableError) -> Explanation:
    return Explanation(
        happened=translate("Errors", "The source cannot be read."),
        why=translate("Errors", "{0}: {1}.").format(error.path, error.reason),
        hint=translate(
            "Errors",
            "Check that it is still there and that you may read it, or choose another folder, "
            "archive or table.",
        ),
    )


def _nothing(error: errors.NothingToImportError) -> Explanation:
    return Explanation(
        happened=translate("Errors", "There is nothing to import."),
        why="\n".join([str(error.path), *error.reasons]),
        hint=translate("Errors", "Choose another way of reading, or correct the names of files."),
    )


def _entry(error: errors.EntryError) -> Explanation:
    return Explanation(
        happened=translate("Errors", "A file of the source cannot be read."),
        why=f"{error.path}: {error.detail or error.reason}",
        hint=translate("Errors", "It is left out, and the report names it. The others are used."),
    )


def _files_skipped(error: errors.FilesSkippedError) -> Explanation:
    return Explanation(
        happened=translate("Errors", "Some files cannot be used, so no dataset was made."),
        why=translate(
            "Errors", "Files of {0} that cannot be used: {1}, beginning with {2} ({3})."
        ).format(error.path, QLocale().toString(error.count), error.first, error.reason),
        hint=translate("Errors", "Repair or remove these files, or import without being strict."),
    )


def _import_locked(error: errors.ImportLockedError) -> Explanation:
    return Explanation(
        happened=translate("Errors", "Somebody else imports into this dataset."),
        why=translate("Errors", "Process {0} on {1} is writing {2}.").format(
            error.pid or "?", error.host or "?", error.folder
        ),
        hint=translate("Errors", "Wait until it has ended, or choose another name."),
    )


IMPORT_WORDINGS: Mapping[type[BaseException], Callable[[Any], Explanation]] = {
    errors.PatternInvalidError: _pattern,
    errors.EditRefusedError: _edit_refused,
    errors.SourceUnreadableError: _source,
    errors.NothingToImportError: _nothing,
    errors.EntryError: _entry,
    errors.FilesSkippedError: _files_skipped,
    errors.ImportLockedError: _import_locked,
}
