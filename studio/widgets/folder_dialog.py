"""Asks for a folder without blocking."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from studio.paths import nearest_existing


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
