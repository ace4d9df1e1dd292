"""Exports parts of a run: its model, its curves or a film of its previews."""

import logging
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from engine.control import RunControl
from engine.exporting.request import ExportRequest
from studio.jobs.task import Task

Report = Callable[[int, int], None]
ExportRun = Callable[[ExportRequest, Report, RunControl], Path]
"""Takes a request, a progress callback (done, total) and a control; returns the folder."""

_log = logging.getLogger(__name__)


class ExportJob(Task):
    """Exports in a thread; ``ended`` carries the folder, ``progressed`` a ``TaskProgressed``."""

    def __init__(self, export: ExportRun, parent: QObject | None = None) -> None:
        super().__init__("export run", parent)
        self._export = export

    def export(self, request: ExportRequest) -> None:
        """Export a part of a run."""
        _log.info("%s of %s is exported to %s", request.kind, request.run, request.folder)
        self.start(lambda report, control: self._export(request, report, control))
