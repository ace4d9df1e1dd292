"""Writes the diagnostic report in a worker, because it queries PyTorch about the machine."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from studio.jobs.task import CancellingJob

WriteReport = Callable[[Path, Path | None, Path], Path]
"""Writes a report from target, run and log folder; returns the file."""


class ReportJob(CancellingJob):
    """Writes one report at a time; ``ended`` carries its path."""

    def __init__(self, write: WriteReport | None = None, parent: QObject | None = None) -> None:
        super().__init__("report", parent)
        self._write = write or _write

    def start(self, target: Path, run: Path | None, logs: Path) -> None:
        """Write a report.

        Args:
            target: the ZIP file.
            run: folder of the run to include, if any.
            logs: folder of the studio's log.
        """
        self.request(lambda _tell, _control: self._write(target, run, logs))


def _write(target: Path, run: Path | None, logs: Path) -> Path:
    from engine.diagnostics.report import write_report

    return write_report(target, run=run, logs=logs)
