"""Non-blocking dialogs for folders and new files; opens folders in the file manager."""

import logging
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from studio.paths import nearest_existing

_log = logging.getLogger(__name__)


def pick_folder(
    parent: QWidget, caption: str, start: Path, take: Callable[[Path], None]
) -> QFileDialog:
    """Open the folder dialog at ``start`` and call ``take`` with the selected folder."""
    dialog = QFileDialog(parent, caption, str(nearest_existing(start)))
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    return _open(dialog, take)


def pick_file(
    parent: QWidget, caption: str, start: Path, kind: str, take: Callable[[Path], None]
) -> QFileDialog:
    """Open the file dialog for an existing file and call ``take`` with it."""
    dialog = QFileDialog(parent, caption, str(nearest_existing(start)), kind)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    return _open(dialog, take)


def pick_new_file(
    parent: QWidget, caption: str, start: Path, kind: str, take: Callable[[Path], None]
) -> QFileDialog:
    """Open the file dialog at ``start`` with the name filter ``kind`` and call ``take``."""
    dialog = QFileDialog(parent, caption, str(nearest_existing(start.parent)), kind)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(start.suffix.removeprefix("."))
    dialog.selectFile(start.name)
    return _open(dialog, take)


def _open(dialog: QFileDialog, take: Callable[[Path], None]) -> QFileDialog:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda name: take(Path(name)))
    dialog.open()
    return dialog


def show_folder(folder: Path) -> None:
    """Open a folder in the file manager; create it if it does not exist."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _log.warning("%s cannot be made: %s", folder, error)
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
