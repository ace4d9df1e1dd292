"""A run as a film: its preview sheets, one after another. Does not import torch.

Shapes: N tiles, H height and W width of a tile in pixels.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from engine.control import RunControl
from engine.errors import FilmFailedError, SheetCorruptError
from engine.exporting.film import FilmFormat, Frame, write_film
from engine.runs.folder import RunFolder
from engine.sample.preview_sheet import Sheet, read_sheet

MIN_SIDE = 256
"""Smaller frames are enlarged by a whole factor, since viewers blur what is small."""
HOLD_S = 1.5
"""How long the last preview is shown."""


def export_run_film(
    run: Path,
    path: Path,
    *,
    fps: float,
    film_format: FilmFormat | None = None,
    loops: bool = True,
    report: Callable[[int, int], None] = lambda _done, _total: None,
    control: RunControl | None = None,
) -> int:
    """Write the previews of a run as a film.

    A sheet that cannot be read, or whose tiles have another size than those of the last one, is
    left out.

    Args:
        run: folder of the run.
        path: of the film; an existing file is replaced.
        fps: previews a second.
        film_format: by default that of the suffix of ``path``.
        loops: whether it is played again and again.
        report: progress callback: sheets read, and all of them.
        control: may request a stop.

    Returns:
        The number of frames.

    Raises:
        FilmFailedError: there are no previews, or they cannot be encoded.
        EncoderMissingError: nothing on this machine writes the format.
        StoppedError: a stop was requested.
        FolderNotWritableError, DiskFullError: it cannot be written.
    """
    sheets = RunFolder(run).preview_files()
    last = next((s for s in map(_read, reversed(sheets)) if s is not None), None)
    if last is None:
        raise FilmFailedError(path, "the run has no previews")
    frames = _frames(sheets, last, round(HOLD_S * fps), report)
    return write_film(frames, path, fps=fps, film_format=film_format, loops=loops, control=control)


def _frames(
    sheets: Sequence[Path], last: Sheet, held: int, report: Callable[[int, int], None]
) -> Iterator[Frame]:
    """Yield the sheets that fit the last one, which is repeated."""
    frame: Frame | None = None
    for done, path in enumerate(sheets, start=1):
        sheet = _read(path)
        if sheet is not None and sheet.images.shape == last.images.shape:
            frame = sheet_frame(sheet)
            yield frame
        report(done, len(sheets))
    if frame is not None:
        yield from itertools.repeat(frame, held)


def sheet_frame(sheet: Sheet) -> Frame:
    """Lay the tiles of a sheet out as one picture: [N, H, W, 3] to [rows H, columns W, 3]."""
    count, height, width, _channels = sheet.images.shape
    columns = math.ceil(math.sqrt(count * height / width))
    rows = math.ceil(count / columns)
    grid = np.zeros((rows * columns, height, width, 3), dtype=np.uint8)
    grid[:count] = sheet.images
    by_row = grid.reshape(rows, columns, height, width, 3).swapaxes(1, 2)
    pixels = by_row.reshape(rows * height, columns * width, 3)
    factor = max(1, math.ceil(MIN_SIDE / max(pixels.shape[:2])))
    return np.ascontiguousarray(pixels.repeat(factor, 0).repeat(factor, 1))


def _read(path: Path) -> Sheet | None:
    try:
        return read_sheet(path)
    except SheetCorruptError:
        return None
