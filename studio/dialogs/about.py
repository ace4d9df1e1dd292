"""What this program is."""

import platform

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from engine.installed import installed_version


class AboutDialog(QMessageBox):
    """Name, version and licence; versions of what it stands on, for a report."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("About Diptych"))
        self.setIconPixmap(parent.windowIcon().pixmap(64, 64))
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(self.tr("Diptych {0}").format(installed_version()))
        about = self.tr(
            "Trains generators of image-text pairs by clicking.\n"
            "Free software under the Apache License 2.0."
        )
        names = {"PyTorch": "torch", "PySide6": "PySide6-Essentials", "NumPy": "numpy"}
        parts = [f"{name} {installed_version(package)}" for name, package in names.items()]
        stands_on = ", ".join([f"Python {platform.python_version()}", *parts])
        self.setInformativeText(f"{about}\n\n{stands_on}")
        self.setStandardButtons(QMessageBox.StandardButton.Close)
