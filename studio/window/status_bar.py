"""The status bar: the run in one line, for when its panel is hidden."""

from PySide6.QtWidgets import QLabel, QProgressBar, QStatusBar, QWidget

from studio.models.run_life import LifeState
from studio.models.run_status import RunState, RunStatus, progress_text, state_text
from studio.theme import MARGIN

_BAR_WIDTH = 140
_FULL = 1000


class RunStatusBar(QStatusBar):
    """Shows name, state and progress of the run under way or, after it, of the latest."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._text = QLabel()
        self._bar = QProgressBar(textVisible=False)
        self._bar.setFixedWidth(_BAR_WIDTH)
        self.setContentsMargins(MARGIN, 0, MARGIN, 0)
        self.addWidget(self._text, 1)
        self.addPermanentWidget(self._bar)
        self.show_status(RunStatus())

    @property
    def text(self) -> str:
        """What it says."""
        return self._text.text()

    def show_status(self, status: RunStatus) -> None:
        """Show another status."""
        parts = [status.name, state_text(status.state)]
        if status.progress and status.state is RunState.TRAINING:
            parts.append(progress_text(status.progress))
        self._text.setText("  ·  ".join(part for part in parts if part))
        fraction = status.progress.fraction if status.progress else None
        self._bar.setVisible(status.is_running)
        is_busy = fraction is None and status.life is not LifeState.PAUSED
        self._bar.setRange(0, 0 if is_busy else _FULL)
        self._bar.setValue(round((fraction or 0.0) * _FULL))
