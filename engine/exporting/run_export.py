"""Carries out an ``ExportRequest``."""

from collections.abc import Callable
from pathlib import Path

from engine.control import RunControl
from engine.data.writer import atomic_directory
from engine.exporting.curves import export_curves
from engine.exporting.model import export_model
from engine.exporting.request import ExportKind, ExportRequest
from engine.exporting.run_film import export_run_film


def export_run(
    request: ExportRequest,
    report: Callable[[int, int], None],
    control: RunControl,
    licences: Path | None = None,
) -> Path:
    """Export a part of a run to a new folder, which is published atomically.

    Args:
        request: what, and where to.
        report: progress callback: steps done, and all of them.
        control: may request a stop.
        licences: folder of the sources of the example datasets, with their licences.

    Returns:
        The folder.

    Raises:
        EngineError: it cannot be exported; there is no new folder.
        StoppedError: a stop was requested.
    """
    match request.kind:
        case ExportKind.MODEL | ExportKind.ONNX:
            export_model(
                request.run,
                request.folder,
                with_onnx=request.kind is ExportKind.ONNX,
                licences=licences,
                report=report,
                control=control,
            )
        case ExportKind.CURVES:
            export_curves(request.run, request.folder)
        case ExportKind.FILM:
            with atomic_directory(request.folder, 0) as staged:
                name = f"{request.run.absolute().name}.{request.film_format}"
                export_run_film(
                    request.run, staged / name, fps=request.fps, report=report, control=control
                )
    return request.folder
