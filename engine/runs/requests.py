"""Requests to a run that another process trains, through a file in the run's folder.

The process that trains publishes the name of its session in the lock of the run. Whoever watches
the run adds a request for that session to ``requests.json``. The training loop reads the file about
once a second, and answers each request with a ``RequestAnswered`` in the log.

A request is carried out once: it names its session and has a nonce, so neither a file that is left
from an earlier session nor one that a synchronised folder brings back is obeyed. One that arrives
long after it was sent is refused. The file is untrusted: it is small, and anything unexpected in it
is ignored.
"""

import contextlib
import logging
import os
import secrets
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from engine.control import RunControl
from engine.errors import RunNotControllableError
from engine.events import RunRequest
from engine.fs.atomic import atomic_write, remove_if_there
from engine.fs.codec import Length, Range, from_json, to_json
from engine.fs.lock import SESSION, holder_of
from engine.fs.untrusted import MalformedFileError, read_regular
from engine.printable import printable

log = logging.getLogger(__name__)

FILE_NAME = "requests.json"
FORMAT = 1
READ_EVERY_S = 1.0
MAX_AGE_S = 900.0
"""A request that arrives later is refused: its sender has long seen something else."""
MAX_REQUESTS = 16
"""In the file; older ones have been read long before."""
_MAX_BYTES = 32_768
_MAX_SENDER = 300
_MAX_KNOWN = 1000


def _token(value: str) -> str:
    if SESSION.fullmatch(value) is None:
        raise ValueError("must have 16 hexadecimal digits")
    return value


@dataclass(frozen=True, kw_only=True)
class SentRequest:
    """A request, as it is in the file."""

    request: RunRequest
    session: Annotated[str, _token]
    """That it is meant for."""
    nonce: Annotated[str, _token]
    sent_s: Annotated[float, Range(0, 2**53)]
    """Seconds since 1970, by the clock of the sender."""
    sender: Annotated[str, Length(_MAX_SENDER)]
    """Display name of the process that sent it."""


@dataclass(frozen=True, kw_only=True)
class _Requests:
    requests: Annotated[tuple[SentRequest, ...], Length(MAX_REQUESTS)]
    """Oldest first."""


def new_nonce() -> str:
    """Return a random identifier."""
    return secrets.token_hex(8)


def send_request(folder: Path, request: RunRequest, nonce: str | None = None) -> SentRequest:
    """Send a request to the process that trains a run.

    Args:
        folder: of the run.
        request: what is requested.
        nonce: identifies the request in its answer; by default a new one.

    Raises:
        RunNotControllableError: no process trains the run, or it takes no requests.
        FolderNotWritableError, DiskFullError: the file cannot be written.
    """
    holder = holder_of(folder, trusts_others=True)
    if holder is None:
        raise RunNotControllableError(folder, "no process trains it")
    if not holder.session:
        reason = f"process {holder.pid} on {holder.host or '?'} takes no requests"
        raise RunNotControllableError(folder, reason)
    sent = SentRequest(
        request=request,
        session=holder.session,
        nonce=nonce or new_nonce(),
        sent_s=round(time.time(), 3),
        sender=f"process {os.getpid()} on {printable(socket.gethostname()[:255])}",
    )
    path = folder / FILE_NAME
    earlier: tuple[SentRequest, ...] = ()
    with contextlib.suppress(OSError, MalformedFileError):
        # Those that have not been read yet must not be lost.
        earlier = tuple(one for one in _read(path) if one.session == holder.session)
    kept = (*earlier, sent)[-MAX_REQUESTS:]
    atomic_write(path, to_json(_Requests(requests=kept), version=FORMAT))
    return sent


def carry_out(request: RunRequest, control: RunControl) -> None:
    """Pass a request on to the control of a run."""
    actions: dict[RunRequest, Callable[[], None]] = {
        RunRequest.PAUSE: control.request_pause,
        RunRequest.RELEASE: lambda: control.request_pause(release=True),
        RunRequest.CONTINUE: control.request_resume,
        RunRequest.STOP: control.request_stop,
        RunRequest.SAVE: control.request_checkpoint,
        RunRequest.PREVIEW: control.request_sample,
        RunRequest.EVALUATE: control.request_evaluation,
    }
    actions[request]()


class RequestInbox:
    """Reads the requests to one session of a run, each of them once."""

    def __init__(self) -> None:
        self.session = secrets.token_hex(8)
        """Published in the lock of the run."""
        self._read_s = float("-inf")
        self._stamp: tuple[int, ...] = ()
        self._known: deque[str] = deque(maxlen=_MAX_KNOWN)
        """Nonces of requests that were returned."""
        self._problem = ""

    def read_new(self, folder: Path) -> list[tuple[SentRequest, str]]:
        """Return the requests that have arrived, and why they must be refused, if so.

        Does nothing but look at the clock if it was called less than a second ago, and reads the
        file only if it has changed. Never raises.
        """
        now_s = time.monotonic()
        if now_s - self._read_s < READ_EVERY_S:
            return []
        self._read_s = now_s
        path = folder / FILE_NAME
        try:
            status = path.lstat()
            stamp = (status.st_ino, status.st_size, status.st_mtime_ns)
            if stamp == self._stamp:
                return []
            sent = _read(path)
        except FileNotFoundError:
            return []
        except (OSError, MalformedFileError) as error:
            # It may be half written by a program that synchronises folders; read it again.
            if str(error) != self._problem:
                self._problem = str(error)
                log.info("Requests cannot be read: %s", error)
            return []
        self._stamp, self._problem = stamp, ""
        new = [s for s in sent if s.session == self.session and s.nonce not in self._known]
        self._known.extend(one.nonce for one in new)
        return [(one, _refusal(one)) for one in new]

    def clear(self, folder: Path) -> None:
        """Remove the file at the end of the session; disk errors are ignored."""
        with contextlib.suppress(OSError):
            remove_if_there(folder / FILE_NAME)


def _refusal(sent: SentRequest) -> str:
    age_s = time.time() - sent.sent_s
    if abs(age_s) <= MAX_AGE_S:
        return ""
    minutes = round(abs(age_s) / 60)
    if age_s > 0:
        return f"it was sent {minutes:,} min ago"
    return f"it was sent in {minutes:,} min, by a clock that differs"


def _read(path: Path) -> tuple[SentRequest, ...]:
    """Read the file.

    Raises:
        MalformedFileError: it is not such a file.
        OSError: it cannot be read.
    """
    content = read_regular(path, _MAX_BYTES)
    return from_json(_Requests, content, FILE_NAME, version=FORMAT).requests
