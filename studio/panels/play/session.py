"""Opens the run that is played with while the panel is seen, and follows it if it trains."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from studio.jobs.frame_answers import PlayEnded, PlayerOpened
from studio.jobs.frames import FrameJob, PlayedRun

_FOLLOW_MS = 1_000
_LOOK_MS = 500
_RELEASE_MS = 60_000
"""Time hidden after which the player's memory is released."""


class PlaySession(QObject):
    """The run and its player.

    A dock in the back of a tab area counts as visible for Qt: only what is painted is seen.

    Args:
        frames: holds the player.
        panel: the owner, which calls ``see`` when it is painted.
    """

    run_changed = Signal(object)
    """Carries the folder of another run, or None."""
    opened = Signal(object)
    """Carries ``PlayerOpened``."""
    left = Signal()
    """The panel is no longer seen."""
    failed = Signal(object)
    """Carries the error of a run that cannot be opened."""

    def __init__(self, frames: FrameJob, panel: QWidget) -> None:
        super().__init__(panel)
        self._frames, self._panel = frames, panel
        self.run: PlayedRun | None = None
        self.player: PlayerOpened | None = None
        """What the open player has said of itself."""
        self.is_busy = False
        """Whether a drag is under way, during which the weights stay the same."""
        self._is_seen = False
        self._waiting: list[Callable[[], None]] = []
        self._follow = QTimer(self, interval=_FOLLOW_MS)
        self._follow.timeout.connect(self._on_follow)
        self._release = QTimer(self, singleShot=True, interval=_RELEASE_MS)
        self._release.timeout.connect(self.release)
        self._look = QTimer(self, interval=_LOOK_MS)
        self._look.timeout.connect(self._on_look)
        frames.answered.connect(self._on_answer)

    @property
    def is_open(self) -> bool:
        """Whether the run has answered."""
        return self.player is not None

    def show(self, run: PlayedRun | None) -> None:
        """Play with a run, or with none."""
        if run == self.run:
            return
        folder = run.folder if run else None
        is_other = folder != (self.run.folder if self.run else None)
        self.release()
        self.run = run
        if is_other:
            self._waiting.clear()
            self.run_changed.emit(folder)
        if self._is_seen:
            self._open()

    def when_open(self, action: Callable[[], None]) -> None:
        """Do something now, or once the run has been opened."""
        if self.is_open:
            action()
        else:
            self._waiting.append(action)

    def see(self) -> None:
        """Open the run, because the panel is painted."""
        if not self._is_seen:
            self._is_seen = True
            self._release.stop()
            self._look.start()
            # Not while painting.
            QTimer.singleShot(0, self, self._open)

    def leave(self) -> None:
        """Pause: nothing follows, and memory is released later."""
        if self._is_seen:
            self._is_seen = False
            self._look.stop()
            self._follow.stop()
            self._release.start()
            self.left.emit()

    def shut_down(self) -> None:
        """End the thread, when quitting."""
        for timer in (self._follow, self._release, self._look):
            timer.stop()
        self.player = self.run = None
        self._frames.shut_down()

    @Slot()
    def release(self) -> None:
        """Release the player; it is opened again once the panel is seen."""
        self.player = None
        self._follow.stop()
        self._frames.close()

    @property
    def folder(self) -> Path | None:
        """Folder of the run."""
        return self.run.folder if self.run else None

    @Slot()
    def _on_look(self) -> None:
        if self._panel.visibleRegion().isEmpty():
            self.leave()

    @Slot()
    def _open(self) -> None:
        if self.run is None or not self._is_seen:
            return
        if self._frames.run != self.run:
            self.player = None
            self._frames.open(self.run)
        if self.run.is_live:
            self._follow.start()

    @Slot()
    def _on_follow(self) -> None:
        if self._frames.run is None:
            # There was nothing to open yet.
            self._open()
        elif self.is_open and not self.is_busy:
            self._frames.refresh()

    @Slot(object)
    def _on_answer(self, answer: object) -> None:
        if isinstance(answer, PlayerOpened):
            self.player = answer
            self.opened.emit(answer)
            waiting, self._waiting = self._waiting, []
            for action in waiting:
                action()
        elif isinstance(answer, PlayEnded):
            self.player = None
            if answer.error is not None:
                self._frames.close()
                self.failed.emit(answer.error)
