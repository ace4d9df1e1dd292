"""Drop target of a file or folder."""

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QMimeData, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from studio.theme import GAP, SPACING
from studio.widgets.labels import set_look, spaced


class DropZone(QFrame):
    """A frame that accepts one local file or folder and is highlighted during the drag."""

    dropped = Signal(object)
    """Emitted with the ``Path``."""
    refused = Signal(str)
    """Emitted with the reason if something else was dropped."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "drop")
        self.setAcceptDrops(True)
        self.content = spaced(QVBoxLayout(self), SPACING, (GAP, GAP, GAP, GAP))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files and folders; several are refused with a reason when they are dropped."""
        if event.mimeData().hasUrls():
            set_look(self, "lit", value=True)
            event.acceptProposedAction()

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        """Remove the highlight."""
        set_look(self, "lit", value=False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Emit ``dropped``, or ``refused``."""
        set_look(self, "lit", value=False)
        path = dropped_path(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.dropped.emit(path)
        else:
            self.refused.emit(refusal_text(event.mimeData()))


def dropped_path(content: QMimeData) -> Path | None:
    """Return the path of a single local file or folder, otherwise None."""
    urls = content.urls()
    if len(urls) != 1 or not urls[0].isLocalFile():
        return None
    return Path(urls[0].toLocalFile())


def refusal_text(content: QMimeData) -> str:
    """Return why ``dropped_path`` is None, in the user's language."""
    translate = QCoreApplication.translate
    if len(content.urls()) > 1:
        return translate(
            "DropZone", "One folder, archive or table can be dropped at a time. Nothing was taken."
        )
    return translate("DropZone", "Only folders and files of this computer can be dropped.")
