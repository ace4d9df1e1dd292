"""The buses on which the services of a Linux desktop are spoken to."""

import os
from pathlib import Path

from PySide6.QtDBus import QDBusConnection


def open_bus(kind: QDBusConnection.BusType, name: str) -> QDBusConnection | None:
    """Open a connection of its own to a bus; ``None`` where there is no session.

    Without a session the library would start a bus for it, which nobody listens on.
    """
    if kind is QDBusConnection.BusType.SessionBus and not has_session():
        return None
    return QDBusConnection.connectToBus(kind, name)


def has_session() -> bool:
    """Whether somebody has started a session bus."""
    if os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return True
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return bool(runtime) and Path(runtime, "bus").exists()
