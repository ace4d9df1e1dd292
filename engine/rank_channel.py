"""How rank 0 of a run tells the other ranks what to do next, and hears why one gave up.

A connection of its own, beside that of the tensors: a rank may wait in it for days, while rank 0
is paused, and yet hears at once that rank 0 has ended, or after minutes that its machine is gone.
Messages are lines of JSON.
"""

import contextlib
import json
import secrets
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any, cast

from engine.errors import RankLostError

CONNECT_S = 300.0
"""Time for the other ranks to start and connect: they import PyTorch, from a slow disk perhaps."""
HANDSHAKE_S, POLL_S, REASON_S = 10.0, 0.2, 2.0
_MAX_LINE = 10_000_000
_KEEPALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 6}
"""Seconds and attempts until a machine that does not answer counts as gone."""
READY, FAILED, OUT_OF_MEMORY = "ready", "failed", "out of memory"
"""What a rank answers."""

Message = Mapping[str, Any]


class _Link:
    """A connection that carries lines of JSON."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket, self._pending = connection, b""
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEPALIVE.items():
            if hasattr(socket, name):
                connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)

    def send(self, message: Message) -> None:
        """Send a message; raises ``OSError`` if the other end is gone."""
        self._socket.settimeout(None)
        self._socket.sendall(json.dumps(message).encode() + b"\n")

    def receive(self, timeout_s: float | None) -> Message | None:
        """Return the next message; None after so many seconds.

        Raises:
            OSError: the other end is gone, or sent no message.
        """
        self._socket.settimeout(timeout_s)
        while b"\n" not in self._pending:
            if len(self._pending) > _MAX_LINE:
                raise OSError("a message is too long")
            try:
                received = self._socket.recv(65_536)
            except (TimeoutError, BlockingIOError):
                return None
            if not received:
                raise ConnectionError("the other end has closed the connection")
            self._pending += received
        line, _, self._pending = self._pending.partition(b"\n")
        try:
            message = json.loads(line)
        except ValueError as error:
            raise OSError("a message is not JSON") from error
        if not isinstance(message, dict):
            raise OSError("a message is no object")
        return cast("Message", message)

    def close(self) -> None:
        self._socket.close()


class LeaderChannel:
    """The end of rank 0.

    Args:
        size: number of ranks.
        host: address to listen at; by default only this machine can connect.
        find_dead: returns why a process of this machine has ended, or nothing.
    """

    def __init__(
        self, size: int, host: str = "127.0.0.1", find_dead: Callable[[], str] = lambda: ""
    ) -> None:
        self._size, self._find_dead = size, find_dead
        self._listener = socket.create_server((host, 0))
        self.port: int = self._listener.getsockname()[1]
        self.token = secrets.token_hex(16)
        """Shown by a rank that connects, so that no other program can."""
        self._links: dict[int, _Link] = {}
        self._reports: list[tuple[str, str]] = []
        self._gone: dict[int, str] = {}

    def send(self, message: Message) -> None:
        """Send a message to all other ranks, once they have connected.

        Raises:
            RankLostError: one has ended.
        """
        self._connect_all()
        for link in self._links.values():
            try:
                link.send(message)
            except OSError as error:
                raise self.loss() from error

    def wait_until_ready(self) -> None:
        """Wait until all others have answered that they are ready.

        Raises:
            RankLostError: one has failed or ended instead.
        """
        for rank in self._links:
            answer = None
            while answer is None:
                answer = self._answer(rank, POLL_S)
                if self._reports or self._gone or self._find_dead():
                    raise self.loss()

    def loss(self) -> RankLostError:
        """Describe why a rank no longer answers, as far as it can be known."""
        until_s, dead = time.monotonic() + REASON_S, ""
        while not (dead or self._reports) and time.monotonic() < until_s:
            for rank in self._links:
                self._answer(rank, POLL_S / len(self._links))
            dead = self._find_dead()
        reports, self._reports = self._reports, []
        reasons = [*(reason for _kind, reason in reports), dead, *self._gone.values(), ""]
        return RankLostError(
            self._size,
            next(filter(None, reasons), ""),
            is_out_of_memory=bool(reports)
            and not (dead or self._gone)
            and all(kind == OUT_OF_MEMORY for kind, _reason in reports),
        )

    def close(self) -> None:
        """Close all connections; the other ranks then end."""
        self._listener.close()
        for link in self._links.values():
            link.close()
        self._links.clear()

    def _connect_all(self) -> None:
        until_s = time.monotonic() + CONNECT_S
        self._listener.settimeout(POLL_S)
        while len(self._links) < self._size - 1:
            with contextlib.suppress(TimeoutError):
                connection, _address = self._listener.accept()
                self._admit(_Link(connection))
            if (dead := self._find_dead()) or time.monotonic() > until_s:
                raise RankLostError(self._size, dead or "not all of them could be started")

    def _admit(self, link: _Link) -> None:
        with contextlib.suppress(OSError):
            match link.receive(HANDSHAKE_S):
                case {"token": self.token, "rank": int(rank)} if 0 < rank < self._size:
                    self._links[rank] = link
                    return
        link.close()

    def _answer(self, rank: int, timeout_s: float) -> str | None:
        """Return what a rank answers within a time, if anything; note a failure."""
        try:
            message = self._links[rank].receive(timeout_s)
        except OSError:
            self._gone[rank] = f"process {rank + 1} ended unexpectedly"
            time.sleep(timeout_s)
            return FAILED
        match message:
            case {"kind": str(kind), "reason": str(reason)} if kind in {FAILED, OUT_OF_MEMORY}:
                self._reports.append((kind, f"process {rank + 1}: {reason}"))
                return kind
            case {"kind": str(kind)}:
                return kind
        return None


class FollowerChannel:
    """The end of another rank.

    Args:
        host: of rank 0.
        port: of its channel.
        token: of its channel.
        rank: of this process.

    Raises:
        OSError: rank 0 has ended already.
    """

    def __init__(self, host: str, port: int, token: str, rank: int) -> None:
        self._link = _Link(socket.create_connection((host, port), CONNECT_S))
        self._link.send({"token": token, "rank": rank})

    def receive(self) -> Message | None:
        """Wait for the next message; None if rank 0 has ended."""
        try:
            return self._link.receive(None)
        except OSError:
            return None

    def answer(self, kind: str, reason: str = "") -> None:
        """Tell rank 0 that this rank is ready, or why it failed."""
        with contextlib.suppress(OSError):
            self._link.send({"kind": kind, "reason": reason})

    def close(self) -> None:
        """Close the connection."""
        self._link.close()
