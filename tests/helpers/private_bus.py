"""A D-Bus of a test's own, with a service on it that answers as a desktop's would."""

import itertools
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from PySide6.QtDBus import QDBusConnection, QDBusMessage, QDBusVirtualObject

_NUMBERS = itertools.count()
Answer = Callable[[QDBusMessage], QDBusMessage]


class FakeService(QDBusVirtualObject):
    """Remembers what it is asked, and answers as it is told."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self._answer = answer
        self.calls: list[tuple[str, str, list[Any]]] = []
        """Interface, method, arguments."""

    def introspect(self, _path: str) -> str:
        """Say nothing of itself."""
        return ""

    def handleMessage(  # noqa: N802 - Qt's name
        self, message: QDBusMessage, connection: QDBusConnection
    ) -> bool:
        """Remember a call, and answer it."""
        self.calls.append((message.interface(), message.member(), message.arguments()))
        return connection.send(self._answer(message))


class PrivateBus:
    """A bus that only this test knows."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._names: list[str] = []
        self._served: list[FakeService] = []

    def connect(self, _kind: object = None, name: str = "") -> QDBusConnection:
        """Open a connection; as ``open_bus`` does, whatever bus is asked for."""
        name = name or f"test-{next(_NUMBERS)}"
        self._names.append(name)
        return QDBusConnection.connectToBus(self.address, name)

    def serve(self, name: str, path: str, answer: Answer) -> tuple[FakeService, QDBusConnection]:
        """Put a service on the bus."""
        service, connection = FakeService(answer), self.connect()
        assert connection.registerService(name)
        assert connection.registerVirtualObject(path, service)
        self._served.append(service)
        return service, connection

    def close(self) -> None:
        """Close what was opened."""
        for name in self._names:
            QDBusConnection.disconnectFromBus(name)


@contextmanager
def private_bus() -> Iterator[PrivateBus]:
    """Run a bus for the length of a test; skips it where there is no D-Bus."""
    program = shutil.which("dbus-daemon")
    if program is None:
        pytest.skip("there is no dbus-daemon here")
    command = [program, "--session", "--print-address", "--nofork"]
    daemon = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert daemon.stdout is not None
    try:
        bus = PrivateBus(daemon.stdout.readline().strip())
        yield bus
        bus.close()
    finally:
        daemon.terminate()
        daemon.wait()
        daemon.stdout.close()


def answering(*arguments: Any) -> Answer:
    """Answer every call with the same."""

    def answer(message: QDBusMessage) -> QDBusMessage:
        reply = message.createReply()
        reply.setArguments(list(arguments))
        return reply

    return answer
