"""Plays one sound at a time, in a thread of its own: opening a device may take a second."""

import importlib
import logging
import threading
from collections.abc import Callable, Generator, Sequence
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal, Slot

from engine.control import RunControl
from studio.jobs.task import CancellingJob, TaskEnded, Tell

Wave = npt.NDArray[np.int16]
_log = logging.getLogger(__name__)


class PlaybackProblem(StrEnum):
    """Why nothing can be played."""

    NO_LIBRARY = "no_library"
    """miniaudio is not installed."""
    NO_DEVICE = "no_device"
    """The system has no sound device, or refuses to open it."""


class PlaybackUnavailableError(OSError):
    """No sound device could be opened."""

    def __init__(self, reason: PlaybackProblem, detail: str) -> None:
        self.reason, self.detail = reason, detail
        super().__init__(f"No sound can be played: {detail}")


Frames = Generator[bytes, int, None]
"""Is sent numbers of frames and yields that many, as bytes of int16; already started."""


class Device(Protocol):
    """A sound device that plays; miniaudio's ``PlaybackDevice`` is one."""

    def close(self) -> None:
        """Stop and release the device."""
        ...


StartDevice = Callable[[Frames, int], Device]
"""Plays mono int16 at a rate, from another thread; raises ``PlaybackUnavailableError``."""

BUFFER_MS = 100
"""Sound that the device holds ready."""


def start_device(stream: Frames, rate: int, *, backends: Sequence[str] = ()) -> Device:
    """Play a stream on the system's default device.

    Args:
        stream: the frames.
        rate: samples per second; the device converts them to its own.
        backends: names of ``miniaudio.Backend``; by default all but the one that plays to nowhere.

    Raises:
        PlaybackUnavailableError: there is no device, or no miniaudio.
    """
    try:
        miniaudio: Any = importlib.import_module("miniaudio")
    except (ImportError, OSError) as error:
        raise PlaybackUnavailableError(PlaybackProblem.NO_LIBRARY, str(error)) from error
    backend = miniaudio.Backend
    real = miniaudio.get_enabled_backends() - {backend.NULL, backend.CUSTOM}
    # The values are in miniaudio's order of preference.
    chosen = [backend[name] for name in backends] or sorted(real, key=lambda one: one.value)
    try:
        device = miniaudio.PlaybackDevice(
            output_format=miniaudio.SampleFormat.SIGNED16,
            nchannels=1,
            sample_rate=rate,
            buffersize_msec=BUFFER_MS,
            backends=chosen,
            app_name="Diptych",
        )
        device.start(stream)
    except miniaudio.MiniaudioError as error:
        # The second argument is a number of miniaudio's.
        raise PlaybackUnavailableError(PlaybackProblem.NO_DEVICE, str(error.args[0])) from error
    return device


_POLL_S = 0.05
_PROBE_RATE = 44_100


class AudioPlayer(QObject):
    """Plays one sound at a time; a new one stops the one before.

    For every ``started`` there is one ``finished`` with the same source, and never two sounds are
    between them at once.

    Args:
        start_device: opens the device; by default the system's.
        parent: the owner.
    """

    started = Signal(object)
    """Carries the source of the sound that begins."""
    finished = Signal(object)
    """Carries the source of the sound that ended or was stopped."""
    availability_changed = Signal(bool)

    def __init__(
        self, start_device: StartDevice = start_device, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._start_device = start_device
        self._source: object = None
        self._is_playing = False
        self._problem: PlaybackUnavailableError | None = None
        self._job = CancellingJob("audio", self)
        self._job.ended.connect(self._on_ended)

    @property
    def is_playing(self) -> bool:
        """Whether a sound has started and not finished."""
        return self._is_playing

    @property
    def source(self) -> object:
        """The source of the sound that is playing; None if there is none."""
        return self._source if self._is_playing else None

    @property
    def is_available(self) -> bool:
        """Whether sounds can be played, as far as is known: ``probe`` and ``play`` find out."""
        return self._problem is None

    @property
    def reason(self) -> PlaybackProblem | None:
        """Why nothing can be played."""
        return self._problem.reason if self._problem else None

    def probe(self) -> None:
        """Find out in the background whether there is a device; does nothing while one plays."""
        if not self._is_playing:
            self._job.request(
                lambda _tell, control: _play(self._start_device, b"", _PROBE_RATE, control)
            )

    def play(self, samples: Wave, rate: int, *, source: object = None) -> None:
        """Play a sound from its beginning; the one before is stopped.

        Args:
            samples: [S] int16.
            rate: samples per second.
            source: passed on by the signals, such as the tile that was clicked.
        """
        self._finish()
        frames = np.array(samples, "=i2").tobytes()

        def work(_tell: Tell, control: RunControl) -> None:
            _play(self._start_device, frames, rate, control)

        self._source, self._is_playing = source, True
        self._job.request(work)
        # Last, because a receiver may stop it.
        self.started.emit(source)

    @Slot()
    def stop(self) -> None:
        """Stop the sound."""
        self._job.forget()
        self._finish()

    def wait(self, timeout_ms: int) -> bool:
        """Block until the thread has ended, when quitting. Returns whether it did in time."""
        self._job.forget()
        return self._job.wait(timeout_ms)

    def _finish(self) -> None:
        if self._is_playing:
            source, self._source, self._is_playing = self._source, None, False
            self.finished.emit(source)

    @Slot(object)
    def _on_ended(self, event: TaskEnded) -> None:
        was_available = self.is_available
        self._problem = event.error if isinstance(event.error, PlaybackUnavailableError) else None
        if self.is_available != was_available:
            _log.info("%s", self._problem or "There is a sound device again")
            self.availability_changed.emit(self.is_available)
        self._finish()


def _play(start_device: StartDevice, frames: bytes, rate: int, control: RunControl) -> None:
    """Play frames to their end, or until a stop is requested."""
    control.stop_if_asked()
    is_over = threading.Event()
    stream = _stream(frames, rate, is_over)
    next(stream)
    device = start_device(stream, rate)
    try:
        while not is_over.is_set():
            control.stop_if_asked()
            control.wait(_POLL_S)
    finally:
        device.close()


def _stream(frames: bytes, rate: int, is_over: threading.Event) -> Frames:
    """Yield the frames in the portions that are asked for, then what fills the device's buffer."""
    place = 0
    end = len(frames) + 4 * (2 * BUFFER_MS * rate // 1_000)
    wanted = yield b""
    while place < end:
        portion = frames[place : place + 2 * wanted]
        place += 2 * wanted
        wanted = yield portion.ljust(2 * wanted, b"\0")
    is_over.set()
