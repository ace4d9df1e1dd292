"""What a test that touches Qt needs: settings of its own, and workers that coverage sees."""

import functools
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QSettings

from studio.jobs import thread


def start_fresh_settings(folder: Path) -> None:
    """Let ``QSettings`` start empty, in ``folder``."""
    QCoreApplication.setOrganizationName("Diptych")
    QCoreApplication.setApplicationName("Diptych")
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    for scope in (QSettings.Scope.UserScope, QSettings.Scope.SystemScope):
        QSettings.setPath(QSettings.Format.IniFormat, scope, str(folder))


def trace_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let coverage see what runs in a ``QThread``.

    Coverage hooks into ``threading``; a thread that Qt started never passes there. Handing the
    hook on at the worker's first line closes the gap.
    """
    trace = threading.gettrace()
    if trace is None:
        return
    run = thread._Worker.run

    # Qt finds a slot by its name. Under another one this would run in the GUI thread.
    @functools.wraps(run)
    def traced_run(worker: thread._Worker) -> None:
        sys.settrace(trace)
        run(worker)

    monkeypatch.setattr(thread._Worker, "run", traced_run)
