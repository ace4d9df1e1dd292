"""Bar below a plot: the chosen moment, and what can be done from there."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.theme import SPACING
from studio.widgets.buttons import icon_button, push_button
from studio.widgets.labels import fill, plain_label, spaced


class MomentBar(QWidget):
    """Describes the chosen moment; hidden while there is none."""

    branch_requested = Signal()
    play_requested = Signal()
    clear_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = plain_label()
        self.branch = push_button(
            self.tr("Branch"), self.branch_requested, icon_name="branch", role="small"
        )
        self.play = push_button(
            self.tr("Play"), self.play_requested, icon_name="gallery", role="small"
        )
        self.close_ = icon_button("close", self.tr("Remove the marker and show the newest pairs"))
        self.close_.clicked.connect(self.clear_requested)
        row = spaced(QHBoxLayout(self), SPACING, (0, 0, 0, 0))
        fill(row, (self._text, 1), self.branch, self.play, self.close_)
        self.hide()

    @property
    def text(self) -> str:
        """The description."""
        return self._text.text()

    def show_moment(self, text: str, checkpoint: str) -> None:
        """Show a moment.

        Args:
            text: its description; empty hides the bar.
            checkpoint: the nearest checkpoint in words; empty if there is none.
        """
        self.setVisible(bool(text))
        self._text.setText(text)
        for button in (self.branch, self.play):
            button.setEnabled(bool(checkpoint))
        nothing = self.tr("The run has no checkpoint yet")
        branch = self.tr("Set up a new run that continues from this checkpoint: {0}")
        play = self.tr("Draw and play with this checkpoint: {0}")
        self.branch.setToolTip(branch.format(checkpoint) if checkpoint else nothing)
        self.play.setToolTip(play.format(checkpoint) if checkpoint else nothing)
