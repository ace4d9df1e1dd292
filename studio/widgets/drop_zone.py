"""Drop target of a file or folder."""

from pathlib import Path

from PySide6.QtCore import QMimeData, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from studio.theme import GAP, SPACING
from studio.widgets.labels import set_look, spaced


class DropZone(QFrame):
    """A frame that accepts one local file or folder and is highlighted during the drag."""

    dropped = Signal(object)
    """Emitted with the ``Path``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "drop")
        self.setAcceptDrops(True)
        self.content = spaced(QVBoxLayout(self), SPACING, (GAP, GAP, GAP, GAP))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept one local file or folder."""
        if dropped_path(event.mimeData()) is not None:
            set_look(self, "lit", value=True)
            event.acceptProposedAction()

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        """Remove the highlight."""
        set_look(self, "lit", value=False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Emit ``dropped``."""
        set_look(self, "lit", value=False)
        path = dropped_path(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.dropped.emit(path)


def dropped_path(content: QMimeData) -> Path | None:
    """Return the path of a single local file or folder, otherwise None."""
    urls = content.urls()
    if len(urls) != 1 or not urls[0].isLocalFile():
        return None
    return Path(urls[0].toLocalFile())
