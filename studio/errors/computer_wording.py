"""Words for what the computer cannot do: its folders, its disk, its memory."""

from PySide6.QtCore import QCoreApplication, QLocale

from engine import errors
from studio.errors.explanation import Explanation

translate = QCoreApplication.translate


def not_writable(error: errors.FolderNotWritableError) -> Explanation:
    """A folder may not be written to."""
    return Explanation(
        happened=translate("Errors", "A folder cannot be written to."),
        why=translate("Errors", "{0}: {1}.").format(error.folder, error.reason),
        hint=translate(
            "Errors",
            "Allow writing to this folder, or choose another workspace in the File menu.",
        ),
    )


def in_use(error: errors.FolderInUseError) -> Explanation:
    """A folder holds files already."""
    return Explanation(
        happened=translate("Errors", "The folder is not empty."),
        why=translate(
            "Errors",
            "{0} already holds files, and nothing is ever overwritten.",
        ).format(error.folder),
        hint=translate("Errors", "Choose another name or an empty folder."),
    )


def disk_full(error: errors.DiskFullError) -> Explanation:
    """Something does not fit on the disk."""
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


def memory(_error: BaseException) -> Explanation:
    """Something does not fit into memory."""
    return Explanation(
        happened=translate("Errors", "There was not enough memory."),
        why=translate("Errors", "The computer or its GPU has less free memory than the run needs."),
        hint=translate("Errors", "Close other programs, or choose a smaller batch or preset."),
    )


def system(error: OSError) -> Explanation:
    """The system refused a file or folder."""
    return Explanation(
        happened=translate("Errors", "A file or folder could not be used."),
        why=f"{error.filename}: {error.strerror}" if error.filename else str(error),
        hint=translate(
            "Errors",
            "Check that it exists, that you may write to it and that the disk has room.",
        ),
    )
