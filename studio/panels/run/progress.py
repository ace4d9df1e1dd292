"""How far the run has come: state, bar, figures, device."""

from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from engine.events import RunPrepared
from studio.models.run_life import LifeState
from studio.models.run_status import RunState, RunStatus, count_text, progress_text, state_text
from studio.widgets.labels import plain_label

_FULL = 1000
_GAP = 5


class RunProgress(QWidget):
    """Shows a ``RunStatus``; hidden until there is a run."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = plain_label(role="heading")
        self._bar = QProgressBar(textVisible=False)
        self._bar.setAccessibleName(self.tr("Progress of the run"))
        self._figures = plain_label()
        self._device = plain_label(role="muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(_GAP)
        for widget in (self._state, self._bar, self._figures, self._device):
            layout.addWidget(widget)
        self.show_status(RunStatus())

    def show_status(self, status: RunStatus) -> None:
        """Show another status."""
        self.setVisible(status.state is not RunState.IDLE)
        self._state.setText(state_text(status.state))
        progress = status.progress
        self._figures.setText(progress_text(progress) if progress else "")
        self._figures.setVisible(progress is not None)
        if status.state is RunState.STARTING:
            self._device.hide()
        self._show_bar(status)

    def show_prepared(self, event: RunPrepared) -> None:
        """Say what the run works with."""
        text = self.tr("{0}, {1} pairs, {2} px")
        self._device.setText(text.format(event.device, count_text(event.pairs), event.image_size))
        self._device.show()

    def _show_bar(self, status: RunStatus) -> None:
        fraction = status.progress.fraction if status.progress else None
        self._bar.setVisible(status.is_running)
        # Without an end in sight, or before the first figure, the bar only says "busy".
        is_busy = fraction is None and status.life is not LifeState.PAUSED
        self._bar.setRange(0, 0 if is_busy else _FULL)
        self._bar.setValue(round((fraction or 0.0) * _FULL))
