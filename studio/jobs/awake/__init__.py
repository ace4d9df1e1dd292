"""Inhibits system sleep while a run trains; failures are only logged."""

import logging
import subprocess
import sys

from PySide6.QtCore import QCoreApplication, QObject, Slot

from engine.events import PhaseChanged, RunEnded, RunEvent, RunPaused
from studio.jobs.awake.bus import Inhibition, MacInhibition, Way, WindowsInhibition
from studio.jobs.training import RunEvents

_log = logging.getLogger(__name__)


class SleepInhibitor(QObject):
    """Inhibits sleep from the start of a run to its end, except while it is paused.

    Args:
        way: creates an inhibition; the system's own by default.
        parent: the owner.
    """

    def __init__(self, way: Way | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._way = way or way_of(sys.platform)
        self._hold: Inhibition | None = None
        self._is_wanted = False
        self._is_allowed = True
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.let_go)

    @property
    def is_holding(self) -> bool:
        """Whether an inhibition is active or requested."""
        return self._hold is not None

    def follow(self, run: RunEvents) -> None:
        """Inhibit sleep while a job trains."""
        run.run_started.connect(self.hold)
        run.event_emitted.connect(self._on_run_event)

    def set_allowed(self, is_allowed: bool) -> None:  # noqa: FBT001 - one plain fact
        """Allow or forbid inhibiting sleep, as chosen by the user."""
        self._is_allowed = is_allowed
        self._settle()

    @Slot()
    def hold(self) -> None:
        """Inhibit sleep, if allowed."""
        self._is_wanted = True
        self._settle()

    @Slot()
    def let_go(self) -> None:
        """Release the inhibition."""
        self._is_wanted = False
        self._settle()

    @Slot(object)
    def _on_run_event(self, event: RunEvent) -> None:
        match event:
            case PhaseChanged():  # After a pause, the first event of a resumed run.
                self.hold()
            case RunPaused() | RunEnded():
                self.let_go()
            case _:
                pass

    def _settle(self) -> None:
        wants = self._is_wanted and self._is_allowed
        if wants == self.is_holding:
            return
        try:
            if self._hold is None:
                self._hold = self._way()
            else:
                hold, self._hold = self._hold, None
                hold.release()
        except (OSError, AttributeError, KeyError, subprocess.TimeoutExpired) as error:
            _log.info("Sleep inhibition failed: %s", error)


def way_of(platform: str) -> Way:
    """Return the inhibition of a platform."""
    if platform == "win32":
        return WindowsInhibition
    if platform == "darwin":
        return MacInhibition
    from studio.jobs.awake.bus import BusInhibition

    return BusInhibition
