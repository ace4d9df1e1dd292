"""What can be done with one pair: copy its image or its text, save the image."""

import re
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QBuffer, QDir, QIODevice, QObject, QStandardPaths
from PySide6.QtGui import QAction, QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QWidget

from engine.disk import atomic_write
from engine.errors import EngineError
from studio.dialogs.error import ErrorDialog
from studio.errors.reporter import ErrorReport
from studio.errors.wording import explain

_NOT_FOR_NAMES = re.compile(r"[^\w]+")
_LONGEST_NAME = 60


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One generated pair and when it was drawn."""

    image: QImage
    text: str
    images_seen: int


class PairActions(QObject):
    """The actions of one widget that shows pairs; set ``pair`` before they are triggered."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._widget = parent
        self.pair: Pair | None = None
        self.copy_image = QAction(self.tr("Copy image"), self)
        self.copy_image.triggered.connect(self._copy_image)
        self.copy_text = QAction(self.tr("Copy text"), self)
        self.copy_text.triggered.connect(self._copy_text)
        self.save_image = QAction(self.tr("Save image…"), self)
        self.save_image.triggered.connect(self._ask_where)
        self.all = (self.copy_image, self.copy_text, self.save_image)

    def _copy_image(self) -> None:
        if self.pair:
            QGuiApplication.clipboard().setImage(self.pair.image)

    def _copy_text(self) -> None:
        if self.pair:
            QGuiApplication.clipboard().setText(self.pair.text)

    def _ask_where(self) -> None:
        pair = self.pair
        if pair is None:
            return
        folder = QStandardPaths.StandardLocation.PicturesLocation
        start = QStandardPaths.writableLocation(folder) or QDir.homePath()
        dialog = QFileDialog(self._widget, self.tr("Save image"), start)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(self.tr("PNG image (*.png)"))
        dialog.setDefaultSuffix("png")
        dialog.selectFile(suggested_name(pair))
        # The pair is bound now: by the time of the answer a newer preview may have come.
        dialog.fileSelected.connect(lambda path: self._save(pair, Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _save(self, pair: Pair, path: Path) -> None:
        try:
            atomic_write(path, png_of(pair))
        except EngineError as error:
            report = ErrorReport(explanation=explain(error), details=str(error))
            ErrorDialog(self._widget, report).open()


def suggested_name(pair: Pair) -> str:
    """Make a file name from the text and the run's progress."""
    words = _NOT_FOR_NAMES.sub("-", pair.text).strip("-")[:_LONGEST_NAME]
    return f"{words or 'pair'}-{pair.images_seen}.png"


def png_of(pair: Pair) -> bytes:
    """Write the image as a PNG that carries its text, as ``Description``."""
    image = QImage(pair.image)
    image.setText("Description", pair.text)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # pyright: ignore[reportCallIssue, reportArgumentType] - the stub knows no format as str
    return bytes(buffer.data().data())
