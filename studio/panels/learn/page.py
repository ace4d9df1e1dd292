"""Base of the pages of the Learn panel: a run, and a text in place of content."""

from pathlib import Path

from PySide6.QtWidgets import QStackedWidget, QWidget

from studio.errors.wording import explain
from studio.widgets.labels import EmptyState


class LearnPage(QStackedWidget):
    """A page about one run; subclasses add the content as the second widget.

    Args:
        empty: text without a run.
        parent: parent widget.
    """

    follows = True
    """Whether the page is refreshed while its run trains."""

    def __init__(self, empty: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._without_run = empty
        self.run: Path | None = None
        self.is_stale = True
        """Whether the run has changed since ``refresh`` was called."""
        self._empty = EmptyState("learn", empty)
        self.addWidget(self._empty)

    def show_run(self, run: Path | None) -> None:
        """Show another run, or none; the content comes with ``refresh``."""
        self.run, self.is_stale = run, True
        self.show_empty(self.tr("The networks are being read…") if run else self._without_run)

    def refresh(self) -> None:
        """Request the content of the run's newest state."""
        self.is_stale = False

    @property
    def is_busy(self) -> bool:
        """Whether an answer is under way."""
        return False

    def show_empty(self, text: str) -> None:
        """Show a text in place of the content."""
        self._empty.set_text(text)
        self.setCurrentIndex(0)

    def show_error(self, error: Exception) -> None:
        """Show an error in place of the content."""
        words = explain(error)
        self.show_empty(" ".join(filter(None, (words.happened, words.why, words.hint))))

    def show_content(self) -> None:
        """Show the content."""
        self.setCurrentIndex(1)
