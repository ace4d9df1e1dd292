"""Asks for a folder, or for where to write a file, without blocking; shows a folder."""

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
    """Open the platform's folder dialog at ``start`` and hand the picked folder to ``take``."""
    dialog = QFileDialog(parent, caption, str(nearest_existing(start)))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.fileSelected.connect(lambda name: take(Path(name)))
    dialog.open()
    return dialog


def pick_new_file(
    parent: QWidget, caption: str, start: Path, kind: str, take: Callable[[Path], None]
) -> QFileDialog:
    """Ask where to write a file, and hand the place to ``take``.

    Args:
        parent: the window in front of which to ask.
        caption: of the dialog.
        start: the place that is proposed.
        kind: the filter, such as ``ZIP files (*.zip)``.
        take: receives the place.
    """
    dialog = QFileDialog(parent, caption, str(nearest_existing(start.parent)), kind)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(start.suffix.removeprefix("."))
    dialog.selectFile(start.name)
    dialog.fileSelected.connect(lambda name: take(Path(name)))
    dialog.open()
    return dialog


def show_folder(folder: Path) -> None:
    """Show a folder in the platform's own way, making it if need be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _log.warning("%s cannot be made: %s", folder, error)
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
