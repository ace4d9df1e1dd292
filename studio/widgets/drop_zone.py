"""A place to drop a folder or a file on."""

from pathlib import Path

from PySide6.QtCore import QMimeData, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from studio.theme import GAP, SPACING
from studio.widgets.labels import set_look, spaced


class DropZone(QFrame):
    """A framed place that lights up while something that it takes hangs over it."""

    dropped = Signal(object)
    """Carries the ``Path``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "drop")
        self.setAcceptDrops(True)
        layout = spaced(QVBoxLayout(self), SPACING, (GAP, GAP, GAP, GAP))
        self.content = layout

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Light up for one local file or folder."""
        if dropped_path(event.mimeData()) is not None:
            set_look(self, "lit", value=True)
            event.acceptProposedAction()

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        """Go dark again."""
        set_look(self, "lit", value=False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Take it."""
        set_look(self, "lit", value=False)
        path = dropped_path(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.dropped.emit(path)


def dropped_path(content: QMimeData) -> Path | None:
    """Give the one local file or folder that is dragged; None for anything else."""
    urls = content.urls()
    if len(urls) != 1 or not urls[0].isLocalFile():
        return None
    return Path(urls[0].toLocalFile())
